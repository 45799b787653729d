"""Segments are counted as carriers count them (D9: a reminder is one GSM-7 segment)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.simulator.segments import BASIC, EXTENSION, measure


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" * 5, "GSM-7", 162, 2),
        # 153 septets a part: the last of the first part stays empty rather than splitting an extension character
        ("€" * 153, "GSM-7", 306, 3),
        ("ó" * 70, "UCS-2", 70, 1),
        ("ó" * 71, "UCS-2", 71, 2),
        ("ą" * 134, "UCS-2", 134, 2),
        ("ą" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # 67 units a part hold 33 pairs: the 67 pairs of 134 units need three parts
        ("😀" * 67, "UCS-2", 134, 3),
        ("Ваш візит", "UCS-2", 9, 1),
        ("ò à ù", "GSM-7", 5, 1),
        ("ô", "UCS-2", 1, 1),
    ],
)
def test_d9_borders(text: str, encoding: str, units: int, segments: int) -> None:
    measured = measure(text)
    assert (measured.encoding, measured.units, measured.segments) == (encoding, units, segments)


def test_d9_the_alphabet_is_the_whole_one() -> None:
    """3GPP TS 23.038: 127 characters (the 128th place is the escape) and the ten of the extension table."""
    assert len(set(BASIC)) == len(BASIC) == 127
    assert sorted(EXTENSION) == sorted("\f^{}\\[~]|€")
    assert not set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ`") & set(BASIC + EXTENSION)


@given(st.text(alphabet="aZ€[óą😀 \n", max_size=700))
def test_d9_parts_can_be_cut_and_none_is_wasted(text: str) -> None:
    """Against a naive oracle: the shortest way of cutting the text into parts, found by trying every cut."""
    assert measure(text).segments == _fewest_parts(text)


def _fewest_parts(text: str) -> int:
    gsm = not set(text) & set("óą😀")
    single, joined = (160, 153) if gsm else (70, 67)
    sums = [0]
    for character in text:
        size = 1 + (character in "€[") if gsm else len(character.encode("utf-16-be")) // 2
        sums.append(sums[-1] + size)
    if sums[-1] <= single:
        return 1
    best = [0]
    for end in range(1, len(sums)):
        best.append(min(best[start] + 1 for start in range(end) if sums[end] - sums[start] <= joined))
    return best[-1]
