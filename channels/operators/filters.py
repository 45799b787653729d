"""What a list or a search shows: the filters, as they stand in an address, in a query, and for a line that has just changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from channels.operators import scope, words
from registry.figures import DOUBTFUL
from registry.rules import WARSAW

NO_CLINIC: Final = -1
"""A clinic was named that there is not: nothing belongs to it."""


class Line(Protocol):
    """A conversation as the filters see it."""

    @property
    def channel(self) -> str: ...
    @property
    def intent(self) -> str | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def needs_person(self) -> bool: ...
    @property
    def language(self) -> str | None: ...
    @property
    def confidence(self) -> float | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def providers(self) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """None and False leave a column open. `clinic` is a clinic's code as it was typed, `provider_id` the clinic that is meant, or the one
    that whoever looks is confined to. The days are Warsaw's, both inside."""

    needs_person: bool = False
    channel: str | None = None
    intent: str | None = None
    outcome: str | None = None
    language: str | None = None
    doubtful: bool = False
    day_from: date | None = None
    day_to: date | None = None
    clinic: str | None = None
    provider_id: int | None = None

    @property
    def since(self) -> datetime | None:
        """The first instant of the first day."""
        return _midnight(self.day_from) if self.day_from else None

    @property
    def until(self) -> datetime | None:
        """The first instant after the last day."""
        return _midnight(self.day_to + timedelta(days=1)) if self.day_to else None

    def admits(self, line: Line) -> bool:
        """Whether a conversation belongs on the list, as the query would say."""
        return (
            (not self.needs_person or line.needs_person)
            and self.channel in (None, line.channel)
            and self.intent in (None, line.intent)
            and self.outcome in (None, line.outcome)
            and self.language in (None, line.language)
            and (not self.doubtful or (line.confidence is not None and line.confidence < DOUBTFUL))
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at < self.until)
            and (self.provider_id is None or self.provider_id in line.providers)
        )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=WARSAW).astimezone(UTC)


CONVERSATIONS: Final[Mapping[str, str]] = {
    "needs_person": "c.needs_person",
    "channel": "c.channel = :channel",
    "intent": "c.last_intent = :intent",
    "outcome": "c.outcome = :outcome",
    "language": "c.language = :language",
    "doubtful": f"c.confidence < {DOUBTFUL}",
    "since": "c.last_at >= :since",
    "until": "c.last_at < :until",
    "provider_id": scope.CONVERSATIONS,
}
MESSAGES: Final[Mapping[str, str]] = {
    **CONVERSATIONS,
    "intent": "t.intent = :intent",
    "outcome": "t.outcome = :outcome",
    "doubtful": f"t.confidence < {DOUBTFUL}",
    "since": "m.at >= :since",
    "until": "m.at < :until",
    "provider_id": f"{scope.CONVERSATION} AND {scope.MESSAGE}",
}
"""Of single messages: what was read in the message itself, when it was said, and that it is this clinic's to read."""


def conditions(wanted: Filter, known: Mapping[str, str]) -> tuple[list[str], dict[str, Any]]:
    """The conditions of a query, in our own words only, and the facts that they need."""
    facts = {name: value for name in known if (value := getattr(wanted, name))}
    return [known[name] for name in facts], facts


IN_ADDRESS: Final = {
    "person": "needs_person", "channel": "channel", "intent": "intent", "outcome": "outcome", "language": "language",
    "doubtful": "doubtful", "from": "day_from", "to": "day_to", "clinic": "clinic",
}  # fmt: skip


def query_of(wanted: Filter) -> dict[str, str]:
    """A filter as it stands in an address."""
    values = {name: getattr(wanted, field) for name, field in IN_ADDRESS.items()}
    return {name: "1" if value is True else str(value) for name, value in values.items() if value}


def parsed(given: Mapping[str, str]) -> Filter:
    """The filter that an address asks for; what the console does not know is left out. The clinic is still to be looked up."""
    known = words.texts()
    kinds = {"channel": "channels", "intent": "intents", "outcome": "outcomes", "language": "languages"}
    chosen: dict[str, Any] = {name: given[name] for name, kind in kinds.items() if given.get(name) in known[kind]}
    return Filter(
        needs_person=given.get("person") == "1", doubtful=given.get("doubtful") == "1", day_from=_day(given.get("from")),
        day_to=_day(given.get("to")), clinic=given.get("clinic", "").strip()[:40] or None, **chosen,
    )  # fmt: skip


def address(path: str, query: Mapping[str, str]) -> str:
    """A path with what stands after it."""
    return path + (f"?{urlencode(query)}" if query else "")


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return None
