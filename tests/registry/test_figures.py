"""The figures of past days: as an independent count by hand has them, once a night, for good (R74, R131, X24, D15)."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.orm import Session, sessionmaker

from registry import counting, figures, schema
from registry.figures import Counted
from tests.registry import figures_oracle
from tests.registry.figures_oracle import Rows, expected, share_value

# The day on which clocks go forward (23 hours), the one on which they go back (25), and a plain one.
DAYS = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 18))
CLINICS = (1, 2, 3)
ADDRESSES = ("+48601000001", "+48601000002", "+48601000003", "chat-1")
KINDS = ("message", "booked", "reminder_d1", "operator", "taken_over")


def test_a_day_is_23_24_or_25_hours_long() -> None:
    """X17: the borders are midnight in Warsaw."""
    lengths = [(until - since) / timedelta(hours=1) for since, until in map(counting.span, DAYS)]
    assert lengths == [23, 25, 24]
    assert counting.span(DAYS[0]) == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))


# --- against a count by hand


class Invented:
    """A day and its neighbours, at random: rows as any history may have left them, and some that none would."""

    def __init__(self, dice: Random, day: date) -> None:
        self.dice, self.day, self.rows = dice, day, Rows()
        self._numbers = iter(range(1, 100_000))
        for address in ADDRESSES[:3]:
            for patient in dice.sample(range(1, 6), dice.randint(0, 2)):
                self.rows.contact_points.append({"id": next(self._numbers), "value": address, "patient_id": patient, "channel": "sms"})
        self.rows.conversations.append(
            {"id": next(self._numbers), "channel": "chat", "address": "chat-1", "patient_id": dice.choice((1, 5)), "last_at": self.at()}
        )
        for _ in range(dice.randint(0, 6)):
            self._slot()
        for _ in range(dice.randint(0, 8)):
            self._visit()
        for _ in range(dice.randint(0, 14)):
            self._message()
        for _ in range(dice.randint(0, 4)):
            self._call()
        for _ in range(dice.randint(0, 16)):
            self._event()
        self.rows.events.sort(key=lambda one: one["at"])
        for number, event in enumerate(self.rows.events, 1):
            event["id"] = number
        for entry in range(1, dice.randint(1, 5)):
            p50 = day + timedelta(days=dice.randint(-1, 1))
            p90 = p50 + timedelta(days=dice.randint(0, 1))
            self.rows.promises.append({"entry_id": entry, "criteria_version": 1, "told_at": self.at(), "p50": p50, "p90": p90})

    def at(self) -> datetime:
        """Mostly on the day, often at its very borders, sometimes a day off."""
        since, until = counting.span(self.day)
        near = self.dice.choice((since, until, since + timedelta(hours=2), since - timedelta(days=1)))
        if self.dice.random() < 0.3:
            return near + timedelta(microseconds=self.dice.choice((-1, 0, 1)))
        return near + timedelta(minutes=self.dice.randint(0, 700))

    def _slot(self) -> None:
        starts = self.at() + timedelta(hours=self.dice.choice((-1, 3, 30)))
        self.rows.slots.append({
            "id": next(self._numbers), "pool": self.dice.choice(("FIRST_STABLE", "FIRST_STABLE", "CONTROL")), "starts_at": starts,
            "state": self.dice.choice(("free", "taken", "withdrawn")), "local_date": figures_oracle.day_of(starts),
        })  # fmt: skip

    def _visit(self) -> None:
        earlier = self.rows.appointments
        starts = self.dice.choice([one["starts_at"] for one in earlier] or [self.at()])
        self.rows.appointments.append({
            "id": next(self._numbers), "patient_id": self.dice.randint(1, 4), "provider_id": self.dice.choice(CLINICS),
            "slot_id": next(self._numbers), "status": self.dice.choice(("cancelled", "declined", "expired", "fulfilled", "noshow")),
            "local_date": self.day + timedelta(days=self.dice.choice((0, 0, 1))), "visit_type": self.dice.choice(("first", "screening")),
            "starts_at": starts, "booked_at": self.at(), "moved_from": self.dice.choice((None, starts)), "service": "CARDIO_FIRST",
        })  # fmt: skip

    def _visit_id(self) -> int | None:
        return self.dice.choice([None, *(one["id"] for one in self.rows.appointments)])

    def _message(self) -> None:
        incoming, at = self.dice.random() < 0.5, self.at()
        earlier = [one["id"] for one in self.rows.messages if one["direction"] == "in"]
        channel = self.dice.choice(("sms", "sms", "email", "voice", "chat"))
        message = {
            "id": next(self._numbers), "at": at, "direction": "in" if incoming else "out", "channel": channel,
            "address": "chat-1" if channel == "chat" else self.dice.choice(ADDRESSES[:3]), "appointment_id": self._visit_id(),
            "kind": "message" if incoming else self.dice.choice(KINDS),
            "state": "received" if incoming else self.dice.choice(("delivered", "failed", "sent")),
            "in_reply_to": self.dice.choice(earlier) if earlier and not incoming else None,
            "sent_at": None if incoming or self.dice.random() < 0.2 else at + timedelta(seconds=self.dice.uniform(0.01, 900)),
        }  # fmt: skip
        if message["in_reply_to"] is not None and message["sent_at"] is not None:
            asked = next(one for one in self.rows.messages if one["id"] == message["in_reply_to"])
            message["sent_at"] = asked["at"] + timedelta(seconds=self.dice.uniform(0.01, 900))
        self.rows.messages.append(message)
        if incoming and self.dice.random() < 0.8:
            self._turn(message)

    def _turn(self, message: dict[str, Any]) -> None:
        self.rows.turns.append({
            "id": next(self._numbers), "message_id": message["id"], "at": message["at"],
            "confidence": self.dice.choice((0.0, 0.59, 0.6, 0.61, 1.0)), "action": self.dice.choice(("cancel_visit", "call_overheard")),
            "outcome": self.dice.choice(("cancelled", "answered", "handed_over", "held")), "appointment_id": self._visit_id(),
        })  # fmt: skip
        if self.dice.random() < 0.2:
            self.rows.tasks.append({"id": next(self._numbers), "at": message["at"], "message_id": message["id"]})

    def _call(self) -> None:
        timings = [
            {"ended_ms": 1000, "decided_ms": 1000 + self.dice.randint(100, 900), "think_ms": self.dice.randint(1, 2000)}
            for _ in range(self.dice.randint(0, 3))
        ]
        self.rows.calls.append({
            "id": next(self._numbers), "at": self.at(), "direction": self.dice.choice(("in", "out")), "timings": timings,
            "address": self.dice.choice(ADDRESSES[:3]), "outcome": self.dice.choice((None, "told", "busy")),
        })  # fmt: skip

    def _event(self) -> None:
        visit, slot = self._visit_id(), self.dice.choice([None, *(one["id"] for one in self.rows.slots)])
        kinds = ["entry.closed", "visit.restored"] if visit is None else ["visit.cancelled", "visit.restored", "offer.expired"]
        if slot is not None:
            kinds += ["slot.freed", "slot.freed", "visit.booked", "visit.assigned", "offer.accepted", "visit.changed"]
        at = self.dice.choice([self.at(), *(one["at"] for one in self.rows.events), *(one["booked_at"] for one in self.rows.appointments)])
        self.rows.events.append({
            "at": at, "kind": self.dice.choice(kinds), "actor": self.dice.choice(("patient", "contact_person", "registrar", "system")),
            "channel": self.dice.choice(("sms", "chat", "desk")), "provider_id": self.dice.choice(CLINICS), "slot_id": slot,
            "appointment_id": visit, "entry_id": self.dice.choice((None, 1, 2, 3, 4)),
            "facts": {"reason": self.dice.choice(("sms", "clinic", "death", "other"))},
        })  # fmt: skip


# What a row needs beside what is invented; no figure looks at it.
FILLED: dict[str, dict[str, Any]] = {
    "messages": {"language": "pl", "facts": {}, "attempt": 1, "tries": 0},
    "turns": {"intent": "x", "question": False, "entities": {}, "others": [], "asked": "nothing"},
    "tasks": {"kind": "x", "state": "open"},
    "calls": {"steps": 0, "misses": 0},
    "contact_points": {"state": "active", "rank": 1, "created_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "conversations": {"needs_person": False, "memory": {}},
    "appointments": {"contact_point_id": 1, "origin": "x", "version": 1, "moves": 0},
    "slots": {"schedule_id": 1, "place_id": 1, "provider_id": 1, "service": "CARDIO_FIRST", "seat": 0, "version": 1},
    "events": {},
    "promises": {},
}


PLACE = {"name": "", "street": "", "postcode": "", "city": "", "phone": "", "latitude": 52.0, "longitude": 21.0}


def write(session: Session, rows: Rows) -> None:
    """Put the rows into the tables as they are: no keys are checked, nothing is set off."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(insert(schema.metadata().tables["places"]), [{**PLACE, "id": one, "provider_id": one} for one in CLINICS])
    for name, more in FILLED.items():
        table = schema.metadata().tables[name]
        whole = [_whole(name, {**more, **row}) for row in getattr(rows, name)]
        if whole:
            session.execute(insert(table), whole)


def _whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    if name == "appointments":
        return {**row, "ends_at": row["starts_at"] + timedelta(minutes=20), "place_id": row["provider_id"]}
    if name == "calls":
        return {**row, "ended_at": row["at"] if row["outcome"] else None}
    if name == "slots":
        return {**row, "ends_at": row["starts_at"] + timedelta(minutes=20), "clinic_slot_id": str(row["id"])}
    return {**row, "cause": str(row["id"])} if name == "tasks" else row


def compare(counted: Sequence[Counted], rows: Rows, day: date, clinic: int | None, *, over: bool) -> None:
    """The code's figures are those of the count by hand; of durations the median and the 95th of a hundred, to a twentieth."""
    wanted, own = expected(rows, day, clinic, over=over), [one for one in counted if one.provider_id == clinic]
    durations = {"latency", "refill"}
    counts = Counter({(one.measure, one.channel, one.kind): one.number for one in own if one.measure not in durations})
    assert counts == +wanted.counts
    for channel, total in wanted.confidence.items():
        (found,) = (one.total for one in own if (one.measure, one.channel) == ("readings", channel))
        assert found == pytest.approx(total)
    classes = {(one.measure, one.channel) for one in own if one.measure in durations}
    assert classes == set(wanted.durations)
    for (measure, channel), seconds in wanted.durations.items():
        here = {int(one.kind): one.number for one in own if (one.measure, one.channel) == (measure, channel)}
        assert sum(here.values()) == len(seconds)
        for share in (0.5, 0.9, 0.95):
            assert figures.quantile(here, share) == pytest.approx(max(share_value(seconds, share), 0.001), rel=0.03)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), day=st.sampled_from(DAYS))
def test_every_figure_is_what_a_count_by_hand_says(seed: int, day: date, session_factory: sessionmaker[Session]) -> None:
    """R74, R131, X24, X17: all clinics, each clinic, and one clinic while the day goes on."""
    rows = Invented(Random(seed), day).rows
    with session_factory() as session:
        write(session, rows)
        compare([*counting.spoken(session, day, "all"), *counting.happened(session, day, "all"), *counting.promised(session, day)],
                rows, day, None, over=True)  # fmt: skip
        each = [*counting.spoken(session, day, "each"), *counting.happened(session, day, "each")]
        for clinic in CLINICS:
            compare(each, rows, day, clinic, over=True)
            one = [*counting.spoken(session, day, "one", provider_id=clinic), *counting.happened(session, day, "one", provider_id=clinic)]
            compare(one, rows, day, clinic, over=False)
        session.rollback()
