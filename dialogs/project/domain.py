"""What a conversation consists of, out of domain/*.yml in Rasa's format: intents, slots and how they are filled, forms, actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialogs.project.located import Located, Refused, read

KEYS = ("version", "intents", "entities", "slots", "forms", "actions", "session_config")
SLOT_TYPES = ("categorical", "text", "any")
MAPPING_TYPES = ("from_entity", "custom")
VERSION = "3.1"


@dataclass(frozen=True, slots=True)
class SlotMapping:
    """How a slot is filled: from an entity, or by an action of ours (`entity` is None); only in `form` where one is named."""

    entity: str | None = None
    action: str | None = None
    form: str | None = None
    requested: str | None = None


@dataclass(frozen=True, slots=True)
class MemorySlot:
    """A slot of the tracker; `values` are those of a categorical one, which alone takes part in rules."""

    name: str
    values: tuple[str, ...]
    mappings: tuple[SlotMapping, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """Everything that the domain files declare."""

    intents: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    slots: Mapping[str, MemorySlot] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def load(folder: Path) -> Domain:
    """The domain of all files of a folder, as if they were one; `Refused` for what is declared twice or not read here."""
    slots: dict[str, MemorySlot] = {}
    forms: dict[str, tuple[str, ...]] = {}
    names: dict[str, set[str]] = {"intents": set(), "entities": set(), "actions": set()}
    for path in sorted(folder.glob("*.yml")):
        parts = read(path).fields(*KEYS)
        if "version" in parts and parts["version"].text() != VERSION:
            raise parts["version"].refuse(f"only version {VERSION} is read")
        for kind, known in names.items():
            for one in parts[kind].items() if kind in parts else ():
                _add(known, one)
        slots |= {one.name: one for one in _slots(parts.get("slots"))}
        forms |= dict(_forms(parts.get("forms")))
    made = Domain(frozenset(names["intents"]), frozenset(names["entities"]), frozenset(names["actions"]), slots, forms)
    _check(made)
    return made


def _add(known: set[str], one: Located) -> None:
    if one.text() in known:
        raise one.refuse(f"{one.text()!r} is declared twice")
    known.add(one.text())


def _slots(part: Located | None) -> Iterator[MemorySlot]:
    for name, one in part.fields().items() if part else ():
        fields = one.fields("type", "values", "initial_value", "influence_conversation", "mappings")
        kind = fields["type"].text()
        if kind not in SLOT_TYPES:
            raise fields["type"].refuse(f"slots of type {kind!r} are not read; known: {', '.join(SLOT_TYPES)}")
        if "initial_value" in fields and fields["initial_value"].value is not None:
            raise fields["initial_value"].refuse("initial values are not read")
        values = tuple(value.text() for value in fields["values"].items()) if "values" in fields else ()
        if (kind == "categorical") != bool(values):
            raise one.refuse("values belong to categorical slots, and to them alone")
        yield MemorySlot(name, values, tuple(_mapping(mapping) for mapping in fields["mappings"].items()))


def _mapping(one: Located) -> SlotMapping:
    fields = one.fields("type", "entity", "action", "conditions")
    kind = fields["type"].text()
    if kind not in MAPPING_TYPES:
        raise fields["type"].refuse(f"mappings of type {kind!r} are not read; known: {', '.join(MAPPING_TYPES)}")
    if (kind == "from_entity") != ("entity" in fields):
        raise one.refuse("an entity belongs to from_entity, and to it alone")
    conditions = fields["conditions"].items() if "conditions" in fields else []
    if len(conditions) > 1:
        raise fields["conditions"].refuse("one condition is read, not several")
    where = conditions[0].fields("active_loop", "requested_slot") if conditions else {}
    word = {name: value.text() for name, value in {**fields, **where}.items() if name not in ("type", "conditions")}
    return SlotMapping(word.get("entity"), word.get("action"), word.get("active_loop"), word.get("requested_slot"))


def _forms(part: Located | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, one in part.fields().items() if part else ():
        yield name, tuple(slot.text() for slot in one.fields("required_slots")["required_slots"].items())


def _check(domain: Domain) -> None:
    """What the parts say of one another must be true."""
    for form, wanted in domain.forms.items():
        for name in wanted:
            if name not in domain.slots:
                raise Refused(f"domain: the form {form!r} asks for {name!r}, which is no slot")
    for slot in domain.slots.values():
        for mapping in slot.mappings:
            if mapping.entity and mapping.entity not in domain.entities:
                raise Refused(f"domain: the slot {slot.name!r} is filled from {mapping.entity!r}, which is no entity")
            if mapping.form and mapping.form not in domain.forms:
                raise Refused(f"domain: the slot {slot.name!r} is filled in {mapping.form!r}, which is no form")
            if mapping.action and mapping.action not in domain.actions:
                raise Refused(f"domain: the slot {slot.name!r} is filled by {mapping.action!r}, which is no action")
