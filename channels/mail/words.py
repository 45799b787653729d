"""The words of buttons and pages of letters, by language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialogs.wording.texts import read

HOME: Final = Path(__file__).parent


@cache
def words(language: str) -> Mapping[str, str]:
    """All words of a language; Polish for one that we have none of (D16)."""
    texts: Mapping[str, Any] = read(HOME / "texts.yml")
    chosen: Mapping[str, str] = texts.get(language) or texts["pl"]
    return chosen


@cache
def templates() -> Environment:
    """The templates; whatever is put into them is escaped."""
    return Environment(loader=FileSystemLoader(HOME / "templates"), autoescape=True, undefined=StrictUndefined)
