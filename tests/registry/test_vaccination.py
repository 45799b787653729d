"""Doses, birthdays and calendar months: each border of the vaccination's windows, and the gate before the second dose."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import appointments, attendance, cancellations, vaccination, waiting_room
from registry.appointments import Appointment, NotBookable
from registry.catalogue import vaccine_schema
from registry.database import in_transaction
from registry.people import Patient
from registry.rules import birthday, months_later
from registry.tasks import Task
from registry.vaccination import Given, Hindrance, NotThisDose, VaccinationRecord
from registry.waiting_room import AlreadyClaimed, Criteria, NoWaitingRoom
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

HPV = "HPV_VACCINATION"
SCHEMA = vaccine_schema(HPV, date(2026, 11, 18))
DAY = timedelta(days=1)


def verdict(born: date, dose: int, day: date, *first: date, product: str = "Gardasil 9") -> Hindrance | None:
    doses = {number: Given(number, one, product) for number, one in enumerate(first, 1)}
    return vaccination.hindrance(SCHEMA, born=born, dose=dose, day=day, given=doses)


# --- ages


@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        (date(2017, 11, 19), date(2026, 11, 18), "too_young"),  # the day before the ninth birthday
        (date(2017, 11, 18), date(2026, 11, 18), None),  # the ninth birthday
        (date(2012, 11, 19), date(2026, 11, 18), None),  # the day before the fourteenth
        (date(2012, 11, 18), date(2026, 11, 18), "too_old"),  # the fourteenth birthday
        (date(2016, 2, 29), date(2025, 2, 27), "too_young"),
        (date(2016, 2, 29), date(2025, 2, 28), None),  # nine, in a year without the 29th
        (date(2012, 2, 29), date(2026, 2, 27), None),
        (date(2012, 2, 29), date(2026, 2, 28), "too_old"),  # fourteen
        (date(2019, 3, 1), date(2028, 2, 29), "too_young"),
    ],
)
def test_r86_the_first_dose_goes_by_birthdays(born: date, day: date, expected: str | None) -> None:
    """R86: 9th birthday ≤ day < 14th birthday; 29 February by article 112 of the Civil Code."""
    assert verdict(born, 1, day) == expected


@given(born=st.dates(date(2004, 1, 1), date(2020, 12, 31)), years=st.integers(1, 20))
def test_r86_a_birthday_is_the_day_of_that_name_or_the_last_of_february(born: date, years: int) -> None:
    """R86, R108: against the calendar itself."""
    found = birthday(born, years)
    assert found.year == born.year + years
    if (found.month, found.day) != (born.month, born.day):
        assert (born.month, born.day, found.month, found.day) == (2, 29, 2, 28)
        assert (found + DAY).month == 3


# --- gaps


@pytest.mark.parametrize(
    ("first", "opens", "closes"),
    [
        (date(2026, 1, 15), date(2026, 7, 15), date(2027, 1, 15)),
        (date(2025, 8, 31), date(2026, 2, 28), date(2026, 8, 31)),
        (date(2027, 8, 31), date(2028, 2, 29), date(2028, 8, 31)),
        (date(2025, 8, 29), date(2026, 2, 28), date(2026, 8, 29)),
        (date(2024, 2, 29), date(2024, 8, 29), date(2025, 2, 28)),
        (date(2026, 3, 31), date(2026, 9, 30), date(2027, 3, 31)),
    ],
)
def test_r89_the_second_dose_comes_after_6_to_12_calendar_months(first: date, opens: date, closes: date) -> None:
    """R89: both ends inside; months that are too short end on their last day."""
    born = date(first.year - 10, 1, 1)
    days = (opens - DAY, opens, closes, closes + DAY)
    assert [verdict(born, 2, day, first) for day in days] == ["too_early", None, None, "too_late"]


@given(day=st.dates(date(2020, 1, 1), date(2035, 1, 1)), months=st.integers(0, 40))
def test_r89_months_later_agrees_with_counting_months(day: date, months: int) -> None:
    """R89: an oracle that walks month by month through the calendar."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = next(length for length in (31, 30, 29, 28) if _exists(year, month, length))
    assert months_later(day, months) == date(year, month, min(day.day, last))


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


# --- the exception


@pytest.mark.parametrize(
    ("born", "first", "second", "expected"),
    [
        (date(2010, 6, 1), date(2024, 5, 31), date(2025, 1, 10), None),  # the first on the day before the 14th birthday
        (date(2010, 6, 1), date(2024, 6, 1), date(2025, 1, 10), "ask_a_person"),  # on the birthday: not before 14
        (date(2011, 6, 1), date(2025, 5, 31), date(2026, 1, 10), "ask_a_person"),  # 2011 is not in the text: a person decides
        (date(2011, 6, 1), date(2024, 11, 1), date(2025, 5, 31), None),  # the second still before 14
        (date(2009, 12, 31), date(2023, 12, 30), date(2024, 9, 1), "ask_a_person"),
    ],
)
def test_r88_only_children_born_in_2010_may_have_the_second_dose_later(
    born: date, first: date, second: date, expected: str | None
) -> None:
    """R88."""
    assert verdict(born, 2, second, first) == expected


def test_r91_doses_in_their_order_and_each_once() -> None:
    """R91, R92, R93: no second before the first, none twice, no third; another product is the clinic's to judge."""
    born, first, later = date(2015, 1, 1), date(2026, 1, 10), date(2026, 9, 1)
    assert verdict(born, 2, later) == "earlier_dose_missing"
    assert verdict(born, 1, later, first) == "already_given"
    assert verdict(born, 3, later, first, first) == "no_such_dose"
    assert verdict(born, 2, later, first, product="Cervarix") == "other_product"


# --- booking


def child(session: Session, born: date = date(2015, 1, 1)) -> Patient:
    made = build.patient(session)
    made.birth_date = born
    session.flush()
    return made


def book(session: Session, who: Patient, dose: int, starts_at: datetime, now: datetime) -> Appointment:
    free = build.slot(session, starts_at, pool="VACCINATION", service=HPV)
    return appointments.book(session, who.id, free.id, actor=PATIENT, now=now, visit_type="vaccination", dose=dose)


def test_r90_the_second_dose_rests_on_a_first_one_that_was_closed(session: Session, now: datetime) -> None:
    """R90, R91: booked, over, shown in the record: not enough; completed: enough."""
    kid, second_day = child(session), now + timedelta(days=200)
    first = book(session, kid, 1, now + DAY, now)
    assert (first.visit_type, first.dose, first.entry_id, first.referral_id) == ("vaccination", 1, None, None)
    after = now + 2 * DAY
    assert vaccination.assess(session, kid.id, HPV, 2, second_day.date()) == "earlier_dose_missing"
    session.add(
        VaccinationRecord(
            patient_id=kid.id, service=HPV, dose=1, given_on=first.local_date, product="Gardasil 9", provider_id=first.provider_id
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(NotThisDose, match="earlier_dose_not_closed"):
        book(session, kid, 2, second_day, after)
    for _ in range(2):
        assert vaccination.explain(session, kid.id, HPV, 2, second_day.date(), actor=PATIENT, now=after) == "earlier_dose_not_closed"
    assert list(session.scalars(select(Task.kind).where(Task.patient_id == kid.id))) == ["vaccination"]
    attendance.complete(session, first.id, actor=DESK, now=after)
    assert book(session, kid, 2, second_day, after).dose == 2


def test_r89_cancelled_and_booked_again_the_second_dose_stays_in_its_window(session: Session, now: datetime) -> None:
    """R89: the day of the vaccination decides; the first day is inside, the day before it is not."""
    kid = child(session)
    first = book(session, kid, 1, now + DAY, now)
    after = now + 2 * DAY
    attendance.complete(session, first.id, actor=DESK, now=after)
    opens = months_later(first.local_date, 6)
    with pytest.raises(NotThisDose, match="too_early"):
        book(session, kid, 2, warsaw(opens - DAY, 23, 30), after)
    second = book(session, kid, 2, warsaw(opens, 8), after)
    cancellations.cancel(session, second.id, reason="illness", actor=PATIENT, now=after)
    with pytest.raises(NotThisDose, match="too_early"):
        book(session, kid, 2, warsaw(opens - DAY, 8), after)
    assert book(session, kid, 2, warsaw(opens + DAY, 8), after).status == "booked"


def test_r86_the_age_is_that_of_the_day_of_vaccination(session: Session, now: datetime) -> None:
    """R86: eight today, nine on the day of the visit; thirteen today, fourteen then."""
    eight, thirteen = child(session, date(2017, 11, 25)), child(session, date(2012, 11, 25))
    birthday_visit = warsaw(date(2026, 11, 25), 9)
    assert book(session, eight, 1, birthday_visit, now).status == "booked"
    with pytest.raises(NotThisDose, match="too_old"):
        book(session, thirteen, 1, birthday_visit, now)


def test_r87_there_is_no_waiting_room_for_vaccinations(session: Session, now: datetime) -> None:
    """R87: only dates that the clinics publish."""
    kid = child(session)
    with pytest.raises(NoWaitingRoom):
        waiting_room.join(
            session, kid.id, HPV, None, Criteria(date(2026, 11, 19)),
            contact_point_id=build.contact(session, kid).id, actor=PATIENT, now=now,
        )  # fmt: skip
    free = build.slot(session, now + DAY, pool="VACCINATION", service=HPV, state="pending")
    with pytest.raises(NotBookable):
        appointments.book(session, kid.id, free.id, actor=PATIENT, now=now, visit_type="vaccination", dose=1)


@pytest.mark.parametrize("dose", [None, 0, 3])
def test_r91_each_booking_names_its_dose(session: Session, now: datetime, dose: int | None) -> None:
    """R91, R92."""
    kid, free = child(session), build.slot(session, now + DAY, pool="VACCINATION", service=HPV)
    with pytest.raises(NotThisDose, match="no_such_dose"):
        appointments.book(session, kid.id, free.id, actor=PATIENT, now=now, visit_type="vaccination", dose=dose)


def test_r91_both_parents_at_once_one_wins(session: Session, engine: Engine, now: datetime) -> None:
    """R91, X3, X14: eight bookings of the same dose in eight slots at the same moment make one visit."""
    kid = child(session)
    where = build.schedule(session, service=HPV)
    slots = [build.slot(session, now + DAY + timedelta(hours=n), pool="VACCINATION", on=where).id for n in range(8)]
    session.commit()

    def try_one(slot_id: int) -> str:
        def work(one: Session) -> str:
            return appointments.book(one, kid.id, slot_id, actor=PATIENT, now=now, visit_type="vaccination", dose=1).status

        try:
            return in_transaction(engine, work)
        except AlreadyClaimed:
            return "refused"

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(try_one, slots)) == ["booked"] + ["refused"] * 7
    assert len(session.scalars(select(Appointment.id)).all()) == 1


def test_r94_what_a_person_must_decide_is_put_on_the_list_and_a_plain_refusal_is_not(session: Session, now: datetime) -> None:
    """R94, R88: born in 2011 and fourteen already; too young is just too young."""
    kid, small = child(session, date(2017, 6, 1)), child(session, date(2020, 1, 1))
    kid.birth_date = date(2011, 12, 1)
    first = book(session, kid, 1, warsaw(date(2025, 11, 1), 9), warsaw(date(2025, 10, 1)))
    attendance.complete(session, first.id, actor=DESK, now=warsaw(date(2025, 11, 1), 10))
    assert vaccination.explain(session, kid.id, HPV, 2, date(2026, 10, 1), actor=PATIENT, now=now) == "ask_a_person"
    assert vaccination.explain(session, small.id, HPV, 1, date(2026, 12, 1), actor=PATIENT, now=now) == "too_young"
    assert list(session.scalars(select(Task.patient_id).where(Task.kind == "vaccination"))) == [kid.id]
