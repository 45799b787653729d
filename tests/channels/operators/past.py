"""A console's past to draw: kept figures of many days, as the nights would have left them."""

from datetime import date, timedelta
from math import log
from random import Random
from typing import Any

from sqlalchemy import Engine, insert

from registry.database import transaction
from registry.figures import CLASS, CountedDay, Figure
from tests.registry.build import warsaw

COUNTS = (
    ("sent", "sms", "delivered", 420), ("sent", "sms", "undelivered", 12), ("sent", "email", "sent", 60), ("sent", "chat", "delivered", 80),
    ("received", "sms", "cancelled", 40), ("received", "sms", "confirmed", 150), ("received", "sms", "answered", 60),
    ("received", "chat", "booked", 9), ("received", "chat", "answered", 50), ("received", "email", "confirmed", 20),
    ("calls", "out", "told", 50), ("calls", "out", "busy", 9), ("calls", "out", "no_answer", 12), ("calls", "in", "cancelled", 6),
    ("talks", "sms", "alone", 180), ("talks", "sms", "staff", 22), ("talks", "chat", "alone", 30), ("talks", "chat", "staff", 9),
    ("talks", "voice", "alone", 50), ("talks", "voice", "staff", 8),
    ("cancelled", "sms", "self", 40), ("cancelled", "voice", "self", 4), ("cancelled", "chat", "self", 2), ("cancelled", "api", "self", 3),
    ("cancelled", "desk", "staff", 5), ("cancelled", "desk", "clinic", 8), ("cancelled", "api", "ended", 1),
    ("freed", "", "refilled", 45), ("freed", "", "open", 9), ("attendance", "", "fulfilled", 300), ("attendance", "", "noshow", 24),
    ("promise", "p50", "kept", 10), ("promise", "p50", "missed", 10), ("promise", "p90", "kept", 18), ("promise", "p90", "missed", 2),
    ("doubtful", "sms", "", 20), ("doubtful", "voice", "", 9), ("doubtful", "chat", "", 8),
)  # fmt: skip
MEANS = (("readings", "sms", 250, 0.91), ("readings", "voice", 60, 0.84), ("readings", "chat", 60, 0.88))
DURATIONS = (
    ("refill", "", 2.5 * 3600, 45), ("latency", "sms", 1.6, 250), ("latency", "email", 4.0, 20), ("latency", "voice", 1.1, 60)
)  # fmt: skip


def remember(engine: Engine, last: date, days: int, *, seed: int = 7, provider_id: int | None = None) -> None:
    """Figures of so many days up to `last`, of all clinics or one, each day a little other than the one before; Sundays are quiet."""
    dice = Random(seed)
    with transaction(engine) as session:
        for ahead in range(days):
            day = last - timedelta(days=ahead)
            rows = _rows(dice, 0.1 if day.weekday() == 6 else 1.0)
            session.execute(insert(Figure), [{"local_date": day, "provider_id": provider_id, **row} for row in rows])
            if provider_id is None:
                session.add(CountedDay(local_date=day, counted_at=warsaw(day + timedelta(days=1), 0, 1)))


def _rows(dice: Random, busy: float) -> list[dict[str, Any]]:
    def some(usual: int) -> int:
        return round(usual * busy * dice.uniform(0.7, 1.3))

    rows = [{"measure": m, "channel": c, "kind": k, "number": some(n), "total": 0.0} for m, c, k, n in COUNTS]
    for measure, channel, usual, mean in MEANS:
        number = some(usual)
        total = number * mean * dice.uniform(0.97, 1.03)
        rows.append({"measure": measure, "channel": channel, "kind": "", "number": number, "total": total})
    for measure, channel, seconds, usual in DURATIONS:
        classes: dict[str, int] = {}
        for _ in range(some(usual)):
            kind = str(int(log(seconds * dice.lognormvariate(0, 0.7)) // CLASS))
            classes[kind] = classes.get(kind, 0) + 1
        rows += [{"measure": measure, "channel": channel, "kind": kind, "number": n, "total": 0.0} for kind, n in classes.items()]
    return [row for row in rows if row["number"]]
