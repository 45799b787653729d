"""Finding messages by their words, newest first, page by page, in a bounded time however common the words are (X33).

The words of a message are indexed without whatever identifies anybody (`indexing`), and what is found is shown masked: a search tells no
more than the conversations themselves would.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, scope
from channels.operators.conversations import PEOPLE
from channels.operators.filters import MESSAGES, Filter, conditions
from channels.operators.lexemes import marked
from channels.operators.names import known_at
from registry import message_words
from registry.catalogue import POLICY

PAGE: Final = 30
MOST: Final = 5000  # messages with the words that one request looks at; the next one goes on from there
NEWEST: Final = 2**62
KEPT: Final = POLICY.keep_dialogue + timedelta(days=2)  # redaction is a job: a little later than it could
RARE: Final = 20  # a word in a smaller part of all messages than this may be looked for everywhere at once
SOON: Final = 4  # and is, before so many times its messages have been gone through day by day
AROUND: Final = 180  # letters shown of a long message, before and after the first word that was found


@dataclass(frozen=True, slots=True)
class Hit:
    """One message with the words. `pieces` is its masked text, each piece with whether it is one of the words."""

    message_id: int
    conversation_id: int
    at: datetime
    incoming: bool
    channel: str
    address: str
    people: str
    intent: str | None
    needs_person: bool
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits; `further` is the key from which one goes on; `partly`: nothing more was found in what was looked at so far."""

    hits: tuple[Hit, ...]
    further: tuple[datetime, int] | None
    partly: bool = False


ROWS = f"""
SELECT m.id, m.at, m.direction, m.channel, m.address, m.body, t.intent, c.id AS conversation_id, c.needs_person,
       coalesce(w.people, '') AS people
  FROM messages m JOIN conversations c ON c.channel = m.channel AND c.address = m.address
  LEFT JOIN turns t ON t.message_id = m.id
{PEOPLE}
 WHERE m.id = ANY(:ids) AND m.body IS NOT NULL {{where}}
 ORDER BY m.id DESC LIMIT :limit
"""  # noqa: S608  our own words only


def search(
    session: Session, words: Sequence[str], wanted: Filter, *, now: datetime, before: tuple[datetime, int] | None = None
) -> Found:  # fmt: skip
    """Messages with all the words that the filter admits, older than `before`; none for no words."""
    if not words:
        return Found((), None)
    rows, looked = list[Any](), 0
    for ids in _looks(session, words, wanted, now=now, before=before):
        rows += _admitted(session, ids, wanted, limit=PAGE + 1 - len(rows))
        looked += len(ids)
        if len(rows) > PAGE:
            return Found(_shown(session, rows[:PAGE], words), (rows[PAGE - 1].at, rows[PAGE - 1].id))
        if looked >= MOST:
            return Found(_shown(session, rows, words), (_at(session, ids[-1]), ids[-1]), partly=True)
    return Found(_shown(session, rows, words), None)


def _looks(
    session: Session, words: Sequence[str], wanted: Filter, *, now: datetime, before: tuple[datetime, int] | None
) -> Iterator[list[int]]:  # fmt: skip
    """Messages with the words, newest first, look by look: a small clinic's among its own, others day by day."""
    newest, low = before or (now, NEWEST)
    if wanted.provider_id is not None and scope.is_small(session, wanted.provider_id):
        mine = scope.conversations_of(session, wanted.provider_id)
        yield from _on(partial(message_words.hits_among, session, words, mine), low)
        return
    yield from _over_time(session, words, _later(now - KEPT, wanted.since), _earlier(newest + timedelta(days=1), wanted.until), low)


def _over_time(session: Session, words: Sequence[str], oldest: datetime, newest: datetime, low: int) -> Iterator[list[int]]:
    """Days in stretches that grow; before one that holds more messages than the rarest word, all that is left at once, if that is few.

    So a page costs about as much as the fewer of the two, also when common words never meet. Where they meet often it is full before.
    """
    rarest, everything = min(message_words.expected(session, word) for word in words), message_words.expected(session)
    asked, past, met = RARE * rarest > everything, 0, 0
    for days in message_words.stretches(newest, oldest):
        left = (days[0] - oldest.date()).days + 1
        if past > 2 and not asked and SOON * len(days) * everything > rarest * KEPT.days and met * left <= message_words.SCATTERED * past:
            asked, rest = True, message_words.hits_anywhere(session, words)
            if rest is not None:
                yield from _between(rest, oldest.date(), days[0], low)
                return
        for ids in _within(session, words, days, low):
            met += len(ids)
            yield ids
        past += len(days)


def _between(rest: Sequence[tuple[int, datetime]], first: date, last: date, low: int) -> Iterator[list[int]]:
    """Hits of these days, both inside, in looks of CAP."""
    chosen = [number for number, at in rest if number < low and first <= at.date() <= last]
    for start in range(0, len(chosen), message_words.CAP):
        yield chosen[start : start + message_words.CAP]


def _within(session: Session, words: Sequence[str], days: Sequence[date], low: int) -> Iterator[list[int]]:
    """Hits of these days, the newer half by itself when all together are too many for one look."""
    ids = message_words.hits(session, words, days, before=low)
    if ids is None and len(days) == 1:
        yield from _on(partial(message_words.newest_hits, session, words, days[0]), low)
    elif ids is None:
        for half in (days[: len(days) // 2], days[len(days) // 2 :]):
            yield from _within(session, words, half, low)
    elif ids:
        yield ids


class _Look(Protocol):
    def __call__(self, *, before: int) -> list[int]: ...


def _on(look: _Look, low: int) -> Iterator[list[int]]:
    while ids := look(before=low):
        yield ids
        low = ids[-1]
        if len(ids) < message_words.CAP:
            return


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else min(one, other)


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _at(session: Session, message_id: int) -> datetime:
    moment: datetime = session.execute(text("SELECT at FROM messages WHERE id = :id"), {"id": message_id}).scalar_one()
    return moment


def _admitted(session: Session, ids: list[int], wanted: Filter, *, limit: int) -> list[Any]:
    chosen, facts = conditions(wanted, MESSAGES)
    query = ROWS.format(where="".join(f" AND {one}" for one in chosen))
    return list(session.execute(text(query), {**facts, "ids": ids, "limit": limit}))


def _shown(session: Session, rows: Sequence[Any], words: Iterable[str]) -> tuple[Hit, ...]:
    known, wanted = known_at(session, {row.address for row in rows}), frozenset(words)
    return tuple(
        Hit(
            row.id, row.conversation_id, row.at, row.direction == "in", row.channel, masking.address(row.address), row.people, row.intent,
            row.needs_person, tuple(_clipped(marked(known[row.address].masked(row.body), wanted))),
        )
        for row in rows
    )  # fmt: skip


def _clipped(pieces: list[tuple[str, bool]]) -> Iterable[tuple[str, bool]]:
    """Of a long text what stands around the first and the last word found."""
    last = len(pieces) - 1
    for number, (piece, found) in enumerate(pieces):
        if found or len(piece) <= 2 * AROUND:
            yield piece, found
        elif number == 0 and last > 0:
            yield f"…{piece[-AROUND:]}", False
        elif number == last:
            yield f"{piece[:AROUND]}…", False
        else:
            yield f"{piece[:AROUND]} … {piece[-AROUND:]}", False
