"""The ears alone, in audio time: how late an answer is known, how often a pause is taken for the end, barge-in, what is misheard."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np

from channels.voice.listening import Ears
from channels.voice.ports import FRAME_BYTES, Answer, Heard, Onset
from dialogs.understanding import Asked, Interpreter
from tests.bench.voice.lines import CLEAN, VOICES, Line, Said, by_espeak, call, from_file, played, recorded
from tests.channels.voice.callers import Recorded

SHORT: Final[tuple[tuple[Asked, str], ...]] = (
    ("reminder", "tak"), ("reminder", "nie"), ("reminder", "słucham"), ("yes_no", "tak"), ("yes_no", "nie"), ("offer", "tak"),
)  # fmt: skip
ANSWERS: Final[tuple[tuple[Asked, str], ...]] = (
    *SHORT,
    ("reminder", "odwołuję wizytę"), ("reminder", "tak przyjdę"), ("reminder", "nie przyjdę"), ("reminder", "potwierdzam"),
    ("reminder", "proszę powtórzyć"), ("offer", "przyjmuję"), ("offer", "nie pasuje"), ("yes_no", "tak odwołuję"),
    ("yes_no", "nie zostawiam"), ("yes_no", "zgadza się"), ("which_visit", "pierwsza"), ("which_visit", "druga"),
    ("referral_code", "cztery siedem zero dwa"), ("referral_code", "dziewięć jeden sześć osiem"),
    ("postcode", "zero dwa trzy pięć sześć"), ("postcode", "dziewięć zero dwa siedem jeden"),
    ("pesel", "cztery cztery zero pięć jeden cztery zero jeden trzy pięć dziewięć"),
    ("pesel", "siedem osiem jeden dwa trzy zero zero sześć pięć cztery dwa"),
    ("date_of_birth", "dwunastego maja tysiąc dziewięćset czterdziestego piątego roku"),
    ("date_of_birth", "trzeciego listopada tysiąc dziewięćset pięćdziesiątego ósmego"),
    ("criteria", "w czwartek po południu"), ("criteria", "w poniedziałek rano"), ("nothing", "odwołać wizytę"),
    ("nothing", "kiedy mam wizytę"), ("nothing", "konsultant"),
)  # fmt: skip
PAUSED: Final[tuple[tuple[Asked, tuple[str, ...]], ...]] = (
    ("date_of_birth", ("dwunastego", "maja", "tysiąc dziewięćset czterdziestego piątego")),
    ("date_of_birth", ("trzeciego listopada", "tysiąc dziewięćset", "pięćdziesiątego ósmego")),
    ("pesel", ("cztery cztery zero pięć", "jeden cztery zero", "jeden trzy pięć dziewięć")),
    ("referral_code", ("cztery siedem", "zero dwa")),
    ("postcode", ("zero dwa", "trzy pięć sześć")),
    ("nothing", ("chcę", "odwołać wizytę")),
    ("reminder", ("chciałbym", "odwołać wizytę")),
    ("criteria", ("w czwartek po", "południu")),
)
OTHER: Final = (
    "wczoraj kupiłem bułki i pomidory", "gdzie położyłaś moje okulary", "ścisz ten telewizor", "pies znowu szczeka na listonosza",
    "zupa się gotuje", "kto tam dzwoni do drzwi", "w szczebrzeszynie chrząszcz brzmi w trzcinie", "dzieci wracają ze szkoły",
)  # fmt: skip
TODAY: Final = date(2026, 11, 23)
DESTRUCTIVE: Final = ("odwoł", "rezygnuj", "nie przyjd", "wypis", "anuluj")


@dataclass
class Tally:
    """Counts and milliseconds of one kind of try."""

    tries: int = 0
    hits: int = 0
    ms: list[int] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)

    def count(self, hit: bool, what: str = "", ms: int | None = None) -> None:
        self.tries += 1
        self.hits += hit
        if ms is not None:
            self.ms.append(ms)
        if not hit:
            self.misses.append(what)

    def __str__(self) -> str:
        share = f"{self.hits}/{self.tries} = {100 * self.hits / max(1, self.tries):.1f}%"
        if not self.ms:
            return share
        p50, p95 = np.percentile(self.ms, (50, 95))
        return f"{share}; ms p50 {p50:.0f} p95 {p95:.0f} max {max(self.ms)}"


@dataclass(frozen=True)
class Bench:
    """Ears, a seed, and perhaps a corpus with a voice that is no espeak."""

    ears: Ears
    understand: Interpreter | None = None
    corpus: Path | None = None
    seed: int = 7

    def hear(self, caller: Recorded, asked: Asked, *, bot: Any = None) -> list[Heard]:
        """One call's events; the bot speaks all the while, if it is given."""
        return asyncio.run(self._call(caller.audio, asked, None if bot is None else played(bot, len(caller.audio))))

    async def _call(self, audio: bytes, asked: Asked, ours: bytes | None) -> list[Heard]:
        listener = self.ears.listener()
        listener.expect(asked, language="pl")
        listener.speaking(ours is not None)
        heard: list[Heard] = []
        for at in range(0, len(audio), FRAME_BYTES):
            heard += await listener.hear(audio[at : at + FRAME_BYTES], ours and ours[at : at + FRAME_BYTES])
        await listener.close()
        return heard

    def said(self, text: str) -> Iterator[Said]:
        """The text by every voice that has it."""
        yield from (by_espeak(text, voice, rate) for voice, rate in zip(VOICES, (125, 140, 150, 160, 145, 170), strict=True))
        for spoken, file in recorded(self.corpus) if self.corpus else ():
            if spoken == text:
                yield from_file(text, file)

    def same(self, heard: str, meant: str, asked: Asked) -> bool:
        """Whether the words heard are understood as the words meant."""
        if heard == meant:
            return True
        one, other = (self.understand.read(text, asked=asked, channel="voice", language="pl", today=TODAY) for text in (heard, meant))
        return heard != "" and (one.intent, one.entities, one.question) == (other.intent, other.entities, other.question)

    def draw(self, *key: object) -> Any:
        return np.random.default_rng([self.seed, *(sum(map(ord, str(part))) for part in key)])

    def answers(self, line: Line, which: Sequence[tuple[Asked, str]]) -> tuple[Tally, Tally]:
        """Whole answers heard as said, with their delay; and how many were known within 500 ms."""
        right, soon = Tally(), Tally()
        for asked, text in which:
            for said in self.said(text):
                caller = call([said], line, self.draw(asked, text, said.voice))
                found = [event for event in self.hear(caller, asked) if isinstance(event, Answer)]
                heard = found[0].guesses[0].text if found and found[0].guesses and not found[0].guesses[0].rejected else ""
                late = found[0].at_ms - caller.spoken[0][1] if found else None
                what = f"{asked} {text} ({said.voice}): {heard or '-'} x{len(found)}"
                right.count(self.same(heard, text, asked) and len(found) == 1, what, late)
                soon.count(late is not None and late <= 500, f"{text} ({said.voice}) {late}")
        return right, soon

    def cut_ins(self, pause: int, line: Line = CLEAN) -> Tally:
        """Answers with a pause inside that were not cut in two."""
        whole = Tally()
        for asked, parts in PAUSED:
            for voice in VOICES:
                script: list[Said | int] = [step for part in parts for step in (by_espeak(part, voice), pause)][:-1]
                caller = call(script, line, self.draw(asked, parts, voice, pause))
                found = [event.at_ms for event in self.hear(caller, asked) if isinstance(event, Answer)]
                cut = any(at < caller.spoken[-1][0] for at in found)
                whole.count(not cut, f"{asked} {' | '.join(parts)} ({voice})")
        return whole

    def barge_in(self, line: Line, bot: Any) -> Tally:
        """Onsets while the bot speaks, by delay."""
        found = Tally()
        for asked, text in ANSWERS[:16]:
            for said in self.said(text):
                caller = call([said], line, self.draw(text, said.voice), before_ms=4000, bot=bot)
                onsets = [event.at_ms for event in self.hear(caller, asked, bot=bot) if isinstance(event, Onset)]
                late = onsets[0] - caller.spoken[0][0] if onsets else None
                found.count(late is not None and 0 <= late <= 300, f"{text} ({said.voice}) {late}", late)
        return found

    def disturbances(self, line: Line, bot: Any, make: Callable[[Any], Said], count: int = 40) -> Tally:
        """Coughs and hums over the bot that did not stop it."""
        kept = Tally()
        for number in range(count):
            draw = self.draw("noise", number)
            caller = call([make(draw)], line, draw, before_ms=4000, bot=bot)
            kept.count(not any(isinstance(event, Onset) for event in self.hear(caller, "reminder", bot=bot)), str(number))
        return kept

    def others(self, line: Line) -> tuple[Tally, Tally]:
        """Speech that is no answer: not believed at all; not believed as something destructive."""
        none, harmless = Tally(), Tally()
        for text in OTHER:
            for said in self.said(text):
                for asked in ("reminder", "yes_no", "nothing"):
                    caller = call([said], line, self.draw(text, said.voice, asked))
                    read = [guess for event in self.hear(caller, asked) if isinstance(event, Answer) for guess in event.guesses[:1]]
                    believed = [guess.text for guess in read if not guess.rejected and guess.confidence >= self.ears.believe()]
                    none.count(not believed, f"{asked} {text} ({said.voice}): {believed}")
                    bad = [text for text in believed if any(text.startswith(word) or f" {word}" in text for word in DESTRUCTIVE)]
                    harmless.count(not bad, f"{asked} {text}: {bad}")
        return none, harmless

    def cost(self) -> float:
        """Share of a core for one call, speech in a third of the time."""
        said = by_espeak("chcę odwołać wizytę", VOICES[0])
        caller = call([said, 2000, said, 2000, said], CLEAN, self.draw("cost"))
        self.hear(caller, "nothing")
        began = process_time()
        for _ in range(5):
            self.hear(caller, "nothing")
        return (process_time() - began) / 5 / (len(caller.audio) / 8000)
