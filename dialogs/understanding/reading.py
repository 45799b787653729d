"""What a message was read as: the one value that understanding hands to the rest of the conversation."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

Asked = Literal[
    "reminder",
    "offer",
    "yes_no",
    "which_visit",
    "date_of_birth",
    "postcode",
    "pesel",
    "referral_code",
    "criteria",
    "nothing",
]
Channel = Literal["sms", "voice", "chat"]
Language = Literal["pl", "uk", "en"]

ASKED: tuple[str, ...] = get_args(Asked)
CHANNELS: tuple[str, ...] = get_args(Channel)
LANGUAGES: tuple[str, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Reading:
    """One message, understood.

    `entities` holds plain JSON values: dates ISO (`date`, `date_from`, `date_to`, `date_of_birth`), hours `HH:MM`
    (`hour`, `hour_from`, `hour_to`), `weekday` (1 Monday … 7 Sunday, a list when several), `postcode` NN-NNN, `pesel`,
    `referral_code`, `choice` (1-based, -1 the last one). `question` is true when the reading must be asked back
    before anything is done (D7). `why` names the evidence in the order in which it decided.
    """

    text: str
    language: str
    intent: str
    confidence: float
    entities: dict[str, Any] = field(default_factory=dict)
    question: bool = False
    alternatives: tuple[tuple[str, float], ...] = ()
    why: tuple[str, ...] = ()

    def as_json(self, *, why: bool = False) -> dict[str, Any]:
        """The reading as `cer interpret` prints it; alternatives and reasons only when asked for."""
        whole = asdict(self)
        shown = ["text", "language", "intent", "confidence", "entities", "question"]
        return {key: whole[key] for key in shown + (["alternatives", "why"] if why else [])}


@dataclass(frozen=True, slots=True)
class Verdict:
    """An intent with its confidence; `question` asks back; `why` in the order of weight."""

    intent: str
    confidence: float
    question: bool
    why: tuple[str, ...]
    details: dict[str, Any] = field(default_factory=dict)

    def asked_back(self, reason: str) -> "Verdict":
        return replace(self, question=True, confidence=min(self.confidence, 0.6), why=(*self.why, reason))
