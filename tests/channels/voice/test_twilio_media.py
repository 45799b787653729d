"""Twilio's wire against the media port: what each frame means, and what becomes of every frame that should not be there."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.voice.media import Began, Key, Malformed, Marked, Over, Sound
from channels.voice.twilio_media import LARGEST, MOST_BAD, SILENCE, TwilioCodec

STREAM, CALL = "MZ1", "CA1"
SPEECH = bytes(range(160))


class Wire:
    """The carrier's side: frames as Twilio numbers and writes them."""

    def __init__(self) -> None:
        self.sequence = 0

    def frame(self, event: str, **content: Any) -> str:
        self.sequence += 1
        return json.dumps({"event": event, "sequenceNumber": str(self.sequence), "streamSid": STREAM, event: content})

    def start(self, **changes: Any) -> str:
        shape = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        facts = {"callSid": CALL, "streamSid": STREAM, "mediaFormat": shape, "customParameters": {"token": "secret"}, **changes}
        return self.frame("start", **facts)

    def media(self, sound: bytes = SPEECH, *, at: int | None = None, track: str = "inbound") -> str:
        more = {} if at is None else {"timestamp": str(at)}
        return self.frame("media", track=track, payload=base64.b64encode(sound).decode(), **more)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def codec(wire: Wire) -> TwilioCodec:
    """A codec whose stream has begun."""
    made = TwilioCodec()
    made.decode(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
    assert made.decode(wire.start()) == [Began(STREAM, CALL, "secret")]
    return made


def test_sound_keys_marks_and_the_end(codec: TwilioCodec, wire: Wire) -> None:
    assert codec.decode(wire.media(at=20)) == [Sound(SPEECH, 20)]
    assert codec.decode(wire.frame("dtmf", track="inbound_track", digit="#")) == [Key("#")]
    assert codec.decode(wire.frame("mark", name="m1")) == [Marked("m1")]
    assert codec.decode(wire.frame("stop", callSid=CALL)) == [Over()]


def test_what_we_send_is_what_twilio_takes(codec: TwilioCodec) -> None:
    assert json.loads(codec.sound(SPEECH)) == {
        "event": "media", "streamSid": STREAM, "media": {"payload": base64.b64encode(SPEECH).decode()}
    }  # fmt: skip
    assert json.loads(codec.mark("m1")) == {"event": "mark", "streamSid": STREAM, "mark": {"name": "m1"}}
    assert json.loads(codec.clear()) == {"event": "clear", "streamSid": STREAM}


def test_frames_before_the_start_say_nothing(wire: Wire) -> None:
    codec = TwilioCodec()
    assert codec.decode(wire.media()) == []
    assert codec.decode(wire.frame("dtmf", digit="1")) == []


def test_a_frame_that_comes_again_or_after_a_later_one_is_dropped(codec: TwilioCodec, wire: Wire) -> None:
    first, second = wire.media(), wire.media()
    assert codec.decode(second) == [Sound(SPEECH, 20)]
    assert codec.decode(first) == []
    assert codec.decode(second) == []


def test_a_second_start_another_stream_and_another_track_are_dropped(codec: TwilioCodec, wire: Wire) -> None:
    assert codec.decode(wire.start()) == []
    assert codec.decode(wire.media().replace(STREAM, "MZ2")) == []
    assert codec.decode(wire.media(track="outbound")) == []


def test_sound_that_went_missing_is_silence_so_that_time_goes_on(codec: TwilioCodec, wire: Wire) -> None:
    codec.decode(wire.media(at=20))
    found = codec.decode(wire.media(at=140))
    assert found == [Sound(SILENCE, at) for at in (40, 60, 80, 100, 120)] + [Sound(SPEECH, 140)]


def test_frames_of_any_size_become_frames_of_20_ms(codec: TwilioCodec, wire: Wire) -> None:
    assert codec.decode(wire.media(SPEECH[:100])) == []
    assert codec.decode(wire.media(SPEECH[100:] + SPEECH + b"x")) == [Sound(SPEECH, 20), Sound(SPEECH, 40)]


@pytest.mark.parametrize("shape", [{"encoding": "audio/x-l16"}, {"sampleRate": 16000}, {"channels": 2}])
def test_sound_of_another_shape_closes_the_stream(wire: Wire, shape: dict[str, Any]) -> None:
    whole = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1} | shape
    with pytest.raises(Malformed) as refusal:
        TwilioCodec().decode(wire.start(mediaFormat=whole))
    assert refusal.value.code == 1008


def test_a_frame_that_is_too_big_closes_the_stream(codec: TwilioCodec) -> None:
    with pytest.raises(Malformed) as refusal:
        codec.decode("x" * (LARGEST + 1))
    assert refusal.value.code == 1009


BAD = [
    "", "{", "[]", "null", "1", '{"event": 5}', '{"event": "media"}', '{"event": "media", "media": []}', '{"event": "nonsense"}',
    "[" * 60_000,
]  # fmt: skip


@pytest.mark.parametrize("raw", BAD)
def test_a_malformed_frame_is_dropped_and_many_close_the_stream(codec: TwilioCodec, raw: str) -> None:
    for _ in range(MOST_BAD):
        assert codec.decode(raw) == []
    with pytest.raises(Malformed):
        codec.decode(raw)


def test_broken_sound_and_strange_keys_are_dropped(codec: TwilioCodec, wire: Wire) -> None:
    assert codec.decode(wire.frame("media", track="inbound", payload="%%%")) == []
    assert codec.decode(wire.frame("dtmf", digit="A")) == []
    assert codec.decode(wire.frame("media", track="inbound", payload="", timestamp="soon")) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["event", "media", "start", "streamSid", "sequenceNumber", "payload", "mark", "dtmf", "digit"]), inner, max_size=5
    ), max_leaves=12,
)  # fmt: skip


@given(st.lists(json_values, max_size=30))
def test_no_frame_whatever_takes_the_process_down(frames: list[Any]) -> None:
    """Only our own refusal leaves the codec; audio time never goes back."""
    wire, codec = Wire(), TwilioCodec()
    codec.decode(wire.start())
    before = 0
    for frame in frames:
        codec.decode(json.dumps(frame))
        assert codec.at_ms >= before
        before = codec.at_ms
