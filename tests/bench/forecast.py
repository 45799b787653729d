"""Does the estimated date hold? `python -m tests.bench.forecast`: services of invented countries, forecast on a day, then lived on.

What the forecast is told is what a database would hold on that day. Seeds below 1000 and from 4000 to 5009 were used for choosing the
forecast's figures (`quantiles`, `supply`), the report is made on others. All who wait in one country share its fate: ten seeds are ten
countries a service, and the share of one service is no better known than that. Figures to stdout as one JSON object, progress to stderr.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import mean
from time import perf_counter
from typing import Any

from registry import quantiles
from registry.catalogue import SERVICES
from registry.lanes import Queue
from registry.reach import Site, Wishes
from registry.replay import Replay
from registry.supply import LAST_DAY, Held, Outlook, Rates, Session, Slot, past_of, turnover
from tests.bench.invented import BEGIN, HORIZON, Person, Service

NAMES = tuple(code for code, one in SERVICES.items() if one.waiting_room)
CUTS = (390, 500)
END = 960
HISTORY_WEEKS = 52
LOOK_BACK = 182


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


# --- what a database would say on that day


def wishes_of(person: Person, *, window: bool = True) -> Wishes:
    minute = lambda value: None if value is None else time(value // 60, value % 60)  # noqa: E731
    round_here = person.radius is not None
    return Wishes(
        "", person.rank, person.category, person.privileged,
        BEGIN + timedelta(days=person.day_from) if window else date.min,
        BEGIN + timedelta(days=person.day_to) if window and person.day_to is not None else None,
        minute(person.minute_from), minute(person.minute_to), sum(1 << (day - 1) for day in person.weekdays),
        person.home[0] if round_here else None, person.home[1] if round_here else None, person.radius, person.named,
    )  # fmt: skip


def queue_at(person: Person) -> int:
    joined = datetime.combine(BEGIN + timedelta(days=person.joined), time(), UTC)
    return (int(joined.timestamp()) + person.second) * 1_000_000


def seen(service: Service) -> tuple[Queue, Outlook, list[Person]]:
    """The queue and the outlook of a service on its present day, and who waits, in order."""
    day, today = service.day, BEGIN + timedelta(days=service.day)
    ahead = (one for later in range(day, day + HORIZON + 1) for one in service.by_day.get(later, ()))
    upcoming = {one.holder: one for one in ahead if one.holder is not None}
    there = sorted((one for one in service.people if one.state == "waiting" or one.number in upcoming), key=lambda one: one.order)
    queue = Queue(today, [Site(number, *at) for number, at in enumerate(service.places)])
    index = {}
    for person in there:
        index[person.number] = len(queue)
        queue.add(person.number, queue_at(person), queue.seat(wishes_of(person)), asleep=person.state != "waiting")

    def slot(one: Any) -> Slot:
        return Slot(one.day - day, one.minute, one.doctor, one.place, one.pool)

    until: dict[int, int] = {}
    for one in service.slots:
        until[one.doctor] = max(until.get(one.doctor, -10_000), one.day - day)
    sessions: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for one in service.slots:
        if one.day < day and one.state != "withdrawn":
            sessions.setdefault((one.doctor, one.day - day), []).append((one.minute, one.pool))
    past = past_of((Session(*key, tuple(slots)) for key, slots in sessions.items()), today, HISTORY_WEEKS, until)
    outlook = Outlook(
        service.name, today, HORIZON,
        published=[slot(one) for one in service.slots if one.state == "pending" and one.day >= day + 4],
        held=[Held(slot(one), index[number]) for number, one in upcoming.items()],
        past=past, places={one.number: one.place for one in service.doctors},
        published_until=until, joined=_joined(service), rates=_rates(service, until),
    )  # fmt: skip
    return queue, outlook, there


def _joined(service: Service) -> list[dict[int, list[Wishes]]]:
    weeks: list[dict[int, list[Wishes]]] = [{} for _ in range(min(HISTORY_WEEKS, service.day // 7))]
    for person in service.people:
        waited = person.joined >= 0 and not (person.visits and person.visits[0][0] == person.joined)
        back = (service.day - 1 - person.joined) // 7
        if waited and person.rank < 3 and back < len(weeks):
            weekday = (BEGIN + timedelta(days=person.joined)).isoweekday()
            weeks[back].setdefault(weekday, []).append(wishes_of(person, window=False))
    return weeks


def _rates(service: Service, until: dict[int, int]) -> Rates:
    begun: dict[int, int] = {}
    for one in service.slots:
        begun[one.doctor] = min(begun.get(one.doctor, 10_000), one.day - service.day)
    since = service.day - LOOK_BACK
    recent = [(lead, back) for on, lead, back in service.notes["given_up"] if on >= since]
    given = sum(1 for one in service.people for on, _ in one.visits if on >= since)
    leads = [lead for lead, _ in recent if lead >= 4]
    weeks: dict[tuple[int, int], bool] = {}
    for one in service.slots:
        if since <= one.day < service.day:
            key = (one.doctor, one.day // 7)
            weeks[key] = weeks.get(key, False) or one.state == "withdrawn"
    waiting = sum(one.state == "waiting" for one in service.people)
    left = sum(on >= since for on in service.notes["left"])
    return Rates(
        len(leads) / max(given, 1), leads, sum(not back for _, back in recent) / max(len(recent), 1),
        sum(weeks.values()) / max(len(weeks), 1), left / max(waiting * LOOK_BACK, 1),
        *turnover(((begun[doctor], last) for doctor, last in until.items()), HISTORY_WEEKS),
    )  # fmt: skip


# --- what came of it


@dataclass(frozen=True, slots=True)
class Case:
    """One who waited on the day of the forecast: the days told in each future, the naive day, the true one (None: left before)."""

    service: str
    days: tuple[int, ...]
    naive: float
    naive_local: float
    true: int | None
    ended: bool  # the truth is not known because the world ended


def naive(service: Service, there: Sequence[Person]) -> dict[int, tuple[float, float]]:
    """Queue length over daily supply, of the whole service; and the same with the places in reach alone."""
    since = service.day - 91
    per_place = [0.0] * len(service.places)
    for one in service.slots:
        if since <= one.day < service.day and one.state != "withdrawn" and one.pool != "FIRST_PRIVILEGED":
            per_place[one.place] += 1 / 91
    waiting = [one for one in there if one.state == "waiting"]
    found, ahead_at = {}, [0.0] * len(service.places)
    for ahead, person in enumerate(waiting):
        local = sum(ahead_at[place] for place in person.reach) / max(sum(per_place[place] for place in person.reach), 1e-9)
        found[person.number] = (HORIZON + ahead / sum(per_place), HORIZON + local)
        for place in person.reach:
            ahead_at[place] += 1 / len(person.reach)
    return found


def cases(name: str, seed: int, futures: int) -> list[Case]:
    """A service's life with a forecast on each of two days."""
    service, told = Service(name, seed), []
    while service.day < END:
        if service.day in CUTS:
            queue, outlook, there = seen(service)
            played = [Replay(queue, outlook, number).play().days for number in range(futures)]
            plain = naive(service, there)
            for number, person in enumerate(there):
                if person.state == "waiting":
                    told.append((service.day, person, tuple(days[number] for days in played), plain[person.number], len(person.visits)))
        service.step()
    return [_case(name, *one) for one in told]


def _case(name: str, day: int, person: Person, days: tuple[int, ...], plain: tuple[float, float], before: int) -> Case:
    visit = person.visits[before][1] - day if len(person.visits) > before else None
    return Case(name, days, *plain, visit, visit is None and person.state == "waiting")


def report(found: Sequence[Case]) -> dict[str, Any]:
    """How often P90 held, by service; the mean error of P50 beside the naive one's; who got no estimate and whose end is unknown."""
    told = [(one, quantiles.told(one.days, LAST_DAY)) for one in found]
    judged = [(one, days) for one, days in told if days is not None and (one.true is not None or (one.ended and days.p90 < 400))]
    by_service: dict[str, list[bool]] = {}
    for one, days in judged:
        by_service.setdefault(one.service, []).append(one.true is not None and one.true <= days.p90)
    held = {name: mean(kept) for name, kept in by_service.items()}
    known = [(one, days) for one, days in judged if one.true is not None]
    error = mean(abs(days.p50 - one.true) for one, days in known)
    plain = mean(abs(one.naive - one.true) for one, _ in known)
    local = mean(abs(one.naive_local - one.true) for one, _ in known)
    return {
        "entries": len(found), "judged": len(judged), "no_estimate": sum(days is None for _, days in told),
        "left_before_a_visit": sum(one.true is None and not one.ended for one in found),
        "p90_holds": round(mean(kept for held_there in by_service.values() for kept in held_there), 4),
        "p50_not_later": round(mean(one.true <= days.p50 for one, days in known), 4),
        "by_service": {name: round(share, 4) for name, share in sorted(held.items(), key=lambda item: item[1])},
        "worst_service": round(min(held.values()), 4),
        "p50_error_days": round(error, 2), "naive_error_days": round(plain, 2), "naive_of_places_in_reach_days": round(local, 2),
        "of_naive": round(error / plain, 3), "p90_beyond_p50_days": round(mean(days.p90 - days.p50 for _, days in judged), 1),
        "mean_wait_days": round(mean(one.true for one, _ in known), 1),
    }  # fmt: skip


def _work(task: tuple[str, int, int]) -> list[Case]:
    return cases(*task)


def gather(seeds: Sequence[int], futures: int, processes: int) -> list[Case]:
    """All services with all seeds."""
    tasks = [(name, seed, futures) for seed in seeds for name in NAMES]
    began, found = perf_counter(), []
    with ProcessPoolExecutor(processes) as pool:
        for number, part in enumerate(pool.map(_work, tasks), 1):
            found.extend(part)
            say(f"  {perf_counter() - began:6.1f} s  {number} of {len(tasks)} services")
    return found


def main() -> None:
    """Live the worlds, judge the forecasts, print one JSON object."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--seeds", type=int, nargs=2, default=(1000, 1010), metavar=("FIRST", "BEFORE"))
    asks.add_argument("--futures", type=int, default=16)
    asks.add_argument("--processes", type=int, default=2)
    given = asks.parse_args()
    found = gather(range(*given.seeds), given.futures, given.processes)
    sys.stdout.write(json.dumps(report(found), indent=2) + "\n")


if __name__ == "__main__":
    main()
