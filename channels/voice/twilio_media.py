"""Twilio's media streams as the media port sees them. https://www.twilio.com/docs/voice/media-streams/websocket-messages

Strict about what could harm, patient with the rest: a frame that cannot be understood, comes twice, too early or too late is dropped and
counted, and a stream of such frames is closed. Sound that went missing is silence, so that audio time goes with the caller's.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import Counter

from channels.voice.media import Began, Incoming, Key, Malformed, Marked, Over, Sound
from channels.voice.ports import FRAME_BYTES, FRAME_MS

LARGEST: Final = 65_536  # characters of one frame; Twilio's own hold 20 ms of sound and stay below 400
MOST_BAD: Final = 50  # frames of no use before the stream is closed
MOST_MISSING_MS: Final = 1000  # how much lost sound is made up for by silence at once
SILENCE: Final = b"\xff" * FRAME_BYTES
KEYS: Final = frozenset("0123456789*#")
POLICY, TOO_BIG = 1008, 1009  # WebSocket close codes

DROPPED = Counter("cer_media_frames_dropped_total", "Frames of media streams that were dropped, by why.", ["why"])


@dataclass(slots=True)
class TwilioCodec:
    """The codec of one stream; it remembers where the stream is."""

    stream: str | None = None
    at_ms: int = 0
    _sequence: int = 0
    _rest: bytes = b""
    _bad: int = 0

    def decode(self, raw: str) -> list[Incoming]:
        """What one frame says. Raises Malformed for one that is too big, and when too many were of no use."""
        if len(raw) > LARGEST:
            raise Malformed(TOO_BIG, "a frame is too big")
        try:
            message = json.loads(raw)
            event, content = _parts(message)
            if event == "connected":
                return []
            return self._understood(message, event, content)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError):
            return self._dropped("malformed")

    def _understood(self, message: dict[str, Any], event: str, content: dict[str, Any]) -> list[Incoming]:
        if event == "start":
            return self._start(message, content)
        why = self._unwanted(message)
        return self._content(event, content) if why is None else self._dropped(why)

    def _unwanted(self, message: dict[str, Any]) -> str | None:
        """Why a frame says nothing here: before the start, of another stream, again, or after a later one."""
        if self.stream is None:
            return "early"
        if message["streamSid"] != self.stream:
            return "foreign"
        number = int(message["sequenceNumber"])
        if number <= self._sequence:
            return "repeated"
        self._sequence = number
        return None

    def _content(self, event: str, content: dict[str, Any]) -> list[Incoming]:
        match event:
            case "media":
                return self._media(content)
            case "dtmf" if content["digit"] in KEYS:
                return [Key(content["digit"])]
            case "mark":
                return [Marked(str(content["name"]))]
            case "stop":
                return [Over()]
        return self._dropped("unknown")

    def _start(self, message: dict[str, Any], content: dict[str, Any]) -> list[Incoming]:
        if self.stream is not None:
            return self._dropped("repeated")
        shape = content["mediaFormat"]
        if (shape["encoding"], int(shape["sampleRate"]), int(shape["channels"])) != ("audio/x-mulaw", 8000, 1):
            raise Malformed(POLICY, "sound in another format than 8 kHz mu-law mono")
        began = Began(str(message["streamSid"]), str(content["callSid"]), str(content["customParameters"]["token"]))
        self.stream, self._sequence = began.stream, int(message["sequenceNumber"])
        return [began]

    def _media(self, content: dict[str, Any]) -> list[Incoming]:
        if content.get("track", "inbound") != "inbound":
            return self._dropped("foreign")
        sound = base64.b64decode(content["payload"], validate=True)
        missing = int(content["timestamp"]) - self.at_ms - FRAME_MS if "timestamp" in content else 0
        lost = min(max(missing, 0), MOST_MISSING_MS) // FRAME_MS
        if lost > 1:  # one frame of slack: Twilio's timestamps may run a frame ahead
            DROPPED.labels("missing").inc(lost)
            self._rest = SILENCE * lost + self._rest
        return self._frames(sound)

    def _frames(self, sound: bytes) -> list[Incoming]:
        self._rest += sound
        found: list[Incoming] = []
        while len(self._rest) >= FRAME_BYTES:
            frame, self._rest = self._rest[:FRAME_BYTES], self._rest[FRAME_BYTES:]
            self.at_ms += FRAME_MS
            found.append(Sound(frame, self.at_ms))
        return found

    def _dropped(self, why: str) -> list[Incoming]:
        DROPPED.labels(why).inc()
        self._bad += 1
        if self._bad > MOST_BAD:
            raise Malformed(POLICY, "too many frames of no use")
        return []

    def sound(self, audio: bytes) -> str:
        """Sound to play."""
        return json.dumps({"event": "media", "streamSid": self.stream, "media": {"payload": base64.b64encode(audio).decode()}})

    def mark(self, name: str) -> str:
        """A mark after the sound so far."""
        return json.dumps({"event": "mark", "streamSid": self.stream, "mark": {"name": name}})

    def clear(self) -> str:
        """Drop what has not been played yet."""
        return json.dumps({"event": "clear", "streamSid": self.stream})


def _parts(message: Any) -> tuple[str, dict[str, Any]]:
    event = message["event"]
    content = message.get(event, {})
    if not isinstance(event, str) or not isinstance(content, dict):
        raise TypeError("a frame is an event with its content")
    return event, content
