"""`cer learn …`: what operators marked as read wrongly, as training data for somebody to review (X33). Nothing is trained by it."""

from pathlib import Path
from typing import Annotated

import typer

from channels import clock
from channels.operators import examples
from channels.operators.learning import Wanted
from channels.registry_cli.frame import FAILED, WRONG, registry_engine, stop
from dialogs.understanding.reading import LANGUAGES
from registry.database import transaction

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Readings that were marked as wrong.", no_args_is_help=True)


@app.callback()
def learn() -> None:
    """A group even while there is one command in it."""


@app.command()
def export(
    to: Annotated[Path, typer.Option("--to", help="A new file; its name begins with the language: pl_….yml, uk_….yml, en_….yml.")],
    again: Annotated[bool, typer.Option("--again", help="Those exported before, too.")] = False,
) -> None:
    """Write the new marks of one language as a Rasa 3.1 NLU file to be reviewed, without data of persons; says what was left out."""
    language = to.stem.split("_")[0]
    if language not in LANGUAGES or to.suffix != ".yml":
        stop(f"the file's name must begin with its language and end in .yml, such as pl_marked.yml; not {to.name}", WRONG)
    try:
        with registry_engine() as engine, transaction(engine) as session:
            made = examples.export(session, Wanted(language=language), provider_id=None, operator_id=None, again=again, now=clock.now())
            if made.examples:
                with to.open("x", encoding="utf-8") as file:  # before the commit: what is not on disk was not exported
                    file.write(made.file)
    except OSError as error:
        stop(f"{to}: {error.strerror}", FAILED)
    written = f"{made.examples} examples in {to}, to be reviewed"
    typer.echo(written if made.examples else f"nothing to export ({language}): no file was written")
    for why, count in sorted(made.left_out.items()):
        typer.echo(f"left out: {count} {examples.LEFT_OUT[why]}")
