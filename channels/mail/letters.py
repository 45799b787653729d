"""A message as a letter: text and HTML of the same words, buttons that lead to pages, the visit for the calendar (D13, R100)."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from channels.calendar_file import Entry, calendar
from channels.mail.links import OF_KIND, bounce_seal, sealed
from channels.mail.words import templates, words
from dialogs.notices import text_key, told
from dialogs.wording import subject
from registry.outbox import Claimed

BOOKED: Final = frozenset({
    "reminder_d7", "reminder_d1", "booked", "booked_from_waiting_room", "changed", "undone", "offer_accepted", "confirmed",
})  # fmt: skip
CANCELLED: Final = frozenset({
    "cancelled", "cancelled_control", "cancelled_no_waiting_room", "cancelled_referral_ended", "cancelled_left", "cancelled_by_clinic",
    "cancelled_by_clinic_no_waiting_room", "cancelled_by_clinic_control",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """Who writes: the installation's key and public address, the letters' sender, and where returned letters go."""

    key: bytes
    public_url: str
    sender: Address
    bounces: str | None = None

    def message_id(self, number: int) -> str:
        """A letter's own name, the same however often it is sent: whoever gets it twice can tell."""
        return f"<cer.{number}.{bounce_seal(self.key, number)}@{self.sender.domain}>"

    def envelope_sender(self, number: int) -> str:
        """Where a letter that cannot be delivered goes back to; the address names the letter."""
        if self.bounces is None:
            return self.sender.addr_spec
        name, _, domain = self.bounces.rpartition("@")
        return f"{name}+{number}-{bounce_seal(self.key, number)}@{domain}"


@dataclass(frozen=True, slots=True)
class Button:
    """One link of a letter."""

    words: str
    address: str


def letter(message: Claimed, body: str, house: House, *, appointment_id: int | None, sequence: int, now: datetime) -> EmailMessage:
    """The letter of a claimed message, whose words are `body`. `sequence` counts the visit's changes."""
    buttons = _buttons(message, house)
    about = _subject(message)
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = house.sender, message.address, about
    made["Date"], made["Message-ID"] = format_datetime(now), house.message_id(message.id)
    made["Auto-Submitted"], made["Content-Language"] = "auto-generated", message.language
    made.set_content("\n\n".join([body, *(f"{button.words}:\n{button.address}" for button in buttons)]), cte="quoted-printable")
    html = templates().get_template("letter.html").render(
        language=message.language, subject=about, paragraphs=[part.splitlines() for part in body.split("\n\n")], links=buttons
    )  # fmt: skip
    made.add_alternative(html, subtype="html", cte="quoted-printable")
    if appointment_id is not None and message.kind in BOOKED | CANCELLED and message.facts.get("starts_at"):
        entry = _entry(message, house, appointment_id, sequence)
        method = "CANCEL" if entry.cancelled else "PUBLISH"
        made.add_attachment(
            calendar(entry, now=now).encode(), maintype="text", subtype="calendar", filename="wizyta.ics",
            params={"method": method, "charset": "utf-8"},
        )  # fmt: skip
    return made


def _buttons(message: Claimed, house: House) -> list[Button]:
    say = words(message.language)
    return [Button(say[act], f"{house.public_url}/visit/{sealed(house.key, message.id, act)}") for act in OF_KIND.get(message.kind, ())]


def _subject(message: Claimed) -> str:
    return " ".join(subject(text_key(message.kind, message.facts), told(message.facts), language=message.language).split())


def _entry(message: Claimed, house: House, appointment_id: int, sequence: int) -> Entry:
    facts: dict[str, Any] = told(message.facts)
    place = f"{facts['street']}, {facts['city']}"
    where = place if message.facts.get("shared") else f"{facts['clinic']}, {place}"
    host = urlsplit(house.public_url).hostname or house.sender.domain
    return Entry(
        uid=f"visit-{appointment_id}@{host}", sequence=sequence, starts_at=facts["start"], where=where, phone=facts["phone"],
        cancelled=message.kind in CANCELLED, language=message.language,
    )  # fmt: skip
