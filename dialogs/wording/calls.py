"""What a telephone call says of itself: whom it asks for, what it asks again, which keys there are. The matter's own words are elsewhere.

Read once from dialogs/texts/<language>/call.yml. These texts tell nothing of a visit: they are said before it is known who listens.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from dialogs.wording.facts import LANGUAGES, UnknownText
from dialogs.wording.texts import FOLDER, placeholders, read

ALLOWED: Final = frozenset({"name"})


@cache
def load(language: str) -> Mapping[str, str]:
    """All texts of one language by key. Raises UnknownText for a language that there is not, ValueError for a strange placeholder."""
    if language not in LANGUAGES:
        raise UnknownText(f"no texts of calls for language {language!r}")
    texts: Mapping[str, str] = read(FOLDER / language / "call.yml")
    for key, text in texts.items():
        if strange := placeholders(text) - ALLOWED:
            raise ValueError(f"{language}/call.yml: {key}: unknown placeholder {sorted(strange)}")
    return texts


def phrase(key: str, *, language: str, name: str | None = None) -> str:
    """One text in words; `name` is the person whom the call asks for. Raises UnknownText with the key's name."""
    try:
        text = load(language)[key]
    except KeyError as missing:
        raise UnknownText(f"no text {key!r} of calls in {language!r}") from missing
    if name is None and placeholders(text):
        raise UnknownText(f"the text {key!r} of calls needs a name")
    return text.format(name=name)
