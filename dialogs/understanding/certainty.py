"""A cancellation that the learned reader has no doubt of is believed where the grammar hesitates for a weak reason only (D7).

The grammar doubts every word that no list explains; of those doubts the learned reader, who knows the whole message, may overrule some.
A question, a condition, a doubt, somebody else's words, a second person, a "no" on what we are told to do: these it never overrules.
"""

from typing import Final

from dialogs.understanding import turning_no
from dialogs.understanding.acts import Act, Parsed
from dialogs.understanding.clauses import ATTEND, CANCEL, Clause
from dialogs.understanding.heard import Heard
from dialogs.understanding.opinion import UNSURE

_CERTAIN: Final = 0.95
_SILENT: Final = 0.97
_UNSURE: Final = 0.03
_SECOND: Final = 0.5
_STRANGE: Final = 0.6
_UNKNOWN: Final = ("of something unknown", "of something else", "elsewhere")
_KNOWN_BY_HEART: Final = 0.97
_KNOWN_BY_BOTH: Final = 0.8
_FEW: Final = 2
_MISTYPED: Final = 6
_STANDS: Final = (
    "a question", "a condition", "a doubt", "somebody's words", "a past time", "a joke", "taken back", "one of", "quoted", "told to",
    "in one way", "thanked for", "another's", "irony", "asks for", "no consent", "of the waiting room", "a word of negation or wish",
    "follows a bare no", "says something else", "a loose negation", "unknown words around", "an unknown word", "somebody comes",
    "more than one day", "told of", "a wish denied", "a slip of no", "no to an unknown",
)  # fmt: skip
"""Reasons that stand whatever the learned reader says."""
_BEING: Final = ("bede", "bedzie", "буду", "будемо")  # "będę w sanatorium, odwołuję"


def beyond_doubt(heard: Heard) -> str | None:
    """Why a cancellation is believed against the grammar's hesitation; None where it must be asked back."""
    share, second = heard.shares.get("cancel_visit", 0.0), heard.wordless.get("cancel_visit", 0.0)
    sure = share >= (_CERTAIN if heard.acts else _SILENT) and heard.shares.get(UNSURE, 0.0) <= _UNSURE and second >= _SECOND
    if not sure or heard.withheld or heard.parts.asks or heard.foreign >= _STRANGE or _stands(heard) or _denied(heard.parts):
        return None
    unknown = any(reason in act.why for act in heard.acts for reason in _UNKNOWN)
    weak = unknown and (share < _KNOWN_BY_HEART or second < _KNOWN_BY_BOTH)
    return None if weak or any(map(_against, heard.acts)) or _says_little(heard) else f"beyond doubt {share:.2f}, {second:.2f}"


def _says_little(heard: Heard) -> bool:
    """Two words, or a short one that nobody knows: it may be a mistyped "nie", "bez" or "jak"."""
    return len(heard.parts.words) <= _FEW or any(word.strange and len(word.text) <= _MISTYPED for word in heard.parts.words)


def _stands(heard: Heard) -> bool:
    reasons = [reason for act in heard.acts for reason in act.why.split("; ")]
    told = any(word.has("told", "intimate") for word in heard.parts.words)  # "jutro nie przychodź, bo mnie nie będzie"
    doubts = [doubt for clause in heard.parts.clauses for doubt in clause.doubts]
    return told or any(reason.startswith(_STANDS) for reason in (*reasons, *doubts))


def _against(act: Act) -> bool:
    """Another act that leaves open whose visit is meant, or whether one is: a promise, a place that is kept, a change of mind."""
    if act.what == "cancel":
        return act.why.startswith(("doubtful negation", "nie + nie", "something else"))
    return act.what not in {"past", "keep"} or (act.what == "keep" and act.why not in _BEING)


def _denied(parts: Parsed) -> bool:
    """Whether a "no" may turn the message: one of `turning_no`, or one that is on no word of coming or being able."""
    hidden = (turning_no.forbidden, turning_no.nearly, turning_no.mistyped, turning_no.glued, turning_no.alone)
    return any(found(parts) for found in hidden) or any(map(_loose_no, parts.clauses))


def _loose_no(clause: Clause) -> bool:
    """A "no" that is on no word of coming or being able, before a word of cancelling: "nie zgadzam się na odwołanie"."""
    last = max((place for place, word in enumerate(clause.words) if word.has(*CANCEL)), default=0)
    ahead = clause.words[:last]
    denials = sum(word.has("neg", "never") for word in ahead)
    return denials > sum(word.negs for word in ahead if word.has(*ATTEND, *_ABLE))


_ABLE: Final = ("can.1", "can.fut", "bede", "bedzie", "dam", "uda", "zdaze", "want.1", "need.1", "have", "have.3")
