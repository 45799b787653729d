"""Files that stock Vosk reads, written byte by byte: the acoustic model and its statistics.

Binary Kaldi: NUL B, tokens each followed by a space, numbers as a length byte and little-endian bytes.
Matrices are kept in 8 bits (CM3), which costs nothing that can be measured.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voice_models.training.libraries import numpy as np

_HALF_LOG: Final = -0.6931472


@dataclass(frozen=True, slots=True)
class Affine:
    """One layer: its name, the nnet3 descriptor of its input, weights (out, in), biases, and the layer it adds to."""

    name: str
    source: str
    weights: Any
    biases: Any
    residual: str | None = None


def write_acoustic_model(path: Path, outputs: Sequence[int], dimension: int, layers: Sequence[Affine]) -> None:
    """Write `am/final.mdl`: a one-state topology for every Kaldi phone, then the network; the last layer is
    log-softmaxed.

    `outputs` holds the network output of Kaldi phone k at index k - 1.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0B" + _transition_model(outputs) + _network(dimension, layers))


def write_statistics(path: Path, mean: Sequence[float], square: Sequence[float]) -> None:
    """Write `am/global_cmvn.stats`, which turns Vosk's online mean normalisation on."""
    count = 1000.0
    sums = " ".join(f"{value * count:.6g}" for value in mean)
    squares = " ".join(f"{value * count:.6g}" for value in square)
    path.write_text(f" [\n  {sums} {count:g}\n  {squares} 0 ]\n")


def _transition_model(outputs: Sequence[int]) -> bytes:
    count = len(outputs)
    topology = [_integers(range(1, count + 1)), _integers([-1, *[0] * count]), _integer(1), _integer(2)]
    topology += [
        _integer(0),
        _integer(2),
        _integer(0),
        _float(0.5),
        _integer(1),
        _float(0.5),
        _integer(-1),
        _integer(0),
    ]
    triples = [number for phone, output in enumerate(outputs, start=1) for number in (_integer(phone), _integer(0), _integer(output))]
    return b"".join(
        (
            *(_token("<TransitionModel>"), _token("<Topology>"), *topology, _token("</Topology>")),
            *(_token("<Triples>"), _integer(count), *triples, _token("</Triples>")),
            *(_token("<LogProbs>"), _vector([0.0] + [_HALF_LOG] * (2 * count)), _token("</LogProbs>")),
            _token("</TransitionModel>"),
        )
    )


def _network(dimension: int, layers: Sequence[Affine]) -> bytes:
    nodes = [f"input-node name=input dim={dimension}"]
    components: list[bytes] = []
    for layer in layers:
        linear = f"{layer.name}.affine"
        nodes.append(f"component-node name={linear} component={linear} input={layer.source}")
        components.append(_component(linear, _affine(layer)))
        source = f"Sum({linear}, {layer.residual})" if layer.residual else linear
        nodes.append(f"component-node name={layer.name} component={layer.name} input={source}")
        kind = "LogSoftmaxComponent" if layer is layers[-1] else "RectifiedLinearComponent"
        components.append(_component(layer.name, _nonlinear(kind, len(layer.biases))))
    nodes.append(f"output-node name=output input={layers[-1].name} objective=linear")
    parts = (
        *(_token("<Nnet3>"), b"\n", "\n".join(nodes).encode(), b"\n\n"),
        *(_token("<NumComponents>"), _integer(len(components)), *components, _token("</Nnet3>")),
        *(
            _token("<LeftContext>"),
            _integer(0),
            _token("<RightContext>"),
            _integer(0),
            _token("<Priors>"),
            _vector([]),
        ),
    )
    return b"".join(parts)


def _component(name: str, body: bytes) -> bytes:
    return _token("<ComponentName>") + _token(name) + body


def _affine(layer: Affine) -> bytes:
    weights, biases = _matrix(layer.weights), _vector(layer.biases)
    parameters = _token("<LinearParams>") + weights + _token("<BiasParams>") + biases
    return _token("<FixedAffineComponent>") + parameters + _token("</FixedAffineComponent>")


def _nonlinear(kind: str, dimension: int) -> bytes:
    averages = _token("<ValueAvg>") + _vector([]) + _token("<DerivAvg>") + _vector([])
    count = _token("<Count>") + b"\x08" + struct.pack("<d", 0.0)  # a double, where all else is single
    return _token(f"<{kind}>") + _token("<Dim>") + _integer(dimension) + averages + count + _token(f"</{kind}>")


def _token(text: str) -> bytes:
    return f"{text} ".encode()


def _integer(value: int) -> bytes:
    return b"\x04" + struct.pack("<i", value)


def _float(value: float) -> bytes:
    return b"\x04" + struct.pack("<f", value)


def _integers(values: Sequence[int]) -> bytes:
    return _integer(len(values)) + struct.pack(f"<{len(values)}i", *values)


def _vector(values: Any) -> bytes:
    array = np.asarray(values, "<f4")
    return b"FV " + _integer(len(array)) + bytes(array.tobytes())


def _matrix(values: Any) -> bytes:
    array = np.asarray(values, "<f4")
    low, span = float(array.min()), max(float(array.max() - array.min()), 1e-6)
    levels = np.clip(np.rint((array - low) / span * 255), 0, 255).astype("u1")
    return b"CM3 " + struct.pack("<ffii", low, span, *array.shape) + bytes(levels.tobytes())
