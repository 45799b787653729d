"""The reply words that our own messages print (D8): alone in a message, each means exactly what the message said it would."""

from dialogs.understanding.reading import Verdict
from dialogs.understanding.text import words

# word: intent, and whether it is a question. POCZEKALNIA asks how to leave or stay; it never removes anybody by itself.
COMMANDS = {
    "odwolaj": ("cancel_visit", False),
    "cofnij": ("undo", False),
    "wypisz": ("leave_waiting_room", False),
    "wznow": ("opt_in", False),
    "poczekalnia": ("leave_waiting_room", True),
}


def command(folded: str) -> Verdict | None:
    """The meaning of a folded message that is one of these words and nothing else."""
    said = words(folded)
    known = COMMANDS.get(said[0]) if len(said) == 1 else None
    return None if known is None else Verdict(known[0], 0.99, known[1], (f"the reply word {said[0].upper()}",))
