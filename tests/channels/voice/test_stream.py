"""The door of media streams: who comes in, what becomes of strangers and of nonsense, and a whole call by keys through it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from starlette.applications import Starlette
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from twilio.request_validator import RequestValidator

from channels.recordings import HEADER, Tapes
from channels.voice import line, stream
from channels.voice.desk import Desk
from channels.voice.places import Places
from channels.voice.ports import Heard, Manner
from channels.voice.pressing import HELD_MS
from channels.voice.stream import Streams
from channels.voice.twilio_media import LARGEST, MOST_BAD
from dialogs.understanding.reading import Asked
from registry import calls
from registry.calls import Ended
from registry.catalogue import POLICY
from registry.database import transaction
from registry.recordings import Recording
from registry.spoken import Briefing
from tests.channels.simulator.harness import TOKEN
from tests.channels.voice.test_twilio_media import Wire
from tests.channels.voice.world import PUBLIC, Telephony, telephony
from tests.dialogs.exchange import interpreter

LANDLINE = "+48523570150"
ADDRESS = "wss://rejestracja.example/cer/voice/stream"


class Deaf:
    """Ears that hear nothing: the caller uses keys."""

    def expect(self, asked: Asked, *, language: str) -> None: ...

    def speaking(self, on: bool) -> None: ...

    async def hear(self, frame: bytes, ours: bytes | None = None) -> list[Heard]:
        return []

    async def close(self) -> None: ...


class Mouth:
    """A mouth whose every sentence is one frame; the words that it was given are kept."""

    def __init__(self) -> None:
        self.words: list[str] = []

    async def say(self, text: str, manner: Manner) -> AsyncIterator[bytes]:
        self.words.append(text)
        yield bytes(160)


class Watched(Desk):
    """A desk that says when a call was written down."""

    ended = threading.Event()

    def end(self, brief: Briefing, ended: Ended) -> None:
        super().end(brief, ended)
        self.ended.set()


class Door:
    """Our stream's address, and the carrier that connects to it."""

    def __init__(self, http: TestClient, phone: Telephony, mouth: Mouth) -> None:
        self.http, self.phone, self.mouth = http, phone, mouth

    @contextmanager
    def opened(self, *, signed: str = ADDRESS, token: str = TOKEN) -> Iterator[WebSocketTestSession]:
        headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature(signed, {})}
        with self.http.websocket_connect("/voice/stream", headers=headers) as socket:
            yield socket

    def answered(self) -> tuple[int, str]:
        """A call that was picked up: its number and its stream's token."""
        self.phone.visit(LANDLINE)
        call_id = self.phone.ring()
        with transaction(self.phone.engine) as session:
            calls.answer(session, call_id, token="secret", now=self.phone.clock())
        return call_id, "secret"

    def start(self, wire: Wire, token: str) -> str:
        return wire.start(callSid=self.phone.sid, customParameters={"token": token})


@pytest.fixture
def door(engine: Engine, now: datetime) -> Iterator[Door]:
    with telephony(engine, now) as phone:
        mouth = Mouth()
        Watched.ended.clear()
        streams = Streams(Watched(engine, interpreter(), POLICY, phone.clock), Places(1), Deaf, mouth, lambda _: 0.5, TOKEN, PUBLIC)
        with TestClient(Starlette(routes=[streams.route()])) as http:
            yield Door(http, phone, mouth)
        streams.threads.shutdown()  # what was begun for a stream that is gone comes to its end


def _closed(socket: WebSocketTestSession) -> int:
    """Read until we close; the code."""
    try:
        while True:
            socket.receive_json()
    except WebSocketDisconnect as end:
        return end.code


def _until_said(socket: WebSocketTestSession, wire: Wire, kind: str, mouth: Mouth) -> None:
    """Play what we say, giving back each mark, until words of this kind were said to their end."""
    while True:
        frame: dict[str, Any] = socket.receive_json()
        if frame["event"] == "mark":
            socket.send_text(wire.frame("mark", **frame["mark"]))
            if kind in mouth.words[-1]:
                return


def _quiet(socket: WebSocketTestSession, wire: Wire, ms: int) -> None:
    """The caller keeps silent for so long."""
    for _ in range(0, ms + 20, 20):
        socket.send_text(wire.media(bytes([255]) * 160))


def test_a_stream_without_the_carriers_signature_is_not_opened(door: Door) -> None:
    for wrong in ({"token": "another"}, {"signed": ADDRESS.replace("wss", "https")}, {"signed": ADDRESS + "?x=1"}):
        with pytest.raises(WebSocketDisconnect), door.opened(**wrong):
            pass


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_stream_with_a_wrong_token_is_closed_without_a_word(door: Door, token: str) -> None:
    door.answered()
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        assert _closed(socket) == 1008
    assert door.mouth.words == []


def test_a_second_stream_with_one_token_is_closed(door: Door) -> None:
    call_id, token = door.answered()
    with transaction(door.phone.engine) as session:
        assert calls.redeem(session, token, door.phone.sid, now=door.phone.clock()) == call_id
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        assert _closed(socket) == 1008


def test_the_call_after_the_last_free_place_is_refused_before_the_upgrade(door: Door) -> None:
    _, token = door.answered()
    with door.opened() as first:
        first.send_text(door.start(Wire(), token))
        first.receive_json()
        with pytest.raises(WebSocketDisconnect), door.opened():
            pass


def test_a_whole_call_by_keys_through_the_stream_r98(door: Door) -> None:
    call_id, token = door.answered()
    wire = Wire()
    with door.opened() as socket:
        socket.send_text(json.dumps({"event": "connected"}))
        socket.send_text(door.start(wire, token))
        _until_said(socket, wire, "automat", door.mouth)
        _quiet(socket, wire, 2600)  # the carrier says nothing of what picked up: time goes on with the caller's sound
        for words, key in (("słychać", "1"), ("przy telefonie", "1"), ("Wizyta jest umówiona", "2"), ("Czy na pewno", "1")):
            _until_said(socket, wire, words, door.mouth)
            socket.send_text(wire.frame("dtmf", digit=key))
        _quiet(socket, wire, HELD_MS)
        _until_said(socket, wire, "jeszcze", door.mouth)
        socket.send_text(wire.frame("stop", callSid=door.phone.sid))
        assert _closed(socket) == 1000
    assert door.phone.call(call_id).outcome == "cancelled"
    assert door.phone.out(LANDLINE)[0] == ("booked", "delivered")
    course = door.phone.call(call_id).course
    assert [(entry["keys"], entry["turn"], entry["think_ms"] >= 0) for entry in course if "keys" in entry] == [
        (1, number, True) for number in range(1, 5)
    ]
    assert [entry["line"] for entry in course if "line" in entry] == [f"m{number}" for number in range(1, len(door.mouth.words) + 1)]
    assert next(entry["message"] for entry in course if "message" in entry) == door.phone.call(call_id).message_id
    assert all("ended_ms" in entry for entry in course)


def test_a_recorded_call_says_so_first_and_is_kept_in_stereo_x32_d14(door: Door, tmp_path: Path) -> None:
    call_id, token = door.answered()
    wire, tapes = Wire(), Tapes(tmp_path / "recordings")
    with _recording(door, tapes) as http, http.websocket_connect("/voice/stream", headers=_signed()) as socket:
        socket.send_text(door.start(wire, token))
        for _ in range(10):
            socket.send_text(wire.media(b"\x11" * 160))
        _until_said(socket, wire, "nagrywana", door.mouth)
        socket.send_text(wire.frame("stop", callSid=door.phone.sid))
        assert _closed(socket) == 1000
    tapes.close()
    assert "automat" in door.mouth.words[0]
    assert door.mouth.words[1] == "Rozmowa jest nagrywana."
    name = _tape_of(door, call_id)
    assert name is not None
    sound = (tmp_path / "recordings" / f"{name}.wav").read_bytes()[HEADER:]
    assert sound[0::2] == b"\x11" * 1600
    assert set(sound[1::2]) == {0, 255}  # ours where we spoke, silence else


def _tape_of(door: Door, call_id: int) -> str | None:
    with transaction(door.phone.engine) as session:
        return session.scalar(select(Recording.name).where(Recording.call_id == call_id))


def _begun_and_gone(door: Door) -> int:
    """A call that is over as soon as we have said a word; its number."""
    call_id, token = door.answered()
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        socket.receive_json()
        socket.close()
        assert Watched.ended.wait(10)
    return call_id


def test_unless_it_is_switched_on_nothing_is_recorded_d14(door: Door) -> None:
    call_id = _begun_and_gone(door)
    assert _tape_of(door, call_id) is None
    assert not any("nagrywana" in words for words in door.mouth.words)


@contextmanager
def _recording(door: Door, tapes: Tapes) -> Iterator[TestClient]:
    desk = Watched(door.phone.engine, interpreter(), POLICY, door.phone.clock)
    streams = Streams(desk, Places(1), Deaf, door.mouth, lambda _: 0.5, TOKEN, PUBLIC, tapes)
    with TestClient(Starlette(routes=[streams.route()])) as http:
        yield http
    streams.threads.shutdown()


def _signed() -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(ADDRESS, {})}


def test_a_stream_of_nonsense_is_closed_and_the_call_goes_on_with_keys(door: Door) -> None:
    call_id, token = door.answered()
    wire = Wire()
    with door.opened() as socket:
        socket.send_text(door.start(wire, token))
        for _ in range(MOST_BAD + 1):
            socket.send_text("{")
        assert _closed(socket) == 1008
    assert door.phone.call(call_id).outcome is None
    assert door.phone.told(door.phone.post("/voice/after?c=1")).verbs == ["Gather"]


def test_a_frame_that_is_too_big_closes_the_stream(door: Door) -> None:
    _, token = door.answered()
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        socket.send_text("x" * (LARGEST + 1))
        assert _closed(socket) == 1009


def test_binary_frames_say_nothing(door: Door) -> None:
    _, token = door.answered()
    with door.opened() as socket:
        socket.send_bytes(b"\x00\x01")
        socket.send_text(door.start(Wire(), token))
        assert socket.receive_json()["event"] == "media"


def test_hanging_up_without_a_word_of_farewell_ends_the_call_d11(door: Door) -> None:
    call_id = _begun_and_gone(door)
    assert door.phone.call(call_id).outcome == "hung_up"
    assert door.phone.out(LANDLINE)[-1] == ("booked", "queued")


def test_what_fails_in_us_leaves_the_call_to_the_keys(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(text: str, manner: Manner) -> AsyncIterator[bytes]:
        raise RuntimeError("the mouth failed")
        yield b""

    call_id, token = door.answered()
    monkeypatch.setattr(door.mouth, "say", broken)
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        assert _closed(socket) == 1011
    assert door.phone.call(call_id).outcome is None
    assert door.phone.told(door.phone.post("/voice/after?c=1")).verbs == ["Gather"]


def test_who_takes_no_frames_in_time_has_hung_up_for_us_d11(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck(socket: object, frame: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(stream, "_send", stuck)
    monkeypatch.setattr(line, "SEND_SECONDS", 0.01)
    call_id, token = door.answered()
    with door.opened() as socket:
        socket.send_text(door.start(Wire(), token))
        assert Watched.ended.wait(10)
        assert _closed(socket) == 1000
    assert door.phone.call(call_id).outcome == "hung_up"


def test_a_stream_that_never_says_whose_it_is_is_closed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "START_SECONDS", 0.01)
    with door.opened() as socket:
        assert _closed(socket) == 1000
    assert door.mouth.words == []


@pytest.mark.parametrize("farewell", [True, False])
def test_a_stream_that_ends_in_the_read_back_leaves_the_visit_and_one_outcome_d7(door: Door, farewell: bool) -> None:
    call_id, token = door.answered()
    wire = Wire()
    with door.opened() as socket:
        socket.send_text(door.start(wire, token))
        _until_said(socket, wire, "automat", door.mouth)
        _quiet(socket, wire, 2600)
        for words, key in (("słychać", "1"), ("przy telefonie", "1"), ("Wizyta jest umówiona", "2"), ("Czy na pewno", "")):
            _until_said(socket, wire, words, door.mouth)
            if key:
                socket.send_text(wire.frame("dtmf", digit=key))
        if farewell:
            socket.send_text(wire.frame("stop", callSid=door.phone.sid))
        socket.close()
        assert Watched.ended.wait(10)
    assert (door.phone.call(call_id).outcome, door.phone.one_visit()) == ("told", "booked")


def test_a_call_goes_on_though_its_marks_are_lost_on_the_way(door: Door) -> None:
    """Nobody answers: without a mark we would wait for ever for the end of our own first words."""
    call_id, token = door.answered()
    wire = Wire()
    with door.opened() as socket:
        socket.send_text(door.start(wire, token))
        _quiet(socket, wire, 45_000)
        assert Watched.ended.wait(60)
    assert any("słychać" in words for words in door.mouth.words)
    assert door.phone.call(call_id).outcome == "silent"


def test_frames_out_of_order_and_twice_do_not_disturb_a_call(door: Door) -> None:
    call_id, token = door.answered()
    wire = Wire()
    with door.opened() as socket:
        early, start = wire.media(), door.start(wire, token)
        later = [wire.media(bytes([255]) * 160) for _ in range(6)]
        for frame in (early, start, later[2], later[0], later[2], later[1], *later[3:]):
            socket.send_text(frame)
        _until_said(socket, wire, "automat", door.mouth)
        socket.send_text(wire.frame("stop", callSid=door.phone.sid))
        assert _closed(socket) == 1000
    assert door.phone.call(call_id).outcome == "hung_up"
