"""What waits for a person: open tasks, the most urgent first, who has which, and closing one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import scope, words
from channels.operators.sessions import SignedIn, audit
from channels.operators.thread import Opened, masked
from registry.rules import WARSAW
from registry.tasks import SOON, USUALLY, open_task

PAGE: Final = 50
COUNTED: Final = 100  # counted no further than this: a number beyond it tells nobody anything
LONGEST_RESULT: Final = 500
FURTHEST_DUE: Final = timedelta(days=366)
MOST_CLOSED: Final = 5


@dataclass(frozen=True, slots=True)
class Todo:
    """An open task; `visit` and `where` are empty when it is about no visit, `conversation_id` is the conversation to look at.

    `owner` is the colleague who has it, empty while nobody has; `owner_id` tells whether that is oneself.
    """

    id: int
    at: datetime
    what: str
    who: str
    starts_at: datetime | None
    where: str
    conversation_id: int | None
    patient_id: int | None
    owner_id: int | None
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """A task that is done: by whom, and what came of it (empty when nobody said, or it is kept no longer)."""

    what: str
    by: str
    at: datetime
    result: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks a page shows: everybody's, one's own, nobody's yet or those overdue; of one kind or all."""

    whose: str = "all"
    kind: str = ""


# When a task should be done: as somebody has set it, else by its kind.
DUE = f"""coalesce(t.due_at, t.at + make_interval(secs => CASE t.kind
    {" ".join(f"WHEN '{kind}' THEN {span.total_seconds():.0f}" for kind, span in SOON.items())} ELSE {USUALLY.total_seconds():.0f} END))"""

# The conversation is the message's own, else the one with the patient's first address.
TODO = """
SELECT t.id, t.at, t.kind, left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS who, a.starts_at,
       l.name || ', ' || l.city AS place, coalesce(mv.id, pv.id) AS conversation_id, t.patient_id, t.owner_id, o.name AS owner,
       {due} AS due_at
  FROM tasks t
  LEFT JOIN patients p ON p.id = t.patient_id
  LEFT JOIN operators o ON o.id = t.owner_id
  LEFT JOIN appointments a ON a.id = t.appointment_id
  LEFT JOIN places l ON l.id = a.place_id
  LEFT JOIN messages m ON m.id = t.message_id
  LEFT JOIN conversations mv ON mv.channel = m.channel AND mv.address = m.address
  LEFT JOIN LATERAL (
      SELECT v.id FROM contact_points c JOIN conversations v ON v.channel = c.channel AND v.address = c.value
       WHERE c.patient_id = t.patient_id ORDER BY c.rank, c.id LIMIT 1) pv ON true
 WHERE t.state = 'open' AND {which} AND {mine}
 ORDER BY {due}, t.id LIMIT :limit
"""
WHOSE: Final = {"all": "true", "mine": "t.owner_id = :operator_id", "free": "t.owner_id IS NULL", "overdue": f"{DUE} < :now"}
OF_LIST = {
    whose: text(TODO.format(
        which=f"({DUE}, t.id) > (:after_at, :after_id) AND (:kind = '' OR t.kind = :kind) AND {condition}", mine=scope.TASK, due=DUE,
    ))
    for whose, condition in WHOSE.items()
}  # fmt: skip
OF_ONE = text(TODO.format(which="coalesce(mv.id, pv.id) = :conversation_id", mine=scope.TASK, due=DUE))
FIRST: Final = (datetime.fromisoformat("2000-01-01T00:00:00+00:00"), 0)


def page(
    session: Session, operator: SignedIn, wanted: Wanted, *, now: datetime, after: tuple[datetime, int] | None = None
) -> tuple[list[Todo], tuple[datetime, int] | None]:
    """Up to PAGE open tasks after the key, those due first on top, and the key for the next page if there is one."""
    at, number = after or FIRST
    more: dict[str, dict[str, Any]] = {"mine": {"operator_id": operator.operator_id}, "overdue": {"now": now}}
    facts = {
        "after_at": at, "after_id": number, "limit": PAGE + 1, "provider_id": operator.provider_id, "kind": wanted.kind,
        **more.get(wanted.whose, {}),
    }  # fmt: skip
    found = [_todo(row) for row in session.execute(OF_LIST[wanted.whose], facts)]
    return found[:PAGE], (found[PAGE - 1].due_at, found[PAGE - 1].id) if len(found) > PAGE else None


def of_conversation(session: Session, opened: Opened) -> list[Todo]:
    """The open tasks of one conversation."""
    facts = {"conversation_id": opened.id, "limit": PAGE, "provider_id": opened.provider_id}
    return [_todo(row) for row in session.execute(OF_ONE, facts)]


CLOSED = text(f"""
SELECT t.kind, o.name, t.closed_at, t.result
  FROM tasks t LEFT JOIN messages m ON m.id = t.message_id LEFT JOIN operators o ON o.id = t.owner_id
 WHERE t.state = 'done' AND (t.patient_id = ANY(:patient_ids) OR (m.channel = :channel AND m.address = :address)) AND {scope.TASK}
 ORDER BY t.closed_at DESC NULLS LAST, t.id DESC LIMIT :most
""")  # noqa: S608  our own words only


def closed_of(session: Session, opened: Opened) -> list[Closed]:
    """The tasks of one conversation that were done last, with what came of them; masked as its messages are."""
    facts = {"patient_ids": list(opened.patient_ids), "channel": opened.channel, "address": opened.address, "most": MOST_CLOSED}
    rows = session.execute(CLOSED, {**facts, "provider_id": opened.provider_id})
    return [
        Closed(words.name("tasks", row.kind), row.name or "", row.closed_at, masked(row.result or "", opened))
        for row in rows
    ]  # fmt: skip


BY_HAND: Final = ("call_back", "request_human", "question", "edit_criteria", "leave_waiting_room", "report_death", "wrong_person")
"""What an operator can make a task of himself."""

LAST_MESSAGE = text("SELECT max(id) FROM messages WHERE channel = :channel AND address = :address")


def open_for(
    session: Session, operator: SignedIn, opened: Opened, kind: str, once: str, *, now: datetime, patient_id: int | None,
    due_at: datetime | None,
) -> bool:  # fmt: skip
    """A task that an operator makes of a conversation, nobody's yet; False when this very form has made it already (`once`).

    `patient_id` is one of the conversation's people, or None where nobody is known.
    """
    cause = f"operator {operator.operator_id} form {once}"
    message_id = session.scalar(LAST_MESSAGE, {"channel": opened.channel, "address": opened.address})
    made = open_task(session, kind, cause, now=now, patient_id=patient_id, message_id=message_id, due_at=due_at)
    if made is not None:
        about = {"conversation_id": opened.id, "patient_id": patient_id, "facts": {"task_id": made}}
        audit(session, operator.operator_id, "task_opened", now=now, **about)
    return made is not None


COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM tasks t WHERE state = 'open' AND {scope.TASK} LIMIT :most) open")  # noqa: S608


def waiting(session: Session, provider_id: int | None = None) -> int:
    """How many tasks are open, at most COUNTED; of one clinic, or of all."""
    return int(session.execute(COUNT, {"most": COUNTED, "provider_id": provider_id}).scalar_one())


# --- who has it

COLLEAGUES = text("""
SELECT id, name FROM operators WHERE active AND role <> 'auditor' AND id <> :me
   AND (provider_id IS NULL OR provider_id IS NOT DISTINCT FROM CAST(:provider_id AS bigint)) ORDER BY name, id LIMIT 200
""")


def colleagues(session: Session, operator: SignedIn) -> list[tuple[int, str]]:
    """To whom a task can be given."""
    rows = session.execute(COLLEAGUES, {"me": operator.operator_id, "provider_id": operator.provider_id})
    return [(row.id, row.name) for row in rows]


# Each changes a task only where nobody else has it, in one statement: of two at the same moment one is told that he came late.
FREE_FOR_ME: Final = f"""t.id = :id AND t.state = 'open' AND {scope.TASK}
   AND (t.owner_id IS NULL OR t.owner_id = :me OR :over_others)"""
OWN = text(f"UPDATE tasks t SET owner_id = :owner_id WHERE {FREE_FOR_ME} RETURNING t.patient_id")  # noqa: S608
SET_DUE = text(f"UPDATE tasks t SET due_at = :due_at WHERE {FREE_FOR_ME} RETURNING t.patient_id")  # noqa: S608
CLOSE = text(f"""
UPDATE tasks t SET state = 'done', closed_at = :now, result = :result, owner_id = coalesce(t.owner_id, :me)
 WHERE {FREE_FOR_ME} RETURNING t.message_id, t.patient_id
""")  # noqa: S608  our own words only


def own(session: Session, operator: SignedIn, task_id: int, owner_id: int | None, *, now: datetime) -> bool:
    """Take a task, give it to a colleague or put it back (None); False when somebody else has it, or it is done (X33)."""
    to_me = owner_id == operator.operator_id
    facts = {"owner_id": owner_id, **_mine(operator, task_id, over_others=not to_me and operator.may("share"))}
    row = session.execute(OWN, facts).one_or_none()
    if row is not None:
        act = "task_taken" if to_me else "task_given" if owner_id else "task_put_back"
        audit(session, operator.operator_id, act, now=now, patient_id=row.patient_id, facts={"task_id": task_id, "to": owner_id})
    return row is not None


def set_due(session: Session, operator: SignedIn, task_id: int, due_at: datetime, *, now: datetime) -> bool:
    """When it is to be done by (`due_of`); False when somebody else has it. Who set it is noted (X33)."""
    facts = {"due_at": due_at, **_mine(operator, task_id, over_others=operator.may("share"))}
    row = session.execute(SET_DUE, facts).one_or_none()
    if row is not None:
        about = {"task_id": task_id, "due": f"{due_at.astimezone(WARSAW):%d.%m.%Y, %H:%M}"}
        audit(session, operator.operator_id, "task_due_set", now=now, patient_id=row.patient_id, facts=about)
    return row is not None


HOLDER = text(f"""
SELECT o.name, t.state FROM tasks t JOIN operators o ON o.id = t.owner_id WHERE t.id = :id AND t.owner_id <> :me AND {scope.TASK}
""")  # noqa: S608  our own words only


def holder(session: Session, operator: SignedIn, task_id: int) -> str:
    """Which colleague has a task that this operator was refused, or has dealt with it, as a sentence; empty where none has (X33)."""
    row = session.execute(HOLDER, {"id": task_id, "me": operator.operator_id, "provider_id": operator.provider_id}).one_or_none()
    return "" if row is None else words.name("tasks_held", row.state).format(who=row.name)


class NoDue(ValueError):
    """No moment, or none within FURTHEST_DUE of now; the argument is the word that the page has a message for."""


def due_of(written: str, *, now: datetime) -> datetime:
    """The Warsaw day and hour as a browser writes them; `NoDue` for what is unclear, past, or further than a year ahead."""
    try:
        moment = datetime.fromisoformat(written).replace(tzinfo=WARSAW)
    except ValueError as error:
        raise NoDue("unclear") from error
    if not now <= moment <= now + FURTHEST_DUE:
        raise NoDue("not_a_due")
    return moment


def _mine(operator: SignedIn, task_id: int, *, over_others: bool) -> dict[str, Any]:
    return {"id": task_id, "me": operator.operator_id, "provider_id": operator.provider_id, "over_others": over_others}


# The last open task of a conversation takes its call for a person with it.
SETTLE = text("""
UPDATE conversations c SET needs_person = false FROM messages m
 WHERE m.id = :message_id AND c.channel = m.channel AND c.address = m.address AND c.needs_person
   AND NOT EXISTS (SELECT 1 FROM tasks t JOIN messages o ON o.id = t.message_id
                    WHERE t.state = 'open' AND o.channel = m.channel AND o.address = m.address)
RETURNING c.id
""")


def close(session: Session, operator: SignedIn, task_id: int, *, now: datetime, result: str = "") -> bool:
    """Close a task with what came of it; False when a colleague has it, was faster, or there is none. The first who closes it did (X33)."""
    said = " ".join(result.split())[:LONGEST_RESULT] or None
    facts = {"now": now, "result": said, **_mine(operator, task_id, over_others=operator.may("share"))}
    row = session.execute(CLOSE, facts).one_or_none()
    if row is None:
        return False
    about = session.execute(SETTLE, {"message_id": row.message_id}).scalar_one_or_none() if row.message_id else None
    audit(
        session, operator.operator_id, "task_closed", now=now, conversation_id=about, patient_id=row.patient_id, facts={"task_id": task_id}
    )
    return True


def _todo(row: Any) -> Todo:
    return Todo(
        row.id, row.at, words.name("tasks", row.kind), row.who or "", row.starts_at, row.place or "", row.conversation_id, row.patient_id,
        row.owner_id, row.owner or "", row.due_at,
    )  # fmt: skip
