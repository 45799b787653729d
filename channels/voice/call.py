"""A call's mind: from what happens (`events`) to what is done, without clock, socket or database. All time is audio time.

The order never changes: who we are and that an automated system speaks (X32), whom we ask for, and only then the matter. A name is said
only where a person is known to listen: the carrier says so, a key was pressed, or a question without a name was answered. A cancellation
is read back and confirmed (D6, D7); what was heard badly, or began before the question could be understood, changes nothing. Silence
and misunderstanding lead to other words, then to keys, then to a person. However it ends, it ends in one outcome.
"""

from typing import Final

from channels.voice.asking import SILENCE_MS, Question
from channels.voice.events import (
    Action,
    Checked,
    Event,
    HeardThat,
    Left,
    Note,
    Played,
    Pressed,
    Read,
    Replied,
    Screened,
    Sounding,
    Take,
    Time,
    Understood,
)  # fmt: skip
from channels.voice.ports import Answer, Onset
from channels.voice.pressing import EARLY_MS, Pressing
from channels.voice.talk import CLOSING_MS
from channels.voice.turns import said_of

SCREEN_MS: Final = 600  # after the first words, for the carrier to say whether a person picked up; then the line itself is asked
GREETING_MS: Final = 700  # an answer that begins sooner after "can you hear us" is a greeting that goes on
LONGEST_SPEECH_MS: Final = 20_000  # of a caller of whom no end is heard: noise


class Call(Pressing):
    """One call. `on` takes an event and gives what is to be done, in order; after `Close` nothing more comes."""

    def begin(self) -> list[Action]:
        """The first words."""
        opening = [self._text("system_disclosure")]
        if self._recorded:
            opening.append(self._phrase("recorded"))
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
            case Played() | Sounding():
                return self._line_moves(event)
            case Screened(machine, person):
                return self._screened(machine=machine, person=person)
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
        return self._question.stage in ("opening", "hello") and not self._person

    def _thought(self, event: Event) -> list[Action]:
        """What was being thought about has come back; the caller may have gone on meanwhile, the answer counts all the same."""
        self._thinking = False
        actions: list[Action] = []
        match event:
            case Understood(said, reading):
                actions = self._understood(said, reading)
            case Replied(said, reply):
                actions = self._replied(said, reply)
            case Checked(verdict):
                actions = self._checked(verdict)
        return self._unspoken(actions) if self._gone else actions

    def _unspoken(self, actions: list[Action]) -> list[Action]:
        """What follows from the last answer of a caller who has hung up: done and written down, and not said to nobody."""
        self._hush()
        done: list[Action] = [action for action in actions if isinstance(action, Read | Take | Note)]
        return done if self._thinking else [*done, *self._close()]

    def _time(self, at_ms: int) -> list[Action]:
        self._at_ms = at_ms
        if self._held is not None:
            return self._waiting_key(*self._held)
        if self._speaking_since is not None and at_ms - self._speaking_since > LONGEST_SPEECH_MS:
            self._speaking_since, self._quiet_since = None, at_ms
            return self._misunderstood()
        if self._question.stage == "closing" and at_ms - self._began_ms > CLOSING_MS:
            return self._close()
        if self._quiet_since is None or self._thinking:
            return []
        quiet = at_ms - self._quiet_since
        if self._question.stage == "opening":
            return self._ask_who() if self._person else self._ask("hello") if quiet >= SCREEN_MS else []
        if self._question.stage == "closing":
            return self._close()
        if self._question.stage == "hello" and self._person and quiet >= SCREEN_MS:
            return self._ask("who")
        return self._silence() if quiet >= self._question.patience_ms else []

    def _onset(self, at_ms: int) -> list[Action]:
        """The caller begins to speak: we fall silent. Who we are and how we part is said to the end."""
        self._speaking_since, self._quiet_since = at_ms, None
        return [] if self._question.stage in ("opening", "closing") else self._hush()

    def _line_moves(self, event: Played | Sounding) -> list[Action]:
        """A line begins to be heard, and only from then on can be answered; or it has been heard to its end."""
        if isinstance(event, Played):
            return self._played(event.mark)
        if event.mark in self._sounding:
            self._starts[event.mark] = event.at_ms
            self._audible_ms = event.at_ms if self._audible_ms is None else self._audible_ms
        return []

    def _played(self, mark: str) -> list[Action]:
        """A line has been heard to its end; unless it was cleared: then its mark says nothing."""
        line = self._sounding.pop(mark, None)
        if line is None or mark in self._dropped:
            return []
        self._settle(line, heard=True)
        if self._sounding or self._speaking_since is not None:
            return []
        self._quiet_since, self._question.heard = self._at_ms, True
        return self._time(self._at_ms) if self._question.stage in ("opening", "closing") else []

    def _screened(self, *, machine: bool, person: bool) -> list[Action]:
        """Nothing is said to a machine (D11), unless a person has already answered it for us. A person is asked for by name at once."""
        if machine and not self._person:
            self._end = "voicemail"
            return [*self._hush(), *self._close()]
        if not person or self._person:
            return []
        self._person = True
        return self._time(self._at_ms)

    def _answered(self, answer: Answer) -> list[Action]:
        self._speaking_since = None
        if not self._sounding:
            self._quiet_since = self._at_ms
        if self._question.stage in ("opening", "closing") or self._thinking:
            return [self._note(said_of(answer.guesses, self._believe), None, "overheard")] if answer.guesses else []
        if self._held is not None:
            return self._key_and_word(self._held[0], answer)
        if not answer.guesses:
            return self._misunderstood()
        said = said_of(answer.guesses, self._believe)
        if self._question.stage == "matter" and self._question.asked != "nothing" and self._sooner(answer.began_ms, EARLY_MS):
            return [self._note(said, None, "too_early"), *self._once_more()]
        if self._question.stage == "hello" and not self._person and self._sooner(answer.began_ms, GREETING_MS):
            return [self._note(said, None, "too_early")]
        return self._read(said)

    def _silence(self) -> list[Action]:
        """Nobody answers: other words, then the keys, then the end, and nothing has changed."""
        question = self._question
        self.silence_ms = self._at_ms - (self._quiet_since or 0)
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

    def _ask_who(self) -> list[Action]:
        if self._brief.message_id is None:
            return self._put(Question("matter", (self._phrase("help"),), "nothing"))
        return self._ask("who")

    def _left(self) -> list[Action]:
        """An answer that was given to the end counts, also of one who hangs up right after it; a key that still waits does not."""
        hushed = self._hush()
        self._end = self._end or ("told" if self._told else "hung_up")
        if self._thinking and self._question.stage == "matter":
            self._gone = True
            return hushed
        return [*hushed, *self._close()]
