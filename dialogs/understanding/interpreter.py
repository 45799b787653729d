"""The reader of messages: every part of understanding in its order, from alarms to the learned model."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from dialogs.understanding import corpus
from dialogs.understanding.acts import Act, Parsed, absence_doubted, doubted_for, parsed
from dialogs.understanding.alarms import alarm, of_other_times
from dialogs.understanding.asking import answered
from dialogs.understanding.classifier import Features, Model, cached, train
from dialogs.understanding.clauses import ATTEND, CANCEL
from dialogs.understanding.commands import command
from dialogs.understanding.entities import FIELDS, Facts, facts, weekdays_named
from dialogs.understanding.evidence import Evidence, wordless
from dialogs.understanding.giving_up import in_form
from dialogs.understanding.greeting import behind_greeting
from dialogs.understanding.guesses import Guess, best_of
from dialogs.understanding.heard import Heard
from dialogs.understanding.hints import hinted
from dialogs.understanding.language import Guesser, language_of
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.machines import (
    begins_a_doubt,
    broken_off,
    joking,
    machine,
    number_corrected,
    one_of_several,
    queues_blamed,
    quoted,
    somebody_called,
    taken_back,
)
from dialogs.understanding.reading import LANGUAGES, Asked, Reading, Verdict
from dialogs.understanding.rebooking import asks_for_another
from dialogs.understanding.short import key_pressed, short_answer
from dialogs.understanding.slips import slipped
from dialogs.understanding.speech import Speech, unsigned
from dialogs.understanding.text import first_person, names_in, plain, sentences, words
from dialogs.understanding.topics import Concepts, Topics
from dialogs.understanding.translit import cyrillic
from dialogs.understanding.verdict import alarmed, answers_form, as_domain, expected, fitting, in_context, judge
from dialogs.understanding.vocabulary import Vocabulary
from dialogs.understanding.words import en, pl, uk

Views = tuple[Model, Model]
"""Two learned readers of the same examples: one of words and grammar, one of the grammar's senses alone, without a word."""


class Interpreter:
    """Understands patients' messages; made once by `load`, then `read` is pure and safe to call from any thread."""

    def __init__(
        self, models: Views, evidence: Evidence, speech: Mapping[str, Speech], vocabulary: Vocabulary, guesser: Guesser, topics: Topics
    ) -> None:
        self._model, self._wordless = models
        self._evidence = evidence
        self._guesser = guesser
        self._topics = topics
        self._speech = speech
        self._vocabulary = vocabulary

    @classmethod
    def load(cls, cache: Path | None = None) -> "Interpreter":
        """Build from the repository's data in seconds; nothing is fetched. `cache` is a folder for the trained model."""
        examples = corpus.examples()
        folded = {one.text: plain(one.text) for one in examples}
        heard = _known(examples, folded)
        speech = {name: Speech(module, heard[name]) for name, module in _WORDS.items()}
        guesser = Guesser({name: [folded[e.text] for e in examples if e.language == name] for name in ("pl", "en")})
        own = [folded[one.text] for one in examples if one.intent != "nlu_fallback"]
        evidence = Evidence(Concepts.load())

        @lru_cache(maxsize=1)
        def teach() -> list[tuple[Features, str]]:
            return [(made, one.intent) for one in examples for made in _lessons(one, folded[one.text], speech[one.language], evidence)]

        models = _views(cache, corpus.recipe(examples), teach)
        vocabulary = Vocabulary(own, [one.lexicon for one in speech.values()])
        return cls(models, evidence, speech, vocabulary, guesser, Topics.load(examples, folded, cache))

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
        if verdict.intent == "greet" and (rest := behind_greeting(folded)) is not None:
            behind, its_ranked = self._judged(rest, asked, channel, known, self._speech[language], rest)
            if behind.intent not in _NO_REQUEST and not behind.question:
                verdict, ranked = behind, its_ranked
        others = tuple((intent, round(share, 3)) for intent, share in ranked[:4] if intent != verdict.intent)[:3]
        verdict = answered(verdict, folded, asked, self._speech[language], self._topics)
        entities = {**known.entities, **verdict.details}
        reading = Reading(text, language, verdict.intent, round(verdict.confidence, 3), entities, verdict.question, others, verdict.why)
        return Guess(reading, known.answers and verdict.intent == "inform" and not verdict.question)

    def _ukrainian(self, folded: str, hint: str | None) -> str | None:
        """The text in Cyrillic when it is Ukrainian in Latin letters: its words are then known, and not as Polish ones."""
        own = cyrillic(folded)
        if own == folded or not folded.isascii():
            return None
        tokens = [token for token in words(folded) if len(token) > 1]  # one letter is no evidence: "qqq" is noise
        polish = sum(self._speech["pl"].lexicon.understands(token) for token in tokens)
        ukrainian = sum(self._speech["uk"].lexicon.understands(word) for token in tokens for word in words(cyrillic(token)))
        enough = ukrainian >= polish if hint == "uk" else ukrainian > polish and 2 * ukrainian > len(tokens)
        return own if enough and ukrainian else None

    def _judged(
        self, folded: str, asked: str, channel: str, known: Facts, speech: Speech, raw: str
    ) -> tuple[Verdict, list[tuple[str, float]]]:
        said, repaired = _prepared(folded, raw, speech)
        parts = parsed(sentences(repaired), speech.lexicon, names_in(raw))
        found = _acts(parts, folded, raw, asked, speech)
        made = self._evidence.features(speech.corrected(said), parts, found, hinted(said), asked)
        ranked = expected(self._model.rank_features(made), asked, hinted(said))
        second = dict(expected(self._wordless.rank_features(wordless(made)), asked, hinted(said)))
        verdict = _at_once(folded, asked, known, found, dict(ranked).get("report_death", 0.0))
        if verdict is None:
            bare = short_answer(repaired, speech.lexicon.senses) or key_pressed(folded, asked, channel)
            heard = Heard(parts, found, ranked, self._vocabulary.foreign(said), second, _withheld(folded, parts))
            verdict = self._bare(bare) if bare else self._weighed(said, repaired, heard, speech)
            verdict = in_context(verdict, asked, bare=bare, chosen="choice" in known.entities or known.answers)
            verdict = as_domain(fitting(verdict, asked, known, found))
        return in_form(verdict, repaired, asked, speech.lexicon), ranked

    @staticmethod
    def _bare(bare: str) -> Verdict:
        return Verdict(_BARE.get(bare, bare), 0.95, bare == "unsure", (f"nothing but {bare}",))

    def _weighed(self, said: str, repaired: str, heard: Heard, speech: Speech) -> Verdict:
        """What acts and models say together; a machine's text and things that are not ours are asked back."""
        verdict = judge(heard, self._model.coverage(speech.corrected(said)), hints=hinted(said))
        if (origin := machine(said)) is not None and not (_CALLS_LATER in origin and any(act.sure and act.verb for act in heard.acts)):
            verdict = verdict.asked_back(origin)
        if verdict.intent == "emergency" and of_other_times(said):
            return Verdict("nlu_fallback", 0.5, True, (*verdict.why, "of other times"))
        if verdict.intent in _WANTED and "model" in verdict.why[0] and speech.of_something_else(repaired):
            return Verdict("nlu_fallback", 0.6, True, (*verdict.why, "about something else"))
        return verdict


def _views(cache: Path | None, recipe: str, teach: Callable[[], list[tuple[Features, str]]]) -> Views:
    def teach_wordless() -> list[tuple[Features, str]]:
        return [(wordless(made), intent) for made, intent in teach()]

    if cache is None:
        return train(teach()), train(teach_wordless())
    return cached(cache, "intents", recipe, teach), cached(cache, "senses", recipe, teach_wordless)


def _known(examples: Sequence[corpus.Example], folded: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Words of each language: all that are written with care, and of those that thumbs typed the ones that come again.

    What may be a mistyped "nie" is never one of these: "ne" of a Ukrainian in Latin letters, a mountaineer's "mie" (D7).
    """
    said = [(one, words(folded[one.text])) for one in examples]
    typed = Counter(word for one, tokens in said if one.written for word in tokens)
    no = {name: Lexicon(module.FORMS).slips_of_no for name, module in _WORDS.items()}
    known: dict[str, set[str]] = {name: set() for name in LANGUAGES}
    for one, tokens in said:
        again = {word for word in tokens if typed[word] >= _NO_SLIP and not no[one.language](word)}
        known[one.language].update(again if one.written else tokens)
    return {name: frozenset(found) for name, found in known.items()}


_WORDS = {"pl": pl, "uk": uk, "en": en}
_NO_SLIP = 3


def _lessons(one: corpus.Example, whole: str, speech: Speech, evidence: Evidence) -> Iterator[dict[str, float]]:
    """An example as the model sees a message, `whole` when folded, and once more with a slip of the thumb."""
    spoilt = slipped(whole) if one.written and one.topic is None else None
    for text, folded in [(one.text, whole)] if spoilt is None else [(one.text, whole), (spoilt, plain(spoilt))]:
        said, repaired = _prepared(folded, text, speech)
        parts = parsed(sentences(repaired), speech.lexicon, names_in(text))
        found = _acts(parts, folded, text, one.asked or "reminder", speech)
        yield evidence.features(speech.corrected(said), parts, found, hinted(said), one.asked)


def _prepared(folded: str, raw: str, speech: Speech) -> tuple[str, str]:
    """Folded text without its closing formula, and the same brought to the words of the lists for the grammar."""
    said = speech.spaced(unsigned(folded, speech))
    own = first_person(raw)
    return said, speech.repaired(speech.spaced(unsigned(plain(own), speech)) if own != raw and said.isascii() else said)


def _acts(parts: Parsed, folded: str, raw: str, asked: str, speech: Speech) -> list[Act]:
    """What the message does to a visit, with the doubts that the whole message casts on it."""
    found = [act for act in parts.acts if asked == "offer" or act.what not in _OF_OFFERS]
    if somebody_called(raw, speech.lexicon.understands):
        found = [absence_doubted(act, "somebody is called by name") for act in found]
    for reason in _withheld(folded, parts):
        found = [doubted_for(act, reason) for act in found]
    if queues_blamed(folded):
        found = [doubted_for(act, "of queues, not of one's own") if act.what == "leave" else act for act in found]
    found = asks_for_another(folded, found)
    if weekdays_named(folded) > 1:
        found = [absence_doubted(act, "more than one day") for act in found]
    return found


def _withheld(folded: str, parts: Parsed) -> list[str]:
    """Why the whole message is not to be taken as it stands."""
    of_all = (
        ("a joke", joking), ("taken back", taken_back), ("one of several", one_of_several), ("broken off", broken_off), ("quoted", quoted),
    )  # fmt: skip
    strange = ["broken off"] if _ends_strangely(parts) else []
    return [reason for reason, doubts in of_all if doubts(folded)] + strange


def _ends_strangely(parts: Parsed) -> bool:
    """Whether the last word is a short one that nobody knows: it may be the beginning of an "if".

    The initial of a signature is none; a longer clause that says nothing of the visit ("he had a fall") must begin like one.
    """
    words = parts.clauses[-1].words if parts.clauses else []
    if len(words) < _SEVERAL or not words[-1].strange or len(words[-1].text) > _SHORT:
        return False
    if len(words) > _SEVERAL and not any(word.has(*CANCEL, *ATTEND, "can.1", "dam") for word in words):
        return begins_a_doubt(words[-1].text)
    return len(words[-1].text) > 1 or not words[-2].has("name")


_SEVERAL = 2
_SHORT = 4


def _at_once(folded: str, asked: str, known: Facts, found: Sequence[Act], mourned: float) -> Verdict | None:
    """What goes before all weighing: danger, a printed reply word, a machine, the fact that a form asked for."""
    origin = machine(folded)
    if (danger := alarmed(alarm(folded), found, mourned)) is not None:
        return danger
    if (ordered := command(folded)) is not None:
        return ordered
    if origin is not None and not any(act.sure for act in found):
        return Verdict("nlu_fallback", 0.9, False, (origin,), {"automatic": True})
    if number_corrected(folded) and not any(act.sure and act.what == "keep" for act in found):
        return Verdict("request_human", 0.9, False, ("a telephone number is put right",))
    if (answer := answers_form(known, asked, found)) is not None:
        return answer
    cannot = asked in FIELDS and _CANNOT_SAY.search(folded)
    return Verdict("deny", 0.7, False, ("cannot say what was asked",)) if cannot else None


_CALLS_LATER = "dzwonie"  # "odwołuję, zadzwonię po nową datę" promises a call as an automatic answer does
_CANNOT_SAY = re.compile(
    r"\b(nie (pamietam|znam|wiem|mam|podam)|zapomnial\w*|(do )?not (remember|know|have)|forgot(ten)?|"
    r"не (пам'ятаю|памятаю|знаю|маю|помню))\b"
)
_WANTED = {"book_visit", "ask_visit", "change_visit"}
_OF_OFFERS = {"accept", "decline"}
_NO_REQUEST = {"greet", "nlu_fallback", "inform", "thank", "cancel_visit", "leave_waiting_room"}
_BARE = {"unsure": "nlu_fallback", "ok": "affirm", "mixed": "deny", "want": "affirm", "deny_want": "deny"}
