"""A finished model's network as the beginning of further training, when its checkpoint is gone.

A model folder keeps folded weights in 8 bits. Batch norms are put back such that the network computes what it did: each is given
the mean and the spread that its layer has on the examples, and a scale and offset that undo them.
"""

import struct
from pathlib import Path
from typing import Any, Final

from voice_models.phones import BLANK
from voice_models.training.libraries import numpy as np
from voice_models.training.libraries import torch
from voice_models.training.network import Network

_WEIGHTS: Final = b"<LinearParams> CM3 "
_BIASES: Final = b"<BiasParams> FV "


def read_layers(acoustic_model: Path) -> list[tuple[Any, Any]]:
    """Weights (out, taps * in) and biases of each layer of an `am/final.mdl` written here, the output layer last."""
    parts = acoustic_model.read_bytes().split(_WEIGHTS)[1:]
    return [(_matrix(part), _vector(part.partition(_BIASES)[2])) for part in parts]


def read_statistics(statistics: Path) -> tuple[Any, Any]:
    """Mean and mean square of the features from `am/global_cmvn.stats`."""
    rows = statistics.read_text().replace("[", "").replace("]", "").strip().splitlines()
    sums, squares = (np.array(row.split(), float) for row in rows)
    return sums[:-1] / sums[-1], squares[:-1] / sums[-1]


def put_back(network: Network, layers: list[tuple[Any, Any]], frames: Any, *, blank_penalty: float) -> None:
    """Give the network these layers; `frames` (batch, 30, time) are what it usually hears."""
    _with_identity_norms(network, layers[:-1])
    weights, biases = layers[-1]
    network.last.weight.data = torch.from_numpy(weights)[:, :, None]
    network.last.bias.data = torch.from_numpy(biases)
    network.last.bias.data[BLANK] += blank_penalty
    for norm, (mean, variance) in zip(network.norms, _spreads(network, frames), strict=True):
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data = torch.sqrt(variance + norm.eps)
        norm.bias.data += mean


def _with_identity_norms(network: Network, layers: list[tuple[Any, Any]]) -> None:
    for layer, norm, (weights, biases) in zip([network.first, *network.layers], network.norms, layers, strict=True):
        out, inputs, taps = layer.weight.shape
        layer.weight.data = torch.from_numpy(weights).reshape(out, taps, inputs).permute(0, 2, 1).contiguous()
        norm.running_var.fill_(1.0 - norm.eps)
        norm.bias.data = torch.from_numpy(biases)


def _spreads(network: Network, frames: Any) -> list[tuple[Any, Any]]:
    """Mean and variance of each convolution's output, channel by channel."""
    found: list[tuple[Any, Any]] = []

    def keep(_layer: Any, _heard: Any, said: Any) -> None:
        found.append((said.mean((0, 2)), said.var((0, 2))))

    hooks = [layer.register_forward_hook(keep) for layer in (network.first, *network.layers)]
    network.modules.eval()
    with torch.no_grad():
        network.forward(frames)
    for hook in hooks:
        hook.remove()
    return found


def _matrix(part: bytes) -> Any:
    low, span, rows, columns = struct.unpack_from("<ffii", part)
    levels = np.frombuffer(part, "u1", rows * columns, 16).reshape(rows, columns)
    return (levels.astype(np.float32) * (span / 255) + low).astype(np.float32)


def _vector(part: bytes) -> Any:
    (count,) = struct.unpack_from("<i", part, 1)
    return np.frombuffer(part, "<f4", count, 5).copy()
