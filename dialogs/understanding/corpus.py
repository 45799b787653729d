"""Reads the repository's Rasa 3.1 training data and intent list; what it does not know, it refuses with file and line."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dialogs.understanding.reading import ASKED

HOME = Path(__file__).resolve().parent.parent
NLU = HOME / "data" / "nlu"
DOMAIN = HOME / "domain" / "nlu.yml"
WRITTEN = "written"
"""Folder of messages as they were typed, with the question that they answer."""

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]+\)|\{[^}]+\})")
_SECTIONS = {"intent", "lookup", "synonym", "regex"}


class CorpusError(ValueError):
    """A training file holds something that this reader does not understand."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled training message; language is the name of its file ("pl", "uk", "en"), topic what follows "ask_faq/".

    `asked` is what its writer had been asked, where the file's metadata tells. `written` marks what thumbs wrote, slips and all:
    no source of words for ears or lexicons.
    """

    text: str
    intent: str
    language: str
    topic: str | None = None
    asked: str | None = None
    written: bool = False


def recipe(pairs: Iterable[object]) -> str:
    """A digest of what a model is made from: its examples and everything here that makes features of them."""
    room = Path(__file__).parent
    made_by = hashlib.sha256(json.dumps([repr(pair) for pair in pairs]).encode())
    for path in sorted([*room.rglob("*.py"), *room.rglob("*.yml")]):
        made_by.update(path.read_bytes())
    return made_by.hexdigest()


def intents(domain: Path = DOMAIN) -> tuple[str, ...]:
    """The intents that the domain lists, in its order."""
    listed = _load(domain).get("intents", [])
    return tuple(item if isinstance(item, str) else next(iter(item)) for item in listed)


def examples(folder: Path = NLU, *, written: bool = True) -> tuple[Example, ...]:
    """All intent examples of a folder of Rasa files, annotations taken out, in the order of files and lines; `written`: typed ones too."""
    found = [example for path in sorted(folder.rglob("*.yml") if written else folder.glob("*.yml")) for example in _of_file(path)]
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
            intent, _, topic = str(item["intent"]).partition("/")  # a retrieval intent of Rasa's
            asked = item.get("metadata", {}).get("asked")
            if asked is not None and asked not in ASKED:
                raise CorpusError(f"{path.name}: nobody asks for {asked}")
            for line in _lines(item.get("examples", "")):
                text = _ANNOTATION.sub(r"\1", line)
                yield Example(text, intent, path.stem.split("_")[0], topic or None, asked, path.parent.name == WRITTEN)


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
