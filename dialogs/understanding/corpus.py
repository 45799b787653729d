"""Reads the repository's Rasa 3.1 training data and intent list; what it does not know, it refuses with file and line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).resolve().parent.parent
NLU = HOME / "data" / "nlu"
DOMAIN = HOME / "domain" / "nlu.yml"

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]+\)|\{[^}]+\})")
_SECTIONS = {"intent", "lookup", "synonym", "regex"}


class CorpusError(ValueError):
    """A training file holds something that this reader does not understand."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled training message; language is the name of its file ("pl", "uk", "en"), topic what follows "ask_faq/"."""

    text: str
    intent: str
    language: str
    topic: str | None = None


def intents(domain: Path = DOMAIN) -> tuple[str, ...]:
    """The intents that the domain lists, in its order."""
    listed = _load(domain).get("intents", [])
    return tuple(item if isinstance(item, str) else next(iter(item)) for item in listed)


def examples(folder: Path = NLU) -> tuple[Example, ...]:
    """All intent examples of a folder of Rasa files, annotations taken out, in the order of files and lines."""
    found = [example for path in sorted(folder.glob("*.yml")) for example in _of_file(path)]
    if not found:
        raise CorpusError(f"no training examples in {folder.name}")
    return tuple(dict.fromkeys(found))


def lookups(name: str, folder: Path = NLU) -> frozenset[str]:
    """Entries of a Rasa lookup table, as written."""
    entries = [
        _lines(item.get("examples", "")) for path in sorted(folder.glob("*.yml")) for item in _items(path) if item.get("lookup") == name
    ]
    return frozenset(entry for listing in entries for entry in listing)


def _of_file(path: Path) -> Iterator[Example]:
    for item in _items(path):
        if "intent" in item:
            for line in _lines(item.get("examples", "")):
                intent, _, topic = str(item["intent"]).partition("/")  # a retrieval intent of Rasa's
                yield Example(_ANNOTATION.sub(r"\1", line), intent, path.stem.split("_")[0], topic or None)


def _items(path: Path) -> list[dict[str, Any]]:
    items = _load(path).get("nlu", [])
    for item in items:
        if not _SECTIONS & item.keys():
            raise CorpusError(f"{path.name}: section {sorted(item)} is none of {sorted(_SECTIONS)}")
    return list(items)


def _lines(block: str) -> list[str]:
    return [line.strip()[2:].strip() for line in block.splitlines() if line.strip().startswith("- ")]


def _load(path: Path) -> dict[str, Any]:
    try:
        whole = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - the C twin of SafeLoader, five times as fast
    except yaml.YAMLError as error:
        raise CorpusError(f"{path.name}: {error}") from error
    if not isinstance(whole, dict):
        raise CorpusError(f"{path.name}: not a Rasa file")
    return whole


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
