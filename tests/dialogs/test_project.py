"""The project's files: every situation has one answer, and what is not read is refused with file and line."""

import random
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogs import project
from dialogs.actions import ACTIONS, SAY
from dialogs.forms import ASKS
from dialogs.memory import Memory
from dialogs.policy import decide
from dialogs.project import FOLDER, Refused
from dialogs.situation import Case, Question, situation_of
from dialogs.understanding.reading import ASKED, Reading
from dialogs.wording import CHANNELS, LANGUAGES, texts
from registry.permissions import Level
from registry.standing import Addressee, StandingVisit, Waiting

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
SHIPPED = project.shipped()


@st.composite
def visits(draw: st.DrawFn) -> StandingVisit:
    return StandingVisit(
        draw(st.integers(1, 4)), draw(st.sampled_from(["open", "offer", "undoable", "cancelled", "offer_ended", "past"])),
        draw(st.integers(1, 2)), NOON + timedelta(days=draw(st.integers(-3, 20))),
        draw(st.sampled_from(["first", "control", "screening", "vaccination"])), "CARDIO_FIRST", "Poradnia", "ul. Długa 5", "Łódź",
        "+48421234567", "J. K.", NOON, draw(st.sampled_from([None, 7])), draw(st.integers(0, 3)), draw(st.booleans()),
        draw(st.booleans()), None,
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Whatever may come together: any reading, any question before it, any people and visits behind the address."""
    known = draw(st.booleans())
    people = Addressee(known) if not known else Addressee(
        True, tuple({one.id: one for one in draw(st.lists(visits(), max_size=4))}.values()),
        tuple(Waiting(number, 1, "CARDIO_FIRST", False) for number in range(draw(st.integers(0, 3)))),
    )  # fmt: skip
    entities = draw(st.dictionaries(st.sampled_from(["choice", "weekday"]), st.integers(-1, 5))) | draw(
        st.fixed_dictionaries(
            {},
            optional={
                "date": st.just("2026-11-25"), "automatic": st.just(True), "topic": st.sampled_from(["medical_advice", "visit_not_seen"]),
                "service": st.sampled_from(["cardiology", "mammography", "hpv_vaccination"]), "pesel_invalid": st.just("1"),
            },
        )
    )
    reading = Reading("x", "pl", draw(st.sampled_from(sorted(SHIPPED.domain.intents))), 0.9, entities, draw(st.booleans()))
    question = Question(
        draw(st.sampled_from(ASKED)), draw(st.sampled_from([None, 1, 2, 3])),  # type: ignore[arg-type]
        draw(st.sampled_from([None, "cancel", "confirm", "info", "leave", "book", "join", "change", "slot"])),
        tuple(draw(st.lists(st.integers(1, 4), max_size=3))), draw(st.integers(0, 3)),
    )  # fmt: skip
    return Case(
        reading, question, people, draw(st.sampled_from(["sms", "voice", "chat"])), draw(st.sampled_from(list(Level))),
        draw(st.sampled_from([None, *ASKS])),
    )  # fmt: skip


@settings(deadline=None, max_examples=1500)
@given(cases())
def test_every_situation_has_exactly_one_answer(case: Case) -> None:
    memory = Memory()
    if case.field is not None:
        form = next(name for name, slots in SHIPPED.domain.forms.items() if case.field in slots)
        memory = Memory(form=form, requested=case.field)
    decision = decide(SHIPPED, case, memory)
    assert decision.action in SHIPPED.domain.actions
    assert all(value in SHIPPED.domain.slots[name].values for name, value in decision.situation.facts.items())


@settings(deadline=None, max_examples=1500)
@given(cases())
def test_no_visit_is_given_up_on_a_doubtful_or_foreign_word_d7(case: Case) -> None:
    """The oracle is the decision in its own words: certain, about this visit, and said or asked about nothing else."""
    decision = decide(SHIPPED, case, Memory())
    if decision.action != "action_cancel_visit":
        return
    reading, question, visit = case.reading, case.question, decision.situation.visit
    assert visit is not None
    assert visit.standing == "open"
    asked = question.asks == "yes_no" and question.purpose == "cancel" and question.about == visit.id
    chosen = question.asks == "which_visit" and question.purpose != "slot"
    assert reading.intent in ("cancel_visit", "affirm") or chosen
    assert chosen or not reading.question
    if reading.intent == "affirm" and not chosen:
        assert asked
    if case.channel in ("voice", "chat"):
        assert asked
    if len(case.people.those("open")) == 1 and not chosen and question.about not in (None, visit.id):
        pytest.fail("the last message was about another visit")


def test_every_action_of_the_domain_does_something() -> None:
    for name in SHIPPED.domain.actions:
        if name.startswith(SAY):
            for language in LANGUAGES:
                for channel in CHANNELS:
                    assert texts.find(name.removeprefix(SAY), language, channel)
        elif not name.startswith(("validate_", "action_look_up")):
            assert name in ACTIONS
    assert ACTIONS.keys() <= SHIPPED.domain.actions


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's files to spoil."""
    for name in ("config.yml", "domain", "data/rules", "data/nlu"):
        source, target = FOLDER / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    return tmp_path


def _append(path: str, text: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = folder / path
        file.write_text(file.read_text() + text)

    return spoil


def _replace(path: str, old: str, new: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        file = folder / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    return spoil


TWICE = """
  - rule: once more
    condition: [{active_loop: child_form}]
    steps: [{action: child_form}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: action_nothing}]
"""
BOTH = """
  - rule: both
    condition: [{slot_was_set: [{visit: none}]}, {slot_was_set: [{visit: clear}]}]
    steps: [{intent: undo}, {action: action_nothing}]
"""
RULE = "  - rule: new\n    steps:\n      - intent: {0}\n      - action: {1}\n"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_append("data/rules/undoing.yml", RULE.format("undo", "action_nothing")), r"undoing.yml:\d+: .*contradicts"),
        (_append("data/rules/undoing.yml", RULE.format("no_intent", "action_nothing")), r"undoing.yml:\d+: .*no intent"),
        (_append("data/rules/undoing.yml", RULE.format("undo", "action_x")), r"undoing.yml:\d+: .*no action"),
        (_append("data/rules/undoing.yml", "    wait_for_user_input: false\n"), r"undoing.yml:\d+: 'wait_for_user_input' is not read"),
        (_append("data/rules/undoing.yml", "      - checkpoint: x\n"), r"undoing.yml:\d+: the step 'checkpoint' is not read"),
        (_replace("data/rules/undoing.yml", "instead: undoable", "instead: maybe"), r"undoing.yml:\d+: .*no value"),
        (_append("domain/facts.yml", "responses:\n  utter_x:\n    - text: x\n"), r"facts.yml:\d+: 'responses' is not read"),
        (_replace("domain/facts.yml", "type: categorical", "type: float"), r"facts.yml:\d+: slots of type 'float'"),
        (_replace("domain/forms.yml", "type: custom", "type: from_intent"), r"forms.yml:\d+: mappings of type 'from_intent'"),
        (_append("domain/actions.yml", "  - action_book\n"), r"actions.yml:\d+: 'action_book' is declared twice"),
        (_append("domain/forms.yml", "  empty_form:\n    required_slots: [x]\n"), r"forms.yml:\d+: .*asks for 'x', which is no slot"),
        (_append("domain/forms.yml", "  empty_form:\n    required_slots: []\n"), r"forms.yml:\d+: a form asks for something"),
        (_append("domain/forms.yml", "  new_form:\n    required_slots: [when]\n"), r"forms.yml:\d+: no rule says what follows"),
        (_append("domain/forms.yml", "  new_form: {}\n"), r"forms.yml:\d+: 'required_slots' is missing"),
        (_append("domain/actions.yml", "slots:\n  when: {type: any, mappings: []}\n"), r"forms.yml:\d+: 'when' is declared twice"),
        (_append("domain/actions.yml", "session_config: {session_expiration_time: 60}\n"), r"actions.yml:\d+: a form waits 1440 minutes"),
        (_replace("domain/forms.yml", "entity: pesel", "entity: passport"), r"forms.yml:\d+: .*'passport', which is no entity"),
        (_replace("domain/forms.yml", "requested_slot: where", "requested_slot: x"), r"forms.yml:\d+: .*'x', which is no slot"),
        (_replace("domain/facts.yml", "type: categorical", "initial_value: none"), r"facts.yml:\d+: 'type' is missing"),
        (_append("data/rules/forms.yml", "  - rule: no steps\n"), r"forms.yml:\d+: 'steps' is missing"),
        (_append("data/rules/forms.yml", "  - rule: x\n    steps: []\n"), r"forms.yml:\d+: a rule begins with an intent"),
        (_append("data/rules/forms.yml", "  - just words\n"), r"forms.yml:\d+: keys with values"),
        (_append("data/rules/forms.yml", "  - ? [a, b]\n    : c\n"), r"forms.yml:\d+: a key is a word"),
        (_append("data/rules/forms.yml", "  - &a [*a]\n"), r"forms.yml:\d+: "),
        (_append("data/rules/forms.yml", "  - !!python/object:os.system x\n"), r"forms.yml:\d+: "),
        (_append("data/rules/forms.yml", "  - 2026-13-45\n"), r"forms.yml:\d+: '2026-13-45' is no timestamp"),
        (_append("data/rules/forms.yml", "  - \x07\n"), r"forms.yml:\d+: "),
        (_append("data/rules/forms.yml", TWICE), r"forms.yml:\d+: what follows on 'child_form' is said twice"),
        (_append("data/rules/forms.yml", BOTH), r"forms.yml:\d+: visit cannot be both none and clear"),
        (_replace("data/rules/forms.yml", 'version: "3.1"', 'version: "2.0"'), r"forms.yml:1: only version 3.1"),
        (_replace("data/rules/forms.yml", 'version: "3.1"', ""), r"forms.yml:\d+: 'version' is missing"),
        (_append("data/nlu/pl.yml", "- intent: no_such\n  examples: |\n    - x\n"), r"pl.yml:\d+: 'no_such' is no intent"),
        (_append("data/nlu/pl.yml", "- intent: undo\n  examples: |\n    x\n"), r"pl.yml:\d+: an example begins with a dash"),
        (_append("data/nlu/pl.yml", "- intent: undo\n  examples:\n    - text: x\n"), r"pl.yml:\d+: a word is expected"),
        (_append("data/nlu/pl.yml", "- intent: undo\n  metadata: x\n  examples: |\n    - x\n"), r"pl.yml:\d+: 'metadata' is not read"),
        (_append("data/nlu/pl.yml", "- intent: undo\n  examples: |\n    - [x](passport)\n"), r"pl.yml:\d+: 'passport' is no entity"),
        (_append("data/nlu/pl.yml", "- intent: undo\n"), r"pl.yml:\d+: 'examples' is missing"),
        (lambda folder: (folder / "config.yml").unlink(), "config.yml:1: there is no such file"),
        (lambda folder: (folder / "data/rules/undoing.yml").write_bytes(b"version: x\n\xff\n"), "undoing.yml:2: not UTF-8"),
        (_append("config.yml", "  - name: TEDPolicy\n"), r"config.yml:\d+: the policy 'TEDPolicy' is not read"),
        (_append("domain/forms.yml", "forms: {}\n"), r"forms.yml:\d+: 'forms' stands twice"),
        (_append("domain/forms.yml", "  : : :\n"), r"forms.yml:\d+: "),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_with_its_file_and_line(folder: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(folder)
    with pytest.raises(Refused, match=said):
        project.load(folder)


PARTS = ("domain", "data/rules")
SPOILT = ("config.yml", *(f"{part}/{path.name}" for part in PARTS for path in sorted((FOLDER / part).glob("*.yml"))))
MARKS = [
    "", "x", "null", "[]", "{}", ": ", "- ", "  ", '"', "&a *a", "!!int x", "? a", "<<: {a: b}", "\t", "1e400", "2026-02-31", "rule: x",
    "%",
]  # fmt: skip


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SPOILT), st.randoms(use_true_random=False), st.sampled_from(MARKS), st.integers(0, 3))
def test_whatever_a_file_says_it_is_read_or_refused_with_file_and_line(
    folder: Path, name: str, chance: random.Random, mark: str, how: int
) -> None:  # fmt: skip
    """A line lost, doubled, moved in, or struck through at some place: never another error than `Refused`, never without a line."""
    file = folder / name
    right = file.read_text(encoding="utf-8")
    lines = right.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    cut = chance.randrange(len(lines[at]))
    lines[at] = ("", 2 * lines[at], " " + lines[at], lines[at][:cut] + mark + lines[at][cut:])[how]
    file.write_text("".join(lines), encoding="utf-8")
    try:
        project.load(folder)
    except Refused as refused:
        assert re.match(r"[\w.]+\.yml:\d+: .", str(refused)), str(refused)  # noqa: PT017  many of them are read, and rightly
    finally:
        file.write_text(right, encoding="utf-8")


def test_the_unspoilt_copy_is_read(folder: Path) -> None:
    assert project.load(folder).rules == SHIPPED.rules or _names(project.load(folder)) == _names(SHIPPED)


def _names(one: Any) -> set[str]:
    return {rule.name for rules in one.rules.by_intent.values() for rule in rules}


def test_a_situation_uses_no_word_that_no_rule_or_slot_knows() -> None:
    case = Case(Reading("x", "pl", "greet", 1.0), Question(), Addressee(False))
    assert situation_of(case).facts.keys() == {name for name, slot in SHIPPED.domain.slots.items() if slot.values}
