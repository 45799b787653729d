"""`cer models …`: train, judge, extend and check the voice models. Also `python -m voice_models`."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from voice_models import catalogue, confidence
from voice_models.confidence import Calibration
from voice_models.hearing import lexicon, load
from voice_models.manifest import missing_words, problems, write_manifest
from voice_models.probe import misheard
from voice_models.questions import questions
from voice_models.usable import usable

HOME: Final = Path(__file__).parent
RECIPES: Final = HOME / "recipes"
DEFAULT: Final = "pl-telephone"
_DIALOGS: Final = HOME.parent / "dialogs"
DIALOGUES: Final = (*sorted((_DIALOGS / "data" / "nlu").glob("pl*.yml")), _DIALOGS / "texts" / "pl" / "voice.yml")
"""The dialogues' own texts, where they lie beside this room: every word in them must be known."""


def _present() -> list[Path]:
    return [path for path in DIALOGUES if path.exists()]


models_app = typer.Typer(help="Modele mowy: uczenie, ocena, słowa, sprawdzanie.", no_args_is_help=True)
words_app = typer.Typer(help="Słowa, które model zna.", no_args_is_help=True)
models_app.add_typer(words_app, name="words")

Corpora = Annotated[list[Path], typer.Option("--corpus", help="Folder nagrań z corpus.tsv; można podać kilka razy.")]
Dialogues = Annotated[
    list[Path],
    typer.Option("--dialogues", help="Plik lub folder YAML z przykładami i tekstami, których słowa mają być znane."),
]
Model = Annotated[Path, typer.Option("--model", help="Folder modelu.")]


Folder = Annotated[
    Path | None, typer.Option("--folder", envvar="CER_VOICE_MODELS", help="Folder dodatkowych modeli (CER_VOICE_MODELS).")
]


@models_app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Nazwa z katalogu (cer models list).")],
    folder: Folder = None,
    brought: Annotated[Path | None, typer.Option("--from", help="Plik zip albo folder zamiast pobierania.")] = None,
) -> None:
    """Pobierz model z katalogu; przerwane pobieranie podejmuje od miejsca, w którym stanęło."""
    entry = catalogue.catalogue().get(name)
    if entry is None:
        raise typer.BadParameter(f"nie ma takiego modelu; są: {', '.join(catalogue.catalogue())}", param_hint="NAME")
    place = folder or Path("voice-models")
    try:
        found = catalogue.install(entry, brought, place) if brought is not None else catalogue.fetch(entry, place, _progress)
    except (catalogue.FetchError, OSError) as error:
        typer.echo(f"nie udało się: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(f"{found}: gotowe; ustaw CER_VOICE_MODELS={place}")


def _progress(done: int, expected: int) -> None:
    share = f"{100 * done // expected}%" if expected else ""
    typer.echo(f"\r{done / 1e6:.1f} MB {share}", nl=False, err=True)


@models_app.command("list")
def list_models(folder: Folder = None) -> None:
    """Wypisz modele i przepisy."""
    used = catalogue.models_in(folder)
    for entry in catalogue.catalogue().values():
        state = "w użyciu" if any(path.name == entry.name for path in used.values()) else "do pobrania"
        advice = ", zalecany tam, gdzie jest sieć" if entry.recommended else ""
        typer.echo(f"{entry.name} ({entry.language}, {entry.licence}, {entry.megabytes} MB): {state}{advice}")
    for recipe in sorted(RECIPES.glob("*.toml")):
        model = HOME / recipe.stem
        size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) / 1e6
        state = f"{len(lexicon(model))} słów, {size:.1f} MB" if model.exists() else "jest tylko przepis"
        typer.echo(f"{recipe.stem}: {state}")


@models_app.command()
def train(
    name: Annotated[str, typer.Argument(help="Przepis z voice_models/recipes.")] = DEFAULT,
    corpus: Corpora = [],  # noqa: B006 - typer needs the list; it is not changed
    dialogues: Dialogues = _present(),  # noqa: B008
    work: Annotated[Path, typer.Option(help="Gdzie zostają wyniki kroków.")] = Path("build/voice"),
    out: Annotated[Path | None, typer.Option(help="Folder gotowego modelu.")] = None,
    against: Annotated[list[Path], typer.Option(help="Starszy model do porównania.")] = [],  # noqa: B006
    begin: Annotated[Path | None, typer.Option(help="Gotowy model, który ma się uczyć dalej.")] = None,
    processes: int = 2,
) -> None:
    """Naucz model od początku albo dalej; przerwane uczenie podejmuje od ostatniego kroku. Wymaga cer[training]."""
    from voice_models.training import recipe as recipes  # noqa: PLC0415 - needs the training extra

    kitchen = recipes.Kitchen(tuple(corpus), tuple(dialogues), work / name, processes, typer.echo, begin)
    recipes.train(recipes.Recipe.read(RECIPES / f"{name}.toml"), kitchen, out or work / name / "model", against)


@models_app.command()
def graph(
    dialogues: Dialogues = _present(),  # noqa: B008
    model: Model = HOME / DEFAULT,
) -> None:
    """Dodaj do modelu słowa z dzisiejszych list i tekstów, bez uczenia: kilka sekund."""
    from voice_models.training.graph import build_graph, read_graph  # noqa: PLC0415
    from voice_models.training.words import free_texts, needed_words  # noqa: PLC0415 - yaml is no part of an installation

    kept = read_graph(model).with_words(needed_words(dialogues))
    build_graph(replace(kept, texts=free_texts(dialogues)), model)
    write_manifest(model, RECIPES / f"{DEFAULT}.toml")
    typer.echo(f"{model.name}: {len(kept.words)} słów")


@models_app.command()
def evaluate(
    corpus: Corpora = [],  # noqa: B006
    model: Model = HOME / DEFAULT,
    against: Annotated[list[Path], typer.Option(help="Model do porównania na tych samych nagraniach.")] = [],  # noqa: B006
    part: Annotated[str, typer.Option(help="development albo test.")] = "development",
    each: Annotated[int, typer.Option(help="Ile prób na pytanie i rodzaj głosu.")] = 60,
    others: Annotated[int, typer.Option(help="Ile prób, które nie są odpowiedzią (przy niszczących trzy razy tyle).")] = 40,
    question: Annotated[list[str], typer.Option(help="Tylko te pytania z questions.toml.")] = [],  # noqa: B006
    seed: Annotated[int, typer.Option(help="Inna liczba: inne próby tych samych głosów.")] = 11,
) -> None:
    """Oceń modele na głosach, których żaden nie słyszał w uczeniu."""
    from voice_models.training.costs import costs  # noqa: PLC0415 - needs the training extra
    from voice_models.training.evaluate import judge  # noqa: PLC0415
    from voice_models.training.recipe import with_clips  # noqa: PLC0415
    from voice_models.training.report import table  # noqa: PLC0415
    from voice_models.training.trials import Material, trials  # noqa: PLC0415

    if part not in ("development", "test"):
        raise typer.BadParameter("development albo test", param_hint="--part")
    if unknown := set(question) - {known.name for known in questions()}:
        raise typer.BadParameter(f"nie ma takiego pytania: {', '.join(sorted(unknown))}", param_hint="--question")
    asked = frozenset(question)
    material = Material("test" if part == "test" else "development", with_clips(corpus), each, others, seed, asked)
    judged = judge((model, *against), trials(material), typer.echo)
    typer.echo(table(judged, _calibration(model)))
    for folder in (model, *against):
        typer.echo(f"{folder.name}: {costs(folder)}")


@models_app.command()
def check(
    model: Model = HOME / DEFAULT,
    dialogues: Dialogues = _present(),  # noqa: B008
    folder: Folder = None,
) -> None:
    """Sprawdź pliki modelu ze spisem, czy zna słowa wszystkich pytań (i podanych tekstów) i czy dobrze słyszy na tej maszynie.
    Kod 1, gdy coś się nie zgadza.
    """
    from voice_models.dialogue_texts import dialogue_texts  # noqa: PLC0415 - yaml is no part of an installation

    if not catalogue.is_model(model):
        typer.echo(f"{model}: nie ma tu modelu; bez modelu rozmowy są tylko na klawisze (cer models fetch)", err=True)
        raise typer.Exit(1)
    wrong = problems(model, RECIPES)
    texts = [answer for question in questions() for answer in question.answers]
    lacking = missing_words(lexicon(model), [*texts, *dialogue_texts(dialogues)])
    wrong += [f"brak słów: {', '.join(lacking)}"] if lacking else []
    wrong += [] if wrong else [f"na tej maszynie źle słyszy: {word}" for word in misheard(load(model), "pl")]
    for line in wrong:
        typer.echo(line, err=True)
    if not wrong:
        typer.echo(f"{model.name}: w porządku")
    unheard = _used(catalogue.models_in(folder))
    if wrong or unheard:
        raise typer.Exit(1)


def _used(folders: dict[str, Path]) -> bool:
    """Say with which model calls in each language are heard, each tried; -> whether one that should be heard is not."""
    models, unheard = usable(folders)
    for language in ("pl", "uk", "en"):
        state = f"{folders[language].name}" if language in models else "bez modelu, rozmowy tylko na klawisze"
        reason = next((why for one, why in unheard.items() if one.language == language and one.why == "broken"), "")
        said = f"{language}: {folders[language].name} nie nadaje się do użytku, rozmowy tylko na klawisze ({reason})" if reason else ""
        typer.echo(said or f"{language}: {state}", err=bool(said))
    return bool(unheard)


@words_app.command("add")
def add_words(
    words: Annotated[list[str], typer.Argument(help="Słowo albo słowo=jak-się-czyta, np. Zięba Xawery=Ksawery.")],
    model: Model = HOME / DEFAULT,
    out: Annotated[Path | None, typer.Option(help="Folder nowego modelu; bez niego zmienia się podany.")] = None,
) -> None:
    """Dodaj słowa do modelu i zbuduj jego graf na nowo (kilka sekund; wymaga libfst-tools i libfst22-plugins- base)."""
    from voice_models.training.graph import build_graph, read_graph  # noqa: PLC0415

    target = out or model
    if target != model:
        shutil.copytree(model, target, dirs_exist_ok=True)
    graph = read_graph(model).with_words(words)
    build_graph(graph, target)
    write_manifest(target, RECIPES / f"{DEFAULT}.toml")
    typer.echo(f"{target}: {len(graph.words)} słów")


def _calibration(model: Path) -> Calibration | None:
    return Calibration.of(model) if (model / confidence.FILE).exists() else None
