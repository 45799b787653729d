"""The reader of messages: every part of understanding in its order, from alarms to the learned model."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType

from dialogs.understanding import corpus
from dialogs.understanding.acts import acts
from dialogs.understanding.alarms import alarm
from dialogs.understanding.classifier import Model, cached, train
from dialogs.understanding.commands import command
from dialogs.understanding.entities import Facts, facts
from dialogs.understanding.guesses import Guess, best_of
from dialogs.understanding.language import language_of
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.machines import machine
from dialogs.understanding.reading import Asked, Reading
from dialogs.understanding.short import key_pressed, short_answer
from dialogs.understanding.text import plain, sentences, words
from dialogs.understanding.verdict import Verdict, answers_form, in_context, judge
from dialogs.understanding.words import en, pl, uk

_CLOSING = re.compile(
    r"\b(pozdrawiam\w*|z powazaniem|z wyrazami szacunku|best regards|kind regards|regards|yours sincerely|з повагою)\b[\s,.!]*([^?]{0,60})$"
)


class Interpreter:
    """Understands patients' messages; made once by `load`, then `read` is pure and safe to call from any thread."""

    def __init__(self, model: Model, lexicons: Mapping[str, "Speech"]) -> None:
        self._model = model
        self._speech = lexicons

    @classmethod
    def load(cls, cache: Path | None = None) -> "Interpreter":
        """Build from the repository's data in seconds; nothing is fetched. `cache` is a folder for the trained model."""
        examples = corpus.examples()
        pairs = [(plain(example.text), example.intent) for example in examples]
        model = cached(cache, pairs) if cache is not None else train(pairs)
        known = frozenset(word for text, _ in pairs for word in words(text))
        return cls(model, {name: Speech(module, known) for name, module in (("pl", pl), ("uk", uk), ("en", en))})

    def read(
        self,
        text: str | Sequence[str],
        *,
        asked: Asked = "nothing",
        channel: str = "sms",
        language: str | None = None,
        today: date,
    ) -> Reading:
        """Read one message, or the best of several guesses of a recogniser, as an answer to what was asked.

        `today` is the Warsaw calendar day from which "jutro" is counted; `language` the patient's setting, which decides
        only where the words do not. Of several guesses the first that validly answers the question wins (a PESEL whose
        checksum holds, a possible date); a cancellation that another guess contradicts is asked back (D7).
        """
        guesses = [text] if isinstance(text, str) else list(text) or [""]
        read = [self._one(guess, asked, channel, language, today) for guess in guesses]
        return best_of(read) if len(read) > 1 else read[0].reading

    def _one(self, text: str, asked: str, channel: str, hint: str | None, today: date) -> Guess:
        folded = plain(text)
        language = language_of(folded, hint)
        known = facts(folded, asked=asked, today=today)
        verdict, ranked = self._judged(folded, asked, channel, known, self._speech[language])
        others = tuple((intent, round(share, 3)) for intent, share in ranked[:4] if intent != verdict.intent)[:3]
        entities = {**known.entities, **verdict.details}
        reading = Reading(
            text, language, verdict.intent, round(verdict.confidence, 3), entities, verdict.question, others, verdict.why
        )
        return Guess(reading, known.answers and verdict.intent == "inform" and not verdict.question)

    def _judged(
        self, folded: str, asked: str, channel: str, known: Facts, speech: "Speech"
    ) -> tuple[Verdict, list[tuple[str, float]]]:
        repaired = speech.repaired(_unsigned(folded, speech))
        ranked = self._model.rank(repaired)
        danger = alarm(folded)
        if danger is not None:
            return Verdict(danger.intent, 0.99 if danger.sure else 0.6, not danger.sure, (danger.why,)), ranked
        if (ordered := command(folded)) is not None:
            return ordered, ranked
        found = acts(sentences(repaired), speech.lexicon.senses)
        origin = machine(folded)
        if origin is not None and not any(act.sure for act in found):
            return Verdict("nlu_fallback", 0.9, False, (origin,), {"automatic": True}), ranked
        if (answer := answers_form(known, asked, found)) is not None:
            return answer, ranked
        bare = short_answer(repaired, speech.lexicon.senses)
        if bare is None:
            bare = key_pressed(folded, asked, channel)
        if bare is not None:
            verdict = Verdict(_BARE.get(bare, bare), 0.95, False, (f"nothing but {bare}",))
        else:
            verdict = judge(found, ranked, self._model.coverage(repaired))
            verdict = verdict.asked_back(origin) if origin is not None else verdict
        return in_context(verdict, asked, bare=bare, chosen="choice" in known.entities or known.answers), ranked


_BARE = {"ok": "affirm", "mixed": "deny"}


class Speech:
    """One language's word lists, ready for use."""

    def __init__(self, module: ModuleType, known: frozenset[str]) -> None:
        self.lexicon = Lexicon(module.FORMS, known)
        self._phrases: dict[str, str] = module.PHRASES
        longest_first = sorted(map(re.escape, self._phrases), key=len, reverse=True)
        self._phrase = re.compile(r"(?<![\w'])(?:" + "|".join(longest_first) + r")(?![\w'])")

    def repaired(self, text: str) -> str:
        """Folded text with set phrases and glued negations brought to the words of the lists."""
        return self._phrase.sub(lambda match: self._phrases[match[0]], text)


def _unsigned(text: str, speech: Speech) -> str:
    """Text without a closing formula and the name after it; a closing that still says something is left alone."""
    closing = _CLOSING.search(text)
    if closing is None or closing.start() == 0:
        return text
    tail = [tag for word in words(closing[2]) for tag in speech.lexicon.senses(word)]
    return text if any(tag.startswith(("cancel", "attend", "neg", "change", "confirm")) for tag in tail) else text[: closing.start()]
