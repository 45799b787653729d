"""The whole reader: deterministic, quick, from the repository's data alone, and the command that shows it."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.understanding import ASKED, Asked, Interpreter, corpus
from dialogs.understanding.classifier import Features, Model, cached
from dialogs.understanding.cli import guesses_of, readings
from dialogs.understanding.text import plain
from tests import reading as shared
from tests.dialogs.understanding.conftest import TODAY


def test_every_trained_intent_is_in_the_domain_and_back() -> None:
    """R134: what the data teaches and what the domain lists are the same intents."""
    assert {example.intent for example in corpus.examples()} == set(corpus.intents())


def test_no_example_teaches_two_intents() -> None:
    """D7: one folded text in answer to one question, one label; else the model would learn to hesitate."""
    labels: dict[tuple[str, str | None], set[str]] = {}
    for example in corpus.examples():
        labels.setdefault((" ".join(plain(example.text).split()), example.asked), set()).add(example.intent)
    assert {text: found for text, found in labels.items() if len(found) > 2} == {}


def test_training_is_deterministic_and_the_cache_gives_the_same_readings(interpreter: Interpreter, tmp_path: Path) -> None:
    """D7: the same message is read alike by every process, trained or loaded."""
    kept = Interpreter.load(tmp_path)
    again = Interpreter.load(tmp_path)
    for text in ("kiedy mam wizytę", "nie przyjdę", "jak zalogować się do IKP", "asdf"):
        expected = interpreter.read(text, today=TODAY)
        assert kept.read(text, today=TODAY) == again.read(text, today=TODAY) == expected
    assert len(list(tmp_path.glob("*.npz"))) == 3, "two models of intents, one of topics"


def test_of_two_that_start_at_once_one_trains_while_the_other_waits(tmp_path: Path) -> None:
    """D7: two web processes of a first start take the processor once, and read alike."""
    lessons: list[str] = []
    both_began = Barrier(2)

    def teach() -> list[tuple[Features, str]]:
        lessons.append("taught")
        return [({"w:tak": 1.0}, "affirm"), ({"w:nie": 1.0}, "deny")]

    def start() -> Model:
        both_began.wait()
        return cached(tmp_path, "intents", "a recipe", teach)

    with ThreadPoolExecutor(2) as starting:
        first, second = [begun.result() for begun in [starting.submit(start), starting.submit(start)]]
    assert lessons == ["taught"]
    assert first.rank("tak") == second.rank("tak")
    assert first.rank("tak")[0][0] == "affirm"


@pytest.mark.parametrize("language", ["pl", "uk", "en"])
@pytest.mark.parametrize("noise", ["qqq", "Qqqq!", "kkk qqq", "hjk", "???", "xxx", "7"])
def test_noise_keeps_the_language_of_the_conversation(interpreter: Interpreter, noise: str, language: str) -> None:
    """D16: without evidence of a language the patient is answered in the one that was spoken; "qqq" was once Ukrainian."""
    reading = interpreter.read(noise, asked="reminder", language=language, today=TODAY)
    assert (reading.language, reading.intent == "cancel_visit" and not reading.question) == (language, False)


@pytest.mark.parametrize("words", ["ya ne pryidu", "dobryi den, skasuite vizyt", "ya pryidu", "duzhe dyakuyu"])
def test_ukrainian_in_latin_letters_is_still_known_for_what_it_is(interpreter: Interpreter, words: str) -> None:
    """D16."""
    assert interpreter.read(words, asked="reminder", language="pl", today=TODAY).language == "uk"


def test_a_broken_training_file_is_refused_by_name(tmp_path: Path) -> None:
    """The reader of Rasa's format says which file it does not understand."""
    (tmp_path / "pl.yml").write_text('version: "3.1"\nnlu:\n  - story: x\n    steps: []\n', encoding="utf-8")
    with pytest.raises(corpus.CorpusError, match=r"pl\.yml"):
        corpus.examples(tmp_path)


def test_annotations_of_entities_are_taken_out(tmp_path: Path) -> None:
    """Rasa's [text](entity) and [text]{"entity": …} leave the text."""
    lines = '    - kod [88-100](postcode)\n    - jutro o [15]{"entity": "hour"}\n'
    (tmp_path / "pl.yml").write_text(f'version: "3.1"\nnlu:\n- intent: inform\n  examples: |\n{lines}', encoding="utf-8")
    assert [example.text for example in corpus.examples(tmp_path)] == ["kod 88-100", "jutro o 15"]


@pytest.mark.parametrize("text", ["", " ", "?", "\n", "👍" * 500, "nie " * 400, "a" * 5000, "1" * 300, "\u0000", "((((", "٣٤٥ ٦٧"])
@pytest.mark.parametrize("asked", ["reminder", "date_of_birth", "pesel", "postcode", "criteria", "which_visit"])
def test_x14_nothing_breaks_the_reader(interpreter: Interpreter, text: str, asked: str) -> None:
    """R102: empty, endless and odd messages get a reading, quickly, and never a cancellation."""
    started = time.process_time()
    reading = interpreter.read(text, asked=asked, today=TODAY)
    assert time.process_time() - started < 1.5
    assert reading.intent != "cancel_visit" or reading.question


@pytest.mark.parametrize(
    ("text", "language"),
    [("nie przyjdę", "pl"), ("I can't come", "en"), ("не прийду", "uk"), ("ne pryidu, skasuite", "uk"), ("tak", "pl"), ("cancel", "en")],
)
def test_d16_language_of_what_was_written(interpreter: Interpreter, text: str, language: str) -> None:
    """D16: the language is that of the words; the patient's setting only decides where they do not."""
    assert interpreter.read(text, today=TODAY).language == language


def test_d16_the_setting_decides_what_the_words_do_not(interpreter: Interpreter) -> None:
    """D16: "ok" is said in every language."""
    assert interpreter.read("ok", language="uk", today=TODAY).language == "uk"


def test_interpret_prints_one_object_per_line(interpreter: Interpreter) -> None:
    """The output of `cer interpret`: the keys of the issue, JSON lists of guesses understood, lines aligned."""
    lines = ["nie dam rady, proszę odwołać\n", '["44051401358", "44051401359"]\n', "\n", "[nie lista\n"]
    found = list(readings(lines, interpreter, asked="nothing", channel="sms", language=None, today=TODAY))
    assert [list(reading) for reading in found] == [["text", "language", "intent", "confidence", "entities", "question"]] * 4
    assert found[0]["intent"] == "cancel_visit"
    assert found[3]["text"] == "[nie lista"
    assert guesses_of('["a", "b"]') == ["a", "b"]


def test_interpret_runs_as_a_module(interpreter: Interpreter) -> None:
    """`python -m dialogs.understanding` reads standard input; --why adds the evidence."""
    command = [sys.executable, "-m", "dialogs.understanding", "--asked", "reminder", "--why", "--cache", str(shared.MODELS)]
    done = subprocess.run(command, input="proszę nie odwoływać\n", capture_output=True, text=True, check=True, cwd=corpus.HOME.parent)
    reading = json.loads(done.stdout)
    assert (reading["intent"], reading["question"], bool(reading["why"])) == ("confirm_visit", False, True)


@settings(max_examples=200, deadline=None)
@given(
    parts=st.lists(st.sampled_from([example.text for example in corpus.examples()]), min_size=1, max_size=3),
    asked=st.sampled_from(ASKED),
)
def test_whatever_people_join_together_is_read(interpreter: Interpreter, parts: list[str], asked: str) -> None:
    """No mixture of messages stops the reader: somebody always gets an answer (D7)."""
    reading = interpreter.read(", ".join(parts), asked=cast(Asked, asked), today=TODAY)
    assert reading.intent in corpus.intents()
