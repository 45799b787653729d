"""Ukrainian typed in Latin letters, as people do on old telephones, brought back to its own: "ne pryidu" → "не прийду"."""

import re

_PAIRS = (
    ("shch", "щ"), ("zgh", "зг"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"), ("sh", "ш"), ("yi", "ї"), ("ji", "ї"),
    ("ya", "я"), ("ia", "я"), ("ja", "я"), ("yu", "ю"), ("iu", "ю"), ("ju", "ю"), ("ye", "є"), ("ie", "є"), ("je", "є"),
    ("iy", "ий"), ("yy", "ий"), ("yj", "ий"), ("ij", "ій"), ("ii", "ій"), ("oi", "ой"), ("ai", "ай"), ("ei", "ей"), ("oj", "ой"),
)  # fmt: skip
_SINGLES = dict(zip("abcdefghijklmnopqrstuvwxyz", "абцдефгхійклмнопкрстуввксиз", strict=False)) | {
    "g": "г", "h": "г", "i": "і", "j": "й", "y": "и", "w": "в", "x": "кс", "q": "к", "z": "з", "v": "в", "f": "ф", "u": "у",
}  # fmt: skip
_FIXED = {
    "chora": "хвора", "chory": "хворий", "ne": "не", "pryity": "прийти", "pryjty": "прийти", "pryjdu": "прийду",
    "pryidu": "прийду", "pryidemo": "прийдемо", "pryide": "прийде", "dobryi": "добрий", "mii": "мій",
    "diakuiu": "дякую", "tse": "це", "dakuju": "дякую", "bud": "будь", "laska": "ласка",
}  # fmt: skip
_LATIN = re.compile(r"[a-z']+")
_OWN = _SINGLES | dict(_PAIRS)
_PIECE = re.compile("|".join([*(latin for latin, _ in _PAIRS), "."]))


def cyrillic(text: str) -> str:
    """Folded Latin text in Ukrainian letters; the common romanisations are understood, mixed as people mix them."""
    return _LATIN.sub(lambda match: _FIXED.get(match[0]) or _word(match[0]), text)


def _word(word: str) -> str:
    return _PIECE.sub(lambda piece: _OWN.get(piece[0], ""), word)
