"""Polish spelling to sound, by rule: how a word is said, and how else people say it.

Polish spelling is regular enough for rules, provided that voicing, nasal vowels, palatal letters and loan
words are heard as a listener hears them. `pronounce` gives the careful reading, `pronunciations` adds the
everyday ones.
"""

import re
from typing import Final

from voice_models.spoken_words import LETTERS, LOANS, SPELLED_OUT, WRITTEN_SHORT

VOICELESS: Final = {
    "b": "p", "d": "t", "g": "k", "v": "f", "z": "s", "rz": "sz", "zi": "si", "dz": "c",
    "drz": "cz", "dzi": "ci",
}
VOICED: Final = {soft: hard for hard, soft in VOICELESS.items()}
_SOUNDING: Final = frozenset(("a", "e", "i", "o", "u", "y", "r", "l", "w", "m", "n", "ni", "j", "wn"))
_VOWEL_LETTERS: Final = "aeiouyąęó"
_ALPHABET: Final = re.compile(r"[^a-ząćęłńóśźż]")
_FOLD: Final = str.maketrans(
    {"é": "e", "è": "e", "á": "a", "ä": "e", "ö": "e", "ü": "u", "í": "i", "š": "ś", "č": "ć"}
)

_SINGLE: Final = {

        "a": "a",
        "e": "e",
        "o": "o",
        "u": "u",
        "ó": "u",
        "y": "y",
        "i": "i",
        "b": "b",
        "c": "c",
        "ć": "ci",
        "d": "d"
    ,

        "f": "f",
        "g": "g",
        "h": "h",
        "j": "j",
        "k": "k",
        "l": "l",
        "ł": "w",
        "m": "m",
        "n": "n",
        "ń": "ni",
        "p": "p"
    ,
    "q": "k", "r": "r", "s": "s", "ś": "si", "t": "t", "v": "v", "w": "v", "z": "z", "ź": "zi", "ż": "rz",
}
_PALATAL: Final = {"s": "si", "z": "zi", "c": "ci", "n": "ni", "dz": "dzi"}
_DIGRAPHS: Final = {"sz": "sz", "cz": "cz", "rz": "rz*", "ch": "h", "dż": "drz", "dź": "dzi", "dz": "dz"}
"""rz* is the rz that a voiceless neighbour before it devoices; ż has no star."""

# Prefixes that end in a letter which would else be read together with the next one: od-zyskać, mar-znąć, pod-
# ziemny.
_SPLIT: Final = re.compile(
    r"(?<=od)(?=zysk|znacz|zwierc|zwycz|zew|żyw)|(?<=pod)(?=ziem|zesp|zbi|zwrotn|żeg)|(?<=nad)(?=zw|zor|żer|ziem)"
    r"|(?<=przed)(?=zim|zjazd|zaw)|(?<=mar)(?=zn|zł|zli)|(?<=mier)(?=zi)|(?<=tar)(?=zan)"
)
_OPEN_PREFIX: Final = re.compile(r"^(nie|po|wy|prze|roz)?(na|za|nie|prze)$")
_NASAL_BEFORE: Final = (
    (re.compile(r"[pb]"), "m"),
    (re.compile(r"ć|dź|ci|dzi"), "ni"),
    (re.compile(r"ch"), "wn"),
    (re.compile(r"[tdcgk]"), "n"),
    (re.compile(r"[łl]"), ""),
)


def pronounce(word: str) -> tuple[str, ...]:
    """Say one lower-case written word carefully. -> sounds of `phones.PHONES`; empty when nothing in it can be said."""
    return _voice(_sounds(respell(word)))


def pronunciations(word: str) -> tuple[tuple[str, ...], ...]:
    """Every way people say the word, the careful one first, no more than four."""
    careful = pronounce(word)
    if not careful:
        return ()
    found = [careful]
    for loosen in (_final_nasal, _long_sounds, _affricates, _swallowed, _hard_i):
        found += [said for said in map(loosen, list(found)) if said not in found]
    return tuple(dict.fromkeys(found))[:4]


def phones(text: str) -> tuple[str, ...]:
    """Say a whole text, word by word."""
    return tuple(sound for word in normalize(text).split() for sound in pronounce(word))


def normalize(text: str) -> str:
    """Written text -> lower-case words of Polish letters, single spaces: how texts, lexicon and word lists are spelled."""
    lowered = text.lower().translate(_FOLD)
    return " ".join(re.sub(r"[^a-ząćęłńóśźż ]", " ", lowered).split())


def respell(word: str) -> str:
    """Spell a loan word, an abbreviation or a bare letter as a Pole says it; other words come back unchanged."""
    plain = _ALPHABET.sub("", word.lower().translate(_FOLD))
    known = WRITTEN_SHORT.get(plain) or LOANS.get(plain)
    if known:
        return known
    if plain in SPELLED_OUT or (1 < len(plain) <= 5 and not re.search(r"[aeiouyąęó]", plain)):
        return "".join(LETTERS[letter] for letter in plain)
    return LETTERS[plain] if len(plain) == 1 and plain not in "wzaieouyąę" else plain


def _sounds(word: str) -> list[str]:
    parts = _SPLIT.split(word)
    return [sound for part in parts for sound in _letters(part)]


def _letters(word: str) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(word):
        sounds, width = _letter(word, at)
        out += sounds
        at += width
    return out


def _letter(word: str, at: int) -> tuple[list[str], int]:
    """Sounds of the letters at a place, and how many letters they take."""
    letter, cluster = word[at], word[at : at + 2]
    base = cluster if cluster in _DIGRAPHS else letter
    rest = word[at + len(base) :]
    if base in _PALATAL and rest.startswith("i"):
        before_vowel = rest[1:2] in tuple(_VOWEL_LETTERS)
        return [_PALATAL[base]], len(base) + (1 if before_vowel else 0)
    if base in _DIGRAPHS:
        return [_DIGRAPHS[base]], 2
    return _single(letter, word, at), 1


def _single(letter: str, word: str, at: int) -> list[str]:
    """Sounds of a letter that stands for itself."""
    after = word[at + 1 :]
    if letter in "ąę":
        return _nasal(letter, after)
    if letter == "i" and after[:1] in tuple(_VOWEL_LETTERS):
        return ["j"]
    if letter == "u" and _is_glide(word, at):
        return ["w"]
    if letter == "ł" and _is_dumb(word, at):
        return []
    return ["k", "s"] if letter == "x" else [_SINGLE[letter]]


def _nasal(letter: str, rest: str) -> list[str]:
    vowel = "o" if letter == "ą" else "e"
    if not rest:
        return [vowel, "wn"] if letter == "ą" else [vowel]
    for pattern, sound in _NASAL_BEFORE:
        if pattern.match(rest):
            return [vowel, sound] if sound else [vowel]
    return [vowel, "wn"]


def _is_glide(word: str, at: int) -> bool:
    """Whether the u of au, eu is short, as in auto, Europa, but not in nauka, zaufać, nieuwaga, muzeum."""
    if word[at - 1 : at] not in ("a", "e") or word[at + 1 :] == "m":
        return False
    return not _OPEN_PREFIX.search(word[:at])


def _is_dumb(word: str, at: int) -> bool:
    """Whether ł falls silent between consonants or at the end after one: jabłko, mógł, wszedł."""
    if not at or word[at - 1] in _VOWEL_LETTERS or word[at - 1] in "rlmnj":
        return False
    after = word[at + 1 : at + 2]
    return not after or after not in _VOWEL_LETTERS


def _voice(sounds: list[str]) -> tuple[str, ...]:
    """Final devoicing, then assimilation from right to left; w and rz* instead follow a voiceless sound before them."""
    starred = [sound == "rz*" for sound in sounds]
    out = ["rz" if star else sound for sound, star in zip(sounds, starred, strict=True)]
    if out:
        out[-1] = VOICELESS.get(out[-1], out[-1])
    for at in range(len(out) - 2, -1, -1):
        _assimilate(out, at, yielding=starred[at + 1] or sounds[at + 1] == "v")
    return tuple(out)


def _assimilate(out: list[str], at: int, *, yielding: bool) -> None:
    left, right = out[at], out[at + 1]
    if left in _SOUNDING or right in _SOUNDING:
        return
    if yielding and (left in VOICED or left == "h"):
        out[at + 1] = VOICELESS.get(right, right)
    elif (right in VOICED or right == "h") and left in VOICELESS:
        out[at] = VOICELESS[left]
    elif right in VOICELESS and not yielding and left in VOICED:
        out[at] = VOICED[left]


def _final_nasal(said: tuple[str, ...]) -> tuple[str, ...]:
    """są -> som: the nasal glide at the end of a word, as much of Poland says it."""
    return (*said[:-1], "m") if said[-2:] == ("o", "wn") else said


def _long_sounds(said: tuple[str, ...]) -> tuple[str, ...]:
    """lekki -> leki, Anna -> Ana: a doubled sound said once."""
    kept = [sound for at, sound in enumerate(said) if not at or sound != said[at - 1] or sound in "aeiouy"]
    return tuple(kept)


def _affricates(said: tuple[str, ...]) -> tuple[str, ...]:
    """trzy -> czszy, drzwi -> dżżwi: t and d before sz, rz, as most people say them."""
    pairs = {("t", "sz"): "cz", ("d", "rz"): "drz"}
    return tuple(
        pairs.get((sound, said[at + 1] if at + 1 < len(said) else ""), sound) for at, sound in enumerate(said)
    )


def _swallowed(said: tuple[str, ...]) -> tuple[str, ...]:
    """Clusters that everyday speech shortens: sześćset, pięćdziesiąt, jabłko, pierwszy."""
    for heavy, light in _CLUSTERS:
        for at in range(len(said) - len(heavy) + 1):
            if said[at : at + len(heavy)] == heavy:
                return (*said[:at], *light, *said[at + len(heavy) :])
    return said


_CLUSTERS: Final = (
    (("ni", "ci", "s", "e", "t"), ("j", "s", "e", "t")),
    (("si", "ci", "s", "e", "t"), ("j", "s", "e", "t")),
    (("ni", "dzi", "dzi", "e"), ("ni", "dzi", "e")),
    (("zi", "dzi", "dzi", "e"), ("zi", "dzi", "e")),
    (("si", "ci", "dz"), ("zi", "dz")),
    (("p", "j", "e", "r", "f", "sz"), ("p", "j", "e", "r", "sz")),
    (("n", "a", "si", "ci", "e"), ("n", "a", "ci", "e")),
    (("h", "ci", "a", "w", "b"), ("h", "ci", "a", "b")),
    (("s", "t", "k", "o"), ("s", "k", "o")),
)


def _hard_i(said: tuple[str, ...]) -> tuple[str, ...]:
    """opinia: palatal n said as n-j before the last vowel of a borrowed word."""
    if len(said) > 4 and said[-2] == "ni" and said[-3] in ("i", "o") and said[-1] in ("a", "e"):
        return (*said[:-1], "j", said[-1])
    return said
