"""Confirming, changing, undoing, accepting and declining in so many words."""

from dialogs.understanding.clauses import Clause, Word
from dialogs.understanding.visit_acts.act import Act

UNMOVED = "not moved"
"""Why of an act that does not change the date: it is kept, or "nie przekładam, tylko odwołuję"."""
_HOW = {"jak", "як", "how"}


def changing(word: Word, clause: Clause) -> Act | None:
    if clause.words[0].text in _HOW and not clause.any("visit.noun", "date.noun"):
        return None  # "jak zmienić lekarza rodzinnego" is a question about something else
    if clause.any("criteria"):
        return Act("criteria", True, f"criteria ({word.text})") if not word.negs else None
    if word.has("change.noun") and not clause.any("visit.noun", "other.date", "please"):
        return None
    return Act("keep", word.has("change.1"), f"{UNMOVED} ({word.text})") if word.negs else Act("change", True, word.text)


def confirming(word: Word, clause: Clause) -> Act | None:
    after = clause.after(word)
    if not word.negs and any(other.has("cancel.noun") for other in after):
        return Act("cancel", clause.any("visit.noun"), f"{word.text} the cancellation", verb=True)
    if not word.negs and (
        any(other.has("aby") for other in after) or (clause.after_clause is not None and clause.after_clause.words[0].has("aby"))
    ):
        return None  # "potwierdzam, że …": what follows says what is confirmed
    return Act("cancel", False, f"nie + {word.text}") if word.negs else Act("keep", True, word.text)


def valid(word: Word, clause: Clause) -> Act | None:
    if word.negs and word.text == "pamietam":
        return None  # what is not remembered is asked for
    if clause.any("pool", "waiting"):
        return Act("stay", False, f"{word.text} in the queue")
    if word.text.startswith("zostawi") and clause.any("family") and not clause.any("visit.noun") and not word.negs:
        return None  # "mamę zostawiam w domu"
    return Act("unfit", False, f"nie + {word.text}") if word.negs else Act("keep", True, word.text)


def invalid(word: Word, clause: Clause) -> Act | None:
    if word.negs:
        return Act("keep", False, f"not {word.text}")
    return Act("cancel", clause.any("visit.noun"), word.text)


def undoing(word: Word, _clause: Clause) -> Act | None:
    return Act("keep", False, f"not {word.text}") if word.negs else Act("undo", True, word.text)


def accepting(word: Word, clause: Clause) -> Act | None:
    if word.negs:
        return Act("decline", not word.slipped, f"nie + {word.text}")
    return Act("accept", not clause.loose, word.text)


def declining(word: Word, _clause: Clause) -> Act | None:
    return Act("accept", False, f"nie + {word.text}") if word.negs else Act("decline", True, word.text)
