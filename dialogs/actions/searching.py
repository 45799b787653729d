"""Where and when: the questions, the search, the dates to choose from (R29-R31, R40)."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from dialogs.actions.turn import ASKED, Done, Turn, answer, ask_slot
from dialogs.forms import ANYWHERE, TIMES
from dialogs.memory import Goal
from dialogs.wording import FreeDate
from registry import localities, waiting_room
from registry import search as registry_search
from registry.appointments import NEARBY_KM, Appointment
from registry.catalogue import Category, service
from registry.referrals import Referral
from registry.rules import local_date
from registry.schedules import Place, Slot
from registry.search import Hit
from registry.waiting_room import ALL_WEEKDAYS, Criteria, Entry, InvalidCriteria

NEAR_VISIT: Final = "near_visit"  # a moved visit is looked for around its clinic
OTHERS: Final = ("deny", "decline_offer", "change_visit")  # none of these dates: the next ones
SHOWN: Final = {"sms": 2, "voice": 2}
SHOWN_IN_CHAT: Final = 4


class Nowhere(LookupError):
    """No place of this name or postcode is known."""


def ask_wishes(turn: Turn, goal: Goal) -> Done:
    """Begin the form of wishes (R29)."""
    turn.memory = replace(turn.memory.without_form(), goal=goal, form="wishes_form", language=turn.language)
    return ask_slot(turn, "ask_where", "where")


def ask_where(turn: Turn) -> Done:
    """The place (R29)."""
    return ask_slot(turn, "ask_where", "where")


def ask_when(turn: Turn) -> Done:
    """Days and hours; the fewer wishes, the sooner the visit (R49). A place that nobody knows is asked for first."""
    try:
        _point(turn, str(turn.memory.filled["where"]))
    except Nowhere:
        return _where_again(turn)
    return ask_slot(turn, "ask_when", "when")


def search(turn: Turn) -> Done:
    """Everything is known: look for dates, or keep the wishes in the waiting room."""
    turn.remember(criteria=dict(turn.memory.filled), slots=())
    try:
        criteria = criteria_of(turn)
    except Nowhere:
        return _where_again(turn)
    except InvalidCriteria:
        return _when_again(turn, "ask_when")
    if turn.memory.goal == "edit":
        return _edited(turn, criteria)
    if turn.memory.goal == "join":
        return _ask_join(turn, "ask_join")
    return list_dates(turn, criteria)


def _where_again(turn: Turn) -> Done:
    turn.remember(form="wishes_form", filled={key: value for key, value in turn.memory.filled.items() if key != "where"})
    return ask_slot(turn, "where_unknown", "where")


def list_dates(turn: Turn, criteria: Criteria, text: str = "dates_found") -> Done:
    """The first free dates, numbered; where there are none, the waiting room in the same turn (R30, R33)."""
    found = hits(turn, criteria)
    if not found:
        return _none(turn)
    turn.memory = turn.memory.without_form()
    dates = [FreeDate(hit.starts_at, hit.clinic, hit.street, hit.city) for hit in found]
    answer(turn, text, asks="which_visit", purpose="slot", ids=[hit.slot_id for hit in found], dates=dates)
    return ASKED


def hits(turn: Turn, criteria: Criteria) -> tuple[Hit, ...]:
    """Free dates for this patient, soonest first, without those that he did not want."""
    shown = SHOWN.get(turn.channel, SHOWN_IN_CHAT)
    code = turn.memory.service
    if code is None:
        raise LookupError("a search without a service")
    found = registry_search.free_slots(
        turn.session, code, criteria, category=_category(turn), now=turn.now, order="date", limit=shown + len(turn.memory.slots)
    )  # fmt: skip
    return tuple(hit for hit in found.found if hit.slot_id not in turn.memory.slots)[:shown]


def _category(turn: Turn) -> Category:
    """The issuer's word (R43): of the referral, or of the entry that the visit to be moved came from."""
    if turn.memory.goal == "change" and turn.memory.appointment_id is not None:
        entry = select(Entry.category).join(Appointment, Appointment.entry_id == Entry.id)
        return "urgent" if turn.session.scalar(entry.where(Appointment.id == turn.memory.appointment_id)) == "urgent" else "stable"
    referral = turn.session.get(Referral, turn.memory.referral_id) if turn.memory.referral_id else None
    return "urgent" if referral is not None and referral.category == "urgent" else "stable"


def _none(turn: Turn) -> Done:
    code = turn.memory.service
    waits = any(place.patient_id == turn.memory.patient_id for place in turn.people.waiting)
    if turn.memory.goal == "book" and code is not None and service(code).waiting_room and not waits:
        return _ask_join(turn, "ask_join_instead")
    return _when_again(turn, "no_dates")


def _when_again(turn: Turn, text: str) -> Done:
    kept = {key: value for key, value in turn.memory.criteria.items() if key != "when"}
    turn.remember(form="wishes_form", filled=kept)
    return ask_slot(turn, text, "when")


def _ask_join(turn: Turn, text: str) -> Done:
    """The rules of the waiting room before anything is kept (R57)."""
    turn.memory = turn.memory.without_form()
    answer(turn, text, asks="yes_no", purpose="join")
    return ASKED


def _edited(turn: Turn, criteria: Criteria) -> Done:
    entry = next(place for place in turn.people.waiting if place.patient_id == turn.memory.patient_id)
    waiting_room.edit_criteria(turn.session, entry.entry_id, criteria, actor=turn.actor(), now=turn.now)
    turn.memory = turn.memory.without_form()
    answer(turn, "wishes_changed")
    return Done("edited")


def choose_date(turn: Turn) -> Done:
    """One of the listed dates, by its number or its day; or another wish, and then a new search."""
    slots = _listed(turn.session, turn.question.choices)
    chosen = _chosen(turn.case.reading.entities, turn.question.choices, slots)
    if chosen is not None:
        return _ask_booking(turn, *slots[chosen])
    wishes = {key: turn.case.reading.entities[key] for key in TIMES if key in turn.case.reading.entities}
    if wishes:
        turn.remember(criteria={**turn.memory.criteria, "when": wishes}, slots=())
    elif turn.case.reading.intent in OTHERS:
        turn.remember(slots=(*turn.memory.slots, *turn.question.choices))
    return search_again(turn, "dates_found")


def search_again(turn: Turn, text: str) -> Done:
    """The list anew with the wishes as they are remembered."""
    try:
        return list_dates(turn, criteria_of(turn), text)
    except (InvalidCriteria, Nowhere):
        return _when_again(turn, "ask_when")


def _listed(session: Session, ids: tuple[int, ...]) -> dict[int, tuple[Slot, Place]]:
    rows = session.execute(select(Slot, Place).join(Place, Place.id == Slot.place_id).where(Slot.id.in_(ids)))
    return {slot.id: (slot, place) for slot, place in rows}


def _chosen(entities: dict[str, Any], ids: tuple[int, ...], slots: dict[int, tuple[Slot, Place]]) -> int | None:
    number = entities.get("choice")
    if isinstance(number, int):
        position = len(ids) if number == -1 else number
        return ids[position - 1] if 0 < position <= len(ids) else None
    named = [one for one in ids if one in slots and _on_that_day(entities, slots[one][0])]
    return named[0] if len(named) == 1 else None


def _on_that_day(entities: dict[str, Any], slot: Slot) -> bool:
    day = local_date(slot.starts_at)
    said = entities.get("date")
    return bool(said == day.isoformat()) if said is not None else bool(entities.get("weekday") == day.isoweekday())


def _ask_booking(turn: Turn, slot: Slot, place: Place) -> Done:
    """The date read back with what follows from it, before it is booked (R57)."""
    purpose = "change" if turn.memory.goal == "change" else "book"
    answer(
        turn, f"ask_{purpose}", asks="yes_no", purpose=purpose, ids=[slot.id], start=slot.starts_at, clinic=place.name,
        street=place.street, city=place.city,
    )  # fmt: skip
    return ASKED


# --- wishes


def criteria_of(turn: Turn) -> Criteria:
    """The remembered wishes as the registry takes them; `Nowhere`, `InvalidCriteria`."""
    kept = turn.memory.criteria
    point = _point(turn, str(kept.get("where", ANYWHERE)))
    circle: dict[str, Any] = {} if point is None else {"latitude": point[0], "longitude": point[1], "radius_km": NEARBY_KM}
    return Criteria(**_times(kept.get("when") or {}, local_date(turn.now)), **circle)


def _point(turn: Turn, where: str) -> tuple[float, float] | None:
    if where == ANYWHERE:
        return None
    if where == NEAR_VISIT:
        place = select(Place).join(Appointment, Appointment.place_id == Place.id).where(Appointment.id == turn.memory.appointment_id)
        here = turn.session.scalars(place).one()
        return here.latitude, here.longitude
    find = localities.of_postcode if where[:1].isdigit() else localities.of_town
    found = find(turn.session, where)
    if found is None:
        raise Nowhere(where)
    return found


def _times(when: dict[str, Any], today: date) -> dict[str, Any]:
    """Days, hours and weekdays as they were understood; one named day is that day, one named hour the hour that begins then."""
    days = sorted(date.fromisoformat(day) for day in _all(when.get("date")))
    if "weekday" in when and len(days) == 1 and (days[0] - today).days <= 7:
        days = []  # "on Monday": any Monday will do, and the next one comes first
    first = date.fromisoformat(when["date_from"]) if "date_from" in when else days[0] if days else today
    last = date.fromisoformat(when["date_to"]) if "date_to" in when else days[-1] if days and "date_from" not in when else None
    hours = sorted(time.fromisoformat(hour) for hour in _all(when.get("hour")))
    opens = time.fromisoformat(when["hour_from"]) if "hour_from" in when else hours[0] if hours else None
    closes = time.fromisoformat(when["hour_to"]) if "hour_to" in when else None
    if hours and opens == hours[0] and closes is None and "hour_from" not in when:
        closes = (datetime.combine(today, hours[-1]) + timedelta(minutes=59)).time()
    weekdays = frozenset(_all(when.get("weekday"))) or ALL_WEEKDAYS
    return {"date_from": max(first, today), "date_to": last, "hour_from": opens, "hour_to": closes, "weekdays": weekdays}


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
