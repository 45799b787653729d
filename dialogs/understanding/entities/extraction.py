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
from dialogs.understanding.entities.numerals import numerals

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
    text = _corrected(text) if asked in _READERS or asked == "which_visit" else text
    reader = _READERS.get(asked)
    if reader is not None:
        found = reader(text, today)
        return Facts(found.entities | _always(text), found.answers, found.doubtful)
    return _about_visits(text, asked, today)


_CORRECTION = re.compile(r"\b(?:nie|not|не)\b(?P<wrong>[^,]{1,40}?)(?:,|\btylko\b|\blecz\b|\bale\b|\ba\b|\bbut\b|\bа\b)(?P<right>.+)")


def _corrected(text: str) -> str:
    """What remains of "nie X, tylko Y" when Y says something of the kind asked for."""
    match = _CORRECTION.search(text)
    names = match is not None and (numerals(match["right"]) or days_in(match["right"], today=date(2026, 1, 1)).weekdays)
    return match["right"] if match is not None and names else text


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


_READERS = {"date_of_birth": _birth, "pesel": _pesel, "postcode": _postcode, "referral_code": _referral}
FIELDS = frozenset(_READERS)
"""The questions of a form that ask for one written thing."""


def _about_visits(text: str, asked: str, today: date) -> Facts:
    digits, valid = codes.pesel(text) if re.search(r"\d{6}", text) else (None, False)
    if digits and valid:
        return Facts({"pesel": digits}, asked == "criteria")
    text = _wanted(_GREETINGS.sub(" ", text))
    picked = choice(text, asked=asked == "which_visit")
    entities = _when(text, today, picked=picked is not None)
    code = codes.postcode(text, asked=asked == "criteria" and not {"date", "hour"} & entities.keys())
    entities |= {"postcode": code} if code else {}
    if picked is not None and not ({"date", "hour"} & entities.keys() and asked != "which_visit"):
        entities["choice"] = picked
    entities |= _always(text)
    answers = asked in {"which_visit", "criteria"} and bool(entities)
    return Facts(entities, answers, picked == "both")


_PIECES = re.compile(r"[,.;?!](?!\d)|\b(?:ale|a|lecz|bo|but|because|але|а|бо)\b")
_REFUSED = re.compile(r"\b(?:nie|not|не)\b")


def _wanted(text: str) -> str:
    """Without the days that do not suit, when others do: "we wtorek nie mogę, ale w środę owszem" is about Wednesday."""
    pieces = _PIECES.split(text)
    kept = [piece for piece in pieces if not _REFUSED.search(piece)]
    if len(kept) in {0, len(pieces)}:
        return text
    today = date(2026, 1, 1)
    named = [days_in(piece, today=today) for piece in pieces]
    good = [days_in(piece, today=today) for piece in kept]
    if sum(bool(days.weekdays or days.day) for days in named) < 2 or not any(days.weekdays or days.day for days in good):
        return text
    return ", ".join(kept)


_GREETINGS = re.compile(
    r"\b(dobry wieczor|dzien dobry|good (morning|afternoon|evening|day)|добрий (день|вечір|ранок)|доброго (дня|ранку|вечора))\b"
)


def _when(text: str, today: date, *, picked: bool) -> dict[str, Any]:
    """Days and hours: `date` and `hour` as said (a list for two), `…_from` and `…_to` as meant."""
    days = days_in(text, today=today, alone=not picked)
    hours = hours_in(days.rest)
    found: dict[str, Any] = {}
    spans: tuple[tuple[str, bool, tuple[str | None, str | None, str | None]], ...] = (
        ("date", days.exact, (_iso(days.day), _iso(days.first), _iso(days.last))),
        ("hour", hours.exact, (hours.at, hours.first, hours.last)),
    )
    for name, exact, (at, first, last) in spans:
        said = [value for value in (at, first, last) if value]
        if said and exact:
            found[name] = said[0] if len(said) == 1 else said
        found |= {key: value for key, value in ((f"{name}_from", first), (f"{name}_to", last)) if value}
    if len(days.others) and "date" in found and isinstance(found["date"], str):
        found["date"] = [found["date"], *(day.isoformat() for day in days.others)]
    if days.weekdays:
        found["weekday"] = days.weekdays[0] if len(days.weekdays) == 1 else list(days.weekdays)
    return found


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _always(text: str) -> dict[str, Any]:
    """What may stand in any message: a service, a distance, how to speak."""
    found: dict[str, Any] = {"pace": "slower"} if _SLOWER.search(text) else {}
    found |= {"volume": "louder"} if _LOUDER.search(text) else {}
    radius = _RADIUS.search(text)
    if radius:
        found["radius_km"] = int(radius[1])
    service = next((name for name, pattern in _SERVICES if pattern.search(text)), None)
    return found | ({"service": service} if service else {})
