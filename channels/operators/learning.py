"""What was read wrongly: an operator marks a patient's message with the intent that was meant; changes it, takes it back (X33).

Whoever changes a mark names the version that he saw, so that of two people at one message the later is told. Marks hold no words of
patients: those are the message's, and when they go (D15, X34) only the pair of intents is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, readers, scope, thread, words
from channels.operators.readers import Language
from channels.operators.sessions import SignedIn, audit
from channels.operators.thread import Opened
from channels.operators.tongues import READ_IN
from dialogs.understanding import corpus

PAGE: Final = 50
LONGEST_NOTE: Final = 300
STATES: Final = ("new", "exported", "dismissed")
FILTERS: Final = ("read", "meant", "channel", "language", "state")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as its form shows it; `version` 0 and an empty intent while there is none."""

    version: int = 0
    intent: str = ""
    note: str = ""
    state: str = "withdrawn"
    who: str = ""
    at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether there is one that was not taken back."""
        return self.state != "withdrawn"


@dataclass(frozen=True, slots=True)
class Line:
    """A marked reading on the list; `body` is masked, None when the words are kept no longer."""

    id: int
    version: int
    read: str
    meant: str
    note: str
    state: str
    who: str
    marked_at: datetime
    channel: str
    language: str
    body: str | None
    conversation_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which marks a list or an export takes; an empty word leaves a column open. A clinic's own people see their clinic's."""

    read: str = ""
    meant: str = ""
    channel: str = ""
    language: str = ""
    state: str = ""


def intents() -> tuple[tuple[str, str], ...]:
    """What can have been meant: the domain's intents with their names, by name."""
    return _intents(readers.language())


@cache
def _intents(_: Language) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((intent, words.name("intents", intent)) for intent in corpus.intents()), key=lambda pair: pair[1].casefold()))


# --- one message's mark

MARK = text("""
SELECT k.version, k.intent, coalesce(k.note, '') AS note, k.state, o.name AS who, k.marked_at AS at
  FROM reading_marks k JOIN operators o ON o.id = k.marked_by WHERE k.message_id = :message_id
""")


def of_message(session: Session, message_id: int) -> Mark:
    """The mark of a message."""
    row = session.execute(MARK, {"message_id": message_id}).one_or_none()
    return Mark() if row is None else Mark(row.version, row.intent, row.note, row.state, row.who, row.at)


# The message is held while it is marked: its words cannot go meanwhile and leave the note behind (D15).
HELD = text(f"""
SELECT t.intent FROM messages m JOIN turns t ON t.message_id = m.id
 WHERE m.id = :message_id AND m.channel = :channel AND m.address = :address AND m.redacted_at IS NULL AND {scope.MESSAGE}
   FOR SHARE OF m
""")  # noqa: S608  our own words only
FIRST = text("""
INSERT INTO reading_marks (message_id, intent, note, state, version, marked_by, marked_at)
VALUES (:message_id, :intent, :note, 'new', 1, :me, :now) ON CONFLICT DO NOTHING RETURNING id
""")
AGAIN = text("""
UPDATE reading_marks SET intent = :intent, note = :note, state = 'new', version = version + 1, marked_by = :me, marked_at = :now,
       exported_at = NULL
 WHERE message_id = :message_id AND version = :version RETURNING id
""")
BACK = text(f"""
UPDATE reading_marks k SET note = NULL, state = 'withdrawn', version = k.version + 1
  FROM messages m JOIN turns t ON t.message_id = m.id
 WHERE k.message_id = :message_id AND k.version = :version AND k.state <> 'withdrawn'
   AND m.id = k.message_id AND m.channel = :channel AND m.address = :address AND {scope.MESSAGE}
RETURNING k.id
""")  # noqa: S608  our own words only


def mark(
    session: Session, operator: SignedIn, opened: Opened, message_id: int, intent: str, note: str, version: int, *, now: datetime
) -> str:  # fmt: skip
    """Say what was meant; `version` is what the operator saw (0: nothing yet). The note is kept masked (X34).

    "marked", or why not: "gone", "unclear", "others".
    """
    facts = _there(opened, message_id)
    read = session.scalar(HELD, facts)
    if read is None:
        return "gone"
    if intent == read or intent not in dict(intents()):
        return "unclear"
    said = masking.text(" ".join(note.split())[:LONGEST_NOTE], names=opened.names, identifiers=opened.identifiers) or None
    facts |= {"intent": intent, "note": said, "version": version, "me": operator.operator_id, "now": now}
    if session.execute(AGAIN if version else FIRST, facts).one_or_none() is None:
        return "others"
    _note(session, operator, opened, "reading_marked", {"message": message_id, "read": read, "meant": intent}, now=now)
    return "marked"


def take_back(session: Session, operator: SignedIn, opened: Opened, message_id: int, version: int, *, now: datetime) -> str:
    """It was read rightly after all. "withdrawn", or "others" when somebody changed the mark meanwhile."""
    if session.execute(BACK, {**_there(opened, message_id), "version": version}).one_or_none() is None:
        return "others"
    _note(session, operator, opened, "reading_unmarked", {"message": message_id}, now=now)
    return "withdrawn"


def _there(opened: Opened, message_id: int) -> dict[str, Any]:
    """The message, if it is one of this conversation that the operator sees."""
    return {"message_id": message_id, "channel": opened.channel, "address": opened.address, "provider_id": opened.provider_id}


def _note(session: Session, operator: SignedIn, opened: Opened, act: str, facts: dict[str, Any], *, now: datetime) -> None:
    for patient_id in opened.patient_ids or (None,):
        audit(session, operator.operator_id, act, now=now, conversation_id=opened.id, patient_id=patient_id, facts=facts)


# --- the list

MARKS: Final = f"""
SELECT * FROM (
    SELECT k.id, k.version, k.intent AS meant, coalesce(k.note, '') AS note, k.state, k.marked_at, o.name AS who, t.intent AS read, t.asked,
           t.entities, m.id AS message_id, m.channel, m.body, c.id AS conversation_id, {READ_IN} AS language
      FROM reading_marks k JOIN operators o ON o.id = k.marked_by JOIN messages m ON m.id = k.message_id
      JOIN turns t ON t.message_id = m.id JOIN conversations c ON c.channel = m.channel AND c.address = m.address
     WHERE k.state <> 'withdrawn' AND {scope.CONVERSATION} AND {scope.MESSAGE}) k
 WHERE {" AND ".join(f"(:{name} = '' OR k.{name} = :{name})" for name in FILTERS)}
"""  # noqa: S608  our own words only
LIST = text(f"{MARKS} AND (k.marked_at, k.id) < (:before_at, :before_id) ORDER BY k.marked_at DESC, k.id DESC LIMIT :limit")
LAST: Final = (datetime.fromisoformat("9999-01-01T00:00:00+00:00"), 2**62)


def facts_of(operator_clinic: int | None, wanted: Wanted) -> dict[str, Any]:
    """What MARKS needs."""
    return {"provider_id": operator_clinic, **{name: getattr(wanted, name) for name in FILTERS}}


def page(
    session: Session, operator: SignedIn, wanted: Wanted, *, before: tuple[datetime, int] | None = None
) -> tuple[list[Line], tuple[datetime, int] | None]:
    """Up to PAGE marks, the newest first, and the key for the next page if there is one."""
    at, number = before or LAST
    facts = {**facts_of(operator.provider_id, wanted), "before_at": at, "before_id": number, "limit": PAGE + 1}
    rows = session.execute(LIST, facts).all()
    people = People(session, operator.provider_id)
    return [_line(row, people) for row in rows[:PAGE]], (rows[PAGE - 1].marked_at, rows[PAGE - 1].id) if len(rows) > PAGE else None


class People:
    """Who belongs to the conversations of a list: what masking must know of each."""

    def __init__(self, session: Session, provider_id: int | None) -> None:
        self._session, self._provider_id = session, provider_id
        self._seen: dict[int, tuple[Sequence[str], Sequence[str]]] = {}

    def of(self, conversation_id: int) -> dict[str, Sequence[str]]:
        """Names and identifiers, as `masking.text` takes them."""
        if conversation_id not in self._seen:
            opened = thread.find(self._session, conversation_id, provider_id=self._provider_id)
            self._seen[conversation_id] = (opened.names, opened.identifiers) if opened else ((), ())
        names, identifiers = self._seen[conversation_id]
        return {"names": names, "identifiers": identifiers}


def _line(row: Any, people: People) -> Line:
    known = people.of(row.conversation_id)
    return Line(
        row.id, row.version, row.read, row.meant, row.note, row.state, row.who, row.marked_at, row.channel,
        row.language, masking.text(row.body, **known) if row.body else None, row.conversation_id, row.message_id,
    )  # fmt: skip


# --- what becomes of a mark

JUDGE = text(f"""
UPDATE reading_marks k SET state = :state, version = k.version + 1, exported_at = NULL
  FROM messages m JOIN turns t ON t.message_id = m.id JOIN conversations c ON c.channel = m.channel AND c.address = m.address
 WHERE k.id = :id AND k.version = :version AND k.state NOT IN (:state, 'withdrawn') AND m.id = k.message_id
   AND {scope.CONVERSATION} AND {scope.MESSAGE}
RETURNING c.id AS conversation_id, k.message_id
""")  # noqa: S608  our own words only


def judge(session: Session, operator: SignedIn, mark_id: int, version: int, *, keep: bool, now: datetime) -> str:
    """Dismiss a mark, or have it among the new ones again. "dismissed", "reopened", or "others" when it changed meanwhile."""
    facts = {"id": mark_id, "version": version, "state": "new" if keep else "dismissed", "provider_id": operator.provider_id}
    row = session.execute(JUDGE, facts).one_or_none()
    if row is None:
        return "others"
    act = "mark_reopened" if keep else "mark_dismissed"
    audit(session, operator.operator_id, act, now=now, conversation_id=row.conversation_id, facts={"message": row.message_id})
    return "reopened" if keep else "dismissed"
