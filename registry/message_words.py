"""By which words a message can be found: an index beside the messages, so that sending and receiving never wait for it.

The database itself notes which messages gained words (`words_due`) and takes the words of a message out with its text (D15, X34), so no
statement can forget it. What a word is, and that nothing personal becomes one, is decided by whoever fills the index.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, ForeignKey, Index, MetaData, event, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Base

CAP: Final = 1000  # messages of one look, newest first; who needs older ones goes on from there


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


# The index is asked for one day after another, the newest first, and no further than until enough is found: a lateral join goes through
# its left side in order. Each word is a condition of its own, after the day's: the index then goes from hit to hit of the day and skips in
# the others, which is many times cheaper than one query for all, or one for many days. Materialised, so that the index is used.
HOLDING: Final = "words @@ CAST(:sought_{number} AS tsquery)"
DAY_BY_DAY: Final = """
SELECT one.place, found.message_id FROM unnest(CAST(:days AS text[])) WITH ORDINALITY AS one (day, place) CROSS JOIN LATERAL (
    WITH hits AS MATERIALIZED (SELECT message_id FROM message_words WHERE words @@ CAST(one.day AS tsquery) AND {holding})
    SELECT message_id FROM hits WHERE one.day <> :edge OR message_id < :before ORDER BY message_id DESC LIMIT :limit) found
 LIMIT :limit
"""


class Said(NamedTuple):
    """A message by its day (UTC) and number: the order in which messages are found, the newest first."""

    day: date
    message_id: int


def hits(session: Session, words: Sequence[str], days: Sequence[date], *, before: Said, limit: int) -> list[Said]:
    """The first messages, at most `limit`, that hold all words (one or more) and were said on these days, in the order of the days.

    Of the day of `before` only those with a lower number. It takes as long as the days that it comes to have messages with the rarest word.
    """
    holding = " AND ".join(HOLDING.format(number=number) for number in range(len(words)))
    facts: dict[str, Any] = {f"sought_{number}": _quoted(word) for number, word in enumerate(words)}
    facts |= {"days": [_quoted(day_of(day)) for day in days], "edge": _quoted(day_of(before.day)), "before": before.message_id}
    found = session.execute(text(DAY_BY_DAY.format(holding=holding)), {**facts, "limit": limit})
    return [Said(days[place - 1], message_id) for place, message_id in found]


AMONG = text("""
SELECT m.id FROM conversations c JOIN messages m ON m.channel = c.channel AND m.address = c.address AND m.id < :before
   AND m.id >= (SELECT id FROM messages WHERE at >= :oldest ORDER BY at, id LIMIT 1)
  JOIN message_words w ON w.message_id = m.id
 WHERE c.id = ANY(:conversations) AND w.words @@ CAST(:query AS tsquery) ORDER BY m.id DESC LIMIT :limit
""")


def hits_among(session: Session, words: Iterable[str], conversations: Sequence[int], oldest: datetime, *, before: int) -> list[int]:
    """Numbers of messages of these conversations that hold all words, newest first, at most CAP; none stored before the first since then.

    That bound is one of numbers, which the index has: whoever needs a moment exactly leaves a day's room.
    """
    facts = {"query": _all(words), "conversations": list(conversations), "before": before, "limit": CAP, "oldest": oldest}
    return list(session.scalars(AMONG, facts))


def _all(words: Iterable[str]) -> str:
    return " & ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "").replace("'", "''") + "'"
