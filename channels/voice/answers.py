"""What an answer means at each point of a call: before the person is known, in the matter, after it.

Nothing of a visit is said to whom has not said to be the person; whatever is unclear is asked again (X32, D7).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from channels.voice import keys
from channels.voice.asking import FETCHING_MS, MOST_MISHEARD, WAITING_MS, Question, Stage
from channels.voice.events import Action
from channels.voice.person import SERIOUS, Wish, answers_a_hello, callers_wish, wished_hour
from channels.voice.talk import Talk
from channels.voice.turns import Reply, Said, Spoken
from dialogs.understanding.reading import Reading

MOST_TRIES: Final = 3  # of a birthday
PLAIN: Final = frozenset({"asked", "answered", "noted", "repeated"})  # outcomes of turns in which nothing was settled
LAST: Final = frozenset({"wrong_person", "reported_death", "opted_out", "handed_over"})  # after these nothing more is asked


class Answers(Talk):
    """A call that understands what it is told."""

    def _understood(self, said: Said, reading: Reading) -> list[Action]:
        if reading.intent == "repeat" and self._question.stage not in ("hello", "fetching"):
            return [self._note(said, reading, "repeat"), *self._again_as_wished(reading)]
        handlers: dict[Stage, Callable[[Said, Reading], list[Action]]] = {
            "hello": self._at_hello, "who": self._at_who, "wrong": self._at_wrong, "fetch": self._at_fetch, "fetching": self._at_fetching,
            "later": self._at_later, "birthday": self._at_birthday, "again": self._at_again, "more": self._at_more,
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

    def _at_hello(self, said: Said, reading: Reading) -> list[Action]:
        """Somebody hears us: now he may be asked whether he is the person. What a machine may have said asks once more."""
        note = self._note(said, reading, "hello")
        if reading.intent in SERIOUS and not said.lost:
            return self._take(said)
        if not self._person and not answers_a_hello(said, reading):
            return [note, *self._misunderstood()]
        self._person = True
        return [note, *self._ask("who")]

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


def _kinds(lines: Sequence[Spoken]) -> list[str]:
    return [line.kind for line in lines]
