"""Length on the wire and transliteration (D9, R101): against an independent count, and over generated texts."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.wording.gsm import BASIC, EXTENSION, is_gsm, measure, to_gsm

POLISH = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
GSM_TEXT = st.text(alphabet=sorted(BASIC | EXTENSION), max_size=500)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("GSM-7", 0, 1)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("a" * 159 + "€", ("GSM-7", 161, 2)),
        # An escape pair is not torn: the second part begins with it, so that 153 + 152 + 2 need a third.
        ("a" * 152 + "€" + "a" * 152, ("GSM-7", 306, 3)),
        ("ж" * 70, ("UCS-2", 70, 1)),
        ("ж" * 71, ("UCS-2", 71, 2)),
        ("ж" * 134, ("UCS-2", 134, 2)),
        ("ж" * 135, ("UCS-2", 135, 3)),
        ("😀" * 35, ("UCS-2", 70, 1)),
        ("ж" * 66 + "😀" + "ж" * 66, ("UCS-2", 134, 3)),
        ("ó", ("UCS-2", 1, 1)),
    ],
)
def test_segments_at_their_borders_d9(text: str, expected: tuple[str, int, int]) -> None:
    """D9: 160 and 153 septets, 70 and 67 units; the last letter that fits and the first that does not."""
    assert tuple(measure(text)) == expected


@given(GSM_TEXT)
def test_septets_are_the_letters_and_the_escapes_d9(text: str) -> None:
    """D9: a naive count, letter by letter, agrees."""
    septets = len(text) + sum(text.count(sign) for sign in "^{}\\[~]|€\f")
    assert measure(text).units == septets
    assert (measure(text).segments == 1) == (septets <= 160)


@given(st.text(max_size=300))
def test_enough_segments_and_not_more_than_one_too_many_d9(text: str) -> None:
    """D9: segments hold the units, and untorn pairs waste at most one unit in each."""
    encoding, units, segments = measure(text)
    single, part = (160, 153) if encoding == "GSM-7" else (70, 67)
    assert (units <= single) if segments == 1 else (units <= segments * part)
    assert segments == 1 or units > (segments - 1) * (part - 1)


@given(st.text(max_size=300))
def test_transliteration_always_ends_in_gsm_d9(text: str) -> None:
    """D9: whatever comes in goes out in GSM-7, and a second pass changes nothing."""
    once = to_gsm(text)
    assert is_gsm(once)
    assert to_gsm(once) == once


@given(st.text(alphabet=string.ascii_letters + string.digits + " .,:?!-/()" + POLISH, max_size=300))
def test_polish_keeps_its_length_and_its_plain_letters_d9(text: str) -> None:
    """D9: one letter for one letter, so that a text measured before fits after."""
    plain = to_gsm(text)
    assert len(plain) == len(text)
    assert all(new == old for new, old in zip(plain, text, strict=True) if old not in POLISH)


def test_every_polish_letter_has_its_plain_one_d9() -> None:
    """D9: ó is not in the alphabet either."""
    assert to_gsm("zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ") == "zazolc gesla jazn ZAZOLC GESLA JAZN"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("„Serce” — Łódź…", '"Serce" - Lodz...'),
        ("Müller café", "Müller café"),
        ("Київ, вул. Щастя", "Kyiv, vul. Shchastia"),
        ("tak\u00a0\u200bnie", "tak nie"),
        ("o\u0301 e\u0328", "o e"),
        ("№ 5 ½ 漢", "nr 5 1/2 ?"),
    ],
)
def test_signs_of_other_alphabets(text: str, plain: str) -> None:
    """Typography, Ukrainian by its official romanisation, decomposed letters, and "?" for what nobody could guess."""
    assert to_gsm(text) == plain
