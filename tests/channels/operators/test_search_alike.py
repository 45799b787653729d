"""A search finds exactly what a naive one finds, in its order, with one question to the index for each look (X33)."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.operators import scope, searching
from channels.operators.filters import Filter
from channels.operators.indexing import index_due
from registry import message_words
from registry.database import transaction
from registry.message_words import Said
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
            at = now - timedelta(days=90) * (1 - number / count) - draw.choice((timedelta(0), timedelta(hours=30)))
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
                 WHERE m.body LIKE '% nr %' AND {" AND ".join(conditions)}
                 ORDER BY CAST(m.at AT TIME ZONE 'UTC' AS date) DESC, m.id DESC"""  # noqa: S608  this test's own words
    with transaction(engine) as session:
        return list(session.scalars(text(query), {**facts, "since": wanted.since, "until": wanted.until}))


@pytest.mark.parametrize(("page", "more", "cap"), [(7, 2, 20), (1, 1, 1), (30, 8, 1000)])
def test_a_search_finds_what_the_naive_one_finds_in_its_order_x33(
    full_world: World, engine: Engine, clock: Clock, page: int, more: int, cap: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Page by page and look by look, of any size; also when numbers and days of messages are in another order."""
    draw = random.Random(5)
    drawn(engine, draw, 240, now=clock.now)
    index_due(engine, clock.now)
    monkeypatch.setattr(scope, "SMALL", 0)
    monkeypatch.setattr(searching, "PAGE", page)
    monkeypatch.setattr(searching, "MORE", more)
    monkeypatch.setattr(searching, "MOST", 60)
    monkeypatch.setattr(message_words, "CAP", cap)
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


def test_words_that_never_meet_are_looked_for_in_one_question(engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a search of two common words soon done: no window that grows, nothing that is looked for twice."""
    many(engine, 200, "pierogi", at=clock.now)
    many(engine, 3, "zupa", at=clock.now - timedelta(days=60))
    index_due(engine, clock.now)
    asked, ours = list[int](), message_words.hits

    def look(session: Session, words: Sequence[str], days: Sequence[date], *, before: Said, limit: int) -> list[Said]:
        asked.append(limit)
        return ours(session, words, days, before=before, limit=limit)

    monkeypatch.setattr(message_words, "hits", look)
    assert found(engine, "pierogi zupa", now=clock.now) == []
    assert asked == [searching.PAGE + 1]
    with transaction(engine) as session:
        assert len(searching.search(session, ["piero"], Filter(), now=clock.now).hits) == searching.PAGE
    assert asked == [searching.PAGE + 1] * 2


def test_a_page_that_ends_at_midnight_is_followed_by_all_of_the_day_before_x33(
    engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Of two machines one commits late: its message of yesterday has the higher number."""
    midnight = clock.now.replace(hour=0, minute=0, second=0, microsecond=0)
    many(engine, 2, "zupa dziś", at=midnight + timedelta(minutes=2))
    many(engine, 2, "zupa wczoraj", at=midnight - timedelta(minutes=2))
    index_due(engine, clock.now)
    monkeypatch.setattr(searching, "PAGE", 2)
    assert found(engine, "zupa", now=clock.now) == ["zupa dziś nr 2", "zupa dziś nr 1", "zupa wczoraj nr 2", "zupa wczoraj nr 1"]
