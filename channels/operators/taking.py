"""Taking a conversation over from the automat, answering in it, giving it back: the patient is told of each, and so is the audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import sessions, words
from channels.operators.sessions import SignedIn
from channels.operators.thread import Opened
from dialogs.wording.gsm import to_gsm
from dialogs.wording.texts import read
from registry import handover

CHANNELS: Final = ("chat", "sms")  # where one can answer in writing
LONGEST: Final = 480  # characters: three parts of a text message


@dataclass(frozen=True, slots=True)
class Held:
    """Who has a conversation: `mine`, or a colleague's name; and the replies that are ready in its language."""

    mine: bool
    name: str
    canned: Mapping[str, str]


@cache
def replies() -> Mapping[str, Mapping[str, Any]]:
    """What stands ready, by language."""
    return read(words.HOME / "replies.yml")


LANGUAGE = text("SELECT language FROM messages WHERE channel = :channel AND address = :address ORDER BY direction = 'in', id DESC LIMIT 1")


def language(session: Session, opened: Opened) -> str:
    """What the automat last answered in."""
    found = session.scalar(LANGUAGE, {"channel": opened.channel, "address": opened.address})
    return found if found in replies() else "pl"


def held(session: Session, operator: SignedIn, opened: Opened, *, now: datetime) -> Held | None:
    """Who has it now; None while the automat answers."""
    holder = handover.taken_by(session, opened.channel, opened.address, now=now)
    if holder is None:
        return None
    name = session.scalar(text("SELECT name FROM operators WHERE id = :id"), {"id": holder})
    return Held(holder == operator.operator_id, str(name), replies()[language(session, opened)]["canned"])


def take(session: Session, operator: SignedIn, opened: Opened, *, now: datetime) -> bool:
    """Take a conversation over and tell the patient; False when a colleague was first, or nobody can write here."""
    before = handover.taken_by(session, opened.channel, opened.address, now=now)
    if opened.channel not in CHANNELS or not handover.take(session, opened.channel, opened.address, operator.operator_id, now=now):
        return False
    if before != operator.operator_id:
        _tell(session, opened, "taken_over", now=now)
        _note(session, operator, opened, "taken_over", now=now)
    return True


def reply(session: Session, operator: SignedIn, opened: Opened, said: str, canned: str, *, now: datetime) -> bool:
    """Say something in a conversation of one's own, in own words or ready ones; False without words, or when it is not one's own."""
    chosen = replies()[language(session, opened)]["canned"].get(canned)
    body = str(chosen) if chosen else " ".join(said.split())[:LONGEST]
    mine = handover.taken_by(session, opened.channel, opened.address, now=now) == operator.operator_id
    if not body or not mine or not handover.take(session, opened.channel, opened.address, operator.operator_id, now=now):
        return False
    _say(session, opened, body, "operator", now=now)
    _note(session, operator, opened, "replied", now=now)
    return True


def give_back(session: Session, operator: SignedIn, opened: Opened, *, now: datetime) -> bool:
    """Let the automat answer again and tell the patient; False when it was not one's own."""
    if not handover.give_back(session, opened.channel, opened.address, operator.operator_id):
        return False
    _tell(session, opened, "given_back", now=now)
    _note(session, operator, opened, "given_back", now=now)
    return True


def _tell(session: Session, opened: Opened, what: str, *, now: datetime) -> None:
    _say(session, opened, str(replies()[language(session, opened)][what]), what, now=now)


def _say(session: Session, opened: Opened, body: str, kind: str, *, now: datetime) -> None:
    spoken = language(session, opened)
    sent = to_gsm(body) if opened.channel == "sms" and spoken != "uk" else body  # D9
    handover.say(session, opened.channel, opened.address, sent, kind=kind, language=spoken, now=now)


def _note(session: Session, operator: SignedIn, opened: Opened, act: str, *, now: datetime) -> None:
    for patient_id in opened.patient_ids or (None,):
        sessions.audit(session, operator.operator_id, act, now=now, conversation_id=opened.id, patient_id=patient_id, facts={})
