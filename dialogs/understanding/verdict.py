"""From acts, short answers and the learned model to one intent, and whether it may be acted upon without asking (D7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dialogs.understanding.acts import Act
from dialogs.understanding.entities import Facts

_CONSEQUENCES = frozenset(
    {"leave_waiting_room", "opt_out", "wrong_person", "undo", "decline_offer", "accept_offer", "report_death", "join_waiting_room"}
)
_SURE_ENOUGH = 0.5
_CLEAR = 0.35
_HEARD = 0.16
_OTHER_THAN_CANCEL = frozenset(
    {
        "ask_faq", "ask_visit", "ask_estimate", "ask_medical", "opt_out", "undo", "leave_waiting_room", "change_visit",
        "visit_not_seen", "wrong_person", "report_death", "request_human", "nlu_fallback", "call_later", "running_late",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """An intent with its confidence; `question` asks back; `why` in the order of weight."""

    intent: str
    confidence: float
    question: bool
    why: tuple[str, ...]
    details: dict[str, Any] = field(default_factory=dict)

    def asked_back(self, reason: str) -> "Verdict":
        return replace(self, question=True, confidence=min(self.confidence, 0.6), why=(*self.why, reason))


def judge(found: Sequence[Act], ranked: Sequence[tuple[str, float]], coverage: float) -> Verdict:
    """The verdict without context: what the acts prove, else what the model learned, else that nothing was understood."""
    proven = _from_acts(found, ranked)
    return proven if proven is not None else _from_model(ranked, coverage)


def _from_acts(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> Verdict | None:
    kinds = {act.what for act in found}
    for what, intent in (("undo", "undo"), ("change", "change_visit")):
        if what in kinds:
            return _first(found, what, intent)
    if "leave" in kinds:
        return _leaving(found, kinds)
    if "cancel" in kinds:
        return _cancelling(found, kinds, ranked)
    if "stay" in kinds:
        return _first(found, "stay", "join_waiting_room")
    if "keep" in kinds:
        return _keeping(found, ranked)
    return None


def _first(found: Sequence[Act], what: str, intent: str) -> Verdict:
    acts = [act for act in found if act.what == what]
    best = next((act for act in acts if act.sure), acts[0])
    return Verdict(intent, 0.9 if best.sure else 0.6, not best.sure and intent != "change_visit", (best.why,))


def _leaving(found: Sequence[Act], kinds: set[str]) -> Verdict:
    if any(act.what == "cancel" and act.sure for act in found):
        return Verdict("cancel_visit", 0.9, False, tuple(act.why for act in found))
    verdict = _first(found, "leave", "leave_waiting_room")
    return verdict.asked_back("both leaving and staying") if kinds & {"stay", "keep"} else verdict


def _cancelling(found: Sequence[Act], kinds: set[str], ranked: Sequence[tuple[str, float]]) -> Verdict:
    why = tuple(act.why for act in found)
    top, share = ranked[0]
    sure = any(act.what == "cancel" and act.sure for act in found)
    doubts = [act for act in found if act.what in {"cancel", "keep", "unfit", "past"} and not act.sure]
    if not sure and top in _OTHER_THAN_CANCEL and share >= _CLEAR:
        return Verdict(top, share, top in _CONSEQUENCES, (f"model: {top}", *why))
    if sure and not doubts and "keep" not in kinds:
        verdict = Verdict("cancel_visit", 0.97, False, why)
        return verdict.asked_back(f"reads like {top}") if top in _OTHER_THAN_CANCEL and share >= 0.8 else verdict
    return Verdict("cancel_visit", 0.6, True, (*why, "both kept and cancelled" if "keep" in kinds else "not beyond doubt"))


def _keeping(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> Verdict:
    top, share = ranked[0]
    kept = [act for act in found if act.what == "keep"]
    why = tuple(act.why for act in kept)
    sure = any(act.sure for act in kept)
    if top not in {"confirm_visit", "cancel_visit", "affirm", "inform"} and share >= (_SURE_ENOUGH if sure else _CLEAR):
        return Verdict(top, share, top in _CONSEQUENCES, (f"model: {top}", *why))
    return Verdict("confirm_visit", 0.95 if sure else 0.6, not sure, why)


def _from_model(ranked: Sequence[tuple[str, float]], coverage: float) -> Verdict:
    intent, share = ranked[0]
    why = (f"model: {intent} {share:.2f}, next {ranked[1][0]} {ranked[1][1]:.2f}",)
    if share < _HEARD or coverage < 0.34:
        return Verdict("nlu_fallback", round(1 - share, 3), True, (*why, f"too little known (words {coverage:.2f})"))
    if intent == "nlu_fallback":
        return Verdict(intent, share, True, why)
    if intent == "cancel_visit":
        return Verdict(intent, min(share, 0.6), True, (*why, "no unmistakable words"))
    doubtful = share < (_SURE_ENOUGH if intent in _CONSEQUENCES else _CLEAR)
    return Verdict(intent, share, doubtful, why)


def answers_form(known: Facts, asked: str, found: Sequence[Act]) -> Verdict | None:
    """A verdict when the facts are what was asked for and the message does nothing else to a visit."""
    doing = [act for act in found if act.what in {"cancel", "keep", "leave", "change", "undo"}]
    if not known.answers or (doing and asked in {"which_visit", "criteria"}):
        return None
    why = (f"answers {asked}", *(act.why for act in doing))
    return Verdict("inform", 0.6 if known.doubtful else 0.95, known.doubtful, why)


def in_context(verdict: Verdict, asked: str, *, bare: str | None, chosen: bool = False) -> Verdict:
    """The verdict as an answer to what was asked; `bare` is the short answer when the message is nothing else.

    `chosen` says that the message names which visit it means: only then does a cancellation answer `which_visit` (X8).
    """
    bend = _BENDS.get(asked, {})
    if asked == "which_visit" and chosen and verdict.intent == "cancel_visit":
        return verdict
    key = bare or verdict.intent
    if key not in bend:
        return verdict
    intent, asks_back = bend[key]
    why = (*verdict.why, f"answers {asked}")
    return replace(verdict, intent=intent, question=asks_back or verdict.question, why=why)


_BENDS: dict[str, dict[str, tuple[str, bool]]] = {
    "reminder": {
        "affirm": ("confirm_visit", False), "ok": ("confirm_visit", False), "accept_offer": ("confirm_visit", False),
        "deny": ("deny", True), "mixed": ("deny", True), "decline_offer": ("cancel_visit", True), "inform": ("inform", True),
        "bye": ("thank", False),
    },
    "offer": {
        "affirm": ("accept_offer", False), "ok": ("accept_offer", False), "confirm_visit": ("accept_offer", False),
        "deny": ("decline_offer", False), "mixed": ("decline_offer", True), "change_visit": ("decline_offer", False),
        "cancel_visit": ("decline_offer", False), "join_waiting_room": ("decline_offer", False), "book_visit": ("accept_offer", True),
    },
    "yes_no": {
        "ok": ("affirm", False), "accept_offer": ("affirm", False), "decline_offer": ("deny", False), "mixed": ("deny", True),
    },
    "which_visit": {"ok": ("affirm", True), "affirm": ("affirm", True), "mixed": ("deny", True), "cancel_visit": ("cancel_visit", True)},
    "nothing": {"ok": ("affirm", False), "mixed": ("deny", True)},
}  # fmt: skip
