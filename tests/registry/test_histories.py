"""Random histories of everything that can happen to visits, slots and places in the queue, with a clock that moves.

After every step the whole world is looked at: each sentence of `invariants` must hold whatever came before. Whom the queue should have
chosen is the oracle's word (R44, R53).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from registry import allocation, appointments, offers, waiting_room
from registry.appointments import Appointment, NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY, Pool
from registry.events import Actor, Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.schedules import Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed, Criteria, Entry, NotWaiting
from tests.registry import build, invariants, oracle
from tests.registry.build import DESK, PATIENT
from tests.registry.invariants import World

REFUSALS = (SlotTaken, NotBookable, NotHeld, TooLate, TimeConflict, AlreadyClaimed, NotWaiting, ReferralNotUsable, NoContact)
ACTIVE = ("proposed", "booked", "cancelling")
# A week before each clock change, and a plain week: histories run over a fortnight or so.
BEGINNINGS = (datetime(2026, 3, 24, 9, tzinfo=UTC), datetime(2026, 10, 20, 9, tzinfo=UTC), datetime(2026, 6, 8, 22, tzinfo=UTC))

picks = st.integers(0, 30)
first_pools: st.SearchStrategy[Pool] = st.sampled_from(("FIRST_STABLE", "FIRST_STABLE", "FIRST_URGENT", "FIRST_PRIVILEGED"))
pools: st.SearchStrategy[Pool] = st.one_of(first_pools, st.just("CONTROL"))
# Most slots lie where the rules turn: around 48 and 72 hours, and around day 40.
leads = st.one_of(
    st.integers(46 * 60, 76 * 60), st.integers(70 * 60, 12 * 24 * 60), st.integers(39 * 24 * 60, 43 * 24 * 60), st.integers(60, 48 * 60)
).map(lambda minutes: timedelta(minutes=minutes))
steps = st.one_of(st.integers(1, 6), st.integers(10, 300), st.integers(5 * 60, 26 * 60)).map(lambda minutes: timedelta(minutes=minutes))
weekday_sets = st.sampled_from((frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({1, 3, 5, 6})))


class History(RuleBasedStateMachine):
    """The use cases as steps. Refusals are part of life; what a refusal leaves behind is checked like everything else."""

    sessions: sessionmaker[Session]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        """One transaction for the whole history; it is undone at the end."""
        super().__init__()
        self.session = self.sessions()

    def teardown(self) -> None:
        """Count what happened, and leave nothing for the next history."""
        self.seen.update(event.kind for event in self.rows(Event))
        self.session.rollback()
        self.session.close()

    @initialize(
        beginning=st.sampled_from(BEGINNINGS), urgent=st.lists(st.booleans(), min_size=3, max_size=5),
        first=st.lists(st.tuples(leads, pools), min_size=4, max_size=8),
    )  # fmt: skip
    def begin(self, beginning: datetime, urgent: list[bool], first: list[tuple[timedelta, Pool]]) -> None:
        """A clinic with slots, and people with referrals, the first three of whom wait already."""
        self.now = beginning
        self.where = build.clinic(self.session)
        self.schedule = build.schedule(self.session, self.where)
        self.people = [(person := build.patient(self.session), build.referral(self.session, person, urgent=one)) for one in urgent]
        for lead, pool in first:
            self.publish([(lead, pool)], 30)
        for person, right in self.people[:3]:
            build.waiting(self.session, person, on=right, now=self.now)
        self.place()

    # --- what is there

    def rows(self, table: Any, *conditions: Any) -> list[Any]:
        """The rows of a table as the database has them, oldest first."""
        query = select(table).where(*conditions).order_by(table.id)
        return list(self.session.scalars(query.execution_options(populate_existing=True)))

    def pick(self, table: Any, number: int, *conditions: Any) -> Any:
        """One of the rows that meet the conditions; None when there are none."""
        rows = self.rows(table, *conditions)
        return rows[number % len(rows)] if rows else None

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A step that may be refused, as in a conversation: what it had begun is then undone by the use case or its savepoint."""
        try:
            yield
        except REFUSALS:
            self.session.expire_all()

    def waiting_as_the_oracle_sees(self, entry: Entry) -> oracle.Waiting:
        """A waiting entry in the oracle's words."""
        mine = self.rows(Appointment, Appointment.patient_id == entry.patient_id)
        holding = [one for one in mine if one.status in ACTIVE]
        ended = [one for one in mine if one.status in ("cancelled", "declined", "expired")]
        return oracle.Waiting(
            number=entry.id, joined=entry.queue_at, urgent=entry.category == "urgent", privileged=entry.privileged,
            wishes=oracle.Wishes(entry.date_from, weekdays=waiting_room.criteria_of(entry).weekdays),
            busy=tuple((one.starts_at, one.ends_at) for one in holding),
            given_back=frozenset(
                one.slot_id for one in ended if (one.entry_id, one.criteria_version) == (entry.id, entry.criteria_version)
            ),
            has_open_offer=any(one.status == "proposed" for one in holding),
        )  # fmt: skip

    def named_by_the_oracle(self, slot: Slot) -> int | None:
        """Whom the requirements would give this slot."""
        term = oracle.Term(slot.id, slot.starts_at, slot.ends_at, slot.pool, place=slot.place_id)
        queue = [self.waiting_as_the_oracle_sees(one) for one in self.rows(Entry, Entry.state == "waiting")]
        one = oracle.winner(queue, term, self.now)
        unanswerable = oracle.placement(term.starts, self.now, term.pool) == "propose" and oracle.offer_ends(term.starts, self.now) is None
        return None if one is None or unanswerable else one.number

    # --- what may happen

    @rule(announced=st.lists(st.tuples(leads, pools), min_size=1, max_size=3), minutes=st.sampled_from((15, 30, 90)))
    def publish(self, announced: list[tuple[timedelta, Pool]], minutes: int) -> None:
        """A clinic announces slots."""
        for lead, pool in announced:
            build.slot(self.session, self.now + lead, pool=pool, state="pending", on=self.schedule, minutes=minutes)

    @rule(step=steps)
    def time_passes(self, step: timedelta) -> None:
        """Minutes, hours or a day go by, and the worker is asleep."""
        self.now += step

    @rule(number=picks, weekdays=weekday_sets)
    def join(self, number: int, weekdays: frozenset[int]) -> None:
        """Somebody joins the waiting room."""
        person, right = self.people[number % len(self.people)]
        with self.attempt():
            build.waiting(self.session, person, on=right, now=self.now, weekdays=weekdays, date_from=self.now.date())

    @rule(number=picks, which=picks, actor=st.sampled_from((PATIENT, DESK)))
    def book(self, number: int, which: int, actor: Actor) -> None:
        """Somebody tries to book any slot at all, by himself or at the desk."""
        person, right = self.people[number % len(self.people)]
        slot = self.pick(Slot, which)
        if slot is not None:
            with self.attempt():
                appointments.book(self.session, person.id, slot.id, actor=actor, now=self.now, referral_id=right.id)

    @rule(number=picks, which=picks)
    def book_control(self, number: int, which: int) -> None:
        """The desk books a control visit."""
        slot = self.pick(Slot, which, Slot.pool == "CONTROL")
        if slot is not None:
            with self.attempt():
                person = self.people[number % len(self.people)][0]
                appointments.book(self.session, person.id, slot.id, actor=DESK, now=self.now, visit_type="control")

    @rule(which=picks, held=st.booleans(), leave=st.booleans(), reason=st.sampled_from(("sms", "illness", "clinic")))
    def cancel(self, which: int, *, held: bool, leave: bool, reason: Any) -> None:
        """A visit is cancelled, with the slot held for a while or not."""
        visit = self.pick(Appointment, which, Appointment.status == "booked") or self.pick(Appointment, which)
        if visit is not None:
            hold_for = POLICY.undo_hold if held else timedelta(0)
            with self.attempt():
                appointments.cancel(
                    self.session, visit.id, reason=reason, actor=PATIENT, now=self.now, hold_for=hold_for, leave=leave
                )  # fmt: skip

    @rule(which=picks)
    def undo(self, which: int) -> None:
        """COFNIJ."""
        visit = self.pick(Appointment, which, Appointment.status.in_(("cancelling", "cancelled")))
        if visit is not None:
            with self.attempt():
                appointments.undo(self.session, visit.id, actor=PATIENT, now=self.now)

    @rule(which=picks, to=picks)
    def change(self, which: int, to: int) -> None:
        """A visit is moved to any slot at all."""
        visit, slot = self.pick(Appointment, which, Appointment.status == "booked"), self.pick(Slot, to)
        if visit is not None and slot is not None:
            with self.attempt():
                appointments.change(self.session, visit.id, slot.id, actor=PATIENT, now=self.now)

    @rule(which=picks)
    def confirm(self, which: int) -> None:
        """TAK."""
        visit = self.pick(Appointment, which)
        if visit is not None:
            with self.attempt():
                appointments.confirm(self.session, visit.id, actor=PATIENT, now=self.now)

    @rule(which=picks)
    def leave(self, which: int) -> None:
        """Somebody tries to leave the waiting room, and joins again at its end if he could."""
        entry = self.pick(Entry, which, Entry.state != "closed")
        if entry is not None:
            with self.attempt():
                waiting_room.leave(self.session, entry.id, actor=PATIENT, now=self.now)
                person, right = next(one for one in self.people if one[0].id == entry.patient_id)
                build.waiting(self.session, person, on=right, now=self.now)

    @rule(which=picks, weekdays=weekday_sets)
    def edit(self, which: int, weekdays: frozenset[int]) -> None:
        """Somebody wishes for something else, and keeps his place (R49)."""
        entry = self.pick(Entry, which)
        if entry is not None:
            before = entry.queue_at
            with self.attempt():
                waiting_room.edit_criteria(
                    self.session, entry.id, Criteria(self.now.date(), weekdays=weekdays), actor=PATIENT, now=self.now
                )  # fmt: skip
            assert entry.queue_at == before

    @rule(which=picks)
    def accept(self, which: int) -> None:
        """An offer is accepted, in time or too late."""
        offer = self.pick(Appointment, which, Appointment.status == "proposed") or self.pick(Appointment, which)
        if offer is not None:
            with self.attempt():
                offers.accept(self.session, offer.id, actor=PATIENT, now=self.now)

    @rule(which=picks)
    def answer_no(self, which: int) -> None:
        """An offer is declined; the place is kept (D5)."""
        offer = self.pick(Appointment, which, Appointment.status == "proposed")
        if offer is not None:
            entry = self.session.get_one(Entry, offer.entry_id)
            before = entry.queue_at, entry.returns
            offers.decline(self.session, offer.id, actor=PATIENT, now=self.now)
            assert (entry.queue_at, entry.returns) == before

    def sweep(self) -> None:
        """The worker's look at held slots and offers."""
        for visit in self.rows(Appointment, Appointment.status == "cancelling"):
            allocation._release(self.session, visit.id, self.now, POLICY)
        for offer in self.rows(Appointment, Appointment.status == "proposed"):
            offers.expire(self.session, offer.id, now=self.now)

    @rule(announced=leads)
    def announce_and_work(self, announced: timedelta) -> None:
        """A slot for the stable comes in and is placed."""
        self.publish([(announced, "FIRST_STABLE")], 30)
        self.place()

    @rule(step=st.integers(1, 6).map(lambda minutes: timedelta(minutes=minutes)))
    def work_soon(self, step: timedelta) -> None:
        """A few minutes later the worker does all that is due."""
        self.work_later(step)

    @rule(step=steps)
    def work_later(self, step: timedelta) -> None:
        """Time passes and the worker does all that is due."""
        self.now += step
        self.sweep()
        self.place()

    @rule(step=st.integers(4 * 60, 5 * 60).map(lambda minutes: timedelta(minutes=minutes)))
    def work_after_an_offer(self, step: timedelta) -> None:
        """As long as an offer lives by day."""
        self.work_later(step)

    def place(self) -> None:
        """The worker places what is due; each choice is compared with the oracle's."""
        for slot_id in allocation.due_slots(self.session, now=self.now):
            named = self.named_by_the_oracle(self.session.get_one(Slot, slot_id))
            placed = allocation.place(self.session, slot_id, now=self.now)
            got = placed.appointment_id and self.session.get_one(Appointment, placed.appointment_id).entry_id
            assert got == named, f"R44, R53: the oracle names {named}, the registry gave it to {got}"

    # --- what must always hold

    @invariant()
    def every_sentence_holds(self) -> None:
        """All of `invariants`, after every step."""
        assert invariants.broken(World.look(self.session)) == []


def run(histories: int, steps_each: int) -> Counter[str]:
    """Live through random histories; what happened in them, by kind of event."""
    History.seen.clear()
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=histories, stateful_step_count=steps_each, deadline=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip
    return Counter(History.seen)


def test_every_sentence_holds_through_random_histories(session_factory: sessionmaker[Session]) -> None:
    """R31 R44 R52 R56 R60-R62 R67 R71 R75 R100, X1-X4 X15 X18 X19 X29, D1 D2 D5 D17, step by step."""
    History.sessions = session_factory
    seen = run(histories=int(os.environ.get("CER_TEST_HISTORIES", "15")), steps_each=40)
    assert seen["visit.assigned"] > 0, "these histories show nothing of the waiting room"


def test_there_are_invariants_enough() -> None:
    """At least twelve named sentences are checked after every step."""
    assert len(invariants.SENTENCES) >= 12
