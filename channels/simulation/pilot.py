"""The days of the simulation, one after another by its own clock, and what each hour of them brings.

Every change goes through the use cases that production calls, in the order in which the worker calls them; only the clock, the carrier
and the people are invented. What must be remembered from day to day is in the database, so memory does not grow with the size.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from time import perf_counter

from sqlalchemy import Engine, func, select

from channels.simulation.clinics import Clinics, analyse, working
from channels.simulation.patients import Patients
from channels.simulation.people import CITIES, People
from channels.simulation.phones import Phones
from channels.simulation.size import FIRST_DAY, HORIZON, Size
from dialogs.conversation import Understands
from registry import allocation, lifecycle, night, out_of_turn, published, reminders
from registry.appointments import Appointment
from registry.database import transaction
from registry.invariants import rehearsal
from registry.rules import WARSAW

HOURS = (time(8, 5), time(10), time(13), time(16), time(19, 40))
CLOSING = time(20, 30)
TAKEN_OVER = 0.35  # of the first days' slots, booked in the clinics' systems before (R117)
WAITING_AT_FIRST = 6.0  # days' slots for which people wait already
ARRIVALS = 0.7  # patients with new referrals, for each slot of a working day
SPONTANEOUS = 0.3  # of cancellations by SMS, those that no reminder asked for
REHEARSED_EVERY, REHEARSED = 7, 40  # nights; slots of such a night that are placed one by one beside it

Day = Callable[[date, int, int], object]


@dataclass(slots=True)
class Lived:
    """What a simulation keeps beside its database."""

    seconds: float = 0.0
    rehearsed: int = 0
    differently: list[int] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)


def at(day: date, hour: time) -> datetime:
    """An instant by the Warsaw clock, in UTC."""
    return datetime.combine(day, hour, WARSAW).astimezone(UTC)


class Pilot:
    """The whole country on an empty, migrated database."""

    def __init__(self, engine: Engine, size: Size, interpreter: Understands) -> None:
        """Nothing has happened yet."""
        self._engine, self._size = engine, size
        self._dice = Random(size.seed)  # noqa: S311  invented people, no secrets
        self._people = People(self._dice, min(len(CITIES), max(1, size.clinics // 3)))
        self._clinics = Clinics(engine, self._dice, self._people)
        self._phones = Phones(engine, self._dice, interpreter)
        self._patients = Patients(engine, self._dice, self._people, self._clinics, self._phones)
        self._elsewhere = self._by_clinics = 0
        self._lived = Lived(outcomes=self._phones.outcomes)

    def live(self, seen: Day = lambda *_: None) -> Lived:
        """All days; `seen` hears of each with its number and how many there are."""
        began = perf_counter()
        self._begin()
        for number in range(self._size.days):
            day = FIRST_DAY + timedelta(days=number)
            seen(day, number, self._size.days)
            self._day(day, number)
        seen(day, self._size.days, self._size.days)
        self._lived.seconds = perf_counter() - began
        return self._lived

    def _begin(self) -> None:
        """The day before: schedules are taken over with the visits in them, and people wait already (R117)."""
        eve = at(FIRST_DAY - timedelta(days=1), time(12))
        self._clinics.open(self._size.clinics, self._size.slots_a_day)
        self._patients.come(round(WAITING_AT_FIRST * self._size.slots_a_day * ARRIVALS), eve - timedelta(hours=3))
        for ahead in range(HORIZON + 1):
            self._clinics.announce(FIRST_DAY + timedelta(days=ahead), eve, sold=TAKEN_OVER, tell=False)
        analyse(self._engine)

    def _day(self, day: date, number: int) -> None:
        self._night(day, number)
        morning = at(day, time(6))
        lifecycle.expire_referrals(self._engine, now=morning)
        self._clinics.announce(day + timedelta(days=HORIZON + 1), morning)
        for hour in HOURS:
            self._hour(day, number, hour)
        self._clinics.close_the_day(day, at(day, CLOSING))
        self._patients.register_again(day, at(day, CLOSING))
        if number in (1, 3) or number % 10 == 0:
            analyse(self._engine)

    def _night(self, day: date, number: int) -> None:
        now = at(day, time(0, 5))
        with transaction(self._engine) as session:
            out_of_turn.lapse(session, now=now)
        if number % REHEARSED_EVERY == 0:
            done, differently = rehearsal.compare(self._engine, now=now, limit=REHEARSED)
            self._lived.rehearsed += done
            self._lived.differently += differently
        night.run(self._engine, clock=lambda: now)

    def _hour(self, day: date, number: int, hour: time) -> None:
        now = at(day, hour)
        self.work(now)
        with transaction(self._engine) as session:
            reminders.write_due(session, now=now)
        self._phones.exchange(now, cancels=self._cancels_now(number, hour))
        if hour == HOURS[1]:
            self._come_and_go(day, number, now)
        self.work(now + timedelta(minutes=20))

    def work(self, now: datetime) -> None:
        """What the worker finds due: holds and offers that end, slots to be placed (R51)."""
        allocation.release_due(self._engine, now=now)
        allocation.expire_due(self._engine, now=now)
        while allocation.place_due(self._engine, now=now):
            pass
        while published.give_due(self._engine, now=now):
            pass

    def _come_and_go(self, day: date, number: int, now: datetime) -> None:
        """New patients, control visits, and the day's cancellations beside those that answer a reminder."""
        later = now + timedelta(minutes=10)
        if working(day):
            self._patients.come(self._round(self._size.slots_a_day * ARRIVALS), later)
            self._clinics.sell_controls(day + timedelta(days=21), later)
            self._by_clinics += self._clinics.fall_ill(day + timedelta(days=3), later)
        self._elsewhere += self._patients.cancel_elsewhere(self._due(self._size.elsewhere_share, number, self._elsewhere), day, later)
        self._by_clinics += self._patients.given_up_by_clinics(self._due(self._size.clinic_share, number, self._by_clinics), day, later)
        by_sms = self._due(self._size.sms_share, number, self._cancelled_by_sms())
        self._patients.cancel_by_sms(self._round(by_sms * SPONTANEOUS), day, later)

    def _cancels_now(self, number: int, hour: time) -> float:
        """The chance that a reminder is answered by a cancellation: what is missing, over the reminders that a day brings."""
        missing = self._due(self._size.sms_share, number, self._cancelled_by_sms()) if hour in HOURS[:4] else 0
        return min(0.5, missing / max(1.0, 1.2 * self._size.slots_a_day))

    def _due(self, share: float, number: int, done: int) -> int:
        """How many of a kind should have happened by the end of this day and have not."""
        return max(0, self._round(share * self._size.visits * (number + 1) / self._size.days) - done)

    def _round(self, number: float) -> int:
        """A whole number, right on the average also where a day has less than one."""
        return int(number) + (self._dice.random() < number % 1)

    def _cancelled_by_sms(self) -> int:
        with transaction(self._engine) as session:
            return session.scalar(select(func.count()).where(Appointment.cancel_reason == "sms")) or 0
