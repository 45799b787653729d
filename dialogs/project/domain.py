"""What a conversation consists of, out of domain/*.yml in Rasa's format: intents, slots and how they are filled, forms, actions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialogs.memory import FORM_WAITS
from dialogs.project.located import Located, Place, Refused, read

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
    place: Place


@dataclass(frozen=True, slots=True)
class Domain:
    """Everything that the domain files declare."""

    intents: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    slots: Mapping[str, MemorySlot] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)  # of the forms, for what is said of them


def load(folder: Path) -> Domain:
    """The domain of all files of a folder, as if they were one; `Refused` for what is declared twice or not read here."""
    slots: dict[str, MemorySlot] = {}
    forms: dict[str, tuple[str, ...]] = {}
    places: dict[str, Place] = {}
    names: dict[str, set[str]] = {"intents": set(), "entities": set(), "actions": set()}
    for path in sorted(folder.glob("*.yml")):
        parts = read(path).fields(*KEYS)
        if "version" in parts and parts["version"].text() != VERSION:
            raise parts["version"].refuse(f"only version {VERSION} is read")
        for kind, known in names.items():
            for one in parts[kind].items() if kind in parts else ():
                _add(known, one)
        _once(parts.get("slots"), slots)
        _once(parts.get("forms"), forms)
        slots |= {one.name: one for one in _slots(parts.get("slots"))}
        for name, wanted in _forms(parts.get("forms")):
            forms[name], places[name] = tuple(slot.text() for slot in wanted.items()), wanted.place
        _session(parts.get("session_config"))
    made = Domain(frozenset(names["intents"]), frozenset(names["entities"]), frozenset(names["actions"]), slots, forms, places)
    _check(made)
    return made


def _once(part: Located | None, known: Mapping[str, object]) -> None:
    """What another file has declared is not declared again: one of the two would be a silent lie."""
    for name, one in part.fields().items() if part else ():
        if name in known:
            raise one.refuse(f"{name!r} is declared twice")


def _session(part: Located | None) -> None:
    """A server forgets a form when we do, not earlier."""
    fields = part.fields("session_expiration_time", "carry_over_slots_to_new_session") if part else {}
    minutes = FORM_WAITS.total_seconds() / 60
    if "session_expiration_time" in fields and fields["session_expiration_time"].plain() != minutes:
        raise fields["session_expiration_time"].refuse(f"a form waits {minutes:.0f} minutes")


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
        yield MemorySlot(name, values, tuple(_mapping(mapping) for mapping in fields["mappings"].items()), one.place)


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


def _forms(part: Located | None) -> Iterator[tuple[str, Located]]:
    for name, one in part.fields().items() if part else ():
        wanted = one.fields("required_slots")["required_slots"]
        if not wanted.items():
            raise wanted.refuse("a form asks for something")
        yield name, wanted


def _check(domain: Domain) -> None:
    """What the parts say of one another must be true."""
    for form, wanted in domain.forms.items():
        for name in wanted:
            if name not in domain.slots:
                raise Refused(f"{domain.places[form]}: the form {form!r} asks for {name!r}, which is no slot")
    for slot in domain.slots.values():
        for mapping in slot.mappings:
            for used, known, what in (
                (mapping.entity, domain.entities, "entity"), (mapping.form, domain.forms, "form"),
                (mapping.action, domain.actions, "action"), (mapping.requested, domain.slots, "slot"),
            ):  # fmt: skip
                if used is not None and used not in known:
                    raise Refused(f"{slot.place}: the slot {slot.name!r} is filled by way of {used!r}, which is no {what}")
