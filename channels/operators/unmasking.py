"""Looking behind the mask: for a short while, with a reason that is kept, by those whose role may (X33, X34)."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import sessions
from channels.operators.sessions import SignedIn
from channels.operators.thread import Opened

LASTS: Final = timedelta(minutes=10)
SHORTEST: Final = 10  # letters of a reason: "bo tak" is none
LONGEST: Final = 300

GIVEN = text("""
SELECT max(at) FROM audit
 WHERE operator_id = :operator_id AND conversation_id = :conversation_id AND act = 'unmasked' AND at > :since AND at <= :now
""")


def until(session: Session, operator: SignedIn, conversation_id: int, *, now: datetime) -> datetime | None:
    """Until when this operator sees who the conversation is with; None while it is masked for him."""
    if not operator.may("unmask"):
        return None
    facts = {"operator_id": operator.operator_id, "conversation_id": conversation_id, "since": now - LASTS, "now": now}
    at: datetime | None = session.scalar(GIVEN, facts)
    return at and at + LASTS


def unmask(session: Session, operator: SignedIn, opened: Opened, reason: str, *, now: datetime) -> bool:
    """Take the mask off for LASTS, with one entry in the audit for each patient who is seen; False for a reason that is too short."""
    said = " ".join(reason.split())[:LONGEST]
    if sum(letter.isalpha() for letter in said) < SHORTEST:
        return False
    for patient_id in opened.patient_ids or (None,):
        sessions.audit(
            session, operator.operator_id, "unmasked", now=now, conversation_id=opened.id, patient_id=patient_id, facts={"reason": said}
        )
    return True
