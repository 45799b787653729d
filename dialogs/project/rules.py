"""The rules of data/rules/*.yml: an intent and what stands decide one action. Two rules that could both decide are refused at start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from dialogs.project.domain import VERSION, Domain
from dialogs.project.located import Located, Place, Refused, read

STEPS = ("intent", "or", "action", "active_loop", "slot_was_set")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: any of `intents`, where every slot of `when` has its value, leads to `action`.

    With `after_form` it is no answer to an intent, but what follows when that form is complete.
    """

    name: str
    intents: frozenset[str]
    when: Mapping[str, str]
    action: str
    place: Place
    after_form: str | None = None

    def fits(self, intent: str, slots: Mapping[str, str]) -> bool:
        """Whether this rule decides for this intent where the slots have these values."""
        return intent in self.intents and all(slots.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, found by intent or by the form that was completed."""

    by_intent: Mapping[str, tuple[Rule, ...]]
    by_form: Mapping[str, Rule]


def load(folder: Path, domain: Domain) -> Rules:
    """The rules of all files; `Refused` for a step that is not read, an unknown name, or two rules that contradict each other."""
    rules = [rule for path in sorted(folder.glob("*.yml")) for rule in _of_file(path, domain)]
    by_intent = {intent: tuple(rule for rule in rules if intent in rule.intents) for intent in domain.intents}
    for intent, some in by_intent.items():
        _no_contradiction(intent, some)
    return Rules(by_intent, _by_form(rules, domain))


def _by_form(rules: Sequence[Rule], domain: Domain) -> dict[str, Rule]:
    """What follows on each form: one rule for each, or the conversation would end there."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.after_form is not None and found.setdefault(rule.after_form, rule) is not rule:
            raise Refused(f"{rule.place}: what follows on {rule.after_form!r} is said twice")
    for form, place in domain.places.items():
        if form not in found:
            raise Refused(f"{place}: no rule says what follows when {form!r} is complete")
    return found


def _of_file(path: Path, domain: Domain) -> list[Rule]:
    parts = read(path).fields("version", "rules")
    if parts["version"].text() != VERSION:
        raise parts["version"].refuse(f"only version {VERSION} is read")
    return [_rule(one, domain) for one in parts["rules"].items()]


def _no_contradiction(intent: str, rules: Sequence[Rule]) -> None:
    for one, other in combinations(rules, 2):
        apart = any(other.when[slot] != value for slot, value in one.when.items() if slot in other.when)
        if not apart and one.action != other.action:
            raise Refused(f"{other.place}: {other.name!r} contradicts {one.name!r} ({one.place}) for the intent {intent}")


def _rule(one: Located, domain: Domain) -> Rule:
    fields = one.fields("rule", "condition", "steps")
    conditions = [part.only() for part in fields["condition"].items()] if "condition" in fields else []
    when: dict[str, str] = {}
    form: str | None = None
    for name, value in conditions:
        if name == "slot_was_set":
            for slot, wanted in _slots(value, domain).items():
                if when.setdefault(slot, wanted) != wanted:
                    raise value.refuse(f"{slot} cannot be both {when[slot]} and {wanted}")
        elif name == "active_loop":
            form = _known(value, domain.forms, "form")
        else:
            raise value.refuse(f"the condition {name!r} is not read")
    steps = [step.only() for step in fields["steps"].items()]
    for name, value in steps:
        if name not in STEPS:
            raise value.refuse(f"the step {name!r} is not read; known: {', '.join(STEPS)}")
    name = fields["rule"].text()
    if form is not None:
        if when:
            raise one.refuse("what follows on a form depends on nothing else")
        return Rule(name, frozenset(), when, _after(form, one, steps, domain), one.place, form)
    return Rule(name, _intents(one, steps, domain), when, _then(one, steps[1:], domain), one.place)


def _slots(part: Located, domain: Domain) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in part.items():
        name, value = one.only()
        if name not in domain.slots or value.text() not in domain.slots[name].values:
            raise value.refuse(f"{name}: {value.plain()} is no value of a categorical slot")
        if found.setdefault(name, value.text()) != value.text():
            raise value.refuse(f"{name} cannot have two values at once")
    return found


def _intents(rule: Located, steps: Sequence[tuple[str, Located]], domain: Domain) -> frozenset[str]:
    if not steps or steps[0][0] not in ("intent", "or"):
        raise rule.refuse("a rule begins with an intent, or with an active_loop for its condition")
    name, value = steps[0]
    if name == "intent":
        return frozenset({_known(value, domain.intents, "intent")})
    pairs = [one.only() for one in value.items()]
    for kind, one in pairs:
        if kind != "intent":
            raise one.refuse("only intents are read under or")
    return frozenset(_known(one, domain.intents, "intent") for _, one in pairs)


def _then(rule: Located, steps: Sequence[tuple[str, Located]], domain: Domain) -> str:
    """One action; a form's is followed by the active_loop of the same name, as Rasa wants it."""
    if not steps or steps[0][0] != "action":
        raise rule.refuse("an intent is answered by one action")
    action = _known(steps[0][1], domain.actions | domain.forms.keys(), "action")
    activates = [(name, value.plain()) for name, value in steps[1:]]
    if activates != ([("active_loop", action)] if action in domain.forms else []):
        raise rule.refuse("after the action nothing is read but the active_loop of a form")
    return action


def _after(form: str, rule: Located, steps: Sequence[tuple[str, Located]], domain: Domain) -> str:
    """The action after a form's end; the steps before it are those that Rasa asks for."""
    said = [(name, value.plain()) for name, value in steps[:-1]]
    ended = [("action", form), ("active_loop", None), ("slot_was_set", [{"requested_slot": None}])]
    if said != ended or steps[-1][0] != "action":
        raise rule.refuse("the end of a form is: its action, active_loop null, requested_slot null, and one action")
    return _known(steps[-1][1], domain.actions, "action")


def _known(one: Located, names: "frozenset[str] | Mapping[str, object] | set[str]", what: str) -> str:
    if one.value is None or one.text() not in names:
        raise one.refuse(f"{one.plain()!r} is no {what} of the domain")
    return one.text()
