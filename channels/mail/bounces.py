"""Letters that came back: a delivery report (RFC 3464) is taken for the letter that it names, when it bears our seal."""

import email
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage, Message
from email.policy import default
from typing import Final

import structlog
from sqlalchemy.orm import Session

from channels.mail.letters import House
from channels.mail.links import bounce_seal
from registry import receipts
from registry.outbox import Meaning

NAMED: Final = re.compile(r"(?:\+|<?cer\.)([1-9]\d{0,17})[-.]([\w-]{12})@", re.ASCII)
ADDRESSED: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To")

log = structlog.get_logger("mail")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report on a letter of ours: `final` when it will not arrive, `status` as in RFC 3463 ("5.1.1")."""

    message_id: int
    final: bool
    status: str


def read(raw: bytes, house: House) -> Bounce | None:
    """What a returned letter says; None when it is no report, or not on a letter of ours."""
    report = email.message_from_bytes(raw, policy=default)
    number = _letter(report, house)
    told = _status(report)
    return None if number is None or told is None else Bounce(number, *told)


def take(session: Session, bounce: Bounce, house: House, *, now: datetime) -> bool:
    """A letter that will not arrive goes by another address, again later, or to a person (R54, R98); repeated, it changes nothing.

    Whether it changed something.
    """
    if not bounce.final:
        return False
    code = int(bounce.status.replace(".", "")[:6] or 0)
    wire_id = house.message_id(bounce.message_id)
    known = receipts.receipt(session, wire_id, "undelivered", message_id=bounce.message_id, error_code=code, now=now)
    if known is None or not known.lost:
        return False
    receipts.follow_up(session, known.message_id, meaning_of(bounce.status), now=now)
    log.warning("letter came back", message_id=known.message_id, status=bounce.status)
    return True


def meaning_of(status: str) -> Meaning:
    """What a status means for the patient: a wrong or closed address; a full mailbox; anything else is for a person."""
    if re.match(r"5\.1\.|5\.2\.1|5\.4\.[46]", status):
        return "other_contact"
    return "retry" if status.startswith(("4.", "5.2.2")) else "unsendable"


def _letter(report: Message, house: House) -> int | None:
    """The number of the letter that is spoken of, by the address that it came back to or by its own Message-ID; the seal must fit."""
    places = [value for name in ADDRESSED for value in report.get_all(name, [])]
    for part in report.walk():
        places += [value for name in ("Message-ID", "In-Reply-To", "References") for value in part.get_all(name, [])]
        if part.get_content_type() == "text/rfc822-headers":
            places.append(str(part.get_payload()))
    for found in (match for place in places for match in NAMED.finditer(str(place))):
        if hmac.compare_digest(found[2].lower(), bounce_seal(house.key, int(found[1]))):
            return int(found[1])
    return None


def _status(report: Message) -> tuple[bool, str] | None:
    """Whether it is the end, and the status; of a proper report only: an answer by a person or a holiday notice is none."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in part.iter_parts() if isinstance(part, EmailMessage) else ():
                action = str(block.get("Action", "")).strip().lower()
                if action in ("failed", "delayed", "delivered", "relayed", "expanded"):
                    found = re.search(r"[245]\.\d{1,3}\.\d{1,3}", str(block.get("Status", "")))
                    return action == "failed", found[0] if found else "5.0.0"
    return None
