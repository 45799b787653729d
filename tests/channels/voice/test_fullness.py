"""Issue 5: how finished an answer sounds; a pause inside a date or a PESEL is no end."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.voice.fullness import Expected, Fullness, digits_said
from channels.voice.words import answers
from dialogs.understanding.reading import ASKED, Asked
from dialogs.understanding.text import plain
from dialogs.wording import speech
from voice_models.catalogue import models_in
from voice_models.hearing import lexicon

LISTS = {asked: Expected(asked, answers(asked, "pl")) for asked in ASKED}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "text", "full"),
    [
        ("reminder", "", Fullness.NOTHING), ("reminder", "[unk]", Fullness.NOTHING), ("reminder", "tak", Fullness.EXTENDABLE),
        ("reminder", "nie", Fullness.EXTENDABLE), ("reminder", "słucham", Fullness.EXTENDABLE),
        ("reminder", "odwołuję wizytę", Fullness.WHOLE), ("reminder", "tak [unk]", Fullness.UNFINISHED),
        ("reminder", "chciałbym", Fullness.UNFINISHED), ("yes_no", "tak odwołuję", Fullness.WHOLE),
        ("date_of_birth", "dwunastego", Fullness.INSIDE), ("date_of_birth", "dwunastego maja", Fullness.UNFINISHED),
        ("date_of_birth", "dwunastego maja tysiąc dziewięćset", Fullness.INSIDE),
        ("date_of_birth", "dwunastego maja tysiąc dziewięćset czterdziestego", Fullness.EXTENDABLE),
        ("date_of_birth", "dwunastego maja tysiąc dziewięćset czterdziestego piątego", Fullness.WHOLE),
        ("date_of_birth", "dwunastego maja dwutysięcznego", Fullness.WHOLE), ("postcode", "zero dwa", Fullness.INSIDE),
        ("postcode", "zero dwa trzysta pięćdziesiąt", Fullness.EXTENDABLE),
        ("postcode", "zero dwa trzysta pięćdziesiąt sześć", Fullness.WHOLE),
        ("referral_code", "jeden dwa trzy", Fullness.INSIDE), ("referral_code", "jeden dwa trzy cztery", Fullness.WHOLE),
        ("criteria", "w", Fullness.INSIDE), ("criteria", "w czwartek po", Fullness.UNFINISHED),
        ("which_visit", "drugą", Fullness.EXTENDABLE),
    ],
)  # fmt: skip
def test_known_answers(asked: Asked, text: str, full: Fullness) -> None:
    assert LISTS[asked].fullness(text) is full


@pytest.mark.parametrize("crackle", ["z", "w", "z w"])
@pytest.mark.parametrize("text", ["tak", "nie", "słucham", "odwołuję wizytę"])
def test_a_crackle_makes_no_answer_unfinished(text: str, crackle: str) -> None:
    """Issue 5: a "tak" heard as "z tak" was waited for 800 ms, and answered after a second."""
    assert LISTS["reminder"].fullness(f"{crackle} {text}") is LISTS["reminder"].fullness(text)


@pytest.mark.parametrize("text", ["z", "z w", "z chciałbym", "nie z", "tak w"])
def test_a_small_word_alone_or_behind_is_no_crackle(text: str) -> None:
    """ "Nie w …" goes on."""
    assert LISTS["reminder"].fullness(text) in (Fullness.UNFINISHED, Fullness.INSIDE)


@pytest.mark.parametrize("asked", ["nothing", "reminder", "yes_no", "offer"])
@pytest.mark.parametrize("text", ["chcę", "nie chcę", "poproszę", "proszę", "chciałbym", "kiedy", "ja bym", "no to", "dzień dobry chcę"])
def test_whoever_begins_a_wish_has_not_finished(asked: Asked, text: str) -> None:
    """Issue 5: "chcę" and "nie chcę" were answers that 300 ms ended: "nie chcę … odwołać wizyty" became a wish to cancel it (D7)."""
    assert LISTS[asked].fullness(text) is Fullness.UNFINISHED


@pytest.mark.parametrize(
    ("asked", "text", "full"),
    [
        ("nothing", "chciałbym odwołać wizytę", Fullness.WHOLE), ("reminder", "odwołać wizytę", Fullness.WHOLE),
        ("yes_no", "tak chcę", Fullness.EXTENDABLE), ("reminder", "chcę odwołać wizytę", Fullness.WHOLE),
    ],
)  # fmt: skip
def test_a_wish_that_was_said_to_its_end_has_finished(asked: Asked, text: str, full: Fullness) -> None:
    assert LISTS[asked].fullness(text) is full


@given(st.lists(st.integers(0, 9), min_size=1, max_size=15))
def test_digits_one_by_one_are_counted(digits: list[int]) -> None:
    """A PESEL is whole with its eleventh digit, and not before."""
    said = [speech.number(digit) for digit in digits]
    assert digits_said([plain(word) for word in said])[0] == len(digits)
    full = LISTS["pesel"].fullness(" ".join(said))
    assert full is (Fullness.WHOLE if len(digits) >= 11 else Fullness.INSIDE)


@given(st.lists(st.integers(10, 99), min_size=1, max_size=8))
def test_digits_in_pairs_are_counted(pairs: list[int]) -> None:
    said = plain(" ".join(speech.number(pair) for pair in pairs)).split()
    assert digits_said(said)[0] == sum(2 for _ in pairs)


@given(st.sampled_from(ASKED), st.integers(0, 2**32))
def test_every_expected_answer_ends_soon(asked: Asked, seed: int) -> None:
    """Outside dates and numbers every answer of a list is one that is taken after a short silence, unless a word must follow."""
    answer = Random(seed).choice(LISTS[asked].answers)
    full = LISTS[asked].fullness(answer)
    assert full is not Fullness.NOTHING
    if asked in ("reminder", "offer", "yes_no", "nothing"):
        assert full in (Fullness.EXTENDABLE, Fullness.WHOLE, Fullness.UNFINISHED, Fullness.INSIDE)


@pytest.mark.parametrize("asked", ASKED)
def test_every_word_of_every_list_is_in_the_lexicon(asked: Asked) -> None:
    """Vosk drops an unknown word from a list without an error: a patient would never be heard saying it."""
    known = lexicon(models_in(None)["pl"])
    assert {word for answer in answers(asked, "pl") for word in answer.split()} <= known


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
@pytest.mark.parametrize("asked", ASKED)
def test_every_language_has_its_words(asked: Asked, language: str) -> None:
    assert len(answers(asked, language)) >= 10  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", ["pesel", "referral_code"])
def test_numbers_are_listened_for_alone(asked: Asked) -> None:
    """A list of digits is heard better than one of sentences: only how to ask again is added."""
    assert len(answers(asked, "pl")) <= 40
