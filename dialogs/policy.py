"""What to do next: the form that a message answers, else the one rule that fits what was understood and what stands. Pure.

The rules are data/rules/*.yml; what they speak of is brought into words by `situation`. No I/O, no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dialogs.forms import FormStep, step
from dialogs.memory import Goal, Memory
from dialogs.project import Project
from dialogs.situation import Case, Situation, situation_of

# What somebody wants who is first asked who he is.
GOALS: Final[Mapping[str, Goal]] = {
    "book_visit": "book", "join_waiting_room": "join", "edit_criteria": "edit", "change_visit": "change", "cancel_visit": "cancel",
    "leave_waiting_room": "leave", "ask_estimate": "estimate",
}  # fmt: skip


class NoRule(LookupError):
    """No rule, or more than one, decides in this situation: the rules of the project are not complete."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The one action of a turn. `form` is where its form stands; `begins` says that the form was begun by this very message."""

    action: str
    situation: Situation
    form: FormStep | None = None
    begins: bool = False


def decide(project: Project, case: Case, memory: Memory) -> Decision:
    """The action that answers this case."""
    situation = situation_of(case)
    if case.field is not None and memory.form is not None:
        reached = step(project, memory.form, memory.requested, memory.filled, case.reading)
        if reached is not None:
            return Decision(_of_form(project, reached), situation, reached)
    action = chosen(project, situation)
    if action not in project.domain.forms:
        return Decision(action, situation)
    begun = step(project, action, None, {}, case.reading)
    if begun is None:
        raise NoRule(action)
    return Decision(_of_form(project, begun), situation, begun, begins=True)


def chosen(project: Project, situation: Situation) -> str:
    """The action of the one rule that fits; several may, if they say the same."""
    rules = project.rules.by_intent.get(situation.intent, ())
    actions = {rule.action for rule in rules if rule.fits(situation.intent, situation.facts)}
    if len(actions) != 1:
        raise NoRule(situation.intent, dict(situation.facts), sorted(actions))
    return actions.pop()


def _of_form(project: Project, reached: FormStep) -> str:
    return f"action_ask_{reached.requested}" if reached.requested else project.rules.by_form[reached.form].action


def goal_of(decision: Decision) -> Goal:
    """What the patient wants who is asked for his numbers first; whoever asks for his visits is told of them."""
    wanted = GOALS.get(decision.situation.intent, "tell")
    return "screening" if wanted == "book" and decision.situation.facts["service"] == "screening" else wanted
