"""Everything that can happen in a `Life`, as steps that draw what they need from dice. Refusals are part of life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from registry import (
    absence,
    addresses,
    appointments,
    attendance,
    cancellations,
    communications,
    intake,
    lifecycle,
    moves,
    offers,
    out_of_turn,
    outbox,
    receipts,
    reminders,
    waiting_room,
    withdrawal,
)
from registry.absence import Absence
from registry.announcements import Announced, Heard
from registry.appointments import Appointment
from registry.catalogue import POLICY
from registry.communications import Received
from registry.entitlements import Entitlement
from registry.people import ContactPoint
from registry.referrals import Referral
from registry.schedules import NewSlot, Place, Slot
from registry.waiting_room import Criteria, Entry
from tests.registry import build
from tests.registry.build import DESK, PATIENT
from tests.registry.life import ACTIVE, Life, lead, pool, wishes

Step = Callable[[Life, Random], None]
NOTHING = timedelta(0)


def publish(life: Life, dice: Random) -> None:
    """A clinic has new slots."""
    for _ in range(dice.randint(1, 3)):
        life.announce(dice, lead(dice), pool(dice), dice.choice((15, 30, 90)))


def publish_and_work(life: Life, dice: Random) -> None:
    """A slot for the stable comes in and is placed."""
    life.announce(dice, lead(dice), "FIRST_STABLE", 30)
    life.place()


def announce(life: Life, dice: Random) -> None:
    """A clinic says how one slot is now: new, moved, relabelled, larger, smaller or gone (R15, R24, R25)."""
    schedule = dice.choice(life.schedules)
    known = life.pick(dice, Heard, Heard.schedule_id == schedule.id) if dice.random() < 0.6 else None
    seat = known and life.pick(dice, Slot, Slot.schedule_id == schedule.id, Slot.clinic_slot_id == known.clinic_slot_id)
    starts = seat.starts_at if seat is not None and dice.random() < 0.5 else life.now + lead(dice)
    said = Announced(
        known.clinic_slot_id if known else f"A{dice.randint(1, 10**9)}", known.version + dice.randint(0, 1) if known else 1,
        starts + timedelta(minutes=dice.choice((0, 0, 15))), starts + timedelta(minutes=45), pool(dice), dice.choice((1, 1, 2)),
        withdrawn=dice.random() < 0.15,
    )  # fmt: skip
    with life.attempt():
        intake.take_in(life.session, schedule.id, [said], actor=DESK, now=life.now)


def time_passes(life: Life, dice: Random) -> None:
    """Minutes, hours or a day go by, and the worker is asleep."""
    life.now += timedelta(minutes=dice.choice((dice.randint(1, 6), dice.randint(10, 300), dice.randint(5 * 60, 26 * 60))))


def work_later(life: Life, dice: Random) -> None:
    """Time passes and the worker does all that is due."""
    time_passes(life, dice)
    life.work()


def work_soon(life: Life, dice: Random) -> None:
    """A few minutes later: as long as a hold lasts."""
    life.now += timedelta(minutes=dice.randint(1, 6))
    life.work()


def work_after_an_offer(life: Life, dice: Random) -> None:
    """As long as an offer lives by day."""
    life.now += timedelta(minutes=dice.randint(4 * 60, 5 * 60))
    life.work()


def join(life: Life, dice: Random) -> None:
    """Somebody joins the waiting room."""
    person, right = dice.choice(life.people)
    with life.attempt():
        build.waiting(life.session, person, on=right, now=life.now, **wishes(dice, life))


def arrive(life: Life, dice: Random) -> None:
    """Somebody new comes with a referral, or somebody known with another one."""
    if len(life.people) < 12:
        life.people.append(life.newcomer(dice))
        return
    at = dice.randrange(len(life.people))
    person = life.people[at][0]
    life.people[at] = life.newcomer(dice) if person.died_at else (person, build.referral(life.session, person, urgent=dice.random() < 0.3))


def book(life: Life, dice: Random) -> None:
    """Somebody tries to book any slot at all, by himself or at the desk."""
    slot = life.pick(dice, Slot, Slot.state == "free") if dice.random() < 0.7 else life.pick(dice, Slot)
    if slot is not None:
        person, right = dice.choice(life.people)
        with life.attempt():
            appointments.book(life.session, person.id, slot.id, actor=dice.choice((PATIENT, DESK)), now=life.now, referral_id=right.id)


def book_control(life: Life, dice: Random) -> None:
    """The desk books a control visit."""
    slot = life.pick(dice, Slot, Slot.pool == "CONTROL")
    if slot is not None:
        with life.attempt():
            appointments.book(life.session, dice.choice(life.people)[0].id, slot.id, actor=DESK, now=life.now, visit_type="control")


def a_visit(life: Life, dice: Random) -> Any:
    """A booked visit most of the time, else any at all."""
    found = life.pick(dice, Appointment, Appointment.status == "booked") if dice.random() < 0.8 else None
    return found or life.pick(dice, Appointment)


def cancel(life: Life, dice: Random) -> None:
    """A visit is cancelled, with the slot held for a while or not."""
    visit = a_visit(life, dice)
    if visit is not None:
        reason: Any = dice.choice(("sms", "illness", "clinic"))
        with life.attempt():
            cancellations.cancel(
                life.session, visit.id, reason=reason, actor=PATIENT, now=life.now, leave=dice.random() < 0.3,
                hold_for=dice.choice((NOTHING, POLICY.undo_hold)),
            )  # fmt: skip


def undo(life: Life, dice: Random) -> None:
    """COFNIJ."""
    visit = life.pick(dice, Appointment, Appointment.status.in_(("cancelling", "cancelled")))
    if visit is not None:
        with life.attempt():
            cancellations.undo(life.session, visit.id, actor=PATIENT, now=life.now)


def change(life: Life, dice: Random) -> None:
    """A visit is moved to any slot at all."""
    visit, slot = a_visit(life, dice), life.pick(dice, Slot, Slot.state == "free") or life.pick(dice, Slot)
    if visit is not None and slot is not None:
        with life.attempt():
            moves.change(life.session, visit.id, slot.id, actor=PATIENT, now=life.now)


def confirm(life: Life, dice: Random) -> None:
    """TAK."""
    visit = a_visit(life, dice)
    if visit is not None:
        with life.attempt():
            appointments.confirm(life.session, visit.id, actor=PATIENT, now=life.now)


def leave(life: Life, dice: Random) -> None:
    """Somebody tries to leave the waiting room, and joins again at its end if he could."""
    entry = life.pick(dice, Entry, Entry.state != "closed")
    if entry is not None:
        with life.attempt():
            waiting_room.leave(life.session, entry.id, actor=PATIENT, now=life.now)
            person, right = next(one for one in life.people if one[0].id == entry.patient_id)
            build.waiting(life.session, person, on=right, now=life.now)


def edit(life: Life, dice: Random) -> None:
    """Somebody wishes for something else, and keeps his place (R49)."""
    entry = life.pick(dice, Entry)
    if entry is not None:
        before = entry.queue_at
        with life.attempt():
            waiting_room.edit_criteria(life.session, entry.id, Criteria(**wishes(dice, life)), actor=PATIENT, now=life.now)
        assert entry.queue_at == before


def accept(life: Life, dice: Random) -> None:
    """An offer is accepted, in time or too late."""
    offer = life.pick(dice, Appointment, Appointment.status == "proposed") or life.pick(dice, Appointment)
    if offer is not None:
        with life.attempt():
            offers.accept(life.session, offer.id, actor=PATIENT, now=life.now)


def decline(life: Life, dice: Random) -> None:
    """An offer is declined; the place is kept (D5)."""
    offer = life.pick(dice, Appointment, Appointment.status == "proposed")
    if offer is not None:
        entry = life.session.get_one(Entry, offer.entry_id)
        before = entry.queue_at, entry.returns
        offers.decline(life.session, offer.id, actor=PATIENT, now=life.now)
        assert (entry.queue_at, entry.returns) == before


def withdraw(life: Life, dice: Random) -> None:
    """A clinic takes slots back, whatever became of them (X11)."""
    slots = life.rows(Slot, Slot.state != "withdrawn")
    if slots:
        chosen = [slot.id for slot in dice.sample(slots, min(len(slots), dice.randint(1, 2)))]
        with life.attempt():
            withdrawal.withdraw(life.session, chosen, actor=DESK, now=life.now)


def move(life: Life, dice: Random) -> None:
    """A clinic moves a slot by little or by much (X12)."""
    slot = life.pick(dice, Slot, Slot.state != "withdrawn", Slot.starts_at > life.now)
    if slot is not None:
        starts = slot.starts_at + timedelta(minutes=dice.choice((-20, 10, 30, 90, 24 * 60, 5 * 24 * 60)))
        with life.attempt():
            to = NewSlot(slot.clinic_slot_id, starts, starts + (slot.ends_at - slot.starts_at), slot.pool)
            withdrawal.move(life.session, slot.id, to, actor=DESK, now=life.now)


def fall_ill(life: Life, dice: Random) -> None:
    """A doctor is away for some hours, with or without a substitute (R122)."""
    schedule = dice.choice(life.schedules)
    begins = life.now + timedelta(hours=dice.randint(0, 200))
    provider = life.session.get_one(Place, schedule.place_id).provider_id
    away = Absence(provider, "dr Nowak", begins, begins + timedelta(hours=dice.randint(1, 30)), dice.choice((None, "dr Zastępcza")))
    for slot_id in absence.left(life.session, away, now=life.now)[:3]:
        with life.attempt():
            absence.settle_one(life.session, away, slot_id, actor=DESK, now=life.now)


def lose_referral(life: Life, dice: Random) -> None:
    """A referral is cancelled, used elsewhere or dropped (X5, X7)."""
    how: Any = dice.choice(("cancelled", "used", "dropped"))
    lifecycle.end_referral(life.session, dice.choice(life.people)[1].id, how, actor=DESK, now=life.now)


def expire_referral(life: Life, dice: Random) -> None:
    """A referral has a last day, or that day is over (X5)."""
    right = life.pick(dice, Referral, Referral.state == "issued")
    if right is not None:
        right.valid_until = (life.now + timedelta(days=dice.randint(-1, 20))).date()
        life.session.flush()
        if right.valid_until < life.now.date():
            lifecycle.end_referral(life.session, right.id, "expired", actor=DESK, now=life.now)


def recategorise(life: Life, dice: Random) -> None:
    """The issuer thinks again (R43)."""
    category: Any = dice.choice(("urgent", "stable"))
    lifecycle.recategorise(life.session, dice.choice(life.people)[1].id, category, actor=DESK, now=life.now)


def entitle(life: Life, dice: Random) -> None:
    """A clinic verifies a right to be seen out of turn, or takes it back (R76)."""
    held = life.pick(dice, Entitlement) if dice.random() < 0.4 else None
    if held is not None:
        out_of_turn.revoke(life.session, held.id, actor=DESK, now=life.now)
        return
    until = (life.now + timedelta(days=dice.randint(0, 10))).date() if dice.random() < 0.5 else None
    provider = life.session.get_one(Place, life.schedules[0].place_id).provider_id
    out_of_turn.grant(
        life.session, dice.choice(life.people)[0].id, "inwalida wojenny", provider_id=provider, actor=DESK, now=life.now, valid_until=until
    )  # fmt: skip


def die(life: Life, dice: Random) -> None:
    """A patient dies (X6)."""
    person = dice.choice(life.people)[0]
    lifecycle.died(life.session, person.id, at=life.now - timedelta(hours=dice.randint(0, 30)), actor=DESK, now=life.now)


def lose_telephone(life: Life, dice: Random) -> None:
    """An address stops to work; or its owner writes from it, and it works again."""
    point = life.pick(dice, ContactPoint)
    if point.state == "active":
        addresses.close(life.session, point.value, dice.choice(("invalid", "opted_out")), actor=DESK, now=life.now)
    else:
        wire_id = f"SM{dice.randint(1, 10**12)}"
        communications.receive(life.session, Received(point.channel, point.value, wire_id, "START", {}), now=life.now)
        addresses.reopen(life.session, point.value, actor=PATIENT, now=life.now)


def came(life: Life, dice: Random) -> None:
    """The clinic says what became of a visit (R73), and takes it back (X24)."""
    visit = life.pick(dice, Appointment, Appointment.status.in_((*ACTIVE, "noshow")), Appointment.starts_at <= life.now)
    if visit is None:
        return
    with life.attempt():
        if visit.status == "noshow":
            attendance.reverse(life.session, visit.id, came=dice.random() < 0.5, actor=DESK, now=life.now)
        else:
            dice.choice((attendance.complete, attendance.miss, attendance.excuse))(life.session, visit.id, actor=DESK, now=life.now)


def write_reminders(life: Life, _dice: Random) -> None:
    """D-7 and D-1 (R101)."""
    reminders.write_due(life.session, now=life.now)


def send(life: Life, dice: Random) -> None:
    """A worker hands messages to a carrier, which takes them, or says that the number does not exist (R54)."""
    claimed = outbox.claim(life.session, "sms", worker="life", now=life.now, limit=20)
    lost = [one for one in claimed if dice.random() < 0.05]
    done = [
        outbox.Settled(one.id, "failed", error_code=30005) if one in lost else outbox.Settled(one.id, "accepted", f"W{one.id}")
        for one in claimed
    ]
    outbox.settle(life.session, done, worker="life", now=life.now)
    for one in lost:
        receipts.follow_up(life.session, one.id, "other_contact", now=life.now)


# How often each happens, beside the others.
STEPS: dict[Step, int] = {
    publish: 6, publish_and_work: 6, announce: 6, time_passes: 5, work_later: 8, work_soon: 4, work_after_an_offer: 4, join: 8, arrive: 2,
    book: 8, book_control: 2, cancel: 9, undo: 3, change: 4, confirm: 2, leave: 2, edit: 3, accept: 5, decline: 3, withdraw: 2, move: 2,
    fall_ill: 1, lose_referral: 1, expire_referral: 1, recategorise: 1, entitle: 1, die: 1, lose_telephone: 1, came: 6, write_reminders: 2,
    send: 5,
}  # fmt: skip
