"""What the registry offers and by which figures it decides: services, pools and policy values as dated data, not code.

Each figure names its requirement or decision, so that a change of the law is a new row here and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Final, Literal, get_args

Pool = Literal["FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED", "CONTROL", "SCREENING", "VACCINATION"]
Category = Literal["urgent", "stable"]
# What a schedule is for. The last two only occupy their doctor or machine: nothing of them is sold here (R1, R27).
Kind = Literal["visit", "sample", "advice", "programme", "other_contract", "private"]
VisitType = Literal["first", "control", "screening", "vaccination"]
Channel = Literal["sms", "voice", "email", "chat", "push", "desk", "api", "worker"]
CancelReason = Literal[
    "cannot_come", "feeling_better", "treated_elsewhere", "date_does_not_suit", "illness", "other", "sms",
    "clinic", "death", "referral_cancelled",
]  # fmt: skip

POOLS: Final[tuple[Pool, ...]] = get_args(Pool)
NOT_OURS: Final[frozenset[Kind]] = frozenset({"other_contract", "private"})
CANCEL_REASONS: Final[tuple[CancelReason, ...]] = get_args(CancelReason)


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of visit of the catalogue (R2, R3), valid from a day (R4).

    A verdict that a patient qualifies is one for the usual kind of schedule, unless it names others (R26).
    """

    code: str
    name: str
    first_pools: tuple[Pool, ...]
    horizon_days: int
    waiting_room: bool
    needs_referral: bool
    since: date
    visit_type: VisitType = "first"
    sources: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ("visit",)  # of schedules; the first is the usual one


STAGE_1: Final = date(2026, 1, 1)  # R4
STAGE_2: Final = date(2026, 8, 1)  # R4, D19
FIRST: Final[tuple[Pool, ...]] = ("FIRST_URGENT", "FIRST_STABLE", "FIRST_PRIVILEGED")

@dataclass(frozen=True, slots=True)
class Deadlines:
    """What clinics must have done for the services of a stage (R5-R7): the first Warsaw days that are too late.

    `paid_only_here` is the first day of visits that are paid only when they went through the central registration; None where no
    source names one.
    """

    stage: date
    schedules: date
    places: date
    paid_only_here: date | None
    sources: tuple[str, ...]


DEADLINES: Final[tuple[Deadlines, ...]] = (
    # Of the two wordings of the first day ("do 1 czerwca", "do 31.05.2026") the stricter one holds: the end of 31 May.
    Deadlines(STAGE_1, date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 1), ("R5", "R6", "R7")),
    Deadlines(STAGE_2, date(2027, 1, 1), date(2027, 2, 1), None, ("R5",)),
)


def deadlines(offered: "Service") -> Deadlines | None:
    """The deadlines of a service's stage; None for one that belongs to no stage."""
    return next((one for one in DEADLINES if one.stage == offered.since), None)


HPV_PROGRAMME: Final = date(2024, 9, 1)  # R86


def _specialist(code: str, name: str) -> Service:
    """A scope of stage 2: first visits with a referral, 40 days and the waiting room, as in cardiology (R3)."""
    return Service(code, name, FIRST, 40, True, True, STAGE_2, sources=("R3", "R4", "R31", "D19"))


SERVICES: Final[dict[str, Service]] = {
    service.code: service
    for service in (
        Service("CARDIO_FIRST", "kardiologia", FIRST, 40, True, True, STAGE_1, sources=("R2", "R4", "R31", "R42", "R46")),
        Service(
            "MAMMO", "mammografia", ("SCREENING",), 90, False, False, STAGE_1, "screening", ("R2", "R4", "R27", "R46", "R78", "R82"),
            ("programme", "other_contract"),
        ),
        Service(
            "CYTO", "cytologia", ("SCREENING",), 90, False, False, STAGE_1, "screening", ("R2", "R4", "R26", "R46", "R78", "R82"),
            ("sample", "advice"),
        ),
        # No source names a horizon for vaccinations: the longest gap between two doses can be booked at once (R89).
        Service(
            "HPV_VACCINATION", "szczepienie przeciw HPV", ("VACCINATION",), 366, False, False, HPV_PROGRAMME, "vaccination",
            ("R86", "R87", "R89", "R91"),
        ),
        _specialist("VASCULAR_FIRST", "choroby naczyń"),
        _specialist("INFECTIOUS_FIRST", "choroby zakaźne"),
        _specialist("ENDOCRINOLOGY_FIRST", "endokrynologia"),
        _specialist("HEPATOLOGY_FIRST", "hepatologia"),
        _specialist("IMMUNOLOGY_FIRST", "immunologia"),
        _specialist("CYSTIC_FIBROSIS_FIRST", "mukowiscydoza"),
        _specialist("NEPHROLOGY_FIRST", "nefrologia"),
        _specialist("NEONATOLOGY_FIRST", "neonatologia"),
        _specialist("PULMONOLOGY_FIRST", "pulmonologia"),
    )
}  # fmt: skip


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
    desk_within_horizon: bool = True  # R31: whether day 40 of first visits binds the clinics' desks as it binds patients
    returns_with_place: int = 2  # D1: the third return goes to the end of its category
    reminder_days: tuple[int, ...] = (7, 1)  # R101
    near_visit: timedelta = timedelta(hours=24)  # D10: changes this near may go out in the wider window
    sms_hours: Window = Window(time(8), time(20))  # D10
    call_hours: Window = Window(time(9), time(19), frozenset(range(1, 7)), on_holidays=False)  # D10
    near_hours: Window = Window(time(7), time(21))  # D10
    call_again: tuple[timedelta, ...] = (timedelta(minutes=30), timedelta(hours=3))  # D11: then a task for an operator
    spread_reminders: bool = True  # D10
    joined_notice: bool = True  # D18: whether those who join the waiting room are told so
    slip_tells: timedelta = timedelta(days=14)  # R66: an estimated date is told again when it has slipped by more than this
    slip_pause: timedelta = timedelta(days=30)  # R66: and not more often than this
    move_tolerance: timedelta = timedelta(minutes=30)  # X12: a clinic's move by so much on the same day needs no consent
    travel_margin: timedelta = timedelta(0)  # X4
    stale_after: timedelta = timedelta(days=7)  # R121: a clinic that says nothing of a schedule with dates to come for so long
    reminder_helps: timedelta = timedelta(hours=2)  # R101: a reminder held up past its day still goes out so long before the visit
    wrong_tries: int = 5  # D12
    identity_locked: timedelta = timedelta(minutes=30)  # D12
    keep_dialogue: timedelta = timedelta(days=90)  # D15: what was written and said
    keep_notices: timedelta = timedelta(days=30)  # D15: the bodies of what the system sent of itself
    keep_audit: timedelta = timedelta(days=5 * 365 + 2)  # D15: five years, whichever leap days they hold

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
    "VACCINATION": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Matrix:
    """One version of "who may take which pool" (D2, X25), for the visits of its services from a day on."""

    version: int
    since: date
    services: frozenset[str]
    who: Mapping[str, frozenset[str]]


MATRICES: Final[tuple[Matrix, ...]] = (Matrix(1, date(2024, 9, 1), frozenset(SERVICES), MappingProxyType(WHO_MAY_TAKE)),)


def matrix(service_code: str, day: date) -> Matrix:
    """The newest version for this service on a day of visit (R4, X25); `NotInForce` before the first."""
    fitting = [one for one in MATRICES if service_code in one.services and one.since <= day]
    if not fitting:
        raise NotInForce(service_code, day)
    return max(fitting, key=lambda one: one.since)


def matrices(service_code: str, first: date, last: date) -> list[tuple[date, date, Matrix]]:
    """The versions in force for this service between two days, both inside, each with the days that it holds for there."""
    later = {one.since for one in MATRICES if service_code in one.services and first < one.since <= last}
    begins = sorted({first, *later})
    ends = [day - timedelta(days=1) for day in begins[1:]] + [last]
    return [(begin, end, matrix(service_code, begin)) for begin, end in zip(begins, ends, strict=True)]


class NotInForce(LookupError):
    """Nothing is in force for this on that day."""


@dataclass(frozen=True, slots=True)
class ScreeningRule:
    """Who is called to a screening exam (R78, R79): sex, years of age by calendar year, months since the last programme exam.

    `months_after` goes by the kind of that last exam. The age limits are outside the source documents: the programmes' own.
    """

    service: str
    since: date
    sex: Literal["female", "male"]
    age_from: int
    age_to: int
    months_after: Mapping[str, int]
    sources: tuple[str, ...]


SCREENING_RULES: Final[tuple[ScreeningRule, ...]] = (
    ScreeningRule("MAMMO", STAGE_1, "female", 45, 74, MappingProxyType({"MAMMO": 24}), ("R78",)),
    ScreeningRule("CYTO", STAGE_1, "female", 25, 64, MappingProxyType({"CYTO_CLASSIC": 36, "HPV_HR": 60}), ("R78", "R79")),
)


def screening_rule(service_code: str, day: date) -> ScreeningRule:
    """The rule of a screening service in force on a day; `NotInForce` when there is none."""
    fitting = [one for one in SCREENING_RULES if one.service == service_code and one.since <= day]
    if not fitting:
        raise NotInForce(service_code, day)
    return max(fitting, key=lambda one: one.since)


@dataclass(frozen=True, slots=True)
class VaccineSchema:
    """Doses, ages and gaps of one vaccine (R86-R93): ages in birthdays, the first inside, the last outside; gaps in calendar months.

    Children born in one of `late_birth_years` may have the later dose past the age limit when the first one was in time (R88).
    """

    service: str
    since: date
    product: str
    doses: int
    age_from: int
    age_before: int
    gap_from_months: int
    gap_to_months: int
    late_birth_years: frozenset[int]
    sources: tuple[str, ...]


VACCINES: Final[tuple[VaccineSchema, ...]] = (
    VaccineSchema(
        "HPV_VACCINATION", HPV_PROGRAMME, "Gardasil 9", 2, 9, 14, 6, 12, frozenset({2010}), ("R86", "R88", "R89", "R91", "R92", "R93")
    ),
)


def vaccine_schema(service_code: str, day: date) -> VaccineSchema:
    """The schema of a vaccine in force on the day of vaccination (R92); `NotInForce` when there is none."""
    fitting = [one for one in VACCINES if one.service == service_code and one.since <= day]
    if not fitting:
        raise NotInForce(service_code, day)
    return max(fitting, key=lambda one: one.since)


# Which decision or requirement each value of `Policy` comes from; `cer policy` prints it.
POLICY_SOURCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "assign_above": ("D4", "R60"), "propose_from": ("D4", "R61", "R62"), "offer_lives": ("D5", "X19"), "undo_hold": ("D6", "R102"),
        "desk_within_horizon": ("R31", "D4"),
        "returns_with_place": ("D1", "R55", "R56"), "reminder_days": ("R101",), "near_visit": ("D10",), "sms_hours": ("D10", "X30"),
        "call_hours": ("D10", "X30"), "near_hours": ("D10", "X30"), "call_again": ("D11", "R98"), "spread_reminders": ("D10",),
        "joined_notice": ("D18", "R103"), "slip_tells": ("R66",), "slip_pause": ("R66",),
        "travel_margin": ("X4",), "stale_after": ("R121",), "reminder_helps": ("R101", "D10"), "move_tolerance": ("X12",),
        "wrong_tries": ("D12", "X10"), "identity_locked": ("D12", "X10"),
        "keep_dialogue": ("D15", "X34"), "keep_notices": ("D15", "X34"), "keep_audit": ("D15", "X34"),
    }
)  # fmt: skip
