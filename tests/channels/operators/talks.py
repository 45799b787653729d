"""A call for the console's pages, as the voice channel leaves it behind: its lines, its turns, its course."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from registry import calls, communications, spoken
from registry.calls import Ended
from registry.communications import Received
from registry.database import transaction

COURSE: list[dict[str, Any]] = [
    {"line": "m1", "began_ms": 0, "ended_ms": 4200},
    {"line": "m2", "began_ms": 8200, "ended_ms": 9900, "silence_ms": 4000},
    {"turn": 1, "began_ms": 62_000, "ended_ms": 63_500, "decided_ms": 63_900, "think_ms": 300},
    {"line": "m3", "began_ms": 64_200, "ended_ms": 66_000, "cut": "key"},
    {"turn": 2, "began_ms": 66_000, "ended_ms": 67_000, "decided_ms": 67_000, "think_ms": 200, "keys": 4},
]


def talk(engine: Engine, number: str, *, now: datetime, wire_id: str = "CA1") -> int:
    """A call from this number a while ago; its number."""
    with transaction(engine) as session:
        call_id = calls.receive(session, wire_id, number, now=now)
        calls.answer(session, call_id, token=wire_id, now=now)
        _line(session, number, "system_disclosure", "Dzień dobry, tu automat.", f"{wire_id}.m1", now)
        _line(session, number, "call_silence", "Nie słychać odpowiedzi.", f"{wire_id}.m2", now)
        _turn(session, number, f"{wire_id}.1", "chcę się umówić", "nothing", now)
        _line(session, number, "ask_referral_code", "Proszę podać kod.", f"{wire_id}.m3", now)
        _turn(session, number, f"{wire_id}.2", "[4711]", "referral_code", now)
        calls.end(session, call_id, Ended("hung_up", course=COURSE), now=now + timedelta(seconds=70))
    return call_id


def _line(session: Any, number: str, kind: str, words: str, name: str, now: datetime) -> None:
    spoken.said(session, number, [(kind, words, name)], language="pl", now=now)
    session.flush()


def _turn(session: Any, number: str, wire_id: str, words: str, asked: str, now: datetime) -> None:
    message_id = communications.receive(session, Received("voice", number, wire_id, words, {}), now=now)
    assert message_id is not None
    communications.write_turn(
        session, message_id=message_id, at=now, channel="voice", address=number, intent="inform", confidence=0.9, question=False,
        entities={}, others=[], asked=asked, action="call_more", outcome="noted", language="pl", appointment_id=None, patient_id=None,
        needs_person=False, memory={},
    )  # fmt: skip
