"""The act: the unit in which the reader of clauses reports to the judge."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Act:
    """One thing done: `what` is cancel, keep, change, leave, stay, undo, accept, decline, opt_out, criteria or past.

    `sure` false means ask back; `verb` is true for a cancellation in so many words ("odwołuję"), false for one that
    follows from staying away ("nie przyjdę").
    """

    what: str
    sure: bool
    why: str
    verb: bool = False


def absence_doubted(act: Act, reason: str) -> Act:
    """The act without its certainty when it is only a staying away; "odwołuję" in so many words keeps it."""
    return replace(act, sure=False, why=f"{act.why}; {reason}") if act.what == "cancel" and act.sure and not act.verb else act
