"""Slips of the thumb for training: each example is taught once more as a hurried hand, or one that spells by ear, would write it.

Only words of four letters and more are touched, so that no "nie", "not" or "не" is made or lost.
"""

import random
import re
import zlib
from typing import Final

_SHORTEST: Final = 4
_WORD: Final = re.compile(r"[a-zа-яіїєґ']{4,}")
_BY_EAR: Final = (
    ("rz", "z"), ("prz", "psz"), ("ch", "h"), ("h", "ch"), ("ede", "ende"), ("edz", "endz"), ("szl", "sl"), ("uj", "oj"), ("ow", "of"),
    ("w", "f"), ("ks", "x"), ("yj", "yi"), ("ji", "i"), ("sc", "zc"), ("dz", "c"), ("ai", "ay"), ("ould", "ud"), ("ee", "ea"),
    ("ій", "ы"), ("і", "и"), ("и", "і"),
)  # fmt: skip
_BESIDE: Final = {
    "a": "sq", "s": "ad", "d": "sf", "e": "wr", "r": "et", "t": "ry", "i": "uo", "o": "ip", "n": "bm", "m": "n", "l": "k", "w": "eq",
    "z": "xa", "u": "yi", "y": "tu", "c": "xv", "p": "o", "k": "lj", "j": "hk",
}  # fmt: skip


def slipped(text: str) -> str | None:
    """Folded text with one word misspelt, two in a longer one; None where every word is too short. The same text slips the same way."""
    chance = random.Random(zlib.crc32(text.encode()))  # noqa: S311 - spelling mistakes are not cryptography
    places = [match.span() for match in _WORD.finditer(text)]
    if not places:
        return None
    chosen = chance.sample(places, min(len(places), 1 + (len(places) > _SHORTEST)))
    for start, end in sorted(chosen, reverse=True):
        text = text[:start] + _misspelt(text[start:end], chance) + text[end:]
    return text


def _misspelt(word: str, chance: random.Random) -> str:
    heard = [word.replace(right, wrong, 1) for right, wrong in _BY_EAR if right in word]
    if heard and chance.random() < 0.4:
        return chance.choice(heard)
    place = chance.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chance.choice(
        [
            before + after,
            before + letter + letter + after,
            before + after[0] + letter + after[1:],
            before + chance.choice(_BESIDE.get(letter, letter)) + after,
        ]
    )
