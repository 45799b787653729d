"""What a sentence does to a visit: cancels, keeps or moves it, and whether that is beyond doubt (D7).

Every reason to doubt (a question, a condition, somebody else's words, a past event, a loose or mistyped "nie", an object
that is no visit) takes the certainty away from a cancellation; nothing ever gives it back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from dialogs.understanding.clauses import ATTEND, CANCEL, Clause, Word, clauses
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.text import Sentence

_OBJECT_PASSED = ("clitic", "visit", "filler", "self", "mnie", "name", "time", "yes", "ok", "thanks", "family")
_HARMLESS_BEFORE = (*_OBJECT_PASSED, "announce", "date.noun", "reason", "visit.noun", "because", "but", "please", "neg")
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done: `what` is cancel, keep, change, leave, stay, undo, accept, decline, opt_out, criteria or past.

    `sure` false means ask back; `verb` is true for a cancellation in so many words ("odwołuję"), false for one that
    follows from staying away ("nie przyjdę").
    """

    what: str
    sure: bool
    why: str
    verb: bool = False


def acts(sentences: Iterable[Sentence], lexicon: Lexicon) -> list[Act]:
    """Every act of a message in order."""
    found: list[Act] = []
    for sentence in sentences:
        parts = clauses(sentence, lexicon.senses, lexicon.knows, lexicon.slips_of_no)
        _note_doubts(parts, asks=sentence.asks)
        for clause in parts:
            found += [_doubted(act, clause, parts) for act in _clause_acts(clause)]
            found += _left_over(clause, found)
    return found


def _left_over(clause: Clause, found: list[Act]) -> list[Act]:
    """What a clause without a verb adds: "ja nie", "tylko kardiologa" after "nie odwołuję", "zmieniłam zdanie"."""
    if clause.any("turn"):
        return [Act("turn", True, "a change of mind")]
    if any(word.verbal for word in clause.words) or clause.before is None or not found:
        return []
    if clause.words[0].has("but") and clause.any("time") and found[-1].what == "cancel" and not found[-1].verb:
        return [Act("change", True, "another day instead")]
    if clause.any("neg", "no") and clause.any("self", "family"):
        return [Act("unfit", False, "somebody does not")]
    if clause.words[0].has("but") and found[-1].why.startswith("not ") and clause.any("visit.noun"):
        return [Act("cancel", False, "something else instead")]
    return []


def _note_doubts(parts: list[Clause], *, asks: bool) -> None:
    for clause in parts:
        for place, word in enumerate(clause.words):
            before = clause.words[place - 1] if place else None
            after = clause.words[place + 1] if place + 1 < len(clause.words) else None
            reason = _doubt(word, before, after, opening=place == _first_content(clause), opening_sentence=clause.before is None)
            if reason:
                clause.doubts.append(f"{reason} ({word.text})")
    if asks and parts:
        parts[-1].doubts.append("a question")


def _doubt(word: Word, before: Word | None, after: Word | None, *, opening: bool, opening_sentence: bool) -> str | None:
    negated = before is not None and before.has("neg")
    if word.has("doubt") and not (negated and word.has("can.3")):
        return "a doubt"
    if word.has("if") and not (before and before.has("have", "have.3")):
        return "a condition"
    if word.has("said") and not negated:
        return "somebody's words"
    if word.has("then"):
        return "a past time"
    if word.has("ask.aux"):
        return "a question word" if opening and after is not None and after.has("self", "visit", "family") else None
    subordinate = word.has("aby") and not opening_sentence
    return "a question word" if word.has("ask") and opening and not subordinate else None


def _first_content(clause: Clause) -> int:
    joints = ("filler", "because", "but", "yes", "ok", "thanks")
    return next((place for place, word in enumerate(clause.words) if not word.has(*joints) or word.has("ask")), 0)


def _doubted(act: Act, clause: Clause, parts: list[Clause]) -> Act:
    """A cancellation is doubted with any clause of its sentence, a promise to come only with its own or a condition."""
    if act.what in {"change", "criteria"}:
        return act
    everywhere = act.what in {"cancel", "leave", "opt_out"}
    doubts = [
        doubt for part in parts for doubt in part.doubts if part is clause or (everywhere and not doubt.startswith("a past time")) or doubt.startswith("a condition")
    ]
    return replace(act, sure=False, why=f"{act.why}; {', '.join(dict.fromkeys(doubts))}") if doubts else act


def _clause_acts(clause: Clause) -> list[Act]:
    heads = [word for word in clause.words if word.verbal and word.governs is None]
    found = [act for word in heads if (act := _act_of(word, clause)) is not None]
    if not found and _another_day(clause) and not clause.loose and not clause.any("have", "pool"):
        found.append(Act("change", True, "another date"))
    return [_weakened(act, clause) for act in found]


def _another_day(clause: Clause) -> bool:
    """ "Inny termin", "another day": the noun close behind, so that "another patient" is none."""
    places = [place for place, word in enumerate(clause.words) if word.has("other.date")]
    return any(other.has("date.noun") for place in places for other in clause.words[max(0, place - 1) : place + 3])


def _weakened(act: Act, clause: Clause) -> Act:
    """Loose negations, wishes, a name called and small unread words take the certainty of a cancellation away."""
    if act.what not in {"cancel", "leave"} or not act.sure:
        return act
    reason = _against_verb(act, clause) if act.verb else _against_absence(clause)
    return replace(act, sure=False, why=f"{act.why}; {reason}") if reason else act


def _against_verb(act: Act, clause: Clause) -> str | None:
    asked_for = act.why.startswith("prosze + ")
    if clause.loose and not asked_for:
        return "a loose negation"
    if clause.before is not None and _only_no(clause.before) and not asked_for:
        return "follows a bare no"
    if clause.any("never", "abym", "or") or _under_negation(clause):
        return "a word of negation or wish"
    return "a small unknown word" if _slip_nearby(clause) else None


def _against_absence(clause: Clause) -> str | None:
    if clause.any("or"):
        return "one of two things"
    if clause.any("intimate", "vocative") or (clause.before is not None and clause.before.any("vocative")):
        return "somebody else is addressed"
    if clause.any("abym") or (clause.any("aby") and clause.loose) or _under_negation(clause):
        return "inside a negated sentence"
    if any(first.has("neg") and second.has("neg") for first, second in pairwise(clause.words)):
        return "a doubled negation"
    return "a word of negation" if clause.any("never") else None


def _under_negation(clause: Clause) -> bool:
    """ "Nie jest tak, że …", "nie prosiłem, żeby …": the clause before denies this one."""
    before = clause.before
    return before is not None and clause.words[0].has("aby") and bool(before.loose or before.any("neg", "never"))


def _slip_nearby(clause: Clause) -> bool:
    """A short word that is none, close before or after the verb: it may be a mistyped "nie"."""
    verbs = [place for place, word in enumerate(clause.words) if word.has(*CANCEL)]
    near = {place + step for place in verbs for step in (-3, -2, -1, 1, 2)}
    strange = [place for place, word in enumerate(clause.words) if not word.tags and not word.known and len(word.text) <= _SHORT]
    return any(place in near for place in strange)


def _only_no(clause: Clause) -> bool:
    content = [word for word in clause.words if not word.has("filler")]
    return bool(content) and all(word.has("neg", "never", "no") for word in content)


def _hanging_negation(clause: Clause) -> bool:
    return any(word.negs and word.governs is None and word.has("want.1", "must.1", "please", "planned", "need.1") for word in clause.words)


def _act_of(word: Word, clause: Clause) -> Act | None:
    for tags, reader in _READERS:
        if word.has(*tags):
            return reader(word, clause)
    return None


def _absent_or(word: Word, label: str, *, sure: bool = True) -> Act:
    """Staying away when negated once, coming when not; doubtful when negated twice or by a mistyped word."""
    if word.negs > 1:
        return Act("cancel", False, f"nie + nie + {label}")
    if word.negs:
        return Act("cancel", sure and not word.slipped, f"nie + {label}")
    return Act("keep", sure, label)


def _cancel(word: Word, clause: Clause) -> Act | None:
    after = clause.after(word)
    if word.text.startswith("odwol") and any(other.text == "sie" for other in [*clause.ahead_of(word)[-1:], *after[:1]]) and not word.has("cancel.past"):
        return None  # "odwołuję się od decyzji" is an appeal
    finite = not word.has("cancel.past", "cancel.done", "cancel.cond", "cancel.other")
    if _is_leave(word, clause):
        if word.negs:
            return Act("stay", False, f"not leaving ({word.text})")
        return Act("leave", finite and _form_is_plain(word, clause), f"leave ({word.text})", verb=True)
    if _first_of(after, ("criteria",), ("visit.noun",)) and not word.negs:
        return Act("criteria", True, f"criteria ({word.text})")
    if _first_of(after, ("messages",), ("visit.noun",)) and not word.has("cancel.noun"):
        return Act("opt_out", finite and not word.negs, f"messages ({word.text})") if not word.negs else None
    if _first_of(after, ("undo.thing",), ("visit.noun",)) and not word.negs:
        return Act("undo", finite, f"{word.text} the cancellation")
    if word.negs:
        return _not_cancelled(word)
    label = ("prosze + " if any(link.has("please") for link in word.chain[1:]) else "") + word.text
    return Act("cancel", _form_is_plain(word, clause) and _object_is_visit(word, after) and not _foreign_subject(word, clause), label, verb=True)


def _not_cancelled(word: Word) -> Act:
    """A negated cancellation keeps the visit; "nie proszę odwołać" and "nie mogę odwołać" may mean anything."""
    governors = word.chain[1:]
    torn = any(link.has("please", "can.1", "can.3") and link.negs for link in governors) and not word.has("cancel.ipf")
    if torn or word.negs > 1 or word.has("cancel.past", "cancel.done", "cancel.other"):
        return Act("cancel", False, f"doubtful negation of {word.text}", verb=True)
    return Act("keep", not word.slipped, f"not {word.text}")


def _first_of(after: list[Word], wanted: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return next((word.has(*wanted) for word in after if word.has(*wanted, *other)), False)


def _is_leave(word: Word, clause: Clause) -> bool:
    return _first_of(clause.after(word), ("pool",), ("visit.noun",)) or any(other.has("pool") for other in clause.ahead_of(word))


def _form_is_plain(word: Word, clause: Clause) -> bool:
    """Whether the form says that the writer wants it now: "odwołuję", "proszę odwołać", "odwołajcie", bare "odwołać"."""
    governors, ahead = word.chain[1:], clause.ahead_of(word)
    if word.has("cancel.other", "cancel.past", "cancel.done", "cancel.cond"):
        return False
    if any(link.has("can.1", "can.fut", "can.3", "bede", "have.3", "aux", "need.1") for link in governors):
        return False
    if any(link.has("please", "want.1", "must.1") or (link.has("announce") and (not word.has("cancel.noun") or link.text.startswith("zgl"))) for link in governors) and word.has("cancel.inf", "cancel.noun", "cancel.imp"):
        return True
    if word.has("cancel.imp"):
        return all(other.has(*_HARMLESS_BEFORE) or other.verbal or len(other.text) > _SHORT or other.text.isdigit() for other in ahead)
    if word.has("cancel.1"):
        if any(other.has("be", "aux", "can.1", "can.past") for other in clause.after(word)[:1]):
            return False  # "cancelling is out of the question"
        if ahead and ahead[-1].has("self"):
            return True
        told = any(other.has("announce") for other in ahead)
        return all(other.has(*_HARMLESS_BEFORE) or other.verbal or other.text.isdigit() or (told and other.has("aby")) for other in ahead)
    if word.has("cancel.noun") and (any(other.has("thanks") for other in ahead) or not (clause.any("visit.noun") or len(clause.words) <= 2)):
        return False
    if clause.before is not None and _hanging_negation(clause.before):
        return False
    return word.has("cancel.inf", "cancel.noun") and _nothing_else(word, clause)


def _nothing_else(word: Word, clause: Clause) -> bool:
    """A bare "odwołać wizytę" says it only when the clause says nothing else: "odwołać wizytę to głupota" does not."""
    rest = (other for other in clause.words if other is not word)
    return all(
        (other.has(*_HARMLESS_BEFORE, "reason") or other.text.isdigit() or other.text.endswith(_SURNAMES)) and not other.verbal
        for other in rest
    )


def _object_is_visit(word: Word, after: list[Word]) -> bool:
    """What is cancelled: a visit, or nothing said; an unknown thing right after the verb is something else."""
    for other in after:
        if other.has("visit.noun", "because", "reason", "please", "attend.inf") or (other.verbal and not other.has("other.thing")):
            return True
        if other.has("other.thing"):
            return False
        if not other.tags and not other.text.isdigit() and not other.text.endswith(_SURNAMES):
            behind = after[after.index(other) - 1] if other is not after[0] else None
            place_named = behind is not None and behind.text in _PLACED and not word.text.startswith(("rezygn", "zrezygn"))
            return place_named or any(later.has("visit.noun") for later in after)
    return True


_PLACED = {"w", "we", "u", "na", "do", "przy", "od", "dla", "przez", "in", "at", "for", "on", "в", "у", "на", "до", "для"}
_SURNAMES = ("ska", "ski", "cka", "cki", "zka", "zki", "wicz", "czyk", "iak", "skiej", "skiego", "ckiej")


def _foreign_subject(word: Word, clause: Clause) -> bool:
    ahead = clause.ahead_of(word)
    if ahead and ahead[-1].has("self"):
        return False
    if word.has("cancel.1") and ahead and ahead[-1].has("doctor"):
        return True
    return any(other.has("doctor") and not other.has("visit", "filler", "clitic", "visit.noun") for other in ahead) or (
        word.has("cancel.1") and not (ahead and ahead[-1].has("self")) and any(other.has("family.nom") for other in ahead)
    )


def _attend(word: Word, clause: Clause) -> Act | None:
    governors = word.chain[1:]
    if word.has("attend.past", "attend.cond", "can.past") and not any(link.has("bede") for link in governors):
        return Act("past", False, f"past or supposed ({word.text})")
    if clause.any("pool"):
        return Act("leave", not word.slipped, f"nie + {word.text} in the queue") if word.negs == 1 else None
    elsewhere = _elsewhere(clause.after(word))
    if word.has("attend.inf") and not word.has("attend.1"):
        return _able(word, clause, governors, elsewhere=elsewhere)
    if elsewhere and not word.negs:
        return None
    third = word.has("attend.3") and not word.has("attend.1")
    if third and not word.negs and not clause.any("family"):
        return None
    qualified = any(other.has("manner") for other in clause.after(word))
    return _absent_or(word, word.text, sure=not elsewhere and not (qualified and word.negs) and (not third or _about_family(clause)))


def _about_family(clause: Clause | None) -> bool:
    """Whether a relative is spoken of here or earlier in the sentence, and nobody from the clinic."""
    while clause is not None:
        if clause.any("family"):
            return True
        if any(word.has("doctor") and not word.has("visit.noun", "clitic", "filler") for word in clause.words):
            return False
        clause = clause.before
    return False


def _able(word: Word, clause: Clause, governors: list[Word], *, elsewhere: bool) -> Act | None:
    """An infinitive of coming under "mogę", "dam radę", "uda się", "chcę": what the modal says of it."""
    willing = [link for link in governors if link.has("can.1", "can.fut", "can.3", "want.1", "dam", "da", "uda", "bede", "planned", "aux", "must.1")]
    if not willing:
        no_means = any(link.has("have", "have.3") and link.negs for link in governors)
        return Act("cancel", False, f"no means to {word.text}") if no_means else None
    if any(link.has("must.1") for link in willing) and word.negs:
        return None
    if elsewhere and not word.negs:
        return None
    if any(other.has("cancel.done") for other in clause.after(word)):
        return Act("keep", False, f"not {word.text} struck off") if word.negs else None
    third = any(link.has("can.3", "have.3", "da") and not link.has("can.1") for link in governors)
    elsewhere = elsewhere or bool(word.negs and any(other.has("manner") for other in clause.after(word)))
    supposed = any(link.has("wish") for link in governors)
    return _absent_or(word, word.text, sure=not elsewhere and not supposed and (not third or clause.any("family")))


def _elsewhere(after: list[Word]) -> bool:
    """Whether somebody stays away from something that is no visit: "na kawę", "w robocie", "po okulary"."""
    for place, word in enumerate(after):
        if word.has("visit.noun", "doctor", "because", "reason", "please") or word.verbal:
            return False
        if word.has("other.thing", "other.place"):
            return True
        behind = after[place - 1].text if place else ""
        if not word.tags and not word.text.isdigit() and behind in {"na", "po", "на", "to", "the", "for", "come"}:
            return not word.text.endswith(_SURNAMES)
    return False


def _bedzie(word: Word, clause: Clause) -> Act | None:
    if word.negs and clause.any("mnie", "family"):
        return Act("cancel", word.negs == 1 and not word.slipped and not _elsewhere(clause.after(word)), "nie + bedzie mnie")
    return Act("keep", True, "bedzie") if clause.any("family") and not word.negs else None


def _ability(word: Word, clause: Clause) -> Act | None:
    """A modal that governs nothing: "nie mogę", "nie dam rady", "nie uda mi się", "będę"."""
    after = clause.after(word)
    if any((other.verbal and not other.has("please")) or other.unknown_infinitive for other in after):
        return None
    stray = any(not other.tags and not other.text.isdigit() and not other.text.endswith(_SURNAMES) for other in after)
    sure = not stray or bool(word.negs and _object_named(after))
    if word.has("dam"):
        return _absent_or(word, "dam rade", sure=sure) if clause.any("rada") else None
    if word.has("uda"):
        return _absent_or(word, "uda sie", sure=sure)
    if word.has("bede"):
        return None if _elsewhere(after) and not word.negs else _absent_or(word, word.text, sure=sure and not _elsewhere(after))
    if word.has("can.fut") and any(link.has("bede") for link in word.chain[1:]):
        return _absent_or(word, word.text, sure=sure)
    if word.has("can.1") and not (word.has("can.3") and not word.negs):
        return _absent_or(word, word.text, sure=False)
    return None


def _object_named(after: list[Word]) -> bool:
    return any(other.has("visit.noun") for other in after)


def _wish(word: Word, clause: Clause) -> Act | None:
    """ "Nie chcę tej wizyty", "nie potrzebuję już wizyty"; a wish for a visit is left to the learned model."""
    if not word.negs:
        return None
    after = clause.after(word)
    if any(other.has("messages") for other in after):
        return Act("opt_out", not word.slipped, f"nie + {word.text} messages")
    if any(other.has("pool") for other in clause.words):
        return Act("leave", False, f"nie + {word.text} the queue")
    others = any((other.verbal and other is not word) or other.unknown_infinitive for other in clause.words)
    return Act("cancel", _object_named(clause.words) and not others and not word.slipped and word.negs == 1, f"nie + {word.text}")


def _zdaze(word: Word, _clause: Clause) -> Act | None:
    return _absent_or(word, word.text, sure=False)


def _change(word: Word, clause: Clause) -> Act | None:
    if clause.any("criteria"):
        return Act("criteria", True, f"criteria ({word.text})") if not word.negs else None
    if word.has("change.noun") and not clause.any("visit.noun", "other.date", "please"):
        return None
    return Act("keep", word.has("change.1"), f"not {word.text}") if word.negs else Act("change", True, word.text)


def _confirm(word: Word, clause: Clause) -> Act | None:
    after = clause.after(word)
    if not word.negs and any(other.has("cancel.noun") for other in after):
        return Act("cancel", clause.any("visit.noun"), f"{word.text} the cancellation", verb=True)
    if not word.negs and (any(other.has("aby") for other in after) or (clause.after_clause is not None and clause.after_clause.words[0].has("aby"))):
        return None  # "potwierdzam, że …": what follows says what is confirmed
    return Act("cancel", False, f"nie + {word.text}") if word.negs else Act("keep", True, word.text)


def _valid(word: Word, clause: Clause) -> Act | None:
    if clause.any("pool", "waiting"):
        return Act("stay", False, f"{word.text} in the queue")
    return Act("unfit", False, f"nie + {word.text}") if word.negs else Act("keep", True, word.text)


def _invalid(word: Word, clause: Clause) -> Act | None:
    if word.negs:
        return Act("keep", False, f"not {word.text}")
    return Act("cancel", clause.any("visit.noun"), word.text)


def _undo(word: Word, _clause: Clause) -> Act | None:
    return Act("keep", False, f"not {word.text}") if word.negs else Act("undo", True, word.text)


def _accept(word: Word, clause: Clause) -> Act | None:
    if word.negs:
        return Act("decline", not word.slipped, f"nie + {word.text}")
    return Act("accept", not clause.loose, word.text)


def _decline(word: Word, _clause: Clause) -> Act | None:
    return Act("accept", False, f"nie + {word.text}") if word.negs else Act("decline", True, word.text)


_Reader = Callable[[Word, Clause], Act | None]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("undo",), _undo),
    (("decline",), _decline),
    (("accept", "accept.inf"), _accept),
    (ATTEND, _attend),
    (CANCEL, _cancel),
    (("bedzie",), _bedzie),
    (("zdaze",), _zdaze),
    (("want.1", "need.1"), _wish),
    (("can.1", "can.fut", "dam", "uda", "bede"), _ability),
    (("change.1", "change.inf", "change.imp", "change.noun"), _change),
    (("confirm.1",), _confirm),
    (("invalid",), _invalid),
    (("valid", "fits"), _valid),
)
