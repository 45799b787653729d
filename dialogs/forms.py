"""Forms: which slot a message fills, and which is asked for next. Pure; the forms and their mappings are the domain's.

How a fact may be written or spoken is the understanding's matter; here only what is no entity of a message is found: "anywhere",
the name of a town, a span of days and hours.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dialogs.project import Project, SlotMapping
from dialogs.project.located import read
from dialogs.understanding.reading import Asked, Reading
from dialogs.understanding.text import plain, words

# What the understanding is told is asked when a slot is asked for.
ASKS: Final[Mapping[str, Asked]] = {
    "pesel": "pesel", "referral_code": "referral_code", "where": "postcode", "when": "criteria", "child_born": "date_of_birth",
    "child_near": "postcode",
}  # fmt: skip
TIMES: Final = ("date", "date_from", "date_to", "hour", "hour_from", "hour_to", "weekday")
ANYWHERE: Final = "anywhere"
LONGEST_TOWN: Final = 4  # words
_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile("|".join(rf"\b{word}" for word in one.plain()))
    for name, one in read(Path(__file__).with_name("words.yml")).fields("any_time", "any_place", "in_front_of_a_town").items()
}


@dataclass(frozen=True, slots=True)
class FormStep:
    """Where a form stands after a message: what is filled, and the slot to ask for next; None when it is complete."""

    form: str
    filled: Mapping[str, Any]
    requested: str | None


def step(project: Project, form: str, requested: str | None, filled: Mapping[str, Any], reading: Reading) -> FormStep | None:
    """The form after a message; None when the message does not answer the slot that was asked for. Without one the form begins."""
    said = {slot: value for slot in project.domain.forms[form] if (value := _said(project, form, slot, requested, reading)) is not None}
    if requested is not None and requested not in said:
        return None
    now = {**filled, **said}
    missing = (slot for slot in project.domain.forms[form] if slot not in now)
    return FormStep(form, now, next(missing, None))


def _said(project: Project, form: str, slot: str, requested: str | None, reading: Reading) -> Any:
    """The value that a message gives a slot; of a doubtful reading none."""
    for mapping in project.domain.slots[slot].mappings:
        if mapping.form in (None, form) and mapping.requested in (None, requested):
            value = _mapped(mapping, slot, reading)
            if value is not None:
                return value
    return None


def _mapped(mapping: SlotMapping, slot: str, reading: Reading) -> Any:
    if mapping.entity is None:
        return EXTRACT[slot](reading)
    doubtful = reading.question and reading.intent == "inform"
    return None if doubtful else reading.entities.get(mapping.entity)


def where(reading: Reading) -> str | None:
    """Anywhere, or what may be the name of a town: the registry knows whether it is one."""
    folded = plain(reading.text)
    if _WORDS["any_place"].search(folded):
        return ANYWHERE
    if reading.intent not in ("inform", "nlu_fallback", "edit_criteria") or any(letter.isdigit() for letter in folded):
        return None
    town = [word for word in words(folded) if not _WORDS["in_front_of_a_town"].fullmatch(word)]
    return " ".join(town) if 0 < len(town) <= LONGEST_TOWN else None


def when(reading: Reading) -> dict[str, Any] | None:
    """Days and hours as the understanding found them; an empty span for "any time"."""
    found: dict[str, Any] = {key: reading.entities[key] for key in TIMES if key in reading.entities}
    if found:
        return found
    return {} if _WORDS["any_time"].search(plain(reading.text)) else None


EXTRACT: Final[Mapping[str, Callable[[Reading], Any]]] = {"where": where, "when": when, "child_near": where}
