"""What a key means at each point of a call, and when it does not count: before its question was heard, or beside a word against it (D7)."""

from typing import Final

from channels.voice import keys
from channels.voice.answers import Answers
from channels.voice.events import Action
from channels.voice.ports import Answer
from channels.voice.turns import Said

EARLY_MS: Final = 1_500  # an answer that begins sooner after the matter's first sound is none: it could not be understood yet
HELD_MS: Final = 500  # a "yes" by key waits so long for a word that was begun with it,
HELD_SPEAKING_MS: Final = 4_000  # and at most so long for the end of such speech


class Pressing(Answers):
    """A call that understands keys."""

    def _pressed(self, key: str) -> list[Action]:
        self._person, speaking, self._speaking_since = True, self._speaking_since, None
        question = self._question
        if question.stage in ("opening", "closing") or self._thinking or (self._held is not None and key == keys.YES):
            return []
        self._held = None
        early = not question.heard and self._sooner(self._at_ms, EARLY_MS)
        hushed = self._hush()
        self._quiet_since = self._at_ms
        of_the_call = self._of_the_call(key)
        return [*hushed, *(self._answer_by_key(key, speaking, early=early) if of_the_call is None else of_the_call)]

    def _of_the_call(self, key: str) -> list[Action] | None:
        """Digits of an entry, once more, a person, slower; None for any other key."""
        if self._question.keys in keys.LENGTHS:
            return self._digit(key)
        if key == keys.REPEAT:
            return self._once_more()
        if key == keys.HUMAN:
            return self._call_for_a_person()
        return self._slower() if key == keys.SLOWER else None

    def _answer_by_key(self, key: str, speaking: int | None, *, early: bool) -> list[Action]:
        """A "yes" that may take something away waits a moment for a word against it; before the question was heard it is none."""
        question = self._question
        meant = keys.words_of(question.keys, key)
        if meant is None:
            return self._misunderstood()
        said = Said(f"[{key}] {meant}", (meant,))
        if question.stage != "matter" or question.asked != "yes_no" or key != keys.YES:
            return self._read(said)
        if early:
            return [self._note(said, None, "too_early"), *self._once_more()]
        self._held, self._speaking_since = (said, self._at_ms), speaking
        return []

    def _waiting_key(self, said: Said, since_ms: int) -> list[Action]:
        """A "yes" by key counts when no word was begun with it; what is said along with it is heard out first, but not for ever."""
        waited = self._at_ms - since_ms
        if waited < HELD_MS or (self._speaking_since is not None and waited < HELD_SPEAKING_MS):
            return []
        speaking, self._held, self._speaking_since = self._speaking_since, None, None
        return self._read(said) if speaking is None else self._doubt(said)

    def _key_and_word(self, said: Said, answer: Answer) -> list[Action]:
        """Noise beside a key is nothing; a word beside it must be the same word (D7)."""
        self._held = None
        words = answer.guesses[0].text.split() if answer.guesses else []
        return self._doubt(said) if words and words[0] != said.guesses[0] else self._read(said)

    def _doubt(self, said: Said) -> list[Action]:
        self._quiet_since = self._at_ms
        return [self._note(said, None, "contradicted"), *self._misunderstood()]

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

    def _sooner(self, at_ms: int, after_ms: int) -> bool:
        """Whether an instant lies before so much of the question was on the ear."""
        return self._audible_ms is None or at_ms - self._audible_ms < after_ms
