"""A small registry that lives: a world, a clock that moves, and the comparison of every choice with the oracle's.

What can happen is in `life_steps`; Hypothesis lives short lives of it (`test_histories`), `long_run` a million steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, appointments, attendance, invariants, offers, out_of_turn, people, snapshots, waiting_room
from registry.appointments import Appointment
from registry.catalogue import POLICY, Pool
from registry.events import Event
from registry.matching import Matching
from registry.people import ContactPoint, Patient
from registry.referrals import Referral, ReferralNotUsable
from registry.schedules import InvalidSlot, Place, Schedule, Slot, SlotTaken
from registry.waiting_room import Entry
from tests.registry import build, oracle
from tests.registry.build import DESK

REFUSALS = (
    SlotTaken, appointments.NotBookable, appointments.NotHeld, appointments.TooLate, appointments.TimeConflict, waiting_room.AlreadyClaimed,
    waiting_room.NotWaiting, ReferralNotUsable, people.NoContact, people.PatientDied, InvalidSlot, attendance.NotYet,
    attendance.NotTheirFault,
)  # fmt: skip
ACTIVE = ("proposed", "booked", "cancelling")
# A week before each clock change, and a plain week: histories run over a fortnight or so.
BEGINNINGS = (datetime(2026, 3, 24, 9, tzinfo=UTC), datetime(2026, 10, 20, 9, tzinfo=UTC), datetime(2026, 6, 8, 22, tzinfo=UTC))
CITIES = ((52.2297, 21.0122), (52.1672, 20.8078), (54.3520, 18.6466))  # Warszawa, Pruszków, Gdańsk
FIRST_POOLS: tuple[Pool, ...] = ("FIRST_STABLE", "FIRST_STABLE", "FIRST_URGENT", "FIRST_PRIVILEGED")
ALL_DAYS, WEEKDAYS, SOME_DAYS = frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({1, 3, 5, 6})

Person = tuple[Patient, Referral]


def pool(dice: Random) -> Pool:
    """A first visit's pool half of the time or more, else the clinic's own."""
    return dice.choice((*FIRST_POOLS, "CONTROL"))


def lead(dice: Random) -> timedelta:
    """Most slots lie where the rules turn: around 48 and 72 hours, and around day 40."""
    first, last = dice.choice(((46 * 60, 76 * 60), (70 * 60, 12 * 24 * 60), (39 * 24 * 60, 43 * 24 * 60), (60, 48 * 60)))
    return timedelta(minutes=dice.randint(first, last))


class Life:
    """One history in one transaction, which its owner undoes at the end."""

    def __init__(self, session: Session, dice: Random) -> None:
        """Two clinics with their doctors, and a few people with referrals, three of whom wait already."""
        self.session, self.dice = session, dice
        self.now = dice.choice(BEGINNINGS)
        self.compared = self.rehearsed = 0
        self.schedules = [build.schedule(session, build.clinic(session, at=dice.choice(CITIES))) for _ in range(2)]
        self.people = [self.newcomer(dice) for _ in range(dice.randint(3, 6))]
        for _ in range(dice.randint(4, 8)):
            self.announce(dice, lead(dice), pool(dice), 30)
        for person, right in self.people[:3]:
            build.waiting(session, person, on=right, now=self.now)
        self.work()

    def newcomer(self, dice: Random) -> Person:
        """A patient with one or two telephones and a referral."""
        person = build.patient(self.session, *([build.mobile(), "+48224410001"] if dice.random() < 0.3 else []))
        return person, build.referral(self.session, person, urgent=dice.random() < 0.4)

    def announce(self, dice: Random, ahead: timedelta, of: Pool, minutes: int) -> Slot:
        """A pending slot of one of the doctors."""
        return build.slot(self.session, self.now + ahead, pool=of, state="pending", on=dice.choice(self.schedules), minutes=minutes)

    # --- what is there

    def rows(self, table: Any, *conditions: Any) -> list[Any]:
        """The rows of a table as the database has them, oldest first."""
        query = select(table).where(*conditions).order_by(table.id)
        return list(self.session.scalars(query.execution_options(populate_existing=True)))

    def pick(self, dice: Random, table: Any, *conditions: Any) -> Any:
        """One of the rows that meet the conditions; None when there are none."""
        rows = self.rows(table, *conditions)
        return dice.choice(rows) if rows else None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A step that may be refused: what a use case had begun is then undone, as the edges do."""
        trial = self.session.begin_nested()
        try:
            yield
        except REFUSALS:
            trial.rollback()
            self.session.expire_all()
        else:
            trial.commit()

    def told(self) -> Counter[str]:
        """How often each kind of event happened."""
        return Counter(event.kind for event in self.rows(Event))

    # --- the worker, and what the oracle says of its choices

    def work(self) -> None:
        """The worker does all that is due: rights that lapse, holds and offers that end, slots to be placed."""
        out_of_turn.lapse(self.session, now=self.now)
        for visit in self.rows(Appointment, Appointment.status == "cancelling"):
            allocation._release(self.session, visit.id, self.now, POLICY)
        for offer in self.rows(Appointment, Appointment.status == "proposed"):
            offers.expire(self.session, offer.id, now=self.now)
        self.place()

    def place(self) -> None:
        """Each due slot by itself; each choice is the oracle's, and all of them are the night's (X21)."""
        due = allocation.due_slots(self.session, now=self.now)
        if not due:
            return
        planned = self.rehearse() if self.dice.random() < 0.2 else {}
        for slot_id in due:
            slot = self.session.get_one(Slot, slot_id, populate_existing=True)
            named = self.named_by_the_oracle(slot)
            placed = allocation.place(self.session, slot_id, now=self.now)
            got = placed.appointment_id and self.session.get_one(Appointment, placed.appointment_id).entry_id
            assert got == named, f"R44, R53: the oracle names {named}, the registry gave it to {got}"
            found = placed.outcome, got
            assert planned.get(slot_id, found) == found, f"X21: the night plans {planned[slot_id]}, placing gives {found}"
            self.compared += 1

    def rehearse(self) -> dict[int, tuple[str, int | None]]:
        """What the night would decide of this very state, by slot: its outcome and entry."""
        seen = snapshots.take(self.session, now=self.now)
        night = Matching(seen.queue, seen.hindrances, self.now, POLICY)
        decided = [night.decide(slot) for slot in seen.slots]
        self.rehearsed += len(decided)
        return {one.slot.id: (one.outcome, None if one.entry is None else seen.queue.entry_ids[one.entry]) for one in decided}

    def named_by_the_oracle(self, slot: Slot) -> int | None:
        """Whom the requirements would give this slot."""
        where = self.session.get_one(Place, slot.place_id)
        term = oracle.Term(
            slot.id, slot.starts_at, slot.ends_at, slot.pool, place=slot.place_id, where=(where.latitude, where.longitude)
        )  # fmt: skip
        step = oracle.placement(term.starts, self.now, term.pool)
        if step not in ("assign", "propose"):
            return None
        return self._asked(term, step, Queue(self, slot.service))

    def _asked(self, term: oracle.Term, step: str, queue: Queue) -> int | None:
        """The oracle's winner, unless nobody could answer: then nobody (X19)."""
        one = oracle.winner(queue.waiting(self.now), term, self.now)
        if one is None or (step == "propose" and oracle.offer_ends(term.starts, self.now, queue.awake(one.number)) is None):
            return None
        return one.number

    # --- what must always hold

    def broken(self) -> list[str]:
        """The sentences that do not hold."""
        self.session.flush()
        return invariants.broken(self.session)


class Queue:
    """The waiting entries in the oracle's words, with all that is known of their patients read at once."""

    def __init__(self, life: Life, service: str) -> None:
        """Everything about those who wait for this service."""
        self.entries: dict[int, Entry] = {one.id: one for one in life.rows(Entry, Entry.state == "waiting", Entry.service == service)}
        whose = {one.patient_id for one in self.entries.values()}
        self.visits: list[Appointment] = life.rows(Appointment, Appointment.patient_id.in_(whose))
        self.points: list[ContactPoint] = life.rows(ContactPoint, ContactPoint.patient_id.in_(whose), ContactPoint.state == "active")
        self.patients: dict[int, Patient] = {one.id: one for one in life.rows(Patient, Patient.id.in_(whose))}
        self.rights: dict[int, Referral] = {one.id: one for one in life.rows(Referral, Referral.patient_id.in_(whose))}
        self.moves: list[Event] = life.rows(Event, Event.kind == "visit.changed", Event.entry_id.in_(self.entries))

    def waiting(self, now: datetime) -> list[oracle.Waiting]:
        """Those who may be asked: alive, with an address, and with a referral that still holds (X6, R54, R42)."""
        return [self._waiting(one) for one in self.entries.values() if self._may_be_asked(one, oracle.warsaw_day(now))]

    def awake(self, entry_id: int) -> Any:
        """The hours in which this patient may be asked: a landline is called."""
        entry = self.entries[entry_id]
        points = [point for point in self.points if point.patient_id == entry.patient_id]
        own = [point for point in points if point.id == entry.contact_point_id]
        first = (own or sorted(points, key=lambda point: (point.rank, point.id)))[0]
        if first.channel != "voice":
            return oracle.in_contact_hours
        return lambda instant: oracle.in_calling_hours(instant, HOLIDAYS)

    def _may_be_asked(self, entry: Entry, today: date) -> bool:
        right = self.rights[entry.referral_id] if entry.referral_id else None
        holds = right is None or (right.state == "issued" and (right.valid_until is None or right.valid_until >= today))
        reached = any(point.patient_id == entry.patient_id for point in self.points)
        return self.patients[entry.patient_id].died_at is None and holds and reached

    def _waiting(self, entry: Entry) -> oracle.Waiting:
        mine = [one for one in self.visits if one.patient_id == entry.patient_id]
        holding = [one for one in mine if one.status in ACTIVE]
        ended = [one for one in mine if one.status in ("cancelled", "declined", "expired") and _under_these_wishes(one, entry)]
        wish = waiting_room.criteria_of(entry)
        around = (wish.latitude, wish.longitude) if wish.latitude is not None and wish.longitude is not None else None
        return oracle.Waiting(
            number=entry.id, joined=entry.queue_at, urgent=entry.category == "urgent", privileged=entry.privileged,
            wishes=oracle.Wishes(
                wish.date_from, wish.date_to, wish.hour_from, wish.hour_to, wish.weekdays, wish.place_ids, around, wish.radius_km
            ),
            busy=tuple((one.starts_at, one.ends_at) for one in holding),
            given_back=frozenset(one.slot_id for one in ended) | self._left(mine, entry),
            has_open_offer=any(one.status == "proposed" for one in holding),
        )  # fmt: skip

    def _left(self, visits: list[Appointment], entry: Entry) -> frozenset[int]:
        """Slots that a visit of this entry was moved away from."""
        moved = {one.id for one in visits if _under_these_wishes(one, entry)}
        return frozenset(one.facts["from_slot"] for one in self.moves if one.appointment_id in moved and "from_slot" in one.facts)


def _under_these_wishes(visit: Appointment, entry: Entry) -> bool:
    return (visit.entry_id, visit.criteria_version) == (entry.id, entry.criteria_version)


# Polish public holidays of the weeks that histories run over, by hand: the oracle asks no library.
HOLIDAYS = frozenset(
    datetime(2026, month, day, tzinfo=UTC).date() for month, day in ((4, 5), (4, 6), (5, 1), (5, 3), (5, 24), (6, 4), (11, 1), (11, 11))
)


def wishes(dice: Random, life: Life) -> dict[str, Any]:
    """Random wishes, most of them wide enough to be met."""
    wanted: dict[str, Any] = {"date_from": oracle.warsaw_day(life.now), "weekdays": dice.choice((ALL_DAYS, WEEKDAYS, SOME_DAYS))}
    if dice.random() < 0.2:
        wanted["date_to"] = wanted["date_from"] + timedelta(days=dice.randint(2, 45))
    if dice.random() < 0.2:
        wanted.update(hour_from=time(dice.randint(0, 11)), hour_to=time(dice.randint(12, 23), 30))
    if dice.random() < 0.3:
        latitude, longitude = dice.choice(CITIES)
        wanted.update(latitude=latitude, longitude=longitude, radius_km=dice.choice((0.0, 20.0, 150.0, 500.0)))
    elif dice.random() < 0.2:
        wanted["place_ids"] = frozenset({dice.choice(life.schedules).place_id})
    return wanted


__all__ = ["ALL_DAYS", "DESK", "SOME_DAYS", "WEEKDAYS", "Life", "Schedule", "lead", "pool", "wishes"]
