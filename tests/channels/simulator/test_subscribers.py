"""Which line a number is (D13): the numbering plan's word, unless the telephone is registered otherwise."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.simulator import Telephone
from channels.simulator.store import Store
from channels.simulator.subscribers import Subscribers, line_by_plan


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("+48501234567", "mobile"),
        ("+48221234567", "landline"),
        ("+380441234567", "landline"),
        ("+380501234567", "mobile"),
        ("+12025550123", "mobile"),  # a plan that does not tell the two apart
        ("+48800123456", "landline"),  # a free line takes no SMS
        ("+48", None),
        ("+48012345678", None),
        ("501234567", None),
        ("+4850123456", None),
        ("+485012345678", None),
        ("+9991234567", None),
        ("+48 501234567", None),
        ("＋48501234567", None),
        ("+48５01234567", None),
    ],
)
def test_d13_by_the_numbering_plan(number: str, line: str | None) -> None:
    assert line_by_plan(number) == line


@given(st.integers(0, 999_999_999))
def test_d13_the_short_way_for_polish_numbers_is_the_long_way(national: int) -> None:
    """Against phonenumbers' own parsing of the same number."""
    number = f"+48{national:09d}"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        parsed = None
    expected = None
    if parsed is not None and phonenumbers.is_valid_number(parsed):
        expected = "mobile" if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE else "landline"
    assert line_by_plan(number) == expected


def test_d13_the_register_has_the_last_word() -> None:
    subscribers = Subscribers(Store(":memory:"))
    assert subscribers.line("+48221234567") == "landline"
    subscribers.register([Telephone("+48221234567", "mobile", "numer przeniesiony")])
    assert subscribers.line("+48221234567") == "mobile"
