"""A call's mind: from what happens (`events`) to what is done, without clock, socket or database. All time is audio time.

The order never changes: who we are and that an automated system speaks (X32), whom we ask for, and only then the matter. A cancellation
is read back and confirmed (D6, D7); what was heard badly, or began before the question could be understood, changes nothing. Silence
and misunderstanding lead to other words, then to keys, then to a person. However it ends, it ends in one outcome.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from channels.voice import keys
from channels.voice.asking import ASKS, FETCHING_MS, MOST_MISHEARD, SILENCE_MS, WAITING_MS, Question, Stage
from channels.voice.events import (
    Action,
    Check,
    Checked,
    Close,
    Event,
    Expect,
    HeardThat,
    Hush,
    Left,
    Note,
    Played,
    Pressed,
    Read,
    Replied,
    Say,
    Screened,
    Take,
    Tell,
    Time,
    Understood,
)  # fmt: skip
from channels.voice.person import Wish, callers_wish, wished_hour
from channels.voice.ports import Answer, Manner, Onset
from channels.voice.turns import Reply, Said, Spoken, said_of
from dialogs.understanding.reading import Asked, Reading
from dialogs.wording import render
from dialogs.wording.calls import phrase
from registry.calls import Ended
from registry.spoken import Briefing

SCREEN_MS: Final = 2_500  # how long the carrier is waited for to say whether a person picked up
EARLY_MS: Final = 1_500  # an answer that begins sooner after the matter's first sound is none: it could not be understood yet
HEARD_MS: Final = 1_500  # so much of a line that was cut off counts as heard
LONGEST_SPEECH_MS: Final = 20_000  # of a caller of whom no end is heard: noise
CLOSING_MS: Final = 15_000  # for the last words, should their mark never come back
MOST_TRIES: Final = 3  # of a birthday

PLAIN: Final = frozenset({"asked", "answered", "noted", "repeated"})  # outcomes of turns in which nothing was settled
LAST: Final = frozenset({"wrong_person", "reported_death", "opted_out", "handed_over"})  # after these nothing more is asked
CALL_FOR_A_PERSON: Final = Said("(pracownik)", ("chcę rozmawiać z pracownikiem",))


class Call:
    """One call. `on` takes an event and gives what is to be done, in order; after `Close` nothing more comes."""

    def __init__(self, brief: Briefing, words: str | None, *, now: datetime, believe: float = 0.5) -> None:
        """`words` are those of the message to tell, `now` the instant at which the call began, `believe` the ears' own threshold."""
        self._brief, self._words, self._now, self._believe = brief, words, now, believe
        self._manner = Manner(brief.language)
        self._at_ms = 0
        self._question = Question("opening", (), "nothing")
        self._sounding: dict[str, Spoken] = {}  # lines on their way to the caller's ear, by mark
        self._dropped: set[str] = set()  # marks of lines that were cleared: they come back all the same
        self._marks = 0
        self._line_began_ms = self._began_ms = 0  # of the line being heard, of the question
        self._quiet_since: int | None = None
        self._speaking_since: int | None = None
        self._thinking = False
        self._person = False  # somebody has spoken, pressed a key, or the carrier says that a person picked up
        self._tries = 0
        self._told = False
        self._deed: str | None = None
        self._again_at: datetime | None = None
        self._heard: list[int] = []
        self._unheard: list[int] = []
        self._end: str | None = None
        self.over = False

    def begin(self) -> list[Action]:
        """The first words."""
        opening = [self._text("system_disclosure")]
        if self._brief.direction == "in" and self._brief.message_id is not None:
            opening.append(self._phrase("call_back"))
        return self._put(Question("opening", tuple(opening), "nothing"))

    def on(self, event: Event) -> list[Action]:
        """What follows from an event."""
        if self.over:
            return []
        if isinstance(event, HeardThat):
            return self._onset(event.what.at_ms) if isinstance(event.what, Onset) else self._answered(event.what)
        match event:
            case Time(at_ms):
                return self._time(at_ms)
            case Pressed(key):
                return self._pressed(key)
            case Played(mark):
                return self._played(mark)
            case Screened(machine):
                return self._screened(machine)
            case Left():
                return self._left()
        return self._thought(event)

    @property
    def speaking(self) -> bool:
        """Whether something of ours is on its way to the caller's ear."""
        return bool(self._sounding)

    @property
    def wants_screening(self) -> bool:
        """Whether it still matters what the carrier thinks picked up."""
        return self._question.stage in ("opening", "who") and not self._person

    def _thought(self, event: Event) -> list[Action]:
        """What was being thought about has come back; the caller may have gone on meanwhile, the answer counts all the same."""
        self._thinking = False
        match event:
            case Understood(said, reading):
                return self._understood(said, reading)
            case Replied(said, reply):
                return self._replied(said, reply)
            case Checked(verdict):
                return self._checked(verdict)
        return []

    # --- time, sound and keys

    def _time(self, at_ms: int) -> list[Action]:
        self._at_ms = at_ms
        if self._speaking_since is not None and at_ms - self._speaking_since > LONGEST_SPEECH_MS:
            self._speaking_since, self._quiet_since = None, at_ms
            return self._misunderstood()
        if self._question.stage == "closing" and at_ms - self._began_ms > CLOSING_MS:
            return self._close()
        if self._quiet_since is None or self._thinking:
            return []
        quiet = at_ms - self._quiet_since
        if self._question.stage == "opening":
            return self._ask_who() if self._person or quiet >= SCREEN_MS or self._brief.direction == "in" else []
        if self._question.stage == "closing":
            return self._close()
        return self._silence() if quiet >= self._question.patience_ms else []

    def _onset(self, at_ms: int) -> list[Action]:
        """The caller begins to speak: we fall silent. Who we are and how we part is said to the end."""
        self._speaking_since, self._quiet_since = at_ms, None
        return [] if self._question.stage in ("opening", "closing") else self._hush()

    def _hush(self) -> list[Action]:
        if not self._sounding:
            return []
        first = True
        for mark, line in self._sounding.items():
            heard = first and self._at_ms - self._line_began_ms >= HEARD_MS
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

    def _played(self, mark: str) -> list[Action]:
        """A line has been heard to its end; unless it was cleared: then its mark says nothing."""
        line = self._sounding.pop(mark, None)
        if line is None or mark in self._dropped:
            return []
        self._settle(line, heard=True)
        self._line_began_ms = self._at_ms
        if self._sounding or self._speaking_since is not None:
            return []
        self._quiet_since, self._question.heard = self._at_ms, True
        return self._time(self._at_ms) if self._question.stage in ("opening", "closing") else []

    def _screened(self, machine: bool) -> list[Action]:
        """Nothing is said to a machine (D11), unless a person has already answered it for us."""
        if machine and not self._person and self._question.stage in ("opening", "who"):
            self._end = "voicemail"
            return [*self._hush(), *self._close()]
        self._person = self._person or not machine
        return []

    def _answered(self, answer: Answer) -> list[Action]:
        self._speaking_since = None
        if not self._sounding:
            self._quiet_since = self._at_ms
        if self._question.stage in ("opening", "closing") or self._thinking:
            self._person = True
            return [self._note(_said(answer, self._believe), None, "overheard")] if answer.guesses else []
        if not answer.guesses:
            return self._misunderstood()
        said = said_of(answer.guesses, self._believe)
        if self._question.stage == "matter" and answer.began_ms - self._began_ms < EARLY_MS:
            return [self._note(said, None, "too_early"), *self._once_more()]
        self._person = self._person or self._question.stage == "who"
        return self._read(said)

    def _read(self, said: Said) -> list[Action]:
        self._thinking = True
        asked: Asked = "nothing" if self._question.stage in ("birthday", "later") else self._question.asked
        return [Read(said, asked)]

    def _pressed(self, key: str) -> list[Action]:
        self._person, self._speaking_since = True, None
        question = self._question
        if question.stage in ("opening", "closing") or self._thinking:
            return []
        hushed = self._hush()
        self._quiet_since = self._at_ms
        if question.keys in keys.LENGTHS:
            return [*hushed, *self._digit(key)]
        if key == keys.REPEAT:
            return [*hushed, *self._once_more()]
        if key == keys.HUMAN:
            return [*hushed, *self._call_for_a_person()]
        if key == keys.SLOWER:
            return [*hushed, *self._slower()]
        meant = keys.words_of(question.keys, key)
        return [*hushed, *(self._misunderstood() if meant is None else self._read(Said(f"[{key}] {meant}", (meant,))))]

    def _digit(self, key: str) -> list[Action]:
        """One more digit of an entry; the last one, or the hash key, ends it."""
        question = self._question
        if key.isdigit():
            question.digits += key
        if key != keys.DONE and len(question.digits) < keys.LENGTHS[question.keys]:
            return []
        digits, question.digits = question.digits, ""
        if not digits:
            return self._misunderstood()
        if question.stage == "birthday":
            return self._check(int(digits[:2]), int(digits[2:] or "0"))
        return self._read(Said(f"[{digits}]", (digits,)))

    # --- what was understood

    def _understood(self, said: Said, reading: Reading) -> list[Action]:
        if reading.intent == "repeat" and self._question.stage != "fetching":
            return [self._note(said, reading, "repeat"), *self._again_as_wished(reading)]
        handlers: dict[Stage, Callable[[Said, Reading], list[Action]]] = {
            "who": self._at_who, "wrong": self._at_wrong, "fetch": self._at_fetch, "fetching": self._at_fetching, "later": self._at_later,
            "birthday": self._at_birthday, "again": self._at_again, "more": self._at_more,
        }  # fmt: skip
        return handlers.get(self._question.stage, self._at_matter)(said, reading)

    def _again_as_wished(self, reading: Reading) -> list[Action]:
        """ "Once more", "slower", "louder", "one moment", "hello?": at every point of the call."""
        if reading.entities.get("wait"):
            self._question.patience_ms = WAITING_MS
            return self._also("waiting")
        if reading.entities.get("pace") == "slower":
            return self._slower()
        if reading.entities.get("volume") == "louder":
            self._manner = replace(self._manner, louder=self._manner.louder + 1)
        if self._question.stage == "who":
            return self._speak(self._question.in_other_words(self._phrase))
        return self._once_more()

    def _slower(self) -> list[Action]:
        self._manner = replace(self._manner, slower=self._manner.slower + 1)
        return self._once_more()

    def _at_who(self, said: Said, reading: Reading) -> list[Action]:
        note = self._note(said, reading, "who")
        match callers_wish(said, reading):
            case Wish.SPEAKING:
                return [note, *self._known()]
            case Wish.NOT_ME:
                return [note, *self._ask("fetch")]
            case Wish.LATER:
                return [note, *self._called_later(reading)]
            case Wish.WRONG_NUMBER:
                return [note, *self._ask("wrong")]
            case Wish.SERIOUS:
                return self._take(said)
            case Wish.WHO_IS_IT:
                return [note, *self._speak(self._question.in_other_words(self._phrase))]
        return [note, *self._misunderstood()]

    def _known(self) -> list[Action]:
        """The person is there. Where several share the number, a "yes" does not say which of them (X8)."""
        if self._brief.several and not self._brief.by_contact_person:
            return self._put(Question("birthday", (self._text("ask_birth_day_month"),), "date_of_birth"))
        return self._tell()

    def _tell(self) -> list[Action]:
        line = Spoken(self._words or "", self._brief.kind or "", self._brief.message_id)
        asked: Asked = "nothing" if self._brief.asks is None else self._brief.asks  # type: ignore[assignment]  # rows hold it as a string
        return [Tell(line.text), *self._put(Question("matter", (line,), asked))]

    def _at_wrong(self, said: Said, reading: Reading) -> list[Action]:
        """A stranger's number is one that its owner says so of, twice: nothing goes there any more."""
        if reading.intent in ("affirm", "wrong_person") and not said.doubtful:
            return self._take(Said(said.shown, ("pomyłka, to nie ten numer",)))
        return [self._note(said, reading, "who"), *(self._ask("who") if reading.intent == "deny" else self._misunderstood())]

    def _at_fetch(self, said: Said, reading: Reading) -> list[Action]:
        note = self._note(said, reading, "fetch")
        match callers_wish(said, reading):
            case Wish.SPEAKING:
                return [note, *self._wait_for_the_person()]
            case Wish.NOT_ME | Wish.LATER:
                return [note, *self._called_later(reading)]
            case Wish.WRONG_NUMBER:
                return [note, *self._ask("wrong")]
            case Wish.SERIOUS:
                return self._take(said)
        return [note, *self._misunderstood()]

    def _wait_for_the_person(self) -> list[Action]:
        question = Question("fetching", (self._phrase("waiting"),), "yes_no", patience_ms=FETCHING_MS)
        return self._put(question)

    def _at_fetching(self, said: Said, reading: Reading) -> list[Action]:
        """Somebody speaks again: whoever it is, he is asked from the beginning."""
        lines = (self._text("system_disclosure"), self._phrase("who"))
        return [self._note(said, reading, "who"), *self._put(Question("who", lines, "yes_no"))]

    def _called_later(self, reading: Reading) -> list[Action]:
        wished = wished_hour(reading, self._now)
        if wished is None:
            return self._ask("later")
        self._again_at = wished
        return self._part("call_later", "called_later")

    def _at_later(self, said: Said, reading: Reading) -> list[Action]:
        """When we may call: an hour that can be understood, or else by our own plan (D11)."""
        self._again_at = wished_hour(reading, self._now)
        outcome = "not_home" if self._again_at is None else "call_later"
        return [self._note(said, reading, "later"), *self._part(outcome, "called_later")]

    def _at_birthday(self, said: Said, reading: Reading) -> list[Action]:
        day = str(reading.entities.get("date_of_birth") or reading.entities.get("date") or "")
        note = self._note(replace(said, shown="(data)"), None, "birthday")
        if len(day) < len("2000-01-01"):
            return [note, *self._misunderstood()]
        return [note, *self._check(int(day[8:10]), int(day[5:7]))]

    def _check(self, day: int, month: int) -> list[Action]:
        self._thinking = True
        return [Check(day, month)]

    def _checked(self, verdict: str) -> list[Action]:
        if verdict == "recognised":
            return self._tell()
        self._tries += 1
        if verdict == "locked" or self._tries >= MOST_TRIES:
            return self._part("not_recognised", "unknown_person")
        return self._put(replace(self._question, lines=(self._text("identity_wrong"),), silences=0))

    def _at_again(self, said: Said, reading: Reading) -> list[Action]:
        note = self._note(said, reading, "again")
        if reading.intent == "affirm":
            return [note, *self._tell()]
        if reading.intent in ("deny", "thank", "bye"):
            return [note, *self._goodbye()]
        return self._take(said)

    def _at_more(self, said: Said, reading: Reading) -> list[Action]:
        if reading.intent in ("deny", "thank", "bye"):
            return [self._note(said, reading, "more"), *self._goodbye()]
        if reading.intent == "affirm":
            return [self._note(said, reading, "more"), *self._put(Question("matter", (self._phrase("listening"),), "nothing"))]
        return self._take(said)

    def _at_matter(self, said: Said, reading: Reading) -> list[Action]:
        if self._question.asked == "nothing" and reading.intent in ("thank", "bye"):
            return [self._note(said, reading, "goodbye"), *self._goodbye()]
        return self._take(said)

    # --- turns of the conversation

    def _take(self, said: Said) -> list[Action]:
        self._thinking = True
        return [Take(said)]

    def _replied(self, said: Said, reply: Reply) -> list[Action]:
        self._manner = replace(self._manner, language=reply.language)
        if self._question.stage == "matter":
            self._told = self._told or self._brief.message_id is not None
        if reply.outcome not in PLAIN:
            self._deed = reply.outcome
        if reply.outcome in LAST:
            return self._part_with(reply.lines or (self._phrase("human_later"),), reply.outcome)
        if not reply.lines:
            return self._goodbye()
        if reply.asks == "nothing":
            return self._put(Question("more", (*reply.lines, self._phrase("more")), "nothing"))
        return self._asked_on(said, reply)

    def _asked_on(self, said: Said, reply: Reply) -> list[Action]:
        """The conversation asks something; the same thing again, or what was heard badly, is a misunderstanding."""
        before = self._question
        same = before.stage == "matter" and before.asked == reply.asks and _kinds(before.lines) == _kinds(reply.lines)
        missed = said.doubtful or same or "not_understood" in _kinds(reply.lines)
        question = Question("matter", reply.lines, reply.asks, misheard=before.misheard + 1 if missed else 0)
        return self._put_with_help(question)

    def _put_with_help(self, question: Question) -> list[Action]:
        if question.misheard >= 2 * MOST_MISHEARD:
            return self._call_for_a_person()
        lines = question.lines if question.misheard < MOST_MISHEARD else (*question.lines, self._phrase(keys.help_key(question.keys)))
        return self._put(question, lines)

    def _misunderstood(self) -> list[Action]:
        """Speech that meant nothing here: asked again, with the keys, and then by a person."""
        question = self._question
        if question.stage in ("opening", "closing"):
            return []
        question.misheard += 1
        if question.misheard >= 2 * MOST_MISHEARD:
            return self._call_for_a_person()
        sorry = self._phrase("unheard")
        again = question.with_keys if question.misheard >= MOST_MISHEARD else question.in_other_words
        return self._speak((sorry, *again(self._phrase)))

    def _call_for_a_person(self) -> list[Action]:
        return self._take(CALL_FOR_A_PERSON)

    def _silence(self) -> list[Action]:
        """Nobody answers: other words, then the keys, then the end, and nothing has changed."""
        question = self._question
        question.silences += 1
        question.patience_ms = SILENCE_MS
        if question.stage == "fetching":
            return self._part("not_home", "called_later")
        if question.stage in ("more", "again"):
            return self._goodbye()
        if question.stage == "matter" and question.asked == "nothing" and self._brief.message_id is not None:
            return self._ask("again")
        if question.silences == 1:
            return self._speak((self._phrase("silence"), *question.in_other_words(self._phrase)))
        if question.silences == 2:
            return self._speak(question.with_keys(self._phrase))
        told = self._told or question.stage == "matter"
        return self._part("told" if told else "silent", "unanswered" if told else "silent")

    # --- speaking

    def _ask_who(self) -> list[Action]:
        if self._brief.message_id is None:
            return self._put(Question("matter", (self._phrase("help"),), "nothing"))
        return self._ask("who")

    def _ask(self, stage: Stage) -> list[Action]:
        asked, text = ASKS[stage]
        return self._put(Question(stage, (self._phrase("who" if stage == "who" else text),), asked))

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
            self._began_ms = self._line_began_ms = self._at_ms
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

    # --- the end

    def _goodbye(self) -> list[Action]:
        return self._part_with((self._text("goodbye"),), "told" if self._told else "talked")

    def _part(self, outcome: str, key: str) -> list[Action]:
        return self._part_with((self._phrase(key),), outcome)

    def _part_with(self, lines: Sequence[Spoken], outcome: str) -> list[Action]:
        """The last words; when they have been heard, the call is closed."""
        self._end = outcome
        return self._put(Question("closing", tuple(lines), "nothing", patience_ms=CLOSING_MS))

    def _left(self) -> list[Action]:
        hushed = self._hush()
        self._end = self._end or ("told" if self._told else "hung_up")
        return [*hushed, *self._close()]

    def _close(self) -> list[Action]:
        """One outcome: what was settled, if anything was; else how it ended."""
        self.over = True
        outcome = self._deed or self._end or "interrupted"
        heard, unheard = tuple(self._heard), tuple(one for one in self._unheard if one not in self._heard)
        return [Close(Ended(outcome, told=self._told, again_at=self._again_at, heard=heard, unheard=unheard))]


def _said(answer: Answer, believe: float) -> Said:
    return said_of(answer.guesses, believe)


def _kinds(lines: Sequence[Spoken]) -> list[str]:
    return [line.kind for line in lines]
