"""The judge of the sets: right, asked back, needless, harmful (D7: a lost visit is the worst error, a question the cheap one)."""

from typing import Any

import pytest

from tests.dialogs.sets.judge import Verdict, judge


def message(intent: Any, question: bool | str = False, entities: Any = None, optional: Any = None) -> dict[str, Any]:
    return {"intent": intent, "question": question, "entities": entities or {}, "optional": optional or {}}


def reading(intent: str, *, question: bool = False, **entities: Any) -> dict[str, Any]:
    return {"intent": intent, "question": question, "entities": entities}


CLEAR = message("cancel_visit")
DOUBTFUL = message(["cancel_visit", "confirm_visit"], question=True)
EITHER = message(["ask_faq", "ask_visit"], question="either")
FORM = message(None, entities={"date": "1971-05-12"})


@pytest.mark.parametrize(
    ("labelled", "read", "right", "needless", "harmful"),
    [
        (CLEAR, reading("cancel_visit"), True, False, False),
        (CLEAR, reading("cancel_visit", question=True), False, True, False),
        (CLEAR, reading("confirm_visit"), False, False, False),
        (DOUBTFUL, reading("cancel_visit", question=True), True, False, False),
        (DOUBTFUL, reading("cancel_visit"), False, False, True),
        (DOUBTFUL, reading("confirm_visit"), False, False, False),
        (DOUBTFUL, reading("nlu_fallback"), True, False, False),
        (EITHER, reading("ask_visit"), True, False, False),
        (EITHER, reading("cancel_visit", question=True), True, False, False),
        (EITHER, reading("cancel_visit"), False, False, True),
        (message("confirm_visit"), reading("leave_waiting_room"), False, False, True),
        (message(None), reading("affirm"), True, False, False),
        (message(None), reading("confirm_visit"), False, False, False),
        (message(None), reading("cancel_visit"), False, False, True),
        (message("nlu_fallback", "either"), reading("medical_advice"), True, False, False),
        (CLEAR, reading("medical_advice"), False, False, False),
        (message(["cancel_visit", None]), reading("affirm"), True, False, False),
    ],
)
def test_verdicts(labelled: Any, read: Any, right: bool, needless: bool, harmful: bool) -> None:
    verdict = judge(labelled, read)
    assert (verdict.right, verdict.needless, verdict.harmful) == (right, needless, harmful)


@pytest.mark.parametrize(
    ("labelled", "read", "agrees"),
    [
        (FORM, reading("affirm", date="1971-05-12"), True),
        (FORM, reading("affirm", date=["1971-05-12"]), True),
        (FORM, reading("affirm", date="1971-12-05"), False),
        (FORM, reading("affirm"), False),
        (FORM, reading("affirm", date="1971-05-12", hour="05:12"), False),
        (message(None, entities={"weekday": [1, 3]}), reading("affirm", weekday=[3, 1]), True),
        (message(None, entities={"weekday": [1, 3]}), reading("affirm", weekday=1), False),
        (message(None, entities={"hour": {"one_of": ["03:00", "15:00"]}}), reading("affirm", hour="15:00"), True),
        (message(None, entities={"hour": {"one_of": ["03:00", "15:00"]}}), reading("affirm", hour="05:00"), False),
        (message(None, optional={"date": {"one_of": ["2026-03-13"]}}), reading("affirm", date="2026-03-13"), True),
        (message(None, optional={"date": {"one_of": ["2026-03-13"]}}), reading("affirm"), True),
        (message(None, optional={"date": {"one_of": ["2026-03-13"]}}), reading("affirm", date="2026-03-14"), False),
        (message(None, optional={"date": None}), reading("affirm", date="2026-04-01"), True),
        (message(None, question="either"), reading("affirm", date="2026-04-01"), True),
    ],
)
def test_entities_are_all_found_and_none_is_invented(labelled: Any, read: Any, agrees: bool) -> None:
    assert judge(labelled, read).entities is agrees


def test_a_verdict_tells_whether_the_patient_was_asked() -> None:
    assert judge(CLEAR, reading("nlu_fallback")) == Verdict(
        right=False, asked_back=True, needless=True, harmful=False, entities=True
    )
