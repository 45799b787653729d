"""The texts themselves: read once from dialogs/texts/<language>/<channel>.yml and checked while they are read.

A text is a string with placeholders in braces; in e-mail it is a subject and a body. A file that repeats a key, names an
unknown placeholder or a form that does not exist is refused when it is loaded, not when a patient is waiting.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

import yaml

from dialogs.wording.facts import CHANNELS, FRAGMENTS, LANGUAGES, PLACEHOLDERS, UnknownText, needed

FOLDER: Final = Path(__file__).resolve().parent.parent / "texts"
# The grammatical forms that a placeholder can be asked for: {when:on} is "w czwartek …", {service:loc} "wizycie u …".
FORMS: Final[Mapping[str, frozenset[str]]] = {
    "when": frozenset({"", "on"}),
    "old_when": frozenset({"", "on"}),
    "service": frozenset({"", "gen", "acc", "loc"}),
}


ELASTIC: Final = frozenset({"place", "address", "clinic"})  # what an SMS shortens until it fits


@dataclass(frozen=True, slots=True)
class Text:
    """One text as its file has it; `subject` is empty outside e-mail."""

    body: str
    subject: str = ""

    @property
    def placeholders(self) -> frozenset[str]:
        """The placeholders of subject and body."""
        return placeholders(self.subject + self.body)


@cache
def placeholders(template: str) -> frozenset[str]:
    """The names in braces of one template of the files."""
    return frozenset(name for name, _ in _fields(template))


@cache
def load(language: str, channel: str) -> Mapping[str, Text]:
    """All texts of one language and channel, by key. Raises UnknownText when there is no such file.

    E-mail words its notices itself and takes from chat what a conversation answers.
    """
    if language not in LANGUAGES or channel not in CHANNELS:
        raise UnknownText(f"no texts for language {language!r} on channel {channel!r}")
    own = read(FOLDER / language / f"{channel}.yml")
    mine = {key: checked(_text(value), f"{language}/{channel}.yml: {key}") for key, value in own.items()}
    if channel != "email":
        return mine
    plain = frame(language)["subject"]
    return {key: mine.get(key, Text(text.body, plain)) for key, text in load(language, "chat").items()}


@cache
def frame(language: str) -> Mapping[str, str]:
    """What stands around every e-mail: a subject for texts without their own, and greeting and signature."""
    around: Mapping[str, str] = read(FOLDER / language / "frame.yml")
    return around


@cache
def services(language: str) -> Mapping[str, Mapping[str, str]]:
    """Names of the services by catalogue code and grammatical form; the code "other" stands for any not listed."""
    names: Mapping[str, Mapping[str, str]] = read(FOLDER / language / "services.yml")
    return names


def find(key: str, language: str, channel: str) -> Text:
    """One text. Raises UnknownText with the key's name."""
    try:
        return load(language, channel)[key]
    except KeyError as missing:
        raise UnknownText(f"no text {key!r} for language {language!r} on channel {channel!r}") from missing


def keys() -> tuple[str, ...]:
    """Every text's key, in the order of the Polish SMS file; fragments are no texts of their own."""
    return tuple(key for key in load("pl", "sms") if key not in FRAGMENTS)


def facts_needed(key: str, *, language: str = "pl", channel: str = "sms") -> tuple[str, ...]:
    """The facts that `render` will ask for."""
    return needed(find(key, language, channel).placeholders)


def read(path: Path) -> Mapping[str, Any]:
    """A YAML mapping; a repeated key is an error."""
    content: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506 # a safe loader
    return content


class _Strict(yaml.SafeLoader):
    """A repeated key would silently win over the first: here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise ValueError(f"a key is repeated{node.start_mark}")
        return super().construct_mapping(node, deep)


def _text(value: str | Mapping[str, str]) -> Text:
    if isinstance(value, str):
        return Text(value.strip())
    return Text(body=value["body"].strip(), subject=value["subject"].strip())


def checked(text: Text, where: str) -> Text:
    """The text itself; ValueError for a placeholder or form that does not exist, or places that would share the room."""
    for name, form in _fields(text.subject + text.body):
        if name not in PLACEHOLDERS:
            raise ValueError(f"{where}: unknown placeholder {{{name}}}")
        if name in ELASTIC and len(text.placeholders & ELASTIC) > 1:
            raise ValueError(f"{where}: only one of {', '.join(sorted(ELASTIC))} can be fitted into a text")
        if form not in FORMS.get(name, {""}):
            raise ValueError(f"{where}: {{{name}}} has no form {form!r}")
    return text


def _fields(template: str) -> list[tuple[str, str]]:
    return [(name, form or "") for _, name, form, _ in Formatter().parse(template) if name is not None]
