"""The acoustic network: seven layers over time, 120 ms of future, one output each 30 ms.

Residual convolutions that look evenly to both sides at first and only back later: the last sound of a short
answer must not wait for silence to be heard. Only layers that Vosk's nnet3 knows: affine over spliced frames,
ReLU, log-softmax.
"""

from dataclasses import dataclass
from typing import Any, Final

from voice_models.phones import OUTPUTS
from voice_models.training.features import BINS
from voice_models.training.libraries import torch

SUBSAMPLING: Final = 3
FIRST_TAPS: Final = tuple(range(-3, 4))
EVEN, BACK = (-1, 0, 1), (-2, -1, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """Width of the layers, and the spacing of their taps in output frames; the first `even` of them look both ways."""

    width: int = 256
    spacing: tuple[int, ...] = (1, 1, 1, 2, 2, 3)
    even: int = 3

    def taps(self, layer: int) -> tuple[int, ...]:
        """Offsets of a residual layer in output frames of 30 ms."""
        pattern = EVEN if layer < self.even else BACK
        return tuple(step * self.spacing[layer] for step in pattern)

    @property
    def past(self) -> int:
        """Feature frames (10 ms) before a frame that its output depends on."""
        return 3 - SUBSAMPLING * sum(min(self.taps(layer)) for layer in range(len(self.spacing)))

    @property
    def future(self) -> int:
        """Feature frames (10 ms) after a frame that its output depends on."""
        return 3 + SUBSAMPLING * sum(max(self.taps(layer)) for layer in range(len(self.spacing)))


class Network:
    """The layers and their forward pass. Holds torch modules instead of being one: the base class has no types."""

    def __init__(self, shape: Shape) -> None:
        nn = torch.nn
        width, depth = shape.width, len(shape.spacing)
        self.shape = shape
        self.first = nn.Conv1d(BINS, width, len(FIRST_TAPS), stride=SUBSAMPLING, bias=False)
        self.layers = nn.ModuleList(nn.Conv1d(width, width, 3, dilation=d, bias=False) for d in shape.spacing)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(depth + 1))
        self.last = nn.Conv1d(width, OUTPUTS, 1)
        self.dropout = nn.Dropout(0.1)
        self.modules = nn.ModuleDict(
            {
                "first": self.first,
                "layers": self.layers,
                "norms": self.norms,
                "last": self.last,
                "dropout": self.dropout,
            }
        )

    def forward(self, frames: Any) -> Any:
        """(batch, 30, past + frames + future) -> log-probabilities (batch, outputs, frames / 3)."""
        relu = torch.nn.functional.relu
        hidden = relu(self.norms[0](self.first(frames)))
        for index, layer in enumerate(self.layers):
            taps = self.shape.taps(index)
            end = hidden.shape[2] - max(taps)
            kept = hidden[:, :, -min(taps) : end]
            hidden = self.dropout(relu(self.norms[index + 1](layer(hidden)) + kept))
        return torch.nn.functional.log_softmax(self.last(hidden), 1)

    def parameters(self) -> Any:
        """The numbers that training changes."""
        return self.modules.parameters()

    def folded(self) -> list[tuple[Any, Any]]:
        """Weights (out, taps * in) and biases of each layer as numpy, batch norms folded in, the output layer last."""
        pairs = [_fold(layer, norm) for layer, norm in zip([self.first, *self.layers], self.norms, strict=True)]
        last = self.last.weight.detach().numpy()[:, :, 0], self.last.bias.detach().numpy()
        return [*pairs, last]


def _fold(layer: Any, norm: Any) -> tuple[Any, Any]:
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    # (out, in, taps) -> rows of [taps blocks of in], the order in which nnet3's Append() joins whole frames
    weights = (layer.weight * scale[:, None, None]).permute(0, 2, 1).reshape(layer.weight.shape[0], -1)
    return weights.detach().numpy(), (norm.bias - norm.running_mean * scale).detach().numpy()
