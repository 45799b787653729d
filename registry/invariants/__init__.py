"""What must hold in the registry at every moment, whatever came before: named sentences, each a query for what breaks it.

They read what the database says now and what its events, decisions and messages say of the past; they change nothing, so an operator
may ask them of a live database. Each query is written for a million visits: joins of whole tables, no look-ups one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from registry.catalogue import MATRICES, POLICY, SERVICES, Matrix, Policy
from registry.invariants import claims, course, fairness, notices, times
from registry.invariants.sentence import Invariant

INVARIANTS: tuple[Invariant, ...] = (
    *claims.INVARIANTS, *times.INVARIANTS, *fairness.INVARIANTS, *course.INVARIANTS, *notices.INVARIANTS
)  # fmt: skip
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """How often a sentence is broken, and by which rows: the numbers of a few of them, in the table that the sentence names."""

    invariant: Invariant
    count: int
    examples: tuple[int, ...] = ()


def check(
    session: Session, *, policy: Policy = POLICY, seen: Callable[[Invariant], object] = lambda _: None,
    invariants: Sequence[Invariant] = INVARIANTS,
) -> list[Finding]:  # fmt: skip
    """Ask every sentence of the database as the session sees it; a finding for each, whole ones too. `seen` hears of each that is asked."""
    found = []
    for one in invariants:
        seen(one)
        rows = list(session.scalars(_query(one.query), _values(policy)))
        found.append(Finding(one, len(rows), tuple(int(row) for row in sorted(rows)[:EXAMPLES])))
    return found


def broken(session: Session, *, policy: Policy = POLICY) -> list[str]:
    """The names of the sentences that do not hold, asked in one statement: for small databases that are asked after every step."""
    return sorted(session.scalars(_all(), _values(policy)))


@lru_cache(maxsize=64)
def _query(words: str) -> TextClause:
    return text(f"SELECT id FROM ({_filled(words)}) AS broken")  # noqa: S608  our own words


@lru_cache(maxsize=1)
def _all() -> TextClause:
    each = (f"SELECT '{one.name}' WHERE EXISTS ({_filled(one.query)})" for one in INVARIANTS)
    return text("\nUNION ALL\n".join(each))


def _filled(words: str) -> str:
    """A query with the catalogue in place of its names; a colon before a name is a value of the policy."""
    for name, table in _tables().items():
        words = words.replace("{" + name + "}", table)
    return words


@lru_cache(maxsize=1)
def _tables() -> dict[str, str]:
    horizons = ", ".join(f"('{code}', {one.horizon_days}, DATE '{one.since}', {one.waiting_room})" for code, one in SERVICES.items())
    pools = ", ".join(
        f"('{service}', DATE '{one.since}', DATE '{_until(one, service)}', '{pool}', '{who}')"
        for one in MATRICES for service in sorted(one.services) for pool, allowed in one.who.items() for who in sorted(allowed)
    )  # fmt: skip
    return {
        "services": f"(VALUES {horizons}) AS service(code, horizon_days, since, waiting_room)",
        "matrix": f"(VALUES {pools}) AS matrix(service, since, until, pool, who)",
        "active": "('proposed', 'booked', 'cancelling')",
    }


def _until(one: Matrix, service: str) -> date:
    """The day on which a newer version of the matrix takes over (X25)."""
    return min((other.since for other in MATRICES if service in other.services and other.since > one.since), default=date.max)


def _values(policy: Policy) -> dict[str, Any]:
    return {
        "assign_above": policy.assign_above, "propose_from": policy.propose_from, "returns": policy.returns_with_place,
        "near": policy.near_visit, "none": timedelta(0),
        "opens": policy.sms_hours.opens, "closes": policy.sms_hours.closes,
        "near_opens": policy.near_hours.opens, "near_closes": policy.near_hours.closes,
    }  # fmt: skip
