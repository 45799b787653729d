"""The act: the unit in which the reader of clauses reports to the judge."""

from dataclasses import dataclass, replace

SOMEBODY = "somebody does not"
"""Why of an act that a clause without a verb gives: "mama przyjdzie, ja nie"."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done: `what` is cancel, keep, change, leave, stay, undo, accept, decline, opt_out, criteria or past.

    `sure` false means ask back; `verb` is true for a cancellation in so many words ("odwołuję"), false for one that
    follows from staying away ("nie przyjdę"). `contrast` marks what comes after "ale", "jednak", "niestety": it outweighs
    what was wished or promised before it, by the same person: `other_person` when a relative is spoken of.
    `reason` marks what follows a "bo": who stays away because he will be elsewhere promises nothing.
    `stray` says that its clause holds words which no list explains: then the learned model must agree (D7).
    """

    what: str
    sure: bool
    why: str
    verb: bool = False
    contrast: bool = False
    other_person: bool = False
    stray: bool = False
    reason: bool = False


def absence_doubted(act: Act, reason: str) -> Act:
    """The act without its certainty when it is only a staying away; "odwołuję" in so many words keeps it."""
    return replace(act, sure=False, why=f"{act.why}; {reason}") if act.what == "cancel" and act.sure and not act.verb else act


def doubted_for(act: Act, reason: str) -> Act:
    """The act without its certainty, whatever its words, when it is one that takes something away."""
    return replace(act, sure=False, why=f"{act.why}; {reason}") if act.what in {"cancel", "leave"} and act.sure else act
