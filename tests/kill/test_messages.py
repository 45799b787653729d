"""The small edition of the kill program, for every run of the tests."""

from pathlib import Path

import pytest

from tests.kill.messages import run


@pytest.mark.parametrize("seed", [20261120])
def test_kill_9_of_workers_and_web_loses_nothing_sends_nothing_twice_and_cancels_once_x29_r102(tmp_path: Path, seed: int) -> None:
    """Work of a killed worker is back in hand within 60 s: its lease of 30 s must be waited for, so this takes a while."""
    verdict = run(tmp_path, messages=500, replies=40, kills=2, seed=seed, undo_seconds=15)
    assert not verdict.wrong, str(verdict)
