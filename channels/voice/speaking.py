"""The mouth, shared by all calls of a process: words to mu-law, clause by clause, most of it spoken beforehand.

A sentence is cut at its commas and stops, where a voice pauses anyway: then a weekday, a date or an hour that was prepared this morning
fits into every reminder, and the first sound of a long text waits for its first clause only.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from channels.voice.ports import Manner
from dialogs.wording import speech, texts
from dialogs.wording.facts import LANGUAGES, Language
from dialogs.wording.speech import names
from voice_models.spoken_cache import SpokenCache, key_of
from voice_models.synthesizer import NORMAL_RATE, EspeakVoice, Style, Voice
from voice_models.telephone import RATE, SILENCE, SPOKEN_DBFS, Samples, encode, levelled, whole_frames

SLOWER: Final = 22
"""Words a minute less for each wish for slower speech; no more than `SLOWEST` wishes are heard."""
SLOWEST, LOUDEST, LOUDER_DB = 3, 2, 4.0
PAUSE_MS: Final = {",": 140, ":": 260, ";": 260, ".": 420, "?": 420, "!": 420, "…": 420}
PIECE_BYTES: Final = 1600
"""Audio is handed on in pieces of 200 ms."""
_CLAUSE: Final = re.compile(r"[^,:;.?!…]*[,:;.?!…]+|[^,:;.?!…]+$")
_CAPITALS: Final = re.compile(r"(?<![A-ZĆŁŃÓŚŹŻ])(?!PESEL)[A-ZĆŁŃÓŚŹŻ]{2,5}(?![A-ZĆŁŃÓŚŹŻa-ząćęłńóśźż])")
_HYPHEN: Final = re.compile(r"(?<=\w)-(?=\w)")
_IN: Final = re.compile(r"\b[Ww] ([A-Za-zĄĆĘŁŃÓŚŹŻąćęłńóśźż]{3,})")
_SHAPE: Final = 4  # changes when the same words are made into other audio
PREPARED_DAYS: Final = 21
PREPARED_HOURS: Final = range(7, 20)


@dataclass(frozen=True, slots=True)
class CachedSpeaker:
    """`ports.Speaker` over a synthesizer and a cache."""

    voice: Voice
    cache: SpokenCache

    async def say(self, text: str, manner: Manner) -> AsyncIterator[bytes]:
        """mu-law in whole frames, each clause as soon as it is spoken. Raises SynthesisError."""
        for clause in clauses(text):
            audio = self.cache.find(self._key(clause, manner)) or await self._spoken(clause, manner)
            for start in range(0, len(audio), PIECE_BYTES):
                yield audio[start : start + PIECE_BYTES]

    async def prepare(self, sentences: Iterable[str], language: str, *, rest: float = 0.0) -> int:
        """Speak fixed sentences beforehand and keep them, on disk too: nothing personal may be among them. -> how many were new."""
        manner, new = Manner(language), 0
        for clause in dict.fromkeys(clause for sentence in sentences for clause in clauses(sentence)):
            key = self._key(clause, manner)
            if self.cache.find(key) is None and self.cache.recall(key) is None:
                self.cache.keep(key, await self._rendered(clause, manner))
                new += 1
            await asyncio.sleep(rest)
        return new

    async def close(self) -> None:
        """End the synthesizer."""
        await self.voice.close()

    async def _spoken(self, clause: str, manner: Manner) -> bytes:
        audio = await self._rendered(clause, manner)
        self.cache.remember(self._key(clause, manner), audio)
        return audio

    async def _rendered(self, clause: str, manner: Manner) -> bytes:
        samples = await self.voice.speak(as_read(clause, manner.language), _style(manner))
        return whole_frames(encode(levelled(_trimmed(samples), _louder(manner))) + SILENCE * (_pause(clause) * RATE // 1000))

    def _key(self, clause: str, manner: Manner) -> str:
        style = _style(manner)
        return key_of(_SHAPE, self.voice.name, style.language, style.rate, SPOKEN_DBFS + _louder(manner), clause)


def build_speaker(cache_folder: Path | None, voice: Voice | None = None) -> CachedSpeaker:
    """The mouth of a process: espeak-ng unless another voice is given; fixed sentences are kept in the folder."""
    return CachedSpeaker(voice or EspeakVoice(), SpokenCache(cache_folder))


def clauses(text: str) -> list[str]:
    """A text cut after its commas, colons and stops; what holds no letter or digit is dropped."""
    parts = (" ".join(part.split()) for part in _CLAUSE.findall(text))
    return [part for part in parts if any(char.isalnum() for char in part)]


def as_read(clause: str, language: str) -> str:
    """A clause as espeak-ng must see it to say it right: abbreviations by their letters, for it reads "IKP" as a word and "SMS" as a hiss;
    "e-" apart from its word; a double name without its hyphen, which it swallows; "w" joined to its word, for alone it becomes a "ł" before
    "środę", "niedzielę" or "Łodzi"."""
    if language != "pl":
        return clause
    spelled = _CAPITALS.sub(lambda found: f" {names.letters(found[0], 'pl')} ", clause)
    apart = " ".join(_HYPHEN.sub(" ", spelled).split())
    return _IN.sub(lambda found: found[0][0] + found[1].lower(), apart)


def fixed_sentences(language: Language) -> Iterator[str]:
    """Clauses of the spoken texts that hold nothing to fill in: the same for every patient."""
    for text in texts.load(language, "voice").values():
        yield from (clause for clause in clauses(text.body) if "{" not in clause and "}" not in clause)


def day_sentences(today: date, language: Language) -> Iterator[str]:
    """The clauses of every moment of the coming weeks: weekdays, dates and hours, each for itself."""
    days = [today + timedelta(days=ahead) for ahead in range(PREPARED_DAYS)]
    minutes = [(hour, minute) for hour in PREPARED_HOURS for minute in range(0, 60, 5)]
    noons = [datetime(day.year, day.month, day.day, 11, tzinfo=UTC) for day in days]
    hours = [datetime(today.year, today.month, today.day, 0, tzinfo=UTC) + timedelta(hours=h, minutes=m) for h, m in minutes]
    for at in (*noons, *hours):
        moment = speech.moment(at, language)
        yield from (f"{said}." for said in (str(moment), f"{moment:on}"))


async def prepare_day(speaker: CachedSpeaker, today: date, languages: Iterable[Language] = LANGUAGES, *, rest: float = 0.02) -> int:
    """Prepare everything fixed and the coming weeks' moments, resting between clauses so that calls come first. -> how many were new."""
    speaker.cache.forget_unused()
    return sum([await speaker.prepare([*fixed_sentences(lang), *day_sentences(today, lang)], lang, rest=rest) for lang in languages])


def _style(manner: Manner) -> Style:
    return Style(manner.language, NORMAL_RATE - SLOWER * min(manner.slower, SLOWEST))


def _louder(manner: Manner) -> float:
    return LOUDER_DB * min(manner.louder, LOUDEST)


def _pause(clause: str) -> int:
    return PAUSE_MS.get(clause[-1], 0)


def _trimmed(samples: Samples) -> Samples:
    """Without the silence at both ends: pauses are ours to make."""
    loud = (abs(samples.astype("int32")) > 0.01 * abs(samples.astype("int32")).max(initial=1)).nonzero()[0]
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples
