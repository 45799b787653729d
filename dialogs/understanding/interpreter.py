"""The reader of messages: every part of understanding in its order, from alarms to the learned model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

from dialogs.understanding import corpus
from dialogs.understanding.acts import absence_doubted, acts, doubted_for
from dialogs.understanding.alarms import alarm
from dialogs.understanding.classifier import Model, cached, train
from dialogs.understanding.commands import command
from dialogs.understanding.entities import Facts, facts, weekdays_named
from dialogs.understanding.guesses import Guess, best_of
from dialogs.understanding.hints import hinted
from dialogs.understanding.language import Guesser, language_of
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.machines import joking, machine, somebody_called
from dialogs.understanding.reading import LANGUAGES, Asked, Reading
from dialogs.understanding.short import key_pressed, short_answer
from dialogs.understanding.text import first_person, names_in, plain, sentences, words
from dialogs.understanding.topics import Topics
from dialogs.understanding.translit import cyrillic
from dialogs.understanding.verdict import Verdict, alarmed, answers_form, as_domain, expected, fitting, in_context, judge
from dialogs.understanding.vocabulary import Vocabulary
from dialogs.understanding.words import en, pl, uk

_CLOSING = re.compile(
    r"\b(pozdrawiam\w*|z powazaniem|z wyrazami szacunku|best regards|kind regards|regards|yours sincerely|з повагою)\b[\s,.!]*([^?]{0,60})$"
)


class Interpreter:
    """Understands patients' messages; made once by `load`, then `read` is pure and safe to call from any thread."""

    def __init__(self, model: Model, lexicons: Mapping[str, "Speech"], vocabulary: Vocabulary, guesser: Guesser, topics: Topics) -> None:
        self._model = model
        self._guesser = guesser
        self._topics = topics
        self._speech = lexicons
        self._vocabulary = vocabulary

    @classmethod
    def load(cls, cache: Path | None = None) -> "Interpreter":
        """Build from the repository's data in seconds; nothing is fetched. `cache` is a folder for the trained model."""
        examples = corpus.examples()
        pairs = [(plain(example.text), example.intent) for example in examples]
        model = cached(cache, pairs) if cache is not None else train(pairs)
        heard = {name: frozenset(words(" ".join(plain(e.text) for e in examples if e.language == name))) for name in LANGUAGES}
        speech = {name: Speech(module, heard[name]) for name, module in (("pl", pl), ("uk", uk), ("en", en))}
        guesser = Guesser({name: [plain(e.text) for e in examples if e.language == name] for name in ("pl", "en")})
        own = [text for text, intent in pairs if intent != "nlu_fallback"]
        return cls(model, speech, Vocabulary(own, [one.lexicon for one in speech.values()]), guesser, Topics.load(examples, plain, cache))

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
        language = language_of(folded, hint, self._guesser)
        if language != "en" and (own := self._ukrainian(folded, hint)) is not None:
            folded, language = own, "uk"
        known = facts(folded, asked=asked, today=today)
        verdict, ranked = self._judged(folded, asked, channel, known, self._speech[language], text)
        others = tuple((intent, round(share, 3)) for intent, share in ranked[:4] if intent != verdict.intent)[:3]
        verdict = self._answered(verdict, folded, asked, self._speech[language])
        entities = {**known.entities, **verdict.details}
        reading = Reading(text, language, verdict.intent, round(verdict.confidence, 3), entities, verdict.question, others, verdict.why)
        return Guess(reading, known.answers and verdict.intent == "inform" and not verdict.question)

    def _answered(self, verdict: Verdict, folded: str, asked: str, speech: "Speech") -> Verdict:
        """A question with the topic of its answer; asked back, that is left to a person, when there is no answer to it (R141)."""
        guessed = verdict.question and asked in _OPEN and len(words(folded)) > _TOO_SHORT and verdict.why[0].startswith("model:")
        if "topic" in verdict.details or not (verdict.intent == "ask_faq" or guessed):
            return verdict
        topic, share = self._topics.find(speech.corrected(_unsigned(folded, speech)))
        if topic is not None and (verdict.intent == "ask_faq" or share >= _needed(verdict, folded, asked)):
            why = (*verdict.why, f"asks about {topic} {share:.2f}")
            return replace(verdict, intent="ask_faq", question=False, details={**verdict.details, "topic": topic}, why=why)
        return verdict.asked_back("no answer fits") if verdict.intent == "ask_faq" else verdict

    def _ukrainian(self, folded: str, hint: str | None) -> str | None:
        """The text in Cyrillic when it is Ukrainian in Latin letters: its words are then known, and not as Polish ones."""
        tokens = words(folded)
        own = cyrillic(folded)
        if own == folded or not tokens or not folded.isascii():
            return None
        polish = sum(self._speech["pl"].lexicon.understands(token) for token in tokens)
        ukrainian = sum(self._speech["uk"].lexicon.understands(token) for token in words(own))
        enough = ukrainian >= polish if hint == "uk" else ukrainian > polish and 2 * ukrainian > len(tokens)
        return own if enough and ukrainian else None

    def _judged(
        self, folded: str, asked: str, channel: str, known: Facts, speech: "Speech", raw: str
    ) -> tuple[Verdict, list[tuple[str, float]]]:
        said = _unsigned(folded, speech)
        repaired = speech.repaired(_unsigned(plain(first_person(raw)), speech) if said.isascii() else said)
        ranked = expected(self._model.rank(speech.corrected(said)), asked, hinted(said))
        found = [act for act in acts(sentences(repaired), speech.lexicon, names_in(raw)) if asked == "offer" or act.what not in _OF_OFFERS]
        if somebody_called(raw, speech.lexicon.knows):
            found = [absence_doubted(act, "somebody is called by name") for act in found]
        if joking(folded):
            found = [doubted_for(act, "a joke") for act in found]
        if weekdays_named(folded) > 1:
            found = [absence_doubted(act, "more than one day") for act in found]
        danger = alarmed(alarm(folded), found)
        if danger is not None:
            return danger, ranked
        if (ordered := command(folded)) is not None:
            return ordered, ranked
        origin = machine(folded)
        if origin is not None and not any(act.sure for act in found):
            return Verdict("nlu_fallback", 0.9, False, (origin,), {"automatic": True}), ranked
        if (answer := answers_form(known, asked, found)) is not None:
            return answer, ranked
        bare = short_answer(repaired, speech.lexicon.senses)
        if asked in _FORMS and _CANNOT_SAY.search(folded):
            return Verdict("nlu_fallback", 0.7, True, ("cannot say what was asked",)), ranked
        if bare is None:
            bare = key_pressed(folded, asked, channel)
        if bare is not None:
            verdict = Verdict(_BARE.get(bare, bare), 0.95, bare == "unsure", (f"nothing but {bare}",))
        else:
            verdict = judge(found, ranked, self._model.coverage(said), hints=hinted(said), foreign=self._vocabulary.foreign(said))
            verdict = verdict.asked_back(origin) if origin is not None else verdict
        verdict = in_context(verdict, asked, bare=bare, chosen="choice" in known.entities or known.answers)
        if verdict.intent in _WANTED and "model" in verdict.why[0] and speech.of_something_else(repaired):
            verdict = Verdict("nlu_fallback", 0.6, True, (*verdict.why, "about something else"))
        return as_domain(fitting(verdict, asked, known, found)), ranked


_ASKING = re.compile(
    r"\?|^\W*(?:(?:a|i|dzien dobry|prosze|przepraszam|hello|hi|добрий день)\W+)*(?:czy|jak|jaki\w*|kiedy|gdzie|co|ile|kto|komu|dlaczego|czemu|skad|po co|"
    r"what|how|when|where|who|why|which|can|do|does|is|чи|як|яка|яке|який|коли|де|що|скільки|хто|чому|кому)\b"
)


def _needed(verdict: Verdict, folded: str, asked: str) -> float:
    """The share from which a topic outweighs what the model took for something else; 1 is never reached."""
    taken = verdict.why[0].removeprefix("model: ")
    strong = verdict.confidence >= _FOREIGN or float(taken.split()[1].rstrip(",")) >= _FOREIGN
    if taken.startswith(("cancel", "nlu_fallback")) and strong:
        return 1.0
    return 0.5 if _ASKING.search(folded) else 0.8 if asked == "nothing" else 1.0


_OPEN = {"nothing", "reminder"}
_TOO_SHORT = 2
_FOREIGN = 0.5


_FORMS = {"date_of_birth", "postcode", "pesel", "referral_code"}
_CANNOT_SAY = re.compile(
    r"\b(nie (pamietam|znam|wiem|mam|podam)|zapomnial\w*|(do )?not (remember|know|have)|forgot(ten)?|не (пам'ятаю|памятаю|знаю|маю|помню))\b"
)
_WANTED = {"book_visit", "ask_visit", "change_visit"}
_OF_OFFERS = {"accept", "decline"}
_BARE = {"unsure": "nlu_fallback", "ok": "affirm", "mixed": "deny", "want": "affirm", "deny_want": "deny"}


class Speech:
    """One language's word lists, ready for use."""

    def __init__(self, module: ModuleType, known: frozenset[str]) -> None:
        self.lexicon = Lexicon(module.FORMS, known)
        self._phrases: dict[str, str] = module.PHRASES
        longest_first = sorted(map(re.escape, self._phrases), key=len, reverse=True)
        self._phrase = re.compile(r"(?<![\w'])(?:" + "|".join(longest_first) + r")(?![\w'])")

    def repaired(self, text: str) -> str:
        """Folded text with set phrases and glued negations brought to the words of the lists."""
        parted = _GLUED.sub(lambda match: self._parted(match[0], match[1], match[2]), text)
        return self._phrase.sub(lambda match: self._phrases[match[0]], parted)

    def of_something_else(self, text: str) -> bool:
        """Whether something that is no visit of ours is named, and no visit: a hairdresser, a flight."""
        tags = frozenset().union(*(self.lexicon.senses(word) for word in words(text)))
        return "other.thing" in tags and "visit.noun" not in tags

    def corrected(self, text: str) -> str:
        """Folded text with mistyped words of the lists put right, for the learned model."""
        return _LONG_WORD.sub(lambda match: self._right(match[0]), text)

    def _right(self, word: str) -> str:
        near = () if self.lexicon.knows(word) else self.lexicon.nearest(word)
        return near[0] if near else word

    def _parted(self, whole: str, no: str, rest: str) -> str:
        """ "Nieprzyjdę" as two words, when no other word is meant."""
        senses = self.lexicon.senses(rest)
        verbal = any(tag.startswith(("cancel.", "attend.", "confirm.", "can.")) for tag in senses)
        return f"{no} {rest}" if verbal and not self.lexicon.knows(whole) else whole


_LONG_WORD = re.compile(r"[a-zа-яіїєґ']{5,}")
_GLUED = re.compile(r"\b(nie|не)([a-zа-яіїєґ']{4,})\b")


def _unsigned(text: str, speech: Speech) -> str:
    """Text without a closing formula and the name after it; a closing that still says something is left alone."""
    closing = _CLOSING.search(text)
    if closing is None or closing.start() == 0:
        return text
    tail = [tag for word in words(closing[2]) for tag in speech.lexicon.senses(word)]
    return text if any(tag.startswith(("cancel", "attend", "neg", "change", "confirm")) for tag in tail) else text[: closing.start()]
