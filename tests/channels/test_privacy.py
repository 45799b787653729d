"""What is kept of people and for how long (D15, X34): after its time, and after an erasure, nothing personal is left in any table,
and nothing of it ever was in the logs."""

import json
from datetime import datetime, timedelta

import pytest
import structlog
from sqlalchemy import Engine, text
from structlog.testing import LogCapture

from channels import upkeep
from channels.settings import Settings
from dialogs.understanding import Interpreter
from registry import privacy, retention, schema
from registry.catalogue import POLICY
from registry.database import transaction
from tests import reading
from tests.channels.operators.world import BARBARA, JANINA, MAREK, SCRIPT, STANISLAW, STRANGER, Someone, World

DAY = timedelta(days=1)
TOLD = f"Tu Marek Zieliński, PESEL {MAREK.pesel}, tel. 601 200 304. Proszę o kontakt z człowiekiem"


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return reading.interpreter()


@pytest.fixture
def world(engine: Engine, interpreter: Interpreter, now: datetime) -> World:
    """The story has been played and everything has been sent."""
    world = World(engine, interpreter, now)
    world.populate()
    world.deliver()
    return world


def everything(engine: Engine, *, but: set[str] = frozenset()) -> str:  # type: ignore[assignment]  # an empty set
    """Every row of every table as text."""
    with transaction(engine) as session:
        names = [table.name for table in schema.metadata().sorted_tables if table.name not in but]
        rows = [session.execute(text(f"SELECT CAST(x AS text) FROM {name} x")).scalars().all() for name in names]  # noqa: S608
    return "\n".join(row for table in rows for row in table)


def words_of(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.execute(text("SELECT body FROM messages WHERE body IS NOT NULL ORDER BY id")).scalars())


def redact(engine: Engine, now: datetime) -> object:
    """As the worker does it."""
    job = next(job for job in upkeep.jobs(Settings(mode="demo")) if job.name == "redact_old_words")
    return job.run(engine, now)


def test_after_ninety_days_no_word_is_left_and_the_record_of_it_is(world: World, engine: Engine) -> None:
    """D15: who, when, channel, intent and outcome stay."""
    with transaction(engine) as session:
        session.execute(text("UPDATE conversations SET memory = '{\"pesel\": \"44020861983\"}'"))
        session.execute(text("UPDATE turns SET entities = '{\"name\": \"Marek Zieliński\"}'"))
        kept = "SELECT t.intent, t.confidence, t.outcome, m.at, m.channel, m.address FROM turns t JOIN messages m ON m.id = t.message_id"
        before = session.execute(text(f"{kept} ORDER BY t.id")).all()
    redact(engine, world.now + POLICY.keep_dialogue - DAY)
    assert TOLD in words_of(engine)
    assert redact(engine, world.now + POLICY.keep_dialogue + DAY)
    assert words_of(engine) == []
    left = everything(engine, but={"patients"})  # the registry of patients itself is no dialogue
    for personal in (SCRIPT[:20], "nie dam rady", "Zielińsk", MAREK.pesel, JANINA.pesel, "jan.kowalczyk", "J. K.", "601 200 304"):
        assert personal not in left
    with transaction(engine) as session:
        assert session.execute(text(f"{kept} ORDER BY t.id")).all() == before
    assert redact(engine, world.now + POLICY.keep_dialogue + DAY) == 0


def test_notices_go_after_thirty_days_and_dialogue_stays(world: World, engine: Engine) -> None:
    redact(engine, world.now + POLICY.keep_notices + DAY)
    with transaction(engine) as session:
        left = session.execute(text("SELECT direction, in_reply_to IS NOT NULL FROM messages WHERE redacted_at IS NULL")).all()
        gone = session.execute(text("SELECT DISTINCT direction, in_reply_to FROM messages WHERE redacted_at IS NOT NULL")).all()
    assert set(left) <= {("in", False), ("out", True)}
    assert gone == [("out", None)]


def test_what_is_still_to_be_sent_is_not_touched(engine: Engine, interpreter: Interpreter, now: datetime) -> None:
    world = World(engine, interpreter, now)
    world.book(JANINA, now + timedelta(days=38))
    redact(engine, now + timedelta(days=35))
    with transaction(engine) as session:
        facts = session.execute(text("SELECT facts FROM messages WHERE state = 'queued'")).scalars().all()
    assert facts
    assert all(one["initials"] == "J. K." for one in facts)


def test_more_than_a_set_is_redacted_at_once(world: World, engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(
            text("""INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
                    SELECT :at, 'in', 'sms', '+48600999888', 'message', 'received', 'słowa', 'pl', '{}', 1, 0
                      FROM generate_series(1, :n)"""),
            {"at": world.now, "n": retention.SET + 5},
        )  # fmt: skip
    assert redact(engine, world.now + POLICY.keep_dialogue + DAY)
    assert words_of(engine) == []


def test_the_audit_is_kept_five_years(world: World, engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("INSERT INTO audit (at, act, facts) VALUES (:at, 'login', '{}')"), {"at": world.now})
    redact(engine, world.now.replace(year=world.now.year + 5))
    assert "login" in everything(engine)
    redact(engine, world.now.replace(year=world.now.year + 5) + 2 * DAY)
    assert "login" not in everything(engine)


def test_nothing_personal_is_ever_logged(engine: Engine, interpreter: Interpreter, now: datetime) -> None:
    """X34: the whole story, then redaction and a refused erasure; the logs hold ids and outcomes."""
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(processors=[capture])
    try:
        world = World(engine, interpreter, now)
        world.populate()
        world.deliver()
        redact(engine, now + POLICY.keep_dialogue + DAY)
    finally:
        structlog.configure(**before)
    logged = json.dumps(capture.entries, default=str, ensure_ascii=False)
    for one in (JANINA, STANISLAW, BARBARA, MAREK):
        for personal in (one.pesel, one.family_name, one.number, one.number[3:]):
            assert personal not in logged


# --- one person


def ended(world: World, engine: Engine) -> None:
    """All that stood open has come to its end."""
    with transaction(engine) as session:
        session.execute(text("UPDATE appointments SET status = 'cancelled', cancelled_at = :at, held_until = NULL"), {"at": world.now})
        session.execute(text("UPDATE entries SET state = 'closed'"))
        session.execute(text("UPDATE tasks SET state = 'done'"))
        session.execute(text("UPDATE messages SET state = 'delivered' WHERE direction = 'out'"))


def secrets_of(one: Someone) -> tuple[str, ...]:
    return one.pesel, one.given_name, one.family_name, one.number, one.number[3:], f"{one.given_name[0]}. {one.family_name[0]}."


def test_a_person_gets_everything_and_nothing_of_others(world: World, engine: Engine) -> None:
    """X34: visits, messages, turns, who looked; not a word of anybody else's."""
    with transaction(engine) as session:
        talk = world.conversation(MAREK.number)
        session.execute(
            text("INSERT INTO audit (at, act, conversation_id, patient_id, facts) VALUES (:at, 'conversation_viewed', :c, :p, '{}')"),
            {"at": world.now, "c": talk, "p": world.ids[MAREK]},
        )
        found = privacy.everything(session, privacy.find(session, MAREK.pesel), schema.metadata())
    assert {"patients", "contact_points", "referrals", "appointments", "messages", "turns", "conversations", "audit"} <= set(found)
    told = json.dumps(found, default=str, ensure_ascii=False)
    assert TOLD in told
    for other in (JANINA, STANISLAW, BARBARA):
        assert not any(secret in told for secret in secrets_of(other)), other
    with transaction(engine) as session:
        direct = session.execute(
            text("SELECT count(*) FROM messages WHERE address = :a OR patient_id = :p"), {"a": MAREK.number, "p": world.ids[MAREK]}
        ).scalar_one()
    assert len(found["messages"]) == direct


def test_of_a_shared_telephone_each_gets_only_his_own(world: World, engine: Engine) -> None:
    """X8, X34: what cannot be told apart is handed to neither."""
    with transaction(engine) as session:
        session.execute(
            text("UPDATE contact_points SET value = :v WHERE patient_id = :p"), {"v": JANINA.number, "p": world.ids[MAREK]}
        )
        found = privacy.everything(session, world.ids[MAREK], schema.metadata())
    assert "nie dam rady" not in json.dumps(found, default=str, ensure_ascii=False)


def test_an_erased_person_cannot_be_recognised_anywhere(world: World, engine: Engine) -> None:
    """X34: in no table is there a name, a number or a word of his left; counts and everybody else's data stay."""
    with transaction(engine) as session:
        rows = session.execute(text("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM appointments)")).one()
    ended(world, engine)
    with transaction(engine) as session:
        privacy.erase(session, privacy.find(session, MAREK.pesel), now=world.now)
    left = everything(engine)
    for secret in (*secrets_of(MAREK), TOLD, "Proszę o kontakt"):
        assert secret not in left, secret
    for secret in secrets_of(JANINA)[:5]:
        assert secret in left
    assert STRANGER in left
    with transaction(engine) as session:
        assert session.execute(text("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM appointments)")).one() == rows
        with pytest.raises(privacy.NoSuchPerson):
            privacy.find(session, MAREK.pesel)


def test_two_erased_people_do_not_collide(world: World, engine: Engine) -> None:
    """What a stranger wrote of them is his; it goes with the rest of his words (D15)."""
    ended(world, engine)
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET body = NULL WHERE address = :a"), {"a": STRANGER})
        for one in (JANINA, STANISLAW, BARBARA, MAREK):
            privacy.erase(session, world.ids[one], now=world.now)
    left = everything(engine)
    assert not any(secret in left for one in (JANINA, STANISLAW, BARBARA, MAREK) for secret in secrets_of(one)[:4])


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("visit", "UPDATE appointments SET status = 'booked' WHERE patient_id = :p"),
        ("waiting room", "UPDATE entries SET state = 'waiting' WHERE patient_id = :p"),
        ("task", "UPDATE tasks SET state = 'open' WHERE patient_id = :p"),
        ("message", "UPDATE messages SET state = 'sent', sent_at = '2026-11-17' WHERE patient_id = :p"),
    ],
)
def test_nothing_is_erased_while_something_stands_open(what: str, statement: str, world: World, engine: Engine) -> None:
    """X34: a legal hold."""
    ended(world, engine)
    patient = world.ids[STANISLAW if what == "waiting room" else MAREK]
    before = everything(engine)
    with transaction(engine) as session:
        assert session.execute(text(statement), {"p": patient}).rowcount  # type: ignore[attr-defined]  # an UPDATE's result
        with pytest.raises(privacy.LegalHold, match=what):
            privacy.erase(session, patient, now=world.now)
        session.rollback()
    assert everything(engine) == before
