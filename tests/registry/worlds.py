"""Random worlds for the night, drawn from a seed: clinics, slots, a queue with hindrances of every kind; and how to compare two ends."""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations
from registry.catalogue import Pool
from registry.schedules import Place
from tests.registry import build

CITIES = ((52.2297, 21.0122), (52.1672, 20.8078), (51.7592, 19.4560), (54.3520, 18.6466))  # Warszawa, Pruszków, Łódź, Gdańsk
POOLS: tuple[Pool, ...] = ("FIRST_URGENT", "FIRST_STABLE", "FIRST_STABLE", "FIRST_PRIVILEGED", "CONTROL")
LEADS = (1, 30, 48, 49, 60, 72, 73, 100, 240, 700, 970, 1100)  # hours


def make(session: Session, seed: int, *, now: datetime, slots: int = 12, waiting: int = 16) -> list[int]:
    """Fill an empty database; the pending slots' ids. The same seed makes the same world."""
    dice = Random(seed)
    places = [build.clinic(session, at=city) for city in CITIES]
    pending = [_slot(session, dice, places, now) for _ in range(slots)]
    for number in range(waiting):
        _patient(session, dice, places, now, number)
    _given_up(session, dice, pending, now)
    return pending


def _slot(session: Session, dice: Random, places: list[Place], now: datetime) -> int:
    lead = timedelta(hours=dice.choice(LEADS), seconds=dice.choice((-1, 0, 1, 1800)))
    made = build.slot(session, now + lead, pool=dice.choice(POOLS), state="pending", where=dice.choice(places))
    return made.id


def _wishes(dice: Random, places: list[Place], now: datetime) -> dict[str, Any]:
    first = (now + timedelta(days=dice.randint(-3, 4))).date()
    wishes: dict[str, Any] = {"date_from": first}
    if dice.random() < 0.3:
        wishes["date_to"] = first + timedelta(days=dice.randint(5, 45))
    if dice.random() < 0.3:
        wishes.update(hour_from=time(dice.randint(5, 11)), hour_to=time(dice.randint(12, 22), 30))
    if dice.random() < 0.3:
        wishes["weekdays"] = frozenset(dice.sample(range(1, 8), 4))
    if dice.random() < 0.5:
        latitude, longitude = dice.choice(CITIES)
        wishes.update(latitude=latitude, longitude=longitude, radius_km=dice.choice((0.0, 20.0, 150.0, 500.0)))
    elif dice.random() < 0.4:
        wishes["place_ids"] = frozenset(place.id for place in dice.sample(places, 2))
    return wishes


def _patient(session: Session, dice: Random, places: list[Place], now: datetime, number: int) -> None:
    """One who waits; some are busy at a slot's time, some cannot be reached, some have lost their right, some have died."""
    person = build.patient(session, *([build.mobile(), "+48224410001"] if dice.random() < 0.3 else []), family_name=f"Nr{number}")
    ends = now.date() - timedelta(days=1) if dice.random() < 0.1 else None
    right = build.referral(session, person, urgent=dice.random() < 0.4, valid_until=None)
    joined = now - timedelta(days=dice.randint(1, 4))
    build.waiting(session, person, now=joined, on=right, privileged=dice.random() < 0.2, **_wishes(dice, places, joined))
    right.valid_until = ends
    if dice.random() < 0.3:
        starts = now + timedelta(hours=dice.choice(LEADS), minutes=dice.choice((-30, -29, 0, 29, 30)))
        free = build.slot(session, starts, pool="CONTROL")
        if starts > now:
            appointments.book(session, person.id, free.id, actor=build.DESK, now=joined, visit_type="control")
    if dice.random() < 0.2:
        build.contact(session, person).state = "invalid"
    if dice.random() < 0.05:
        person.died_at = now
    session.flush()


def _given_up(session: Session, dice: Random, pending: list[int], now: datetime) -> None:
    """Some slots were already given, or offered, and came back."""
    for slot_id in dice.sample(pending, len(pending) // 3):
        placed = allocation.place(session, slot_id, now=now - timedelta(hours=5))
        if placed.outcome == "assigned":
            assert placed.appointment_id is not None
            cancellations.cancel(session, placed.appointment_id, reason="sms", actor=build.PATIENT, now=now - timedelta(hours=4))
        elif placed.outcome == "offered" and dice.random() < 0.7:
            assert placed.appointment_id is not None
            allocation.offers.decline(session, placed.appointment_id, actor=build.PATIENT, now=now - timedelta(hours=4))


ENDS = {
    "slots": "SELECT id, state FROM slots ORDER BY id",
    "entries": "SELECT id, state, rank, queue_at, returns, criteria_version FROM entries ORDER BY id",
    "appointments": """SELECT slot_id, patient_id, entry_id, referral_id, contact_point_id, place_id, provider_id, service, visit_type,
        origin, status, version, moves, criteria_version, starts_at, ends_at, local_date, booked_at, expires_at
        FROM appointments ORDER BY slot_id, status, patient_id, booked_at""",
    "messages": """SELECT a.slot_id, m.at, m.channel, m.address, m.kind, m.state, m.language, m.facts::text, m.asks, m.patient_id,
        m.contact_point_id, m.visit_version, m.visit_starts_at, m.attempt, m.due_at
        FROM messages m LEFT JOIN appointments a ON a.id = m.appointment_id ORDER BY a.slot_id, m.kind, m.patient_id, m.visit_version""",
    "events": """SELECT e.at, e.kind, e.actor, e.channel, e.provider_id, e.slot_id, a.slot_id, e.entry_id, e.facts::text FROM events e
        LEFT JOIN appointments a ON a.id = e.appointment_id ORDER BY e.at, e.kind, e.slot_id, e.entry_id""",
    "decisions": """SELECT slot_id, at, place_id, starts_at, outcome, entry_id, rank, queue_at, criteria_version FROM decisions
        ORDER BY at, slot_id, outcome""",
    "conversations": "SELECT channel, address, patient_id, last_at FROM conversations ORDER BY channel, address",
    "tasks": "SELECT kind, state, patient_id FROM tasks ORDER BY kind, patient_id",
}


def end_of(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the night may have changed, without the numbers that depend on how often something was tried."""
    return {name: sorted((tuple(row) for row in session.execute(text(query))), key=repr) for name, query in ENDS.items()}
