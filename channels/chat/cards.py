"""Dates to choose from as cards: day and hour, place, and how far it is where that is known. The number on a card is the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any, Final, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from dialogs.forms import ANYWHERE
from dialogs.memory import recalled
from dialogs.wording import Language
from dialogs.wording.written import full_moment
from registry import communications, localities
from registry.geography import EARTH_KM
from registry.localities import Point


@dataclass(frozen=True, slots=True)
class Card:
    """One choice; `answer` is what choosing it says."""

    answer: str
    title: str
    place: str
    distance: str = ""


SLOTS: Final = text("""
SELECT s.id, s.starts_at, l.name, l.street, l.city, l.latitude, l.longitude
  FROM slots s JOIN places l ON l.id = s.place_id WHERE s.id = ANY(:ids)
""")
VISITS: Final = text("""
SELECT a.id, a.starts_at, l.name, l.street, l.city, NULL AS latitude, NULL AS longitude
  FROM appointments a JOIN places l ON l.id = a.place_id WHERE a.id = ANY(:ids)
""")


def cards_of(session: Session, address: str, asks: str | None, facts: Mapping[str, Any], language: str) -> tuple[Card, ...]:
    """The choices of a question, in the order in which it numbered them; distances from where the patient said he looks."""
    ids = facts.get("choices") or []
    if asks != "which_visit" or not ids:
        return ()
    query = SLOTS if facts.get("purpose") == "slot" else VISITS
    known = {row.id: row for row in session.execute(query, {"ids": list(ids)})}
    here = _here(session, address)
    return tuple(_card(number, known[one], here, language) for number, one in enumerate(ids, 1) if one in known)


def _card(number: int, row: Any, here: Point | None, language: str) -> Card:
    when = full_moment(row.starts_at, cast(Language, language))
    far = "" if here is None or row.latitude is None else _kilometres(here, row, language)
    return Card(str(number), str(when), f"{row.name}, {row.street}, {row.city}", far)


def _here(session: Session, address: str) -> Point | None:
    """The middle of the town or the postcode that the dialogue remembers as the wish."""
    where = str(recalled(communications.remembered(session, "chat", address)).criteria.get("where") or "")
    if not where or where == ANYWHERE:
        return None
    return localities.of_postcode(session, where) if where[:1].isdigit() else localities.of_town(session, where)


def _kilometres(here: Point, row: Any, language: str) -> str:
    kilometres = _haversine(here.latitude, here.longitude, row.latitude, row.longitude)
    return f"{kilometres:.0f} {'км' if language == 'uk' else 'km'}" if kilometres >= 1 else f"< 1 {'км' if language == 'uk' else 'km'}"


def _haversine(a: float, b: float, c: float, d: float) -> float:
    """Great-circle kilometres between two points in degrees; for a label only, the database decides what is near."""
    chord = sin(radians(c - a) / 2) ** 2 + cos(radians(a)) * cos(radians(c)) * sin(radians(d - b) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))
