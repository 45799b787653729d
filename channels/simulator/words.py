"""What /telephone says about a message, in Polish: when it came and how far it got."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from channels.simulator.store import Message

WARSAW = ZoneInfo("Europe/Warsaw")
_DAYS = ("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz.")
_MONTHS = ("sty", "lut", "mar", "kwi", "maj", "cze", "lip", "sie", "wrz", "paź", "lis", "gru")
_STATES = {
    "queued": "w drodze",
    "sent": "wysłano",
    "delivered": "dostarczono",
    "received": "wysłano",
    "undelivered": "nie dostarczono",
    "failed": "nie wysłano",
}
_CAUSES = {
    30001: "kolejka operatora jest pełna",
    30002: "konto jest zawieszone",
    30003: "telefon poza zasięgiem",
    30004: "wiadomość zablokowana",
    30005: "numer nie istnieje",
    30006: "ta linia nie odbiera SMS-ów",
    30007: "zatrzymał ją filtr operatora",
    30008: "przyczyna nieznana",
    30036: "minął czas ważności",
}


def state(message: Message) -> str:
    """How far a message got: `dostarczono`, `nie dostarczono: telefon poza zasięgiem (30003)`."""
    words = _STATES[message.status]
    if message.error_code is None:
        return words
    return f"{words}: {_CAUSES[message.error_code]} ({message.error_code})"


def moment(seconds: float, now: datetime) -> str:
    """A time by the Warsaw clock: `10:20` today, `czw. 27 lis, 10:20` on another day."""
    local = datetime.fromtimestamp(seconds, UTC).astimezone(WARSAW)
    clock = f"{local:%H:%M}"
    if local.date() == now.astimezone(WARSAW).date():
        return clock
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}, {clock}"


def parts(segments: int) -> str:
    """How many SMS a text costs, as a word: `1 SMS`, `2 SMS-y`, `5 SMS-ów`."""
    few = segments % 10 in {2, 3, 4} and segments % 100 not in {12, 13, 14}
    return "1 SMS" if segments == 1 else f"{segments} {'SMS-y' if few else 'SMS-ów'}"
