"""The ground of a call's mind: what it says and has said, what it asks, how it ends. What was answered is `answers`, what happens `call`.

A line counts as heard when its mark came back, or when enough of it was on the ear before it was cleared.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from channels.voice.asking import ASKS, FIRST_WORDS, MOST_MISHEARD, Question, Stage
from channels.voice.events import Action, Check, Close, Expect, Hush, Note, Read, Say, Take, Tell
from channels.voice.ports import Manner
from channels.voice.turns import Said, Spoken
from dialogs.understanding.reading import Asked, Reading
from dialogs.wording import render
from dialogs.wording.calls import phrase
from registry.calls import Ended
from registry.spoken import Briefing

HEARD_MS: Final = 1_500  # so much of a line that was cut off counts as heard
CLOSING_MS: Final = 15_000  # for the last words, should their mark never come back
CALL_FOR_A_PERSON: Final = Said("(pracownik)", ("chcę rozmawiać z pracownikiem",))


class Talk:
    """What has been said and asked in one call, and what it has come to so far."""

    def __init__(self, brief: Briefing, words: str | None, *, now: datetime, believe: float = 0.5, recorded: bool = False) -> None:
        """`words` are those of the message to tell, `now` the instant at which the call began, `believe` the ears' own threshold."""
        self._recorded = recorded
        self._brief, self._words, self._now, self._believe = brief, words, now, believe
        self._manner = Manner(brief.language)
        self._at_ms = 0
        self._question = Question("opening", (), "nothing")
        self._sounding: dict[str, Spoken] = {}  # lines on their way to the caller's ear, by mark
        self._dropped: set[str] = set()  # marks of lines that were cleared: they come back all the same
        self._marks = 0
        self._began_ms = 0  # when the question was put
        self._audible_ms: int | None = None  # since when it can be heard; None until its first sound is on the ear
        self._starts: dict[str, int] = {}  # when lines began to be heard, by mark
        self._held: tuple[Said, int] | None = None  # a key that takes something away, and since when it waits for a word against it
        self._gone = False  # the caller has hung up; his last answer is still being taken
        self._quiet_since: int | None = None
        self._speaking_since: int | None = None
        self._thinking = False
        self._person = brief.direction == "in"  # the carrier says so, a key was pressed, or a question of ours was answered
        self._tries = 0
        self._told = False
        self._deed: str | None = None
        self._again_at: datetime | None = None
        self._heard: list[int] = []
        self._unheard: list[int] = []
        self._end: str | None = None
        self.over = False
        self.silence_ms = 0  # for how long nobody answered before what is said now; taken by whoever plays it

    # --- speaking

    def _ask(self, stage: Stage) -> list[Action]:
        asked, text = ASKS[stage]
        return self._put(Question(stage, (self._phrase(FIRST_WORDS.get(stage, text)),), asked))

    def _put(self, question: Question, lines: Sequence[Spoken] = ()) -> list[Action]:
        """Put a new question; what counts for it counts from now."""
        self._question = question
        return [Expect(question.asked, self._manner.language), *self._speak(lines or question.lines)]

    def _once_more(self) -> list[Action]:
        return self._speak(self._question.lines)

    def _also(self, key: str) -> list[Action]:
        return self._speak((self._phrase(key),))

    def _speak(self, lines: Sequence[Spoken]) -> list[Action]:
        self._quiet_since = None
        if not self._sounding:
            self._began_ms, self._audible_ms = self._at_ms, None
        said: list[Action] = []
        for line in lines:
            self._marks += 1
            mark = f"m{self._marks}"
            self._sounding[mark] = line
            said.append(Say(line, mark, self._manner))
        return said

    def _phrase(self, key: str) -> Spoken:
        return Spoken(phrase(key, language=self._manner.language, name=self._brief.name or ""), f"call_{key}")

    def _text(self, key: str) -> Spoken:
        return Spoken(render(key, {}, language=self._manner.language, channel="voice"), key)

    def _note(self, said: Said, reading: Reading | None, action: str) -> Note:
        return Note(said, reading, f"call_{action}", self._question.asked)

    def _hush(self) -> list[Action]:
        if not self._sounding:
            return []
        first = True
        for mark, line in self._sounding.items():
            heard = first and self._at_ms - self._starts.get(mark, self._at_ms) >= HEARD_MS
            self._settle(line, heard=heard)
            self._dropped.add(mark)
            first = False
        self._sounding.clear()
        return [Hush()]

    def _settle(self, line: Spoken, *, heard: bool) -> None:
        if line.message_id is None:
            return
        if line.message_id == self._brief.message_id:
            self._told = self._told or heard
        elif line.message_id not in self._heard:
            (self._heard if heard else self._unheard).append(line.message_id)

    # --- asking

    def _read(self, said: Said) -> list[Action]:
        self._thinking = True
        asked: Asked = "nothing" if self._question.stage in ("birthday", "later") else self._question.asked
        return [Read(said, asked)]

    def _check(self, day: int, month: int) -> list[Action]:
        self._thinking = True
        return [Check(day, month)]

    def _take(self, said: Said) -> list[Action]:
        self._thinking = True
        return [Take(said)]

    def _tell(self) -> list[Action]:
        line = Spoken(self._words or "", self._brief.kind or "", self._brief.message_id)
        asked: Asked = "nothing" if self._brief.asks is None else self._brief.asks  # type: ignore[assignment]  # rows hold it as a string
        return [Tell(line.text), *self._put(Question("matter", (line,), asked))]

    def _misunderstood(self) -> list[Action]:
        """Speech that meant nothing here: asked again, with the keys, and then by a person."""
        question = self._question
        if question.stage in ("opening", "closing"):
            return []
        if question.stage == "hello" and self._person:
            return self._ask("who")
        question.misheard += 1
        if question.misheard >= 2 * MOST_MISHEARD:
            return self._part("silent", "silent") if question.stage == "hello" else self._call_for_a_person()
        sorry = self._phrase("unheard")
        again = question.with_keys if question.misheard >= MOST_MISHEARD else question.in_other_words
        return self._speak((sorry, *again(self._phrase)))

    def _call_for_a_person(self) -> list[Action]:
        return self._take(CALL_FOR_A_PERSON)

    # --- the end

    def _goodbye(self) -> list[Action]:
        return self._part_with((self._text("goodbye"),), "told" if self._told else "talked")

    def _part(self, outcome: str, key: str) -> list[Action]:
        return self._part_with((self._phrase(key),), outcome)

    def _part_with(self, lines: Sequence[Spoken], outcome: str) -> list[Action]:
        """The last words; when they have been heard, the call is closed."""
        self._end = outcome
        return self._put(Question("closing", tuple(lines), "nothing", patience_ms=CLOSING_MS))

    def _close(self) -> list[Action]:
        """One outcome: what was settled, if anything was; else how it ended."""
        self.over = True
        outcome = self._deed or self._end or "interrupted"
        heard, unheard = tuple(self._heard), tuple(one for one in self._unheard if one not in self._heard)
        return [Close(Ended(outcome, told=self._told, again_at=self._again_at, heard=heard, unheard=unheard))]
