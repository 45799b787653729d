"""What the registry offers and by which figures it decides: services, pools and policy values as dated data, not code.

Each figure names its requirement or decision, so that a change of the law is a new row here and nothing else.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final, Literal, get_args

Pool = Literal["FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED", "CONTROL", "SCREENING"]
Category = Literal["urgent", "stable"]
VisitType = Literal["first", "control", "screening"]
Channel = Literal["sms", "voice", "email", "chat", "desk", "api", "worker"]
CancelReason = Literal[
    "cannot_come", "feeling_better", "treated_elsewhere", "date_does_not_suit", "illness", "other", "sms",
    "clinic", "death", "referral_cancelled",
]  # fmt: skip

POOLS: Final[tuple[Pool, ...]] = get_args(Pool)
CANCEL_REASONS: Final[tuple[CancelReason, ...]] = get_args(CancelReason)


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of visit of the catalogue (R2, R3), valid from a day (R4)."""

    code: str
    name: str
    first_pools: tuple[Pool, ...]
    horizon_days: int
    waiting_room: bool
    needs_referral: bool
    since: date


STAGE_1: Final = date(2026, 1, 1)  # R4
STAGE_2: Final = date(2026, 8, 1)  # R4, D19
FIRST: Final[tuple[Pool, ...]] = ("FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED")

SERVICES: Final[dict[str, Service]] = {
    service.code: service
    for service in (
        Service("CARDIO_FIRST", "kardiologia", FIRST, 40, True, True, STAGE_1),
        Service("MAMMO", "mammografia", ("SCREENING",), 90, False, False, STAGE_1),
        Service("CYTO", "cytologia", ("SCREENING",), 90, False, False, STAGE_1),
    )
}


def service(code: str) -> Service:
    """The service with this code; `UnknownService` when the catalogue has none."""
    try:
        return SERVICES[code]
    except KeyError:
        raise UnknownService(code) from None


class UnknownService(LookupError):
    """The catalogue has no service with this code."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of a Warsaw day in which people may be written to or called (D10); `days` are ISO weekdays."""

    opens: time
    closes: time
    days: frozenset[int] = frozenset(range(1, 8))
    on_holidays: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """The settled values of `decisions.md`; a field's comment names the decision."""

    assign_above: timedelta = timedelta(hours=72)  # D4
    propose_from: timedelta = timedelta(hours=48)  # D4
    offer_lives: timedelta = timedelta(hours=4)  # D5, counted inside contact hours
    undo_hold: timedelta = timedelta(minutes=5)  # D6
    returns_with_place: int = 2  # D1: the third return goes to the end of its category
    reminder_days: tuple[int, ...] = (7, 1)  # R101
    near_visit: timedelta = timedelta(hours=24)  # D10: changes this near may go out in the wider window
    sms_hours: Window = Window(time(8), time(20))  # D10
    call_hours: Window = Window(time(9), time(19), frozenset(range(1, 7)), on_holidays=False)  # D10
    near_hours: Window = Window(time(7), time(21))  # D10
    spread_reminders: bool = True  # D10
    travel_margin: timedelta = timedelta(0)  # X4

    def hours(self, channel: str) -> Window:
        """The contact hours of a channel: calls have their own, everything else goes by those of SMS."""
        return self.call_hours if channel == "voice" else self.sms_hours


POLICY: Final = Policy()

# D2: who may take a slot of which pool. CONTROL never goes through the waiting room (D17).
WHO_MAY_TAKE: Final[dict[str, frozenset[str]]] = {
    "FIRST_URGENT": frozenset({"urgent", "privileged"}),
    "FIRST_STABLE": frozenset({"urgent", "stable", "privileged"}),
    "FIRST_PRIVILEGED": frozenset({"privileged"}),
    "CONTROL": frozenset(),
    "SCREENING": frozenset(),
}
