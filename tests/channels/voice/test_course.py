"""What is kept of the times in a call: the transcript has its timing by turn; no word and no key (X34)."""

from channels.voice.course import Course, on_the_ear
from channels.voice.ports import Answer, Guess


def _answer(began: int, ended: int) -> Answer:
    return Answer((Guess("tak", 0.9),), began, ended, ended + 240)


def test_a_turn_has_its_beginning_its_length_and_the_wait_for_our_first_sound() -> None:
    course = Course()
    course.heard(_answer(2000, 2900))
    course.thinks()
    course.thought()
    course.turn(1)
    course.sounds("m1", 7, at_ms=3200)
    course.played("m1", 5000)
    turn, line = course.entries
    assert (turn["turn"], turn["began_ms"], turn["ended_ms"], turn["think_ms"] >= 0) == (1, 2000, 2900, True)
    assert line == {"line": "m1", "message": 7, "began_ms": 3200, "ended_ms": 5000}
    assert course.timings == [{"ended_ms": 2900, "decided_ms": 3140, "think_ms": turn["think_ms"]}]


def test_what_is_said_while_we_think_is_a_turn_of_its_own() -> None:
    course = Course()
    course.heard(_answer(1000, 1500))
    course.thinks()
    course.heard(_answer(1900, 2100))
    course.turn(1)  # noted as overheard at once
    course.thought()
    course.turn(2)
    assert [(entry["began_ms"], entry["turn"]) for entry in course.entries] == [(1000, 2), (1900, 1)]


def test_keys_of_one_entry_are_counted_and_none_is_kept_x34() -> None:
    course = Course()
    for at_ms in (1000, 1400, 1900):
        course.key(at_ms)
    course.thinks()
    course.thought()
    course.turn(3)
    course.key(9000)
    assert course.entries[0] == {"began_ms": 1000, "keys": 3, "ended_ms": 1900, "decided_ms": 1900, "turn": 3}
    assert course.entries[1]["keys"] == 1


def test_a_line_that_is_cut_off_says_by_what_and_what_stood_behind_it_was_never_heard() -> None:
    course = Course()
    course.sounds("m1", None, at_ms=1000)
    course.sounds("m2", None, at_ms=4000)
    course.hushed(2500, "speech")
    course.played("m1", 2600)  # the mark of a cleared line comes back all the same
    assert [(entry["ended_ms"], entry["cut"]) for entry in course.entries] == [(2500, "speech"), (4000, "unheard")]


def test_a_line_after_a_silence_says_how_long_nobody_answered() -> None:
    course = Course()
    course.sounds("m1", None, at_ms=on_the_ear(6000, 10), after_silence_ms=4000)
    assert course.entries == [{"line": "m1", "began_ms": 6200, "silence_ms": 4000}]
