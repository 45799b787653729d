"""A clinic takes back or moves what it announced: in each state of the slot, and never at the patient's cost (X11, X12)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, invariants, offers, withdrawal
from registry.appointments import Appointment, TooLate
from registry.database import transaction
from registry.events import Event
from registry.referrals import Referral
from registry.schedules import NewSlot, Slot
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw
from tests.registry.race import race

HALF = timedelta(minutes=30)
WEEK = timedelta(days=7)
MINUTE = timedelta(minutes=1)


def withdraw(session: Session, *slot_ids: int, now: datetime) -> withdrawal.Withdrawn:
    return withdrawal.withdraw(session, slot_ids, actor=DESK, now=now)


def move(session: Session, slot_id: int, starts_at: datetime, *, now: datetime, minutes: int = 30) -> tuple[Slot, str]:
    old = session.get_one(Slot, slot_id)
    to = NewSlot(old.clinic_slot_id, starts_at, starts_at + timedelta(minutes=minutes), "FIRST_STABLE")
    return withdrawal.move(session, slot_id, to, actor=DESK, now=now)


def entry_of(session: Session, visit: Appointment) -> Entry:
    return session.get_one(Entry, visit.entry_id)


def tasks(session: Session) -> list[str]:
    return sorted(session.scalars(select(Task.kind)))


def holds(session: Session) -> bool:
    """The sentences that withdrawals and moves could break."""
    return set(invariants.broken(session)) <= {"the_waiting_room_is_asked_before_the_public"}  # `build` makes slots free by itself


# --- withdrawal


@pytest.mark.parametrize("state", ["pending", "free", "quarantined"])
def test_x11_an_unsold_slot_is_gone(session: Session, now: datetime, state: str) -> None:
    """X11, R11: nobody is told of it (only of having joined) and nobody gets it any more; again, it changes nothing."""
    slot = build.slot(session, now + WEEK, state=state)
    build.waiting(session, now=now)
    assert withdraw(session, slot.id, now=now).slots == 1
    assert withdraw(session, slot.id, now=now).slots == 0
    assert (slot.state, allocation.place(session, slot.id, now=now).outcome) == ("withdrawn", "not_due")
    assert build.kinds(session) == ["joined_waiting_room"]


def test_x11_d1_a_booked_visit_is_cancelled_by_the_clinic_and_its_patient_waits_where_he_was(session: Session, now: datetime) -> None:
    """X11, D1, R100: told once, nothing counted, the slot given to nobody."""
    visit = build.visit(session, now + WEEK, now=now - WEEK)
    joined = entry_of(session, visit).queue_at
    done = withdraw(session, visit.slot_id, now=now)
    session.refresh(visit)
    entry = entry_of(session, visit)
    assert (done.visits, done.entries) == ((visit.id,), (entry.id,))
    assert (visit.status, visit.cancel_reason, visit.cancelled_at) == ("cancelled", "clinic", now)
    assert (entry.state, entry.queue_at, entry.returns) == ("waiting", joined, 0)
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled_by_clinic"]
    assert session.get_one(Slot, visit.slot_id).state == "withdrawn"
    assert holds(session)


def test_d1_a_hundred_withdrawals_are_never_counted(session: Session, now: datetime) -> None:
    """D1, X11: only the patient's own returns are."""
    who = build.patient(session)
    visit = build.visit(session, now + WEEK, now=now, of=who)
    entry = entry_of(session, visit)
    for number in range(1, 6):
        withdraw(session, visit.slot_id, now=now + MINUTE * number)
        slot = build.slot(session, now + WEEK + HALF * number, state="pending")
        placed = allocation.place(session, slot.id, now=now + MINUTE * number)
        visit = session.get_one(Appointment, placed.appointment_id)
        assert visit.entry_id == entry.id
    session.refresh(entry)
    assert (entry.returns, entry.queue_at) == (0, now)


def test_x11_the_first_of_the_queue_after_a_withdrawal_is_who_lost_the_visit(session: Session, now: datetime) -> None:
    """X11, D3: with his old time he comes before those who joined later."""
    visit = build.visit(session, now + WEEK, now=now - WEEK)
    build.waiting(session, now=now - HALF)
    withdraw(session, visit.slot_id, now=now)
    slot = build.slot(session, now + WEEK + HALF, state="pending")
    placed = allocation.place(session, slot.id, now=now)
    assert session.get_one(Appointment, placed.appointment_id).entry_id == visit.entry_id


def test_x11_an_offer_ends_and_its_patient_keeps_the_place(session: Session, now: datetime) -> None:
    """X11, D5: and is told that the clinic took it back, not that somebody was quicker."""
    entry = build.waiting(session, now=now - WEEK)
    slot = build.slot(session, now + timedelta(hours=60), state="pending")
    placed = allocation.place(session, slot.id, now=now)
    done = withdraw(session, slot.id, now=now)
    offer = session.get_one(Appointment, placed.appointment_id)
    assert (done.offers, offer.status, entry.state, entry.queue_at) == ((offer.id,), "expired", "waiting", now - WEEK)
    assert build.kinds(session, appointment_id=offer.id) == ["offer", "offer_withdrawn"]
    with pytest.raises(TooLate):
        offers.accept(session, offer.id, actor=PATIENT, now=now)
    assert holds(session)


def test_x11_d6_a_visit_being_cancelled_is_let_go_as_the_patients_own(session: Session, now: datetime) -> None:
    """X11, D6, D1: the patient had cancelled; the clinic's withdrawal only ends the time to take it back."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=timedelta(minutes=5))
    withdraw(session, visit.slot_id, now=now + MINUTE)
    assert (visit.status, visit.cancel_reason, entry_of(session, visit).returns) == ("cancelled", "sms", 1)
    assert build.kinds(session, appointment_id=visit.id) == ["booked", "cancelled"]
    assert holds(session)


def test_r75_x11_a_control_visit_is_the_clinics_to_arrange_anew(session: Session, now: datetime) -> None:
    """R75, X11: also a screening visit: no queue, and the notice says what to do."""
    control = build.control_visit(session, now + WEEK, now=now)
    exam = build.visit(session, now + WEEK, now=now, service="MAMMO")
    assert withdraw(session, control.slot_id, exam.slot_id, now=now).entries == ()
    assert build.kinds(session, appointment_id=control.id)[-1] == "cancelled_by_clinic_control"
    assert build.kinds(session, appointment_id=exam.id)[-1] == "cancelled_by_clinic_no_waiting_room"


def test_r56_x5_who_lost_the_right_to_wait_is_told(session: Session, now: datetime) -> None:
    """R56, X5: the referral ran out while the visit was booked."""
    visit = build.visit(session, now + WEEK, now=now)
    session.execute(update(Referral).values(valid_until=date(2026, 11, 17)))
    assert withdraw(session, visit.slot_id, now=now).entries == ()
    entry = entry_of(session, visit)
    session.refresh(entry)
    assert (entry.state, entry.closed_because, entry.closed_at) == ("closed", "referral_ended", now)
    assert build.kinds(session, appointment_id=visit.id)[1:] == ["cancelled_by_clinic", "waiting_room_referral_ended"]


def test_r67_a_visit_that_has_begun_is_left_alone(session: Session, now: datetime) -> None:
    """R67."""
    visit = build.visit(session, now + WEEK, now=now)
    assert withdraw(session, visit.slot_id, now=now + WEEK).slots == 0
    assert (visit.status, session.get_one(Slot, visit.slot_id).state) == ("booked", "taken")


def test_r54_who_cannot_be_told_is_a_task(session: Session, now: datetime) -> None:
    """R54."""
    visit = build.visit(session, now + WEEK, now=now)
    build.mark_address(session, build.messages(session)[0].address, "invalid")
    withdraw(session, visit.slot_id, now=now)
    assert tasks(session) == ["unreachable"]


def test_r63_r114_every_withdrawal_is_an_event(session: Session, now: datetime) -> None:
    """R63, R114: for the slot, for the visit and for the place in the queue."""
    visit = build.visit(session, now + WEEK, now=now)
    withdraw(session, visit.slot_id, now=now)
    told = session.execute(select(Event.kind, Event.slot_id, Event.appointment_id, Event.entry_id).order_by(Event.id)).all()[-3:]
    assert [tuple(one) for one in told] == [
        ("slot.withdrawn", visit.slot_id, None, None),
        ("visit.cancelled", visit.slot_id, visit.id, visit.entry_id),
        ("entry.returned", None, None, visit.entry_id),
    ]


def test_x14_withdrawal_against_the_patients_own_cancellation(engine: Engine, now: datetime) -> None:
    """X14: one of them cancels; the other finds nothing left to do. Either way the slot is gone and one notice is written."""
    with transaction(engine) as session:
        visits = [(one.id, one.slot_id) for one in (build.visit(session, now + WEEK + HALF * n, now=now) for n in range(6))]
    slots = [slot_id for _, slot_id in visits]
    for visit_id, _ in visits:
        race(engine, [
            lambda session, one=visit_id: cancellations.cancel(session, one, reason="illness", actor=PATIENT, now=now),
            lambda session: withdrawal.withdraw(session, slots, actor=DESK, now=now),
        ])  # fmt: skip
    with transaction(engine) as session:
        assert set(session.scalars(select(Appointment.status))) == {"cancelled"}
        assert set(session.scalars(select(Slot.state))) == {"withdrawn"}
        assert len(build.messages(session)) == 12


def test_x14_withdrawal_against_booking(engine: Engine, now: datetime) -> None:
    """X14, R10: whoever is second, nobody holds a visit in a slot that is gone."""
    with transaction(engine) as session:
        slots = [build.slot(session, now + WEEK + HALF * number).id for number in range(8)]
        patients = [build.patient(session) for _ in slots]
        rights = [(who.id, build.referral(session, who).id) for who in patients]
    for slot_id, (who, right) in zip(slots, rights, strict=True):
        race(engine, [
            lambda session, s=slot_id, w=who, r=right: appointments.book(session, w, s, actor=PATIENT, now=now, referral_id=r),
            lambda session, s=slot_id: withdrawal.withdraw(session, [s], actor=DESK, now=now),
        ])  # fmt: skip
    with transaction(engine) as session:
        assert set(session.scalars(select(Slot.state))) == {"withdrawn"}
        assert "booked" not in set(session.scalars(select(Appointment.status)))
        assert holds(session)


# --- moving


@pytest.mark.parametrize(
    ("by", "what"), [(30, "told"), (-30, "told"), (1, "told"), (31, "asked"), (-31, "asked"), (60 * 24, "asked")]
)
def test_x12_up_to_half_an_hour_is_told_and_more_is_asked(session: Session, now: datetime, by: int, what: str) -> None:
    """X12: the border itself included."""
    visit = build.visit(session, now + WEEK, now=now)
    assert move(session, visit.slot_id, now + WEEK + MINUTE * by, now=now)[1] == what
    assert holds(session)


def test_x12_another_day_is_never_only_told(session: Session) -> None:
    """X12: ten minutes across midnight."""
    now = datetime(2026, 11, 18, 10, tzinfo=UTC)
    start = warsaw(date(2026, 11, 25), 23, 55)
    visit = build.visit(session, start, now=now)
    assert move(session, visit.slot_id, start + 10 * MINUTE, now=now)[1] == "asked"


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_x12_x17_half_an_hour_is_real_time_when_the_clock_changes(session: Session, day: date) -> None:
    """X12, X17: from 01:45 by half an hour, whatever the clock on the wall shows then."""
    start = warsaw(day, 1, 45)
    now = start - WEEK
    visit = build.visit(session, start, now=now)
    assert move(session, visit.slot_id, start + HALF, now=now)[1] == "told"
    assert visit.starts_at == start + HALF


def test_x12_r105_a_small_move_keeps_the_visit_and_tells_old_and_new(session: Session, now: datetime) -> None:
    """X12, R105, R101: a reminder of the old time would no longer be true."""
    visit = build.visit(session, now + WEEK, now=now)
    old, version = visit.slot_id, visit.version
    new, _ = move(session, visit.slot_id, now + WEEK + HALF, now=now)
    assert (visit.status, visit.slot_id, visit.starts_at, visit.version) == ("booked", new.id, now + WEEK + HALF, version + 1)
    assert (session.get_one(Slot, old).state, new.state) == ("withdrawn", "taken")
    (message,) = build.messages(session, kind="changed")
    assert datetime.fromisoformat(message.facts["moved_from"]) == now + WEEK
    assert entry_of(session, visit).state == "booked"
    assert tasks(session) == []


def test_r105_a_change_within_a_day_is_also_a_call(session: Session, now: datetime) -> None:
    """R105: the border is 24 hours before the nearer of both times."""
    visit = build.visit(session, now + timedelta(hours=24, minutes=10), now=now)
    move(session, visit.slot_id, now + timedelta(hours=23, minutes=59), now=now)
    assert tasks(session) == ["call_patient"]


def test_x12_another_end_is_nothing_that_the_patient_was_told(session: Session, now: datetime) -> None:
    """X12, R100."""
    visit = build.visit(session, now + WEEK, now=now)
    appointments.confirm(session, visit.id, actor=PATIENT, now=now)
    move(session, visit.slot_id, now + WEEK, now=now, minutes=45)
    assert (visit.ends_at, visit.confirmed_at, build.kinds(session)) == (now + WEEK + 45 * MINUTE, now, ["booked"])
    assert holds(session)


def test_x12_x4_a_move_into_another_visit_of_the_patient_is_a_task(session: Session, now: datetime) -> None:
    """X4."""
    visit = build.visit(session, now + WEEK, now=now)
    who = session.get_one(build.Patient, visit.patient_id)
    build.visit(session, now + WEEK + HALF, now=now, of=who, service="MAMMO")
    move(session, visit.slot_id, now + WEEK + 15 * MINUTE, now=now)
    assert (visit.status, tasks(session)) == ("booked", ["time_conflict"])


def test_x12_a_large_move_asks_the_patient_first_of_all(session: Session, now: datetime) -> None:
    """X12, D5: the visit is cancelled, the new time is held for its patient until the offer ends."""
    visit = build.visit(session, now + WEEK, now=now)
    entry = entry_of(session, visit)
    build.waiting(session, urgent=True, now=now - WEEK)
    new, _ = move(session, visit.slot_id, now + 2 * WEEK, now=now)
    offer = session.scalars(select(Appointment).where(Appointment.slot_id == new.id)).one()
    session.refresh(visit)
    session.refresh(entry)
    assert (visit.status, visit.cancel_reason, offer.status, offer.patient_id) == ("cancelled", "clinic", "proposed", visit.patient_id)
    assert (entry.state, entry.returns, offer.expires_at) == ("offered", 0, now + timedelta(hours=4))
    assert build.kinds(session)[-2:] == ["cancelled_by_clinic", "offer"]
    offers.accept(session, offer.id, actor=PATIENT, now=now)
    assert (offer.status, entry.state) == ("booked", "booked")


@pytest.mark.parametrize(
    "why", ["too_near", "beyond_day_40", "referral_ended", "other_visit_then"]
)
def test_x12_where_nobody_can_be_asked_it_is_a_withdrawal(session: Session, now: datetime, why: str) -> None:
    """X12, R31, R62, X4: the new time goes to the waiting room like any other."""
    visit = build.visit(session, now + WEEK, now=now)
    who = session.get_one(build.Patient, visit.patient_id)
    to = {"too_near": now + timedelta(hours=47), "beyond_day_40": now + timedelta(days=41)}.get(why, now + 2 * WEEK)
    if why == "referral_ended":
        session.execute(update(Referral).values(state="cancelled"))
    if why == "other_visit_then":
        build.visit(session, to, now=now, of=who, service="MAMMO")
    new, what = move(session, visit.slot_id, to, now=now)
    session.refresh(visit)
    assert (what, visit.status, new.state) == ("cancelled", "cancelled", "pending")
    assert holds(session)


def test_x12_a_control_visit_is_cancelled_not_offered(session: Session, now: datetime) -> None:
    """X12, R75."""
    visit = build.control_visit(session, now + WEEK, now=now)
    to = NewSlot("C", now + 2 * WEEK, now + 2 * WEEK + HALF, "CONTROL")
    _, what = withdrawal.move(session, visit.slot_id, to, actor=DESK, now=now)
    assert (what, build.kinds(session)[-1]) == ("cancelled", "cancelled_by_clinic_control")


@pytest.mark.parametrize("state", ["pending", "free", "quarantined"])
def test_x12_an_unsold_slot_moves_to_the_waiting_rooms_turn(session: Session, now: datetime, state: str) -> None:
    """X12, R52: what was kept back stays so until it is judged anew."""
    slot = build.slot(session, now + WEEK, state=state)
    new, what = move(session, slot.id, now + 2 * WEEK, now=now)
    assert (what, slot.state, new.state) == ("moved", "withdrawn", "quarantined" if state == "quarantined" else "pending")
    assert (new.clinic_slot_id, new.seat) == (slot.clinic_slot_id, slot.seat + 1)


def test_x12_r67_a_visit_that_has_begun_is_not_moved(session: Session, now: datetime) -> None:
    """R67."""
    visit = build.visit(session, now + WEEK, now=now)
    with pytest.raises(TooLate):
        move(session, visit.slot_id, now + 2 * WEEK, now=now + WEEK)
