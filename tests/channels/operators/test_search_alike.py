"""A search finds exactly what a naive one finds, and takes no longer than the rarest of its words has messages (X33)."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from channels.operators import scope, searching
from channels.operators.filters import Filter
from channels.operators.indexing import index_due
from registry import message_words
from registry.database import transaction
from tests.channels.operators.conftest import Clock, clinic
from tests.channels.operators.test_search import found, many
from tests.channels.operators.world import JANINA, STRANGER, World

VOCABULARY = ("wizyta", "termin", "lekarz", "recepta")  # the first two never meet
DRAWN = (
    """INSERT INTO conversations (channel, address, last_at, needs_person, memory) VALUES (:channel, :address, :at, false, '{}')
       ON CONFLICT DO NOTHING""",
    """WITH said AS (
       INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
       VALUES (:at, 'in', :channel, :address, 'patient', 'received', :body, 'pl', '{}', 1, 0) RETURNING id, at)
       INSERT INTO turns (message_id, at, intent, confidence, question, entities, others, asked, action, outcome)
       SELECT id, at, :intent, 0.9, false, '{}', '[]', 'nothing', 'none', :outcome FROM said""",
)


def drawn(engine: Engine, draw: random.Random, count: int, *, now: datetime) -> None:
    """Messages of 90 days with words, channels, senders and readings by chance; some words are not said for a while."""
    with transaction(engine) as session:
        for number in range(count):
            at = now - timedelta(days=90) * (1 - number / count)
            words = {draw.choice(VOCABULARY) for _ in range(3)} - {VOCABULARY[draw.randrange(2)]}
            words -= {"recepta"} if number < count / 3 else {"lekarz"} if number > count * 0.9 else set()
            facts = {"at": at, "channel": draw.choice(("sms", "chat")), "address": draw.choice((JANINA.number, STRANGER))}
            facts |= {"body": f"{' '.join(sorted(words))} nr {number}"}
            facts |= {"intent": draw.choice(("greet", "undo")), "outcome": draw.choice(("confirmed", "asked"))}
            for statement in DRAWN:
                session.execute(text(statement), facts)


def naive(engine: Engine, words: list[str], wanted: Filter) -> list[str]:
    """The same search as one would write it first."""
    conditions = ["m.body ILIKE :w" + str(number) for number in range(len(words))]
    facts = {f"w{number}": f"%{word}%" for number, word in enumerate(words)}
    for column, value in (("m.channel", wanted.channel), ("t.intent", wanted.intent), ("t.outcome", wanted.outcome)):
        if value:
            conditions.append(f"{column} = '{value}'")
    if wanted.provider_id:
        conditions.append(f"m.address = '{JANINA.number}'")
    conditions += ["m.at >= :since"] if wanted.since else []
    conditions += ["m.at < :until"] if wanted.until else []
    query = f"""SELECT m.body FROM messages m JOIN turns t ON t.message_id = m.id
                 WHERE m.body LIKE '% nr %' AND {" AND ".join(conditions)} ORDER BY m.id DESC"""  # noqa: S608  this test's own words
    with transaction(engine) as session:
        return list(session.scalars(text(query), {**facts, "since": wanted.since, "until": wanted.until}))


@pytest.mark.parametrize("rarest", [0, 40, 10**9])
def test_a_search_finds_what_the_naive_one_finds_in_its_order_x33(
    full_world: World, engine: Engine, clock: Clock, rarest: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Whatever the statistics say of the words: all at once, some days and then all at once, or day by day; page by page, look by look."""
    draw = random.Random(5)
    drawn(engine, draw, 240, now=clock.now)
    index_due(engine, clock.now)
    monkeypatch.setattr(scope, "SMALL", 0)
    monkeypatch.setattr(searching, "PAGE", 7)
    monkeypatch.setattr(searching, "MOST", 60)
    monkeypatch.setattr(message_words, "CAP", 2)
    monkeypatch.setattr(message_words, "SCATTERED", 50)
    monkeypatch.setattr(message_words, "expected", lambda _session, word=None: rarest if word else 240 * searching.KEPT.days // 90)
    day, ours = clock.now.date(), clinic(engine)
    chosen = [
        Filter(), Filter(channel="chat"), Filter(intent="undo", outcome="asked"), Filter(provider_id=ours),
        Filter(day_to=day - timedelta(days=40)),
        Filter(day_from=day - timedelta(days=50), day_to=day - timedelta(days=20), channel="sms", provider_id=ours, outcome="confirmed"),
    ]  # fmt: skip
    wholes = 0
    for words in (["wizyta"], ["termin", "wizyta"], ["wizyta", "recepta"], ["lekarz", "recepta"], ["lekarz", "termin", "recepta"]):
        for wanted in chosen:
            expected = naive(engine, words, wanted)
            wholes += len(expected)
            assert [one for one in found(engine, " ".join(words), wanted, now=clock.now) if " nr " in one] == expected, (words, wanted)
    assert wholes > 300
    assert naive(engine, ["termin", "wizyta"], Filter()) == []


def test_words_that_never_meet_are_looked_for_once_and_not_day_by_day(
    engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """A page costs no more than the rarer word: what makes a search of two common words soon done."""
    many(engine, 200, "pierogi", at=clock.now)
    many(engine, 3, "zupa", at=clock.now - timedelta(days=60))
    index_due(engine, clock.now)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE message_words")
    looks = list[str]()

    def watched(name: str) -> None:
        ours = getattr(message_words, name)

        def look(*of: Any, **facts: Any) -> Any:
            looks.append(name)
            return ours(*of, **facts)

        monkeypatch.setattr(message_words, name, look)

    watched("hits")
    watched("hits_anywhere")
    with transaction(engine) as session:
        assert message_words.expected(session) == 203
        assert 150 < message_words.expected(session, "piero") <= 203
        assert message_words.expected(session, "zupa") < 20
    assert found(engine, "pierogi zupa", now=clock.now) == []
    assert looks[-1] == "hits_anywhere"
    assert len(looks) < 8  # day by day it would be as many as the year has stretches
