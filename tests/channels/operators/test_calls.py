"""A call on the conversation page: when each turn began, how long it took, who was cut off, where nobody answered."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from starlette.applications import Starlette

from channels.demo import calls as demo_calls
from channels.recordings import file_of, header
from registry import recordings, spoken
from registry.database import transaction
from tests.channels.operators.conftest import Clock, SignIn, clinic, csrf, other_clinic
from tests.channels.operators.talks import talk
from tests.channels.operators.world import JANINA, MAREK, World


def _page(client: TestClient, engine: Engine) -> tuple[str, str]:
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM conversations WHERE channel = 'voice'")).scalar_one()
    address = f"/console/conversations/{number}"
    return address, client.get(address).text


def _moments(page: str) -> list[str]:
    found = re.findall(r'<p class="moment">(.*?)</p>', page, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", "", one).split()) for one in found]


def test_each_turn_of_a_call_says_when_it_began_and_what_happened(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    talk(engine, JANINA.number, now=clock.now)
    _, page = _page(signed_in, engine)
    assert _moments(page) == [
        "00:00 · mówione 4,2 s",
        "00:08 · po ciszy 4,0 s · mówione 1,7 s",
        "01:02 · mówi 1,5 s · odpowiedź po 0,7 s",
        "01:04 · mówione 1,8 s · przerwane klawiszem",
        "01:06 · klawiszy: 4 · odpowiedź po 0,2 s",
    ]
    assert page.count('class="call"') == 1
    assert "trwało 01:10" in page
    assert "rozłączono się" in page


def test_keys_that_answer_a_personal_question_are_masked_x34(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    talk(engine, JANINA.number, now=clock.now)
    _, page = _page(signed_in, engine)
    assert "4711" not in page
    assert "[···]" in page


def test_the_notice_that_a_call_is_made_for_stands_where_it_was_said(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    """It is written before the call and said once it is known who listens; shown first it would seem to be told to anybody (X8)."""
    with transaction(engine) as session:
        spoken.said(session, JANINA.number, [("reminder_d7", "Przypominamy o wizycie.", "CA1")], language="pl", now=clock.now)
    call_id = talk(engine, JANINA.number, now=clock.now)
    with transaction(engine) as session:
        named = text("UPDATE calls SET message_id = (SELECT id FROM messages WHERE wire_id = 'CA1') WHERE id = :call")
        session.execute(named, {"call": call_id})
        for number, names in enumerate((("CA1.m1", "CA1.m2"), ("CA1",), ("CA1.1", "CA1.m3", "CA1.2"))):
            said = {"names": list(names), "at": clock.now + timedelta(seconds=10 * number)}
            session.execute(text("UPDATE messages SET at = :at WHERE wire_id = ANY(:names) AND wire_id <> 'CA1'"), said)
            session.execute(text("UPDATE messages SET sent_at = :at WHERE wire_id = ANY(:names) AND direction = 'out'"), said)
    _, page = _page(signed_in, engine)
    told = ('class="call"', "Dzień dobry, tu automat.", "Nie słychać", "Przypominamy o wizycie.", "chcę się umówić", "Proszę podać kod.")
    places = [page.index(words) for words in told]
    assert places == sorted(places)
    assert page.count('class="call"') == 1


def test_the_telephone_page_shows_no_notice_before_it_is_said(world: World, engine: Engine, clock: Clock) -> None:
    """A caller who is still asked who he is has not heard of any visit yet."""
    talk(engine, JANINA.number, now=clock.now)
    with transaction(engine) as session:
        spoken.said(session, JANINA.number, [("reminder_d7", "Przypominamy o wizycie.", "CA1")], language="pl", now=clock.now)
    telephone = TestClient(Starlette(routes=[demo_calls.route(engine)]))
    last = []
    for state in ("accepted", "sent"):
        with transaction(engine) as session:
            session.execute(text("UPDATE messages SET state = :state WHERE wire_id = 'CA1'"), {"state": state})
        last.append(telephone.get("/demo/call", params={"number": JANINA.number}).json()["said"][-1]["words"])
    assert last == ["[4711]", "Przypominamy o wizycie."]


def test_of_two_calls_each_has_its_head_and_its_own_times(world: World, engine: Engine, signed_in: TestClient, clock: Clock) -> None:
    talk(engine, JANINA.number, now=clock.now)
    talk(engine, JANINA.number, now=clock.now, wire_id="CA2")
    _, page = _page(signed_in, engine)
    assert page.count('class="call"') == 2
    assert len(_moments(page)) == 10


# --- the recording (D14, X33, X34)

SOUND = header(640) + b"\x7f" * 640


@pytest.fixture
def heard(app: FastAPI, world: World, engine: Engine, clock: Clock, tmp_path: Path) -> str:
    """A recorded call of Janina's; the address of its conversation."""
    app.state.console = replace(app.state.console, recordings=tmp_path)
    call_id = talk(engine, JANINA.number, now=clock.now)
    with transaction(engine) as session:
        file_of(tmp_path, recordings.begin(session, call_id, now=clock.now)).write_bytes(SOUND)
        number = session.execute(text("SELECT id FROM conversations WHERE channel = 'voice'")).scalar_one()
    return f"/console/conversations/{number}"


def _sound(page: str) -> str:
    found = re.search(r'<audio[^>]* src="([^"]+)"', page)
    assert found, page
    return found[1]


def _unmask(client: TestClient, address: str) -> None:
    form = {"csrf": csrf(client), "reason": "Pacjentka skarży się na rozmowę"}
    assert client.post(f"{address}/unmask", data=form).headers["location"] == address


def test_a_recording_is_heard_from_any_moment_by_whom_gave_a_reason_and_that_is_noted_x34(
    heard: str, engine: Engine, sign_in: SignIn
) -> None:  # fmt: skip
    client = sign_in("supervisor")
    masked = client.get(heard).text
    assert "<audio" not in masked
    assert "Rozmowa jest nagrana" in masked
    _unmask(client, heard)
    address = _sound(client.get(heard).text)
    whole, part = client.get(address), client.get(address, headers={"Range": "bytes=100-199"})
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, SOUND, "audio/wav")
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, SOUND[100:200], f"bytes 100-199/{len(SOUND)}")
    assert part.headers["cache-control"] == "no-store"
    assert "media-src 'self'" in whole.headers["content-security-policy"]
    with transaction(engine) as session:
        noted = session.execute(text("SELECT patient_id IS NOT NULL, facts ? 'call' FROM audit WHERE act = 'call_heard'")).all()
    assert [tuple(one) for one in noted] == [(True, True)]


def test_without_the_right_the_reason_or_the_clinic_nothing_is_heard_x33(
    heard: str, engine: Engine, sign_in: SignIn, clock: Clock
) -> None:  # fmt: skip
    supervisor = sign_in("supervisor")
    _unmask(supervisor, heard)
    address = _sound(supervisor.get(heard).text)
    assert sign_in("operator").get(address).status_code == 403
    assert sign_in("supervisor").get(address).status_code == 404  # he has given no reason
    assert sign_in("supervisor", other_clinic(engine)).get(address).status_code == 404
    another = re.sub(r"/calls/\d+/", "/calls/999999/", address)
    assert supervisor.get(another).status_code == 404
    with transaction(engine) as session:
        session.execute(text("UPDATE recordings SET erased_at = :now"), {"now": clock.now})
    assert supervisor.get(address).status_code == 404
    clock.advance(timedelta(minutes=11))
    assert "<audio" not in supervisor.get(heard).text


ELSEWHERE = (
    """INSERT INTO places (provider_id, name, street, postcode, city, phone, latitude, longitude)
       SELECT :other, name, street, postcode, city, phone, latitude, longitude FROM places LIMIT 1""",
    "UPDATE appointments SET place_id = (SELECT max(id) FROM places) WHERE id = :visit",
    "UPDATE turns SET appointment_id = :visit FROM messages m WHERE m.id = message_id AND m.wire_id = 'CA1.1'",
)


def test_a_clinic_hears_no_call_about_another_clinics_visit_x33(heard: str, world: World, engine: Engine, sign_in: SignIn) -> None:
    world.book(JANINA, world.now + timedelta(days=7))
    others = world.book(MAREK, world.now + timedelta(days=8))
    client = sign_in("supervisor", clinic(engine))
    _unmask(client, heard)
    address = _sound(client.get(heard).text)
    assert client.get(address).status_code == 200
    facts = {"other": other_clinic(engine), "visit": others}
    with transaction(engine) as session:
        for statement in ELSEWHERE:
            session.execute(text(statement), facts)
    assert client.get(address).status_code == 404
    assert "<audio" not in client.get(heard).text


def test_without_tasks_there_is_no_empty_list_on_the_page(world: World, engine: Engine, signed_in: TestClient, clock: Clock) -> None:
    talk(engine, JANINA.number, now=clock.now)
    _, page = _page(signed_in, engine)
    assert "Dodaj zadanie" in page
    assert '<ul class="todos">' not in page
