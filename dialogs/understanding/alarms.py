"""What comes before everything else, in every state: danger to life (112) and the news of a death (X6)."""

import re
from dataclasses import dataclass

from dialogs.understanding.words.dangers import (
    ACUTE,
    BEREAVED,
    CHRONIC,
    DEATH,
    EMERGENCY,
    EVEN_MORE,
    FIGURE,
    MORE,
    NO_DANGER,
    NOT_A_PATIENT,
    NOT_NOW,
    OVER,
    WILL_TO_DIE,
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An emergency or a reported death; `sure` false when it may be about somebody or something else."""

    intent: str
    sure: bool
    why: str


_EMERGENCIES = re.compile("|".join(f"(?:{pattern})" for pattern in (*EMERGENCY, *MORE, *EVEN_MORE)))
_DEATHS = re.compile("|".join(f"(?:{pattern})" for pattern in DEATH))


def alarm(text: str) -> Alarm | None:
    """The alarm in folded text, or None."""
    danger = _EMERGENCIES.search(text)
    if danger and not NO_DANGER.search(text) and (WILL_TO_DIE.search(text) or not of_other_times(text)):
        return Alarm("emergency", True, f"danger to life ({danger[0]})")
    dead = _DEATHS.search(text)
    if dead and not NOT_A_PATIENT.search(text):
        unsure = BEREAVED.search(text)
        return Alarm("report_death", unsure is None, f"a death ({dead[0]})")
    return None


def of_other_times(text: str) -> bool:
    """Whether an ailment is old, over, the reason of a referral, or a figure of speech: a heart clinic reads of hearts all day."""
    if FIGURE.search(text) or NOT_NOW.search(text) or OVER.search(text):
        return True
    return CHRONIC.search(text) is not None and ACUTE.search(text) is None
