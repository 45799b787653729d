"""Who did it and through which channel (R9): every path that books, confirms, cancels or gives away has the right name on record."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from registry import (
    absence,
    allocation,
    appointments,
    attendance,
    cancellations,
    freeze,
    intake,
    lifecycle,
    moves,
    offers,
    people,
    published,
    thaw,
    waiting_room,
    withdrawal,
)
from registry.absence import Absence
from registry.appointments import Appointment
from registry.database import transaction
from registry.events import SYSTEM, Actor, Event
from registry.schedules import Provider, Slot
from registry.waiting_room import Criteria
from tests.dialogs.exchange import Exchange
from tests.registry import build
from tests.registry.test_intake import person, row, take

WEEK, OFFERED = timedelta(days=7), timedelta(hours=60)
CLINIC = Actor("registrar", "api", "KS-Somed")
OPERATOR = Actor("operator", "console", "A. Operator")
BY_MAIL = Actor("contact_person", "email")
SYSTEMS = ("system", "worker", None)
Who = tuple[str, str, str | None]


def who(actor: Actor) -> Who:
    return actor.kind, actor.channel, actor.name


def recorded(session: Session, after: int = 0) -> dict[str, Who]:
    """By kind of event, the last one's actor."""
    rows = session.execute(select(Event.kind, Event.actor, Event.channel, Event.actor_name).where(Event.id > after).order_by(Event.id))
    return {row.kind: (row.actor, row.channel, row.actor_name) for row in rows}


def last_event(session: Session) -> int:
    return session.scalar(select(Event.id).order_by(Event.id.desc()).limit(1)) or 0


@pytest.mark.parametrize("actor", [build.PATIENT, CLINIC, OPERATOR, BY_MAIL])
def test_r9_whoever_acts_on_a_visit_is_named_with_the_channel(session: Session, now: datetime, actor: Actor) -> None:
    """R9: confirming, moving, cancelling and what follows from it, taking it back, and accepting or declining an offer."""
    visit, other = build.visit(session, now + WEEK, now=now), build.slot(session, now + 2 * WEEK)
    before = last_event(session)
    appointments.confirm(session, visit.id, actor=actor, now=now)
    moves.change(session, visit.id, other.id, actor=actor, now=now)
    cancellations.cancel(session, visit.id, reason="illness", actor=actor, now=now, hold_for=timedelta(minutes=5))
    cancellations.undo(session, visit.id, actor=actor, now=now)
    cancellations.cancel(session, visit.id, reason="illness", actor=actor, now=now)
    entry = build.waiting(session, now=now)
    for act in (offers.decline, offers.accept):
        slot = build.slot(session, now + OFFERED, state="pending", where=build.clinic(session))
        placed = allocation.place(session, slot.id, now=now)
        act(session, placed.appointment_id, actor=actor, now=now)  # type: ignore[arg-type]  # placed
    told = recorded(session, before)
    own = (
        "visit.confirmed", "visit.changed", "visit.cancelled", "visit.restored", "slot.freed", "entry.returned", "offer.declined",
        "offer.accepted",
    )  # fmt: skip
    assert {kind: told[kind] for kind in own} == dict.fromkeys(own, who(actor))
    assert (told["offer.made"], entry.state) == (SYSTEMS, "booked")


@pytest.mark.parametrize("actor", [build.PATIENT, CLINIC, OPERATOR])
def test_r9_whoever_books_is_named_and_the_visit_knows_its_origin(session: Session, now: datetime, actor: Actor) -> None:
    """R9, R10."""
    someone = build.patient(session)
    right, slot = build.referral(session, someone), build.slot(session, now + WEEK)
    visit = appointments.book(session, someone.id, slot.id, actor=actor, now=now, referral_id=right.id)
    assert (recorded(session)["visit.booked"], visit.origin) == (who(actor), actor.kind)


@pytest.mark.parametrize("actor", [build.PATIENT, OPERATOR])
def test_r9_whoever_waits_edits_or_leaves_is_named(session: Session, now: datetime, actor: Actor) -> None:
    """R9, R49, R55."""
    entry = build.waiting(session, now=now)
    waiting_room.edit_criteria(session, entry.id, Criteria(date(2026, 1, 1)), actor=actor, now=now)
    waiting_room.leave(session, entry.id, actor=actor, now=now)
    told = recorded(session)
    assert (told["entry.joined"], told["entry.edited"], told["entry.closed"]) == (who(build.DESK), who(actor), who(actor))


def _freed(session: Session, engine: Engine, now: datetime) -> None:
    build.waiting(session, now=now)
    build.slot(session, now + WEEK, state="pending")
    session.commit()
    allocation.place_due(engine, now=now)


def _published(session: Session, engine: Engine, now: datetime) -> None:
    build.slot(session, now + WEEK)
    build.waiting(session, now=now)
    session.commit()
    published.give_due(engine, now=now)


@pytest.mark.parametrize("given", [_freed, _published])
def test_r9_what_the_waiting_room_gives_is_the_systems(
    session: Session, engine: Engine, now: datetime, given: Callable[[Session, Engine, datetime], None]
) -> None:  # fmt: skip
    """R9, R47: nobody's name stands under an automatic visit."""
    given(session, engine, now)
    session.expire_all()
    assert recorded(session)["visit.assigned"] == SYSTEMS
    assert session.scalars(select(Appointment.origin)).all() == ["waiting_room"]


def test_r9_time_alone_is_the_system_and_the_canceller_keeps_his_name(session: Session, engine: Engine, now: datetime) -> None:
    """R9, D6: the end of a hold and of an offer are the system's, the cancellation before it is the patient's."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=build.PATIENT, now=now, hold_for=timedelta(minutes=5))
    session.commit()
    allocation.release_due(engine, now=now + timedelta(minutes=6))
    session.expire_all()
    told = recorded(session)
    assert (told["visit.cancelled"], told["slot.freed"]) == (who(build.PATIENT), SYSTEMS)


def test_r9_a_clinics_withdrawal_and_absence_are_the_clinics(session: Session, engine: Engine, now: datetime) -> None:
    """R9, X11, R122: for each visit, by the name of the clinic's system."""
    visit = build.visit(session, now + WEEK, now=now)
    withdrawal.withdraw(session, [visit.slot_id], actor=CLINIC, now=now)
    assert {recorded(session)[kind] for kind in ("visit.cancelled", "slot.withdrawn", "entry.returned")} == {who(CLINIC)}
    away = build.visit(session, now + WEEK, now=now)
    begins = now + WEEK - timedelta(hours=1)
    session.commit()
    before = last_event(session)
    absence.apply(engine, Absence(away.provider_id, "dr Nowak", begins, begins + WEEK), actor=CLINIC, now=now)
    session.expire_all()
    assert recorded(session, before)["visit.cancelled"] == who(CLINIC)


@pytest.mark.parametrize("second", [CLINIC, OPERATOR])
def test_r9_what_was_kept_on_a_freeze_day_is_carried_out_in_the_name_of_who_said_it(
    session: Session, engine: Engine, now: datetime, second: Actor
) -> None:  # fmt: skip
    """R9, R119: a clinic's withdrawal and a patient's cancellation, the day after, are theirs and not the worker's."""
    on = build.schedule(session)
    take(session, on, row(now + WEEK, name="A", booked=(person(1),)), row(now + 2 * WEEK, name="B", booked=(person(2),)), now=now)
    provider = session.scalars(select(Provider.id).join(build.Place, build.Place.provider_id == Provider.id).limit(1)).one()
    freeze.freeze(session, provider, date(2026, 11, 18), actor=build.DESK, now=now)
    intake.take_in(session, on.id, [row(now + WEEK, 2, name="A", withdrawn=True)], actor=CLINIC, now=now)
    intake.take_in(session, on.id, [row(now + 3 * WEEK, 1, name="C")], actor=second, now=now)
    visit = session.scalars(select(Appointment.id).join(Slot, Slot.id == Appointment.slot_id).where(Slot.clinic_slot_id == "B")).one()
    cancellations.cancel(session, visit, reason="sms", actor=build.PATIENT, now=now)
    session.commit()
    before = last_event(session)
    thaw.thaw(engine, now=now + timedelta(days=1))
    session.expire_all()
    rows = session.execute(
        text("SELECT facts ->> 'reason' AS why, actor, channel, actor_name FROM events WHERE kind = 'visit.cancelled' AND id > :id"),
        {"id": before},
    )
    assert {row.why: (row.actor, row.channel, row.actor_name) for row in rows} == {"clinic": who(CLINIC), "sms": who(build.PATIENT)}
    assert recorded(session, before)["schedule.announced"] == who(second)


def test_r9_an_announcement_that_was_kept_before_names_were_noted_is_the_systems(session: Session, engine: Engine, now: datetime) -> None:
    """R9, R119: rows of an older version are taken in all the same."""
    on = build.schedule(session)
    provider = session.get_one(build.Place, on.place_id).provider_id
    freeze.freeze(session, provider, date(2026, 11, 18), actor=build.DESK, now=now)
    intake.take_in(session, on.id, [row(now + WEEK)], actor=CLINIC, now=now)
    session.execute(text("UPDATE kept_announcements SET said = said - 'by'"))
    session.commit()
    thaw.thaw(engine, now=now + timedelta(days=1))
    session.expire_all()
    assert recorded(session)["schedule.announced"] == SYSTEMS


def test_r9_attendance_and_the_end_of_a_referral(session: Session, now: datetime) -> None:
    """R9, R73, X5: the clinic says who came; the issuer's word ends a visit in the issuer's name."""
    came, lost = build.visit(session, now + WEEK, now=now), build.visit(session, now + WEEK, now=now)
    issuer = Actor("system", "api", "P1")
    lifecycle.end_referral(session, lost.referral_id, "cancelled", actor=issuer, now=now)  # type: ignore[arg-type]  # a first visit
    attendance.miss(session, came.id, actor=CLINIC, now=now + WEEK + timedelta(hours=1))
    told = recorded(session)
    assert (told["visit.cancelled"], told["visit.noshow"]) == (who(issuer), who(CLINIC))
    assert who(SYSTEM) == SYSTEMS


# --- by message: who answers at a contact person's number


@pytest.mark.parametrize("by_contact", [False, True])
@pytest.mark.parametrize(
    ("written", "kind"),
    [("ODWOŁUJĘ wizytę", "visit.cancelled"), ("TAK, będę", "visit.confirmed"), ("wypisz z poczekalni", "entry.closed"),
     ("nie piszcie do mnie więcej", "contact.changed")],
)  # fmt: skip
def test_r9_x9_who_answers_for_the_patient_is_on_record_as_such(
    engine: Engine, now: datetime, written: str, kind: str, *, by_contact: bool
) -> None:  # fmt: skip
    """R9, X9, R96: a relative at his own number is a contact person in every act, the patient at his own is the patient."""
    number = "+48601700900"
    with transaction(engine) as session:
        someone = build.without_contact(session)
        near = people.add_contact_person(session, someone.id, name="Anna", relationship="córka") if by_contact else None
        people.add_contact(session, someone.id, number, now=build.LONG_AGO, person=near)
        if kind == "entry.closed":
            build.waiting(session, someone, now=now - WEEK)
        else:
            build.visit(session, now + WEEK, now=now - WEEK, of=someone)
    talk = Exchange(engine, number, now)
    talk.write(written)
    with transaction(engine) as session:
        expected = "contact_person" if by_contact else "patient"
        assert recorded(session)[kind] == (expected, "sms", None)
