"""What a link does: one use, one message in the log, one transaction; the same use cases and notices as by any other channel."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from channels.mail.links import Act, Letter, Link, find
from registry import appointments, cancellations, communications, offers
from registry.appointments import NotHeld, TooLate
from registry.catalogue import CancelReason
from registry.communications import Received
from registry.events import Actor

INTENTS: Final[dict[Act, str]] = {
    "confirm": "confirm_visit", "cancel": "cancel_visit", "accept": "accept_offer", "decline": "decline_offer",
}  # fmt: skip
OUTCOMES: Final[dict[Act, str]] = {"confirm": "confirmed", "cancel": "cancelled", "accept": "accepted", "decline": "declined"}
ACTIONS: Final[dict[Act, str]] = {
    "confirm": "confirm_visit", "cancel": "cancel_visit", "accept": "accept_offer", "decline": "decline_offer",
}  # fmt: skip
REASONS: Final[tuple[CancelReason, ...]] = ("cannot_come", "feeling_better", "treated_elsewhere", "date_does_not_suit", "illness", "other")


class Over(Exception):
    """The link was used, or what its letter told is no longer so."""


def use(session: Session, link: Link, *, reason: str, words: str, now: datetime) -> Letter:
    """Do what the link is for, once; `words` stand for it in the log. Raises Over, and then nothing has happened (X29).

    A cancellation takes effect at once: the page with the button was its read-back (D6).
    """
    before = find(session, link, now=now)
    if before is None or before.used or before.standing == "over":
        raise Over(link.act)
    received = Received("email", before.address, link.wire_id, words, {"act": link.act})
    message_id = communications.receive(session, received, now=now)
    letter = find(session, link, now=now)  # again, behind the lock of the address: another use may have been first
    if message_id is None or letter is None or letter.standing == "over":
        raise Over(link.act)
    actor = Actor(
        "contact_person" if letter.by_contact_person else "patient", "email", address=letter.address, message_id=message_id
    )
    try:
        DO[link.act](session, letter.appointment_id, actor=actor, now=now, **({"reason": _reason(reason)} if link.act == "cancel" else {}))
    except (NotHeld, TooLate) as error:
        raise Over(link.act) from error
    _log(session, link, letter, message_id, now)
    return letter


def _log(session: Session, link: Link, letter: Letter, message_id: int, now: datetime) -> None:
    communications.write_turn(
        session, message_id=message_id, at=now, channel="email", address=letter.address, intent=INTENTS[link.act], confidence=1.0,
        question=False, entities={}, others=[], asked="offer" if link.act in ("accept", "decline") else "reminder",
        action=ACTIONS[link.act], outcome=OUTCOMES[link.act], appointment_id=letter.appointment_id, patient_id=letter.patient_id,
        needs_person=False, language=letter.language, memory=communications.remembered(session, "email", letter.address),
    )  # fmt: skip


def _reason(given: str) -> CancelReason:
    return next((one for one in REASONS if one == given), "other")


DO: Final[dict[Act, Callable[..., Any]]] = {
    "confirm": appointments.confirm, "cancel": cancellations.cancel, "accept": offers.accept, "decline": offers.decline,
}  # fmt: skip
