"""Listening to whole recordings with stock Vosk: what evaluation, checks and tests share. Live calls listen elsewhere."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice_models.confidence import ALTERNATIVES, Alternative, alternatives_of
from voice_models.stock import vosk

CHUNK_BYTES = 320  # 20 ms at 8 kHz, as a media stream brings it


@dataclass(frozen=True, slots=True)
class Heard:
    """All that was heard in one recording: the parts between pauses, each with its alternatives, best first."""

    parts: tuple[tuple[Alternative, ...], ...]
    ended_after: float | None
    """Seconds of audio after which Vosk said that the speaker had finished for the first time with words; None if never."""

    @property
    def text(self) -> str:
        """The best readings of all parts."""
        return " ".join(part[0].text for part in self.parts if part and part[0].text)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Alternatives for the whole: of the only part with words, or the parts' sums where there are more."""
        spoken = [part for part in self.parts if part and part[0].text]
        if len(spoken) == 1:
            return spoken[0]
        whole = sum(part[0].score for part in spoken)
        swapped = [
            Alternative(self._with(spoken, index, other), whole - part[0].score + other.score)
            for index, part in enumerate(spoken)
            for other in part[1:]
        ]
        best = Alternative(self.text, whole)
        return (best, *sorted(swapped, key=lambda other: -other.score))

    def _with(self, spoken: Sequence[Sequence[Alternative]], index: int, other: Alternative) -> str:
        return " ".join(other.text if at == index else part[0].text for at, part in enumerate(spoken))


def load(model: Path) -> Any:
    """A Vosk model from its folder, without Kaldi's log."""
    vosk.SetLogLevel(-1)
    return vosk.Model(str(model))


def listen(model: Any, pcm: bytes, words: Sequence[str] | None, *, alternatives: int = ALTERNATIVES) -> Heard:
    """Hear 16-bit samples at 8 kHz, in pieces of 20 ms, expecting these words; None listens freely."""
    ears = (
        vosk.KaldiRecognizer(model, 8000, json.dumps(list(words), ensure_ascii=False))
        if words is not None
        else vosk.KaldiRecognizer(model, 8000)
    )
    ears.SetMaxAlternatives(alternatives)
    parts: list[tuple[Alternative, ...]] = []
    ended: float | None = None
    for start in range(0, len(pcm), CHUNK_BYTES):
        if ears.AcceptWaveform(pcm[start : start + CHUNK_BYTES]):
            part = tuple(alternatives_of(json.loads(ears.Result())))
            parts.append(part)
            if ended is None and part and part[0].text:
                ended = min(start + CHUNK_BYTES, len(pcm)) / 16000
    parts.append(tuple(alternatives_of(json.loads(ears.FinalResult()))))
    return Heard(tuple(parts), ended)


def lexicon(model: Path) -> frozenset[str]:
    """The words a model folder knows."""
    lines = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.rpartition(" ")[0] for line in lines) - {"<eps>"}
