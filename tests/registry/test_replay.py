"""The replay of the queue against a slow one written for reading, and against the night's own matching (R64, R53, X21).

The oracle knows nothing of lanes, heads or keys: for each slot it goes through everybody in order.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from registry import matching, quantiles, reach, traces
from registry.catalogue import POLICY
from registry.lanes import Queue, in_reach
from registry.matching import Hindrances, Matching
from registry.prospects import first_day
from registry.quantiles import Days
from registry.reach import NightSlot, Reach, Site, Wishes
from registry.replay import UNSERVED, Replay
from registry.rules import queue_rank
from registry.supply import LAST_DAY, NEVER, Coming, Held, Outlook, Rates, Scenario, Session, Slot, Week, past_of
from registry.traces import Trace, at_night, key_of

TODAY = date(2026, 3, 20)  # the clock goes forward nine days later, and back within the supply that is extrapolated
SITES = [Site(1, 52.23, 21.01), Site(2, 52.17, 20.81), Site(3, 54.35, 18.65)]
SECOND = 1_000_000
MIDNIGHT = int(datetime(2026, 3, 19, 23, tzinfo=UTC).timestamp())
EVERY_DAY = 127
SURE = 90  # days within which no future has been given up for being quiet


@dataclass(frozen=True)
class Person:
    number: int
    second: int
    wishes: Wishes


@st.composite
def wishes(draw: st.DrawFn) -> Wishes:
    category = draw(st.sampled_from(("urgent", "stable", "stable")))
    privileged = draw(st.integers(0, 5)) == 0
    first = TODAY + timedelta(days=draw(st.sampled_from((-30, -30, -30, 0, 1, 45, 70))))
    last = draw(st.sampled_from((None, None, None, 5, 60)))
    where = draw(st.sampled_from(("anywhere", "circle", "circle", "named")))
    at = draw(st.sampled_from(SITES))
    return Wishes(
        "CARDIO_FIRST", queue_rank(category, privileged=privileged), category, privileged, first, last and first + timedelta(days=last),
        draw(st.sampled_from((None, None, time(10), time(12, 30)))), draw(st.sampled_from((None, None, time(13), time(15, 20)))),
        draw(st.sampled_from((EVERY_DAY, EVERY_DAY, 31, 1, 18))),
        at.latitude if where == "circle" else None, at.longitude if where == "circle" else None,
        draw(st.sampled_from((0.0, 25.0, 400.0))) if where == "circle" else None,
        frozenset({at.id, draw(st.sampled_from(SITES)).id}) if where == "named" else None,
    )  # fmt: skip


@st.composite
def queues(draw: st.DrawFn, most: int = 12) -> list[Person]:
    """Entries in the order of the queue, no two of one second."""
    seconds = draw(st.lists(st.integers(MIDNIGHT - 10**6, MIDNIGHT - 1), min_size=0, max_size=most, unique=True))
    people = [Person(number, second, draw(wishes())) for number, second in enumerate(seconds, 100)]
    return sorted(people, key=lambda one: (one.wishes.rank, one.second, one.number))


@st.composite
def slots(draw: st.DrawFn, first: int, last: int, most: int = 25) -> list[Slot]:
    """Slots of three schedules, one at each place."""
    rows = draw(st.lists(st.tuples(
        st.integers(first, last), st.sampled_from((540, 600, 750, 800, 925)), st.sampled_from((1, 2, 3)),
        st.sampled_from(("FIRST_URGENT", "FIRST_STABLE", "FIRST_STABLE", "FIRST_PRIVILEGED")),
    ), max_size=most, unique_by=lambda row: row[:3]))  # fmt: skip
    return [Slot(day, minute, schedule, schedule, pool) for day, minute, schedule, pool in rows]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Person], Outlook]:
    """A queue, published slots, ten weeks of past, rates, people to join before others."""
    people = draw(queues())
    published, before = draw(slots(4, 60)), draw(slots(-70, -1, 40))
    until = {schedule: max((one.day for one in published if one.schedule_id == schedule), default=-1) for schedule in (1, 2, 3)}
    sessions: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for one in before:
        sessions.setdefault((one.schedule_id, one.day), []).append((one.minute, one.pool))
    past = past_of((Session(*key, tuple(row)) for key, row in sessions.items()), TODAY, 52, until)
    joined = [{day: [one._replace(date_from=date.min, date_to=None)] for day, one in enumerate(draw(st.lists(wishes(), max_size=3)), 1)
               if one.rank < 3}]  # fmt: skip
    held = [Held(slot, None) for slot in draw(slots(5, 40, 4))]
    rates = draw(st.sampled_from((
        Rates(), Rates(0.4, (4, 9, 20), 0.5, 0.1, 0.0), Rates(0.4, (4, 9, 20), 0.0, 0.0, 0.004), Rates(attrition=0.01),
    )))  # fmt: skip
    return people, Outlook("CARDIO_FIRST", TODAY, 40, published, held, past, {1: 1, 2: 2, 3: 3}, until, joined, rates)


def queue_of(people: list[Person]) -> Queue:
    queue = Queue(TODAY, SITES)
    for one in people:
        queue.add(one.number, one.second * SECOND, queue.seat(one.wishes))
    return queue


# --- the oracle


def suits(wishes: Wishes, place: int, pool: str, day: date, minute: int) -> bool:
    """R29 and D2 as they are written down, in nobody's words but these."""
    site = next(one for one in SITES if one.id == place)
    near = wishes.radius_km is None or reach.kilometres(wishes.latitude or 0.0, wishes.longitude or 0.0, site) <= wishes.radius_km
    named = wishes.place_ids is None or place in wishes.place_ids
    hour = time(minute // 60, minute % 60)
    in_hours = (wishes.hour_from is None or hour >= wishes.hour_from) and (wishes.hour_to is None or hour <= wishes.hour_to)
    in_days = day >= wishes.date_from and (wishes.date_to is None or day <= wishes.date_to)
    right_day = bool(wishes.weekdays & (1 << day.weekday()))
    if pool == "FIRST_URGENT" and wishes.category != "urgent" and not wishes.privileged:
        return False
    if pool == "FIRST_PRIVILEGED" and not wishes.privileged:
        return False
    return near and named and in_hours and in_days and right_day


class Oracle:
    """One future lived slowly: a list of who waits, in order; for each slot everybody is asked in turn."""

    def __init__(self, people: list[Person], outlook: Outlook, number: int) -> None:
        self.scenario, self.own = Scenario(outlook, number), {one.number for one in people}
        self.waiting = [((one.wishes.rank, one.second), one) for one in people]
        self.dates: dict[int, int] = {}
        self.freed: dict[int, list[tuple[Coming, Person | None]]] = {}
        for slot, _ in self.scenario.given_up():
            self.freed.setdefault(slot.freed, []).append((slot, None))

    def live(self, last: int) -> dict[int, int]:
        joined = 10_000
        for today, night in enumerate(self.scenario.nights()):
            if today > last:
                return self.dates
            for slot in night:
                self.give(slot)
            for wishes in self.scenario.joining(today):
                joined += 1
                self.wait(Person(joined, MIDNIGHT + today * 86_400 + joined, wishes))
            for slot, holder in self.freed.pop(today, []):
                self.give(slot._replace(freed=NEVER))
                if holder is not None:
                    self.wait(holder)
        return self.dates

    def wait(self, person: Person) -> None:
        self.waiting.append(((person.wishes.rank, person.second), person))
        self.waiting.sort(key=lambda one: one[0])

    def give(self, slot: Coming) -> None:
        day = TODAY + timedelta(days=slot.day)
        found = next((one for one in self.waiting if suits(one[1].wishes, slot.place_id, slot.pool, day, slot.minute)), None)
        holder = None
        if found is not None:
            self.waiting.remove(found)
            holder = found[1]
            if holder.number in self.own:
                self.dates.setdefault(holder.number, slot.day)
        if slot.freed != NEVER:
            self.freed.setdefault(slot.freed, []).append((slot, holder if slot.returns else None))


@settings(max_examples=40, deadline=None)
@given(world=worlds(), number=st.integers(0, 5))
def test_the_fast_replay_is_the_slow_one_r64(world: tuple[list[Person], Outlook], number: int) -> None:
    """R64, R53: the same days for everybody, whatever the wishes, whoever joins before them, gives visits up and comes back."""
    people, outlook = world
    outlook = _without_attrition(outlook)
    fast = Replay(queue_of(people), outlook, number).play()
    slow = Oracle(people, outlook, number).live(SURE)
    assert {one.number: day for one, day in zip(people, fast.days, strict=True) if 0 <= day <= SURE} == {
        number: day for number, day in slow.items() if day <= SURE
    }


def _without_attrition(outlook: Outlook) -> Outlook:
    rates = outlook.rates
    kept = Rates(rates.given_up, rates.leads, rates.leaves, rates.withdrawn, 0.0)
    return Outlook(outlook.service, outlook.today, outlook.horizon, outlook.published, outlook.held, outlook.past, outlook.places,
                   outlook.published_until, outlook.joined, kept)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(world=worlds(), number=st.integers(0, 5))
def test_a_lookup_gives_the_replays_own_day_r66(world: tuple[list[Person], Outlook], number: int) -> None:
    """R66: for an entry whose wishes have not changed the trace says what the night said, to the day; also for those who come back."""
    people, outlook = world
    played = Replay(queue_of(people), outlook, number).play()
    for one, day in zip(people, played.days, strict=True):
        assert looked_up(played.traces, one) == day


def looked_up(given_there: dict[int, Trace], one: Person) -> int:
    """By the packed traces of the places in reach, or of all together."""
    key = key_of(one.wishes.rank, one.second * SECOND)
    if one.wishes.radius_km is None and one.wishes.place_ids is None:
        there = [traces.anywhere(given_there.values())]
    else:
        there = [trace for site, trace in given_there.items() if in_reach(one.wishes, next(each for each in SITES if each.id == site))]
    return first_day([traces.unpack(trace.pack()) for trace in there], one.wishes, key, TODAY, 0)


@settings(max_examples=40, deadline=None)
@given(world=worlds(), newcomer=wishes(), second=st.integers(MIDNIGHT - 10**6, MIDNIGHT - 1), number=st.integers(0, 5))
def test_a_newcomers_lookup_is_the_replay_with_him_in_it_r49(
    world: tuple[list[Person], Outlook], newcomer: Wishes, second: int, number: int
) -> None:
    """R49, R66: joining, or other wishes in the old place, is answered as if the futures had been played again with that entry."""
    people, outlook = world
    one = Person(99_999, second, newcomer)
    if any(other.second == second for other in people):
        return
    before = Replay(queue_of(people), outlook, number).play()
    everybody = sorted([*people, one], key=lambda each: (each.wishes.rank, each.second, each.number))
    after = Replay(queue_of(everybody), outlook, number).play()
    with_him = after.days[everybody.index(one)]
    found = looked_up(before.traces, one)
    last = max((len(trace) and max(trace.days) for trace in before.traces.values()), default=0)
    assert found == with_him or (found == UNSERVED and with_him > last)  # the futures may end sooner without him


@settings(max_examples=40, deadline=None)
@given(people=queues(), tonight=slots(4, 40))
def test_the_first_night_is_the_nights_own_matching_x21(people: list[Person], tonight: list[Slot]) -> None:
    """X21, R64: one rule. What the forecast gives tonight is what `matching` gives tonight."""
    outlook = Outlook("CARDIO_FIRST", TODAY, 40, tonight)
    played = Replay(queue_of(people), outlook, 0).play()
    assert {one.number: day for one, day in zip(people, played.days, strict=True) if day != UNSERVED} == _matched(people, tonight)


def _matched(people: list[Person], tonight: list[Slot]) -> dict[int, int]:
    now = datetime(2026, 3, 19, 23, 5, tzinfo=UTC)
    ordered = sorted(tonight, key=lambda one: (one.day, one.minute, one.schedule_id))
    night = []
    for number, one in enumerate(ordered):
        day = TODAY + timedelta(days=one.day)
        hour = time(one.minute // 60, one.minute % 60)
        starts = datetime.combine(day, hour, UTC)
        night.append(NightSlot(number, starts, starts + timedelta(minutes=20), "CARDIO_FIRST", one.pool, one.place_id, day, hour, 0))
    queue = matching.Queue(Reach(night, SITES, in_reach))
    entries = []
    for one in people:
        shelf, stops = queue.shelf(one.wishes), queue.stops(one.wishes)
        if shelf is not None and stops:
            for place in stops:
                shelf[place].entries.append(len(queue))
            queue.add(one.number, one.number, 0, one.second * SECOND, b"sms", one.wishes.rank)
            entries.append(one.number)
    decide = Matching(queue, Hindrances(), now, POLICY)
    decided = [decide.decide(slot) for slot in night]
    return {entries[one.entry]: (one.slot.day - TODAY).days for one in decided if one.entry is not None}


# --- edges


def one_place(published: list[Slot], past: dict[int, list[Week]] | None = None, until: int = 0) -> Outlook:
    return Outlook("CARDIO_FIRST", TODAY, 40, published, (), past or {}, {1: 1}, {1: until})


def anyone(second: int = 0, **more: object) -> Person:
    plain = Wishes("CARDIO_FIRST", 3, "stable", False, date(2026, 1, 1), None, None, None, EVERY_DAY, None, None, None, None)
    return Person(1000 + second, MIDNIGHT - 10_000 + second, plain._replace(**more))


def test_an_empty_queue_leaves_everything_free_r64() -> None:
    played = Replay(queue_of([]), one_place([Slot(50, 540, 1, 1, "FIRST_STABLE")]), 0).play()
    assert list(played.days) == []
    assert [one.key for one in played.traces[1]] == [traces.FREE]


def test_without_supply_nobody_gets_a_day_r64() -> None:
    assert list(Replay(queue_of([anyone()]), one_place([]), 0).play().days) == [UNSERVED]


def test_who_would_be_served_tonight_is_told_the_day_of_that_visit_r64() -> None:
    assert list(Replay(queue_of([anyone()]), one_place([Slot(12, 540, 1, 1, "FIRST_STABLE")]), 0).play().days) == [12]


def test_day_forty_is_given_tonight_and_day_41_tomorrow_r31() -> None:
    """R31: the order of the nights is the order of the days, whatever the hour."""
    outlook = one_place([Slot(41, 540, 1, 1, "FIRST_STABLE"), Slot(40, 900, 1, 1, "FIRST_STABLE")])
    played = Replay(queue_of([anyone(1), anyone(2)]), outlook, 0).play()
    assert list(played.days) == [40, 41]
    assert [(one.given, one.day) for one in played.traces[1]] == [(at_night(0), 40), (at_night(1), 41)]


def test_extrapolation_keeps_the_wall_clock_across_both_clock_changes_x17() -> None:
    """X17: nine in the morning stays nine on the days after 29 March and after 25 October."""
    week: Week = dict.fromkeys(range(1, 6), ((540, "FIRST_STABLE"),))
    played = Replay(queue_of([anyone(number) for number in range(170)]), one_place([], {1: [week] * 10}), 0).play()
    there = played.traces[1]
    assert set(there.minutes) == {540}
    assert max(there.days) > (date(2026, 10, 26) - TODAY).days


def test_public_holidays_have_no_extrapolated_slots() -> None:
    week: Week = dict.fromkeys(range(1, 8), ((540, "FIRST_STABLE"),))
    played = Replay(queue_of([anyone(number) for number in range(60)]), one_place([], {1: [week] * 10}), 0).play()
    days = {TODAY + timedelta(days=day) for day in played.traces[1].days}
    assert date(2026, 5, 2) in days
    assert not days & {date(2026, 5, 1), date(2026, 5, 3), date(2026, 6, 4)}


def test_urgent_patients_to_come_stand_before_stable_ones_who_wait_r64() -> None:
    """R64: an inflow of urgent patients makes the stable ones' dates later."""
    week: Week = dict.fromkeys(range(1, 6), ((540, "FIRST_STABLE"),))
    quiet = one_place([], {1: [week] * 10})
    urgent = anyone().wishes._replace(rank=2, category="urgent", date_from=date.min)
    busy = Outlook("CARDIO_FIRST", TODAY, 40, (), (), quiet.past, {1: 1}, {1: 0}, [{2: [urgent], 4: [urgent]}])
    people = [anyone(number) for number in range(30)]
    calm, pressed = (Replay(queue_of(people), one, 3).play().days for one in (quiet, busy))
    assert all(a <= b for a, b in zip(calm, pressed, strict=True))
    assert calm[-1] < pressed[-1]


def test_who_leaves_makes_others_earlier_and_keeps_a_date_of_his_own_r64() -> None:
    week: Week = dict.fromkeys(range(1, 6), ((540, "FIRST_STABLE"),))
    still = one_place([], {1: [week] * 10})
    leaving = Outlook("CARDIO_FIRST", TODAY, 40, (), (), still.past, {1: 1}, {1: 0}, (), Rates(attrition=0.02))
    people = [anyone(number) for number in range(60)]
    stay, leave = (Replay(queue_of(people), one, 3).play().days for one in (still, leaving))
    assert leave[-1] < stay[-1]
    assert UNSERVED not in leave


def test_the_same_future_is_the_same_twice_r64() -> None:
    week: Week = dict.fromkeys(range(1, 6), ((540, "FIRST_STABLE"), (560, "FIRST_STABLE")))
    outlook = Outlook("CARDIO_FIRST", TODAY, 40, (), (), {1: [week, {}] * 10}, {1: 1}, {1: 0}, (), Rates(0.3, (4, 9), 0.5, 0.1, 0.01))
    queue = queue_of([anyone(number) for number in range(80)])
    first, again, other = (Replay(queue, outlook, number).play().days for number in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_schedule_that_has_ended_is_not_extrapolated() -> None:
    ended = [Session(1, day, ((540, "FIRST_STABLE"),)) for day in range(-200, -60)]
    going_on = [Session(2, day, ((540, "FIRST_STABLE"),)) for day in range(-200, 0)]
    assert set(past_of([*ended, *going_on], TODAY, 52, {1: -61, 2: -1})) == {2}


def test_the_two_dates_are_quantiles_of_the_futures_r64() -> None:
    told = quantiles.told([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60], LAST_DAY)
    assert told is not None
    assert told.p50 == 55
    assert told.p90 >= 59
    assert quantiles.told([UNSERVED] * 6 + [50] * 5, LAST_DAY) is None
    assert quantiles.told([60], LAST_DAY) == Days(60, quantiles.told([60], LAST_DAY).p90)  # type: ignore[union-attr]  # it is told
