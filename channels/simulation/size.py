"""How large the pilot was, and what a part of it is. Figures of the source as of 14.11.2025 (R127, R74)."""

from dataclasses import dataclass
from datetime import date

PILOT_CLINICS = 637  # R127
PILOT_VISITS = 1_500_000  # R127: booked, and taken over from the clinics' systems
PILOT_CANCELLED = 162_900  # R127
PILOT_CANCELLED_BY_SMS = 27_164  # R74
PILOT_CANCELLED_ELSEWHERE = 4_757  # R74: by the patients themselves, on the web and in the application

FIRST_DAY = date(2026, 3, 2)  # a Monday; four weeks later the clocks change
DAYS = 30
HORIZON = 40  # days that are open (R31)
FEWEST_DAYS = 7


class ImpossibleSize(ValueError):
    """Such a simulation cannot be: the message says why."""


@dataclass(frozen=True, slots=True)
class Size:
    """A simulation's extent. `scale` 1 is the pilot; the shares are of all visits."""

    scale: float = 1.0
    seed: int = 1
    days: int = DAYS

    def __post_init__(self) -> None:
        """Refuse what cannot be lived: `ImpossibleSize`."""
        if not 0 < self.scale <= 10:
            raise ImpossibleSize("--scale must be above 0 and at most 10; 1 is the pilot's size")
        if not FEWEST_DAYS <= self.days <= 400:
            raise ImpossibleSize(f"--days must be from {FEWEST_DAYS} to 400")

    @property
    def clinics(self) -> int:
        """How many clinics; two at least, so that there is a choice."""
        return max(2, round(PILOT_CLINICS * self.scale))

    @property
    def visits(self) -> int:
        """How many visits are to be made."""
        return max(50, round(PILOT_VISITS * self.scale))

    @property
    def slots_a_day(self) -> int:
        """Slots of each working day of the country: the visits, spread over the days lived and those open after them."""
        return max(2, round(self.visits / ((self.days + HORIZON) * 5 / 7)))

    @property
    def sms_share(self) -> float:
        """Of a hundred visits, how many their patients cancel by SMS."""
        return PILOT_CANCELLED_BY_SMS / PILOT_VISITS

    @property
    def elsewhere_share(self) -> float:
        """How many their patients cancel elsewhere."""
        return PILOT_CANCELLED_ELSEWHERE / PILOT_VISITS

    @property
    def clinic_share(self) -> float:
        """How many the clinics cancel: all that their patients do not."""
        return PILOT_CANCELLED / PILOT_VISITS - self.sms_share - self.elsewhere_share
