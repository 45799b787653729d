"""Issue 5: the mouth speaks, survives a crash of its process, says when it cannot, and keeps what is fixed."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.voice.ports import FRAME_BYTES, Manner
from channels.voice.speaking import CachedSpeaker, as_read, clauses, day_sentences, fixed_sentences
from dialogs.wording import speech
from dialogs.wording.facts import LANGUAGES, Language
from voice_models.spoken_cache import SpokenCache, key_of
from voice_models.synthesizer import CommandVoice, EspeakVoice, Style, SynthesisError, plugged_in
from voice_models.telephone import SPOKEN_DBFS, Samples, decode, level

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def spoken_by(voice: EspeakVoice | CommandVoice, *texts: str, style: Style | None = None) -> list[Samples]:
    async def speak() -> list[Samples]:
        try:
            return [await voice.speak(text, style or Style()) for text in texts]
        finally:
            await voice.close()

    return asyncio.run(speak())


@pytest.mark.parametrize(("language", "text"), [("pl", "Dzień dobry."), ("uk", "Добрий день."), ("en", "Good morning.")])
def test_speaks_each_language(language: str, text: str) -> None:
    [samples] = spoken_by(EspeakVoice(), text, style=Style(language))
    assert 0.4 < len(samples) / 8000 < 3
    assert level(samples) > -40


def test_slower_is_longer() -> None:
    quick, slow = (spoken_by(EspeakVoice(), "Proszę powiedzieć tak albo nie.", style=Style("pl", rate))[0] for rate in (140, 96))
    assert len(slow) > 1.2 * len(quick)


def test_a_dead_process_is_started_again(tmp_path: Path) -> None:
    """The first process dies of its first order; the second speaks."""
    died = tmp_path / "died"
    stumbling = f"import pathlib, runpy; p = pathlib.Path({str(died)!r})\nif not p.exists(): p.touch(); input(); raise SystemExit(1)\n"
    command = (sys.executable, "-c", stumbling + "runpy.run_module('voice_models.espeak_worker', run_name='__main__')")
    [samples] = spoken_by(EspeakVoice(command), "tak")
    assert died.exists()
    assert len(samples) > 1000


def test_what_was_spoken_stays_on_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """X34: the process ends by a kill; a file of its own stayed behind each time, with the last sentence in it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    first, second = spoken_by(EspeakVoice(), "Wizyta jest odwołana, pani Zofio.", "tak")
    assert len(first) > 2 * len(second)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_cannot_speak_is_an_error() -> None:
    with pytest.raises(SynthesisError):
        spoken_by(EspeakVoice((sys.executable, "-c", "raise SystemExit(1)")), "tak")


def test_callers_at_the_same_time_get_their_own_words() -> None:
    async def both() -> list[Samples]:
        voice = EspeakVoice()
        try:
            return list(await asyncio.gather(*(voice.speak(text, Style()) for text in ("tak", "do widzenia", "tak"))))
        finally:
            await voice.close()

    first, other, again = asyncio.run(both())
    assert abs(len(first) - len(again)) < 200
    assert len(other) > 1.3 * len(first)


def test_any_command_can_speak(tmp_path: Path) -> None:
    """Piper and RHVoice are such commands: text on standard input, a WAV file on standard output."""
    program = (
        "import sys, wave\nwith wave.open(sys.stdout.buffer, 'wb') as f:\n f.setparams((1, 2, 16000, 0, 'NONE', ''))\n"
        " f.writeframes(b'\\x00\\x10' * 1600 * len(sys.stdin.read()))\n"
    )
    [samples] = spoken_by(CommandVoice("other", (sys.executable, "-c", program)), "tak")
    assert len(samples) == 2400


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('no sound')"])
def test_a_command_without_a_wav_is_an_error(program: str) -> None:
    with pytest.raises(SynthesisError):
        spoken_by(CommandVoice("broken", (sys.executable, "-c", program)), "tak")


def test_a_missing_program_is_an_error() -> None:
    with pytest.raises(SynthesisError):
        spoken_by(CommandVoice("none", ("no-such-program-here",)), "tak")


def test_a_folder_chooses_the_program(tmp_path: Path) -> None:
    (tmp_path / "magda").mkdir()
    assert plugged_in(tmp_path / "magda").command[:3] == ("RHVoice-test", "--profile", "magda")
    (tmp_path / "pl_PL.onnx").touch()
    assert plugged_in(tmp_path).command[0] == "piper"
    with pytest.raises(FileNotFoundError):
        plugged_in(tmp_path / "nothing")


class Counting:
    """A voice that counts what it is asked for; as loud as its text is long."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def speak(self, text: str, style: Style) -> Samples:
        self.asked.append(text)
        return (np.sin(np.arange(800 + 10 * len(text)) * 0.5) * 100 * len(text)).astype(np.int16)

    async def close(self) -> None:
        pass


def heard(speaker: CachedSpeaker, text: str, manner: Manner | None = None) -> bytes:
    async def listen() -> bytes:
        return b"".join([piece async for piece in speaker.say(text, manner or Manner())])

    return asyncio.run(listen())


def run(work: Callable[[], Awaitable[int]]) -> int:
    async def outer() -> int:
        return await work()

    return asyncio.run(outer())


def test_a_sentence_is_whole_frames_at_one_level_and_spoken_once() -> None:
    voice = Counting()
    speaker = CachedSpeaker(voice, SpokenCache(None))
    audio = heard(speaker, "Dzień dobry. Tu rejestracja, mówi automat.")
    assert len(audio) % FRAME_BYTES == 0
    assert abs(level(decode(audio)) - SPOKEN_DBFS) < 1.5
    assert heard(speaker, "Dzień dobry. Tu rejestracja, mówi automat.") == audio
    assert voice.asked == ["Dzień dobry.", "Tu rejestracja,", "mówi automat."]


def test_louder_is_louder_and_kept_apart() -> None:
    speaker = CachedSpeaker(Counting(), SpokenCache(None))
    plain, loud = (level(decode(heard(speaker, "Dzień dobry", Manner(louder=wishes)))) for wishes in (0, 1))
    assert 3 < loud - plain < 5


def test_fixed_sentences_outlive_the_process_and_others_do_not(tmp_path: Path) -> None:
    """What is said to a patient about a visit is kept on no disk (R96)."""
    speaker = CachedSpeaker(Counting(), SpokenCache(tmp_path))
    assert run(lambda: speaker.prepare(["Dzień dobry."], "pl")) == 1
    heard(speaker, "Pani Helena ma wizytę.")
    assert len(list(tmp_path.iterdir())) == 1
    voice = Counting()
    later = CachedSpeaker(voice, SpokenCache(tmp_path))
    assert run(lambda: later.prepare(["Dzień dobry."], "pl")) == 0
    heard(later, "Dzień dobry.")
    assert voice.asked == []


def test_memory_is_bounded() -> None:
    cache = SpokenCache(None, memory_bytes=1000)
    for number in range(10):
        cache.remember(key_of(number), bytes(300))
    assert [number for number in range(10) if cache.find(key_of(number)) is not None] == [7, 8, 9]


@pytest.mark.parametrize("language", LANGUAGES)
def test_moments_are_spoken_from_what_was_prepared(language: Language) -> None:
    """Every clause of a coming visit's moment is among the day's sentences."""
    prepared = {clause for text in day_sentences(NOW.date(), language) for clause in clauses(text)}
    at = NOW.replace(hour=10, minute=20)
    moment = speech.moment(at, language)
    assert {clause for text in (f"{moment}.", f"{moment:on}.") for clause in clauses(text)} <= prepared


@pytest.mark.parametrize("language", LANGUAGES)
def test_fixed_sentences_hold_nothing_to_fill_in(language: Language) -> None:
    fixed = list(fixed_sentences(language))
    assert len(fixed) > 50
    assert not any("{" in text for text in fixed)


@given(st.text())
def test_cutting_loses_no_letter(text: str) -> None:
    kept = [char for char in text if char.isalnum()]
    assert [char for part in clauses(text) for char in part if char.isalnum()] == kept


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Internetowe Konto IKP.", "Internetowe Konto i ka pe ."), ("kod z SMS", "kod z es em es"), ("numer PESEL,", "numer PESEL,"),
        ("ulica Skłodowskiej-Curie", "ulica Skłodowskiej Curie"), ("Wizyta A", "Wizyta A"), ("aplikacja mojeIKP", "aplikacja moje i ka pe"),
        ("w środę,", "wśrodę,"), ("W Łodzi", "Włodzi"), ("sala w IKP", "sala w i ka pe"), ("pokój w 5", "pokój w 5"),
    ],
)  # fmt: skip
def test_what_espeak_misreads_is_respelled(written: str, read: str) -> None:
    """Heard by listening to its phonemes: "IKP" came out as one syllable, "SMS" without a vowel, "w niedzielę" as "ł niedzielę"."""
    assert as_read(written, "pl") == read
    assert as_read(written, "en") == written
