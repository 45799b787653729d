"""`cer interpret`: messages on standard input, readings on standard output; the window through which to look inside."""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from dialogs.understanding.interpreter import Interpreter
from dialogs.understanding.reading import Asked, Channel, Language


def interpret(
    asked: Annotated[Asked, typer.Option(help="What the patient was asked.")] = "nothing",
    channel: Annotated[Channel, typer.Option(help="How the message came.")] = "sms",
    language: Annotated[Language | None, typer.Option(help="The patient's language, if known.")] = None,
    why: Annotated[bool, typer.Option("--why", help="Add the evidence and the next best readings.")] = False,
    today: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day from which 'jutro' counts.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder that keeps the trained model.")] = None,
) -> None:
    """Read one message per line (or a JSON list of a recogniser's guesses); print one JSON object per line."""
    day = today.date() if today else datetime.now(ZoneInfo("Europe/Warsaw")).date()
    interpreter = Interpreter.load(cache)
    for reading in readings(sys.stdin, interpreter, asked=asked, channel=channel, language=language, today=day, why=why):
        typer.echo(json.dumps(reading, ensure_ascii=False))


def readings(
    lines: Iterable[str],
    interpreter: Interpreter,
    *,
    asked: Asked,
    channel: str,
    language: str | None,
    today: date,
    why: bool = False,
) -> Iterator[dict[str, object]]:
    """One JSON-ready reading for every line, empty ones included, so that input and output stay aligned."""
    for line in lines:
        reading = interpreter.read(guesses_of(line.rstrip("\r\n")), asked=asked, channel=channel, language=language, today=today)
        yield reading.as_json(why=why)


def guesses_of(line: str) -> str | list[str]:
    """A JSON list of texts as a list; anything else is the message itself, brackets and all."""
    if line.lstrip().startswith("["):
        try:
            parsed = json.loads(line)
        except json.JSONDecodeError:
            return line
        if isinstance(parsed, list) and parsed and all(isinstance(item, str) for item in parsed):
            return parsed
    return line


def main() -> None:
    """Entry of `python -m dialogs.understanding`."""
    typer.run(interpret)
