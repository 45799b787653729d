"""The journey of slots, for the strip on the telephone page: who gave one up, who got it next. For the demonstration only."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dialogs.wording.written import short_moment
from registry.database import transaction

SHOWN_FOR = timedelta(hours=12)
MOST_SLOTS = 4

# What happened to a slot, in words for a newcomer, and the colour of the step.
STEPS = {
    "visit.cancelled": ("Odwołuje {who} Termin jeszcze chwilę czeka na COFNIJ.", "cancelled"),
    "visit.restored": ("Cofa odwołanie: {who} Wizyta zostaje.", "booked"),
    "visit.changed": ("Zmienia termin: {who}", "cancelled"),
    "slot.freed": ("Termin jest wolny i trafia do poczekalni.", "held"),
    "visit.assigned": ("Termin dostaje od razu: {who} (ponad 72 godziny do wizyty).", "booked"),
    "offer.made": ("Termin jest proponowany: {who} (od 48 do 72 godzin do wizyty).", "offered"),
    "offer.accepted": ("Przyjmuje propozycję: {who}", "booked"),
    "offer.declined": ("Nie przyjmuje propozycji: {who}", "cancelled"),
    "offer.expired": ("Bez odpowiedzi w terminie: {who}", "cancelled"),
    "slot.published": ("Termin jest wolny dla wszystkich w wyszukiwarce.", "free"),
    "visit.booked": ("Umawia się: {who}", "booked"),
}  # fmt: skip

JOURNEYS = text("""
WITH moved AS (
    SELECT slot_id, max(id) AS latest FROM events
     WHERE slot_id IS NOT NULL AND at > :since AND kind IN ('visit.cancelled', 'visit.changed', 'slot.freed', 'offer.made')
     GROUP BY slot_id ORDER BY latest DESC LIMIT :most)
SELECT e.slot_id, e.at, e.kind, s.starts_at, l.name, l.city,
       left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS who
  FROM moved m
  JOIN events e ON e.slot_id = m.slot_id AND e.at > :since
  JOIN slots s ON s.id = e.slot_id
  JOIN places l ON l.id = s.place_id
  LEFT JOIN appointments a ON a.id = e.appointment_id
  LEFT JOIN patients p ON p.id = a.patient_id
 ORDER BY m.latest DESC, e.id
""")


def route(engine: Engine, clock: Callable[[], datetime]) -> Route:
    """GET /demo/story: the slots that changed hands lately, newest first, each with its steps."""

    async def story(_: Request) -> Response:
        return JSONResponse({"slots": await run_in_threadpool(journeys, engine, clock())})

    return Route("/demo/story", story)


def journeys(engine: Engine, now: datetime) -> list[dict[str, Any]]:
    """The slots and steps as the page draws them."""
    with transaction(engine) as session:
        rows = session.execute(JOURNEYS, {"since": now - SHOWN_FOR, "most": MOST_SLOTS}).all()
    slots: dict[int, dict[str, Any]] = {}
    for row in rows:
        label = f"{short_moment(row.starts_at, 'pl')} · kardiologia, {row.name}, {row.city}"
        slot = slots.setdefault(row.slot_id, {"label": label, "steps": []})
        if row.kind in STEPS:
            words, state = STEPS[row.kind]
            slot["steps"].append({"at": row.at.isoformat(), "text": words.format(who=row.who), "state": state})
    return list(slots.values())
