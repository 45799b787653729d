"""How finished an answer sounds, from the words heard so far: what decides how long a silence must last to be its end. Pure.

"Tak" may be all; after "dwunastego" a month is still to come; six digits are not a PESEL. Texts are compared folded, so that Polish,
Ukrainian and English go the same way.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from dialogs.understanding.reading import Asked
from dialogs.understanding.text import plain
from dialogs.understanding.text import words as split
from dialogs.understanding.words.numerals import CARDINALS, MONTHS, ORDINALS, THOUSAND, THOUSANDS, THOUSANDTH
from voice_models.confidence import SMALL

UNKNOWN: Final = "[unk]"


class Fullness(Enum):
    """From nothing heard to nothing left to say."""

    NOTHING = "nothing"
    UNFINISHED = "unfinished"
    INSIDE = "inside"
    """In the middle of a number or a date: no pause ends it soon."""
    EXTENDABLE = "extendable"
    """An answer, to which more may follow."""
    WHOLE = "whole"


_DIGITS_OF: Final = {"pesel": 11, "referral_code": 4, "postcode": 5}
_DANGLING: Final = frozenset(
    (
        *("w", "we", "na", "o", "od", "do", "po", "przed", "i", "lub", "albo", "ale", "bo", "ze", "sie", "godzina", "godzinie", "dnia"),
        *("у", "в", "о", "від", "до", "після", "і", "або", "at", "on", "in", "the", "of", "and", "or"),
    )
)
_OPENING: Final = frozenset(
    (
        *("chce", "chcialbym", "chcialabym", "chcialem", "chcialam", "prosze", "poprosze", "prosilbym", "prosilabym", "musze", "moge"),
        *("хочу", "прошу", "want", "like"),
    )
)
"""What a wish begins with. It may be all ("nie chcę"), but nearly always more is said ("… odwoływać"); not after a yes ("tak chcę")."""
_YES: Final = frozenset({"tak", "так", "yes"})
_YEAR: Final = frozenset({"roku", "rok", "року", "рік"})


@dataclass(frozen=True)
class Expected:
    """What a question waits for: its answers as listened for."""

    asked: Asked
    answers: Collection[str]

    @cached_property
    def _phrases(self) -> frozenset[tuple[str, ...]]:
        """The answers, and what is left of them behind their opening: whoever paused there goes on with it, and has finished then."""
        whole = [tuple(split(plain(answer))) for answer in self.answers]
        return frozenset([*whole, *(phrase[1:] for phrase in whole if len(phrase) > 2 and phrase[0] in _OPENING)])

    @cached_property
    def _beginnings(self) -> frozenset[tuple[str, ...]]:
        """What some longer answer begins with."""
        return frozenset(phrase[:size] for phrase in self._phrases for size in range(1, len(phrase)))

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._phrases), default=0)

    def fullness(self, text: str) -> Fullness:
        """Of what was heard so far, [unk] included."""
        said = text.split()
        known = split(plain(" ".join(word for word in said if word != UNKNOWN)))
        if not known:
            return Fullness.NOTHING
        found = self._of_words(tuple(known))
        broken = said[-1] == UNKNOWN and found is not Fullness.INSIDE
        return Fullness.UNFINISHED if broken else found

    def _of_words(self, said: tuple[str, ...]) -> Fullness:
        numbers = [word for word in said if word in CARDINALS or word in ORDINALS or word in MONTHS]
        if self.asked in _DIGITS_OF and numbers:
            return _of_digits(said, _DIGITS_OF[self.asked])
        if self.asked == "date_of_birth" and numbers:
            return _of_birth(said)
        if said[-1] in _DANGLING:
            return Fullness.INSIDE if numbers or len(said) == 1 else Fullness.UNFINISHED
        if said[-1] in _OPENING and not _YES.intersection(said[-2:-1]):
            return Fullness.UNFINISHED
        if not self._in_answers(said):
            answer = self._after_a_crackle(said)
            return self._of_words(answer) if answer else Fullness.UNFINISHED
        if _names_day_alone(said):
            return Fullness.UNFINISHED
        more = said in self._beginnings or len(said) == 1 or said[-1] in _OPENING
        return Fullness.EXTENDABLE if more else Fullness.WHOLE

    def _after_a_crackle(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """The answer behind words of one letter, as a crackle is heard: "z tak" has ended when "tak" has; empty when there is none."""
        rests = (said[size:] for size in range(1, len(said)) if SMALL.issuperset(said[:size]))
        return next((rest for rest in rests if self._in_answers(rest)), ())

    def _in_answers(self, said: Sequence[str]) -> bool:
        """Whether it is one answer or several, one after another, perhaps behind an opening."""
        reached = {0, 1} if said[0] in _OPENING else {0}
        for end in range(1, len(said) + 1):
            starts = (start for start in range(max(0, end - self._longest), end) if start in reached)
            if any(tuple(said[start:end]) in self._phrases for start in starts):
                reached.add(end)
        return len(said) in reached


def _of_digits(said: Sequence[str], wanted: int) -> Fullness:
    count, may_grow = digits_said(said)
    if count < wanted:
        return Fullness.INSIDE
    return Fullness.EXTENDABLE if may_grow else Fullness.WHOLE


def digits_said(said: Sequence[str]) -> tuple[int, bool]:
    """How many digits the number words stand for, and whether the last of them may still take another ("dwadzieścia" … "pięć")."""
    count, room = 0, 0  # room: the digits that the number begun may still fill without growing longer
    for word in said:
        value = CARDINALS.get(word)
        if value is None:
            continue
        size = len(str(value))
        if size <= room and value:
            room = size - 1 if value % 10 == 0 else 0
        else:
            count += size
            room = size - 1 if value and value % 10 == 0 and value != 10 else 0
    return count, room > 0


def _of_birth(said: Sequence[str]) -> Fullness:
    if said[-1] in _YEAR:
        return Fullness.WHOLE
    month = max((at for at, word in enumerate(said) if word in MONTHS), default=None)
    if month is None:
        return Fullness.INSIDE
    year = said[month + 1 :]
    if not year:
        return Fullness.UNFINISHED if month else Fullness.INSIDE
    return _of_year(year)


def _of_year(year: Sequence[str]) -> Fullness:
    last = year[-1]
    if last in THOUSANDTH:
        return Fullness.WHOLE
    value = ORDINALS.get(last, CARDINALS.get(last, 0))
    if last in THOUSAND | THOUSANDS or value >= 100 or value == 0:
        return Fullness.INSIDE
    if value >= 20:
        return Fullness.EXTENDABLE
    century = any(word in THOUSAND | THOUSANDS or CARDINALS.get(word, 0) >= 20 or ORDINALS.get(word, 0) >= 20 for word in year[:-1])
    return Fullness.WHOLE if century else Fullness.INSIDE


def _names_day_alone(said: Sequence[str]) -> bool:
    """ "Dwunastego", with the month still to come; "pierwsza" is a choice and an hour too."""
    return said[-1] in ORDINALS and said[-1].endswith("ego") and not any(word in MONTHS for word in said)
