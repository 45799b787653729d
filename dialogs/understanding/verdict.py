"""From acts, short answers and the learned model to one intent, and whether it may be acted upon without asking (D7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dialogs.understanding.acts import Act
from dialogs.understanding.agreement import REMOVALS, settled
from dialogs.understanding.alarms import Alarm
from dialogs.understanding.entities import Facts
from dialogs.understanding.heard import Heard
from dialogs.understanding.opinion import CLEAR, UNSURE, against_cancelling, thought_better
from dialogs.understanding.reading import Verdict

_CONSEQUENCES = frozenset(
    {"confirm_visit", "leave_waiting_room", "opt_out", "wrong_person", "undo", "decline_offer", "accept_offer", "report_death"}
)
_SURE_ENOUGH = 0.5
_CONSEQUENT = 0.4
_DANGER = 0.45
_MOURNED = 0.8
_DENIED = 0.9
_HEARD = 0.14
_STRANGE = 0.34
_QUESTIONS = frozenset({"ask_faq", "ask_visit", "ask_estimate", "ask_medical"})
_KNOWN_WORDS = 0.3
_LIKELY = 0.24
_AHEAD = 1.5
_OTHER_THAN_CANCEL = frozenset(
    {
        "ask_faq", "ask_visit", "ask_estimate", "ask_medical", "opt_out", "undo", "leave_waiting_room", "change_visit",
        "visit_not_seen", "wrong_person", "report_death", "request_human", "nlu_fallback", "call_later", "running_late",
    }
)  # fmt: skip


def judge(heard: Heard, coverage: float, *, hints: Mapping[str, float]) -> Verdict:
    """The verdict without context: what the acts prove, else what the model learned, else that nothing was understood."""
    proven = _from_acts(heard.acts, heard.ranked)
    verdict = _judged(heard, proven, coverage, hints)
    return settled(verdict, heard) if proven is not None or verdict.intent in REMOVALS else verdict


def _judged(heard: Heard, proven: Verdict | None, coverage: float, hints: Mapping[str, float]) -> Verdict:
    ranked, foreign, shares = heard.ranked, heard.foreign, heard.shares
    verdict = proven if proven is not None else _from_model(ranked, coverage, denies=heard.parts.denies)
    if (
        verdict.intent in {"cancel_visit", "leave_waiting_room"}
        and not verdict.question
        and ("mistake" in hints or any(hint in hints and shares.get(hint, 0.0) >= _HEARD for hint in ("wrong_person", "undo")))
    ):
        return verdict.asked_back("speaks of a mistake or of somebody else")
    if verdict.intent in _QUESTIONS and foreign >= _STRANGE:
        return Verdict("nlu_fallback", 0.7, True, (*verdict.why, f"about something else (strange words {foreign:.2f})"))
    if proven is None and verdict.intent == "leave_waiting_room" and not verdict.question:
        return verdict.asked_back("no rule has read who leaves what")
    return verdict


def _from_acts(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> Verdict | None:
    found = _after_turning(found)
    kinds = {act.what for act in found}
    for what, intent in _PLAIN:
        if what in kinds:
            return _first(found, what, intent, ranked)
    if "leave" in kinds:
        return _leaving(found, kinds, ranked)
    if "cancel" in kinds:
        return _cancelling(found, ranked)
    if "keep" in kinds and "stay" not in kinds:
        return _keeping(found, ranked)
    for what, intent in (("stay", "join_waiting_room"), ("unfit", "decline_offer")):
        if what in kinds:
            return Verdict(intent, 0.6 if what == "stay" else 0.9, what == "stay", tuple(act.why for act in found))
    return None


def _after_turning(found: Sequence[Act]) -> Sequence[Act]:
    """ "Chciałam odwołać, ale zmieniłam zdanie, przyjdę": only what follows the change of mind counts."""
    turns = [place for place, act in enumerate(found) if act.what == "turn"]
    if not turns:
        return found
    after = found[turns[-1] + 1 :]
    return after or [replace(act, sure=False) for act in found if act.what != "turn"]


_PLAIN = (
    ("undo", "undo"), ("criteria", "edit_criteria"), ("change", "change_visit"), ("opt_out", "opt_out"),
    ("decline", "decline_offer"), ("accept", "accept_offer"),
)  # fmt: skip


def _first(found: Sequence[Act], what: str, intent: str, ranked: Sequence[tuple[str, float]]) -> Verdict:
    acts = [act for act in found if act.what == what]
    best = next((act for act in acts if act.sure), acts[0])
    top, share = ranked[0]
    settled = what == "leave" and best.sure and best.verb
    if not settled and top.startswith("ask_") and share >= CLEAR and (what != "change" or share >= 0.6):
        return Verdict(top, share, False, (f"model: {top}", best.why))
    return Verdict(intent, 0.9 if best.sure else 0.6, not best.sure, (best.why,))


def _leaving(found: Sequence[Act], kinds: set[str], ranked: Sequence[tuple[str, float]]) -> Verdict:
    if any(act.what == "cancel" and act.sure and act.verb for act in found):
        return Verdict("cancel_visit", 0.9, False, tuple(act.why for act in found), {"waiting_room": "leave"})
    verdict = _first(found, "leave", "leave_waiting_room", ranked)
    return verdict.asked_back("both leaving and staying") if kinds & {"stay", "keep"} else verdict


def _cancelling(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> Verdict:
    """A cancellation when one is sure and nothing speaks against it; a promise to come at the end outweighs mere mentions."""
    why = tuple(act.why for act in found)
    top, share = ranked[0]
    sure = any(act.what == "cancel" and act.sure for act in found)
    against = against_cancelling(found)
    if not sure and found[-1].what == "keep" and found[-1].sure:
        return Verdict("confirm_visit", 0.8, False, why)
    if thought_better(found):
        return Verdict("confirm_visit", 0.8, False, why)
    reported = any("somebody" in act.why for act in found)
    asked_for = any(act.why.startswith("asks for") for act in found)
    enough = 0.8 if reported else 0.6 if top == "change_visit" else _SURE_ENOUGH
    if not sure and not asked_for and top in _OTHER_THAN_CANCEL and share >= enough:
        return Verdict(top, share, top in _CONSEQUENCES, (f"model: {top}", *why))
    if sure and not against:
        details = {"waiting_room": "stay"} if any(act.what == "stay" for act in found) else {}
        verdict = Verdict("cancel_visit", 0.97, False, why, details)
        spoken = any(act.verb and act.sure for act in found)
        return verdict.asked_back(f"reads like {top}") if top in _ELSEWHERE and share >= 0.8 and not spoken else verdict
    return Verdict("cancel_visit", 0.6, True, (*why, "both kept and cancelled" if against else "not beyond doubt"))


_ELSEWHERE = _OTHER_THAN_CANCEL - {"undo", "leave_waiting_room", "change_visit"}


def _keeping(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> Verdict | None:
    top, share = ranked[0]
    kept = [act for act in found if act.what == "keep"]
    why = tuple(act.why for act in kept)
    sure = any(act.sure for act in kept) and not any(act.what == "unfit" for act in found)
    if not sure and all("a question" in act.why for act in kept) and top not in {"cancel_visit", UNSURE}:
        return None  # "czy mogę …?" promises nothing: the model knows better what is asked
    spelt = sure and any(act.sure and act.why.startswith("not ") for act in kept)  # "nie odwołuję" leaves nothing to guess
    enough = CLEAR if not sure else 0.65 if top == "change_visit" else _SURE_ENOUGH
    if top not in _LIKE_KEEPING and not (spelt and top not in _BESIDE_KEEPING) and share >= enough:
        return Verdict(top, share, top in _CONSEQUENCES, (f"model: {top}", *why))
    return Verdict("confirm_visit", 0.95 if sure else 0.6, not sure, why)


_BESIDE_KEEPING = frozenset({"change_visit", "undo", "leave_waiting_room", "wrong_person"})
_LIKE_KEEPING = frozenset({"confirm_visit", UNSURE, "cancel_visit", "affirm", "inform", "accept_offer", "thank", "bye", "greet"})


def _from_model(ranked: Sequence[tuple[str, float]], coverage: float, *, denies: bool) -> Verdict:
    (intent, share), (second, next_share) = ranked[0], ranked[1]
    why = (f"model: {intent} {share:.2f}, next {second} {next_share:.2f}",)
    if share < _HEARD or coverage < _KNOWN_WORDS:
        return Verdict("nlu_fallback", round(1 - share, 3), True, (*why, f"too little known (words {coverage:.2f})"))
    if intent in {"nlu_fallback", "report_death"}:
        return Verdict(intent, share, intent == "nlu_fallback" or share < _MOURNED, why)
    if intent == "emergency":
        sure = share >= _DANGER  # below, no rule knows a danger and the model hardly does: the next best reading is asked back
        return Verdict(intent, share, False, why) if sure else Verdict("nlu_fallback", 0.5, True, why)
    if intent in {"cancel_visit", UNSURE}:
        return Verdict("cancel_visit", min(share, 0.6), True, (*why, "no unmistakable words"))
    needed = _CONSEQUENT if intent in _CONSEQUENCES else _LIKELY
    if intent == "confirm_visit" and denies:
        needed = _DENIED
    return Verdict(intent, share, share < needed or share < _AHEAD * next_share, why)


_PRIORS: dict[str, dict[str, float]] = {
    "offer": {"accept_offer": 4.0, "decline_offer": 4.0, "affirm": 2.0, "deny": 2.0, "edit_criteria": 0.5, "change_visit": 0.7},
    "yes_no": {"affirm": 4.0, "deny": 4.0, "accept_offer": 0.5, "decline_offer": 0.5, "wrong_person": 0.6},
    "reminder": {
        "confirm_visit": 1.5,
        "change_visit": 1.3,
        "accept_offer": 0.3,
        "decline_offer": 0.3,
        "edit_criteria": 0.4,
        "book_visit": 0.6,
    },
    "criteria": {"inform": 4.0, "edit_criteria": 2.0},
    "which_visit": {"inform": 4.0},
}


def expected(ranked: Sequence[tuple[str, float]], asked: str, hints: Mapping[str, float]) -> list[tuple[str, float]]:
    """The model's shares weighed by what people answer to this question and by set phrases, renewed to a sum of one."""
    prior = _PRIORS.get(asked, {})
    weighed = [(intent, share * prior.get(intent, 1.0) * hints.get(intent, 1.0)) for intent, share in ranked]
    whole = sum(share for _, share in weighed)
    return sorted(((intent, share / whole) for intent, share in weighed), key=lambda pair: (-pair[1], pair[0]))


_FOLDED: dict[str, tuple[str, dict[str, Any]]] = {
    "ask_medical": ("nlu_fallback", {"topic": "medical_advice"}),
    "visit_not_seen": ("ask_faq", {"topic": "visit_not_seen"}),
    "running_late": ("confirm_visit", {"late": True}),
    "wait": ("repeat", {"wait": True}),
    "bye": ("thank", {"farewell": True}),
}


def as_domain(verdict: Verdict) -> Verdict:
    """Fine shades that the model tells apart, as the domain's intent and a detail: "boli mnie głowa" is a question."""
    if verdict.intent not in _FOLDED:
        return verdict
    intent, details = _FOLDED[verdict.intent]
    return replace(verdict, intent=intent, details={**verdict.details, **details})


def answers_form(known: Facts, asked: str, found: Sequence[Act]) -> Verdict | None:
    """A verdict when the facts are what was asked for and the message does nothing else to a visit."""
    doing = [act for act in found if act.what in {"cancel", "keep", "leave", "change", "undo"}]
    if not known.answers or (doing and asked in {"which_visit", "criteria"}):
        return None
    why = (f"answers {asked}", *(act.why for act in doing))
    return Verdict("inform", 0.6 if known.doubtful else 0.95, known.doubtful, why)


def alarmed(danger: Alarm | None, found: Sequence[Act], mourned: float) -> Verdict | None:
    """An alarm as a verdict; a death that explains a cancellation, or somebody who will come himself, is asked back.

    `mourned` is the model's share of a reported death.
    """
    if danger is None:
        return None
    if danger.intent == "report_death" and mourned >= _MOURNED:
        return Verdict(danger.intent, mourned, False, (danger.why, f"model {mourned:.2f}"))
    if danger.intent == "report_death" and any(act.sure and act.what in {"cancel", "keep"} for act in found):
        if danger.sure and all(act.what == "cancel" and _for_the_dead(act) for act in found):
            return Verdict(danger.intent, 0.95, False, (danger.why, *(act.why for act in found)))
        own = not danger.sure and any(act.what == "cancel" for act in found)
        return None if own else Verdict(danger.intent, 0.6, True, (danger.why, *(act.why for act in found)))
    return Verdict(danger.intent, 0.99 if danger.sure else 0.6, not danger.sure, (danger.why,))


def _for_the_dead(act: Act) -> bool:
    """ "Proszę odwołać", "nie przyjdzie", "nieaktualna": said of somebody else; "odwołuję" and "nie przyjdę" may be a mourner's own."""
    if act.verb:
        return act.why.startswith(_STRUCK_OFF) or _FIRST_PERSON.search(act.why) is None
    return _OF_ANOTHER.match(act.why) is not None


_FIRST_PERSON = re.compile(r"(uje|ujemy|uj[ae]m|lam|lem|ую|уємо|ing)$|;")
_OF_ANOTHER = re.compile(r"(nieaktualn|niepotrzebn|zbedn)\w+$|nie \+ (przyjdzie|przyjedzie|stawi|pojawi|zjawi|dotrze|прийде|приїде)$")
_TOLD = 0.6
_STRUCK_OFF = tuple(f"{asks}{verb}" for asks in ("", "prosze + ") for verb in ("skresl", "wykresl", "usun", "wypis", "remove", "викресл"))


def fitting(verdict: Verdict, asked: str, known: Facts, found: Sequence[Act]) -> Verdict:
    """Last corrections by the facts: a day named in reply to a reminder asks for that day, a form needs its fact."""
    days = {"date", "hour", "weekday"} & known.entities.keys()
    told = verdict.intent == "nlu_fallback" and verdict.confidence >= _TOLD and verdict.why[0].startswith("model")
    vague = verdict.intent in {"nlu_fallback", "inform", "accept_offer", "edit_criteria"} and not told
    if asked == "reminder" and days and not found and vague:
        return Verdict("change_visit", 0.6, False, (*verdict.why, "names another day"))
    if verdict.intent == "inform" and not known.entities and asked not in {"reminder", "criteria"}:
        return verdict.asked_back("nothing that was asked for")
    if verdict.intent == "inform" and asked in {"nothing", "yes_no"}:
        return verdict.asked_back("answers nothing that was asked")
    return verdict


def in_context(verdict: Verdict, asked: str, *, bare: str | None, chosen: bool = False) -> Verdict:
    """The verdict as an answer to what was asked; `bare` is the short answer when the message is nothing else.

    `chosen` says that the message names which visit it means: only then does a cancellation answer `which_visit` (X8).
    """
    bend = _BENDS.get(asked, {})
    if asked == "offer" and verdict.intent == "cancel_visit":
        return replace(verdict, intent="decline_offer", question=not _stays_away(verdict), why=(*verdict.why, "answers offer"))
    if asked == "offer" and verdict.intent == "confirm_visit" and any(why.startswith("not ") for why in verdict.why):
        return verdict.asked_back("speaks of a visit, not of the offer")
    if asked == "which_visit" and chosen and verdict.intent == "cancel_visit":
        return verdict
    key = bare or verdict.intent
    if key not in bend:
        return verdict
    intent, asks_back = bend[key]
    why = (*verdict.why, f"answers {asked}")
    return replace(verdict, intent=intent, question=asks_back or verdict.question, why=why)


def _stays_away(verdict: Verdict) -> bool:
    """Whether nothing was said but "nie zdążę" or "rezygnuję": enough to decline an offer, no word of another visit."""
    reasons = [why for why in verdict.why if why != "not beyond doubt"]
    return all(why.startswith(("nie + ", "rezygn", "відмовл", "not leaving")) and ";" not in why for why in reasons)


_BENDS: dict[str, dict[str, tuple[str, bool]]] = {
    "reminder": {
        "affirm": ("confirm_visit", False), "ok": ("confirm_visit", False), "accept_offer": ("confirm_visit", False),
        "deny": ("deny", True), "mixed": ("deny", True), "decline_offer": ("cancel_visit", True), "inform": ("inform", True),
        "bye": ("thank", False), "want": ("affirm", True), "deny_want": ("cancel_visit", True),
    },
    "offer": {
        "affirm": ("accept_offer", False), "ok": ("accept_offer", False), "confirm_visit": ("accept_offer", False),
        "deny": ("decline_offer", False), "mixed": ("decline_offer", True), "change_visit": ("decline_offer", False),
        "want": ("accept_offer", False), "deny_want": ("decline_offer", False), "inform": ("inform", True),
        "join_waiting_room": ("decline_offer", False), "book_visit": ("accept_offer", True),
    },
    "yes_no": {
        "want": ("affirm", False), "deny_want": ("deny", False), "ok": ("affirm", False),
        "accept_offer": ("affirm", False), "decline_offer": ("deny", False), "mixed": ("deny", True),
    },
    "which_visit": {"ok": ("affirm", True), "affirm": ("affirm", True), "mixed": ("deny", True), "cancel_visit": ("cancel_visit", True)},
    "nothing": {"ok": ("affirm", False), "mixed": ("deny", True), "want": ("affirm", True), "deny_want": ("deny", True)},
}  # fmt: skip
