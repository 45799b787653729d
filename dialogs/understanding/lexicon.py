"""Which senses a word has, even when a letter is wrong: exact forms first, then one slip of the finger, long words two."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from rapidfuzz.distance import OSA

from dialogs.understanding.words.numerals import CARDINALS, MONTHS, ORDINALS, WEEKDAYS, WEEKDAYS_EVERY

_GROUP = re.compile(r"([^\s()]*)\(([^)]*)\)")
_DOUBLED = re.compile(r"(.)\1")
_SHORTEST_REPAIRED = 5
_LONGEST_REPAIRED = 30  # letters twice left out of a longer word make more keys than memory holds
_TWO_SLIPS_FROM = 9
_LONGEST_NO = 4
_SHORTEST_SUSPECT = 4
_LONGEST_SUSPECT = 8
_DOUBTING = frozenset(
    {
        "doubt",
        "if",
        "ask",
        "said",
        "then",
        "never",
        "or",
        "vocative",
        "intimate",
        "other.thing",
        "other.place",
        "other.verb",
        "manner",
        "undo.thing",
        "abym",
    }
)
_REPAIRED = (
    "cancel.", "attend.", "can.", "confirm.", "change.", "undo", "accept", "decline", "doubt", "want.1", "need.1", "zdaze",
    "pool", "visit.noun", "bedzie", "please", "must.1", "other.date", "criteria",
)  # fmt: skip
# Words one letter away from their opposite ("wypisać" and "wpisać") are taken only when they are written right.
_EXACT = (
    "wypis",
    "zwoln",
    "odda",
    "wycof",
    "usun",
    "usuw",
    "kas",
    "skas",
    "odpis",
    "odpu",
    "odpad",
    "remov",
    "delet",
    "випи",
    "видал",
    "прибер",
    "зні",
    "відда",
    "звільн",
)
_TIMES = ({*MONTHS, *WEEKDAYS, *WEEKDAYS_EVERY, *CARDINALS, *ORDINALS} - {"may", "march", "one", "second", "sec"}) | {
    "o", "ok", "okolo", "godz", "godzine", "godzinie", "godziny", "rano", "wieczorem", "poludniu", "poludnie", "jutro",
    "dzis", "dzisiaj", "pojutrze", "jutrzejsza", "jutrzejszy", "jutrzejszej", "jutrzejszego", "jutra", "dzisiejszego",
    "jtro", "jutr", "jutor", "jurto", "jutto", "utro",
    "dzisiejsza", "dzisiejszej", "tydzien", "tygodniu", "tygodnia", "przyszly", "przyszla", "przyszlym", "dnia",
    "roku", "dzien", "tomorrow", "today", "завтра", "сьогодні", "am", "pm",
    "tmrw", "tmrrw", "tmr", "tmw", "tomorow", "tommorow", "tommorrow",
}  # fmt: skip


class Lexicon:
    """Senses of one language's words. Typo repair looks forms up by their one-deletion neighbours, so it is quick."""

    def __init__(self, forms: Mapping[str, str], known: frozenset[str] = frozenset()) -> None:
        senses: dict[str, set[str]] = {word: {"time"} for word in _TIMES}
        for tag, listing in forms.items():
            for form in _expanded(listing):
                senses.setdefault(form, set()).add(tag)
        self._senses = {form: frozenset(tags) for form, tags in senses.items()}
        self._known = known
        self._no = tuple(form for form, tags in self._senses.items() if "neg" in tags)
        self._near = _by(_deletions, (form for form, tags in self._senses.items() if _repaired(tags) and not form.startswith(_EXACT)))
        self._sounding = _by(
            lambda form: {by_ear(form)},
            (form for form, tags in self._senses.items() if len(form) >= _SHORTEST_SUSPECT and (_repaired(tags) or tags & _BEING)),
        )
        self._alarming = _by(
            lambda form: _deletions(form[:_LONGEST_SUSPECT]),
            (form for form, tags in self._senses.items() if len(form) >= _SHORTEST_SUSPECT and tags & _DOUBTING),
        )
        self.suspects = lru_cache(maxsize=8192)(self._suspects)
        self.senses = lru_cache(maxsize=8192)(self._look_up)
        self.slips_of_no = lru_cache(maxsize=2048)(self._slips_of_no)

    def knows(self, word: str) -> bool:
        """Whether the word stands as it is in the lists or in the training data."""
        return word in self._senses or word in self._known

    def understands(self, word: str) -> bool:
        """Whether the word has a sense here, a slip of the finger allowed."""
        return word in self._known or bool(self.senses(word) - {"other.thing", "other.place"})

    def _slips_of_no(self, word: str) -> bool:
        """Whether a short word that is no word may be a mistyped "nie"."""
        return len(word) <= _LONGEST_NO and any(OSA.distance(word, no, score_cutoff=1) <= 1 for no in self._no)

    def _suspects(self, word: str) -> frozenset[str]:
        """Doubting senses that an unknown word would have with one letter put right: it may be a mistyped "jeśli"."""
        if self.knows(word) or len(word) < _SHORTEST_SUSPECT - 1 or word.isdigit():
            return frozenset()
        near = {form for key in _deletions(word[:_LONGEST_SUSPECT]) for form in self._alarming.get(key, ())}
        meant = [self._senses[form] for form in near if OSA.distance(word, form, score_cutoff=1) <= 1]
        return frozenset().union(*meant) & _DOUBTING

    def _look_up(self, word: str) -> frozenset[str]:
        """Tags of a folded word; empty when nothing is near enough to be meant."""
        if word in self._senses:
            return self._senses[word]
        if word in self._known or not _SHORTEST_REPAIRED <= len(word) <= _LONGEST_REPAIRED:
            return frozenset()
        if (once := self.undoubled(word)) is not None:
            return self._senses[once]
        meant = self.nearest(word) or self._sounding.get(by_ear(word), [])
        return frozenset().union(*(self._senses[form] for form in meant))

    def undoubled(self, word: str) -> str | None:
        """The listed form that a word is when its doubled letters are single: "bedziee", "niestetyy", "wizytte"."""
        single = (*(word[:place] + word[place + 1 :] for place in _doubled(word)), _DOUBLED.sub(r"\1", word))
        return next((form for form in single if form in self._senses), None)

    def lists(self, word: str) -> bool:
        """Whether the word is a form of the lists."""
        return word in self._senses

    def nearest(self, word: str) -> list[str]:
        """The listed forms that a mistyped word may stand for, all equally near: their senses are taken together."""
        if len(word) > _LONGEST_REPAIRED:
            return []
        candidates = {form for key in _deletions(word) for form in self._near.get(key, ())}
        limit = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        scored = [
            (distance, form)
            for form in candidates
            if len(form) >= _SHORTEST_REPAIRED - 1
            and (distance := OSA.distance(word, form, score_cutoff=limit)) <= limit
            and (distance <= 1 or form[0] == word[0])  # "ieodwołuję" lacks the "n" of a negation, not two letters too many
        ]
        least = min((distance for distance, _ in scored), default=limit + 1)
        return sorted(form for distance, form in scored if distance == least)


def _doubled(word: str) -> list[int]:
    return [match.start() for match in _DOUBLED.finditer(word)]


_BEING = frozenset({"bede", "bedzie"})


def _repaired(tags: frozenset[str]) -> bool:
    return any(tag.startswith(_REPAIRED) for tag in tags)


def _by(keys: Callable[[str], set[str]], forms: Iterable[str]) -> dict[str, list[str]]:
    """Forms under each of their keys, in the order given."""
    found: dict[str, list[str]] = {}
    for form in forms:
        for key in keys(form):
            found.setdefault(key, []).append(form)
    return found


_SPELT = (
    ("rz", "z"), ("psz", "pz"), ("ch", "h"), ("x", "ks"), ("en", "e"), ("em", "e"), ("om", "a"), ("on", "a"), ("u", "o"), ("w", "f"),
    ("j", "i"), ("y", "i"), ("ii", "i"), ("dz", "c"), ("z", "s"), ("d", "t"), ("b", "p"),
)  # fmt: skip


def by_ear(word: str) -> str:
    """How a folded Polish word sounds, roughly: "bendzie" as "bedzie", "rezygnoje" as "rezygnuje", "pszyjade" as "przyjade"."""
    for spelt, heard in _SPELT:
        word = word.replace(spelt, heard)
    return word


def _expanded(listing: str) -> Iterator[str]:
    rest = listing
    for stem, endings in _GROUP.findall(listing):
        yield from (stem + ending.strip() for ending in endings.split(","))
    rest = _GROUP.sub(" ", rest)
    yield from rest.split()


def _deletions(word: str) -> set[str]:
    """The word and everything one deletion away; long words also two away."""
    once = {word[:i] + word[i + 1 :] for i in range(len(word))}
    if len(word) < _TWO_SLIPS_FROM:
        return once | {word}
    return once | {word} | {near[:i] + near[i + 1 :] for near in once for i in range(len(near))}
