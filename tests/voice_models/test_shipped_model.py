"""The shipped telephone model is what its manifest says, knows every expected word, and hears with stock Vosk.

Nothing here needs the training extra.
"""

import json
import shutil
from array import array
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from voice_models.cli import DEFAULT, DIALOGUES, HOME, RECIPES, models_app
from voice_models.confidence import ALTERNATIVES, UNKNOWN, Calibration, Reading
from voice_models.dialogue_texts import dialogue_texts
from voice_models.espeak import Espeak
from voice_models.hearing import lexicon, load
from voice_models.manifest import missing_words, problems
from voice_models.questions import questions
from voice_models.stock import vosk
from voice_models.training.graph import tools_installed

MODEL = HOME / DEFAULT
HELD_OUT = ("pl+m7", "pl+f4", "pl+Annie")


@pytest.fixture(scope="module")
def ears() -> Any:
    return load(MODEL)


@pytest.fixture(scope="module")
def espeak() -> Espeak:
    return Espeak()


def hear(ears: Any, espeak: Espeak, text: str, words: list[str], voice: str, model: Path = MODEL) -> Reading:
    """What a caller's words are taken for: spoken by espeak-ng, half a second of silence around them."""
    silence = array("h", [0]) * (espeak.rate // 2)
    samples = silence + array("h", (sample // 2 for sample in espeak.speak(text, voice))) + silence
    listener = vosk.KaldiRecognizer(ears, espeak.rate, json.dumps([*words, UNKNOWN], ensure_ascii=False))
    listener.SetMaxAlternatives(ALTERNATIVES)
    ended = listener.AcceptWaveform(samples.tobytes())
    return Calibration.of(model).reading(listener.Result() if ended else listener.FinalResult())


def test_files_are_those_of_the_manifest() -> None:
    assert problems(MODEL, RECIPES) == []


def test_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file()) <= 10_000_000


def test_every_expected_word_is_known() -> None:
    """Vosk drops an unknown word from a list without an error: a patient would never be heard saying it."""
    expected = [answer for question in questions() for answer in question.answers]
    assert missing_words(lexicon(MODEL), expected) == []


def test_every_word_of_the_dialogues_is_known() -> None:
    texts = dialogue_texts(path for path in DIALOGUES if path.exists())
    assert texts
    assert missing_words(lexicon(MODEL), texts) == []


@pytest.mark.parametrize("voice", HELD_OUT)
@pytest.mark.parametrize("text", ["tak", "nie", "odwołuję", "zmienić termin"])
def test_hears_answers_of_voices_it_never_heard(ears: Any, espeak: Espeak, text: str, voice: str) -> None:
    heard = hear(ears, espeak, text, ["tak", "nie", "odwołuję", "zmienić termin", "powtórz"], voice)
    assert heard.text == text


@pytest.mark.parametrize("voice", HELD_OUT)
@pytest.mark.parametrize("text", ["w szczebrzeszynie chrząszcz brzmi w trzcinie", "proszę kupić bułki i pomidory"])
def test_other_speech_is_no_answer(ears: Any, espeak: Espeak, text: str, voice: str) -> None:
    """R102, D7: what was said to somebody else in the room must not cancel a visit."""
    heard = hear(ears, espeak, text, ["tak", "nie", "odwołuję"], voice)
    assert heard.rejected or heard.confidence < Calibration.of(MODEL).believe


def test_silence_is_nothing(ears: Any) -> None:
    listener = vosk.KaldiRecognizer(ears, 8000, json.dumps(["tak", "nie", UNKNOWN]))
    listener.SetMaxAlternatives(ALTERNATIVES)
    listener.AcceptWaveform(bytes(48000))
    assert Calibration.of(MODEL).reading(listener.FinalResult()) == Reading("", 0.0, rejected=False)


@pytest.mark.skipif(not tools_installed(), reason="libfst-tools and libfst22-plugins-base are not installed")
def test_a_clinic_adds_its_own_names(tmp_path: Path, espeak: Espeak) -> None:
    """A name that the model lacks is heard seconds later; the shipped model stays as it is."""
    before = lexicon(MODEL)
    assert "brzęczyszczykiewicz" not in before
    out = tmp_path / "ours"
    result = CliRunner().invoke(models_app, ["words", "add", "Brzęczyszczykiewicz", "Xawery=Ksawery", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert lexicon(out) == before | {"brzęczyszczykiewicz", "xawery"}
    assert lexicon(MODEL) == before
    assert problems(out, RECIPES) == []
    heard = hear(load(out), espeak, "brzęczyszczykiewicz", ["brzęczyszczykiewicz", "nowak", "xawery"], "pl+m7", out)
    assert heard.text == "brzęczyszczykiewicz"


def test_check_tells_a_changed_file(tmp_path: Path) -> None:
    broken = tmp_path / DEFAULT
    shutil.copytree(MODEL, broken)
    (broken / "am" / "final.mdl").write_bytes(b"\0B")
    found = CliRunner().invoke(models_app, ["check", "--model", str(broken)])
    assert found.exit_code == 1
    assert "am/final.mdl is not the file of the manifest" in found.output
    assert CliRunner().invoke(models_app, ["check"]).exit_code == 0


def test_list_names_the_model() -> None:
    listed = CliRunner().invoke(models_app, ["list"])
    assert listed.exit_code == 0
    assert f"{DEFAULT}: " in listed.output


@pytest.mark.skipif(not tools_installed(), reason="libfst-tools and libfst22-plugins-base are not installed")
def test_new_texts_bring_their_words(tmp_path: Path) -> None:
    """Texts that the dialogues gain are learnt by the lexicon in seconds, without training and without losing a word."""
    texts = tmp_path / "new.yml"
    texts.write_text('greeting: "Witaj, gżegżółko z {place}!"\n', encoding="utf-8")
    model = tmp_path / DEFAULT
    shutil.copytree(MODEL, model)
    before = lexicon(model)
    result = CliRunner().invoke(models_app, ["graph", "--model", str(model), "--dialogues", str(texts)])
    assert result.exit_code == 0, result.output
    assert before | {"gżegżółko"} <= lexicon(model)
    assert problems(model, RECIPES) == []
