"""What must hold in the registry at every moment, whatever came before: named sentences over one look at the whole database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.appointments import Appointment
from registry.communications import Message
from registry.events import Event
from registry.schedules import Slot
from registry.waiting_room import Entry
from tests.registry import oracle

HOUR = timedelta(hours=1)
TOLD = (
    "visit.booked", "visit.assigned", "visit.cancelled", "visit.restored", "visit.changed",
    "offer.made", "offer.accepted", "offer.declined", "offer.expired",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Every row, by its number."""

    visits: dict[int, Appointment]
    slots: dict[int, Slot]
    entries: dict[int, Entry]
    events: dict[int, Event]
    messages: dict[int, Message]

    @classmethod
    def look(cls, session: Session) -> World:
        """The database as it is now."""

        def rows(table: Any) -> dict[int, Any]:
            query = select(table).order_by(table.id).execution_options(populate_existing=True)
            return {row.id: row for row in session.scalars(query)}

        return cls(rows(Appointment), rows(Slot), rows(Entry), rows(Event), rows(Message))

    @property
    def holding(self) -> list[Appointment]:
        """The visits and offers that hold a slot."""
        return [one for one in self.visits.values() if one.status in ("proposed", "booked", "cancelling")]

    def told(self, *kinds: str) -> list[Event]:
        """The events of these kinds, oldest first."""
        return [one for one in self.events.values() if one.kind in kinds]

    def lead(self, event: Event) -> timedelta:
        """How long before its visit an event happened."""
        return self.slots[event.slot_id or 0].starts_at - event.at


def unique(things: Iterable[Hashable]) -> bool:
    return all(count == 1 for count in Counter(things).values())


def x1_no_slot_has_two_holders(world: World) -> bool:
    """X1."""
    return unique(one.slot_id for one in world.holding)


def x1_a_slot_is_taken_exactly_while_somebody_holds_it(world: World) -> bool:
    """X1, R71."""
    return {one.id for one in world.slots.values() if one.state == "taken"} == {one.slot_id for one in world.holding}


def x2_a_referral_has_one_claim(world: World) -> bool:
    """X2: one open entry, and at most one visit or offer, and that one through the entry."""
    claims = [one.referral_id for one in world.entries.values() if one.state != "closed"]
    visits = [one.referral_id for one in world.holding if one.referral_id]
    return unique(claims) and unique(visits) and set(visits) <= set(claims)


def x2_a_place_in_the_queue_agrees_with_its_visit(world: World) -> bool:
    """X2: offered with an open offer, booked with a visit that stands or is being cancelled, waiting or closed without."""
    holding = {one.entry_id: one.status for one in world.holding if one.entry_id}
    expected = {"proposed": ("offered",), "booked": ("booked",), "cancelling": ("booked",), None: ("waiting", "closed")}
    return all(entry.state in expected[holding.get(entry.id)] for entry in world.entries.values())


def x3_nobody_has_two_first_visits_of_a_service(world: World) -> bool:
    """X3."""
    return unique((one.patient_id, one.service) for one in world.holding if one.visit_type == "first")


def x4_nobody_is_at_two_places_at_once(world: World) -> bool:
    """X4."""
    pairs = [(one, other) for one in world.holding for other in world.holding if one.id < other.id and one.patient_id == other.patient_id]
    return not any(one.starts_at < other.ends_at and other.starts_at < one.ends_at for one, other in pairs)


def r60_nothing_is_assigned_at_72_hours_or_less(world: World) -> bool:
    """R60, X15."""
    return all(world.lead(event) > 72 * HOUR for event in world.told("visit.assigned"))


def r61_nothing_is_proposed_outside_72_to_48_hours(world: World) -> bool:
    """R61."""
    return all(48 * HOUR <= world.lead(event) <= 72 * HOUR for event in world.told("offer.made"))


def r62_nothing_is_given_from_the_waiting_room_below_48_hours(world: World) -> bool:
    """R62: an accepted offer was accepted before the mark too."""
    return all(world.lead(event) >= 48 * HOUR for event in world.told("visit.assigned", "offer.accepted"))


def d5_no_offer_reaches_into_the_last_48_hours(world: World) -> bool:
    """D5, R61."""
    ending = [one for one in world.visits.values() if one.expires_at is not None]
    return all(one.booked_at < one.expires_at <= one.starts_at - 48 * HOUR for one in ending if one.expires_at)


def r31_no_first_visit_lies_beyond_day_40_when_it_is_made(world: World) -> bool:
    """R31."""

    def inside(event: Event) -> bool:
        visit, slot = world.visits[event.appointment_id or 0], world.slots[event.slot_id or 0]
        return visit.visit_type == "control" or slot.local_date <= oracle.last_open_day(event.at)

    return all(inside(event) for event in world.told("visit.booked", "visit.changed", "visit.assigned", "offer.made"))


def x18_nobody_gets_back_what_he_gave_up(world: World) -> bool:
    """X18: under one version of the wishes the waiting room gives a slot to a place in the queue at most once."""
    given = world.told("visit.assigned", "offer.made")
    wishes = [world.visits[event.appointment_id or 0].criteria_version for event in given]
    return unique((event.entry_id, event.slot_id, version) for event, version in zip(given, wishes, strict=True))


def x19_a_patient_has_one_open_offer(world: World) -> bool:
    """X19."""
    return unique(one.patient_id for one in world.visits.values() if one.status == "proposed")


def d17_control_slots_never_go_through_the_waiting_room(world: World) -> bool:
    """R75, D17, D2."""
    control = [one for one in world.visits.values() if world.slots[one.slot_id].pool == "CONTROL"]
    through_the_clinic = all(one.entry_id is None and one.origin == "registrar" for one in control)
    return through_the_clinic and control == [one for one in world.visits.values() if one.visit_type == "control"]


def d2_every_first_visit_is_in_a_pool_for_its_patient(world: World) -> bool:
    """D2, R24: privileged slots only by entitlement or through the clinic."""

    def allowed(visit: Appointment) -> bool:
        entry, pool = world.entries[visit.entry_id or 0], world.slots[visit.slot_id].pool
        by_desk = pool == "FIRST_PRIVILEGED" and visit.origin == "registrar"
        who = "privileged" if entry.privileged else entry.category
        return by_desk or pool in oracle.POOLS_FOR[who]

    return all(allowed(visit) for visit in world.holding if visit.visit_type == "first")


def d1_the_place_is_kept_until_the_third_return(world: World) -> bool:
    """D1, R56: counted from the visits that were given up, not from the entry's own count."""

    def kept(entry: Entry) -> bool:
        given_up = [one for one in world.visits.values() if one.entry_id == entry.id and one.status == "cancelled"]
        own = sum(one.cancel_reason != "clinic" for one in given_up)
        joined = min(event.at for event in world.events.values() if event.entry_id == entry.id)
        return entry.joined_at == joined and (entry.queue_at == joined or own >= 3)

    return all(kept(entry) for entry in world.entries.values())


def x29_no_notice_is_written_twice(world: World) -> bool:
    """X29: one for each version of a visit, kind and recipient."""
    return unique((one.appointment_id, one.visit_version, one.kind, one.address) for one in world.messages.values())


def r100_every_change_is_told(world: World) -> bool:
    """R100, R54: for each visit as many notices as changes that its patient must hear of."""
    notices = Counter(one.appointment_id for one in world.messages.values() if one.kind != "waiting_room_referral_ended")
    return notices == Counter(event.appointment_id for event in world.told(*TOLD))


def r52_the_public_never_sees_a_slot_before_the_waiting_room(world: World) -> bool:
    """R52: what is free was published after it was last freed."""
    last = {event.slot_id: event.kind for event in world.told("slot.published", "slot.freed")}
    free = [one for one in world.slots.values() if one.state == "free" and one.pool != "CONTROL"]
    return all(last.get(one.id) == "slot.published" for one in free)


def r67_nothing_happens_to_a_visit_after_it_began(world: World) -> bool:
    """R67: no booking, confirmation, cancellation, return or move at or after the start."""
    acts = ("visit.booked", "visit.confirmed", "visit.cancelled", "visit.changed", "visit.restored", "visit.assigned")
    return all(world.lead(event) > timedelta(0) for event in world.told(*acts))


def r28_a_visit_is_where_and_when_its_slot_is(world: World) -> bool:
    """R28, X17: the visit's copies agree with the slot, and its day is Warsaw's."""

    def agrees(visit: Appointment) -> bool:
        slot = world.slots[visit.slot_id]
        when = (visit.starts_at, visit.ends_at) == (slot.starts_at, slot.ends_at)
        where = (visit.place_id, visit.provider_id) == (slot.place_id, slot.provider_id)
        return when and where and visit.local_date == slot.local_date == oracle.warsaw_day(slot.starts_at)

    return all(agrees(visit) for visit in world.visits.values())


SENTENCES: tuple[Callable[[World], bool], ...] = tuple(
    thing for name, thing in list(globals().items()) if name[0] in "xrd" and name[1:2].isdigit()
)


def broken(world: World) -> list[str]:
    """The names of the sentences that do not hold."""
    return [sentence.__name__ for sentence in SENTENCES if not sentence(world)]
