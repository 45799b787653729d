"""The queue played through one future of its service: who gets which visit, and when (R64).

The order and the conditions are the night's own (`matching`): entries of one class that mean the same for every week share a lane at
each place in reach, and a slot goes to the lowest entry at the head of the lanes that it suits. What concerns single visits, another
appointment at that hour or a slot given up before, is left out: it moves nobody's date.
"""

from array import array
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from typing import Final

from registry.catalogue import matrix
from registry.lanes import Kind, Lane, Queue, Seat
from registry.reach import Wishes
from registry.rules import WARSAW, may_take
from registry.supply import LAST_DAY, NEVER, Coming, Outlook, Scenario
from registry.traces import FREE, MICROSECONDS, Trace, at_night, by_day, key_of

QUIET_DAYS: Final = 90  # a future ends when nobody who waits today has got anything for so long
NOBODY: Final = 1 << 62
UNSERVED: Final = -1
A_DAY: Final = 86_400 * MICROSECONDS


def _allows(dates: tuple[int, int] | None, day: int) -> bool:
    return dates is None or dates[0] <= day <= dates[1]


@dataclass(slots=True)
class Played:
    """One future's outcome: the day of the visit for each entry of the queue (UNSERVED without one), and what each place gave."""

    days: "array[int]"
    traces: dict[int, Trace]


class Replay:
    """One queue through one future."""

    def __init__(self, queue: Queue, outlook: Outlook, number: int) -> None:
        self._queue, self._outlook = queue, outlook
        self._scenario = Scenario(outlook, number)
        self._seed = (number + 1) * 0x9E3779B97F4A7C15
        self._taken = bytearray(len(queue))
        self._days = array("h", [UNSERVED]) * len(queue)
        self._traces: dict[int, Trace] = {}
        # Every lane must be there before places gather theirs.
        self._seats = {wishes: queue.seat(wishes) for week in outlook.joined for day in week.values() for wishes in day}
        self._open: dict[tuple[int, str, int, tuple[int, int]], list[list[Lane]]] = {}
        self._shared: dict[tuple[int, str, int, int], list[list[Lane]]] = {}
        days = (outlook.today + timedelta(days=day) for day in range(LAST_DAY + outlook.horizon + 1))
        self._kinds_of_day = [(day.isoweekday(), matrix(outlook.service, day).version) for day in days]
        self._freed: dict[int, list[tuple[Coming, int | None]]] = {}
        self._joined: list[tuple[int, Seat]] = []  # those who join in this future: place in the queue, lanes
        self._midnight = int(datetime.combine(outlook.today, time(), WARSAW).timestamp()) * MICROSECONDS
        self._left = len(queue) - len(queue.asleep)
        self._today = 0

    def play(self) -> Played:
        """Night after night until nobody gets anything more."""
        try:
            for index in self._queue.asleep:
                self._taken[index] = 1
            for slot, entry in self._scenario.given_up():
                self._freed.setdefault(slot.freed, []).append((slot, entry))
            self._go()
        finally:
            self._clear()
        return Played(self._days, self._traces)

    def _go(self) -> None:
        last = 0
        for today, night in enumerate(self._scenario.nights()):
            self._today, before = today, self._left
            for slot in night:
                self._give(slot, at_night(today))
            for wishes in self._scenario.joining(today):
                self._join(wishes, today)
            for slot, entry in self._freed.pop(today, ()):
                self._give(slot._replace(freed=NEVER), by_day(today))
                self._wait_again(entry)
            if self._left != before:
                last = today
            if today > max(last, self._queue.latest_start) + QUIET_DAYS:
                break

    def _give(self, slot: Coming, given: int) -> None:
        """To the first of the queue whom it suits; those who have left by now are passed over, with the date that they would have had."""
        winner = self._first(slot)
        while winner != NOBODY and self._gone(winner):
            self._got(winner, slot)
            winner = self._first(slot)
        if winner != NOBODY:
            self._got(winner, slot)
        if slot.freed != NEVER:
            self._freed.setdefault(slot.freed, []).append((slot, winner if slot.returns and winner != NOBODY else None))
        self._trace(slot.place_id).add(given, slot.day, slot.minute, slot.pool, self._key(winner))

    def _first(self, slot: Coming) -> int:
        """The index of the first of the queue whom the slot suits; NOBODY. Ranks come in order: the first with anybody decides."""
        taken, spot = self._taken, (slot.place_id, slot.pool, slot.minute, self._kinds_of_day[slot.day])
        if spot not in self._open:
            self._open[spot] = self._lanes(slot)
        for lanes in self._open[spot]:
            best = NOBODY
            for lane in lanes:
                entries, head = lane.entries, lane.head
                end = len(entries)
                while head < end and taken[entries[head]]:
                    head += 1
                lane.head = head
                if head < end and entries[head] < best:
                    best = self._first_dated(lane, slot.day, best) if lane.kind.dated else entries[head]
                if lane.back:
                    best = min(best, self._first_back(lane, slot.day))
            if best != NOBODY:
                return best
        return NOBODY

    def _first_dated(self, lane: Lane, day: int, best: int) -> int:
        """The first of a lane whose own first and last day allow this day, if it comes before `best`, else `best`."""
        entries, taken, dates = lane.entries, self._taken, self._queue.dates
        for at in range(lane.head, len(entries)):
            index = entries[at]
            if index >= best:
                break
            first, last = dates[index]
            if first <= day <= last and not taken[index]:
                return index
        return best

    def _first_back(self, lane: Lane, day: int) -> int:
        while lane.back and self._taken[lane.back[0]]:
            heappop(lane.back)
        dates = self._queue.dates
        return min((one for one in lane.back if not self._taken[one] and _allows(dates.get(one), day)), default=NOBODY)

    def _lanes(self, slot: Coming) -> list[list[Lane]]:
        """The lanes that may take such a slot at this place and hour, by class (D2, D3); the matrix is the day's (X25).

        Spots with the same answer share it: there are few patterns of hours.
        """
        day = self._queue.today + timedelta(days=slot.day)
        key = (slot.place_id, slot.pool, self._queue.patterns.mask(day, slot.minute), self._kinds_of_day[slot.day][1])
        if key not in self._shared:
            lanes = [lane for place in (slot.place_id, None) for lane in self._queue.lanes.get(place, {}).values()]
            fit = [lane for lane in lanes if lane.kind.pattern & key[2] and self._may_take(lane.kind, slot.pool, day)]
            ranks = sorted({lane.kind.rank for lane in fit})
            self._shared[key] = [[lane for lane in fit if lane.kind.rank == rank] for rank in ranks]
        return self._shared[key]

    def _may_take(self, kind: Kind, pool: str, day: date) -> bool:
        return may_take(self._outlook.service, day, pool, kind.category, privileged=kind.privileged)

    def _got(self, winner: int, slot: Coming) -> None:
        self._taken[winner] = 1
        if winner < len(self._days) and self._days[winner] == UNSERVED and winner not in self._queue.asleep:
            self._days[winner] = slot.day
            self._left -= 1

    def _gone(self, index: int) -> bool:
        """Whether this entry has left the queue by now in this future: a matter of its number alone, whoever else waits."""
        if index >= len(self._days):
            return False
        mixed = (self._queue.entry_ids[index] * 0xBF58476D1CE4E5B9 + self._seed) & 0xFFFFFFFFFFFFFFFF
        mixed = ((mixed ^ (mixed >> 30)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
        stays = (1.0 - self._outlook.rates.attrition) ** self._today
        return (mixed ^ (mixed >> 31)) / 2**64 >= stays

    def _join(self, wishes: Wishes, today: int) -> None:
        """One who joins in this future stands behind those of his class who are there, and before others (R53)."""
        index = len(self._taken)
        self._taken.append(0)
        seat = self._seats[wishes]
        self._joined.append((key_of(wishes.rank, self._midnight + today * A_DAY), seat))
        for lane in seat.lanes:
            lane.entries.append(index)

    def _wait_again(self, entry: int | None) -> None:
        """The patient of a visit given up stands where he stood before (D1, R56)."""
        if entry is None or not self._taken[entry]:
            return
        self._taken[entry] = 0
        seat = self._queue.seats[entry] if entry < len(self._queue) else self._joined[entry - len(self._queue)][1]
        for lane in seat.lanes:
            heappush(lane.back, entry)

    def _key(self, index: int) -> int:
        own = len(self._queue)
        if index == NOBODY:
            return FREE
        return key_of(self._queue.seats[index].wishes.rank, self._queue.queue_at[index]) if index < own else self._joined[index - own][0]

    def _trace(self, place_id: int) -> Trace:
        if place_id not in self._traces:
            self._traces[place_id] = Trace()
        return self._traces[place_id]

    def _clear(self) -> None:
        """Leave the queue as it was for the next future."""
        for shelf in self._queue.lanes.values():
            for lane in shelf.values():
                del lane.entries[lane.own :]
                lane.head = 0
                lane.back.clear()
