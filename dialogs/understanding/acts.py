"""What a sentence does to a visit: cancels, keeps or moves it, and whether that is beyond doubt (D7).

Negations are tied to the verb that they govern, modal verbs to their infinitives, and every reason to doubt (a question,
a condition, somebody else's words, a past event, a loose "nie") takes the certainty away, never the other way round.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from dialogs.understanding.text import Sentence

Senses = Callable[[str], frozenset[str]]

_MODALS = ("can.1", "can.fut", "can.3", "want.1", "must.1", "please", "bede", "dam", "uda", "have", "have.3", "planned", "aux")
_VERBS = (
    *("cancel.1", "cancel.fut", "cancel.inf", "cancel.ipf", "cancel.imp", "cancel.noun", "cancel.past", "cancel.cond"),
    *("cancel.done", "attend.1", "attend.inf", "attend.3", "attend.past", "attend.cond", "bedzie", "present", "can.past"),
    *("zdaze", "need.1", "change.1", "change.inf", "change.imp", "change.noun", "confirm.1", "confirm.inf", "valid"),
    *("invalid", "fits", "other.verb", "undo", *_MODALS),
)
_GOVERNED = ("attend.inf", "cancel.inf", "cancel.ipf", "cancel.noun", "change.inf", "change.noun", "other.verb")


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done: `what` is cancel, keep, change, leave, join, undo, decline …; `sure` false means ask back."""

    what: str
    sure: bool
    why: str


@dataclass(slots=True)
class Word:
    """A word of a clause with its senses; `negs` counts the negations that govern it, `by` the modal above it."""

    text: str
    tags: frozenset[str]
    negs: int = 0
    by: "Word | None" = None
    governs: "Word | None" = None

    def has(self, *tags: str) -> bool:
        return any(tag in self.tags for tag in tags)

    @property
    def verbal(self) -> bool:
        return self.has(*_VERBS)

    @property
    def unknown_infinitive(self) -> bool:
        return not self.tags and len(self.text) > 3 and self.text.endswith(("c", "ти", "тися", "ть"))


def acts(sentences: Iterable[Sentence], senses: Senses) -> list[Act]:
    """Every act of a message in order; doubts of a sentence weaken all its acts."""
    found: list[Act] = []
    for sentence in sentences:
        clauses = [[Word(text, senses(text)) for text in clause] for clause in sentence.clauses]
        doubts = _doubts(clauses, asks=sentence.asks)
        previous: list[Word] = []
        for clause in clauses:
            of_clause = _clause_acts(clause, previous)
            found += [replace(act, sure=False, why=f"{act.why}; {', '.join(doubts)}") if doubts else act for act in of_clause]
            previous = clause
    return found


def _doubts(clauses: list[list[Word]], *, asks: bool) -> list[str]:
    """Reasons why nothing in this sentence is beyond doubt."""
    reasons = ["a question"] if asks else []
    for clause in clauses:
        for place, word in enumerate(clause):
            before = clause[place - 1] if place else None
            negated = before is not None and before.has("neg")
            if word.has("doubt") and not (negated and word.has("can.3")):
                reasons.append(f"a doubt ({word.text})")
            if word.has("if") and not (before and before.has("have", "have.3")):
                reasons.append(f"a condition ({word.text})")
            elif word.has("ask") and place == _first_content(clause):
                reasons.append(f"a question word ({word.text})")
            if word.has("said"):
                reasons.append(f"somebody's words ({word.text})")
    return list(dict.fromkeys(reasons))


def _first_content(clause: list[Word]) -> int:
    for place, word in enumerate(clause):
        if not word.has("filler") or word.has("ask"):
            return place
    return 0


def _clause_acts(clause: list[Word], previous: list[Word]) -> list[Act]:
    loose = _tie_negations(clause)
    _tie_modals(clause)
    heads = [word for word in clause if word.verbal and word.governs is None]
    found = [act for word in heads for act in _act_of(word, clause)]
    return [_weakened(act, clause, previous, loose) for act in found]


def _weakened(act: Act, clause: list[Word], previous: list[Word], loose: int) -> Act:
    """A cancellation loses its certainty by a loose "nie", somebody else as its subject, or a short unread word."""
    if act.what not in {"cancel", "leave"} or not act.sure:
        return act
    if loose and not act.why.startswith("nie + "):
        return replace(act, sure=False, why=f"{act.why}; a loose negation")
    if _only_no(previous) and not act.why.startswith(("nie + ", "prosze + ")):
        return replace(act, sure=False, why=f"{act.why}; follows a bare no")
    if any(word.has("never", "abym") for word in clause):
        return replace(act, sure=False, why=f"{act.why}; a word of negation or wish")
    return act


def _only_no(clause: list[Word]) -> bool:
    content = [word for word in clause if not word.has("filler")]
    return bool(content) and all(word.has("neg") for word in content)


def _tie_negations(clause: list[Word]) -> int:
    """Count each negation on the next verb; returns how many found none."""
    loose = 0
    for place, word in enumerate(clause):
        if word.has("neg"):
            target = next((other for other in clause[place + 1 :] if other.verbal or not other.tags), None)
            if target is None or not target.verbal:
                loose += 1
            else:
                target.negs += 1
    return loose


def _tie_modals(clause: list[Word]) -> None:
    """Bind "mogę", "chcę", "proszę", "będę" … to the infinitive or noun that they govern, mostly to their right."""
    for place, word in enumerate(clause):
        if not word.has(*_MODALS):
            continue
        right = next((other for other in clause[place + 1 :] if _stops(other)), None)
        left = next((other for other in reversed(clause[:place]) if other.has(*_GOVERNED) and other.by is None), None)
        target = right if right is not None else left
        if target is not None and target is not word:
            word.governs, target.by = target, word
            target.negs += word.negs if right is not None else 2 * word.negs - word.negs


def _stops(word: Word) -> bool:
    return word.has(*_GOVERNED, "can.fut", "present", "planned", "aux") or word.unknown_infinitive


def _act_of(word: Word, clause: list[Word]) -> list[Act]:
    for tags, reader in _READERS:
        if word.has(*tags):
            act = reader(word, clause)
            return [act] if act else []
    return []


def _negated(what: str, otherwise: str, word: Word, label: str, *, sure: bool = True) -> Act:
    """`otherwise` when plain, `what` when negated once, doubtful when negated twice."""
    if word.negs > 1:
        return Act(what, False, f"nie + nie + {label}")
    if word.negs:
        return Act(what, sure, f"nie + {label}")
    return Act(otherwise, sure, label)


def _chain(word: Word) -> list[Word]:
    chain = [word]
    while chain[-1].by is not None and chain[-1].by not in chain:
        chain.append(chain[-1].by)
    return chain


def _cancel(word: Word, clause: list[Word]) -> Act | None:
    place = clause.index(word)
    chain = _chain(word)
    if _is_leave(word, clause, place):
        return _negated("stay", "leave", word, f"leave ({word.text})", sure=not word.has("cancel.past", "cancel.done"))
    if word.negs:
        doubtful = word.negs > 1 or any(link.has("please", "can.1", "can.3") and link.negs for link in chain[1:])
        if doubtful and not word.has("cancel.ipf"):
            return Act("cancel", False, f"doubtful negation of {word.text}")
        return Act("keep", word.negs == 1, f"not {word.text}")
    label = ("prosze + " if any(link.has("please") for link in chain[1:]) else "") + word.text
    return Act("cancel", _plain_cancellation(word, clause, place, chain), label)


def _is_leave(word: Word, clause: list[Word], place: int) -> bool:
    after = clause[place + 1 :]
    pool = next((i for i, other in enumerate(after) if other.has("pool")), None)
    visit = next((i for i, other in enumerate(after) if other.has("visit.noun")), None)
    early = any(other.has("pool") for other in clause[:place])
    return early or (pool is not None and (visit is None or pool < visit))


def _plain_cancellation(word: Word, clause: list[Word], place: int, chain: list[Word]) -> bool:
    """Whether form, object and subject leave no doubt that the writer cancels this visit now."""
    return _form_is_plain(word, clause, place, chain) and _object_is_visit(clause[place + 1 :]) and not _foreign_subject(
        clause[:place]
    )


def _form_is_plain(word: Word, clause: list[Word], place: int, chain: list[Word]) -> bool:
    governors = chain[1:]
    if any(link.has("can.1", "can.fut", "can.3", "bede", "have.3") for link in governors):
        return False
    if word.has("cancel.1", "cancel.imp") and not word.has("cancel.fut"):
        return all(before.has("filler", "clitic", "please", "yes", "ok", "visit", "self", "family", "because", "name") or before.text.isdigit() or before.verbal for before in clause[:place])
    if word.has("cancel.inf", "cancel.noun"):
        wanted = any(link.has("please", "want.1", "must.1") for link in governors)
        opening = all(before.has("filler", "clitic", "yes", "ok", "visit") for before in clause[:place])
        return wanted or (opening and not any(other.verbal for other in clause if other is not word))
    return False


def _object_is_visit(after: list[Word]) -> bool:
    for word in after:
        if word.has("visit.noun"):
            return True
        if word.has("other.thing"):
            return False
        if word.has("because", "please"):
            return True
    unknown = [word for word in after[:2] if not word.tags and not word.text.isdigit()]
    return not unknown


def _foreign_subject(before: list[Word]) -> bool:
    return any(word.has("doctor") and not word.has("visit", "filler", "clitic") for word in before) or any(word.has("family") for word in before)


def _attend(word: Word, clause: list[Word]) -> Act | None:
    governors = _chain(word)[1:]
    if word.has("attend.past", "attend.cond", "can.past") and not any(link.has("bede") for link in governors):
        return Act("past", False, f"past or supposed ({word.text})")
    if word.has("attend.inf"):
        willing = [link for link in governors if link.has("can.1", "can.fut", "can.3", "want.1", "dam", "uda", "bede", "planned", "aux")]
        if not willing:
            negated_means = any(link.has("have", "have.3") and link.negs for link in governors)
            return Act("cancel", False, f"no means to {word.text}") if negated_means else None
        return _negated("cancel", "keep", word, word.text, sure=_own_subject(word, clause, governors))
    if word.has("attend.3"):
        return _negated("cancel", "keep", word, word.text, sure=any(other.has("family") for other in clause))
    return _negated("cancel", "keep", word, word.text)


def _own_subject(_word: Word, clause: list[Word], governors: list[Word]) -> bool:
    third = any(link.has("can.3", "have.3") and not link.has("can.1") for link in governors)
    return not third or any(other.has("family") for other in clause)


def _bedzie(word: Word, clause: list[Word]) -> Act | None:
    mine = any(other.has("mnie", "family") for other in clause)
    if word.negs and mine:
        return Act("cancel", word.negs == 1, "nie + bedzie mnie")
    return Act("keep", True, "bedzie") if any(other.has("family") for other in clause) else None


def _ability(word: Word, clause: list[Word]) -> Act | None:
    """A modal that governs nothing: "nie mogę", "nie dam rady", "nie uda mi się", "będę"."""
    after = clause[clause.index(word) + 1 :]
    if any(other.verbal or other.unknown_infinitive for other in after):
        return None
    stray = [other for other in after if not other.tags and not other.text.isdigit()]
    if word.has("dam"):
        return _negated("cancel", "keep", word, "dam rade", sure=not stray) if _near(word, clause, "rada") else None
    if word.has("uda"):
        return _negated("cancel", "keep", word, "uda sie", sure=not stray)
    if word.has("bede"):
        return _negated("cancel", "keep", word, word.text, sure=not stray)
    return _negated("cancel", "keep", word, word.text, sure=False) if word.has("can.1", "can.fut") else None


def _near(word: Word, clause: list[Word], tag: str) -> bool:
    place = clause.index(word)
    return any(other.has(tag) for other in clause[max(0, place - 2) : place + 4])


def _wish(word: Word, clause: list[Word]) -> Act | None:
    """"Nie chcę tej wizyty", "nie potrzebuję już wizyty"; a wish for a visit is left to the classifier."""
    if not word.negs:
        return None
    nouns = any(other.has("visit.noun") for other in clause[clause.index(word) :])
    others = any((other.verbal and other is not word) or other.unknown_infinitive for other in clause)
    return Act("cancel", nouns and not others, f"nie + {word.text}")


def _zdaze(word: Word, _clause: list[Word]) -> Act | None:
    return _negated("cancel", "keep", word, word.text, sure=False)


def _change(word: Word, clause: list[Word]) -> Act | None:
    if word.has("change.past"):
        return None
    if word.has("change.noun") and not any(other.has("visit.noun", "other.date", "please") for other in clause):
        return None
    if word.negs:
        return Act("keep", False, f"not {word.text}")
    return Act("change", True, word.text)


def _confirm(word: Word, _clause: list[Word]) -> Act | None:
    if word.negs:
        return Act("cancel", False, f"nie + {word.text}")
    return Act("keep", True, word.text)


def _valid(word: Word, _clause: list[Word]) -> Act | None:
    if word.negs:
        return Act("unfit", False, f"nie + {word.text}")
    return Act("keep", True, word.text)


def _invalid(word: Word, clause: list[Word]) -> Act | None:
    if word.negs:
        return Act("keep", False, f"not {word.text}")
    return Act("cancel", any(other.has("visit.noun") for other in clause), word.text)


def _undo(word: Word, _clause: list[Word]) -> Act | None:
    return Act("keep", False, f"not {word.text}") if word.negs else Act("undo", True, word.text)


_Reader = Callable[[Word, list[Word]], Act | None]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("undo",), _undo),
    (("attend.1", "attend.inf", "attend.3", "attend.past", "attend.cond", "present", "can.past"), _attend),
    (("cancel.1", "cancel.fut", "cancel.inf", "cancel.ipf", "cancel.imp", "cancel.noun", "cancel.past", "cancel.cond", "cancel.done"), _cancel),
    (("bedzie",), _bedzie),
    (("zdaze",), _zdaze),
    (("want.1", "need.1"), _wish),
    (("can.1", "can.fut", "dam", "uda", "bede"), _ability),
    (("change.1", "change.inf", "change.imp", "change.noun"), _change),
    (("confirm.1",), _confirm),
    (("invalid",), _invalid),
    (("valid", "fits"), _valid),
)
