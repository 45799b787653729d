"""Random histories of everything that can happen to visits, slots and places in the queue, with a clock that moves.

After every step the whole world is looked at: each invariant below is a sentence that must hold whatever came before. What the queue
should have chosen is the oracle's word (R44, R53).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from registry import allocation, appointments, offers, rules, waiting_room
from registry.appointments import Appointment, NotBookable, NotHeld, TimeConflict, TooLate
from registry.catalogue import POLICY, SERVICES, Pool
from registry.communications import Message
from registry.events import Actor, Event
from registry.people import NoContact
from registry.referrals import ReferralNotUsable
from registry.schedules import Place, Slot, SlotTaken
from registry.waiting_room import AlreadyClaimed, Criteria, Entry, NotWaiting
from tests.registry import build, oracle
from tests.registry.build import DESK, PATIENT

REFUSALS = (SlotTaken, NotBookable, NotHeld, TooLate, TimeConflict, AlreadyClaimed, NotWaiting, ReferralNotUsable, NoContact)
ACTIVE = ("proposed", "booked", "cancelling")
# A week before each clock change, and a plain week: histories run over a fortnight or so.
BEGINNINGS = (datetime(2026, 3, 24, 9, tzinfo=UTC), datetime(2026, 10, 20, 9, tzinfo=UTC), datetime(2026, 6, 8, 22, tzinfo=UTC))
CARDIO = SERVICES["CARDIO_FIRST"]

picks = st.integers(0, 30)
first_pools: st.SearchStrategy[Pool] = st.sampled_from(("FIRST_STABLE", "FIRST_STABLE", "FIRST_URGENT", "FIRST_PRIVILEGED"))
pools: st.SearchStrategy[Pool] = st.one_of(first_pools, st.just("CONTROL"))
leads = st.one_of(st.integers(60, 60 * 24 * 6), st.integers(60 * 24 * 6, 60 * 24 * 43)).map(lambda minutes: timedelta(minutes=minutes))
steps = st.one_of(st.integers(1, 300), st.integers(60 * 5, 60 * 30)).map(lambda minutes: timedelta(minutes=minutes))
weekday_sets = st.sampled_from((frozenset(range(1, 8)), frozenset(range(1, 6)), frozenset({1, 3, 5, 6})))


@dataclass(frozen=True)
class Given:
    """A slot that the waiting room gave away: to whom, when, how, and whom the oracle named."""

    appointment_id: int
    outcome: str
    at: datetime
    by_oracle: int | None


class History(RuleBasedStateMachine):
    """The use cases as steps. Refusals are part of life; what a refusal leaves behind is checked like everything else."""

    sessions: sessionmaker[Session]

    def __init__(self) -> None:
        """One transaction for the whole history; it is undone at the end."""
        super().__init__()
        self.session = self.sessions()
        self.given: list[Given] = []
        self.joined: dict[int, datetime] = {}

    def teardown(self) -> None:
        """Leave nothing for the next history."""
        self.session.rollback()
        self.session.close()

    @initialize(beginning=st.sampled_from(BEGINNINGS), urgent=st.lists(st.booleans(), min_size=3, max_size=5))
    def begin(self, beginning: datetime, urgent: list[bool]) -> None:
        """A clinic, and people with referrals."""
        self.now = beginning
        self.where = build.clinic(self.session)
        self.schedule = build.schedule(self.session, self.where)
        self.people = [(person := build.patient(self.session), build.referral(self.session, person, urgent=one)) for one in urgent]

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
            given_back=frozenset(one.slot_id for one in ended if one.criteria_version == entry.criteria_version and one.entry_id == entry.id),
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

    @rule(lead=leads, pool=pools, minutes=st.sampled_from((15, 30, 90)))
    def publish(self, lead: timedelta, pool: Pool, minutes: int) -> None:
        """A clinic announces a slot."""
        build.slot(self.session, self.now + lead, pool=pool, state="pending", on=self.schedule, minutes=minutes)

    @rule(step=steps)
    def time_passes(self, step: timedelta) -> None:
        """Minutes, hours or a day go by."""
        self.now += step

    @rule(number=picks, weekdays=weekday_sets)
    def join(self, number: int, weekdays: frozenset[int]) -> None:
        """Somebody joins the waiting room."""
        person, right = self.people[number % len(self.people)]
        with self.attempt():
            entry = build.waiting(self.session, person, on=right, now=self.now, weekdays=weekdays, date_from=self.now.date())
            self.joined[entry.id] = self.now

    @rule(number=picks, which=picks, actor=st.sampled_from((PATIENT, DESK)))
    def book(self, number: int, which: int, actor: Actor) -> None:
        """Somebody tries to book any slot at all, by himself or at the desk."""
        person, right = self.people[number % len(self.people)]
        slot = self.pick(Slot, which)
        if slot is not None:
            with self.attempt():
                visit = appointments.book(self.session, person.id, slot.id, actor=actor, now=self.now, referral_id=right.id)
                self.joined.setdefault(visit.entry_id or 0, self.now)

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
        visit = self.pick(Appointment, which, Appointment.status.in_(("booked", "cancelling", "proposed")))
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
        """Somebody leaves the waiting room."""
        entry = self.pick(Entry, which)
        if entry is not None:
            with self.attempt():
                waiting_room.leave(self.session, entry.id, actor=PATIENT, now=self.now)

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
        offer = self.pick(Appointment, which, Appointment.origin == "waiting_room")
        if offer is not None:
            with self.attempt():
                offers.accept(self.session, offer.id, actor=PATIENT, now=self.now)

    @rule(which=picks)
    def decline(self, which: int) -> None:
        """An offer is declined; the place is kept (D5)."""
        offer = self.pick(Appointment, which, Appointment.status == "proposed")
        if offer is not None:
            entry = self.session.get_one(Entry, offer.entry_id)
            before = entry.queue_at, entry.returns
            offers.decline(self.session, offer.id, actor=PATIENT, now=self.now)
            assert (entry.queue_at, entry.returns) == before

    @rule()
    def sweep(self) -> None:
        """The worker's look at held slots and offers."""
        for visit in self.rows(Appointment, Appointment.status == "cancelling"):
            allocation._release(self.session, visit.id, self.now, POLICY)
        for offer in self.rows(Appointment, Appointment.status == "proposed"):
            offers.expire(self.session, offer.id, now=self.now)

    @rule()
    @precondition(lambda self: self.rows(Slot, Slot.state == "pending"))
    def place(self) -> None:
        """The worker places what is due; each choice is compared with the oracle's."""
        for slot_id in allocation.due_slots(self.session, now=self.now):
            slot = self.session.get_one(Slot, slot_id)
            named = self.named_by_the_oracle(slot)
            placed = allocation.place(self.session, slot_id, now=self.now)
            got = placed.appointment_id and self.session.get_one(Appointment, placed.appointment_id).entry_id
            assert got == named, f"R44, R53: the oracle names {named}, the registry gave it to {got}"
            if placed.appointment_id:
                self.given.append(Given(placed.appointment_id, placed.outcome, self.now, named))

    # --- what must always hold

    @invariant()
    def x1_no_slot_has_two_holders(self) -> None:
        """X1."""
        held = Counter(one.slot_id for one in self.rows(Appointment, Appointment.status.in_(ACTIVE)))
        assert all(count == 1 for count in held.values())

    @invariant()
    def x1_a_slot_is_taken_exactly_while_somebody_holds_it(self) -> None:
        """X1, R71."""
        held = {one.slot_id for one in self.rows(Appointment, Appointment.status.in_(ACTIVE))}
        assert {one.id for one in self.rows(Slot, Slot.state == "taken")} == held

    @invariant()
    def x2_a_referral_has_one_claim(self) -> None:
        """X2: one open entry, and at most one visit or offer, and that one through the entry."""
        claims = Counter(one.referral_id for one in self.rows(Entry, Entry.state != "closed"))
        visits = Counter(one.referral_id for one in self.rows(Appointment, Appointment.status.in_(ACTIVE)) if one.referral_id)
        assert all(count == 1 for count in [*claims.values(), *visits.values()])
        assert set(visits) <= set(claims)

    @invariant()
    def x2_a_place_in_the_queue_agrees_with_its_visit(self) -> None:
        """X2: waiting without, offered with an open offer, booked with a visit that stands or is being cancelled, closed without."""
        holding = {one.entry_id: one.status for one in self.rows(Appointment, Appointment.status.in_(ACTIVE)) if one.entry_id}
        expected = {"proposed": "offered", "booked": "booked", "cancelling": "booked"}
        for entry in self.rows(Entry):
            status = holding.get(entry.id)
            assert entry.state == expected[status] if status else entry.state in ("waiting", "closed")

    @invariant()
    def x3_nobody_has_two_first_visits_of_a_service(self) -> None:
        """X3."""
        first = self.rows(Appointment, Appointment.status.in_(ACTIVE), Appointment.visit_type == "first")
        assert all(count == 1 for count in Counter((one.patient_id, one.service) for one in first).values())

    @invariant()
    def x4_nobody_is_at_two_places_at_once(self) -> None:
        """X4."""
        holding = self.rows(Appointment, Appointment.status.in_(ACTIVE))
        for one in holding:
            others = [other for other in holding if other.patient_id == one.patient_id and other.id != one.id]
            assert not any(rules.overlaps(one.starts_at, one.ends_at, other.starts_at, other.ends_at) for other in others)

    @invariant()
    def r60_nothing_is_assigned_at_72_hours_or_less(self) -> None:
        """R60, X15."""
        for given in self.given:
            if given.outcome == "assigned":
                booked = self.session.scalars(select(Event).where(Event.kind == "visit.assigned", Event.appointment_id == given.appointment_id))
                slot = self.session.get_one(Slot, booked.one().slot_id)
                assert slot.starts_at - given.at > timedelta(hours=72)

    @invariant()
    def r61_nothing_is_proposed_outside_72_to_48_hours(self) -> None:
        """R61."""
        for event in self.rows(Event, Event.kind == "offer.made"):
            slot = self.session.get_one(Slot, event.slot_id)
            assert timedelta(hours=48) <= slot.starts_at - event.at <= timedelta(hours=72)

    @invariant()
    def d5_no_offer_reaches_into_the_last_48_hours(self) -> None:
        """D5, R61."""
        for offer in self.rows(Appointment, Appointment.expires_at.is_not(None)):
            assert offer.booked_at < offer.expires_at <= offer.starts_at - timedelta(hours=48)

    @invariant()
    def r62_nothing_is_given_from_the_waiting_room_below_48_hours(self) -> None:
        """R62: an accepted offer was accepted before the mark too."""
        for event in self.rows(Event, Event.kind.in_(("visit.assigned", "offer.accepted"))):
            assert self.session.get_one(Slot, event.slot_id).starts_at - event.at >= timedelta(hours=48)

    @invariant()
    def r31_no_first_visit_lies_beyond_day_40_when_it_is_made(self) -> None:
        """R31."""
        for event in self.rows(Event, Event.kind.in_(("visit.booked", "visit.changed", "visit.assigned", "offer.made"))):
            visit, slot = self.session.get_one(Appointment, event.appointment_id), self.session.get_one(Slot, event.slot_id)
            assert visit.visit_type == "control" or slot.local_date <= rules.last_open_day(event.at, CARDIO)

    @invariant()
    def x18_nobody_gets_back_what_he_gave_up(self) -> None:
        """X18: under one version of the wishes the waiting room gives a slot to a place in the queue at most once."""
        from_queue = self.rows(Appointment, Appointment.origin == "waiting_room", Appointment.moves == 0)
        times = Counter((one.entry_id, one.slot_id, one.criteria_version) for one in from_queue)
        assert all(count == 1 for count in times.values())

    @invariant()
    def x19_a_patient_has_one_open_offer(self) -> None:
        """X19."""
        offered = Counter(one.patient_id for one in self.rows(Appointment, Appointment.status == "proposed"))
        assert all(count == 1 for count in offered.values())

    @invariant()
    def d17_control_slots_never_go_through_the_waiting_room(self) -> None:
        """R75, D17, D2."""
        for visit in self.rows(Appointment):
            pool = self.session.get_one(Slot, visit.slot_id).pool
            assert (pool == "CONTROL") == (visit.visit_type == "control")
            assert visit.visit_type != "control" or (visit.entry_id is None and visit.origin == "registrar")

    @invariant()
    def d2_every_first_visit_is_in_a_pool_for_its_patient(self) -> None:
        """D2, R24: privileged slots only through the clinic."""
        for visit in self.rows(Appointment, Appointment.visit_type == "first", Appointment.status.in_(ACTIVE)):
            entry, pool = self.session.get_one(Entry, visit.entry_id), self.session.get_one(Slot, visit.slot_id).pool
            by_desk = pool == "FIRST_PRIVILEGED" and visit.origin == "registrar"
            assert by_desk or rules.may_take(pool, entry.category, privileged=entry.privileged)

    @invariant()
    def d1_the_place_is_kept_until_the_third_return(self) -> None:
        """D1, R56: the joining time never changes; the place only by the third return of one's own."""
        for entry in self.rows(Entry):
            assert entry.joined_at == self.joined[entry.id]
            assert entry.queue_at == entry.joined_at or entry.returns >= 3
            assert entry.queue_at >= entry.joined_at

    @invariant()
    def x29_no_notice_is_written_twice(self) -> None:
        """X29: one for each version of a visit, kind and recipient."""
        told = Counter((one.appointment_id, one.visit_version, one.kind, one.address) for one in self.rows(Message))
        assert all(count == 1 for count in told.values())

    @invariant()
    def r100_every_change_is_told(self) -> None:
        """R100, R54: as many notices as changes that a patient must hear of, none missing and none for nothing."""
        heard = ("visit.booked", "visit.assigned", "visit.cancelled", "visit.restored", "visit.changed")
        offered = ("offer.made", "offer.accepted", "offer.declined", "offer.expired")
        changes = self.session.scalar(select(func.count()).where(Event.kind.in_((*heard, *offered))))
        assert len(self.rows(Message, Message.kind != "waiting_room_referral_ended")) == changes

    @invariant()
    def r52_the_public_never_sees_a_slot_before_the_waiting_room(self) -> None:
        """R52: every free first-visit slot was published by placement; whatever was freed since is pending."""
        for slot in self.rows(Slot, Slot.state == "free", Slot.pool != "CONTROL"):
            told = self.rows(Event, Event.slot_id == slot.id, Event.kind.in_(("slot.published", "slot.freed")))
            assert told[-1].kind == "slot.published"

    @invariant()
    def r67_nothing_happens_to_a_visit_after_it_began(self) -> None:
        """R67: no booking, confirmation, cancellation or move at or after the start."""
        acts = ("visit.booked", "visit.confirmed", "visit.cancelled", "visit.changed", "visit.restored", "visit.assigned")
        for event in self.rows(Event, Event.kind.in_(acts)):
            assert self.session.get_one(Slot, event.slot_id).starts_at > event.at

    @invariant()
    def r28_a_visit_is_where_and_when_its_slot_is(self) -> None:
        """R28, X17: copies agree with the slot, and the day is Warsaw's."""
        for visit in self.rows(Appointment):
            slot = self.session.get_one(Slot, visit.slot_id)
            assert (visit.starts_at, visit.ends_at, visit.place_id) == (slot.starts_at, slot.ends_at, slot.place_id)
            assert visit.local_date == slot.local_date == oracle.warsaw_day(slot.starts_at)
            assert self.session.get_one(Place, visit.place_id).provider_id == visit.provider_id


def test_every_invariant_holds_through_random_histories(session_factory: sessionmaker[Session]) -> None:
    """R31 R44 R52 R56 R60-R62 R67 R71 R75 R100, X1-X4 X15 X18 X19 X29, D1 D2 D5 D17, step by step."""
    History.sessions = session_factory
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip


def test_there_are_invariants_enough() -> None:
    """At least twelve named sentences are checked after every step."""
    assert len([name for name in vars(History) if name[0] in "xrd" and name[1].isdigit()]) >= 12
