"""What speaks against a cancellation that the grammar has read: later words, another person, the learned model (D7)."""

from collections.abc import Sequence

from dialogs.understanding.acts import SOMEBODY, Act

UNSURE = "cancel_unsure"
"""Intent of talk about cancelling or staying away that decides nothing."""
CLEAR = 0.35


def against_cancelling(found: Sequence[Act]) -> list[Act]:
    """What speaks against a cancellation: coming after all, unless it was only wished or promised before an "ale nie mogę"."""
    last = max((place for place, act in enumerate(found) if act.what == "cancel" and act.sure), default=len(found))
    turned = last < len(found) and found[last].contrast
    whose = turned and found[last].other_person
    early = [
        act
        for act in found[:last]
        if act.what == "keep" and not (turned and act.other_person == whose and not act.why.startswith("not "))
    ]
    late = [act for act in found[last + 1 :] if act.what == "keep" or (act.what == "cancel" and act.contrast and not act.sure)]
    late += [act for act in found if act.why.startswith("doubtful negation")]
    return early + late + [act for act in found if act.why == SOMEBODY]


def thought_better(found: Sequence[Act]) -> bool:
    """ "Chciałam odwołać, ale jednak przyjdę": a sure promise to come, said against what was said before, ends the message."""
    last = found[-1]
    return last.what == "keep" and last.sure and last.contrast and not last.why.startswith("not ")
