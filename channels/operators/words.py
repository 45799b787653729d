"""The console's words in the language of whoever reads (`readers`): names of everything in texts/<language>/names.yml, the pages' own
sentences in pages.yml, kinds of count. Moments and days are in `moments`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from markupsafe import Markup

from channels.operators import readers
from channels.operators.readers import Language
from dialogs.wording.texts import read, services
from registry.catalogue import SERVICES

HOME: Final = Path(__file__).parent
TEXTS: Final = HOME / "texts"
POINTS: Final[Mapping[Language, str]] = {"pl": ",", "en": "."}
THOUSANDS: Final[Mapping[Language, str]] = {"pl": "\u00a0", "en": ","}
SMALLEST: Final = 0.005  # what a share must be to be more than 0 when it is rounded

Kinds = Mapping[str, Mapping[str, str]]


@cache
def names(language: Language) -> Kinds:
    """The names of things by kind and key."""
    return read(TEXTS / language / "names.yml")


@cache
def sentences(language: Language) -> Kinds:
    """What pages say, by page and key."""
    return read(TEXTS / language / "pages.yml")


@cache
def own_data() -> Kinds:
    """What becomes of a person's data that are handed over or erased, in Polish and English."""
    return read(HOME / "own_data.yml")


def texts() -> Kinds:
    """The names in the reader's language."""
    return names(readers.language())


@cache
def _pages(language: Language) -> Mapping[str, SimpleNamespace]:
    return {page: SimpleNamespace(**said) for page, said in sentences(language).items()}


class Said:
    """The pages' sentences in the reader's language, as templates take them: `t.login.title`."""

    def __getattr__(self, page: str) -> SimpleNamespace:
        """What one page says. Raises AttributeError, which a template refuses, where nothing has that name."""
        try:
            return _pages(readers.language())[page]
        except KeyError as error:
            raise AttributeError(page) from error


def filled(said: str, /, **facts: Any) -> Markup:
    """A sentence with its places filled in; marks of HTML in the sentence are ours and stay, those in the facts are letters."""
    return Markup(said).format(**facts)  # noqa: S704  from our own files


def name(kind: str, key: str | None) -> str:
    """What a thing is called; a name that nobody has given yet shows its key rather than nothing."""
    return texts()[kind].get(key, key) if key else ""


def action(key: str) -> str:
    """What was done in a turn: an action, or the text that was answered."""
    words = texts()
    return words["actions"].get(key) or words["messages"].get(key, key)


def service(code: str) -> str:
    """A service of the catalogue."""
    if readers.language() == "pl":
        return SERVICES[code].name if code in SERVICES else code
    forms = services(readers.language()).get(code)
    return forms["nom"] if forms else code


def percent(share: float) -> str:
    """A confidence between 0 and 1."""
    return f"{share * 100:.0f}%" if share >= SMALLEST else name("amounts", "least")


def amount(value: str | int | float | None, unit: str) -> str:
    """A figure as it is read: "27 164", "85,1%", "0,87", "1,2 s", "3,4 godz."; a dash where nothing is known."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit == "share":
        return f"{_decimal(value * 100)}%"
    if unit == "seconds":
        return f"{_decimal(value)} s" if value < 60 else f"{_decimal(value / 60)} min"
    if unit == "hours":
        return f"{_decimal(value)} {name('figure_units', 'hours')}"
    return _decimal(value, 2) if unit == "mean" else f"{value:,.0f}".replace(",", THOUSANDS[readers.language()])


def _decimal(value: float, places: int = 1) -> str:
    return pointed(f"{value:.{places}f}")


def pointed(number: str) -> str:
    """A number as Python writes it with the reader's decimal mark."""
    return number.replace(".", POINTS[readers.language()])


def fact(key: str, value: object) -> str:
    """A fact of an audit entry as it is read."""
    if isinstance(value, bool):
        return name("answers", "yes" if value else "no")
    kind = {"role": "roles", "read": "intents", "meant": "intents", "refused": "refusals"}.get(key)
    return name(kind, value) if kind and isinstance(value, str) else str(value)
