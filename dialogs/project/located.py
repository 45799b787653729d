"""YAML that remembers where each thing stands: what a file says wrongly is refused with its name and line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Refused(ValueError):
    """A file of the project says what is not read here, or says it wrongly; the message begins with file and line."""


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Fields(dict[str, "Located"]):
    """The entries of a mapping; one that is asked for and not there is refused with the mapping's place."""

    def __init__(self, entries: Mapping[str, "Located"], place: Place) -> None:
        super().__init__(entries)
        self.place = place

    def __missing__(self, key: str) -> "Located":
        raise Refused(f"{self.place}: {key!r} is missing here")


class Located:
    """A value with its place. Its methods turn it into what is wanted, or refuse it."""

    __slots__ = ("place", "value")

    def __init__(self, value: Any, place: Place) -> None:
        self.value, self.place = value, place

    def refuse(self, why: str) -> Refused:
        """The error to raise about this value."""
        return Refused(f"{self.place}: {why}")

    def text(self) -> str:
        """A word; numbers and booleans are taken as they are spelled in Python."""
        if isinstance(self.value, dict | list) or self.value is None:
            raise self.refuse("a word is expected here")
        return str(self.value)

    def items(self) -> list["Located"]:
        """The entries of a list."""
        if not isinstance(self.value, list):
            raise self.refuse("a list is expected here")
        return self.value

    def fields(self, *known: str) -> Fields:
        """The entries of a mapping; a key that is not among `known` is refused. Without `known`, every key passes."""
        if not isinstance(self.value, dict):
            raise self.refuse("keys with values are expected here")
        for key, one in self.value.items():
            if known and key not in known:
                raise one.refuse(f"{key!r} is not read; known here: {', '.join(known)}")
        return Fields(self.value, self.place)

    def only(self) -> tuple[str, "Located"]:
        """The one key of a mapping with its value."""
        fields = self.fields()
        if len(fields) != 1:
            raise self.refuse("exactly one key is expected here")
        return next(iter(fields.items()))

    def plain(self) -> Any:
        """The value as plain Python, places left out."""
        if isinstance(self.value, dict):
            return {key: one.plain() for key, one in self.value.items()}
        return [one.plain() for one in self.value] if isinstance(self.value, list) else self.value


def read(path: Path) -> Located:
    """One YAML file; a repeated key is refused, and so is a file that is not there or is no text."""
    try:
        return parse(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError:
        raise Refused(f"{path.name}:1: there is no such file") from None
    except UnicodeDecodeError as error:
        line = 1 + path.read_bytes()[: error.start].count(b"\n")
        raise Refused(f"{path.name}:{line}: not UTF-8") from error


def parse(source: str, file: str) -> Located:
    """YAML from a string; `file` is what errors call it."""
    try:
        node = yaml.compose(source, Loader=_LOADER)
        return Located({}, Place(file, 1)) if node is None else _built(node, file, ())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Refused(f"{file}:{line}: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        line = 1 + source[: error.position].count("\n")
        raise Refused(f"{file}:{line}: {error.reason}") from error


def _built(node: yaml.Node, file: str, within: tuple[yaml.Node, ...]) -> Located:
    place = Place(file, node.start_mark.line + 1)
    if any(one is node for one in within):
        raise Refused(f"{place}: this contains itself")
    if isinstance(node, yaml.MappingNode):
        return Located(dict(_pairs(node, file, (*within, node))), place)
    if isinstance(node, yaml.SequenceNode):
        return Located([_built(one, file, (*within, node)) for one in node.value], place)
    return Located(_scalar(node, place), place)


def _scalar(node: yaml.Node, place: Place) -> Any:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (ValueError, KeyError) as error:  # a date or a number that is none
        raise Refused(f"{place}: {node.value!r} is no {node.tag.rpartition(':')[2]}") from error


def _pairs(node: yaml.MappingNode, file: str, within: tuple[yaml.Node, ...]) -> Iterator[tuple[str, Located]]:
    seen: set[str] = set()
    for key, value in node.value:
        place = Place(file, key.start_mark.line + 1)
        if not isinstance(key, yaml.ScalarNode):
            raise Refused(f"{place}: a key is a word")
        if key.value in seen:
            raise Refused(f"{place}: {key.value!r} stands twice")
        seen.add(key.value)
        yield key.value, Located(_built(value, file, within).value, place)
