"""Teaching the network: CTC over copies of the corpus, for a number of steps, resumable after a stop.

The learning rate rises briefly and falls along a cosine. A checkpoint after each epoch keeps weights, optimiser and the
steps already taken.
"""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from voice_models.phones import BLANK
from voice_models.training.corpus_features import Example, learnable, mean_and_square, read_copy
from voice_models.training.features import BINS, online_mean_normalized
from voice_models.training.libraries import numpy as np
from voice_models.training.libraries import torch
from voice_models.training.network import Network, Shape
from voice_models.training.take_up import put_back, read_layers, read_statistics

Report = Callable[[str], None]
FRAMES_PER_BATCH: Final = 9000
WARM_UP_STEPS: Final = 300
"""At most; a short training warms up over a tenth of its steps."""
TEMPO: Final = (0.75, 1.1)
"""How much faster than spoken a clip may be heard: mostly slower, as old people speak."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train (steps of `FRAMES_PER_BATCH`), with how many threads, from which seed, in which shape.

    `half`: multiply in bfloat16, nearly twice as fast where the processor knows it (AVX-512 BF16), half as fast where not.
    """

    steps: int
    threads: int = 2
    seed: int = 3
    half: bool = True
    rate: float = 2e-3
    shape: Shape = field(default_factory=Shape)


class Training:
    """A network being taught: everything a checkpoint keeps."""

    def __init__(self, plan: Plan, mean: Any, square: Any) -> None:
        torch.manual_seed(plan.seed)
        torch.set_num_threads(plan.threads)
        self.plan, self.mean, self.square = plan, mean, square
        self.network = Network(plan.shape)
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=plan.rate, weight_decay=1e-3)
        self.steps, self.epochs = 0, 0

    def save(self, path: Path) -> None:
        """Keep the state, whole or not at all."""
        kept = {
            "network": self.network.modules.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "mean": torch.from_numpy(self.mean),
            "square": torch.from_numpy(self.square),
            "steps": self.steps,
            "epochs": self.epochs,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(kept, unfinished)
        unfinished.replace(path)

    def begin(self, beginning: "Beginning", examples: list[Example]) -> None:
        """Take up a finished model's network, which hears these examples as it did."""
        self.mean, self.square = read_statistics(beginning.model / "am" / "global_cmvn.stats")
        some = random.Random(self.plan.seed).sample(examples, min(len(examples), 400))  # noqa: S311 - not for secrecy
        frames, _ = _stacked(self, some)
        layers = read_layers(beginning.model / "am" / "final.mdl")
        put_back(self.network, layers, frames, blank_penalty=beginning.blank_penalty)

    def load(self, path: Path) -> None:
        """Take up a saved state."""
        kept = torch.load(path, weights_only=True)
        self.network.modules.load_state_dict(kept["network"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.mean, self.square = kept["mean"].numpy(), kept["square"].numpy()
        self.steps, self.epochs = kept["steps"], kept["epochs"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A finished model's folder, and what was taken from its blank when it was exported."""

    model: Path
    blank_penalty: float


def fit(
    copies: Callable[[], list[Path]], checkpoint: Path, plan: Plan, report: Report, *, begin: "Beginning | None" = None
) -> Training:  # fmt: skip
    """Train until the plan's steps are taken. -> the training, also kept in `checkpoint`, where it is
    resumed from.

    `copies` is asked before each epoch, so that copies still being made are used as they come. `begin`: a finished model that is
    taught further instead of a network that knows nothing.
    """
    random.seed(plan.seed)
    first = read_copy(copies()[0])
    training = Training(plan, *mean_and_square(first))
    if checkpoint.exists():
        training.load(checkpoint)
    elif begin is not None:
        training.begin(begin, first)
    while training.steps < plan.steps:
        ready = copies()
        examples = list(learnable(read_copy(ready[training.epochs % len(ready)])))
        loss = _epoch(training, examples, report)
        training.epochs += 1
        training.save(checkpoint)
        done = f"step {training.steps} of {plan.steps}"
        report(f"epoch {training.epochs}: {loss:.3f} nats per sound, {done}")
    return training


def normalized(example: Example, mean: Any, draw: random.Random) -> Any:
    """Features as a call would bring them: hurried or slow, sometimes with speech of the same call already heard."""
    frames = _at_tempo(example.frames.astype(np.float32), draw.uniform(*TEMPO))
    history = draw.randrange(400) if draw.random() < 0.4 else 0
    return online_mean_normalized(frames, mean, history=history, history_mean=frames.mean(0))


def _at_tempo(frames: Any, tempo: float) -> Any:
    """The same throat at another tempo: frames drawn out by interpolation, so old people's slow speech is heard in training too."""
    at = np.arange(0, len(frames) - 1, tempo)
    whole = at.astype(np.int64)
    part = (at - whole).astype(np.float32)[:, None]
    return frames[whole] * (1 - part) + frames[whole + 1] * part


def _epoch(training: Training, examples: list[Example], report: Report) -> float:
    """One pass. -> mean loss for each sound in nats."""
    training.network.modules.train()
    losses: list[float] = []
    for batch in _batches(examples):
        losses.append(_step(training, [examples[index] for index in batch]))
        training.steps += 1
        if training.steps % 200 == 0:
            recent = losses[-200:]
            report(f"step {training.steps}: {sum(recent) / len(recent):.3f} nats per sound")
        if training.steps >= training.plan.steps:
            break
    return sum(losses) / len(losses)


def _step(training: Training, batch: list[Example]) -> float:
    for group in training.optimizer.param_groups:
        group["lr"] = _rate(training)
    frames, lengths = _stacked(training, batch)
    outputs = torch.from_numpy(np.concatenate([example.outputs for example in batch])).long()
    counts = torch.tensor([len(example.outputs) for example in batch])
    with torch.autocast("cpu", torch.bfloat16, enabled=training.plan.half):
        heard = training.network.forward(frames).float().permute(2, 0, 1)
    loss = torch.nn.functional.ctc_loss(heard, outputs, lengths, counts, blank=BLANK, reduction="sum", zero_infinity=True) / counts.sum()
    training.optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(training.network.parameters(), 5.0)
    training.optimizer.step()
    return float(loss.detach())


def _rate(training: Training) -> float:
    falling = max(0.01, 0.5 * (1 + math.cos(math.pi * training.steps / training.plan.steps)))
    warm = min(WARM_UP_STEPS, training.plan.steps // 10 + 1)
    return training.plan.rate * min(1.0, (training.steps + 1) / warm) * falling


def _batches(examples: list[Example]) -> Iterator[list[int]]:
    """Examples of like length together, batches in random order."""
    lengths = [len(example.frames) + random.random() * 40 for example in examples]  # noqa: S311 - shuffling
    order = sorted(range(len(examples)), key=lengths.__getitem__)
    batches: list[list[int]] = [[]]
    for index in order:
        if len(examples[index].frames) * (len(batches[-1]) + 1) > FRAMES_PER_BATCH and batches[-1]:
            batches.append([])
        batches[-1].append(index)
    random.shuffle(batches)
    yield from batches


def _stacked(training: Training, batch: list[Example]) -> tuple[Any, Any]:
    """(batch, 30, past + frames + future), edges repeated as Vosk repeats them, and lengths in output frames."""
    shape, draw = training.plan.shape, random.Random(random.random())  # noqa: S311 - augmentation
    heard = [normalized(example, training.mean, draw) for example in batch]
    longest = max(map(len, heard))
    stacked = np.zeros((len(batch), shape.past + longest + shape.future, BINS), np.float32)
    for row, frames in enumerate(heard):
        end = shape.past + len(frames)
        stacked[row, : shape.past] = frames[0]
        stacked[row, shape.past : end] = frames
        stacked[row, end:] = frames[-1]
        _blotted(stacked[row], shape.past, len(frames))
    lengths = torch.tensor([-(-len(frames) // 3) for frames in heard])
    return torch.from_numpy(stacked).transpose(1, 2), lengths


def _blotted(row: Any, start: int, count: int) -> None:
    """A small random channel, and two short gaps filled with the mean."""
    row += np.random.randn(BINS).astype(np.float32) * 0.5 * (np.arange(BINS) > 0)
    for _ in range(2):
        width, at = random.randint(0, 8), start + random.randint(0, count)  # noqa: S311 - augmentation
        row[at : at + width] = row.mean(0)
