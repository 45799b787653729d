"""Live pages miss nothing: changes are found by transaction, streams go on where they broke, and end with the session."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from channels.operators import conversations, stream
from channels.operators.conversations import MOST_CHANGES, OLDEST_MARK, Mark, Row
from channels.operators.filters import Filter
from channels.operators.live import News
from registry.database import transaction
from tests.channels.operators.conftest import Clock, csrf_of
from tests.channels.operators.world import MAREK, World, touch

A, B, C = "+48600300001", "+48600300002", "+48600300003"


def changed(engine: Engine, since: Mark, clock: Clock) -> tuple[list[str], Mark]:
    """The ends of the changed numbers, and the next mark."""
    with transaction(engine) as session:
        found = conversations.changes(session, since, now=clock.now)
    assert found is not None
    return [row.address[-3:] for row in found[0]], found[1]


def mark(engine: Engine, clock: Clock) -> Mark:
    with transaction(engine) as session:
        return conversations.mark(session, now=clock.now)


def test_a_transaction_that_commits_late_is_not_missed(
    engine: Engine, world: World, clock: Clock, session_factory: sessionmaker[Session]
) -> None:
    """Begun before others, committed after the look that saw them: a cursor by the clock, or by row number, would lose it."""
    since = mark(engine, clock)
    with session_factory() as slow:
        touch(slow, A, at=clock.now - timedelta(seconds=30))
        slow.flush()
        world.touch(B, at=clock.now)
        seen, since = changed(engine, since, clock)
        assert "002" in seen
        assert "001" not in seen
        slow.commit()
    seen, since = changed(engine, since, clock)
    assert "001" in seen
    assert set(changed(engine, since, clock)[0]) <= {"001", "002"}  # told again at most, while anybody's older transaction is open


def test_a_change_inside_a_savepoint_is_not_missed(
    engine: Engine, world: World, clock: Clock, session_factory: sessionmaker[Session]
) -> None:
    """A savepoint's rows bear a number of their own, later than the transaction's."""
    with session_factory() as slow:
        touch(slow, C, at=clock.now)
        since = mark(engine, clock)
        with slow.begin_nested():
            touch(slow, A, at=clock.now)
        world.touch(B, at=clock.now)
        _, since = changed(engine, since, clock)
        slow.commit()
    assert {"001", "003"} <= set(changed(engine, since, clock)[0])


def test_only_what_changed_since_the_mark_is_told(engine: Engine, world: World, clock: Clock) -> None:
    """What lies further back than a transaction may last is never told; what is newer may be told again while anybody on this
    server, another test's database included, has an older transaction open."""
    world.touch(C, at=clock.now - timedelta(hours=1))
    world.touch(A, at=clock.now)
    since = mark(engine, clock)
    assert set(changed(engine, since, clock)[0]) <= {"001"}
    world.touch(B, at=clock.now)
    world.touch(A, at=clock.now)
    assert changed(engine, since, clock)[0] == ["001", "002"]


def test_too_much_or_too_long_ago_means_a_new_page(engine: Engine, world: World, clock: Clock) -> None:
    since = mark(engine, clock)
    with transaction(engine) as session:
        for number in range(MOST_CHANGES + 1):
            touch(session, f"+48600400{number:03}", at=clock.now)
    with transaction(engine) as session:
        assert conversations.changes(session, since, now=clock.now) is None
        assert conversations.changes(session, since, now=clock.now + OLDEST_MARK + timedelta(seconds=1)) is None


@pytest.mark.parametrize("written", ["", None, "x", "1", "1.2.3", "-1.5", "9" * 40 + ".1", "1." + "9" * 20])
def test_an_invented_mark_is_no_mark(written: str | None) -> None:
    assert Mark.parse(written) is None


def test_a_mark_survives_the_way_to_the_browser_and_back(engine: Engine, clock: Clock) -> None:
    there = mark(engine, clock)
    assert Mark.parse(str(there)) == there


# --- over the wire


Events = Iterator[tuple[str, str, dict[str, object]]]


@contextmanager
def listening(served: str, client: TestClient, address: str, last: str = "") -> Iterator[Events]:
    """The events of a stream as (id, name, data); comments and bare ids are waited through."""
    headers = {"Cookie": f"cer-console={client.cookies['cer-console']}", "Accept": "text/event-stream"}
    headers |= {"Last-Event-ID": last} if last else {}
    with httpx.stream("GET", served + address, headers=headers, timeout=20) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield _events(answer)


def _events(answer: httpx.Response) -> Events:
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "event" in fields:
            yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
            fields = {}


def events_address(page: str) -> str:
    found = re.search(r'data-events="([^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def told(events: Events, wanted: set[str]) -> str:
    """Wait until all these numbers were told of; the last event's id."""
    while wanted:
        last, name, data = next(events)
        assert name == "rows"
        rows = data["rows"]
        assert isinstance(rows, list)
        wanted = wanted - {found for row in rows for found in re.findall(r"··· (\d{3})<", row["html"])}
    return last


def test_a_page_is_told_of_everything_since_it_was_drawn(served: str, signed_in: TestClient, world: World, clock: Clock) -> None:
    """Between the page and its stream, while the stream is open, and while the connection was lost: no gap."""
    address = events_address(signed_in.get("/console").text)
    world.touch(A, at=clock.now)  # after the page, before the stream
    with listening(served, signed_in, address) as events:
        told(events, {"001"})
        world.touch(B, at=clock.now)
        last = told(events, {"002"})
    world.touch(C, at=clock.now)  # while nobody listens
    world.touch(A, at=clock.now)
    with listening(served, signed_in, address, last) as events:
        told(events, {"003", "001"})


def test_a_row_that_left_the_filter_is_taken_off(served: str, signed_in: TestClient, world: World, clock: Clock) -> None:
    world.touch(A, at=clock.now, needs_person=True)
    number = world.conversation(A)
    address = events_address(signed_in.get("/console?person=1").text)
    with listening(served, signed_in, address) as events:
        next(events)  # the count of tasks, told at first
        world.touch(A, at=clock.now, needs_person=False)
        _, _, data = next(events)
    assert data["gone"] == [number]
    assert data["rows"] == []


def test_an_open_conversation_is_told_of_a_receipt(served: str, signed_in: TestClient, full_world: World) -> None:
    """A delivery changes the message only, not the conversation's own row."""
    address = events_address(signed_in.get(f"/console/conversations/{full_world.conversation('+48601200302')}").text)
    with listening(served, signed_in, address) as events:
        full_world.deliver()
        _, name, data = next(events)
        assert name == "changed"
    with listening(served, signed_in, address, str(data["version"])) as events:
        full_world.writes("+48601200302", "dziękuję")
        _, name, after = next(events)
    assert after["version"] != data["version"]


@pytest.mark.parametrize("ends", ["time", "logout"])
def test_a_stream_ends_with_the_session(ends: str, served: str, signed_in: TestClient, clock: Clock) -> None:
    page = signed_in.get("/console")
    with listening(served, signed_in, events_address(page.text)) as events:
        next(events)
        if ends == "time":
            clock.advance(timedelta(minutes=31))
        else:
            signed_in.post("/console/logout", data={"csrf": csrf_of(page)})
        assert [name for _, name, _ in events][-1] == "ended"


def test_looks_are_made_only_while_somebody_watches(
    app: FastAPI, served: str, signed_in: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = app.state.console.live
    assert live._looking is None
    with listening(served, signed_in, events_address(signed_in.get("/console").text)) as events:
        next(events)
        assert not live._looking.done()
    while not live._looking.done():
        threading.Event().wait(0.01)


def test_a_filter_admits_what_its_query_finds(engine: Engine, world: World, clock: Clock) -> None:
    """The list and the live rows must agree on what belongs there."""
    for number, intent in enumerate(("thank", "cancel_visit", "thank")):
        world.touch(f"+4860050000{number}", at=clock.now, intent=intent, needs_person=number == 2)
    wishes = [
        conversations.Filter(), conversations.Filter(needs_person=True), conversations.Filter(intent="thank"),
        conversations.Filter(channel="voice"), conversations.Filter(channel="sms", outcome="noted", intent="cancel_visit"),
    ]  # fmt: skip
    with transaction(engine) as session:
        everything: list[Row] = conversations.page(session, conversations.Filter())[0]
        for wish in wishes:
            assert conversations.page(session, wish)[0] == [row for row in everything if wish.admits(row)]




def test_an_open_conversation_is_redrawn_when_a_colleague_marks_a_reading_or_changes_a_task(full_world: World, engine: Engine) -> None:
    number = full_world.conversation(MAREK.number)
    seen = [_version(engine, number)]
    for statement in (
        "INSERT INTO operators (login, name, role, password_hash, active, created_at) VALUES ('o', 'O', 'operator', '-', true, now())",
        """INSERT INTO reading_marks (message_id, intent, state, version, marked_by, marked_at)
           SELECT t.message_id, 'thank', 'new', 1, o.id, now() FROM turns t JOIN messages m ON m.id = t.message_id, operators o
            WHERE m.address = :address AND o.login = 'o'""",
        "UPDATE reading_marks SET intent = 'bye'",
        "UPDATE tasks SET owner_id = (SELECT id FROM operators WHERE login = 'o') WHERE patient_id = :patient",
        "UPDATE tasks SET due_at = now() WHERE patient_id = :patient",
        "UPDATE tasks SET state = 'done', closed_at = now() WHERE patient_id = :patient",
        "INSERT INTO tasks (at, kind, cause, state, patient_id) VALUES (now(), 'call_back', 'x', 'open', :patient)",
    ):
        with transaction(engine) as session:
            done = session.execute(text(statement), {"address": MAREK.number, "patient": full_world.ids[MAREK]})
            assert done.rowcount >= 1, statement  # type: ignore[attr-defined]  # an UPDATE's result
        seen.append(_version(engine, number))
    assert len(set(seen[1:])) == len(seen) - 1
    assert seen[0] == seen[1]  # an account that is made is on no conversation


def _version(engine: Engine, number: int) -> str:
    with transaction(engine) as session:
        return conversations.versions(session, [number])[number]


def test_pages_that_show_the_same_are_told_what_was_drawn_once() -> None:
    """And each other page what belongs on it: of a look's two lines one, the other taken off, the tasks where they changed."""
    at = datetime(2026, 11, 18, 10, tzinfo=UTC)
    line = Row(1, "sms", "+48 ··· ··· 001", "", at, None, None, needs_person=False, version=7)
    news = News(Mark(8, at), (line, replace(line, id=2, channel="chat")), {}, frozenset(), {})
    whole = stream.told(news, Filter(), tasks=None)
    assert stream.told(news, Filter(channel=None), tasks=None) is whole
    for wanted, tasks, rows, gone in (
        (Filter(), None, [1, 2], []), (Filter(), 3, [1, 2], []), (Filter(channel="sms"), None, [1], [2]),
        (Filter(channel="voice"), 3, [], [1, 2]),
    ):  # fmt: skip
        said = json.loads(stream.told(news, wanted, tasks=tasks).split("data: ")[1])
        assert ([row["id"] for row in said["rows"]], said["gone"], said["tasks"]) == (rows, gone, tasks)
    assert stream.told(replace(news, rows=(), drawn={}), Filter(), tasks=None) == f"id: {Mark(8, at)}\n\n"
