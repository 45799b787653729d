"""What the figures of a day must be, counted by hand from lists of rows: no SQL, no classes of durations, nothing of the code's own."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

WARSAW = ZoneInfo("Europe/Warsaw")
Row = dict[str, Any]


@dataclass
class Rows:
    """Everything that there is, as plain dictionaries named like the columns."""

    messages: list[Row] = field(default_factory=list)
    turns: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    contact_points: list[Row] = field(default_factory=list)
    conversations: list[Row] = field(default_factory=list)
    appointments: list[Row] = field(default_factory=list)
    slots: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    promises: list[Row] = field(default_factory=list)


@dataclass
class Expected:
    """Counts by measure, channel and kind; the durations themselves, in seconds, by measure and channel."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    durations: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    confidence: dict[str, float] = field(default_factory=lambda: defaultdict(float))


def day_of(instant: datetime) -> date:
    return instant.astimezone(WARSAW).date()


def expected(rows: Rows, day: date, clinic: int | None, *, over: bool) -> Expected:
    """The figures of a day, of one clinic or of all together; `over` when the day has ended."""
    found = Expected()
    _speech(rows, day, clinic, found)
    _calls(rows, day, clinic, found)
    _cancellations(rows, day, clinic, found)
    _freed(rows, day, clinic, found)
    for visit in rows.appointments:
        if visit["local_date"] == day and visit["status"] in ("fulfilled", "noshow") and clinic in (None, visit["provider_id"]):
            found.counts["attendance", "", visit["status"]] += 1
    if clinic is None and over:
        _promises(rows, day, found)
    return found


def clinics_at(rows: Rows, channel: str, address: str) -> set[int]:
    """Where the people of an address have or had a visit."""
    people = {one["patient_id"] for one in rows.contact_points if one["value"] == address}
    people |= {one["patient_id"] for one in rows.conversations if (one["channel"], one["address"]) == (channel, address)}
    return {visit["provider_id"] for visit in rows.appointments if visit["patient_id"] in people}


def _sees(rows: Rows, message: Row, turn: Row | None, clinic: int | None) -> bool:
    if clinic is None:
        return True
    provider = {visit["id"]: visit["provider_id"] for visit in rows.appointments}
    about = {message["appointment_id"], turn["appointment_id"] if turn else None} - {None}
    return clinic in clinics_at(rows, message["channel"], message["address"]) and all(provider[one] == clinic for one in about)


def _speech(rows: Rows, day: date, clinic: int | None, found: Expected) -> None:
    turns = {one["message_id"]: one for one in rows.turns}
    talks: dict[tuple[str, str], list[tuple[Row, Row | None]]] = defaultdict(list)
    for message in rows.messages:
        turn = turns.get(message["id"])
        if day_of(message["at"]) != day or not _sees(rows, message, turn, clinic):
            continue
        talks[message["channel"], message["address"]].append((message, turn))
        if message["channel"] != "voice" and message["direction"] == "out":
            found.counts["sent", message["channel"], message["state"]] += 1
        elif message["channel"] != "voice":
            found.counts["received", message["channel"], turn["outcome"] if turn else "unread"] += 1
        if turn and message["channel"] != "email" and not (turn["confidence"] == 0 and turn["action"].startswith("call")):
            found.counts["readings", message["channel"], ""] += 1
            found.counts["doubtful", message["channel"], ""] += turn["confidence"] < 0.6
            found.confidence[message["channel"]] += turn["confidence"]
        if message["direction"] == "in" and message["channel"] != "voice":
            answers = [
                one["sent_at"] for one in rows.messages
                if one["in_reply_to"] == message["id"] and one["direction"] == "out" and one["sent_at"] is not None
                and one["kind"] not in ("operator", "taken_over", "given_back")
            ]  # fmt: skip
            if answers and (message["channel"] != "chat" or min(answers) > message["at"]):
                found.durations["latency", message["channel"]].append((min(answers) - message["at"]).total_seconds())
    with_task = {one["message_id"] for one in rows.tasks}
    for (channel, _), said in talks.items():
        if any(message["direction"] == "in" for message, _ in said):
            staff = any(_by_staff(message, turn, with_task) for message, turn in said)
            found.counts["talks", channel, "staff" if staff else "alone"] += 1


def _by_staff(message: Row, turn: Row | None, with_task: set[int]) -> bool:
    if message["kind"] in ("operator", "taken_over", "given_back"):
        return True
    handed = turn is not None and turn["outcome"] in ("handed_over", "held")
    return message["direction"] == "in" and (handed or message["id"] in with_task)


def _calls(rows: Rows, day: date, clinic: int | None, found: Expected) -> None:
    for call in rows.calls:
        if day_of(call["at"]) == day and (clinic is None or clinic in clinics_at(rows, "voice", call["address"])):
            found.counts["calls", call["direction"], call["outcome"] or "open"] += 1
            for one in call["timings"]:
                found.durations["latency", "voice"].append((one["decided_ms"] - one["ended_ms"] + one["think_ms"]) / 1000)


def _cancellations(rows: Rows, day: date, clinic: int | None, found: Expected) -> None:
    visits = {one["id"]: one for one in rows.appointments}
    for event in rows.events:
        if event["kind"] != "visit.cancelled" or day_of(event["at"]) != day or clinic not in (None, event["provider_id"]):
            continue
        visit, later = visits[event["appointment_id"]], [one for one in rows.events if one["id"] > event["id"]]
        restored = any(one["kind"] == "visit.restored" and one["appointment_id"] == visit["id"] for one in later)
        moved = any(
            one["visit_type"] == "screening" and one["patient_id"] == visit["patient_id"] and one["service"] == visit["service"]
            and one["booked_at"] == event["at"] and one["moved_from"] == visit["starts_at"]
            for one in rows.appointments
        )  # fmt: skip
        if not restored and not moved and visit["status"] != "expired":
            found.counts["cancelled", event["channel"], _by_whom(event)] += 1


def _by_whom(event: Row) -> str:
    reason = event["facts"]["reason"]
    if reason == "clinic":
        return "clinic"
    if reason in ("death", "referral_cancelled") or event["actor"] == "system":
        return "ended"
    return "self" if event["actor"] in ("patient", "contact_person", "parent", "proxy") else "staff"


def _freed(rows: Rows, day: date, clinic: int | None, found: Expected) -> None:
    slots, visits = {one["id"]: one for one in rows.slots}, {one["id"]: one for one in rows.appointments}
    for event in rows.events:
        if event["kind"] != "slot.freed" or day_of(event["at"]) != day or clinic not in (None, event["provider_id"]):
            continue
        slot = slots[event["slot_id"]]
        of_slot = [one for one in rows.events if one["slot_id"] == slot["id"]]
        offer_ended = any(
            one["at"] == event["at"] and one["appointment_id"] and visits[one["appointment_id"]]["status"] in ("declined", "expired")
            for one in of_slot
        )
        if slot["pool"] == "CONTROL" or slot["state"] == "withdrawn" or slot["starts_at"] <= event["at"] or offer_ended:
            continue
        takes = ("visit.booked", "visit.assigned", "offer.accepted", "visit.changed")
        after = [one["at"] for one in of_slot if one["id"] > event["id"] and one["kind"] in takes]
        found.counts["freed", "", "refilled" if after else "open"] += 1
        if after:
            found.durations["refill", ""].append((after[0] - event["at"]).total_seconds())


def _promises(rows: Rows, day: date, found: Expected) -> None:
    slots = {one["id"]: one for one in rows.slots}
    for promise in rows.promises:
        ends = [
            one for one in rows.events
            if one["entry_id"] == promise["entry_id"] and one["at"] >= promise["told_at"]
            and one["kind"] in ("visit.assigned", "offer.accepted", "visit.booked", "entry.closed")
        ]  # fmt: skip
        end = ends[0] if ends else None
        for which in ("p50", "p90"):
            if promise[which] != day:
                continue
            if end is None or (end["kind"] not in ("visit.assigned", "offer.accepted") and day_of(end["at"]) > day):
                found.counts["promise", which, "missed"] += 1
            elif end["kind"] in ("visit.assigned", "offer.accepted"):
                found.counts["promise", which, "kept" if slots[end["slot_id"]]["local_date"] <= day else "missed"] += 1


def share_value(durations: Iterable[float], share: float) -> float:
    """The smallest of the values that at least this share of them does not exceed."""
    ordered = sorted(durations)
    return next(value for place, value in enumerate(ordered, 1) if place >= share * len(ordered))
