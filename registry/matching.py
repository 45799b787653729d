"""Who gets which slot of a whole night, decided in memory: slot after slot, the first of the queue whom it suits.

It is allocation's rule over a snapshot. Wishes that mean the same for the slots of this night share a lane: the instants that they
accept are the bits of a number, the places that they reach are found once, so a slot looks only at the heads of some lanes.
"""

from array import array
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from registry.catalogue import Policy, matrix
from registry.reach import NightSlot, Reach, Wishes
from registry.rules import Placement, may_take, offer_deadline, placement

if TYPE_CHECKING:  # the tables stay out of here: the waiting room itself asks for estimates by these rules
    from registry.decisions import Outcome


class Order(NamedTuple):
    """The place in the queue (D3); `queue_at` in microseconds since 1970 UTC."""

    rank: int
    queue_at: int
    entry_id: int


class Decision(NamedTuple):
    """What becomes of a slot: to which entry (its index in the queue) it goes, and until when an offer lives."""

    slot: NightSlot
    verdict: Placement
    outcome: "Outcome"
    entry: int | None = None
    expires_at: datetime | None = None


@dataclass(slots=True)
class Lane:
    """Waiting entries, first of the queue first, that mean the same for this night: one class, the same instants, one place."""

    rank: int
    category: str
    privileged: bool
    instants: int
    entries: "array[int]" = field(default_factory=lambda: array("i"))
    head: int = 0


Kind = tuple[str, int, str, bool, int]  # service, rank, category, privileged, instants


class Shelf(dict[int | None, Lane]):
    """The lanes of one kind of entries, by place; None is for those who go to any place."""

    def __init__(self, kind: Kind, lanes: "Lanes") -> None:
        super().__init__()
        self._kind, self._lanes = kind, lanes

    def __missing__(self, place_id: int | None) -> Lane:
        service, rank, category, privileged, instants = self._kind
        lane = self[place_id] = Lane(rank, category, privileged, instants)
        self._lanes.setdefault((service, place_id), []).append(lane)
        return lane


Lanes = dict[tuple[str, int | None], list[Lane]]


class Queue:
    """The waiting entries of a snapshot in the order of the queue, spread over lanes. Entries are indices into its columns."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.entry_ids, self.patient_ids, self.queue_at = array("q"), array("q"), array("q")
        self.seen, self.ranks = array("q"), array("b")
        self.channels: list[bytes] = []
        self.lanes: Lanes = {}
        self._shelves: dict[Kind, Shelf] = {}

    def __len__(self) -> int:
        return len(self.entry_ids)

    def add(self, entry_id: int, patient_id: int, seen: int, queue_at: int, channel: bytes, rank: int) -> None:
        """The next entry's columns; its index is the count of those before."""
        self.entry_ids.append(entry_id)
        self.patient_ids.append(patient_id)
        self.seen.append(seen)
        self.queue_at.append(queue_at)
        self.channels.append(channel)
        self.ranks.append(rank)

    def shelf(self, wishes: Wishes) -> Shelf | None:
        """Where entries of this class with these days and hours stand; None when no instant of this night suits them."""
        instants = self.reach.instants(wishes)
        kind = (wishes.service, wishes.rank, wishes.category, wishes.privileged, instants)
        if instants and kind not in self._shelves:
            self._shelves[kind] = Shelf(kind, self.lanes)
        return self._shelves.get(kind)

    def stops(self, wishes: Wishes) -> tuple[int | None, ...]:
        """The lanes of a shelf that these wishes stand in: one for each place in reach, or the one for all places."""
        places = self.reach.places(wishes)
        return (None,) if places is None else tuple(sorted(places))

    def order(self, index: int) -> Order:
        """The place of an entry in the queue."""
        return Order(self.ranks[index], self.queue_at[index], self.entry_ids[index])


@dataclass(slots=True)
class Hindrances:
    """What keeps single patients from single slots: other visits (X4), an open offer (X19), slots given up before (X18)."""

    visits: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    offers: set[int] = field(default_factory=set)
    refused: set[tuple[int, int]] = field(default_factory=set)


class Matching:
    """The greedy pass over the slots of a night; call `decide` for each slot in order."""

    def __init__(self, queue: Queue, hindrances: Hindrances, now: datetime, policy: Policy) -> None:
        self._queue, self._hindrances, self._now, self._policy = queue, hindrances, now, policy
        self._taken = bytearray(len(queue))
        self._open: dict[tuple[str, int, str, int], list[list[Lane]]] = {}

    def decide(self, slot: NightSlot) -> Decision:
        """What becomes of this slot after those decided before (R60-R62, R53)."""
        verdict = placement(slot.starts_at, self._now, self._policy)
        if verdict in ("publish", "lost"):
            return Decision(slot, verdict, "lost" if verdict == "lost" else "published")
        first = self._first(slot)
        if first is None:
            return Decision(slot, verdict, "published")
        if verdict == "assign":
            return self._give(Decision(slot, verdict, "assigned", first), first)
        hours = self._policy.hours(self._queue.channels[first].decode())
        deadline = offer_deadline(self._now, slot.starts_at, hours, self._policy)
        if deadline is None:
            return Decision(slot, verdict, "published")
        return self._give(Decision(slot, verdict, "offered", first, deadline), first)

    def _give(self, given: Decision, index: int) -> Decision:
        slot = given.slot
        self._taken[index] = 1
        patient = self._queue.patient_ids[index]
        self._hindrances.visits.setdefault(patient, []).append((slot.starts_at, slot.ends_at))
        if given.outcome == "offered":
            self._hindrances.offers.add(patient)
        return given

    def _first(self, slot: NightSlot) -> int | None:
        """The first of the queue who may have the slot. Ranks come in order, so the first rank with anybody decides."""
        instant = 1 << self.instant(slot)
        for lanes in self._lanes(slot):
            best: int | None = None
            for lane in lanes:
                if lane.instants & instant:
                    best = self._better(lane, slot, best)
            if best is not None:
                return best
        return None

    def instant(self, slot: NightSlot) -> int:
        """The bit of the slot's day and hour."""
        return self._queue.reach.bits[slot.day, slot.hour]

    def _lanes(self, slot: NightSlot) -> list[list[Lane]]:
        """The lanes that may take this pool at this place, by rank."""
        key = (slot.service, slot.place_id, slot.pool, matrix(slot.service, slot.day).version)
        if key not in self._open:
            lanes = [lane for place in (slot.place_id, None) for lane in self._queue.lanes.get((slot.service, place), ())]
            fit = [
                lane for lane in lanes if may_take(slot.service, slot.day, slot.pool, lane.category, privileged=lane.privileged)
            ]
            ranks = sorted({lane.rank for lane in fit})
            self._open[key] = [[lane for lane in fit if lane.rank == rank] for rank in ranks]
        return self._open[key]

    def _better(self, lane: Lane, slot: NightSlot, best: int | None) -> int | None:
        """The lane's first entry for this slot if it comes before `best`, else `best`."""
        entries, taken, at, end = lane.entries, self._taken, lane.head, len(lane.entries)
        while at < end and taken[entries[at]]:
            at += 1
        lane.head = at
        while at < end and (best is None or entries[at] < best):
            if not taken[entries[at]] and not self._hindered(entries[at], slot):
                return entries[at]
            at += 1
        return best

    def _hindered(self, index: int, slot: NightSlot) -> bool:
        hindrances, patient = self._hindrances, self._queue.patient_ids[index]
        if patient in hindrances.offers or (self._queue.entry_ids[index], slot.id) in hindrances.refused:
            return True
        visits = hindrances.visits.get(patient)
        return visits is not None and _clash(visits, slot, self._policy.travel_margin)


def _clash(visits: list[tuple[datetime, datetime]], slot: NightSlot, margin: timedelta) -> bool:
    return any(begins < slot.ends_at + margin and ends > slot.starts_at - margin for begins, ends in visits)
