"""`cer call`: what it says at its turns, and what it keeps of the call."""

import wave
from pathlib import Path

import numpy as np
import pytest
from typer import Typer
from typer.testing import CliRunner

from channels import caller
from channels.caller import Recording
from channels.late_commands import LateCommands
from voice_models.telephone import FRAME_BYTES, decode, encode

RUNNER = CliRunner()


def _wav(path: Path, rate: int, channels: int = 1) -> Path:
    samples = (8000 * np.sin(np.arange(rate) * 440 * 2 * np.pi / rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(samples, channels).tobytes())
    return path


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 1), (44100, 2)])
def test_a_wav_of_any_rate_becomes_frames_of_20_ms(tmp_path: Path, rate: int, channels: int) -> None:
    frames = caller._answer(str(_wav(tmp_path / "a.wav", rate, channels)))
    assert isinstance(frames, list)
    assert len(frames) == 50
    assert {len(frame) for frame in frames} == {FRAME_BYTES}
    assert np.abs(decode(b"".join(frames))).max() > 6000


def test_words_are_spoken_and_a_key_is_a_key() -> None:
    assert caller._answer("#1") == "1"
    assert len(caller._answer("tak")) > 10


def test_both_sides_are_one_stereo_recording(tmp_path: Path) -> None:
    loud, quiet = encode(np.full(160, 12000, np.int16)), encode(np.zeros(160, np.int16))
    Recording([loud] * 3, [quiet] * 5).write(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, 480)
        sides = np.frombuffer(file.readframes(480), "<i2").reshape(-1, 2)
    assert (np.abs(sides[:, 0]).min() > 11000, np.abs(sides[:, 1]).max() < 100) == (True, True)


def test_a_demonstration_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    app = Typer()
    app.command()(caller.call)
    done = RUNNER.invoke(app, ["--to", "+48523570110", "--url", "http://127.0.0.1:9", "--out", str(tmp_path / "x.wav")])
    assert done.exit_code == 1
    assert done.output.startswith("cer: ")
    assert done.output.count("\n") == 1


def test_it_is_among_the_commands() -> None:
    assert "call" in LateCommands().list_commands(None)
