"""The words of the chat's window, by language; the sentence that an automated system speaks comes from the dialogue's own texts (X32)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from dialogs.wording import LANGUAGES, opening
from dialogs.wording.texts import read

HOME: Final = Path(__file__).parent


@cache
def words(language: str) -> Mapping[str, Any]:
    """All words of a language, `start` a list; Polish for one that we have none of (D16)."""
    texts: Mapping[str, Any] = read(HOME / "texts.yml")
    known = language if language in LANGUAGES else "pl"
    return {**texts[known], "welcome": opening(language=known, channel="chat"), "language": known}
