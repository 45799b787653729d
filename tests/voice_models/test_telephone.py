"""Issue 5: telephone audio is G.711 to the bit, and nothing is lost or added on the way from a synthesizer to the line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_models.telephone import FRAME_BYTES, PEAK_DBFS, RATE, SPOKEN_DBFS, decode, encode, level, levelled, resampled, whole_frames


def by_the_standard(code: int) -> int:
    """G.711's table 2, segment by segment: complemented bits, chord ends at 31, 95, 223, 479 … times four, steps of 2 to 256."""
    bits = code ^ 0xFF
    chord, step = bits >> 4 & 7, bits & 15
    lowest = 0 if chord == 0 else sum(16 * 2 ** (below + 1) for below in range(chord)) - 1
    size = 2 * step * 2**chord + (2**chord if chord else 0) + lowest if chord else 2 * step
    return 4 * size * (-1 if bits & 0x80 else 1)


@pytest.mark.parametrize(
    ("code", "sample"),
    [(0x00, -32124), (0x80, 32124), (0xFF, 0), (0x7F, 0), (0x7E, -8), (0xFE, 8), (0x8F, 16764), (0xEF, 132), (0xF0, 120), (0x0F, -16764)],
)
def test_known_codes(code: int, sample: int) -> None:
    assert decode(bytes([code]))[0] == sample


def test_every_code_means_what_the_standard_says() -> None:
    assert [int(sample) for sample in decode(bytes(range(256)))] == [by_the_standard(code) for code in range(256)]


def test_every_code_comes_back() -> None:
    """All but minus nothing, which is nothing."""
    codes = bytes(range(256))
    assert encode(decode(codes)) == codes.replace(b"\x7f", b"\xff")


@given(st.integers(-32124, 32124))
def test_a_sample_becomes_the_nearest_code(sample: int) -> None:
    coded = int(decode(encode(np.array([sample], np.int16)))[0])
    nearest = min(abs(by_the_standard(code) - sample) for code in range(256))
    assert abs(coded - sample) <= 2 * nearest + 4  # where two segments meet the standard does not decide halfway


@pytest.mark.parametrize("hertz", [200, 1000, 3000])
def test_a_tone_keeps_its_pitch_and_loudness(hertz: int) -> None:
    tone = np.rint(10000 * np.sin(2 * np.pi * hertz * np.arange(22050) / 22050)).astype(np.int16)
    expected = 10000 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)
    heard = resampled(tone, 22050)
    assert len(heard) == RATE
    assert np.abs(heard - expected)[200:-200].max() < 60


def test_what_a_telephone_cannot_carry_does_not_fold_back() -> None:
    tone = np.rint(10000 * np.sin(2 * np.pi * 5000 * np.arange(22050) / 22050)).astype(np.int16)
    assert np.abs(resampled(tone, 22050))[200:-200].max() < 30


@given(st.floats(0.002, 0.9), st.integers(0, 2**32 - 1))
def test_speech_comes_out_at_one_level_and_is_never_cut(loudness: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    speech = (np.sin(np.arange(8000) * 0.3) * draw.uniform(0.3, 1, 8000) * loudness * 32767).astype(np.int16)
    even = levelled(speech)
    assert abs(level(even) - SPOKEN_DBFS) < 1
    assert np.abs(levelled(speech, 12.0).astype(int)).max() <= 32768 * 10 ** (PEAK_DBFS / 20) + 1


def test_nothing_stays_nothing() -> None:
    silence = np.zeros(100, np.int16)
    assert not levelled(silence).any()
    assert level(silence) == -120
    assert len(resampled(np.zeros(0, np.int16), 22050)) == 0


@given(st.binary(max_size=500))
def test_frames_are_whole(audio: bytes) -> None:
    whole = whole_frames(audio)
    assert whole.startswith(audio)
    assert len(whole) % FRAME_BYTES == 0
    assert len(whole) - len(audio) < FRAME_BYTES
