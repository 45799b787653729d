"""What speaks against a cancellation that the grammar has read: later words, another person, the learned model (D7)."""

from collections.abc import Sequence

from dialogs.understanding.acts import SOMEBODY, Act
from dialogs.understanding.visit_acts.others import UNMOVED

UNSURE = "cancel_unsure"
"""Intent of talk about cancelling or staying away that decides nothing."""
CLEAR = 0.35


def against_cancelling(found: Sequence[Act]) -> list[Act]:
    """What speaks against a cancellation: coming after all, unless it was only wished or promised before an "ale nie mogę"."""
    last = max((place for place, act in enumerate(found) if act.what == "cancel" and act.sure), default=len(found))
    made = found[last] if last < len(found) else None
    early = [act for act in found[:last] if act.what == "keep" and not (made is not None and _outweighed(act, made))]
    late = [act for act in found[last + 1 :] if _speaks_against(act)]
    late += [act for act in found if act.why.startswith("doubtful negation")]
    # "ja już nie mam siły, odwołuję": the verb says at last who does not
    somebody = found[last + 1 :] if made is not None and made.verb else found
    return early + late + [act for act in somebody if act.why == SOMEBODY]


def _outweighed(kept: Act, made: Act) -> bool:
    """What was wished or promised before an "ale", or only the date left alone before a word of cancelling."""
    turned = made.contrast and kept.other_person == made.other_person and not kept.why.startswith("not ")
    return turned or (made.verb and kept.why.startswith(UNMOVED))


def _speaks_against(act: Act) -> bool:
    if act.what == "keep":
        return not act.reason and "a condition" not in act.why
    return act.what == "cancel" and act.contrast and not act.sure


def thought_better(found: Sequence[Act]) -> bool:
    """ "Chciałam odwołać, ale jednak przyjdę": a sure promise to come, said against what was said before, ends the message."""
    last = found[-1]
    return last.what == "keep" and last.sure and last.contrast and not last.why.startswith("not ")
