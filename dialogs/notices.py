"""From a message row to its words: which text a notice has, and the facts that the text is told."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from dialogs import wording
from dialogs.wording import Channel, Facts, Language
from registry.catalogue import POLICY
from registry.rules import keeps_place

FOR_OTHERS = {
    "reminder_d7": "reminder_contact", "reminder_d1": "reminder_contact", "booked": "booked_contact",
    "booked_from_waiting_room": "booked_contact", "offer_accepted": "booked_contact", "cancelled": "cancelled_contact",
    "cancelled_by_clinic": "cancelled_by_clinic_contact", "changed": "changed_contact", "offer": "offer_contact",
    "cancelled_control": "cancelled_control_contact", "undone": "undone_contact",
    "substituted": "substituted_contact", "cancellation_kept": "cancellation_kept_contact",
}  # fmt: skip

MOMENTS = {"starts_at": "start", "moved_from": "old_start", "expires_at": "deadline"}
DAYS = ("estimate", "estimate_late")  # of an entry; None: it cannot be estimated (R64)
PLAIN = ("clinic", "street", "city", "phone", "service", "initials")


def text_key(kind: str, facts: Mapping[str, Any]) -> str:
    """The text of a notice: a number that several people share names the patient by initials (R96, X8); D1 has its own words."""
    if kind == "cancelled" and not keeps_place((facts.get("returns") or 0) + 1, POLICY):
        return "cancelled_end_of_queue"
    return FOR_OTHERS.get(kind, kind) if facts.get("shared") else kind


def words(kind: str, facts: Mapping[str, Any], *, language: str, channel: str) -> str:
    """The text of a notice as it is sent."""
    return worded(text_key(kind, facts), told(facts), language=language, channel=channel)


def worded(key: str, facts: Mapping[str, Any], *, language: str, channel: str) -> str:
    """A text with its facts. Rows hold languages and channels as plain strings; this is where they become wording's own."""
    return wording.render(key, cast(Facts, facts), language=cast(Language, language), channel=cast(Channel, channel))


def told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """A message row's facts under the names that texts know them by; instants out of ISO."""
    moments = {name: _instant(facts[key]) for key, name in MOMENTS.items() if facts.get(key)}
    plain = {key: facts[key] for key in PLAIN if key in facts}
    days = {key: facts[key] and _day(facts[key]) for key in DAYS if key in facts}
    return {**moments, **plain, **days, "undo_seconds": _undo_seconds(facts)}


def _instant(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _undo_seconds(facts: Mapping[str, Any]) -> int | None:
    """How long a cancellation can be taken back (D6); None where the slot was let go at once."""
    if not facts.get("held_until") or not facts.get("cancelled_at"):
        return None
    seconds = (_instant(facts["held_until"]) - _instant(facts["cancelled_at"])).total_seconds()
    return int(seconds) or None
