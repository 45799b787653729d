"""Reasons to ask back: questions, conditions, other people's words, loose negations, words that may be mistyped (D7)."""

from dataclasses import replace
from itertools import pairwise

from dialogs.understanding.clauses import ATTEND, CANCEL, Clause, Word
from dialogs.understanding.visit_acts.act import Act

SHORT = 4
NEARLY_NO = {"nim", "niz", "nia", "niej", "nic", "nich", "wie", "cie"}  # words, but one letter from "nie"


def note_doubts(parts: list[Clause], *, asks: bool) -> None:
    for clause in parts:
        for place, word in enumerate(clause.words):
            before = clause.words[place - 1] if place else None
            after = clause.words[place + 1] if place + 1 < len(clause.words) else None
            reason = _doubt(word, before, after, opening=_opens(place, clause), opening_sentence=clause.before is None)
            if reason and not (word.text in _FEARS and _feared_itself(clause, place)):
                clause.doubts.append(f"{reason} ({word.text})")
            if word.text in _WITHOUT and after is not None and not after.text.startswith(_NO_DOUBT) and _away(clause.after(word)):
                clause.doubts.append(f"a condition ({word.text})")
        if (said := _condition(clause, asks=asks)) is not None:
            clause.doubts.append(f"a condition ({said})")
    if asks and parts:
        parts[-1].doubts.append("a question")
    if parts and (said := _ironic(parts)) is not None:
        parts[0].doubts.append(f"irony ({said})")


_FEARS = {"boje", "obawiam", "боюся", "боюсь"}


def _feared_itself(clause: Clause, place: int) -> bool:
    """ "Boję się zastrzyków, odwołuję": what is feared is a reason; "boję się, że nie dotrę" leaves it open."""
    follows = clause.after_clause.words[:1] if clause.after_clause is not None else []
    return not any(word.has("aby") or word.has("neg") for word in (*clause.words[place + 1 :], *follows))


_BITTER = {
    "oczywiscie", "jasne", "pewnie", "brawo", "gratuluje", "gratulacje", "pieknie", "swietnie", "super", "rewelacja", "ladnie", "bravo",
    "чудово",
}  # fmt: skip
"""As spelling leaves them: "no pewnie" and "no jasne" are "oczywiście" by now."""


def _ironic(parts: list[Clause]) -> str | None:
    """ "No pewnie, odwołajcie, i tak czekam trzy lata": who tells *them* to cancel after this complains as likely as he asks."""
    words = [word for part in parts for word in part.words]
    told = next((word.text for word in words if word.has(*CANCEL) and word.text.endswith(("cie", "йте"))), None)
    return told if words and words[0].text in _BITTER else None


_WITHOUT = {"bez", "без", "without"}
_NO_DOUBT = ("szans", "sens", "problem", "obaw", "watpien", "zadn", "mnie", "nas", "сумнів", "doubt", "a")


def _away(words: list[Word]) -> bool:
    """ "Bez skierowania nie przyjdę": somebody stays away unless he gets it."""
    return any(word.negs and word.has(*ATTEND, "bede", "dam") for word in words)


def _condition(clause: Clause, *, asks: bool) -> str | None:
    """A condition without an "if": "коли не знайду няню, …", "when it rains, …", and "nie znajdę opieki, to …" seen from the "to"."""
    first = clause.words[_first_content(clause)].text
    before, follows = clause.before, clause.after_clause
    denied = clause.loose or any(word.negs for word in clause.words) or first.startswith("when")
    if first in _WHENEVER and not asks and (denied or (before is None and follows)):
        return first
    if first in _THEN and before is not None and before.loose and not before.any("never", "yes", "no"):
        return first
    return None if asks else next((word.text for place, word in enumerate(clause.words) if place and _conditional(word, clause)), None)


def _conditional(word: Word, clause: Clause) -> bool:
    """The same without a comma: "не прийду коли не знайду няню", "nie znajdę opieki to nie przyjdę"."""
    ahead, after = clause.ahead_of(word), clause.after(word)
    if word.text in _THEN:
        supposed = any(one.has("bede", "bedzie", "attend.3") or one.text in _IS for one in ahead)  # its "jak" may be mistyped
        if supposed and any(one.negs or one.has(*CANCEL) for one in after):
            return True
        return bool(clause.loose) and any(one.has("neg") for one in ahead) and any(one.negs or one.has(*CANCEL) for one in after)
    acting = any(one.has(*CANCEL, *ATTEND, "bede") for one in ahead)
    return word.text in _WHENEVER and acting and (word.text.startswith("when") or any(one.has("neg") for one in after))


_IS = {"jest", "sa", "є"}
_WHENEVER = {"коли", "як", "когда", "kiedy", "when", "whenever"}
_THEN = {"to", "то", "then"}


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
        return (
            "a question word" if opening and after is not None and (after.has("self", "visit", "family") or after.text == "there") else None
        )
    subordinate = word.has("aby") and not opening_sentence
    return "a question word" if word.has("ask") and opening and not subordinate else None


def _opens(place: int, clause: Clause) -> bool:
    """Whether a word opens its clause, a preposition before it left out: "do kogo idę"."""
    first = _first_content(clause)
    return place == first or (place == first + 1 and clause.words[place].has("ask") and clause.words[first].text in _BEFORE)


_BEFORE = {"do", "u", "na", "z", "o", "w", "od", "dla", "przy", "po", "до", "у", "на", "з", "to", "at", "for", "with"}


def _first_content(clause: Clause) -> int:
    joints = ("filler", "because", "but", "yes", "ok", "thanks")
    return next((place for place, word in enumerate(clause.words) if not word.has(*joints) or word.has("ask")), 0)


def doubted(act: Act, clause: Clause, parts: list[Clause], *, asks: bool = False) -> Act:
    """A cancellation is doubted with any clause of its sentence, a promise to come only with its own or a condition."""
    if act.what in {"change", "criteria"}:
        return act
    everywhere = act.what in {"cancel", "leave", "opt_out"}
    concluding = bool(clause.words) and clause.words[0].text in _SO
    aside = [part for part in parts if part is not clause and _aside(part, parts, clause, asks=asks)]
    doubts = [
        doubt
        for part in parts
        for doubt in part.doubts
        if part is clause
        or (
            everywhere
            and not doubt.startswith("a past time")
            and not (part in aside and doubt.startswith(("a question", "a doubt (moze")))
            and not (doubt in _ONCE and _of_a_later_call(part, parts, clause))
            and not (doubt.startswith("somebody's words") and (concluding or _told_something_else(part, parts, clause)))
        )
        or (doubt.startswith("a condition") and not (everywhere and doubt in _ONCE and _of_a_later_call(part, parts, clause)))
    ]
    return replace(act, sure=False, why=f"{act.why}; {', '.join(dict.fromkeys(doubts))}") if doubts else act


def _of_a_later_call(part: Clause, parts: list[Clause], clause: Clause) -> bool:
    """ "Odwołuję, zadzwonię jak wyzdrowieję": when somebody will ask for another date is no condition of the cancellation before it."""
    place = parts.index(part)
    if place <= parts.index(clause) or not clause.any(*CANCEL) or part.any(*CANCEL, "neg", "never", "no"):
        return False
    beside = [part, *([part.after_clause] if part.after_clause is not None else []), *parts[place - 1 : place]]
    return any(word.text in _LATER_CALL for near in beside if near is not clause for word in near.words)


_LATER_CALL = {
    "zadzwonie", "oddzwonie", "umowie", "umowimy", "zglosze", "zapisze", "odezwe", "napisze", "подзвоню",
    "зателефоную", "запишусь", "запишуся",
}  # fmt: skip
_ONCE = {f"a condition ({when})" for when in ("jak", "gdy", "kiedy", "коли", "як")}
_SO = {"wiec", "dlatego", "zatem", "tak_wiec", "so", "тому", "therefore"}


def _told_something_else(part: Clause, parts: list[Clause], clause: Clause) -> bool:
    """ "Lekarz kazał mi leżeć, nie przyjdę": what he said stands in his own clause, and this one is no "że …"."""
    said = next(place for place, word in enumerate(part.words) if word.has("said"))
    complete = any(word.unknown_infinitive or word.has("other.verb", "reason") for word in part.words[said + 1 :])
    subordinate = bool(clause.words) and clause.words[0].has("aby", "abym")
    return complete and not subordinate and parts.index(part) < parts.index(clause)


_RELATIVE_NOT = {"czy", "jak", "чи", "як", "how", "whether", "po_co"}


def _aside(part: Clause, parts: list[Clause], clause: Clause, *, asks: bool) -> bool:
    """Whether another clause asks for something of its own and leaves this one alone.

    "Nie przyjdę, kiedy mogę się zapisać?", "szpital, gdzie założyli mi stent, więc odwołuję", "nie przyjdę, termin może wziąć ktoś
    inny": the clause has a verb of its own, and no word of coming or cancelling.
    """
    if any(word.has(*CANCEL, *ATTEND, "bedzie", "zdaze", "valid", "invalid") for word in part.words):
        return False
    behind = parts.index(part) > parts.index(clause)
    own_verb = any((word.verbal or word.unknown_infinitive) and not word.has("doubt") for word in part.words)
    opens = next((word for word in part.words if not word.has("filler", "but", "because") or word.has("ask")), None)
    asks_another = any(word.has("other.date") for word in part.words)  # "can I have another date?" is about this visit
    if opens is not None and opens.has("ask"):
        relative = not asks and opens.text not in _RELATIVE_NOT and len(part.words) > 1
        return relative or (behind and own_verb and not asks_another and not part.words[0].has("aby"))
    questions = any(doubt.startswith("a question") for doubt in part.doubts)
    return own_verb and behind and not asks and not (asks_another and questions)


def weakened(act: Act, clause: Clause) -> Act:
    """Loose negations, wishes, a name called and small unread words take the certainty of a cancellation away."""
    if act.what not in {"cancel", "leave"} or not act.sure:
        return act
    reason = _against_verb(act, clause) if act.verb else _against_absence(clause)
    return replace(act, sure=False, why=f"{act.why}; {reason}") if reason else act


def _against_verb(act: Act, clause: Clause) -> str | None:
    asked_for = act.why.startswith("prosze + ")
    reasons = (
        ("somebody else is addressed", _called_by_name(clause)),
        ("a loose negation", not asked_for and clause.loose),
        ("follows a bare no", not asked_for and clause.before is not None and _only_no(clause.before)),
        ("told of, not done", not asked_for and _only_told(clause)),
        ("a word of negation or wish", clause.any("never", "abym", "or") or _under_negation(clause)),
        ("a wish denied beside it", any(word.negs and word.governs is None and word.has("want.1", "must.1") for word in clause.words)),
        ("no consent", any(word.negs and word.has("accept", "accept.inf") for word in clause.words)),
        ("an unknown word beside it", _slip_nearby(clause)),
        ("a slip of no beside it", _slip_of_no(clause)),
        ("no to an unknown word", any(first.has("neg") and second.strange for first, second in pairwise(clause.words))),
        ("unknown words around a removal", _is_removal(act) and not clause.any("visit.noun") and _any_strange(clause)),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _is_removal(act: Act) -> bool:
    """Verbs that strike off anything, wrong persons included: "proszę mnie skreślić"."""
    return act.why.removeprefix("prosze + ").startswith(
        ("skresl", "wykresl", "wypis", "usun", "zwoln", "odda", "remov", "delet", "видал", "випи")
    )


def _any_strange(clause: Clause | None) -> bool:
    while clause is not None:
        if any(word.strange for word in clause.words):
            return True
        clause = clause.before
    return False


def _against_absence(clause: Clause) -> str | None:
    if clause.any("or"):
        return "one of two things"
    if _comes_without(clause):
        return "somebody comes, another does not"
    if any(first.strange and len(first.text) <= SHORT and second.has("neg") for first, second in pairwise(clause.words)):
        return "an unknown word beside it"
    if _spoken_to_a_friend(clause):
        return "somebody else is addressed"
    if clause.any("abym") or (clause.loose and _purpose_first(clause)) or _under_negation(clause) or _not_alone(clause):
        return "inside a negated sentence"
    if _only_told(clause):
        return "told of, not done"
    if any(first.has("neg") and second.has("neg") for first, second in pairwise(clause.words)):
        return "a doubled negation"
    return "a word of negation" if clause.any("never") else None


_ALONE = {"sam", "sama", "sami", "same"}


def _not_alone(clause: Clause) -> bool:
    """ "Sama nie trafię, przyjadę z wnukiem": who does not come alone may come with somebody."""
    return any(first.text in _ALONE and second.has("neg") for first, second in pairwise(clause.words))


def _comes_without(clause: Clause) -> bool:
    """ "Będę sam żona nie przyjedzie": without its comma two persons stand in one clause."""
    own = any(word.has("bede", "attend.1") and not word.has("attend.3") and not word.negs for word in clause.words)
    return own and any(word.has("family.nom") for word in clause.words) and any(word.has("attend.3") and word.negs for word in clause.words)


def _purpose_first(clause: Clause) -> bool:
    """ "Nie to, żebym …": a "że" before the verb; "nie przyjdę, żeby nie zarażać" has it behind."""
    spoken = next((place for place, word in enumerate(clause.words) if word.has(*ATTEND, "bedzie", "zdaze")), len(clause.words))
    return any(word.has("aby") for word in clause.words[:spoken])


def _only_told(clause: Clause) -> bool:
    """ "… że nie przyjdę" is an announcement only after "informuję" or "przepraszam"; after anything else, who knows."""
    spoken = next((place for place, word in enumerate(clause.words) if word.has(*CANCEL, *ATTEND, "bedzie")), len(clause.words))
    joints = [place for place, word in enumerate(clause.words) if word.has("aby") and (place < spoken or word.text != "that")]
    if not joints:
        return False
    ahead = clause.words[: joints[0]] or (clause.before.words if clause.before is not None else [])
    return not any(word.has("announce", "filler", "confirm.1", "must.1") for word in ahead)


def _spoken_to_a_friend(clause: Clause) -> bool:
    ends = [clause, clause.before, clause.after_clause]
    called = any(end.any("intimate", "vocative") for end in ends if end is not None)
    return called or any(end.any("told") for end in ends[:2] if end is not None)  # behind it, a courier explains why


def _called_by_name(clause: Clause) -> bool:
    """ "Kierowniku, wypisz mnie z grafiku": a verb of cancelling, told to somebody of another place; "pani kochana" is one of ours."""
    ends = [end for end in (clause.before, clause) if end is not None]
    ours = any(word.has("doctor") or word.text in _OURS for end in ends for word in end.words)
    return not ours and any(word.has("vocative") and word.known and not word.has("family") for end in ends for word in end.words)


_OURS = {"pani", "pan", "panie", "doktorze", "лікарю", "пані", "doctor"}


def _under_negation(clause: Clause) -> bool:
    """ "Nie jest tak, że …", "nie prosiłem, żeby …": the clause before denies this one."""
    before = clause.before
    return before is not None and clause.words[0].has("aby") and bool(before.loose or before.any("neg", "never"))


def _slip_nearby(clause: Clause) -> bool:
    """A word that is none right before the verb, or a short one near it: it may be a mistyped "nie" or "don't"."""
    verbs = [place for place, word in enumerate(clause.words) if word.has(*CANCEL)]
    near = {place + step for place in verbs for step in (-3, -2, -1, 1, 2)}
    beside = {place - 1 for place in verbs} | {place - 2 for place in verbs if place and clause.words[place - 1].has("self", "clitic")}
    strange = [place for place, word in enumerate(clause.words) if word.strange or word.text in NEARLY_NO]
    return any(place in (near if len(clause.words[place].text) <= SHORT else beside) for place in strange)


def _slip_of_no(clause: Clause) -> bool:
    """ "Mnie odwołuję", "odwołać nine chcę": no sentence, but one slip of a finger away from a "nie"; "proszę mnie wypisać" is one."""
    for first, second in pairwise(clause.words):
        if first.text in _SLIPS_OF_NO and second.has(*CANCEL) and not (first.text == "mnie" and second.text.endswith("c")):
            return True
        if first.has(*CANCEL) and second.text == "nine":
            return True
    return False


_SLIPS_OF_NO = {"mnie", "nine"}


def _only_no(clause: Clause) -> bool:
    """ "Nie", "skąd", "nie jest tak": a clause that denies and says nothing else."""
    content = [word for word in clause.words if not word.has("filler")]
    denies = any(word.has("neg", "never", "no") for word in content)
    return denies and all(word.has("neg", "never", "no", "be", "yes", "visit", "clitic") for word in content)


def hanging_negation(clause: Clause) -> bool:
    return any(word.negs and word.governs is None and word.has("want.1", "must.1", "please", "planned", "need.1") for word in clause.words)
