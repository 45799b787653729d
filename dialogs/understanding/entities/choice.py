"""Which of the things offered a patient means: "1", "ta druga", "numer dwa", "ostatnia", "obie"."""

import re

from dialogs.understanding.entities.numerals import numeral
from dialogs.understanding.text import words

_LAST = re.compile(r"\b(ostatni\w*|pozniejsz\w+|last|later one|the later|останн\w+|пізніш\w+|последн\w+)\b")
_FIRST = re.compile(r"\b(wczesniejsz\w+|najwczesniejsz\w+|najblizsz\w+|earlier|earliest|soonest|раніш\w+|найближч\w+)\b")
_BOTH = re.compile(r"\b(obie|obydwie|obydwa|oba|obu|obydwu|wszystkie|both|all of them|обидва|обидві|обоє|оба|обе|всі)\b")
_NONE = re.compile(r"\b(zadn\w+|neither|none|жодн\w+|ни одн\w+|нiяк\w+)\b")
_LABEL = {
    "numer",
    "nr",
    "opcja",
    "opcje",
    "opcji",
    "number",
    "option",
    "номер",
    "варіант",
    "pozycja",
    "wizyta",
    "wizyte",
    "termin",
    "ta",
    "ten",
    "te",
    "tę",
    "the",
    "to",
}
_PRONOUNS = {"one", "ones"}
_MOST = 9
_SHORT = 7


def choice(text: str, *, asked: bool) -> int | str | None:
    """1-based number (-1 the last), "both" or "none"; outside a choice only from short ordinal answers."""
    if asked and _BOTH.search(text):
        return "both"
    if asked and _NONE.search(text):
        return "none"
    tokens = words(text)
    if len(tokens) > 1:
        tokens = [token for token in tokens if token not in _PRONOUNS]
    found = _numbered(tokens, asked=asked)
    if found is None and asked and _LAST.search(text):
        return -1
    if found is None and asked and _FIRST.search(text):
        return 1
    return found


def _numbered(tokens: list[str], *, asked: bool) -> int | None:
    if len(tokens) > _SHORT:
        return None
    parts = [(token, part) for token in tokens if (part := numeral(token)) is not None and 1 <= part.value <= _MOST]
    if len(parts) != 1:
        return None
    token, part = parts[0]
    labelled = len(tokens) == 1 or bool(set(tokens) & _LABEL)
    genitive = token.endswith(("ego", "го")) and not {"tego", "tamtego", "того"} & set(tokens)
    return part.value if not genitive and (labelled or (asked and part.ordinal)) else None
