"""The links of a letter: which act they lead to, signed, and good once. Nothing is kept of them before they are used (D12, L1).

A link names a message of ours and an act, and bears a seal made with the installation's key. It is used when a message with its wire id
has come in; it is over when the visit that the letter told of is no longer as the letter told it.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import text
from sqlalchemy.orm import Session

Act = Literal["confirm", "cancel", "accept", "decline"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
LIVES: Final = timedelta(days=60)  # after the letter was written, at most

OF_KIND: Final[dict[str, tuple[Act, ...]]] = {
    "reminder_d7": ("confirm", "cancel"), "reminder_d1": ("confirm", "cancel"), "booked": ("cancel",),
    "booked_from_waiting_room": ("confirm", "cancel"), "changed": ("confirm", "cancel"), "substituted": ("cancel",), "undone": ("cancel",),
    "offer_accepted": ("cancel",), "offer": ("accept", "decline"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it came back, its seal checked."""

    message_id: int
    act: Act

    @property
    def wire_id(self) -> str:
        """Under which its use is written down, once."""
        return f"link {self.message_id} {self.act}"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the letter with a link told of, and how that stands now. `over` says that the link leads nowhere any more."""

    message_id: int
    address: str
    language: str
    shared: bool
    by_contact_person: bool
    patient_id: int
    appointment_id: int
    starts_at: datetime
    service: str
    clinic: str
    street: str
    city: str
    phone: str
    initials: str
    returns: int
    visit_type: str
    waits_again: bool
    standing: Literal["as_told", "over"]
    used: bool


def sealed(key: bytes, message_id: int, act: Act) -> str:
    """The last part of a link's address."""
    return f"{message_id}-{act}-{_seal(key, f'link {message_id} {act}')}"


def opened(key: bytes, token: str) -> Link | None:
    """The link, when the seal is ours."""
    match = re.fullmatch(r"([1-9]\d{0,17})-(\w+)-([\w-]{22})", token, re.ASCII)
    if match is None or match[2] not in ACTS:
        return None
    act: Act = match[2]
    number = int(match[1])
    return Link(number, act) if hmac.compare_digest(_seal(key, f"link {number} {act}"), match[3]) else None


def bounce_seal(key: bytes, message_id: int) -> str:
    """What proves that a returned letter was ours."""
    return _seal(key, f"bounce {message_id}")[:12].lower()


def _seal(key: bytes, word: str) -> str:
    return urlsafe_b64encode(hmac.digest(key, word.encode(), "sha256")[:16]).rstrip(b"=").decode()


FOUND = text("""
SELECT m.id, m.address, m.language, coalesce((m.facts ->> 'shared')::boolean, false), coalesce(c.contact_person_id IS NOT NULL, false),
       a.patient_id, a.id, a.starts_at, a.service, l.name, l.street, l.city, l.phone,
       left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.', coalesce(e.returns, 0), a.visit_type, a.entry_id IS NOT NULL,
       CASE WHEN m.at > :since AND a.starts_at = m.visit_starts_at AND a.starts_at > :now AND p.died_at IS NULL
             AND c.value = m.address AND c.state = 'active'
             AND (CASE WHEN :offer THEN a.status = 'proposed' AND a.expires_at > :now ELSE a.status = 'booked' END)
            THEN 'as_told' ELSE 'over' END,
       EXISTS (SELECT 1 FROM messages u WHERE u.wire_id = :wire_id)
  FROM messages m JOIN appointments a ON a.id = m.appointment_id JOIN places l ON l.id = a.place_id JOIN patients p ON p.id = a.patient_id
  LEFT JOIN contact_points c ON c.id = m.contact_point_id LEFT JOIN entries e ON e.id = a.entry_id
 WHERE m.id = :id AND m.channel = 'email' AND m.direction = 'out'
""")


def find(session: Session, link: Link, *, now: datetime) -> Letter | None:
    """How things stand for a link; None when its letter is not there."""
    facts: dict[str, Any] = {
        "id": link.message_id, "now": now, "since": now - LIVES, "offer": link.act in ("accept", "decline"), "wire_id": link.wire_id,
    }  # fmt: skip
    row = session.execute(FOUND, facts).one_or_none()
    return None if row is None else Letter(*row)
