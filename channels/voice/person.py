"""Who is on the line, before anything is said of a visit: the person we asked for, somebody else, a stranger, a machine.

What was hardly heard is no yes: a visit must not be told to whoever picked up.
"""

from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import Final

from channels.voice.turns import Said
from dialogs.understanding.reading import Reading
from dialogs.understanding.text import plain, words
from registry.rules import WARSAW

# "It is I", as people say it; understanding, which knows messages, reads some of these otherwise.
HERE: Final = frozenset(
    {
        "to ja", "tak to ja", "przy telefonie", "tak przy telefonie", "ja przy telefonie", "to ja slucham", "przy aparacie",
        "to moja osoba", "speaking", "this is me", "yes speaking", "це я", "так це я", "біля телефону",
    }
)  # fmt: skip
SURE: Final = 0.5  # below this a reading is not sure enough to act on it
HELLO: Final = frozenset({"affirm", "greet", "repeat", "deny", "ask_faq", "request_human", "wrong_person", "call_later", "wait"})
SERIOUS: Final = frozenset({"report_death", "opt_out", "request_human", "emergency"})


class Wish(Enum):
    """What an answer to "is that …?" means."""

    SPEAKING = auto()
    NOT_ME = auto()
    LATER = auto()
    WRONG_NUMBER = auto()
    WHO_IS_IT = auto()
    SERIOUS = auto()
    UNCLEAR = auto()


INTENTS: Final = {
    "affirm": Wish.SPEAKING, "deny": Wish.NOT_ME, "call_later": Wish.LATER, "wrong_person": Wish.WRONG_NUMBER, "greet": Wish.WHO_IS_IT,
    "ask_faq": Wish.WHO_IS_IT, "repeat": Wish.WHO_IS_IT,
}  # fmt: skip


def is_machine(answered_by: str | None) -> bool:
    """Whether the carrier's word for what picked up is no person's; "unknown" says nothing."""
    return answered_by is not None and (answered_by.startswith("machine") or answered_by == "fax")


def answers_a_hello(said: Said, reading: Reading) -> bool:
    """Whether somebody has answered that he hears us. An answering machine's greeting answers nothing: it is long, and hardly heard."""
    return not said.lost and reading.intent in HELLO


def callers_wish(said: Said, reading: Reading) -> Wish:
    """What was meant; unclear when it was heard too badly. A "yes" here takes nothing away: half the certainty of a read-back will do."""
    if said.lost:
        return Wish.UNCLEAR
    if " ".join(words(plain(said.guesses[0]))) in HERE:
        return Wish.SPEAKING
    if reading.intent in SERIOUS:
        return Wish.SERIOUS
    wish = INTENTS.get(reading.intent, Wish.UNCLEAR)
    firm = wish in (Wish.LATER, Wish.WRONG_NUMBER, Wish.WHO_IS_IT) or reading.confidence >= SURE
    return wish if firm and not (wish is Wish.SPEAKING and reading.question) else Wish.UNCLEAR


def wished_hour(reading: Reading, now: datetime) -> datetime | None:
    """When somebody asked to be called: a day, an hour, or both, in Warsaw time; None when neither was understood or it has passed."""
    day, hour = reading.entities.get("date"), reading.entities.get("hour") or reading.entities.get("hour_from")
    if day is None and hour is None:
        return None
    local = now.astimezone(WARSAW)
    at = time.fromisoformat(str(hour)) if hour is not None else time(10)
    wished = datetime.combine(local.date() if day is None else datetime.fromisoformat(str(day)).date(), at, WARSAW)
    if day is None and wished <= local:
        wished += timedelta(days=1)
    return wished if wished > local else None
