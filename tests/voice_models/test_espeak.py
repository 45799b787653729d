"""espeak-ng speaks for several users at once, and its death costs nothing but the time of a new start."""

import os
import signal

import pytest

from voice_models.espeak import Espeak


def test_two_users_do_not_take_each_others_sound() -> None:
    """In one process the library had one callback: the first got silence as soon as there was a second, or a crash when it was gone."""
    first = Espeak()
    second = Espeak()
    assert len(first.speak("tak", "pl")) > 2_000
    assert len(second.speak("nie", "pl+f3")) > 2_000
    del second
    assert len(first.speak("odwołuję", "pl+m7")) > 2_000
    assert first.rate == 22_050


def test_the_same_texts_in_the_same_order_sound_the_same() -> None:
    one, other = Espeak(), Espeak()
    for text, voice in (("tak", "pl+f4"), ("nie", "pl+Andy"), ("piątek", "pl")):
        assert one.speak(text, voice) == other.speak(text, voice)


def test_a_dead_process_is_replaced() -> None:
    espeak = Espeak()
    before = espeak._process.pid
    os.kill(before, signal.SIGKILL)
    assert len(espeak.speak("tak", "pl")) > 2_000
    assert espeak._process.pid != before


def test_an_unknown_voice_is_refused_and_the_next_text_spoken() -> None:
    espeak = Espeak()
    with pytest.raises(LookupError, match="xx"):
        espeak.speak("tak", "xx")
    assert len(espeak.speak("tak", "pl")) > 2_000
