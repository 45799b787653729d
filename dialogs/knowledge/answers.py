"""The answers by topic, language and channel; a date that has gone by is told as past, an old source with its date (R128, R141)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

HOME: Final = Path(__file__).resolve().parent
LANGUAGES: Final = ("pl", "uk", "en")
FRESH: Final = timedelta(days=365)
"""A source older than this is told with its date and listed for review."""
_SHORT: Final = frozenset({"sms"})
_SOURCED: Final = frozenset({"chat", "email"})
_WORDS: Final = {
    "pl": {"source": "Źródło: {title}, stan na {date}.", "dated": "(stan na {date})"},
    "uk": {"source": "Джерело: {title}, станом на {date}.", "dated": "(станом на {date})"},
    "en": {"source": "Source: {title}, as of {date}.", "dated": "(as of {date})"},
}


class KnowledgeError(ValueError):
    """A file of answers lacks something, or names something that does not exist."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from: `date` is the day of the document, not of its reading."""

    title: str
    date: date


@dataclass(frozen=True, slots=True)
class Topic:
    """One question that can be answered; `passed` is the last day on which it is told in the present tense."""

    name: str
    source: Source
    rule: str
    passed: date | None = None


@cache
def _topics() -> Mapping[str, Topic]:
    whole = _read("topics.yml")
    sources = {name: Source(str(one["title"]), one["date"]) for name, one in whole["sources"].items()}
    found: dict[str, Topic] = {}
    for name, facts in whole["topics"].items():
        if facts["source"] not in sources:
            raise KnowledgeError(f"topics.yml: {name} names no source that is listed: {facts['source']}")
        found[name] = Topic(name, sources[facts["source"]], facts["rule"], facts.get("passed"))
    return MappingProxyType(found)


@cache
def _texts(language: str) -> Mapping[str, Mapping[str, str]]:
    texts: dict[str, dict[str, str]] = _read(f"{language}.yml")
    if texts.keys() != _topics().keys():
        raise KnowledgeError(f"{language}.yml and topics.yml differ: {sorted(texts.keys() ^ _topics().keys())}")
    for name, forms in texts.items():
        wanted = {"long", "short"} | ({"passed_long", "passed_short"} if _topics()[name].passed else set())
        if forms.keys() != wanted:
            raise KnowledgeError(f"{language}.yml: {name} has {sorted(forms)} and should have {sorted(wanted)}")
    return texts


def _read(name: str) -> dict[str, Any]:
    whole = yaml.safe_load((HOME / name).read_text(encoding="utf-8"))
    if not isinstance(whole, dict):
        raise KnowledgeError(f"{name} holds no topics")
    return whole


TOPICS: Final[frozenset[str]] = frozenset(_topics())


def source_of(topic: str) -> Source:
    """The source of a topic's answer. Raises KeyError for an unknown topic."""
    return _topics()[topic].source


def stale(today: date) -> tuple[str, ...]:
    """Topics whose source is more than a year old on a Warsaw day: somebody should look whether they still hold (R141)."""
    return tuple(name for name, topic in _topics().items() if today - topic.source.date > FRESH)


def answer(topic: str, *, language: str, channel: str, today: date) -> str:
    """What to say about a topic on a Warsaw day: short for SMS, with its source where there is room for it (R141).

    Raises KeyError for a topic or language that is not there.
    """
    known, texts = _topics()[topic], _texts(language)[topic]
    length = "short" if channel in _SHORT else "long"
    over = known.passed is not None and today > known.passed
    text = texts[f"passed_{length}" if over else length]
    words, facts = _WORDS[language], {"title": known.source.title, "date": f"{known.source.date:%d.%m.%Y}"}
    if channel in _SOURCED:
        return f"{text}\n{words['source'].format_map(facts)}"
    return f"{text.rstrip('.')} {words['dated'].format_map(facts)}." if today - known.source.date > FRESH and not over else text
