"""Who looked at what and did what: the audit as those read it who may (X33, X34)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import words
from channels.operators.sessions import SignedIn
from registry import privacy
from registry.rules import WARSAW

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries; None leaves a column open."""

    operator_id: int | None = None
    act: str | None = None
    patient_id: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Footprint:
    """One look or act; `who` is empty for one at the command line."""

    id: int
    at: datetime
    who: str
    act: str
    conversation_id: int | None
    patient: str
    patient_id: int | None
    facts: tuple[tuple[str, str], ...]


FOUND = text("""
SELECT a.id, a.at, coalesce(o.name, '') AS who, a.act, a.conversation_id, a.patient_id, a.facts,
       coalesce(left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.', '') AS patient,
       coalesce(p.identifier_system = :erased, false) AS erased
  FROM audit a LEFT JOIN operators o ON o.id = a.operator_id LEFT JOIN patients p ON p.id = a.patient_id
 WHERE (a.at, a.id) < (:before_at, :before_id)
   AND (CAST(:operator_id AS bigint) IS NULL OR a.operator_id = :operator_id)
   AND (CAST(:act AS text) IS NULL OR a.act = :act)
   AND (CAST(:patient_id AS bigint) IS NULL OR a.patient_id = :patient_id)
   AND (CAST(:since AS timestamptz) IS NULL OR (a.at >= :since AND a.at < :until))
   AND (CAST(:provider_id AS bigint) IS NULL OR o.provider_id = :provider_id)
 ORDER BY a.at DESC, a.id DESC LIMIT :limit
""")
LAST: Final = (datetime.fromisoformat("9999-01-01T00:00:00+00:00"), 2**62)


def page(
    session: Session, reader: SignedIn, sought: Sought, *, before: tuple[datetime, int] | None = None
) -> tuple[list[Footprint], tuple[datetime, int] | None]:
    """Up to PAGE entries, newest first, and the key for the next page. One confined to a clinic reads what its people did."""
    at, number = before or LAST
    since = sought.day and _midnight(sought.day)
    until = sought.day and _midnight(sought.day + timedelta(days=1))
    facts = {
        "before_at": at, "before_id": number, "operator_id": sought.operator_id, "act": sought.act, "patient_id": sought.patient_id,
        "since": since, "until": until, "provider_id": reader.provider_id, "limit": PAGE + 1, "erased": privacy.ERASED,
    }  # fmt: skip
    found = [_footprint(row) for row in session.execute(FOUND, facts)]
    return found[:PAGE], (found[PAGE - 1].at, found[PAGE - 1].id) if len(found) > PAGE else None


def _footprint(row: Any) -> Footprint:
    patient = words.name("states_of_data", "erased") if row.erased else row.patient
    return Footprint(row.id, row.at, row.who, words.name("acts", row.act), row.conversation_id, patient, row.patient_id, _told(row.facts))


def _told(facts: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What an entry says more; a name that nobody has given yet shows its key."""
    return tuple((words.name("audit_facts", key), words.fact(key, value)) for key, value in facts.items())


def _midnight(day: date) -> datetime:
    """Where a Warsaw day begins."""
    return datetime.combine(day, time.min, WARSAW)
