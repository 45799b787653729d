"""What speaks against a cancellation that the grammar has read: later words, another person, the learned model (D7)."""

from collections.abc import Sequence

from dialogs.understanding.acts import SOMEBODY, Act

UNSURE = "cancel_unsure"
"""Intent of talk about cancelling or staying away that decides nothing."""
CLEAR = 0.35
_DOUBTED = 0.6
_BEYOND = 0.97
_AGREED = 0.3
_HARDLY = 0.08


def second_opinion(found: Sequence[Act], ranked: Sequence[tuple[str, float]]) -> str | None:
    """Why the learned model speaks against a cancellation that the grammar has read; where words stay unexplained it must agree."""
    (top, share), shares = ranked[0], dict(ranked)
    agreed, doubted = shares.get("cancel_visit", 0.0), shares.get(UNSURE, 0.0)
    explained = any(act.sure and not act.stray for act in found if act.what == "cancel")
    if top == UNSURE and share >= (_BEYOND if explained else _DOUBTED):
        return f"reads like doubt {share:.2f}"
    if not explained:
        spoken = any(act.verb and act.sure for act in found)
        if agreed < (_HARDLY if spoken else _AGREED) or doubted > max(agreed, CLEAR):
            return f"words that nothing explains (model {agreed:.2f})"
    return None


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
    return early + late + [act for act in found if act.why == SOMEBODY]


def thought_better(found: Sequence[Act]) -> bool:
    """ "Chciałam odwołać, ale jednak przyjdę": a sure promise to come, said against what was said before, ends the message."""
    last = found[-1]
    return last.what == "keep" and last.sure and last.contrast and not last.why.startswith("not ")
