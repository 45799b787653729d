"""A call on keys alone: no model, no free place, or a stream that broke. Every question of a call can be answered so.

Each step is one request of the carrier and one transaction; where the call stands is in its row (`stage`), so any process may take
the next one. The same order as a spoken call: who we are, whom we ask for, and only then the matter (X32). The name is said only
after a key has been pressed: an answering machine presses none, and hears nothing personal (D11).

Stages: open, who, birthday, matter (being said for the first time), heard (an answer or a silence came after it), menu (their call).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.voice import keys, turns
from channels.voice.pressing import EARLY_MS
from channels.voice.turns import Said
from dialogs.conversation import Understands
from dialogs.wording import render
from dialogs.wording.calls import phrase
from registry import calls, communications, identity, spoken
from registry.calls import Ended
from registry.catalogue import Policy
from registry.spoken import Briefing

MOST_MISSES = 3  # wrong keys or none at all on one question
EARLY = timedelta(milliseconds=EARLY_MS)
MATTER = ("matter", "heard")
TOLD = ("matter", "heard", "menu")  # a key or a silence at these says that the words before it were heard


@dataclass(frozen=True, slots=True)
class Step:
    """What to say now and how many digits to wait for; none when the call is over. `transfer` when a person takes it.

    `number` counts the steps of the call: an answer bears the number of the question that it is for.
    """

    words: tuple[str, ...]
    digits: int | None
    language: str
    number: int = 0
    transfer: bool = False


@dataclass(frozen=True, slots=True)
class Keypad:
    """The keys of one call, in one transaction."""

    session: Session
    brief: Briefing
    interpreter: Understands
    now: datetime
    policy: Policy

    def begin(self) -> Step:
        """The first words (X32), and the first question."""
        opening = [self._text("system_disclosure"), self._phrase("busy")]
        if self.brief.message_id is None:
            return self._ask("menu", [*opening, self._phrase("keys_nothing")])
        return self._ask("open", [*opening, self._phrase("press_on")])

    def pressed(self, digits: str, step: int) -> Step:
        """The keys that were pressed at a step; "" when none was. Keys for an earlier question answer nothing: a carrier's repeated
        request must not press a key at the next one."""
        stage = self.brief.stage or "open"
        if step != self.brief.steps:
            return self._again(stage, missed=False)
        if digits == keys.HUMAN:
            return self._human(stage)
        handle: Callable[[str], Step | None] = {"open": self._at_open, "who": self._at_who, "birthday": self._at_birthday}.get(
            stage, self._at_matter
        )
        answered = None if digits == keys.REPEAT else handle(digits)
        return answered if answered is not None else self._again(stage, missed=digits != keys.REPEAT)

    def _at_open(self, digits: str) -> Step | None:
        return self._ask("who", self._who()) if digits == "1" else None

    def _at_who(self, digits: str) -> Step | None:
        if digits == "1":
            return self._ask("birthday", self._birthday()) if self._doubtful_person() else self._tell()
        return self._end("not_home", "called_later") if digits == "2" else None

    def _doubtful_person(self) -> bool:
        return self.brief.several and not self.brief.by_contact_person

    def _at_birthday(self, digits: str) -> Step | None:
        if len(digits) != keys.LENGTHS["birthday"] or self.brief.patient_id is None:
            return None
        known = identity.by_birthday(
            self.session, self.brief.patient_id, day=int(digits[:2]), month=int(digits[2:]), address=self.brief.address, now=self.now,
            policy=self.policy,
        )  # fmt: skip
        if known.verdict == "recognised":
            return self._tell()
        return self._end("not_recognised", "unknown_person") if known.verdict == "locked" else None

    def _tell(self) -> Step:
        brief, words = self.brief, turns.message_words(self.brief)
        spoken.tell(self.session, brief.message_id, words, now=self.now)
        return self._ask("matter", [words, self._phrase(keys.help_key(brief.asks or "nothing"))])

    def _at_matter(self, digits: str) -> Step | None:
        """A key in the matter itself goes through the conversation like a word."""
        asked = turns.asked_now(self.session, self.brief.address) if self.brief.stage != "menu" else "nothing"
        meant = keys.words_of(asked, digits)
        if meant is None:
            return None
        if asked == "yes_no" and digits == keys.YES and self._too_early():
            return self._again("heard", missed=False)
        said = Said(f"[{digits}] {meant}", (meant,))
        reply = turns.take(self.session, self.brief, self._number(), said, self.interpreter, now=self.now)
        words = [line.text for line in reply.lines]
        if reply.asks != "nothing":
            return self._ask("heard", [*words, self._phrase(keys.help_key(reply.asks))])
        return self._finish(reply.outcome, [*words, self._text("goodbye")], told=True, heard=[one.message_id for one in reply.lines])

    def _too_early(self) -> bool:
        """Whether the question cannot have been understood yet: who corrects a slip, 2 and then 1, must not confirm the slip (D7)."""
        seen = communications.last_seen(self.session, "voice", self.brief.address)
        return seen is not None and seen.sent_at is not None and self.now - seen.sent_at < EARLY

    def _human(self, stage: str) -> Step:
        said = Said(f"[{keys.HUMAN}] pracownik", ("chcę rozmawiać z pracownikiem",))
        reply = turns.take(self.session, self.brief, self._number(), said, self.interpreter, now=self.now)
        words = [line.text for line in reply.lines]
        heard = [one.message_id for one in reply.lines]
        step = self._finish("handed_over", words, told=stage in TOLD, heard=heard)
        return replace(step, transfer=True)

    def _again(self, stage: str, *, missed: bool) -> Step:
        """The same question once more; after the third miss the call ends, and nothing has changed."""
        misses = self.brief.misses + missed
        if misses >= MOST_MISSES:
            told = stage in TOLD
            return self._end("told" if told else "silent", "unanswered" if told else "silent", told=told)
        return self._ask("heard" if stage == "matter" else stage, self._question(stage), misses=misses)

    def _question(self, stage: str) -> list[str]:
        if stage == "open":
            return [self._phrase("press_on")]
        if stage == "who":
            return self._who()
        if stage == "birthday":
            return self._birthday()
        if stage == "menu":
            return [self._phrase("keys_nothing")]
        seen = communications.last_seen(self.session, "voice", self.brief.address)
        body = seen and spoken.words(self.session, seen.id)
        return [*([body] if body else []), self._phrase(keys.help_key((seen and seen.asks) or "nothing"))]

    def _who(self) -> list[str]:
        return [self._phrase("who"), self._phrase("keys_yes_no")]

    def _birthday(self) -> list[str]:
        return [self._text("ask_birth_day_month"), self._phrase("keys_birthday")]

    def _ask(self, stage: str, words: list[str], *, misses: int = 0) -> Step:
        step = calls.moved_on(self.session, self.brief.call_id, stage, misses)
        if stage not in MATTER:
            lines = [(f"call_{stage}", " ".join(words), None)]
            spoken.said(self.session, self.brief.address, lines, language=self.brief.language, now=self.now)
        asked = turns.asked_now(self.session, self.brief.address) if stage in MATTER else stage
        return Step(tuple(words), keys.LENGTHS.get(asked, 1), self.brief.language, step)

    def _end(self, outcome: str, text: str, *, told: bool = False) -> Step:
        return self._finish(outcome, [self._phrase(text)], told=told)

    def _finish(self, outcome: str, words: list[str], *, told: bool, heard: list[int | None] | None = None) -> Step:
        ended = Ended(outcome, told=told, heard=[one for one in heard or [] if one is not None])
        calls.end(self.session, self.brief.call_id, ended, now=self.now, policy=self.policy)
        return Step(tuple(words), None, self.brief.language)

    def _number(self) -> str:
        """The name of this turn in the call: a request that the carrier repeats brings the same one, and changes nothing."""
        return f"k{self.brief.steps}"

    def _phrase(self, key: str) -> str:
        return phrase(key, language=self.brief.language, name=self.brief.name or "")

    def _text(self, key: str) -> str:
        return render(key, {}, language=self.brief.language, channel="voice")
