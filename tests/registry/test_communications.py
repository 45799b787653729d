"""Notices and answers: written with the change that caused them, once, to the right address."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import appointments, cancellations, communications, notices, people
from registry.communications import Conversation, Received
from registry.events import Actor
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import PATIENT

WEEK = timedelta(days=7)


def test_x29_a_notice_is_written_once_for_a_visit_version(session: Session, now: datetime) -> None:
    """X29: told again, nothing is written and nothing is a task."""
    visit = build.visit(session, now + WEEK, now=now)
    assert notices.notify(session, "booked", visit.id, actor=PATIENT, now=now) is None
    assert build.kinds(session) == ["booked"]
    assert session.scalars(select(Task.id)).all() == []


def test_r39_the_notice_goes_to_the_visits_own_address(session: Session, now: datetime) -> None:
    """R39, D13: while it is usable; afterwards to the patient's next one."""
    first, second = build.mobile(), build.mobile()
    person = build.patient(session, first, second)
    points = session.scalars(select(people.ContactPoint).order_by(people.ContactPoint.rank)).all()
    slot, right = build.slot(session, now + WEEK), build.referral(session, person)
    visit = appointments.book(session, person.id, slot.id, actor=PATIENT, now=now, referral_id=right.id, contact_point_id=points[1].id)
    build.mark_address(session, second, "invalid")
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    assert [(one.kind, one.address) for one in build.messages(session)] == [("booked", second), ("cancelled", first)]


def test_r54_nobody_reachable_is_a_task_once(session: Session, now: datetime) -> None:
    """R54: for a person; the same visit version again changes nothing."""
    visit = build.visit(session, now + WEEK, now=now)
    build.mark_address(session, build.messages(session)[0].address, "invalid")
    cancellations.cancel(session, visit.id, reason="clinic", actor=build.DESK, now=now)
    notices.notify(session, "cancelled_by_clinic", visit.id, actor=build.DESK, now=now)
    tasks = session.scalars(select(Task)).all()
    assert [(one.kind, one.appointment_id, one.patient_id) for one in tasks] == [("unreachable", visit.id, visit.patient_id)]


def test_x6_the_dead_are_not_written_to_and_are_no_task(session: Session, now: datetime) -> None:
    """X6."""
    visit = build.visit(session, now + WEEK, now=now)
    session.get_one(people.Patient, visit.patient_id).died_at = now
    session.flush()
    cancellations.cancel(session, visit.id, reason="death", actor=build.DESK, now=now)
    assert build.kinds(session) == ["booked"]
    assert session.scalars(select(Task.id)).all() == []


def test_r102_a_notice_answers_only_who_wrote(session: Session, now: datetime) -> None:
    """R102, D10: to the writer's own address it is an answer, which goes out at any hour; to another address it is not."""
    person = build.patient(session, build.mobile(), build.mobile())
    visit = build.visit(session, now + WEEK, now=now, of=person)
    (told,) = build.messages(session)
    written = communications.receive(session, Received("sms", told.address, "SM1", "odwołuję", {}), now=now)
    other = Actor("patient", "sms", address="+48601999999", message_id=written)
    own = Actor("patient", "sms", address=told.address, message_id=written)
    cancellations.cancel(session, visit.id, reason="sms", actor=other, now=now, hold_for=timedelta(minutes=5))
    cancellations.undo(session, visit.id, actor=own, now=now)
    assert [(one.kind, one.in_reply_to) for one in build.messages(session, direction="out")] == [
        ("booked", None), ("cancelled", None), ("undone", written),
    ]  # fmt: skip


def test_r102_a_message_brought_again_is_one(session: Session, now: datetime) -> None:
    """R102: by the carrier's id, for ever."""
    message = Received("sms", build.mobile(), "SM1", "tak", {})
    assert communications.receive(session, message, now=now) is not None
    assert communications.receive(session, message, now=now + timedelta(days=400)) is None


def test_r102_the_last_message_seen_is_what_an_answer_is_about(session: Session, now: datetime) -> None:
    """R102: only what may have reached the patient, and only what asks or tells of a visit."""
    visit = build.visit(session, now + WEEK, now=now)
    (told,) = build.messages(session)
    assert communications.last_seen(session, "sms", told.address) is None
    told.state = "accepted"
    session.flush()
    seen = communications.last_seen(session, "sms", told.address)
    assert seen is not None
    assert (seen.id, seen.appointment_id) == (told.id, visit.id)
    assert communications.last_seen(session, "voice", told.address) is None


def test_x33_a_conversation_is_touched_by_what_is_said_in_it(session: Session, now: datetime) -> None:
    """X33: one for a channel and address, newest first by its last word."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now + timedelta(hours=1))
    (conversation,) = session.scalars(select(Conversation)).all()
    assert (conversation.last_at, conversation.patient_id) == (now + timedelta(hours=1), visit.patient_id)
