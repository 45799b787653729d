"""Finding messages by their words, newest first, page by page, in a bounded time however common the words are (X33).

The words of a message are indexed without whatever identifies anybody (`indexing`), and what is found is shown masked: a search tells no
more than the conversations themselves would.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, scope
from channels.operators.conversations import PEOPLE
from channels.operators.filters import MESSAGES, Filter, conditions
from channels.operators.lexemes import marked
from channels.operators.names import known_at
from channels.operators.tongues import SAID_IN
from registry import message_words
from registry.catalogue import POLICY
from registry.message_words import Said

PAGE: Final = 30
MOST: Final = 5000  # messages with the words that one request looks at; the next one goes on from there
NEWEST: Final = 2**62
KEPT: Final = POLICY.keep_dialogue + timedelta(days=2)  # redaction is a job: a little later than it could
AHEAD: Final = timedelta(days=1)  # a message may be dated by another machine's clock, or be stored late
MORE: Final = 8  # a look that did not fill the page is followed by one for so many times as many messages
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
    language: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits; `further` is the key from which one goes on; `partly`: nothing more was found in what was looked at so far."""

    hits: tuple[Hit, ...]
    further: tuple[datetime, int] | None
    partly: bool = False


ROWS = f"""
SELECT c.*, coalesce(w.people, '') AS people
  FROM (SELECT m.id, m.at, m.direction, m.channel, m.address, m.body, t.intent, c.id AS conversation_id, c.needs_person,
               {SAID_IN} AS language, one.place
          FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS one (id, place) JOIN messages m ON m.id = one.id
          JOIN conversations c ON c.channel = m.channel AND c.address = m.address LEFT JOIN turns t ON t.message_id = m.id
         WHERE m.body IS NOT NULL {{where}} ORDER BY one.place LIMIT :limit) c
{PEOPLE}
 ORDER BY c.place
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
    latest, oldest = now + AHEAD, _later(now - KEPT, wanted.since)
    newest, low = before or (latest, NEWEST)
    if wanted.provider_id is not None and scope.is_small(session, wanted.provider_id):
        mine = scope.conversations_of(session, wanted.provider_id)
        yield from _on(partial(message_words.hits_among, session, words, mine, oldest - AHEAD), low)
        return
    days = _days(_earlier(min(newest, latest), wanted.until), oldest)
    yield from _over_time(session, words, days, Said(_day(newest), low))


def _over_time(session: Session, words: Sequence[str], days: Sequence[date], before: Said) -> Iterator[list[int]]:
    """As few messages at first as fill a page, more when the filter turns them away."""
    limit = PAGE + 1
    while found := message_words.hits(session, words, days, before=before, limit=limit):
        yield [one.message_id for one in found]
        if len(found) < limit:
            return
        before, limit = found[-1], min(MORE * limit, message_words.CAP)
        days = days[days.index(before.day) :]


def _days(newest: datetime, oldest: datetime) -> list[date]:
    """The days (UTC) from the newest back to the oldest, both inside; none when it is the other way round."""
    return [_day(newest) - timedelta(days=back) for back in range((_day(newest) - _day(oldest)).days + 1)]


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


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
            row.needs_person, row.language, tuple(_clipped(marked(known[row.address].masked(row.body), wanted))),
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
