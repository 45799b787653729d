"""What a transcript of a call cannot say: when in the call each turn began, how long it took, who was cut off, where nobody answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import words
from channels.operators.thread import Opened

SECOND: Final = 1000  # milliseconds


@dataclass(frozen=True, slots=True)
class Moment:
    """When a turn or line began, in seconds from the answer and as mm:ss; `told` says the rest in an operator's words."""

    call_id: int
    seconds: float
    at: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TalkedCall:
    """One call as its head on the page says it."""

    id: int
    what: str
    came_to: str
    lasted: str
    recorded: bool  # and may be heard by this operator's clinic


# Of a conversation that several clinics see, each hears the calls in which nothing was about another one's visits (X33).
RECORDED: Final = """
 SELECT r.call_id, r.name FROM recordings r JOIN calls k ON k.id = r.call_id
  WHERE k.id = ANY(:calls) AND k.address = :address AND r.erased_at IS NULL
    AND (CAST(:provider_id AS bigint) IS NULL OR NOT EXISTS (
        SELECT 1 FROM messages m LEFT JOIN turns t ON t.message_id = m.id
          JOIN appointments sa ON sa.id IN (m.appointment_id, t.appointment_id) JOIN places sl ON sl.id = sa.place_id
         WHERE m.channel = 'voice' AND m.address = k.address AND sl.provider_id <> :provider_id
           AND coalesce(m.sent_at, m.at) BETWEEN k.at AND coalesce(k.ended_at, 'infinity')))
"""

# Lines and turns bear their call in their name; an answer of ours bears it in that of the turn that it answers.
TALKED: Final = """
SELECT m.id AS message_id, k.id, k.direction, k.outcome, k.answered_at, k.ended_at, k.wire_id, k.course, {name} AS name
  FROM messages m {through} WHERE m.id = ANY(:messages) AND m.channel = 'voice'
"""
CALLS = text(TALKED.format(name="m.wire_id", through="""
  JOIN calls k ON k.address = m.address AND (k.message_id = m.id OR k.wire_id = left(m.wire_id, -strpos(reverse(m.wire_id), '.')))
"""))
ANSWERS = text(TALKED.format(name="NULL", through="""
  JOIN messages q ON q.id = m.in_reply_to
  JOIN calls k ON k.address = m.address AND k.wire_id = left(q.wire_id, -strpos(reverse(q.wire_id), '.'))
"""))


def told(session: Session, opened: Opened, messages: Sequence[int]) -> dict[str, Any]:
    """For these messages of a conversation, in the order in which they are shown: `moments` by message, and `heads`, each call by the
    first message of it that is shown."""
    if opened.channel != "voice" or not messages:
        return {"moments": {}, "heads": {}}
    facts = {"messages": list(messages)}
    rows = sorted([*session.execute(CALLS, facts), *session.execute(ANSWERS, facts)], key=lambda row: messages.index(row.message_id))
    recorded = _recorded(session, opened, {row.id for row in rows})
    firsts: dict[int, Any] = {}
    for row in rows:
        firsts.setdefault(row.id, row)
    heads = {row.message_id: _head(row, recorded=row.id in recorded) for row in firsts.values()}
    found = {row.message_id: _entries(row) for row in rows}
    return {"moments": {row.message_id: _moment(row.id, found[row.message_id]) for row in rows if found[row.message_id]}, "heads": heads}


def recording(session: Session, opened: Opened, call_id: int) -> str | None:
    """The name of the recording of one of this conversation's calls; None where there is none that this clinic may hear."""
    return _recorded(session, opened, {call_id}).get(call_id) if opened.channel == "voice" else None


def _recorded(session: Session, opened: Opened, call_ids: Iterable[int]) -> dict[int, str]:
    facts = {"calls": list(call_ids), "address": opened.address, "provider_id": opened.provider_id}
    return {row.call_id: row.name for row in session.execute(text(RECORDED), facts)}


def _entries(row: Any) -> list[Mapping[str, Any]]:
    """What the course of the call has on this message: a turn of the caller, or the times that a line of ours was said."""
    name = (row.name or "").rpartition(".")[2]
    return [
        entry for entry in row.course
        if entry.get("message") == row.message_id or (name and name in (str(entry.get("turn", "")), entry.get("line")))
    ]  # fmt: skip


def _moment(call_id: int, entries: Sequence[Mapping[str, Any]]) -> Moment:
    first = entries[0]
    said = tuple(_of_ours(entries) if "line" in first else _of_caller(first))
    return Moment(call_id, round(first["began_ms"] / SECOND, 1), clock(first["began_ms"]), said)


def _of_caller(entry: Mapping[str, Any]) -> Iterable[str]:
    if "keys" in entry:
        yield _told("keys", str(entry["keys"]))
    else:
        yield _told("spoke", _seconds(entry["ended_ms"] - entry["began_ms"]))
    if "think_ms" in entry:
        yield _told("replied", _seconds(entry["decided_ms"] - entry["ended_ms"] + entry["think_ms"]))


def _of_ours(entries: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    first = entries[0]
    if "silence_ms" in first:
        yield _told("silence", _seconds(first["silence_ms"]))
    if "ended_ms" in first and first.get("cut") != "unheard":
        yield _told("said", _seconds(first["ended_ms"] - first["began_ms"]))
    if "cut" in first:
        yield _told(first["cut"])
    if len(entries) > 1:
        yield _told("repeated", str(len(entries)))


def _head(row: Any, *, recorded: bool) -> TalkedCall:
    lasted = row.ended_at - row.answered_at if row.ended_at and row.answered_at else None
    return TalkedCall(
        row.id, _told(row.direction), words.name("call_ends", row.outcome) or _told("goes_on"),
        _told("lasted", clock(int(lasted.total_seconds() * SECOND))) if lasted is not None else "", recorded,
    )  # fmt: skip


def clock(ms: int) -> str:
    """A moment of a call as mm:ss."""
    return f"{ms // 60_000:02}:{ms // SECOND % 60:02}"


def _told(key: str, *facts: str) -> str:
    return words.name("call_told", key).format(*facts)


def _seconds(ms: int) -> str:
    return words.amount(max(ms, 0) / SECOND, "seconds").replace(" ", "\u00a0")
