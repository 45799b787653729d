"""Whether clinics do what the law asks of them by its dates (R5, R6, R121), and which visits the health fund will pay for (R7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from registry.catalogue import NOT_OURS, POLICY, SERVICES, Deadlines, Policy, deadlines
from registry.rules import WARSAW, local_date

Schedules = Literal["delivered", "late", "missing", "empty", "withdrawn"]
Active = Literal["active", "late", "missing"]
Finding = Literal["PAYMENT_HOLD_RISK", "PLACE_NOT_ACTIVE", "NO_CONTRACT"]


@dataclass(frozen=True, slots=True)
class State:
    """How one service of a clinic stands at one of its places. `sources` are the requirements that its deadlines come from."""

    provider: str
    place_id: int
    place: str
    service: str
    schedules: Schedules
    delivered_at: datetime | None
    active: Active
    active_since: date | None
    findings: tuple[Finding, ...]
    sources: tuple[str, ...]


# Each contract that holds on the day, and each service that a clinic sends schedules of without one (R2).
STATES = text("""
WITH held AS (
    SELECT s.place_id, s.service, bool_or(d.id IS NOT NULL) AS announced, min(d.filled_at) AS filled_at,
           bool_or(EXISTS (SELECT 1 FROM slots t WHERE t.schedule_id = s.id AND t.state <> 'withdrawn')) AS living
      FROM schedules s LEFT JOIN deliveries d ON d.schedule_id = s.id
     WHERE coalesce(s.kind, 'visit') <> ALL(CAST(:not_ours AS text[]))
     GROUP BY s.place_id, s.service),
signed AS (
    SELECT DISTINCT place_id, service FROM contracts WHERE since <= :today AND (until IS NULL OR until >= :today))
SELECT v.code, p.id AS place_id, p.name, coalesce(c.service, h.service) AS service, c.place_id IS NOT NULL AS contract,
       coalesce(h.announced, false) AS announced, h.filled_at, coalesce(h.living, false) AS living, a.since AS active_since
  FROM signed c FULL JOIN held h ON h.place_id = c.place_id AND h.service = c.service
  JOIN places p ON p.id = coalesce(c.place_id, h.place_id)
  JOIN providers v ON v.id = p.provider_id
  LEFT JOIN activations a ON a.place_id = p.id
 WHERE (c.place_id IS NOT NULL OR h.announced) AND (CAST(:provider AS text) IS NULL OR v.code = :provider)
 ORDER BY v.code, p.id, 4
""")


def report(session: Session, *, now: datetime, provider: str | None = None) -> list[State]:
    """Every contracted service of every clinic and place that has deadlines (R5, R6), and schedules without a contract (R2)."""
    facts = {"today": local_date(now), "provider": provider, "not_ours": sorted(NOT_OURS)}
    rows = session.execute(STATES, facts).all()
    return [_state(row, due, now) for row in rows if row.service in SERVICES and (due := deadlines(SERVICES[row.service])) is not None]


def _state(row: Row[Any], due: Deadlines, now: datetime) -> State:
    schedules = _schedules(row, due)
    active = _active(row.active_since, due, now)
    found: list[Finding] = [] if row.contract else ["NO_CONTRACT"]
    if row.contract and schedules != "delivered" and now >= begins(due.schedules):
        found.append("PAYMENT_HOLD_RISK")
    if row.contract and active != "active" and now >= begins(due.places):
        found.append("PLACE_NOT_ACTIVE")
    return State(
        row.code, row.place_id, row.name, row.service, schedules, row.filled_at, active, row.active_since, tuple(found), due.sources
    )


def _schedules(row: Row[Any], due: Deadlines) -> Schedules:
    if not row.announced:
        return "missing"
    if row.filled_at is None:
        return "empty"
    if not row.living:
        return "withdrawn"
    return "late" if row.filled_at >= begins(due.schedules) else "delivered"


def _active(since: date | None, due: Deadlines, now: datetime) -> Active:
    if since is None or since > local_date(now):
        return "missing"
    return "late" if since >= due.places else "active"


def begins(day: date) -> datetime:
    """The first instant of a Warsaw day, in UTC."""
    return datetime.combine(day, time.min, WARSAW).astimezone(UTC)


# --- R7


@dataclass(frozen=True, slots=True)
class Payable:
    """One visit that took place, without its patient; `registered_by` is the event that proves when and how it was registered."""

    visit_id: int
    provider: str
    place_id: int
    service: str
    starts_at: datetime
    registered_by: int | None
    registered_at: datetime | None
    channel: str | None
    payable: bool
    why: Literal["registered_before", "registered_in_an_outage", "registered_too_late", "not_registered"]


# The oldest event that made the visit the patient's; one that a clinic entered after an outage carries the evidence of it (R125).
REGISTERED = """'visit.booked', 'visit.assigned', 'offer.accepted'"""
TOOK_PLACE = text(f"""
SELECT a.id, v.code, a.place_id, a.service, a.starts_at, e.id AS event_id, e.at, e.channel, e.facts ? 'outage' AS outage
  FROM appointments a JOIN providers v ON v.id = a.provider_id
  LEFT JOIN LATERAL (SELECT * FROM events e WHERE e.appointment_id = a.id AND e.kind IN ({REGISTERED}) ORDER BY e.id LIMIT 1) e ON true
 WHERE a.status = 'fulfilled' AND a.local_date BETWEEN :first AND :last AND a.service = :service
   AND (CAST(:provider AS text) IS NULL OR v.code = :provider)
 ORDER BY v.code, a.starts_at, a.id
""")  # noqa: S608  a constant of ours


def payable(session: Session, *, first: date, last: date, provider: str | None = None) -> Iterator[Payable]:
    """The visits that took place between two Warsaw days, both inside, of services that are paid only when registered here (R7)."""
    for code, since in _paid_only_here():
        facts = {"first": max(first, since), "last": last, "service": code, "provider": provider}
        for row in session.execute(TOOK_PLACE, facts, execution_options={"yield_per": 2000}):
            yield _payable(row)


def _paid_only_here() -> list[tuple[str, date]]:
    due = [(code, deadlines(offered)) for code, offered in SERVICES.items()]
    return [(code, one.paid_only_here) for code, one in due if one is not None and one.paid_only_here is not None]


def _payable(row: Row[Any]) -> Payable:
    in_time = row.at is not None and row.at < row.starts_at
    why: Any = (
        "not_registered" if row.at is None else "registered_before" if in_time
        else "registered_in_an_outage" if row.outage else "registered_too_late"
    )  # fmt: skip
    pays = in_time or bool(row.outage)
    return Payable(
        row.id, row.code, row.place_id, row.service, row.starts_at, row.event_id, row.at, row.channel, pays, why
    )  # fmt: skip


# --- R121


@dataclass(frozen=True, slots=True)
class Stale:
    """A schedule with dates to come of which its clinic has said nothing for a long time."""

    provider: str
    place_id: int
    schedule_id: int
    service: str
    last_at: datetime
    to_come: int


SILENT = text("""
SELECT v.code, s.place_id, s.id, s.service, d.last_at, count(*)
  FROM deliveries d JOIN schedules s ON s.id = d.schedule_id JOIN places p ON p.id = s.place_id JOIN providers v ON v.id = p.provider_id
  JOIN slots t ON t.schedule_id = s.id AND t.starts_at > :now AND t.state <> 'withdrawn'
 WHERE d.last_at < :silent_since AND (CAST(:provider AS text) IS NULL OR v.code = :provider)
 GROUP BY v.code, s.place_id, s.id, s.service, d.last_at
 ORDER BY d.last_at, s.id
""")


def stale(session: Session, *, now: datetime, provider: str | None = None, policy: Policy = POLICY) -> list[Stale]:
    """Schedules that were not brought up to date for longer than `policy.stale_after` although they have dates to come (R121)."""
    facts = {"now": now, "silent_since": now - policy.stale_after, "provider": provider}
    return [Stale(*row) for row in session.execute(SILENT, facts)]

