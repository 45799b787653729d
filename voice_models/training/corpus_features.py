"""Every training clip as a call, several times over: the step between speech and training, and its file
format.

A copy is one pass over all clips with its own chance: another line, room, noise and throat for each. Copies
are made by processes, kept as files, and skipped when they exist; training reads whichever are there.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from voice_models.g2p import phones
from voice_models.phones import NOISE, OUTPUT, SILENCE
from voice_models.training.clips import Clip
from voice_models.training.features import cepstra
from voice_models.training.libraries import numpy as np
from voice_models.training.strings import String, Strings
from voice_models.training.telephone import noise_only, telephoned

NOISE_SHARE: Final = 0.05
"""Calls without words, as a share of the clips."""


@dataclass(frozen=True, slots=True)
class Example:
    """Cepstra (frames, 30) as float16 and the outputs that the network should name, in order."""

    frames: Any
    outputs: Any


def target(*groups: str, noise_before: bool = False, noise_after: bool = False) -> list[int]:
    """What a call should be heard as: silence, perhaps a noise, the sounds with a silence between two groups, perhaps a noise, silence."""
    apart = [[SILENCE, *(OUTPUT[phone] for phone in phones(text))] for text in groups]
    sounds = [output for group in apart for output in group][1:]
    before = [SILENCE, NOISE, SILENCE] if noise_before else [SILENCE]
    after = [SILENCE, NOISE, SILENCE] if noise_after else [SILENCE]
    return [*before, *sounds, *after] if sounds else before


def make_copy(clips: list[Clip], number: int, folder: Path, *, processes: int = 1, strings: float = 0.0) -> Path:
    """Write copy `number` of all clips into the folder, unless it is there. -> its file.

    `strings`: calls with numbers in groups beside the clips (`Strings`), as a share of them.
    """
    done = folder / f"copy-{number}.npz"
    if done.exists():
        return done
    folder.mkdir(parents=True, exist_ok=True)
    jobs = range(len(clips) + int(NOISE_SHARE * len(clips)))
    numbers = Strings(clips)
    further = range(len(jobs), len(jobs) + int(strings * len(clips)) if numbers.any else len(jobs))
    with ProcessPoolExecutor(processes) as pool:
        examples = list(pool.map(partial(_example, clips, number), jobs, chunksize=64))
        examples += pool.map(partial(_string, clips, numbers, number), further, chunksize=64)
    unfinished = folder / f"copy-{number}.unfinished.npz"
    _save(examples, unfinished)
    os.replace(unfinished, done)  # noqa: PTH105 - atomic, as Path.replace; named for what it promises
    return done


def read_copy(path: Path) -> list[Example]:
    """The examples of one copy."""
    with np.load(path) as kept:
        frames, outputs = kept["frames"], kept["outputs"]
        ends, output_ends = kept["ends"], kept["output_ends"]
    starts = zip([0, *ends[:-1]], ends, [0, *output_ends[:-1]], output_ends, strict=True)
    return [Example(frames[a:b], outputs[c:d]) for a, b, c, d in starts]


def mean_and_square(examples: list[Example]) -> tuple[Any, Any]:
    """Mean and mean square of each cepstrum over all frames: Kaldi's global statistics."""
    total = np.zeros(2)
    frames = 0
    for example in examples:
        wide = example.frames.astype(np.float64)
        total = total + np.stack([wide.sum(0), (wide**2).sum(0)]) if frames else np.stack([wide.sum(0), (wide**2).sum(0)])
        frames += len(wide)
    return total[0] / frames, total[1] / frames


def _example(clips: list[Clip], number: int, job: int) -> Example:
    draw = np.random.default_rng([number, job])
    if job >= len(clips):
        samples, sudden = noise_only(draw, others=partial(_another, clips))
        return Example(cepstra(samples).astype(np.float16), np.array(target("", noise_before=sudden), np.int16))
    return _called(clips, String(clips[job].samples(), (clips[job].text,)), draw)


def _string(clips: list[Clip], strings: Strings, number: int, job: int) -> Example:
    draw = np.random.default_rng([number, job])
    return _called(clips, strings.drawn(draw), draw)


def _called(clips: list[Clip], said: String, draw: Any) -> Example:
    call = telephoned(said.samples, draw, others=partial(_another, clips))
    outputs = target(*said.groups, noise_before=call.noise_before, noise_after=call.noise_after)
    heard = cepstra(call.samples, tract=float(draw.uniform(0.9, 1.12)))
    return Example(heard.astype(np.float16), np.array(outputs, np.int16))


def _another(clips: list[Clip], draw: Any) -> Any:
    return clips[draw.integers(len(clips))].samples()


def _save(examples: list[Example], path: Path) -> None:
    np.savez(
        path,
        frames=np.concatenate([example.frames for example in examples]),
        outputs=np.concatenate([example.outputs for example in examples]),
        ends=np.cumsum([len(example.frames) for example in examples]),
        output_ends=np.cumsum([len(example.outputs) for example in examples]),
    )


def learnable(examples: list[Example]) -> Iterator[Example]:
    """The examples long enough for their outputs: CTC needs a frame for each, and a blank between two alike."""
    for example in examples:
        repeats = int((example.outputs[1:] == example.outputs[:-1]).sum())
        if len(example.frames) >= 30 and -(-len(example.frames) // 3) > len(example.outputs) + repeats:
            yield example
