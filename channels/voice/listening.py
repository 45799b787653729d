"""The ears of a call: voice activity, the end of an answer, and Vosk in threads, behind `ports.Listener`.

Everything is decided in audio time: `hear` waits for the recognition of what it was given, so that a call replayed from a file
takes the same decisions however slow the machine is.
"""

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from channels.voice.endpointing import Endpointer, Voice
from channels.voice.fullness import Expected, Fullness
from channels.voice.ports import FRAME_BYTES, Answer, Guess, Heard, Onset
from channels.voice.words import BACKCHANNEL, answers, likely
from dialogs.understanding.reading import Asked
from dialogs.wording.facts import Language
from voice_models import activity
from voice_models.activity import Activity, Sound
from voice_models.recognizer import Guessed, Model, Recognizer, WordList, Workshop
from voice_models.telephone import SILENCE, Samples, decode
from voice_models.usable import proven

SPEAKS: Final = 0.5
STILL_SPEAKS: Final = 0.2
"""Silero's probability from which speech begins, and down to which it goes on while the sound is loud enough: Silero itself goes on for
up to 200 ms after the last sound."""
AUDIBLE_DB: Final = 5.0
AUDIBLE_SHARE: Final = 0.3
"""Loud enough: so far above the line's noise, and this share (in dB) of the way up to the loudest sound of the utterance."""
BREATH_SHARE: Final = 0.5
"""What is neither voiced nor hisses must be louder: a line's noise that is let through along with the speech stays for a while after it."""
VOWEL: Final = 0.65
VOWEL_DB: Final = 12.0
VOWEL_SHARE: Final = 0.6
VOWEL_FRAMES: Final = 2
"""A vowel, so voiced and so loud for 40 ms, is speech whatever Silero thinks of it: a short "tak" at the beginning of a call, or in noise,
is missed otherwise. No cough is so voiced (measured: 99 of 100 frames below 0.55, half of all speech above 0.88)."""
OPEN_MOUTH_DB: Final = -9.0
HALF_OPEN_DB: Final = -13.5
"""An "a" is wide open, an "o" half; a hummed "m" stays below both. Half open counts half."""
VOICED: Final = 0.35
VOICED_OVER: Final = 0.45
"""How voiced a sound must be to be meant; more while the bot speaks, when what is left of its echo makes a cough look like speech."""
HISSES_DB: Final = 6.0
HISS_SPEECH, HISS_SURE = 0.3, 0.5
"""An "s" or "sz" before the first vowel counts half too, where Silero is sure of speech all of it: nobody coughs or hums one."""
BEFORE_FRAMES: Final = 30
"""How much the recogniser hears from before the voice was noticed: 600 ms, for soft first sounds, and because the model measures the
line's noise first. Measured at 10 dB of noise: 27 of 30 short answers right with 240 ms, all of them with 600."""
EACH_FRAMES: Final = 3
LEAST_PLAUSIBLE: Final = 0.1
"""Confidence below which a further reading is not passed on."""
LEAST_OVER_MS: Final = 40
"""Words that nobody seems to have meant do not stop the bot."""
STOPS_FIRST_MS: Final = 300
"""For so long over the bot no words are looked for: recognition (17 ms for the first words, more on a busy machine) would hold up the
frames by which it is stopped."""
LEAST_MEANT_MS: Final = 100
"""Speech without a known word that is shorter than this is a cough or a hum, no answer."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What all calls of a process share. Models by language; a call in a language without one is on keys alone."""

    models: dict[str, Model]
    network: Any
    workshop: Workshop

    def listener(self) -> "CallListener":
        """The ears of one call."""
        return CallListener(self)

    def hears(self, language: str) -> bool:
        """Whether speech in this language can be recognised."""
        return language in self.models

    def believe(self, language: str = "pl") -> float:
        """From which confidence an answer that takes something away may be acted on without asking back."""
        return self.models[language].believe if language in self.models else 1.0

    def close(self) -> None:
        """End the threads; calls must be over."""
        self.workshop.close()


def build_ears(models: dict[str, Path], *, threads: int = 2) -> Ears:
    """Load each language's model folder once (0.03 s, 15 MB each) and hear whether it hears (0.1 s).

    Raises OSError for a folder that Vosk cannot load, and for a model that mishears plain words on this machine.
    """
    return ears_of({language: proven(folder, language) for language, folder in models.items()}, threads=threads)


def ears_of(models: dict[str, Model], *, threads: int = 2) -> Ears:
    """Ears with models that have been loaded."""
    return Ears(models, activity.load(), Workshop(threads))


class CallListener:
    """`ports.Listener` over Silero and Vosk."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._activity = Activity(ears.network)
        self._endpointer = Endpointer()
        self._before: deque[Samples] = deque(maxlen=BEFORE_FRAMES)
        self._unheard: list[Samples] = []
        self._recognizer: Recognizer | None = None
        self._words = WordList(())
        self._expected = Expected("nothing", ())
        self._model: Model | None = None
        self._fullness = Fullness.NOTHING
        self._settled = False
        self._told = False  # this utterance's onset was reported
        self._over = False  # the bot speaks
        self._vowels = 0
        self._peak = 0.0  # the loudest sound of this utterance, dB above the line's noise
        self.expect("nothing", language="pl")

    def expect(self, asked: Asked, *, language: str) -> None:
        """From now on answers to this question are listened for; what is half heard is kept, and heard out with the words it began
        with."""
        self._model = self._ears.models.get(language)
        spoken: Language = language if language in ("uk", "en") else "pl"  # type: ignore[assignment]
        self._words = _known(self._model, WordList(answers(asked, spoken), likely(asked, spoken)))
        self._expected = Expected(asked, self._words.answers)

    def speaking(self, on: bool) -> None:
        """The bot speaks, or has fallen silent."""
        self._over = on

    async def hear(self, frame: bytes, ours: bytes | None = None) -> list[Heard]:
        """Take one frame of 20 ms, and of ours that is played meanwhile; -> what it brings to light."""
        samples = decode(frame.ljust(FRAME_BYTES, SILENCE)[:FRAME_BYTES])
        played = None if ours is None else decode(ours.ljust(FRAME_BYTES, SILENCE)[:FRAME_BYTES])
        self._endpointer.step(self._voice(self._activity.hear(samples, played)))
        samples = self._activity.cleaned
        if not self._endpointer.open:
            self._before.append(samples)
            return []
        self._unheard += [*self._before, samples]
        self._before.clear()
        return await self._listen()

    async def close(self) -> None:
        """The call is over."""
        self._endpointer.close()
        self._recognizer = None

    def _voice(self, sound: Sound) -> Voice:
        speech = self._speech(sound) and (self._activity.knows_the_echo or not self._over)
        hisses = sound.hiss >= HISSES_DB and sound.speech >= HISS_SPEECH and sound.above >= AUDIBLE_DB
        if hisses and sound.speech >= HISS_SURE:
            return Voice(speech, 1.0)
        if not speech and not hisses:
            return Voice(speech=False, meant=0.0)
        voiced = sound.voiced >= (VOICED_OVER if self._over else VOICED)
        wide, half = voiced and sound.open >= OPEN_MOUTH_DB, voiced and sound.open >= HALF_OPEN_DB
        return Voice(speech, 1.0 if speech and wide and not hisses else 0.5 if half or hisses else 0.0)

    def _speech(self, sound: Sound) -> bool:
        loud = sound.above >= max(AUDIBLE_DB, AUDIBLE_SHARE * self._peak)
        vowel = sound.voiced >= VOWEL and sound.above >= max(VOWEL_DB, VOWEL_SHARE * self._peak)
        self._vowels = self._vowels + 1 if vowel and sound.open >= OPEN_MOUTH_DB else 0
        if not self._endpointer.open:
            return loud and (sound.speech >= SPEAKS or self._vowels >= VOWEL_FRAMES)
        mouthed = sound.voiced >= VOICED or sound.hiss >= HISSES_DB or sound.above >= BREATH_SHARE * self._peak
        spoken = loud and (vowel or (mouthed and sound.speech >= STILL_SPEAKS))
        self._peak = max(self._peak, sound.above) if spoken else self._peak
        return spoken

    async def _listen(self) -> list[Heard]:
        heard: list[Heard] = self._onset()
        if heard or self._stops_first:
            return heard
        silent = self._endpointer.silent_ms
        resumed = self._settled and not silent
        self._settled = self._settled and not resumed
        if self._settled:
            self._unheard = self._unheard[-BEFORE_FRAMES:]
        elif len(self._unheard) >= EACH_FRAMES or self._endpointer.over(self._fullness) or self._unread:
            await self._recognize()
        if self._endpointer.over(self._fullness) or self._unread:
            heard += await self._end()
        return heard

    @property
    def _stops_first(self) -> bool:
        """Whether the next frame may be the one that stops the bot: words can wait for it."""
        if not self._over or self._told or self._settled or self._endpointer.silent_ms:
            return False
        return self._endpointer.now_ms - self._endpointer.began_ms < STOPS_FIRST_MS

    @property
    def _unread(self) -> bool:
        """Whether a short silence has passed and partial results still show no word: the final one may, now rather than later."""
        if self._fullness is not Fullness.NOTHING or self._settled:
            return False
        return self._endpointer.silent_ms >= self._endpointer.patience.extendable

    def _onset(self) -> list[Heard]:
        if self._told or not self._endpointer.meant(over=self._over):
            return []
        self._told = True
        return [Onset(self._endpointer.now_ms)]

    async def _recognize(self) -> None:
        pcm = b"".join(samples.tobytes() for samples in self._unheard)
        self._unheard = []
        if self._model is not None:
            text = await self._ears.workshop.do(lambda: self._ready().feed(pcm))
            self._fullness = self._expected.fullness(text)

    def _ready(self) -> Recognizer:
        """The recogniser, listening for this question's words. Runs in a thread."""
        words = self._words
        if self._recognizer is None:
            assert self._model is not None  # noqa: S101 - asked just before
            self._recognizer = Recognizer(self._model, words)
        elif not self._recognizer.busy:
            self._recognizer.expect(words)
        return self._recognizer

    async def _end(self) -> list[Heard]:
        """What was heard looks finished: ask for the final reading, and believe its fullness rather than the partial one's."""
        guesses: tuple[Guessed, ...] = ()
        if self._recognizer is not None:
            guesses = await self._ears.workshop.do(self._recognizer.settle)
        self._settled = True
        self._fullness = self._expected.fullness(_as_heard(guesses))
        return self._answer(guesses) if self._endpointer.over(self._fullness) else []

    def _answer(self, guesses: tuple[Guessed, ...]) -> list[Heard]:
        end = self._endpointer
        told, meant = self._told, end.meant_ms
        read = tuple(Guess(one.text, one.confidence, one.rejected) for one in guesses if one.text and _plausible(one, guesses[0]))
        answer = Answer(read, end.began_ms, end.ended_ms, end.now_ms)
        self._forget()
        words = bool(answer.guesses) and not answer.guesses[0].rejected and answer.guesses[0].text not in BACKCHANNEL
        if self._over and not told:
            return [Onset(end.now_ms), answer] if words and meant >= LEAST_OVER_MS else []
        return [answer] if answer.guesses or meant >= LEAST_MEANT_MS else []

    def _forget(self) -> None:
        self._endpointer.close()
        self._fullness = Fullness.NOTHING
        self._settled = self._told = False
        self._unheard, self._peak = [], 0.0
        if self._recognizer is not None:
            self._recognizer.clear()


def _as_heard(guesses: tuple[Guessed, ...]) -> str:
    """The best reading as the recogniser would give it."""
    if not guesses:
        return ""
    return f"{guesses[0].text} [unk]" if guesses[0].rejected else guesses[0].text


def _plausible(guess: Guessed, best: Guessed) -> bool:
    """Whether a reading may be what was said at all: an alarm in a guess that nobody believes must not answer a plain "tak"."""
    return guess is best or guess.confidence >= LEAST_PLAUSIBLE


def _known(model: Model | None, words: WordList) -> WordList:
    """What the model can hear of it."""
    if model is None:
        return WordList(())
    return WordList(*(tuple(answer for answer in listed if model.knows(answer)) for listed in (words.answers, words.likely)))
