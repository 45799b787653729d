"""In which language whoever asks reads the console: his own setting, before a login what the browser keeps, else Polish."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, Literal, get_args

Language = Literal["pl", "en"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
USUAL: Final[Language] = "pl"


@dataclass(slots=True)
class _Reader:
    language: Language


_reader: ContextVar[_Reader | None] = ContextVar("reader", default=None)


def known(said: str | None) -> Language | None:
    """The language that is named; None for whatever else may stand in a cookie or a form."""
    return next((one for one in LANGUAGES if one == said), None)


def begins(said: str | None) -> None:
    """A request begins; `said` is what its browser keeps. The threads that work on the request know it too."""
    _reader.set(_Reader(known(said) or USUAL))


def prefers(language: Language | None) -> None:
    """It has turned out who reads; None where he has never chosen."""
    reader = _reader.get()
    if language is not None and reader is not None:
        reader.language = language


def language() -> Language:
    """The language of whoever asks; Polish where nobody does."""
    reader = _reader.get()
    return reader.language if reader else USUAL
