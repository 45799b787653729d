"""Sentences as clauses of words in which every negation and every modal verb is tied to what it governs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.text import Sentence

MODALS = (
    "can.1", "can.fut", "can.3", "want.1", "must.1", "please",
    "bede", "dam", "da", "uda", "have", "have.3", "planned", "aux", "need.1", "announce",
)  # fmt: skip
CANCEL = (
    "cancel.1", "cancel.fut", "cancel.inf", "cancel.ipf", "cancel.imp", "cancel.noun", "cancel.past", "cancel.cond", "cancel.done",
    "cancel.other",
)  # fmt: skip
ATTEND = ("attend.1", "attend.inf", "attend.3", "attend.past", "attend.cond", "present", "can.past")
_VERBS = frozenset(
    {
        *MODALS, *CANCEL, *ATTEND, "bedzie", "zdaze", "change.1", "change.inf", "change.imp", "change.noun", "confirm.1",
        "confirm.inf", "valid", "invalid", "fits", "other.verb", "undo", "accept", "decline", "accept.inf",
    }
)  # fmt: skip
_GOVERNED = (
    "attend.inf",
    "cancel.inf",
    "cancel.ipf",
    "cancel.noun",
    "change.inf",
    "change.noun",
    "other.verb",
    "confirm.inf",
    "accept.inf",
    "undo",
)
_PASSED_BY_NEGATION = ("clitic", "self", "visit", "family", "mnie", "name", "time", "be")
_JOINTS = {
    "ale", "lecz", "natomiast", "wiec", "bo", "poniewaz", "gdyz", "dlatego", "zatem", "a", "tylko", "albowiem", "bowiem", "skoro",
    "but", "because", "so", "cos", "бо", "але", "тому", "тільки", "но", "потому",
}  # fmt: skip
_GLUED_NO = 5
_INFINITIVE_ENDS = ("c", "ти", "тися", "тись", "ть", "ться")


@dataclass(slots=True, eq=False)
class Word:
    """A word with its senses; `negs` counts the negations on it, `by` is the modal above, `governs` the verb below."""

    text: str
    tags: frozenset[str]
    known: bool = True
    strange: bool = False  # in no list, not in the training data, and near to nothing that is
    negs: int = 0
    slipped: bool = False  # a negation on it that is mistyped
    by: "Word | None" = None
    governs: "Word | None" = None

    def has(self, *tags: str) -> bool:
        return not self.tags.isdisjoint(tags)

    @property
    def verbal(self) -> bool:
        return not self.tags.isdisjoint(_VERBS)

    @property
    def unknown_infinitive(self) -> bool:
        return not self.tags and len(self.text) > 3 and self.text.endswith(_INFINITIVE_ENDS)

    @property
    def chain(self) -> list["Word"]:
        """The word and the modals above it."""
        links = [self]
        while links[-1].by is not None and links[-1].by not in links:
            links.append(links[-1].by)
        return links


@dataclass(slots=True)
class Clause:
    """Words between joints; `loose` counts negations that govern nothing, `before` is the clause that precedes."""

    words: list[Word]
    loose: int = 0
    before: "Clause | None" = None
    after_clause: "Clause | None" = None
    doubts: list[str] = field(default_factory=list)

    def after(self, word: Word) -> list[Word]:
        return self.words[self.words.index(word) + 1 :]

    def ahead_of(self, word: Word) -> list[Word]:
        return self.words[: self.words.index(word)]

    def any(self, *tags: str) -> bool:
        return any(word.has(*tags) for word in self.words)


def clauses(sentence: Sentence, lexicon: Lexicon, names: frozenset[str] = frozenset()) -> list[Clause]:
    """The clauses of a sentence, tied; commas and conjunctions that join different statements divide.

    `names` are words written with a capital inside a sentence: towns and people, never a mistyped word.
    """
    found: list[Clause] = []
    for part in _parts(sentence.clauses):
        words = [_word(text, lexicon, names) for text in part]
        clause = Clause(words, before=found[-1] if found else None)
        clause.loose = _tie_negations(words, lexicon.slips_of_no)
        _tie_modals(words)
        if found:
            found[-1].after_clause = clause
        found.append(clause)
    return found


def _word(text: str, lexicon: Lexicon, names: frozenset[str]) -> Word:
    tags = lexicon.senses(text)
    if not tags and text in names:
        return Word(text, frozenset({"name", "capital"}))
    known = lexicon.knows(text) or text.isdigit()
    if not known and not tags and len(text) > _GLUED_NO and text.startswith(("nie", "не")):
        return Word(text, frozenset({"never"}), known=False, strange=True)  # "nieprwda", "niejest": some denial
    return Word(text, tags | lexicon.suspects(text), known=known, strange=not known and not tags)


def _parts(groups: Iterable[tuple[str, ...]]) -> Iterator[list[str]]:
    for group in groups:
        part: list[str] = []
        for token in group:
            if token in _JOINTS and part:
                yield part
                part = []
            part.append(token)
        if part:
            yield part


def _tie_negations(words: list[Word], slips: Callable[[str], bool]) -> int:
    """Count each negation on the verb that follows; one with anything else before its verb stays loose."""
    loose = 0
    for place, word in enumerate(words):
        mistyped = not word.tags and not word.known and slips(word.text)
        if not (word.has("neg") or mistyped):
            continue
        target = next((other for other in words[place + 1 :] if not _passed(other)), None)
        if target is None or not target.verbal:
            modal = words[place - 1] if place and words[place - 1].has("can.1", "aux", "bede") else None
            if modal is None:
                loose += 1
            else:
                modal.negs += 1  # "can not do it"
            continue
        target.negs += 1
        between = words[place + 1 : words.index(target)]
        # "Nie ja przyjdę" may be "no, I will come": a subject in between makes the negation doubtful.
        target.slipped = target.slipped or mistyped or any(other.has("self", "family") for other in between)
    return loose


def _passed(word: Word) -> bool:
    return (word.has(*_PASSED_BY_NEGATION) or word.text.isdigit()) and not word.verbal


def _tie_modals(words: list[Word]) -> None:
    """Bind "mogę", "chcę", "proszę", "będę" … to what they govern, mostly to their right."""
    for place, word in enumerate(words):
        if word.has("bedzie") and (able := _able_behind(words[place + 1 :])) is not None:
            word.governs, able.by, able.negs = able, word, able.negs + word.negs
            continue
        if not word.has(*MODALS):
            continue
        right = _governed_right(word, words[place + 1 :])
        left = _governed_left(word, words[:place])
        target = right if right is not None else left
        if target is not None and target is not word:
            word.governs, target.by = target, word
            target.negs += word.negs
            target.slipped = target.slipped or word.slipped


def _able_behind(after: list[Word]) -> Word | None:
    """ "Nie będzie mogła przyjść": the "mogła" close behind a "będzie", which so denies it."""
    return next((other for other in after[:_CLOSE] if other.has("can.fut") and other.text.startswith("mog")), None)


_CLOSE = 2


def _governed_left(word: Word, ahead: list[Word]) -> Word | None:
    """ "Odwoływać nie chcę", "odwołać proszę": an infinitive before its modal; before "proszę" only the visit may stand between."""
    near = ahead
    if word.has("please"):
        while len(near) > 1 and near[-1].has("visit.noun", "visit", "time") and not near[-1].verbal:
            near = near[:-1]
        near = near[-1:]
    return next((other for other in reversed(near) if _bindable_left(other)), None)


def _bindable_left(other: Word) -> bool:
    infinitive = other.text.endswith(_INFINITIVE_ENDS) or not other.known or not other.has("cancel.ipf", "cancel.imp")
    return other.has(*_GOVERNED) and other.by is None and infinitive


def _governed_right(word: Word, after: list[Word]) -> Word | None:
    for other in after:
        if other.has(*_GOVERNED, "can.fut", "present", "planned", "aux") or other.unknown_infinitive:
            return other
        if (
            other.has("ask", "or")
            or (other.has("please", *MODALS) and not word.has("please"))
            or (other.has("can.3") and word.has("please"))
        ):
            return None
        if other.has("neg") and not word.has("please", "can.1", "want.1", "must.1", "aux", "bede"):
            return None
    return None
