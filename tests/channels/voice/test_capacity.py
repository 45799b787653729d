"""Issue 5: the limit of calls is measured when a process starts, and follows from what was measured."""

from time import perf_counter

import pytest

from channels.voice.capacity import bearable, ear_shares
from channels.voice.listening import build_ears
from voice_models.catalogue import models_in


def test_the_real_ears_are_measured_within_the_start() -> None:
    ears = build_ears(models_in(None), threads=1)
    began = perf_counter()
    spoken, silent = ear_shares(ears)
    took = perf_counter() - began
    ears.close()
    assert 0 < silent < spoken
    assert took < 20  # a second or less on a machine that does nothing else


@pytest.mark.parametrize(
    ("shares", "cores", "calls"), [((0.03, 0.003), 1, 29), ((0.03, 0.003), 0.5, 14), ((0.3, 0.03), 1, 5), ((9, 9), 1, 1)]
)
def test_slower_ears_and_fewer_cores_bear_fewer_calls(shares: tuple[float, float], cores: float, calls: int) -> None:
    assert bearable(shares, cores) == calls
