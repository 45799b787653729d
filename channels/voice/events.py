"""What happens to a call and what it wants done: the whole language between the call's mind (`call`) and its body (`line`)."""

from dataclasses import dataclass

from channels.voice.ports import Heard, Manner
from channels.voice.turns import Reply, Said, Spoken
from dialogs.understanding.reading import Asked, Reading
from registry.calls import Ended


@dataclass(frozen=True, slots=True)
class Time:
    """So much of the caller's sound has come by now, in milliseconds since the call began."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class HeardThat:
    """The ears have something: the caller begins to speak, or has spoken."""

    what: Heard


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of the telephone."""

    key: str


@dataclass(frozen=True, slots=True)
class Played:
    """The mark after a line has come back."""

    mark: str


@dataclass(frozen=True, slots=True)
class Sounding:
    """The first sound of a line has gone out, to be on the caller's ear at `at_ms`."""

    mark: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Understood:
    """The reading of what was said."""

    said: Said
    reading: Reading


@dataclass(frozen=True, slots=True)
class Replied:
    """What the conversation answered to what was said."""

    said: Said
    reply: Reply


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the birthday is the patient's: recognised, not_recognised or locked."""

    verdict: str


@dataclass(frozen=True, slots=True)
class Screened:
    """What the carrier thinks picked up; neither where it cannot tell."""

    machine: bool = False
    person: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """The caller has hung up, or the stream broke."""


Event = Time | HeardThat | Pressed | Played | Sounding | Understood | Replied | Checked | Screened | Left


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a line after those before it, then send its mark."""

    line: Spoken
    mark: str
    manner: Manner


@dataclass(frozen=True, slots=True)
class Hush:
    """Fall silent at once: drop what has not been heard."""


@dataclass(frozen=True, slots=True)
class Expect:
    """Listen for answers to this."""

    asked: Asked
    language: str


@dataclass(frozen=True, slots=True)
class Read:
    """Have what was said understood, as an answer to this; `Understood` comes back."""

    said: Said
    asked: Asked


@dataclass(frozen=True, slots=True)
class Take:
    """Have the conversation take what was said as its turn; `Replied` comes back."""

    said: Said


@dataclass(frozen=True, slots=True)
class Check:
    """Have a birthday compared; `Checked` comes back."""

    day: int
    month: int


@dataclass(frozen=True, slots=True)
class Tell:
    """Note that the call's message is now said to its person, in these words."""

    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """Write down what was said to the call itself."""

    said: Said
    reading: Reading | None
    action: str
    asked: str


@dataclass(frozen=True, slots=True)
class Close:
    """The call is over: this is what it came to."""

    ended: Ended


Action = Say | Hush | Expect | Read | Take | Check | Tell | Note | Close
