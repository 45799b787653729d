"""Numbers as people say them: against num2words where it knows, against written-out examples where it does not."""

from random import Random

import pytest

from voice_models.g2p import pronounce
from voice_models.training import numbers


@pytest.mark.parametrize(
    ("day", "ending", "said"),
    [
        (1, "ego", "pierwszego"),
        (2, "ego", "drugiego"),
        (3, "y", "trzeci"),
        (3, "a", "trzecia"),
        (11, "y", "jedenasty"),
        (22, "ego", "dwudziestego drugiego"),
        (30, "ej", "trzydziestej"),
        (31, "ego", "trzydziestego pierwszego"),
        (53, "ej", "pięćdziesiątej trzeciej"),
    ],
)
def test_ordinals(day: int, ending: str, said: str) -> None:
    assert numbers.ordinal(day, ending) == said


@pytest.mark.parametrize(
    ("digits", "sizes", "said"),
    [
        ("0412", (2, 2), "zero cztery dwanaście"),
        ("00950", (2, 3), "zero zero dziewięćset pięćdziesiąt"),
        ("501200300", (3, 3, 3), "pięćset jeden dwieście trzysta"),
    ],
)
def test_groups_keep_their_zeros(digits: str, sizes: tuple[int, ...], said: str) -> None:
    """R112: PESEL and codes in the groups that people use, no digit lost."""
    assert numbers.grouped(digits, sizes) == said


def test_years() -> None:
    assert numbers.year(1954) == "tysiąc dziewięćset pięćdziesiątego czwartego"
    assert numbers.year(2000) == "dwutysięcznego"
    assert numbers.year(2026) == "dwa tysiące dwudziestego szóstego"


def test_every_drawn_word_is_listed_and_can_be_said() -> None:
    """A word list that lacks a word loses it in silence: `words` must cover every kind."""
    draw, known = Random(5), numbers.words()
    for kind in numbers.KINDS.values():
        for _ in range(400):
            words = kind(draw).split()
            assert set(words) <= known
            assert all(pronounce(word) for word in words)


def test_a_pesel_is_eleven_digits() -> None:
    draw = Random(2)
    for _ in range(200):
        said = numbers.pesel(draw).split()
        assert len(said) <= 11 or "zero" in said
        assert len(said) >= 6
