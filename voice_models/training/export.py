"""A trained checkpoint made into the acoustic half of a Vosk model folder.

The blank rules on human speech after training on synthetic: a constant is taken from its logit
(`blank_penalty`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_models.phones import BLANK, KALDI_OUTPUT, WORDLESS
from voice_models.training.features import BINS, MFCC_CONF
from voice_models.training.kaldi_format import Affine, write_acoustic_model, write_statistics
from voice_models.training.libraries import torch
from voice_models.training.network import FIRST_TAPS, SUBSAMPLING, Network, Shape


@dataclass(frozen=True, slots=True)
class Decoding:
    """How Vosk searches and when it thinks that the caller has finished (seconds of trailing silence)."""

    blank_penalty: float = 3.5
    acoustic_scale: float = 0.5
    beam: float = 14.0
    lattice_beam: float = 6.0
    max_active: int = 3000
    frames_per_chunk: int = 6
    silence_after_answer: float = 0.3
    silence_after_part: float = 0.9
    silence_after_anything: float = 1.2


def export(checkpoint: Path, model: Path, decoding: Decoding, shape: Shape | None = None) -> None:
    """Write `am/` and `conf/` of the model folder."""
    kept = torch.load(checkpoint, weights_only=True)
    network = Network(shape or Shape())
    network.modules.load_state_dict(kept["network"])
    network.modules.eval()
    write_acoustic_model(model / "am" / "final.mdl", KALDI_OUTPUT, BINS, _layers(network, decoding))
    write_statistics(model / "am" / "global_cmvn.stats", kept["mean"].tolist(), kept["square"].tolist())
    write_configuration(model, decoding)


def write_configuration(model: Path, decoding: Decoding) -> None:
    """Write `conf/`: how features are computed, how the search runs."""
    (model / "conf").mkdir(parents=True, exist_ok=True)
    (model / "conf" / "mfcc.conf").write_text(MFCC_CONF)
    options = {
        "min-active": 200,
        "max-active": decoding.max_active,
        "beam": decoding.beam,
        "lattice-beam": decoding.lattice_beam,
        "phone-determinize": "false",  # with it, [unk] takes minutes
        "acoustic-scale": decoding.acoustic_scale,
        "frame-subsampling-factor": SUBSAMPLING,
        "frames-per-chunk": decoding.frames_per_chunk,
        "endpoint.silence-phones": ":".join(map(str, WORDLESS)),
        "endpoint.rule2.min-trailing-silence": decoding.silence_after_answer,
        "endpoint.rule3.min-trailing-silence": decoding.silence_after_part,
        "endpoint.rule4.min-trailing-silence": decoding.silence_after_anything,
    }
    lines = [f"--{name}={value}" for name, value in options.items()]
    (model / "conf" / "model.conf").write_text("\n".join(lines) + "\n")


def _layers(network: Network, decoding: Decoding) -> list[Affine]:
    pairs = network.folded()
    layers = [Affine("layer0", _spliced("input", FIRST_TAPS), *pairs[0])]
    for index, (weights, biases) in enumerate(pairs[1:-1]):
        below = f"layer{index}"
        offsets = tuple(SUBSAMPLING * tap for tap in network.shape.taps(index))
        layers.append(Affine(f"layer{index + 1}", _spliced(below, offsets), weights, biases, residual=below))
    weights, biases = pairs[-1]
    return [*layers, Affine("out", layers[-1].name, weights, _penalised(biases, decoding.blank_penalty))]


def _penalised(biases: Any, penalty: float) -> Any:
    lowered = biases.copy()
    lowered[BLANK] -= penalty
    return lowered


def _spliced(source: str, offsets: tuple[int, ...]) -> str:
    parts = (f"Offset({source}, {offset})" if offset else source for offset in offsets)
    return f"Append({', '.join(parts)})"
