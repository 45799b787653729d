"""A service of an invented country, day by day, for the back-test of the estimated date. It knows nothing of how dates are estimated.

Doctors have their own weekly hours, holidays, illnesses; they retire and are hired; contracts change with the year. Clinics announce
months in batches or roll. Patients come in seasons and bursts, live in towns, wish for this and that, lose patience, cancel, come
back. Slots are given by a plain search through the queue.
"""

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import cos, exp, pi, radians
from random import Random
from typing import Any

import holidays

BEGIN = date(2025, 1, 6)
HORIZON = 40
POLISH = frozenset(holidays.country_holidays("PL", years=range(2024, 2030)))


@dataclass(slots=True)
class Doctor:
    """Sessions by weekday: (first minute, slots, minutes each); `off` are days on which he does not see anybody."""

    number: int
    place: int
    sessions: dict[int, tuple[int, int, int]]
    urgent_share: float
    since: int
    until: int = 10**6
    off: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)  # of those, the ones known before the slots are announced


@dataclass(slots=True)
class Visit:
    """A slot: `day` from the beginning; `holder` a patient's number; `state` pending, free, taken or withdrawn."""

    day: int
    minute: int
    doctor: int
    place: int
    pool: str
    state: str = "pending"
    holder: int | None = None
    cancels_on: int | None = None


@dataclass(slots=True)
class Person:
    """One who waits, or waited."""

    number: int
    rank: int
    category: str
    privileged: bool
    joined: int
    second: int
    home: tuple[float, float]
    radius: float | None
    named: frozenset[int] | None
    day_from: int
    day_to: int | None
    minute_from: int | None
    minute_to: int | None
    weekdays: frozenset[int]
    patience: float
    reach: tuple[int, ...]
    state: str = "waiting"
    left_on: int | None = None
    visits: list[tuple[int, int]] = field(default_factory=list)  # (given on, day of the visit)

    @property
    def order(self) -> tuple[int, int, int, int]:
        return self.rank, self.joined, self.second, self.number


class Service:
    """A service's country. `step` lives one day; everything that ever was stays readable."""

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.dice = name, Random(f"{name}/{seed}")
        dice = self.dice
        self.day = 0
        self.towns = [(dice.uniform(50.0, 54.0), dice.uniform(16.0, 23.0), dice.lognormvariate(0, 0.8)) for _ in range(dice.randint(1, 3))]
        self.places = [self._near(self._town(), 12.0) for _ in range(dice.randint(3, 7))]
        self.announces = [dice.choice(("month1", "month2", "month3", "roll60", "roll100", "roll30")) for _ in self.places]
        self.announced = [-1] * len(self.places)
        self.doctors: list[Doctor] = []
        for place in range(len(self.places)):
            for _ in range(dice.randint(1, 3)):
                self._hire(place, -dice.randint(0, 2000))
        self.year_level: dict[int, float] = {}
        self.demand_trend = dice.gauss(0.0, 0.10)
        self.phase = dice.uniform(-20, 20)
        self.bursts = {week: dice.uniform(1.3, 2.2) for week in range(200) if dice.random() < 0.05}
        self.cancels, self.returns = dice.uniform(0.06, 0.18), dice.uniform(0.4, 0.85)
        self.patience = dice.lognormvariate(6.3, 0.3)
        self.urgent = dice.uniform(0.1, 0.35)
        self.slots: list[Visit] = []
        self.by_day: dict[int, list[Visit]] = {}
        self.people: list[Person] = []
        self.queues: list[list[tuple[tuple[int, int, int, int], int]]] = [[] for _ in self.places]
        self.cancelling: dict[int, list[Visit]] = {}
        self.impatient: dict[int, list[Person]] = {}
        self.free: dict[int, list[Visit]] = {}
        self.notes: dict[str, list[Any]] = {"given_up": [], "left": []}
        daily = sum(n for one in self.doctors for _, n, _ in one.sessions.values()) / 7 * 0.82
        self.base_demand = daily * dice.uniform(0.93, 1.02) / (1 - 0.15)
        for _ in range(int(daily * dice.uniform(20, 150))):
            self._person(joined=-dice.randint(1, 90))

    # --- doctors and what they announce

    def _hire(self, place: int, since: int) -> None:
        dice = self.dice
        days = dice.sample(range(1, 6), dice.randint(1, 4))
        sessions = {day: (60 * dice.choice((7, 8, 9, 12, 14, 15)), dice.randint(2, 9), dice.choice((15, 20, 30))) for day in days}
        doctor = Doctor(len(self.doctors), place, sessions, dice.uniform(0.05, 0.35), since)
        doctor.until = self.day + int(dice.expovariate(1 / (365 * 14)))
        self._plan_holidays(doctor)
        self.doctors.append(doctor)

    def _plan_holidays(self, doctor: Doctor) -> None:
        dice = self.dice
        for year in range(5):
            new_year = (date(2025 + year, 1, 1) - BEGIN).days
            spans = [(new_year + dice.randint(180, 230), 14), (new_year + dice.randint(354, 358), 10)]
            spans += [(new_year + dice.randint(0, 350), 7) for _ in range(2)]
            spans += [(new_year + dice.randint(0, 360), dice.choice((2, 3, 5, 10, 30))) for _ in range(dice.choice((0, 1, 1, 2)))]
            for number, (first, length) in enumerate(spans):
                days = set(range(first, first + length))
                doctor.off |= days
                if number < 4 and dice.random() < 0.75:
                    doctor.told |= days

    def _level(self, day: int, place: int) -> float:
        """The contract of a clinic changes with the year."""
        key = (BEGIN + timedelta(days=day)).year * 1000 + place
        if key not in self.year_level:
            self.year_level[key] = exp(self.dice.gauss(0.0, 0.08))
        return self.year_level[key]

    def _until(self, place: int) -> int:
        """How far ahead a clinic has announced by today."""
        how, today = self.announces[place], BEGIN + timedelta(days=self.day)
        if how.startswith("roll"):
            return self.day + int(how[4:])
        months = int(how[5:]) + (today.day >= 20)
        month = today.month + months
        first = date(today.year + month // 12, month % 12 + 1, 1)
        return (first - BEGIN).days - 1

    def _announce(self) -> None:
        for place in range(len(self.places)):
            until = self._until(place)
            for day in range(max(self.announced[place] + 1, self.day + 1), until + 1):
                for doctor in self.doctors:
                    if doctor.place == place and doctor.since <= day < doctor.until and day not in doctor.told:
                        self._session(doctor, day)
            self.announced[place] = max(until, self.announced[place])

    def _session(self, doctor: Doctor, day: int) -> None:
        when = BEGIN + timedelta(days=day)
        session = doctor.sessions.get(when.isoweekday())
        if session is None or when in POLISH:
            return
        first, number, minutes = session
        summer = 0.9 if when.month in (7, 8) else 1.0
        number = max(1, round(number * self._level(day, doctor.place) * summer + self.dice.gauss(0, 0.5)))
        for at in range(number):
            roll = self.dice.random()
            pool = "FIRST_URGENT" if roll < doctor.urgent_share else "FIRST_PRIVILEGED" if roll > 0.98 else "FIRST_STABLE"
            visit = Visit(day, first + at * minutes, doctor.number, doctor.place, pool)
            self.slots.append(visit)
            self.by_day.setdefault(day, []).append(visit)

    def _absences(self) -> None:
        """An absence nobody told is known some days before; what was announced is withdrawn, and its patients wait again."""
        for doctor in self.doctors:
            known = self.day + 5
            if known in doctor.off and known not in doctor.told:
                for visit in [one for one in self.by_day.get(known, ()) if one.doctor == doctor.number and one.state != "withdrawn"]:
                    holder, visit.holder, visit.state = visit.holder, None, "withdrawn"
                    if holder is not None:
                        self._wait_again(self.people[holder])
        if self.dice.random() < 0.10 / 365 * len(self.doctors):
            self._hire(self.dice.randrange(len(self.places)), self.day + 30)

    # --- patients

    def _town(self) -> tuple[float, float]:
        latitude, longitude, _ = self.dice.choices(self.towns, [size for *_, size in self.towns])[0]
        return latitude, longitude

    def _near(self, town: tuple[float, float], km: float) -> tuple[float, float]:
        return town[0] + self.dice.gauss(0, km / 111), town[1] + self.dice.gauss(0, km / 70)

    def _person(self, joined: int) -> Person:
        dice = self.dice
        urgent, entitled = dice.random() < self.urgent, dice.random() < 0.03
        home = self._near(self._town(), 10.0)
        wanted = dice.random()
        radius = None if wanted < 0.16 else dice.choice((10.0, 20.0, 30.0, 50.0, 100.0))
        named = frozenset({dice.randrange(len(self.places))}) if wanted < 0.12 else None
        while not self._reach(home, radius, named):  # nobody asks for what is nowhere
            radius = (radius or 10.0) * 2
        hours = dice.random()
        weekdays = frozenset(range(1, 8)) if dice.random() < 0.75 else frozenset(dice.sample(range(1, 6), dice.randint(1, 3)))
        person = Person(
            len(self.people), (0 if entitled else 2) + (0 if urgent else 1), "urgent" if urgent else "stable", entitled, joined,
            dice.randrange(86_400), home, radius, named,
            joined + (dice.randint(20, 120) if dice.random() < 0.08 else 0),
            joined + dice.randint(90, 300) if dice.random() < 0.06 else None,
            720 if hours < 0.12 else None, 660 if hours > 0.9 else None, weekdays, dice.expovariate(1 / self.patience),
            self._reach(home, radius, named),
        )  # fmt: skip
        self.people.append(person)
        self.impatient.setdefault(max(self.day, joined + int(person.patience)), []).append(person)
        self._enqueue(person)
        return person

    def _reach(self, home: tuple[float, float], radius: float | None, named: frozenset[int] | None) -> tuple[int, ...]:
        return tuple(
            n for n, place in enumerate(self.places)
            if (named is None or n in named) and (radius is None or flat_km(home, place) <= radius)
        )  # fmt: skip

    def _enqueue(self, person: Person) -> None:
        for place in person.reach:
            insort(self.queues[place], (person.order, person.number))

    def _wait_again(self, person: Person) -> None:
        person.state = "waiting"
        self._enqueue(person)

    def _drop(self, person: Person) -> None:
        for place in person.reach:
            queue = self.queues[place]
            queue.remove((person.order, person.number))

    def _demand(self) -> int:
        when = BEGIN + timedelta(days=self.day)
        if when.isoweekday() > 5 or when in POLISH:
            return 1 if self.dice.random() < 0.3 else 0
        season = 1 + 0.15 * cos(2 * pi * (when.timetuple().tm_yday - 300 + self.phase) / 365)
        mean = self.base_demand * 7 / 5 * season * (1 + self.demand_trend * self.day / 365) * self.bursts.get(self.day // 7, 1.0)
        return max(0, round(self.dice.gauss(mean, (2 * mean) ** 0.5)))

    def _come(self) -> None:
        for _ in range(self._demand()):
            person = self._person(self.day)
            found = next((one for one in self._free() if self.suits(person, one)), None)
            if found is not None:  # he books it himself and never waits
                self._take(person, found)

    def _free(self) -> Iterator[Visit]:
        for day in range(self.day + 1, self.day + HORIZON + 1):
            kept = self.free[day] = [one for one in self.free.get(day, ()) if one.state == "free"]
            yield from kept

    def _lose_patience(self) -> None:
        for person in self.impatient.pop(self.day, ()):
            if person.state == "waiting":
                person.state, person.left_on = "left", self.day
                self._drop(person)
                self.notes["left"].append(self.day)

    # --- who gets what

    def suits(self, person: Person, visit: Visit) -> bool:
        weekday = (BEGIN + timedelta(days=visit.day)).isoweekday()
        return (
            visit.place in person.reach
            and person.day_from <= visit.day and (person.day_to is None or visit.day <= person.day_to)
            and (person.minute_from is None or person.minute_from <= visit.minute)
            and (person.minute_to is None or visit.minute <= person.minute_to)
            and weekday in person.weekdays
            and (visit.pool == "FIRST_STABLE" or person.privileged or (visit.pool == "FIRST_URGENT" and person.category == "urgent"))
        )  # fmt: skip

    def _place(self, visit: Visit) -> None:
        for _, number in self.queues[visit.place]:
            if self.suits(self.people[number], visit):
                self._take(self.people[number], visit)
                return
        self._publish(visit)

    def _publish(self, visit: Visit) -> None:
        visit.state = "free"
        self.free.setdefault(visit.day, []).append(visit)

    def _take(self, person: Person, visit: Visit) -> None:
        self._drop(person)
        person.state, visit.state, visit.holder = "booked", "taken", person.number
        person.visits.append((self.day, visit.day))
        if self.dice.random() < self.cancels:
            lead = int(self.dice.expovariate(1 / 7.0))
            on = max(self.day + 1, visit.day - lead)
            if on <= visit.day:
                self.cancelling.setdefault(on, []).append(visit)

    def _give_up(self) -> None:
        for visit in self.cancelling.pop(self.day, ()):
            if visit.holder is None:
                continue
            person, visit.holder = self.people[visit.holder], None
            comes_back = self.dice.random() < self.returns
            self.notes["given_up"].append((self.day, visit.day - self.day, comes_back))
            if comes_back:
                self._wait_again(person)
            else:
                person.state, person.left_on = "left", self.day
            lead = visit.day - self.day
            if lead > 3 or (lead == 3 and self.dice.random() < 0.5):
                self._place(visit)
            else:
                self._publish(visit)

    def step(self) -> None:
        """One day: the night first, then what people and clinics do."""
        self._announce()
        due = [one for day in range(self.day + 4, self.day + HORIZON + 1) for one in self.by_day.get(day, ()) if one.state == "pending"]
        for visit in sorted(due, key=lambda one: (one.day, one.minute, one.doctor)):
            self._place(visit)
        self._absences()
        self._come()
        self._give_up()
        self._lose_patience()
        self.day += 1


def flat_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres on a flat map; good enough to say who lives where."""
    return (((a[0] - b[0]) * 111.2) ** 2 + ((a[1] - b[1]) * 111.2 * cos(radians((a[0] + b[0]) / 2))) ** 2) ** 0.5
