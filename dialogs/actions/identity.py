"""Who is speaking: PESEL and the referral's code (D12, L2). Nothing is said of a patient before, and never which half was wrong."""

from dataclasses import replace

from dialogs.actions import journeys
from dialogs.actions.turn import ANSWERED, Done, Turn, answer, ask_slot
from registry import identity, referrals, standing
from registry.identity import Identified
from registry.permissions import Level


def ask_pesel(turn: Turn) -> Done:
    """The first question; a wish for another date is told how else it can be had, and that the visit stays meanwhile (R69)."""
    situation = turn.decision.situation
    if situation.intent == "change_visit" and situation.visit is not None:
        return ask_slot(turn, "change_how", "pesel", situation.visit)
    return ask_slot(turn, "ask_pesel", "pesel")


def ask_referral_code(turn: Turn) -> Done:
    """The second question."""
    return ask_slot(turn, "ask_referral_code", "referral_code")


def identify(turn: Turn) -> Done:
    """Compare both; five wrong tries lock (D12). Then do what the patient came for."""
    filled = turn.memory.filled
    found = identity.by_code(turn.session, filled["pesel"], filled["referral_code"], address=turn.address, now=turn.now)
    code = str(filled["referral_code"])
    turn.remember(filled={})  # a PESEL is kept no longer than it is needed
    if found.verdict == "recognised" and found.patient_id is not None:
        _recognised(turn, found.patient_id, code)
        return journeys.go_on(turn)
    return _locked(turn, found) if found.verdict == "locked" else ask_slot(turn, "identity_wrong", "pesel")


def _recognised(turn: Turn, patient_id: int, code: str) -> None:
    referral = referrals.of_code(turn.session, patient_id, code, turn.now)
    turn.memory = replace(
        turn.memory.without_form(), patient_id=patient_id, identified_at=turn.now.isoformat(), language=turn.language,
        referral_id=referral.id if referral else None, service=referral.service if referral else None,
    )  # fmt: skip
    own = standing.of_patient(turn.session, patient_id, turn.address, now=turn.now)
    turn.case = replace(turn.case, people=standing.together(turn.people, own), level=Level.CODE)


def _locked(turn: Turn, found: Identified) -> Done:
    left = 0 if found.until is None else (found.until - turn.now).total_seconds()
    turn.memory = turn.memory.without_form()
    answer(turn, "identity_locked", lock_minutes=max(1, round(left / 60)))
    return ANSWERED
