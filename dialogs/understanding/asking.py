"""A question brought to the topic that answers it; what has no answer is left to a person, never to the nearest one (R141)."""

import re
from dataclasses import replace

from dialogs.understanding.reading import Verdict
from dialogs.understanding.speech import Speech, unsigned
from dialogs.understanding.text import words
from dialogs.understanding.topics import Topics


def answered(verdict: Verdict, folded: str, asked: str, speech: Speech, topics: Topics) -> Verdict:
    """A question with the topic of its answer; also what the model took, unsure, for something else (R113, R126–R141)."""
    guessed = verdict.question and asked in _OPEN and len(words(folded)) > _TOO_SHORT and verdict.why[0].startswith("model:")
    if "topic" in verdict.details or not (verdict.intent == "ask_faq" or guessed):
        return verdict
    topic, share = topics.find(speech.corrected(unsigned(folded, speech)))
    if topic is not None and (verdict.intent == "ask_faq" or share >= _needed(verdict, folded, asked)):
        why = (*verdict.why, f"asks about {topic} {share:.2f}")
        return replace(verdict, intent="ask_faq", question=False, details={**verdict.details, "topic": topic}, why=why)
    return verdict.asked_back("no answer fits") if verdict.intent == "ask_faq" else verdict


_ASKING = re.compile(
    r"\?|^\W*(?:(?:a|i|dzien dobry|prosze|przepraszam|hello|hi|добрий день)\W+)*(?:czy|jak|jaki\w*|kiedy|gdzie|co|"
    r"ile|kto|komu|dlaczego|czemu|skad|po co|"
    r"what|how|when|where|who|why|which|can|do|does|is|чи|як|яка|яке|який|коли|де|що|скільки|хто|чому|кому)\b"
)


def _needed(verdict: Verdict, folded: str, asked: str) -> float:
    """The share from which a topic outweighs what the model took for something else; 1 is never reached."""
    taken = verdict.why[0].removeprefix("model: ")
    share = _SHARE.search(taken)  # not every reason tells one
    strong = verdict.confidence >= _FOREIGN or (share is not None and float(share[0]) >= _FOREIGN)
    if taken.startswith(("cancel", "nlu_fallback")) and strong:
        return 1.0
    if taken.startswith(_DOING) and not _ASKING.search(folded):
        return 1.0
    return 0.5 if _ASKING.search(folded) else 0.8 if asked == "nothing" else 1.0


_DOING = ("book", "join", "leave", "edit", "change", "cancel", "accept", "decline", "undo", "opt")
_SHARE = re.compile(r"\d\.\d+")
_OPEN = {"nothing", "reminder"}
_TOO_SHORT = 2
_FOREIGN = 0.5
