"""Live recognition: one Vosk model for all calls, a recogniser for each, and how sure its readings are.

Vosk frees the interpreter while it works, so recognisers run in threads. Work that waits is bounded: when the machine cannot keep
up, callers of `Workshop.do` wait, and no memory grows.
"""

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from voice_models.confidence import ALTERNATIVES, UNKNOWN, Alternative, Calibration, alternatives_of, completed, evidence
from voice_models.hearing import Heard, load
from voice_models.stock import vosk
from voice_models.telephone import RATE

LIKELIER: Final = 6
"""How often a likely answer is listed besides: "nie" is then not heard as the "mnie" of some rare sentence. Measured: 2 to 12 do."""
UNPROVEN: Final = 0.3
"""Confidence of a reading that only partial results gave: below every `believe`, so that it is asked back."""
UNCALIBRATED: Final = 0.5
"""Confidence of a reading by a model that has no calibration of its own."""
_UNSCORED: Final = -1e9

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WordList:
    """What is listened for: whole answers, normalised, without [unk]; `likely` are those that most people give."""

    answers: tuple[str, ...]
    likely: tuple[str, ...] = ()

    @property
    def as_json(self) -> str:
        """As Vosk wants it, which counts how often an answer is listed; `ensure_ascii` would make it drop Polish words silently."""
        return json.dumps([*self.answers, *(LIKELIER * self.likely), UNKNOWN], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Guessed:
    """One reading of an utterance; `rejected` when it holds anything unknown. `confidence` 0 to 1."""

    text: str
    confidence: float
    rejected: bool


class Workshop:
    """Threads in which recognisers work, shared by all calls of a process."""

    def __init__(self, threads: int, waiting: int = 64) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ears")
        self._places = asyncio.Semaphore(threads + waiting)

    async def do(self, work: Callable[[], T]) -> T:
        """Do it in a thread; waits for a free place when too much is waiting already."""
        async with self._places:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Finish what was begun and end the threads."""
        self._threads.shutdown()


class Model:
    """A model folder, loaded once. Raises OSError for one that Vosk cannot load."""

    def __init__(self, folder: Path) -> None:
        try:
            self.loaded = load(folder)
        except Exception as error:  # Vosk raises no narrower one
            raise OSError(f"{folder} holds no model that Vosk can load") from error
        self.calibration = _calibration(folder)

    @property
    def believe(self) -> float:
        """From which confidence an answer that takes something away is acted on without asking back."""
        return self.calibration.believe if self.calibration else UNCALIBRATED

    def knows(self, answer: str) -> bool:
        """Whether all its words are in the lexicon."""
        return all(self.loaded.vosk_model_find_word(word) >= 0 for word in answer.split())


def _calibration(folder: Path) -> Calibration | None:
    try:
        return Calibration.of(folder)
    except FileNotFoundError:
        return None


class Recognizer:
    """The recogniser of one call. Not thread-safe: one piece of work at a time."""

    def __init__(self, model: Model, words: WordList) -> None:
        self._model = model
        self._words = words
        self._parts: list[tuple[Alternative, ...]] = []
        self._partial = ""
        self._fed = False
        self._vosk: Any = self._listening()

    def expect(self, words: WordList) -> None:
        """Listen for other words from the next utterance on; only between utterances.

        By another recogniser of Vosk: it costs no more than `SetGrammar`, which keeps 0.1 MB of each list for ever.
        """
        if words != self._words:
            self._words = words
            self._vosk = self._listening()

    def _listening(self) -> Any:
        made = vosk.KaldiRecognizer(self._model.loaded, RATE, self._words.as_json)
        made.SetMaxAlternatives(ALTERNATIVES)
        return made

    def feed(self, pcm: bytes) -> str:
        """Hear 16-bit samples. -> all that was heard of this utterance until now, [unk] included."""
        self._fed = True
        if self._vosk.AcceptWaveform(pcm):
            self._keep(self._vosk.Result())
        else:
            self._partial = json.loads(self._vosk.PartialResult()).get("partial", "") or self._partial
        return self.text

    @property
    def text(self) -> str:
        """Readings of the parts that are done, then what is half heard."""
        done = [part[0].text for part in self._parts if part and part[0].text]
        return " ".join([*done, self._partial] if self._partial else done)

    @property
    def busy(self) -> bool:
        """Whether an utterance is going on."""
        return bool(self._parts or self._fed)

    def settle(self) -> tuple[Guessed, ...]:
        """The final reading of what was heard, best first; empty when nothing was. More may follow and is joined to it."""
        if self._fed:
            self._keep(self._vosk.FinalResult())
            self._fed = False
        heard = Heard(tuple(self._parts), None)
        return self._judged(completed(heard.alternatives, self._words.answers)) if heard.text else ()

    def clear(self) -> None:
        """The utterance is over; the next one begins with nothing."""
        if self._fed:
            self._vosk.FinalResult()
        self._parts, self._partial, self._fed = [], "", False

    def _keep(self, result: str) -> None:
        """A final result that is empty after a good partial keeps the last partial (a known trap of Vosk)."""
        found = tuple(alternatives_of(json.loads(result)))
        if not (found and found[0].text) and self._partial:
            found = (Alternative(self._partial, _UNSCORED),)
        self._partial = ""
        self._parts.append(found)

    def _judged(self, alternatives: Sequence[Alternative]) -> tuple[Guessed, ...]:
        sure = self._sure(alternatives)
        shares = _shares(alternatives[1:])
        rest = [_guessed(other, (1 - sure) * share) for other, share in zip(alternatives[1:], shares, strict=True)]
        return tuple(guess for guess in (_guessed(alternatives[0], sure), *rest) if guess.text or guess.rejected)

    def _sure(self, alternatives: Sequence[Alternative]) -> float:
        best = alternatives[0]
        if best.unknown:
            return 0.0
        if best.score <= _UNSCORED / 2:
            return UNPROVEN
        curve = self._model.calibration
        return curve.probability(evidence(alternatives, curve.furthest)) if curve else UNCALIBRATED


def _guessed(alternative: Alternative, confidence: float) -> Guessed:
    known = " ".join(word for word in alternative.text.split() if word != UNKNOWN)
    return Guessed(known, 0.0 if alternative.unknown else confidence, alternative.unknown)


def _shares(alternatives: Sequence[Alternative]) -> list[float]:
    """How readings share what the best one leaves, by their scores."""
    if not alternatives:
        return []
    best = max(other.score for other in alternatives)
    sizes = [math.exp(max(-30.0, other.score - best)) for other in alternatives]
    return [size / sum(sizes) for size in sizes]
