"""A form that is given up: "odpuszczam" in reply to "what is your PESEL?" ends the form and touches no visit (D7)."""

import re
from dataclasses import replace

from dialogs.understanding.clauses import ATTEND
from dialogs.understanding.commands import command
from dialogs.understanding.entities import FIELDS
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.reading import Verdict
from dialogs.understanding.text import words

FORMS = FIELDS | {"criteria"}
_ENOUGH = re.compile(
    r"\b((dajmy|daj|dam|dajemy) (sobie |temu |z tym )*spokoj|nie ?wazne|zapomnijmy|szkoda (czasu|zachodu)|"
    r"never ?mind|forget (it|about it)|give up|giving up|leave it|неважливо|облиш\w*|забудьте|годі)\b"
)
_HEARD_AS_LEAVING = frozenset({"cancel_visit", "opt_out", "nlu_fallback", "decline_offer", "inform", "affirm", "deny"})


def in_form(verdict: Verdict, folded: str, asked: str, lexicon: Lexicon) -> Verdict:
    """The verdict as an answer to a form's question: a visit is only lost in it by name, and after a question back.

    A bare giving up is `deny`, a question as every doubt: it may be the form, the visit or the messages that are given up.
    """
    if asked not in FORMS or verdict.intent not in _HEARD_AS_LEAVING:
        return verdict
    if verdict.intent == "cancel_visit":
        if _names_a_visit(folded, lexicon) or command(folded) is not None:  # a reminder printed the word (D8)
            return verdict.asked_back(f"a form asked for {asked}")
        return _given_up(verdict, asked)
    return _given_up(verdict, asked) if _ENOUGH.search(folded) else verdict


def _given_up(verdict: Verdict, asked: str) -> Verdict:
    why = (*verdict.why, f"gives up the form ({asked})")
    return replace(verdict, intent="deny", question=True, confidence=min(verdict.confidence, 0.6), details={}, why=why)


def _names_a_visit(folded: str, lexicon: Lexicon) -> bool:
    return any(not lexicon.senses(word).isdisjoint({"visit.noun", *ATTEND}) for word in words(folded))
