"""The training messages of data/nlu/*.yml, checked before they are learnt: what a line says and we do not read would teach nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dialogs.project.domain import VERSION, Domain
from dialogs.project.located import Located, Place, Refused, read

SECTIONS: Final = ("intent", "lookup", "synonym", "regex")
_ANNOTATED: Final = re.compile(r"\[[^\]]+\](?:\(([^)]+)\)|\{([^}]+)\})")
_ENTITY: Final = re.compile(r"[\"']?entity[\"']?\s*:\s*[\"']?(\w+)")


def check_training(folder: Path, domain: Domain) -> None:
    """Refuse, with file and line, whatever in the training data is not read here or contradicts the domain."""
    for path in sorted(folder.glob("*.yml")):
        parts = read(path).fields("version", "nlu")
        if parts["version"].text() != VERSION:
            raise parts["version"].refuse(f"only version {VERSION} is read")
        for section in parts["nlu"].items():
            _check(section, domain)


def _check(section: Located, domain: Domain) -> None:
    fields = section.fields(*SECTIONS, "examples")
    kinds = [kind for kind in SECTIONS if kind in fields]
    if len(kinds) != 1:
        raise section.refuse(f"a section is one of {', '.join(SECTIONS)}")
    name = fields[kinds[0]]
    if kinds[0] == "intent" and name.text().partition("/")[0] not in domain.intents:
        raise name.refuse(f"{name.text()!r} is no intent of the domain")
    for place, words in _examples(fields["examples"]):
        for entity in _entities(words, place):
            if entity not in domain.entities:
                raise Refused(f"{place}: {entity!r} is no entity of the domain")


def _examples(block: Located) -> Iterator[tuple[Place, str]]:
    """The lines of a block with their places; each begins with a dash, as Rasa has them."""
    lines = block.text().splitlines()
    for number, line in enumerate(lines, start=1):
        place = Place(block.place.file, block.place.line + number)
        if line.strip() and not line.strip().startswith("- "):
            raise Refused(f"{place}: an example begins with a dash: {line.strip()[:40]!r}")
        yield place, line.strip()[2:]


def _entities(words: str, place: Place) -> Iterator[str]:
    for short, long in _ANNOTATED.findall(words):
        named = _ENTITY.search(long) if long else None
        if long and named is None:
            raise Refused(f"{place}: an annotation in braces names its entity")
        yield named.group(1) if named else short.partition(":")[0]
