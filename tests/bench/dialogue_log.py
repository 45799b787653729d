"""A year's log of dialogues, put straight into the tables: building it is not what is measured.

Messages follow one another evenly over the last year; every conversation has ten of them, in and out in turns, and its patient may have
a visit at one of the source's 637 clinics. Texts are those that people write (the dialogues' own examples) and reminders, each with one
of many rare words, so that a search can be for a common word as well as for a rare one.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from channels.operators.lexemes import lexemes
from dialogs.understanding import corpus

CLINICS: Final = 637
EACH: Final = 10  # messages of a conversation
STRIDE: Final = 7_368_787  # a prime: consecutive messages are of different conversations
RARE: Final = 20_000  # rare words
CHUNK: Final = 500_000
TABLES: Final = ("messages", "message_words", "turns", "conversations", "contact_points", "patients", "appointments", "slots")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Log:
    """What was built: so many messages until `now`, and rare words that occur in it."""

    messages: int
    now: datetime
    rare: tuple[str, ...]


def build(engine: Engine, messages: int, *, now: datetime, say: Say) -> Log:
    """Fill an empty database; about 20 minutes for ten million messages."""
    draw = random.Random(7)
    rare = tuple(_rare(draw) for _ in range(RARE))
    with engine.connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")  # triggers and references are not what is measured
        connection.exec_driver_sql("SET synchronous_commit = off")
        indexes = _without_indexes(connection)
        _texts(connection, draw, rare)
        _people(connection, messages // EACH, now)
        _fill(connection, messages, now, say)
        _again(connection, indexes, say)
    return Log(messages, now, rare)


def kept(file: Path, engine: Engine, messages: int, *, now: datetime, say: Say) -> Log:
    """The log that `file` says was built in this database; otherwise built now, and said there once it is whole.

    Raises ValueError when the database holds a log of another size, or the half of one.
    """
    if not file.exists():
        with engine.connect() as connection:
            if connection.scalar(text("SELECT EXISTS (SELECT FROM messages)")):
                raise ValueError(f"{file.parent} holds a log that was not built to its end")
        log = build(engine, messages, now=now, say=say)
        file.write_text(json.dumps({"messages": messages, "now": now.isoformat(), "rare": log.rare}))
        return log
    said = json.loads(file.read_text())
    if said["messages"] != messages:
        raise ValueError(f"{file.parent} holds {said['messages']} messages")
    return Log(messages, datetime.fromisoformat(said["now"]), tuple(said["rare"]))


def _rare(draw: random.Random) -> str:
    return "".join(draw.choice("bcdfghjklmnprstwz") + draw.choice("aeiouy") for _ in range(4))


def _without_indexes(connection: Connection) -> list[str]:
    """Take the tables' indexes away until they are full. -> the statements that make them again."""
    found = connection.execute(
        text("""SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(:tables)
                 AND indexname NOT IN (SELECT conname FROM pg_constraint)"""),
        {"tables": list(TABLES)},
    ).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    connection.commit()
    return [definition for _, definition in found]


def _texts(connection: Connection, draw: random.Random, rare: Sequence[str]) -> None:
    incoming = [(True, one.intent, one.text) for one in corpus.examples() if one.intent and len(one.text) < 200]
    outgoing = [(False, "", _reminder(draw)) for _ in range(2000)]
    connection.exec_driver_sql("CREATE TEMP TABLE texts (n bigint, incoming boolean, intent text, body text, words text[])")
    connection.exec_driver_sql("CREATE TEMP TABLE rare (n bigint, word text)")
    for group in (incoming, outgoing):
        draw.shuffle(group)
        rows = [{"n": n, "i": i, "t": t, "b": b, "w": sorted(lexemes(b))} for n, (i, t, b) in enumerate(group)]
        connection.execute(text("INSERT INTO texts VALUES (:n, :i, :t, :b, :w)"), rows)
    connection.execute(text("INSERT INTO rare VALUES (:n, :word)"), [{"n": n, "word": word} for n, word in enumerate(rare)])


def _reminder(draw: random.Random) -> str:
    town, street = draw.choice(("Toruń", "Inowrocław", "Bydgoszcz", "Włocławek")), draw.choice(("Bulwar", "Solankowa", "Długa"))
    day, hour = f"{draw.randint(1, 28)}.{draw.randint(1, 12):02}", f"{draw.randint(8, 17)}:{draw.choice(('00', '20', '40'))}"
    place = f"Poradnia, ul. {street} {draw.randint(1, 90)}, {town}"
    return f"Przypominamy o wizycie {day} o {hour}: {place}. Prosimy odpisać TAK albo ODWOŁUJĘ."


PEOPLE: Final = (
    """INSERT INTO providers (code, name, phone)
       SELECT 'B' || n, 'Poradnia ' || n, '+4856' || (6000000 + n) FROM generate_series(1, :clinics) n""",
    """INSERT INTO places (provider_id, name, street, postcode, city, phone, latitude, longitude)
       SELECT id, name, 'ul. Długa 1', '87-100', 'Toruń', phone, 53.0, 18.6 FROM providers""",
    """INSERT INTO schedules (place_id, service, resource) SELECT id, 'CARDIO_FIRST', 'gabinet 1' FROM places""",
    """INSERT INTO patients (id, identifier_system, identifier, given_name, family_name, birth_date, created_at)
       SELECT n, 'BENCH', n::text, 'Janina', 'Kowalska-Nowak', date '1944-02-08', :now FROM generate_series(1, :people) n""",
    """INSERT INTO contact_points (id, patient_id, value, channel, rank, state, created_at)
       SELECT n, n, '+48' || (600000000 + n), 'sms', 0, 'active', :now FROM generate_series(1, :people) n""",
    """INSERT INTO slots (id, schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at, local_date,
                          state, version)
       SELECT n, s.id, s.place_id, l.provider_id, 'S' || n, 1, 'CARDIO_FIRST', 'FIRST_STABLE', at, at + interval '20 minutes',
              at::date, 'taken', 1
         FROM (SELECT n, n % :clinics AS clinic, :now - interval '1 year' + n * interval '1 minute' AS at
                 FROM generate_series(1, :people / 4) n) t
         JOIN (SELECT id, place_id, row_number() OVER (ORDER BY id) - 1 AS clinic FROM schedules) s USING (clinic)
         JOIN places l ON l.id = s.place_id""",
    """INSERT INTO appointments (id, patient_id, slot_id, contact_point_id, place_id, service, visit_type, status, starts_at, ends_at,
                                 local_date, booked_at, version, moves, provider_id, origin)
       SELECT id, id, id, id, place_id, service, 'first', 'fulfilled', starts_at, ends_at, local_date, starts_at - interval '20 days',
              1, 0, provider_id, 'self'
         FROM slots""",
)


def _people(connection: Connection, people: int, now: datetime) -> None:
    for statement in PEOPLE:
        facts = {name: value for name, value in {"clinics": CLINICS, "people": people, "now": now}.items() if f":{name}" in statement}
        connection.execute(text(statement), facts)
    connection.commit()


# Message n of :messages; its conversation and its texts follow from n.
MESSAGES: Final = """
WITH made AS MATERIALIZED (
    SELECT n, (n * :stride) % :people + 1 AS who, (n / :people) % 2 = 1 AS incoming,
           CAST(:now AS timestamptz) - (:messages - n) * (interval '365 days' / :messages) AS at,
           hashint8(n)::bigint + 2147483648 AS chance
      FROM generate_series(CAST(:first AS bigint), :last) n),
whole AS MATERIALIZED (
    SELECT m.*, t.intent, t.body || ' ' || r.word AS body, t.words || left(r.word, 5) AS words
      FROM made m
      JOIN (SELECT incoming, count(*) AS number FROM texts GROUP BY 1) c USING (incoming)
      JOIN texts t ON t.incoming = m.incoming AND t.n = m.chance % c.number
      JOIN rare r ON r.n = m.chance / 7 % :rare),
kept AS (
    INSERT INTO messages (id, at, direction, channel, address, kind, state, body, language, facts, patient_id, contact_point_id, wire_id,
                          attempt, tries)
    SELECT n, at, CASE WHEN incoming THEN 'in' ELSE 'out' END, 'sms', '+48' || (600000000 + who),
           CASE WHEN incoming THEN 'answer' ELSE 'reminder' END, CASE WHEN incoming THEN 'received' ELSE 'delivered' END, body, 'pl', '{}',
           who, who, 'SM' || n, 1, 0
      FROM whole ORDER BY n),
read AS (
    INSERT INTO turns (message_id, at, intent, confidence, question, entities, others, asked, action, outcome)
    SELECT n, at, intent, 0.5 + (chance % 500) / 1000.0, chance % 20 = 0, '{}', '[]', 'reminder', 'none',
           CASE WHEN chance % 10 < 6 THEN 'confirmed' WHEN chance % 10 < 9 THEN 'cancelled' ELSE 'asked' END
      FROM whole WHERE incoming),
said AS (
    INSERT INTO conversations (id, channel, address, patient_id, last_at, last_intent, confidence, language, outcome, needs_person, memory)
    SELECT who, 'sms', '+48' || (600000000 + who), who, at, nullif(intent, ''), 0.5 + (chance % 500) / 1000.0,
           CASE WHEN chance % 50 = 0 THEN 'uk' ELSE 'pl' END,
           CASE WHEN chance % 10 < 6 THEN 'confirmed' WHEN chance % 10 < 9 THEN 'cancelled' ELSE 'asked' END, chance % 500 = 0, '{}'
      FROM whole WHERE n > :messages - :people)
INSERT INTO message_words (message_id, words)
SELECT n, array_to_tsvector(words || ('day' || (at::date - date '0001-01-01' + 1))) FROM whole ORDER BY n
"""


def _fill(connection: Connection, messages: int, now: datetime, say: Say) -> None:
    connection.exec_driver_sql("ANALYZE texts")
    connection.exec_driver_sql("ANALYZE rare")
    always: dict[str, Any] = {"stride": STRIDE, "people": messages // EACH, "messages": messages, "now": now, "rare": RARE}
    for first in range(1, messages + 1, CHUNK):
        last = min(first + CHUNK - 1, messages)
        connection.execute(text(MESSAGES), always | {"first": first, "last": last})
        connection.commit()
        say(f"messages {last} of {messages}")


def _again(connection: Connection, statements: list[str], say: Say) -> None:
    for number, statement in enumerate(statements, start=1):
        connection.exec_driver_sql(statement)
        connection.commit()
        say(f"index {number} of {len(statements)}")
    for table in (table for table in TABLES if table != "message_words"):
        connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608 - ours
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    for table in TABLES:
        connection.exec_driver_sql(f"VACUUM ANALYZE {table}")
        say(f"{table} vacuumed")
