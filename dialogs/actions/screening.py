"""Mammography and cytology: booked on SIMP's verdict of today, which the edge asks for outside of any transaction (R80-R85)."""

from dialogs.actions.searching import ask_wishes
from dialogs.actions.turn import ANSWERED, Done, Turn, answer
from registry import eligibility

SERVICES = {"mammography": "MAMMO", "cytology": "CYTO"}


class VerdictWanted(Exception):
    """SIMP must be asked whether this patient qualifies before the turn can go on: ask, and take the turn anew (R80)."""

    def __init__(self, patient_id: int, service: str) -> None:
        super().__init__(patient_id, service)
        self.patient_id, self.service = patient_id, service


def begin(turn: Turn) -> Done:
    """Where and when, for who qualifies; for the others the reason (R83)."""
    code = SERVICES.get(str(turn.case.reading.entities.get("service", "")), turn.memory.exam or "MAMMO")
    held = [one for one in turn.people.those("open") if one.service == code and one.patient_id == turn.memory.patient_id]
    if held:
        answer(turn, "where_when", held[0])
        return ANSWERED
    if not qualified(turn, code):
        return refused(turn, code)
    turn.remember(service=code, referral_id=None)
    return ask_wishes(turn, "screening")


def qualified(turn: Turn, code: str) -> bool:
    """Whether SIMP says today that she qualifies; `VerdictWanted` where it was not asked yet and can be."""
    patient_id = turn.memory.patient_id
    if patient_id is None:
        return False
    verdict = eligibility.todays_verdict(turn.session, patient_id, code, now=turn.now)
    if verdict is None and turn.may_ask:
        raise VerdictWanted(patient_id, code)
    return verdict is not None and verdict.qualified


def refused(turn: Turn, code: str) -> Done:
    """Why not, in plain words; where the registers did not answer she is called back, and nothing is booked (R80)."""
    patient_id = turn.memory.patient_id
    if patient_id is None:
        raise LookupError("nobody was identified")
    verdict = eligibility.todays_verdict(turn.session, patient_id, code, now=turn.now)
    if verdict is None:
        eligibility.ask_later(turn.session, patient_id, code, actor=turn.actor(), now=turn.now)
        answer(turn, "screening_later")
    elif verdict.qualifies_from is not None:
        answer(turn, "screening_too_early", day=verdict.qualifies_from)
    else:
        answer(turn, "screening_refused")
    return ANSWERED
