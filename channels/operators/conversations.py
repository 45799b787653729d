"""The list of conversations: newest first, filtered, page by page without counting, and what changed since somebody looked.

Changes are found by PostgreSQL's own transaction numbers, not by the clock: a transaction that began early and commits late has a
number that no cursor has passed while it ran, so its rows are never skipped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, scope
from channels.operators.filters import CONVERSATIONS, Filter, conditions

PAGE: Final = 50
LAG: Final = timedelta(minutes=2)  # more than any transaction lasts and any clock is wrong
MOST_CHANGES: Final = 200  # of one look; beyond that a page is better loaded anew
OLDEST_MARK: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation on the list: nothing in it identifies anybody."""

    id: int
    channel: str
    address: str
    people: str
    at: datetime
    intent: str | None
    outcome: str | None
    needs_person: bool
    version: int
    providers: tuple[int, ...] = ()
    language: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far somebody has seen: no change is missed whose transaction has this number or a later one."""

    transaction: int
    at: datetime

    def __str__(self) -> str:
        """As it travels to the browser and back."""
        return f"{self.transaction}.{int(self.at.timestamp() * 1000)}"

    @classmethod
    def parse(cls, written: str | None) -> "Mark | None":
        """The mark that a browser sends back; None for anything else."""
        match = re.fullmatch(r"(\d{1,18})\.(\d{1,14})", written or "")
        return cls(int(match[1]), datetime.fromtimestamp(int(match[2]) / 1000, UTC)) if match else None


# The row version's own transaction, with the high half that a stored number leaves out.
VERSION = """(SELECT CASE WHEN full_id > newest THEN full_id - 4294967296 ELSE full_id END
                FROM (SELECT newest, (newest & ~4294967295) | c.xmin::text::bigint AS full_id
                        FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS newest) n) x)"""

COLUMNS = f"""
SELECT c.id, c.channel, c.address, coalesce(w.people, '') AS people, c.last_at AS at, c.last_intent AS intent, c.outcome,
       c.needs_person, c.language, c.confidence, {VERSION} AS version, {scope.PROVIDERS} AS providers
"""

# Whoever gave this address; a number may be shared by several patients (X8).
PEOPLE = """
LEFT JOIN LATERAL (
    SELECT string_agg(one.initials, ', ') AS people FROM (
        SELECT DISTINCT ON (p.id) left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS initials
          FROM contact_points a JOIN patients p ON p.id = a.patient_id
         WHERE a.value = c.address ORDER BY p.id LIMIT 4) one) w ON true
"""

# Only conditions of ours stand in braces; what a browser sends is bound.
PAGES = f"""
{COLUMNS}
  FROM (SELECT c.*, c.xmin FROM conversations c {{where}} ORDER BY c.last_at DESC, c.id DESC LIMIT :limit) c
{PEOPLE}
 ORDER BY c.last_at DESC, c.id DESC
"""  # noqa: S608  our own words only


def page(session: Session, wanted: Filter, *, before: tuple[datetime, int] | None = None) -> tuple[list[Row], tuple[datetime, int] | None]:
    """Up to PAGE conversations older than `before`, newest first, and the key for the next page if there is one."""
    chosen, known = conditions(wanted, CONVERSATIONS)
    chosen += ["(c.last_at, c.id) < (:before_at, :before_id)"] if before else []
    where = f"WHERE {' AND '.join(chosen)}" if chosen else ""
    query = PAGES.format(where=where)
    facts: dict[str, Any] = {**known, "limit": PAGE + 1}
    if before:
        facts |= {"before_at": before[0], "before_id": before[1]}
    rows = [_row(found) for found in session.execute(text(query), facts)]
    return rows[:PAGE], (rows[PAGE - 1].at, rows[PAGE - 1].id) if len(rows) > PAGE else None


NOW = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def mark(session: Session, *, now: datetime) -> Mark:
    """Where things stand. Taken before a page is read, so that nothing can fall between the page and what follows it."""
    return Mark(session.execute(NOW).scalar_one(), now)


LATER = f"""
SELECT * FROM ({COLUMNS} FROM conversations c {PEOPLE} WHERE c.last_at >= :floor) changed
 WHERE version >= :transaction ORDER BY at, id LIMIT :limit
"""  # noqa: S608  our own words only
CHANGES = text(LATER)


def changes(session: Session, since: Mark, *, now: datetime) -> tuple[list[Row], Mark] | None:
    """Conversations changed since the mark, oldest first, and the next mark; None when there is too much to tell.

    A row may be told twice, while some older transaction is still open; never not at all.
    """
    if now - since.at > OLDEST_MARK:
        return None
    following = mark(session, now=now)  # first the mark, then the rows: what commits in between is told again next time
    facts = {"floor": since.at - LAG, "transaction": since.transaction, "limit": MOST_CHANGES + 1}
    rows = [_row(found) for found in session.execute(CHANGES, facts)]
    return None if len(rows) > MOST_CHANGES else (rows, following)


VERSIONS = text("""
SELECT c.id, md5(concat_ws('|', c.needs_person, c.outcome, c.taken_by,
       (SELECT string_agg(concat_ws(' ', m.id, m.state, m.error_code), ',') FROM (
           SELECT id, state, error_code FROM messages
            WHERE channel = c.channel AND address = c.address ORDER BY id DESC LIMIT 100) m),
       (SELECT string_agg(concat_ws(' ', k.message_id, k.intent, k.state), ',' ORDER BY k.id)
          FROM messages m JOIN reading_marks k ON k.message_id = m.id WHERE m.channel = c.channel AND m.address = c.address),
       (SELECT string_agg(concat_ws(' ', t.id, t.state, t.owner_id, t.due_at, t.closed_at), ',' ORDER BY t.id) FROM tasks t
         WHERE t.id IN (SELECT id FROM tasks WHERE patient_id = c.patient_id
                         UNION SELECT k.id FROM contact_points p JOIN tasks k ON k.patient_id = p.patient_id WHERE p.value = c.address
                         UNION SELECT k.id FROM messages m JOIN tasks k ON k.message_id = m.id
                                WHERE m.channel = c.channel AND m.address = c.address)),
       (SELECT concat_ws(' ', k.id, k.outcome) FROM calls k WHERE c.channel = 'voice' AND k.address = c.address ORDER BY k.id DESC LIMIT 1),
       (SELECT max(e.id) FROM contact_points p JOIN appointments a ON a.patient_id = p.patient_id
          JOIN events e ON e.slot_id = a.slot_id WHERE p.value = c.address)))
  FROM conversations c WHERE c.id = ANY(:ids)
""")


def versions(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """For each of these conversations a word that changes when anything on its page does: messages, receipts, marked readings, tasks,
    the end of a call, the slots' story."""
    return {row[0]: row[1] for row in session.execute(VERSIONS, {"ids": list(ids)})} if ids else {}


def _row(found: Any) -> Row:
    return Row(
        found.id, found.channel, masking.address(found.address), found.people, found.at, found.intent, found.outcome,
        found.needs_person, found.version, tuple(found.providers), found.language, found.confidence,
    )  # fmt: skip
