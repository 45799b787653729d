"""First or continuing: by which visit, which referral, whose word."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import attendance, cancellations, classification
from registry.appointments import Appointment
from registry.classification import Classification
from registry.people import Patient
from registry.referrals import Referral
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import DESK

WEEK = timedelta(days=7)
CARDIO = "CARDIO_FIRST"


def seen(session: Session, now: datetime) -> tuple[Patient, Appointment]:
    """A patient whose first visit took place a week after `now`."""
    patient = build.patient(session)
    visit = build.visit(session, now + WEEK, now=now, of=patient)
    return patient, attendance.complete(session, visit.id, actor=DESK, now=now + WEEK)


def judged(session: Session, patient: Patient, provider_id: int, now: datetime, on: Referral | None = None) -> tuple[str, str]:
    found = classification.classify(session, patient.id, CARDIO, provider_id=provider_id, referral_id=on and on.id, now=now)
    assert (found.source, found.at) == ("centre", now)
    return found.kind, found.reason


def test_r36_first_and_continuing_with_their_reasons(session: Session, now: datetime) -> None:
    """R36: never seen; seen here; seen elsewhere; a new referral begins a new episode, the old one does not."""
    patient, visit = seen(session, now)
    later, elsewhere = now + 2 * WEEK, build.clinic(session).provider_id
    assert judged(session, build.patient(session), visit.provider_id, later) == ("first", "no_earlier_visit")
    assert judged(session, patient, visit.provider_id, later) == ("continuing", "seen_here")
    assert judged(session, patient, elsewhere, later) == ("continuing", "seen_elsewhere")
    new = build.referral(session, patient)
    assert judged(session, patient, visit.provider_id, later, new) == ("continuing", "seen_here")
    new.issued_at = visit.starts_at + WEEK
    session.flush()
    assert judged(session, patient, visit.provider_id, later, new) == ("first", "new_referral")


def test_r36_only_visits_that_took_place_make_a_treatment(session: Session, now: datetime) -> None:
    """R36, R73: booked, cancelled and missed ones do not."""
    patient = build.patient(session)
    visit = build.visit(session, now + WEEK, now=now, of=patient)
    assert judged(session, patient, visit.provider_id, now)[0] == "first"
    attendance.miss(session, visit.id, actor=DESK, now=now + WEEK)
    assert judged(session, patient, visit.provider_id, now + WEEK)[0] == "first"
    other = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, other.id, reason="other", actor=DESK, now=now)
    assert session.scalars(select(Classification.kind)).all() == ["first", "first"]


def test_r36_the_clinics_word_stands_for_the_clinic_and_a_difference_is_looked_at(session: Session, now: datetime) -> None:
    """R36: both words are kept, with their sources; agreement makes no task."""
    patient, visit = seen(session, now)
    later, elsewhere = now + 2 * WEEK, build.clinic(session).provider_id

    def say(kind: classification.Kind, provider_id: int) -> Classification:
        return classification.clinics_word(
            session, patient.id, CARDIO, kind, provider_id=provider_id, referral_id=None, actor=DESK, now=later
        )  # fmt: skip

    say("continuing", visit.provider_id)
    assert session.scalars(select(Task.kind).where(Task.kind == "classification_differs")).all() == []
    word = say("first", elsewhere)
    assert session.scalars(select(Task.kind).where(Task.kind == "classification_differs")).all() == ["classification_differs"]
    judged(session, patient, elsewhere, later)
    counts = classification.in_force(session, patient.id, CARDIO, provider_id=elsewhere, referral_id=None)
    assert counts is not None
    assert (counts.id, counts.kind, counts.source, counts.reason) == (word.id, "first", "clinic", "clinics_word")
    assert set(session.scalars(select(Classification.source))) == {"centre", "clinic"}
    assert classification.in_force(session, build.patient(session).id, CARDIO, provider_id=elsewhere, referral_id=None) is None
