"""Addresses: what is one, which channel it means, in which order they are used."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import people
from registry.people import ContactPoint, InvalidContact, NoContact
from tests.registry import build


@pytest.mark.parametrize(
    ("written", "stored", "kind"),
    [
        ("601 234 567", "+48601234567", "mobile"), ("+48 601-234-567", "+48601234567", "mobile"),
        ("0048601234567", "+48601234567", "mobile"), ("601234567", "+48601234567", "mobile"),
        ("22 441 00 01", "+48224410001", "landline"), ("(22) 441-00-01", "+48224410001", "landline"),
        ("+49 1512 3456789", "+4915123456789", "foreign"), ("+380 50 123 45 67", "+380501234567", "foreign"),
        (" Jan.Kowalski@Example.PL ", "jan.kowalski@example.pl", "email"),
    ],
)  # fmt: skip
def test_r95_an_address_is_stored_in_one_form_and_classed(written: str, stored: str, kind: str) -> None:
    """R95, D13: E.164, by the numbering plan."""
    assert people.classify(written) == (stored, kind)


@pytest.mark.parametrize(
    "written",
    [
        "", "601", "112", "abc", "+48 601 234 56", "700 123 456", "801 123 456",
        "@example.pl", "jan@", "jan@localhost", "jan kowalski@example.pl",
    ],
)  # fmt: skip
def test_r95_what_no_message_can_reach_is_refused(written: str) -> None:
    """R95: invalid, emergency and premium numbers."""
    with pytest.raises(InvalidContact):
        people.classify(written)


@pytest.mark.parametrize(
    ("value", "channel"), [("601 234 567", "sms"), ("22 441 00 01", "voice"), ("+49 1512 3456789", "sms"), ("jan@example.pl", "email")]
)
def test_d13_the_class_says_the_channel(session: Session, now: datetime, value: str, channel: str) -> None:
    """D13, R98."""
    assert build.contact(session, build.patient(session, value)).channel == channel


def test_d13_the_clinic_may_overrule_the_class_of_one_number(session: Session, now: datetime) -> None:
    """D13: somebody who cannot read is called on his mobile."""
    person = build.without_contact(session)
    assert people.add_contact(session, person.id, build.mobile(), now=now, channel="voice").channel == "voice"


def test_d13_addresses_are_used_in_the_order_given(session: Session) -> None:
    """D13, R54: the next one after a failure, none after the last; unusable ones are left out."""
    first, second, third = build.mobile(), "jan@example.pl", "+48 22 441 00 01"
    person = build.patient(session, first, second, third)
    used = []
    point = people.preferred_contact(session, person.id)
    while point is not None:
        used.append(point.value)
        point = people.preferred_contact(session, person.id, after=point)
    assert used == [first, second, "+48224410001"]
    build.mark_address(session, first, "invalid")
    usable = people.preferred_contact(session, person.id)
    assert usable is not None
    assert usable.value == second


def test_r39_nobody_without_an_address(session: Session) -> None:
    """R39, R95."""
    person = build.without_contact(session)
    with pytest.raises(NoContact):
        people.own_contact(session, person.id, None)


def test_a_mark_holds_for_everyone_who_gave_the_address(session: Session) -> None:
    """R54, X8: the couple with one telephone."""
    shared = build.mobile()
    couple = [build.patient(session, shared) for _ in range(2)]
    build.mark_address(session, shared, "opted_out")
    states = session.scalars(select(ContactPoint.state).execution_options(populate_existing=True)).all()
    assert states == ["opted_out", "opted_out"]
    assert [people.preferred_contact(session, one.id) for one in couple] == [None, None]


def test_x35_one_patient_for_one_identifier(session: Session) -> None:
    """X35: the store refuses a second one; the same digits in another system are another person."""
    one, other = build.without_contact(session), build.without_contact(session)
    other.identifier, other.identifier_system = one.identifier, "passport"
    session.flush()
    other.identifier_system = "PESEL"
    with pytest.raises(IntegrityError, match="identifier"):
        session.flush()
