""" "Odwołuję" and its kin: form, object and subject decide whether this visit is cancelled here and now."""

from itertools import pairwise

from dialogs.understanding.clauses import Clause, Word
from dialogs.understanding.visit_acts.act import Act
from dialogs.understanding.visit_acts.doubts import SHORT, hanging_negation
from dialogs.understanding.visit_acts.objects import SURNAMES, a_thing, object_is_visit

_OBJECT_PASSED = ("clitic", "visit", "filler", "self", "mnie", "name", "time", "yes", "ok", "thanks", "family")
HARMLESS = (*_OBJECT_PASSED, "announce", "date.noun", "reason", "visit.noun", "because", "but", "please", "neg")


def cancelling(word: Word, clause: Clause) -> Act | None:
    """The act of a word that cancels, by what it cancels: the place in the queue, messages, an earlier message, this visit."""
    if _is_appeal(word, clause):
        return None
    other = _another_object(word, clause)
    if other is not None:
        return other
    if word.negs:
        return _not_cancelled(word)
    if _ruled_out(word, clause):
        return Act("keep", False, f"no {word.text} at all")
    if (reason := _other_reason(word, clause)) is not None:
        return Act("cancel", False, f"{word.text}; {reason}", verb=True)
    plain = _form_is_plain(word, clause) and not _relative_subject(word, clause)
    if not plain and (reason := _no_wish(word, clause)) is not None:
        return Act("cancel", False, f"{word.text}; {reason}", verb=True)
    if word.has("cancel.inf") and any(link.has("can.3", "can.fut") for link in word.chain[1:]) and clause.any("doctor"):
        return Act("cancel", False, f"asks for {word.text}", verb=True)  # "czy mogłaby pani odwołać?"
    plain = plain and not _left_hanging(word, clause)
    asked_for = any(link.has("please") for link in word.chain[1:])
    return Act("cancel", plain, f"prosze + {word.text}" if asked_for else word.text, verb=True)


def _no_wish(word: Word, clause: Clause) -> str | None:
    """A form that need not be a wish: "odwołać wizytę to głupota", "zrezygnuj z wizyty w salonie"."""
    if word.text.startswith(("rezygnuj", "zrezygnuj")) and word.text.endswith(("uj", "cie")):
        return "told to the reader"
    bare = word.by is None and word.has("cancel.inf", "cancel.noun") and not word.has("cancel.imp")
    return "says something else" if bare and any(other.text in _THAT_IS or other.verbal for other in clause.after(word)) else None


_THAT_IS = {"to", "jest", "is", "це", "byloby"}


def _thanked(word: Word, clause: Clause) -> bool:
    """ "Dziękuję za odwołanie wizyty": it has been done, by somebody else."""
    ahead = clause.ahead_of(word)
    return word.has("cancel.noun") and any(other.has("thanks") for other in ahead) and ahead[-1].text in {"za", "for", "за"}


def _other_reason(word: Word, clause: Clause) -> str | None:
    """Why it is not our patient's visit that is cancelled: a thing that is none, or somebody of the clinic who cancels."""
    if not object_is_visit(word, _said_after(word, clause)):
        known = any(other.has("other.thing", "other.place") for other in clause.after(word))
        return "of something else" if known else "of something unknown"
    if _thing_ahead(word, clause):
        return "of something else"
    if _thanked(word, clause):
        return "thanked for"
    return "another's doing" if _foreign_subject(word, clause) else None


def _thing_ahead(word: Word, clause: Clause) -> bool:
    """ "Z korepetycji rezygnuję", "jazdy jutro odwołuję": the thing opens the clause, and no visit is named in it."""
    passed = ("time", "self", "filler", "please", "clitic")
    said = [other for other in clause.ahead_of(word) if not other.has(*passed) or other.has("other.thing")]
    opening = said[1:] if said and said[0].text in {"z", "ze", "te", "ten", "ta"} else said
    return bool(opening) and a_thing(opening[0], None) and len(opening) == 1 and not clause.any("visit.noun")


def _left_hanging(word: Word, clause: Clause) -> bool:
    """ "Chciałam odwołać, ale jeszcze pomyślę": what was wished and then turned away from; a line that was busy turns nothing."""
    follows = clause.after_clause
    wished = any(link.text.startswith(_WISHED) for link in word.chain[1:])
    if not wished or follows is None or not follows.words[0].has("but"):
        return False
    return not any(other.text.startswith(_BUSY) for other in follows.words)


_WISHED = ("chcial", "mial", "wanted", "хотіл", "хотів", "хотел")
_BUSY = ("dodzwon", "polacz", "zalog", "odbier", "zajet", "додзвон", "busy", "get")


def _ruled_out(word: Word, clause: Clause) -> bool:
    """ "Żadnego odwoływania", "ніякої відміни", "no cancellation": a determiner that denies stands before the word."""
    near = [other for other in clause.ahead_of(word) if not (other.has("visit", "clitic") and not other.has("never"))][-1:]
    return any(other.has("never") or (other.has("no") and word.has("cancel.noun", "cancel.other")) for other in near)


def _said_after(word: Word, clause: Clause) -> list[Word]:
    """What stands behind the verb, over a "proszę" between commas: "odwołaj, proszę, korki"."""
    after, follows = clause.after(word), clause.after_clause
    if follows is None or follows.after_clause is None or not all(other.has("please") for other in follows.words):
        return after
    return [*after, *follows.after_clause.words]


def _is_appeal(word: Word, clause: Clause) -> bool:
    """ "Odwołuję się od decyzji" asks for a review and cancels nothing."""
    beside = [*clause.ahead_of(word)[-1:], *clause.after(word)[:1]]
    return word.text.startswith("odwol") and not word.has("cancel.past") and any(other.text == "sie" for other in beside)


def _another_object(word: Word, clause: Clause) -> Act | None:
    after = clause.after(word)
    finite = not word.has(*_UNFINISHED)
    queued = _first_of(after, "pool") or any(other.has("pool") for other in clause.ahead_of(word))
    if queued and not _given_to_one_of_it(clause):
        if word.negs:
            return Act("stay", False, f"not leaving ({word.text})")
        plain = finite and _form_is_plain(word, clause) and not clause.any("time")  # "z jutrzejszej kolejki": the visit, perhaps
        return Act("leave", plain, f"leave ({word.text})", verb=True)
    of_messages = any(other.has("messages") for other in clause.ahead_of(word)) and not clause.any("visit.noun")
    return None if word.negs else _another_thing(word, after, finite=finite, ahead=of_messages)


def _given_to_one_of_it(clause: Clause) -> bool:
    """ "Wizytę proszę oddać komuś z kolejki": the queue tells who is to have the visit."""
    receivers = [place for place, other in enumerate(clause.words) if other.text.startswith(_RECEIVER)]
    return any(other.has("pool") for place in receivers for other in clause.words[place + 1 : place + 1 + _NEXT_TO])


_RECEIVER = ("komu", "kogo", "ktos", "osob", "inn", "nastepn", "pierwsz", "pacjent", "some", "next", "first", "another", "person", "комусь",
             "іншо", "наступн", "перш", "людин")  # fmt: skip
_NEXT_TO = 4


def _another_thing(word: Word, after: list[Word], *, finite: bool, ahead: bool) -> Act | None:
    if word.text.startswith("odda") and any(other.text in {"mi", "nam"} for other in after):
        return Act("undo", False, f"{word.text} it to me")
    if _first_of(after, "criteria"):
        return Act("criteria", True, f"criteria ({word.text})")
    of_messages = any(first.text == "z" and second.text.startswith("sms") for first, second in pairwise(after))
    if (of_messages or _first_of(after, "messages") or ahead) and not word.has("cancel.noun"):
        return Act("opt_out", finite, f"messages ({word.text})")
    return Act("undo", finite, f"{word.text} the cancellation") if _first_of(after, "undo.thing") else None


_UNFINISHED = ("cancel.past", "cancel.done", "cancel.cond", "cancel.other")


def _not_cancelled(word: Word) -> Act:
    """A negated cancellation keeps the visit; "nie proszę odwołać" and "nie mogę odwołać" may mean anything."""
    governors = word.chain[1:]
    torn = any(link.has("please", "can.1", "can.3", "da", "uda") and link.negs for link in governors) and not word.has("cancel.ipf")
    if torn or word.negs > 1 or word.has("cancel.past", "cancel.done", "cancel.other"):
        return Act("cancel", False, f"doubtful negation of {word.text}", verb=True)
    return Act("keep", not word.slipped, f"not {word.text}")


def _first_of(after: list[Word], wanted: str) -> bool:
    """Whether the wanted thing is named, and before any visit; a place "w poczekalni" is none."""
    return next((word.has(wanted) for word in after if word.has(wanted, "visit.noun") and not word.text.startswith(_A_PLACE)), False)


_A_PLACE = ("miejsc", "місц", "мест", "slot")


def _form_is_plain(word: Word, clause: Clause) -> bool:
    """Whether the form says that the writer wants it now: "odwołuję", "proszę odwołać", "odwołajcie", bare "odwołać"."""
    governors = word.chain[1:]
    if any(link.has(*_UNDECIDED) for link in governors) or _glued(word, clause):
        return False
    if word.has("cancel.other") and _let(word, clause):
        return True
    if word.has("cancel.fut") and _resolved(word, clause):
        return True
    if word.has(*_UNFINISHED) and not word.has("cancel.noun"):
        return False
    if any(_wants(link, word) for link in governors) and word.has("cancel.inf", "cancel.noun", "cancel.imp"):
        return True
    if word.has("cancel.imp") or (word.has("cancel.ipf") and word.text.endswith(_IMPERATIVE) and word.known):
        return all(_harmless(other) or other.verbal or len(other.text) > SHORT for other in clause.ahead_of(word))
    if word.has("cancel.1"):
        return _first_person_is_plain(clause.ahead_of(word), clause.after(word))
    return word.has("cancel.inf", "cancel.noun") and _bare_is_plain(word, clause)


_IMPERATIVE = ("cie", "uj", "йте")
_UNDECIDED = ("can.1", "can.fut", "can.3", "bede", "have.3", "aux", "need.1")


def _glued(word: Word, clause: Clause) -> bool:
    """ "Odwołaćnie chcę", "odwołać mnie chcę": a "nie" may hide behind the verb, before its modal."""
    hidden = not word.known and word.text.endswith("nie")
    between = clause.after(word)[:1]
    return hidden or (bool(between) and between[0].has("mnie") and word.by is not None and word.by in clause.after(word))


def _let(word: Word, clause: Clause) -> bool:
    """ "Niech pani odwoła": a request, when nobody but the clinic is asked to do it."""
    ahead = clause.ahead_of(word)
    lets = [place for place, other in enumerate(ahead) if other.has("let")]
    return bool(lets) and all(_harmless(other) or other.has("doctor") for other in ahead[lets[-1] + 1 :]) and not clause.any("family.nom")


def _resolved(word: Word, clause: Clause) -> bool:
    """ "To ja jednak odwołam", "zrezygnuję z tej wizyty": decided now, where a bare "odwołam" may mean "some day"."""
    ahead, after = clause.ahead_of(word), clause.after(word)
    decided = any(other.text in {"jednak", "niestety", "to", "wiec", "zatem", "ale"} for other in ahead)
    given_up = word.text.startswith("zrezygn") and any(other.has("visit.noun") for other in after)
    return (decided or given_up) and all(_harmless(other) for other in (*ahead, *after)) and not clause.any("time")


def _wants(link: Word, word: Word) -> bool:
    """ "Proszę", "chcę", "muszę"; "zgłaszam rezygnację"; "piszę, żeby odwołać" but not "piszę w sprawie odwołania"."""
    announced = link.has("announce") and (not word.has("cancel.noun") or link.text.startswith("zgl"))
    return (link.has("please", "want.1", "must.1") and not link.text.startswith(_SOME_DAY)) or announced


_SOME_DAY = ("trzeba", "nalez", "planuj", "zamierz", "hope", "intend", "plan", "збира", "плану")


def _harmless(word: Word) -> bool:
    return word.has(*HARMLESS) or word.text.isdigit()


def _first_person_is_plain(ahead: list[Word], after: list[Word]) -> bool:
    if any(other.has("be", "aux", "can.1", "can.past") for other in after[:1]):
        return False  # "cancelling is out of the question"
    if ahead and ahead[-1].has("self"):
        return True
    told = any(other.has("announce") for other in ahead)
    return all(_harmless(other) or other.verbal or (told and other.has("aby")) for other in ahead)


def _bare_is_plain(word: Word, clause: Clause) -> bool:
    if word.has("cancel.noun"):
        thanked = any(other.has("thanks") for other in clause.ahead_of(word))
        if thanked or not (clause.any("visit.noun") or len(clause.words) <= 2):
            return False
    if clause.before is not None and (hanging_negation(clause.before) or clause.before.any("neg", "never")):
        return False
    return _nothing_else(word, clause)


def _nothing_else(word: Word, clause: Clause) -> bool:
    """A bare "odwołać wizytę" says it only when the clause says nothing else: "odwołać wizytę to głupota" does not."""
    rest = (other for other in clause.words if other is not word)
    return all((_harmless(other) or other.has("pool") or other.text.endswith(SURNAMES)) and not other.verbal for other in rest)


def _foreign_subject(word: Word, clause: Clause) -> bool:
    ahead = clause.ahead_of(word)
    if ahead and ahead[-1].has("self"):
        return False
    if word.has("cancel.1") and ahead and ahead[-1].has("doctor"):
        return True
    return any(other.has("doctor") and not other.has("visit", "filler", "clitic", "visit.noun") for other in ahead)


def _relative_subject(word: Word, clause: Clause) -> bool:
    """ "Mąż odwołuje": folded, the first person and the third are one word; whose visit it is, the whole message must tell."""
    ahead = clause.ahead_of(word)
    return word.has("cancel.1") and not (ahead and ahead[-1].has("self")) and any(other.has("family.nom") for other in ahead)
