"""Which facts to look for in a message, given what was asked, and whether they answer it."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dialogs.understanding.entities import codes
from dialogs.understanding.entities.birth import date_of_birth
from dialogs.understanding.entities.calendar import days_in
from dialogs.understanding.entities.choice import choice
from dialogs.understanding.entities.clock import hours_in

_RADIUS = re.compile(r"(?<!\d)(\d{1,3})\s?(?:km|kilometr\w*|км)\b")
_SLOWER = re.compile(r"\b(wolniej|powoli|slower|slowly|повільніше|помедленнее)\b")
_LOUDER = re.compile(r"\b(glosniej|louder|гучніше|громче)\b")
_SERVICES = (
    ("cardiology", re.compile(r"\b(kardiolog\w*|serc\w+ lekarz\w*|cardiolog\w*|кардіолог\w*|кардиолог\w*)\b")),
    ("mammography", re.compile(r"\b(mammogra\w*|mamogra\w*|badani\w+ piersi|мамограф\w*|маммограф\w*)\b")),
    ("cytology", re.compile(r"\b(cytolog\w*|wymaz\w*|test\w* hpv|smear|cervical|цитолог\w*)\b")),
    ("hpv_vaccination", re.compile(r"\b(szczep\w*|zaszczep\w*|vaccin\w*|щеплен\w*|вакцин\w*|прививк\w*)\b")),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Entities found; `answers` when they are what was asked for, `doubtful` when they must be asked back."""

    entities: dict[str, Any] = field(default_factory=dict)
    answers: bool = False
    doubtful: bool = False


def facts(text: str, *, asked: str, today: date) -> Facts:
    """Entities of folded text for this question; only what can be meant under it is looked for."""
    reader = _FORMS.get(asked)
    if reader is not None:
        found = reader(text, today)
        return Facts(found.entities | _always(text), found.answers, found.doubtful)
    return _about_visits(text, asked, today)


def _birth(text: str, today: date) -> Facts:
    found = date_of_birth(text, today=today)
    if found is None:
        return Facts()
    day = found.day.isoformat()
    return Facts({"date_of_birth": day, "date": day}, True, found.ambiguous)


def _pesel(text: str, _today: date) -> Facts:
    digits, valid = codes.pesel(text)
    if digits is None:
        return Facts()
    return Facts({"pesel": digits}, True) if valid else Facts({"pesel_invalid": digits}, True, True)


def _postcode(text: str, _today: date) -> Facts:
    code = codes.postcode(text, asked=True)
    return Facts({"postcode": code}, True) if code else Facts()


def _referral(text: str, _today: date) -> Facts:
    code = codes.referral_code(text)
    return Facts({"referral_code": code}, True) if code else Facts()


_FORMS = {"date_of_birth": _birth, "pesel": _pesel, "postcode": _postcode, "referral_code": _referral}


def _about_visits(text: str, asked: str, today: date) -> Facts:
    entities: dict[str, Any] = {}
    digits, valid = codes.pesel(text) if re.search(r"\d{6}", text) else (None, False)
    if digits and valid:
        return Facts({"pesel": digits}, asked == "criteria")
    days, hours = days_in(text, today=today), hours_in(text)
    spans = {"date": days.day, "date_from": days.first, "date_to": days.last}
    entities |= {name: value.isoformat() for name, value in spans.items() if value}
    entities |= {name: value for name, value in (("hour", hours.at), ("hour_from", hours.first), ("hour_to", hours.last)) if value}
    if days.weekdays:
        entities["weekday"] = days.weekdays[0] if len(days.weekdays) == 1 else list(days.weekdays)
    code = codes.postcode(text, asked=asked == "criteria" and "date" not in entities and "hour_from" not in entities)
    entities |= {"postcode": code} if code else {}
    picked = choice(text, asked=asked == "which_visit")
    if picked is not None and not ({"date", "hour"} & entities.keys() and asked != "which_visit"):
        entities["choice"] = picked
    entities |= _always(text)
    answers = asked in {"which_visit", "criteria"} and bool(entities)
    return Facts(entities, answers, entities.get("choice") == "both")


def _always(text: str) -> dict[str, Any]:
    """What may stand in any message: a service, a distance, how to speak."""
    found: dict[str, Any] = {"pace": "slower"} if _SLOWER.search(text) else {}
    found |= {"volume": "louder"} if _LOUDER.search(text) else {}
    radius = _RADIUS.search(text)
    if radius:
        found["radius_km"] = int(radius[1])
    service = next((name for name, pattern in _SERVICES if pattern.search(text)), None)
    return found | ({"service": service} if service else {})
