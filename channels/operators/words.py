"""The console's Polish: names of everything in texts.yml, moments as Warsaw shows them, kinds of count."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from dialogs.wording.texts import read
from registry.catalogue import SERVICES
from registry.rules import WARSAW

HOME: Final = Path(__file__).parent
DAYS: Final = ("pn.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz.")


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """All words by kind and key."""
    return read(HOME / "texts.yml")


@cache
def own_data() -> Mapping[str, Mapping[str, str]]:
    """What becomes of a person's data that are handed over or erased, in Polish and English."""
    return read(HOME / "own_data.yml")


def name(kind: str, key: str | None) -> str:
    """What a thing is called; a name that nobody has given yet shows its key rather than nothing."""
    return texts()[kind].get(key, key) if key else ""


def action(key: str) -> str:
    """What was done in a turn: an action, or the text that was answered."""
    words = texts()
    return words["actions"].get(key) or words["messages"].get(key, key)


def service(code: str) -> str:
    """A service of the catalogue."""
    return SERVICES[code].name if code in SERVICES else code


def moment(at: datetime, now: datetime) -> str:
    """When something was said: today's hour with seconds, else the day too; the year where it is another."""
    local, today = at.astimezone(WARSAW), now.astimezone(WARSAW).date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    day = f"{local.day}.{local.month:02}"
    return f"{day}, {local:%H:%M}" if local.year == today.year else f"{day}.{local.year}, {local:%H:%M}"


def visit(at: datetime) -> str:
    """A visit's day and hour: "śr. 25.11.2026, 10:20"."""
    local = at.astimezone(WARSAW)
    return f"{DAYS[local.weekday()]} {local.day}.{local.month:02}.{local.year}, {local:%H:%M}"


def full(at: datetime) -> str:
    """Day and hour to the second, for a title."""
    return f"{at.astimezone(WARSAW):%d.%m.%Y, %H:%M:%S}"


def percent(share: float) -> str:
    """A confidence between 0 and 1."""
    return f"{share * 100:.0f}%" if share >= 0.005 else "poniżej 1%"


def amount(value: str | int | float | None, unit: str) -> str:
    """A figure as it is read: "27 164", "85,1%", "0,87", "1,2 s", "3,4 godz."; a dash where nothing is known."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if unit == "share":
        return f"{_decimal(value * 100)}%"
    if unit == "seconds":
        return f"{_decimal(value)} s" if value < 60 else f"{_decimal(value / 60)} min"
    if unit == "hours":
        return f"{_decimal(value)} godz."
    return _decimal(value, 2) if unit == "mean" else f"{value:,.0f}".replace(",", "\u00a0")


def _decimal(value: float, places: int = 1) -> str:
    return f"{value:.{places}f}".replace(".", ",")


def fact(key: str, value: object) -> str:
    """A fact of an audit entry as it is read."""
    if isinstance(value, bool):
        return "tak" if value else "nie"
    kind = {"role": "roles", "read": "intents", "meant": "intents", "refused": "refusals"}.get(key)
    return name(kind, value) if kind and isinstance(value, str) else str(value)
