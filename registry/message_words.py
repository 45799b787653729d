"""By which words a message can be found: an index beside the messages, so that sending and receiving never wait for it.

The database itself notes which messages gained words (`words_due`) and takes the words of a message out with its text (D15, X34), so no
statement can forget it. What a word is, and that nothing personal becomes one, is decided by whoever fills the index.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, ForeignKey, Index, MetaData, Result, event, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Base

CAP: Final = 1000  # messages of one look, newest first; who needs older ones goes on from there
SCATTERED: Final = 4000  # messages of a whole year that are fetched at once


class MessageWords(Base):
    """The words of a message that has been looked at, and the day on which it was said."""

    __tablename__ = "message_words"
    __table_args__ = (Index(None, "words", postgresql_using="gin"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    words: Mapped[Any] = mapped_column(TSVECTOR)


class WordsDue(Base):
    """A message whose words are to be looked at, or looked at again."""

    __tablename__ = "words_due"

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)


# Kept by the database, for whoever writes or takes out a text.
NOTED = (
    """
CREATE FUNCTION note_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NULL THEN
        DELETE FROM message_words WHERE message_id = NEW.id;
        DELETE FROM words_due WHERE message_id = NEW.id;
    ELSE
        INSERT INTO words_due (message_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$
""",
    "CREATE TRIGGER words_came AFTER INSERT ON messages FOR EACH ROW WHEN (NEW.body IS NOT NULL) EXECUTE FUNCTION note_words()",
    """
CREATE TRIGGER words_changed AFTER UPDATE OF body ON messages FOR EACH ROW
    WHEN (NEW.body IS DISTINCT FROM OLD.body) EXECUTE FUNCTION note_words()
""",
)


@event.listens_for(Base.metadata, "after_create")
def _note(_tables: MetaData, connection: Connection, **_: object) -> None:
    """Tables made from the models have what migrations give them."""
    for statement in NOTED:
        connection.exec_driver_sql(statement)


DUE = text("""
WITH due AS (DELETE FROM words_due WHERE message_id IN (
        SELECT message_id FROM words_due ORDER BY message_id LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING message_id)
SELECT m.id, m.at, m.channel, m.address, m.body FROM due JOIN messages m ON m.id = due.message_id
 WHERE m.body IS NOT NULL ORDER BY m.id
""")


def due(session: Session, *, limit: int) -> list[Any]:
    """Messages whose words are to be indexed (id, at, channel, address, body), taken off the list in this transaction."""
    return list(session.execute(DUE, {"limit": limit}))


WRITE = text("""
INSERT INTO message_words (message_id, words) SELECT :message_id, array_to_tsvector(CAST(:words AS text[]))
 WHERE EXISTS (SELECT 1 FROM messages WHERE id = :message_id AND body IS NOT NULL FOR SHARE)
    ON CONFLICT (message_id) DO UPDATE SET words = excluded.words
""")


def write(session: Session, words: Mapping[int, tuple[datetime, Iterable[str]]]) -> None:
    """Keep the words of messages, by number, each with the moment at which it was said. Words that have gone meanwhile stay gone."""
    rows = [{"message_id": number, "words": sorted({day_of(at), *found})} for number, (at, found) in words.items()]
    if rows:
        session.execute(WRITE, rows)


def day_of(at: date) -> str:
    """The word that stands for a day (UTC); no word of a message has a digit."""
    return f"day{at.toordinal()}"


# Each word is a condition of its own: the index then goes from hit to hit of the rarest and skips in the others, which is several times
# cheaper than one query for all. Materialised, so that the index is used; what is beyond the limit is never fetched.
HOLDING: Final = "words @@ CAST(:sought_{number} AS tsquery)"
SOME: Final = """
WITH hits AS MATERIALIZED (SELECT message_id FROM message_words WHERE {holding})
SELECT message_id FROM hits WHERE message_id < :before LIMIT :limit
"""
NEWEST: Final = """
WITH hits AS MATERIALIZED (SELECT message_id FROM message_words WHERE {holding})
SELECT message_id FROM hits WHERE message_id < :before ORDER BY message_id DESC LIMIT :limit
"""
ANYWHERE: Final = """
WITH hits AS MATERIALIZED (SELECT message_id FROM message_words WHERE {holding}),
few AS MATERIALIZED (SELECT message_id FROM hits LIMIT :limit)
SELECT m.id, m.at FROM few JOIN messages m ON m.id = few.message_id
"""


def hits(session: Session, words: Sequence[str], days: Iterable[date], *, before: int) -> list[int] | None:
    """Numbers of messages that hold all words and were said on one of the days, newest first; None when they are more than CAP."""
    found = _found(session, SOME, [_any(days), *map(_quoted, words)], before=before, limit=CAP + 1).scalars().all()
    return None if len(found) > CAP else sorted(found, reverse=True)


def newest_hits(session: Session, words: Sequence[str], day: date, *, before: int) -> list[int]:
    """The newest CAP of one day, however many there are."""
    return list(_found(session, NEWEST, [_any([day]), *map(_quoted, words)], before=before, limit=CAP).scalars())


def hits_anywhere(session: Session, words: Sequence[str]) -> list[tuple[int, datetime]] | None:
    """Messages that hold all words, whenever they were said, newest first; None when they are more than SCATTERED.

    It takes as long as the rarest of the words has messages.
    """
    found = _found(session, ANYWHERE, list(map(_quoted, words)), limit=SCATTERED + 1).all()
    return None if len(found) > SCATTERED else sorted(((row.id, row.at) for row in found), reverse=True)


def _found(session: Session, query: str, sought: Sequence[str], **facts: int) -> Result[Any]:
    holding = " AND ".join(HOLDING.format(number=number) for number in range(len(sought)))
    return session.execute(text(query.format(holding=holding)), {**facts, **{f"sought_{n}": one for n, one in enumerate(sought)}})


def _any(days: Iterable[date]) -> str:
    return " | ".join(_quoted(day_of(day)) for day in days)


EXPECTED = text("EXPLAIN (FORMAT JSON) SELECT FROM message_words WHERE words @@ CAST(:sought AS tsquery)")
EVERYTHING = text("EXPLAIN (FORMAT JSON) SELECT FROM message_words")


def expected(session: Session, word: str | None = None) -> int:
    """About how many messages hold a word, or are indexed at all: by the database's own statistics, without a look at any of them."""
    said = session.execute(EXPECTED, {"sought": _quoted(word)}) if word else session.execute(EVERYTHING)
    return int(said.scalar_one()[0]["Plan"]["Plan Rows"])


AMONG = text("""
SELECT m.id FROM conversations c JOIN messages m ON m.channel = c.channel AND m.address = c.address AND m.id < :before
  JOIN message_words w ON w.message_id = m.id
 WHERE c.id = ANY(:conversations) AND w.words @@ CAST(:query AS tsquery) ORDER BY m.id DESC LIMIT :limit
""")


def hits_among(session: Session, words: Iterable[str], conversations: Sequence[int], *, before: int) -> list[int]:
    """Numbers of messages of these conversations that hold all words, newest first, at most CAP."""
    facts = {"query": _all(words), "conversations": list(conversations), "before": before, "limit": CAP}
    return list(session.scalars(AMONG, facts))


def _all(words: Iterable[str]) -> str:
    return " & ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "''") + "'"


def stretches(newest: datetime, oldest: datetime) -> Iterable[list[date]]:
    """Days from the newest back to the oldest, in stretches that grow: a common word is found in the first, a rare one soon enough."""
    size, day = 1, newest.date()
    while day >= oldest.date():
        stretch = [day - timedelta(days=back) for back in range(size)]
        yield [one for one in stretch if one >= oldest.date()]
        day -= timedelta(days=size)
        size *= 2
