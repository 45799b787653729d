"""Issue 5: our own voice that comes back from the line is no caller, coughs and hums over it stop nothing, and a caller is let in.

The bot says the very words that it listens for; heard as answers, its echo would confirm and cancel by itself (D7).
"""

import asyncio
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from channels.voice.listening import Ears, build_ears
from channels.voice.ports import FRAME_BYTES, Answer, Heard, Onset
from tests.bench.voice.lines import Line, Said, call, cough, hum, nothing, played
from tests.channels.voice.callers import Recorded, spoken
from voice_models.catalogue import models_in
from voice_models.telephone import Samples

LINES = {"hybrid": Line(25, echo_db=22), "room": Line(25, 0, 0, 14, 300, 0.2)}
LEARNS_MS = 4000  # our first words, which nobody can interrupt


@pytest.fixture(scope="module")
def ears() -> Iterator[Ears]:
    shared = build_ears(models_in(None), threads=1)
    yield shared
    shared.close()


@cache
def bot() -> Samples:
    return spoken("Czy ten termin pasuje? Proszę powiedzieć: tak. Albo: odwołuję.", "pl", 140)


def over_the_bot(ears: Ears, what: Said, line: Line, seed: int) -> tuple[Recorded, list[Heard]]:
    """What is heard of a caller while the bot speaks all the time, and comes back."""
    recorded = call([what], line, np.random.default_rng(seed), before_ms=LEARNS_MS, bot=bot())
    ours = played(bot(), len(recorded.audio))

    async def listen() -> list[Heard]:
        listener = ears.listener()
        listener.expect("reminder", language="pl")
        listener.speaking(True)
        heard: list[Heard] = []
        for at in range(0, len(recorded.audio), FRAME_BYTES):
            heard += await listener.hear(recorded.audio[at : at + FRAME_BYTES], ours[at : at + FRAME_BYTES])
        await listener.close()
        return heard

    return recorded, asyncio.run(listen())


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("make", [nothing, cough, hum])
def test_neither_its_own_words_nor_a_cough_nor_mhm_stop_the_bot_d7(ears: Ears, make: object, line: str) -> None:
    for seed in range(3):
        assert callable(make)
        assert over_the_bot(ears, make(np.random.default_rng(seed)), LINES[line], seed)[1] == []


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("text", ["tak", "nie", "odwołuję wizytę"])
def test_a_caller_is_let_in_over_the_echo(ears: Ears, text: str, line: str) -> None:
    recorded, heard = over_the_bot(ears, Said(text, "pl+f4", spoken(text, "pl+f4", 150).astype(float)), LINES[line], 1)
    assert isinstance(heard[0], Onset)
    assert 0 <= heard[0].at_ms - recorded.spoken[0][0] <= 240
    assert [event.guesses[0].text for event in heard if isinstance(event, Answer)] == [text]
