"""Two readers, the grammar and the learned model: a visit is given up unasked only where both say so and nothing casts a doubt (D7).

Where the grammar alone is not sure (a word out of place, a form that no list has) the model may make it so: but only with a word of
cancelling or of staying away in the message, and with no condition, question, denial, past, other person or other thing anywhere in it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from dialogs.understanding import turning_no
from dialogs.understanding.acts import Act, Parsed
from dialogs.understanding.certainty import beyond_doubt
from dialogs.understanding.clauses import ATTEND, CANCEL, Word
from dialogs.understanding.heard import Heard
from dialogs.understanding.opinion import UNSURE
from dialogs.understanding.reading import Verdict

REMOVALS: Final = {"cancel_visit": "cancel", "leave_waiting_room": "leave"}
_AGREED: Final = 0.6
_UNEXPLAINED: Final = 0.8
_BEYOND_DOUBT: Final = 0.85
_ALONE: Final = 0.9
_CERTAIN: Final = 0.96
_ALARMS: Final = frozenset({"emergency", "report_death"})
_DOING: Final = tuple(tag for tag in CANCEL if tag not in {"cancel.done", "cancel.past", "cancel.cond"})
_NO_DOUBT: Final = 0.2
_KEPT: Final = 0.75
_CLEAR: Final = 0.6
_FOREIGN: Final = 0.3
_STRANGE: Final = 0.6
_AS_GOOD: Final = {
    "cancel_visit": ("cancel_visit", "decline_offer", "deny"),
    "leave_waiting_room": ("leave_waiting_room", "cancel_visit", "decline_offer", "opt_out"),
}
_HARMLESS: Final = frozenset(
    {
        "ask_visit", "ask_faq", "change_visit", "request_human", "ask_estimate", "join_waiting_room", "edit_criteria", "book_visit",
        "repeat", "opt_in", "greet", "thank", "bye", "wait", "running_late", "visit_not_seen", "ask_medical", "undo", "opt_out",
        "wrong_person", "decline_offer",
    }
)  # fmt: skip
_ELSEWHERE: Final = ("other.thing", "other.place", "intimate", "vocative", "capital", "or", "doubt", "if", "said", "abym", "accept")


def settled(verdict: Verdict, heard: Heard) -> Verdict:
    """The verdict after both have been heard: doubted, made certain, given way to what the model reads beyond doubt, or left."""
    if verdict.intent in REMOVALS and not verdict.question:
        return _doubted(verdict, heard)
    if verdict.intent in REMOVALS:
        return _yielding(_ascertained(verdict, heard), heard)
    return _yielding(_kept(verdict, heard) if verdict.intent == "confirm_visit" else verdict, heard)


def _yielding(verdict: Verdict, heard: Heard) -> Verdict:
    """What harms nobody is read as the model reads it clearly; what might harm is asked back where the two differ."""
    top, share = heard.ranked[0]
    if verdict.intent == top:
        sure = share >= _BEYOND_DOUBT and top not in REMOVALS and top not in _ALARMS and not _hesitates(heard.parts)
        return replace(verdict, question=False, confidence=share) if sure and verdict.question else verdict
    if top == "decline_offer" and _hesitates(heard.parts):
        return verdict
    if top in _HARMLESS and share >= (_CLEAR if verdict.question or verdict.intent == "decline_offer" else _BEYOND_DOUBT):
        return Verdict(top, share, False, (f"model: {top} {share:.2f}", *verdict.why))
    if top == "confirm_visit" and verdict.question and share >= _ALONE:
        return Verdict(top, share, False, (f"model: {top} {share:.2f}", *verdict.why))
    if top in {UNSURE, "cancel_visit"} and share >= _BEYOND_DOUBT and verdict.intent == "confirm_visit":
        return Verdict("cancel_visit", 0.6, True, (*verdict.why, f"the model reads {top} {share:.2f}"))
    return verdict


def _hesitates(parts: Parsed) -> bool:
    """Whether the message asks, or hangs on a condition or a doubt."""
    doubts = [doubt for clause in parts.clauses for doubt in clause.doubts]
    return parts.asks or any(doubt.startswith(("a condition", "a doubt")) for doubt in doubts)


def _doubted(verdict: Verdict, heard: Heard) -> Verdict:
    queued = _of_a_queue(heard.parts) if verdict.intent == "cancel_visit" else _gives_a_turn(heard)
    if queued:
        return verdict.asked_back("the queue or the visit")
    share = sum(heard.shares.get(intent, 0.0) for intent in _AS_GOOD[verdict.intent])
    explained = any(act.sure and not act.stray for act in heard.acts if act.what in REMOVALS.values())
    return verdict if share >= (_AGREED if explained else _UNEXPLAINED) else verdict.asked_back(f"the model does not agree ({share:.2f})")


def _of_a_queue(parts: Parsed) -> bool:
    """ "Lista oczekujących - rezygnacja", "zdejmijcie z tej listy na szybciej": the waiting room, and no visit is named."""
    words = parts.words
    listed = any(word.text.startswith("list") for word in words)
    waiting = any(word.text.startswith(("oczekuj", "szybcie", "wczesniejsz")) for word in words)
    return listed and waiting and not any(word.has("visit.noun") for word in words)


def _gives_a_turn(heard: Heard) -> bool:
    """ "Oddaję kolejkę": one's turn, which is as likely the visit."""
    words = heard.parts.words
    turn = any(word.text == "kolejke" for word in words) and not any(word.text.startswith("opuszcz") for word in words)
    return turn or heard.shares.get("cancel_visit", 0.0) >= _CERTAIN


def _ascertained(verdict: Verdict, heard: Heard) -> Verdict:
    """A removal that the grammar would ask back, beyond doubt for the model and without any of the marks of doubt."""
    (top, share), unsure = heard.ranked[0], heard.shares.get(UNSURE, 0.0)
    if verdict.intent == "cancel_visit" and verdict.why[-1] in _BY_THE_GRAMMAR and (reason := beyond_doubt(heard)):
        return replace(verdict, question=False, confidence=share, why=(*verdict.why, reason))
    if top == verdict.intent == "cancel_visit" and (agreed := _both_learned(heard)):
        believed = replace(verdict, question=False, confidence=share, why=(*verdict.why, agreed))
        return believed if _plain(verdict, heard, most_strange=_STRANGE) else verdict
    evident = _leaves(heard.parts) if top == "leave_waiting_room" else _cancels(heard.parts)
    enough = _needed(verdict.intent, heard, evident=evident)
    if heard.parts.denies:
        enough = max(enough, _ALONE)
    denied = (heard.parts.denies and not _only_absent(heard.parts)) or turning_no.glued(heard.parts) or turning_no.nearly(heard.parts)
    denied = denied or turning_no.mistyped(heard.parts) or bool(heard.withheld)
    if top != verdict.intent or share < enough or unsure > _NO_DOUBT or denied or not _plain(verdict, heard):
        return verdict
    return replace(verdict, question=False, confidence=share, why=(*verdict.why, f"the model is sure {share:.2f}"))


def _both_learned(heard: Heard) -> str | None:
    """Why a cancellation that no list knows is believed: the model is sure, the reader without words does not contradict it.

    The more reason the grammar had to hesitate, the surer the model must be; "don't strike me off" is never believed.
    """
    share, unsure, second = heard.ranked[0][1], heard.shares.get(UNSURE, 0.0), heard.wordless.get("cancel_visit", 0.0)
    if any(reason in act.why for act in heard.acts for reason in _MAY_BE_KEPT) or (not heard.acts and _says_little(heard.parts)):
        return None
    enough = _HESITANT if heard.acts else _SILENT
    enough = max(enough, _ALONE if _guessed(heard) else _HESITANT if heard.parts.denies else 0.0)
    if share < enough or unsure > _NO_DOUBT or second < _NOT_AGAINST or heard.withheld or _hidden_no(heard):
        return None
    return f"both models are sure {share:.2f}, {second:.2f}"


_BY_THE_GRAMMAR: Final = ("not beyond doubt", "both kept and cancelled", "no unmistakable words")
_MAY_BE_KEPT: Final = ("an unknown word beside it", "told of")  # "nia chce anulowac": the unknown word may be a mistyped "nie"


def _says_little(parts: Parsed) -> bool:
    """A word or two that the grammar makes nothing of: "mojew izyty" was taken for giving up."""
    return len(parts.words) <= _TWO


_SILENT: Final = 0.8
_HESITANT: Final = 0.85
_NOT_AGAINST: Final = 0.65


def _hidden_no(heard: Heard) -> bool:
    """Whether a "no" may turn the message: said twice, glued to a word, told to us ("не відписуйте"), before half a word."""
    words = heard.parts.words
    twice = sum(word.has("neg", "never", "no") for word in words) > 1
    asks_us = any(word.text.startswith(_TELL_US) and word.text.endswith(turning_no.TOLD_TO) for word in words)
    hidden = turning_no.glued(heard.parts) or turning_no.mistyped(heard.parts) or turning_no.forbidden(heard.parts) or _withholds(words)
    return twice or hidden or asks_us or (bool(heard.acts) and len(words) <= _TWO)


def _withholds(words: Sequence[Word]) -> bool:
    """A word of cancelling beside a "no" that is on no word of coming or being able: "nie zgadzamsię na odwołanie"."""
    denials = sum(word.has("neg", "never", "no") for word in words)
    staying_away = sum(word.negs for word in words if _of_coming(word))
    return denials > staying_away and any(word.has(*CANCEL) for word in words)


_TELL_US: Final = ("poda", "napisz", "powiedz", "przysl", "przeslij", "wyslij", "wyjasn", "odpowied", "oddzwon", "zadzwon", "скаж", "напиш")


def _only_absent(parts: Parsed) -> bool:
    """Whether all that the message denies is being able to, under one "nie" that is spelt right: "w czwartek nie mogę"."""
    denied = [word for word in parts.words if word.negs]
    tied = all(word.negs == 1 and not word.slipped and _of_being_able(word, parts) for word in denied)
    stray = any(clause.loose or clause.any("never", "no") for clause in parts.clauses)
    return bool(denied) and tied and not stray


def _of_being_able(word: Word, parts: Parsed) -> bool:
    """Also "wizyty nie będzie"; not coming itself, which the grammar doubts for reasons of its own."""
    none = word.has("bedzie") and any(clause.any("visit.noun") and word in clause.words for clause in parts.clauses)
    return none or word.has("can.1", "can.fut", "dam", "da", "uda", "zdaze")


def _needed(intent: str, heard: Heard, *, evident: bool) -> float:
    """The share from which the model makes a removal certain: the less the grammar has seen, the more."""
    if not evident or _guessed(heard):
        return _CERTAIN
    return _BEYOND_DOUBT if any(act.what == REMOVALS[intent] for act in heard.acts) else _ALONE


def _guessed(heard: Heard) -> bool:
    """Whether the grammar had a reason of its own to hesitate that the model can only outweigh when it is certain."""
    return any(act.what == "keep" and act.why not in _ONLY_BEING for act in heard.acts) or any(
        _UNKNOWN in act.why or _TOLD in act.why for act in heard.acts
    )


_UNKNOWN: Final = "of something unknown"
_TOLD: Final = "somebody's words"


def _cancels(parts: Parsed) -> bool:
    """Whether there is a word of cancelling, or one of coming or being able under exactly one negation."""
    return any(word.has(*_DOING, "invalid") or (word.negs == 1 and _of_coming(word)) for word in parts.words)


def _leaves(parts: Parsed) -> bool:
    """Whether a queue is named, and nothing is denied but wishing, needing and waiting: "nie wychodzę z kolejki" stays."""
    denied = [word for word in parts.words if word.negs and not word.has("want.1", "need.1", "waiting")]
    loose = any(clause.loose and not clause.any("waiting", "other.verb") for clause in parts.clauses)
    return any(word.has("pool") for word in parts.words) and not denied and not loose


def _of_coming(word: Word) -> bool:
    return word.has(*ATTEND, "can.1", "can.fut", "bede", "bedzie", "dam", "uda", "zdaze", "want.1", "need.1")


def _plain(verdict: Verdict, heard: Heard, *, most_strange: float = _FOREIGN) -> bool:
    clauses = heard.parts.clauses
    reasons = [reason for act in heard.acts for reason in act.why.split("; ")[1:]] + list(verdict.why)
    own = any(act.what == "cancel" and act.verb and _TOLD in act.why for act in heard.acts)  # "lekarz kazał leżeć, odwołuję"
    hard = [reason for reason in reasons if "; " not in reason and reason.startswith(_HARD) and not (own and reason.startswith(_TOLD))]
    doubts = [doubt for clause in clauses for doubt in clause.doubts if not (own and doubt.startswith(_TOLD))]
    if heard.parts.asks or hard or doubts or heard.foreign >= most_strange:
        return False
    words = heard.parts.words
    elsewhere = tuple(tag for tag in _ELSEWHERE if not (own and tag == "said"))
    if any(word.has(*elsewhere, "never") for word in words) or any(word.negs and word.has(*_DENYING) for word in words):
        return False
    if turning_no.alone(heard.parts):
        return False
    people = {act.other_person for act in heard.acts}
    return len(people) < _TWO and not any(_against(act) for act in heard.acts)


_TWO: Final = 2
_DENYING: Final = (*CANCEL, "accept", "accept.inf", "confirm.1", "confirm.inf", "said", "announce", "please")
_HARD: Final = (
    "told to somebody", "in one way", "of the waiting room", "quoted",
    "a question", "a condition", "a doubt", "somebody", "taken back", "one of several", "broken off", "follows a bare no",
    "a loose negation", "says something else", "told to the reader", "a past time", "a joke", "more than one day", "one of two",
    "inside a negated", "a word of negation", "no consent", "doubtful negation", "asks for", "nie + nie", "past or supposed",
    "automatic", "advertising", "speaks of a mistake", "a form asked", "thanked for", "of something else", "another's",
)  # fmt: skip


def _against(act: Act) -> bool:
    """Another act beside it that leaves open what is meant: keeping sure and late, another person, a second thing cancelled."""
    if act.what == "cancel":
        return act.why.startswith(("doubtful negation", "asks for", "nie + nie", "something else"))
    if act.what == "keep":
        return act.why.startswith(("not ", "no ")) or act.contrast
    return act.what not in {"change", "past"}


def _kept(verdict: Verdict, heard: Heard) -> Verdict:
    """A confirmation is doubted where somebody else stays away, and believed where only the grammar hesitates."""
    share = heard.shares.get("confirm_visit", 0.0)
    if "one of several" in heard.withheld and any(act.what == "cancel" for act in heard.acts):
        return Verdict("cancel_visit", 0.6, True, (*verdict.why, "one of several"))
    if verdict.question:
        conditional = any(doubt.startswith(_CONDITIONS) for clause in heard.parts.clauses for doubt in clause.doubts)
        sure = share >= _KEPT and not conditional and not heard.parts.asks
        return replace(verdict, question=False, confidence=share) if sure else verdict
    here = [act for act in heard.acts if act.what == "cancel" and not any(mark in act.why for mark in _OF_OLD)]
    turned = heard.acts[-1].what == "keep" and heard.acts[-1].contrast if heard.acts else False
    torn = bool(here) and share < (_CLEAR if turned else _ALONE)
    return verdict.asked_back(f"both kept and cancelled (model {share:.2f})") if torn else verdict


_ONLY_BEING: Final = ("bede", "bedzie", "буду", "будемо")  # "będę w sanatorium, odwołuję"
_OF_OLD: Final = ("a past time", "past or supposed")
_CONDITIONS: Final = ("a condition (jesli", "a condition (jezeli", "a condition (gdyby", "a condition (if", "a condition (якщо", "a doubt")
