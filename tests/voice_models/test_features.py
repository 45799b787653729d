"""Cepstra against Kaldi's own definition, written plainly; the mean normalisation against a loop."""

import math

import pytest

np = pytest.importorskip("numpy", reason="the training extra is not installed")
for _library in ("torch", "soundfile", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.training.features import cepstra, online_mean_normalized  # noqa: E402


def plain_cepstra(frame: list[float]) -> list[float]:
    """One 25 ms frame, straight from the definition: no vectors, no fast transform."""
    mean = sum(frame) / len(frame)
    centred = [sample - mean for sample in frame]
    sharpened = [sample - 0.97 * centred[max(0, at - 1)] for at, sample in enumerate(centred)]
    shaped = [sample * (0.5 - 0.5 * math.cos(2 * math.pi * at / 199)) ** 0.85 for at, sample in enumerate(sharpened)]
    power = []
    for bin_ in range(128):
        angle = -2 * math.pi * bin_ / 256
        power.append(abs(sum(sample * complex(math.cos(angle * at), math.sin(angle * at)) for at, sample in enumerate(shaped))) ** 2)

    def mel(frequency: float) -> float:
        return 1127 * math.log(1 + frequency / 700)

    step = (mel(3800) - mel(60)) / 31
    logs = []
    for channel in range(30):
        left, centre, right = (mel(60) + (channel + offset) * step for offset in range(3))
        energy = 0.0
        for bin_, value in enumerate(power):
            heard = mel(bin_ * 8000 / 256)
            if left < heard < right:
                slope = (heard - left) / (centre - left) if heard <= centre else (right - heard) / (right - centre)
                energy += slope * value
        logs.append(math.log(max(energy, 1.1920928955078125e-07)))
    out = []
    for index in range(30):
        scale = math.sqrt((1 if index == 0 else 2) / 30)
        total = sum(value * math.cos(math.pi / 30 * (at + 0.5) * index) for at, value in enumerate(logs))
        out.append(scale * total * (1 + 11 * math.sin(math.pi * index / 22)))
    return out


def test_cepstra_follow_the_definition() -> None:
    draw = np.random.default_rng(4)
    samples = np.rint(draw.normal(0, 3000, 520) + 5000 * np.sin(np.arange(520) / 4))
    found = cepstra(samples)
    assert found.shape == (5, 30)
    for frame in (0, 4):
        expected = plain_cepstra([float(sample) for sample in samples[80 * frame : 80 * frame + 200]])
        assert np.allclose(found[frame], expected, atol=0.02)


def test_cepstra_equal_kaldis() -> None:
    knf = pytest.importorskip("kaldi_native_fbank", reason="the training extra is not installed")
    options = knf.MfccOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither, options.frame_opts.snip_edges = 8000, 0.0, True
    options.use_energy, options.num_ceps, options.mel_opts.num_bins = False, 30, 30
    options.mel_opts.low_freq, options.mel_opts.high_freq = 60, -200
    kaldi = knf.OnlineMfcc(options)
    samples = np.random.default_rng(9).normal(0, 2500, 8000).astype(np.float32)
    kaldi.accept_waveform(8000, samples)
    kaldi.input_finished()
    expected = np.stack([kaldi.get_frame(at) for at in range(kaldi.num_frames_ready)])
    assert np.allclose(cepstra(samples), expected, atol=0.01)


def test_a_longer_throat_is_another_sound() -> None:
    samples = np.random.default_rng(1).normal(0, 2000, 800)
    assert not np.allclose(cepstra(samples, tract=1.1), cepstra(samples), atol=0.5)
    assert cepstra(samples[:100]).shape == (0, 30)


@pytest.mark.parametrize("history", [0, 150])
def test_mean_normalisation_follows_kaldis_window(history: int) -> None:
    """Six seconds of window, begun with 200 frames of the global mean after what was heard before."""
    draw = np.random.default_rng(2)
    frames, mean, before = draw.normal(3, 1, (700, 2)), np.array([1.0, -1.0]), np.array([2.0, 2.0])
    found = online_mean_normalized(frames, mean, history=history, history_mean=before)
    for at in (0, 10, 500, 699):
        window = frames[max(0, at - 599) : at + 1]
        borrowed = min(history, 600 - len(window))
        prior = min(200, 600 - len(window) - borrowed)
        total = window.sum(0) + borrowed * before + prior * mean
        assert np.allclose(found[at], frames[at] - total / (len(window) + borrowed + prior), atol=1e-4)
