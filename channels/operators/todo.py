"""What waits for a person: open tasks, oldest first, and closing one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import scope, words
from channels.operators.sessions import audit
from channels.operators.thread import Opened

PAGE: Final = 50
COUNTED: Final = 100  # counted no further than this: a number beyond it tells nobody anything


@dataclass(frozen=True, slots=True)
class Todo:
    """An open task; `visit` and `where` are empty when it is about no visit, `conversation_id` is the conversation to look at."""

    id: int
    at: datetime
    what: str
    who: str
    starts_at: datetime | None
    where: str
    conversation_id: int | None


# The conversation is the message's own, else the one with the patient's first address.
TODO = """
SELECT t.id, t.at, t.kind, left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS who, a.starts_at,
       l.name || ', ' || l.city AS place, coalesce(mv.id, pv.id) AS conversation_id
  FROM tasks t
  LEFT JOIN patients p ON p.id = t.patient_id
  LEFT JOIN appointments a ON a.id = t.appointment_id
  LEFT JOIN places l ON l.id = a.place_id
  LEFT JOIN messages m ON m.id = t.message_id
  LEFT JOIN conversations mv ON mv.channel = m.channel AND mv.address = m.address
  LEFT JOIN LATERAL (
      SELECT v.id FROM contact_points c JOIN conversations v ON v.channel = c.channel AND v.address = c.value
       WHERE c.patient_id = t.patient_id ORDER BY c.rank, c.id LIMIT 1) pv ON true
 WHERE t.state = 'open' AND {which} AND {mine}
 ORDER BY t.at, t.id LIMIT :limit
"""
ALL = text(TODO.format(which="(t.at, t.id) > (:after_at, :after_id)", mine=scope.TASK))
OF_ONE = text(TODO.format(which="coalesce(mv.id, pv.id) = :conversation_id", mine=scope.TASK))
FIRST: Final = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), 0)


def page(
    session: Session, *, after: tuple[datetime, int] | None = None, provider_id: int | None = None
) -> tuple[list[Todo], tuple[datetime, int] | None]:
    """Up to PAGE open tasks after the key, oldest first, and the key for the next page if there is one."""
    at, number = after or FIRST
    facts = {"after_at": at, "after_id": number, "limit": PAGE + 1, "provider_id": provider_id}
    found = [_todo(row) for row in session.execute(ALL, facts)]
    return found[:PAGE], (found[PAGE - 1].at, found[PAGE - 1].id) if len(found) > PAGE else None


def of_conversation(session: Session, opened: Opened) -> list[Todo]:
    """The open tasks of one conversation."""
    facts = {"conversation_id": opened.id, "limit": PAGE, "provider_id": opened.provider_id}
    return [_todo(row) for row in session.execute(OF_ONE, facts)]


COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM tasks t WHERE state = 'open' AND {scope.TASK} LIMIT :most) open")  # noqa: S608


def waiting(session: Session, provider_id: int | None = None) -> int:
    """How many tasks are open, at most COUNTED; of one clinic, or of all."""
    return int(session.execute(COUNT, {"most": COUNTED, "provider_id": provider_id}).scalar_one())


CLOSE = text(f"""
UPDATE tasks t SET state = 'done' WHERE t.id = :id AND t.state = 'open' AND {scope.TASK} RETURNING t.message_id, t.patient_id
""")  # noqa: S608  our own words only

# The last open task of a conversation takes its call for a person with it.
SETTLE = text("""
UPDATE conversations c SET needs_person = false FROM messages m
 WHERE m.id = :message_id AND c.channel = m.channel AND c.address = m.address AND c.needs_person
   AND NOT EXISTS (SELECT 1 FROM tasks t JOIN messages o ON o.id = t.message_id
                    WHERE t.state = 'open' AND o.channel = m.channel AND o.address = m.address)
RETURNING c.id
""")


def close(session: Session, task_id: int, *, operator_id: int, now: datetime, provider_id: int | None = None) -> bool:
    """Close a task; False when somebody was faster, or there is none. The first who closes it is the one who did (X33)."""
    row = session.execute(CLOSE, {"id": task_id, "provider_id": provider_id}).one_or_none()
    if row is None:
        return False
    about = session.execute(SETTLE, {"message_id": row.message_id}).scalar_one_or_none() if row.message_id else None
    audit(
        session, operator_id, "task_closed", now=now, conversation_id=about, patient_id=row.patient_id, facts={"task_id": task_id}
    )
    return True


def _todo(row: Any) -> Todo:
    where = row.place or ""
    return Todo(row.id, row.at, words.name("tasks", row.kind), row.who or "", row.starts_at, where, row.conversation_id)
