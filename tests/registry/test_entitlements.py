"""Out of turn: who says so, until when, what it changes, and who sold a privileged slot without it."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, entitlements, out_of_turn
from registry.appointments import NotBookable
from registry.entitlements import Entitlement
from registry.events import Actor
from registry.out_of_turn import OnlyAtTheClinic
from registry.schedules import Place, Slot
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK, DAY = timedelta(days=7), timedelta(days=1)
CLINIC = Actor("registrar", "api", "P1")


def grant(session: Session, patient_id: int, now: datetime, valid_until: date | None = None) -> Entitlement:
    provider_id = build.clinic(session).provider_id
    return out_of_turn.grant(
        session, patient_id, "blood_donor", provider_id=provider_id, actor=CLINIC, now=now, valid_until=valid_until
    )  # fmt: skip


def queue(session: Session) -> list[int]:
    return list(session.scalars(select(Entry.id).where(Entry.state == "waiting").order_by(Entry.rank, Entry.queue_at, Entry.id)))


def test_r76_a_verified_right_moves_the_place_to_its_class(session: Session, now: datetime) -> None:
    """R76, R53, D3: before the urgent ones, with the same joining time; revoked, back to where it was."""
    urgent, stable = build.waiting(session, now=now - DAY, urgent=True), build.waiting(session, now=now)
    right = grant(session, stable.patient_id, now + DAY)
    assert queue(session) == [stable.id, urgent.id]
    assert (stable.privileged, stable.queue_at) == (True, now)
    for _ in range(2):
        out_of_turn.revoke(session, right.id, actor=CLINIC, now=now + 2 * DAY)
    assert right.revoked_at == now + 2 * DAY
    assert queue(session) == [urgent.id, stable.id]
    assert not stable.privileged


def test_r76_two_rights_one_revoked_leaves_the_other(session: Session, now: datetime) -> None:
    """R76."""
    entry = build.waiting(session, now=now)
    first, _ = grant(session, entry.patient_id, now), grant(session, entry.patient_id, now)
    out_of_turn.revoke(session, first.id, actor=CLINIC, now=now)
    assert session.get_one(Entry, entry.id).privileged


def test_r76_a_right_holds_through_its_last_warsaw_day(session: Session, now: datetime) -> None:
    """R76, X17: at midnight it is over, and `lapse` moves the place back, once."""
    entry = build.waiting(session, now=now)
    grant(session, entry.patient_id, now, valid_until=date(2026, 11, 20))
    last = warsaw(date(2026, 11, 20), 23, 59, 59)
    assert entitlements.holds(session, entry.patient_id, now=last)
    assert out_of_turn.lapse(session, now=last) == 0
    assert [out_of_turn.lapse(session, now=last + timedelta(seconds=1)) for _ in range(2)] == [1, 0]
    assert not session.get_one(Entry, entry.id).privileged


def test_r76_who_joins_with_a_right_on_record_waits_in_its_class(session: Session, now: datetime) -> None:
    """R76, D2: and takes a freed privileged slot."""
    patient, urgent = build.patient(session), build.waiting(session, now=now, urgent=True)
    grant(session, patient.id, now)
    entry = build.waiting(session, patient, now=now + DAY)
    assert queue(session) == [entry.id, urgent.id]
    freed = build.slot(session, now + WEEK, pool="FIRST_PRIVILEGED", state="pending")
    assert allocation.place(session, freed.id, now=now + DAY).outcome == "assigned"


def test_r77_a_patient_cannot_grant_himself_a_right(session: Session, now: datetime) -> None:
    """R76, R77: the clinic verifies; by himself he is sent there, also when he wants a privileged slot."""
    patient = build.patient(session)
    place = build.clinic(session)
    with pytest.raises(OnlyAtTheClinic):
        out_of_turn.grant(session, patient.id, "blood_donor", provider_id=place.provider_id, actor=PATIENT, now=now)
    grant(session, patient.id, now)
    free = build.slot(session, now + WEEK, pool="FIRST_PRIVILEGED")
    right = build.referral(session, patient)
    with pytest.raises(NotBookable):
        appointments.book(session, patient.id, free.id, actor=PATIENT, now=now, referral_id=right.id)
    assert appointments.book(session, patient.id, free.id, actor=DESK, now=now, referral_id=right.id).status == "booked"


def test_r77_where_the_central_verdict_differs_a_person_looks(session: Session, now: datetime) -> None:
    """R77: both verdicts stand; the same one makes no task."""
    agreed, doubted = (grant(session, build.patient(session).id, now) for _ in range(2))
    out_of_turn.central_verdict(session, agreed.id, agrees=True, now=now)
    for _ in range(2):
        out_of_turn.central_verdict(session, doubted.id, agrees=False, now=now)
    assert list(session.scalars(select(Task.patient_id).where(Task.kind == "entitlement_differs"))) == [doubted.patient_id]
    assert entitlements.holds(session, doubted.patient_id, now=now)


@pytest.mark.parametrize("case", ["none", "in force", "expired", "revoked before", "revoked after", "granted after"])
def test_r76_a_privileged_slot_sold_without_a_right_is_reported(session: Session, now: datetime, case: str) -> None:
    """R76: judged as of the booking."""
    patient = build.patient(session)
    if case in ("in force", "expired", "revoked before", "revoked after"):
        right = grant(session, patient.id, now - 3 * DAY, valid_until=date(2026, 11, 17 if case == "expired" else 18))
        if case == "revoked before":
            out_of_turn.revoke(session, right.id, actor=CLINIC, now=now - DAY)
    visit = build.visit(session, now + WEEK, now=now, of=patient, pool="FIRST_PRIVILEGED")
    if case == "granted after":
        grant(session, patient.id, now + timedelta(seconds=1))
    if case == "revoked after":
        out_of_turn.revoke(session, right.id, actor=CLINIC, now=now + DAY)
    build.visit(session, now + WEEK, now=now)
    found = entitlements.violations(session, since=now - DAY, until=now + DAY)
    wrong = case in ("none", "expired", "revoked before", "granted after")
    assert [one.appointment_id for one in found] == ([visit.id] if wrong else [])
    assert entitlements.violations(session, since=now + timedelta(seconds=1), until=now + DAY) == []


def test_r75_d17_a_freed_control_slot_goes_back_to_the_clinic(session: Session, now: datetime) -> None:
    """R75, D17, R68: cancelled by the patient, no waiting-room effect, never seen by those who wait, the clinic may sell it again."""
    waiting = build.waiting(session, now=now, urgent=True)
    visit = build.control_visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    slot = session.get_one(Slot, visit.slot_id)
    assert (slot.state, visit.entry_id) == ("free", None)
    assert allocation.place(session, slot.id, now=now).outcome == "not_due"
    session.refresh(waiting)
    assert waiting.state == "waiting"
    patient = build.patient(session)
    with pytest.raises(NotBookable):
        appointments.book(session, patient.id, slot.id, actor=PATIENT, now=now, visit_type="control")
    assert appointments.book(session, patient.id, slot.id, actor=DESK, now=now, visit_type="control").status == "booked"
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled_control"]
    assert session.get_one(Place, slot.place_id).provider_id == visit.provider_id
