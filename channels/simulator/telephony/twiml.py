"""Instructions for a call, as Twilio's markup: the verbs that this carrier follows, read strictly.

https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from channels.simulator.wire import TwimlInvalid


@dataclass(frozen=True, slots=True)
class Say:
    """Words that the carrier reads out."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Gather:
    """Words, then a wait for keys, then a request with them."""

    says: tuple[Say, ...]
    digits: int
    timeout: float
    finish: str
    action: str
    on_empty: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """A media stream both ways, until the other side closes it."""

    url: str
    parameters: dict[str, str]
    action: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Dial:
    """Another telephone joins the call."""

    number: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Redirect:
    """Instructions from another address."""

    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    """The end."""


Verb = Say | Pause | Gather | Stream | Dial | Redirect | Hangup


def read(document: str) -> list[Verb]:
    """The verbs in their order; an empty document hangs up. Raises TwimlInvalid for what is no TwiML for calls."""
    try:
        root = ET.fromstring(document)  # noqa: S314 - the service under test wrote it
    except ET.ParseError as error:
        raise TwimlInvalid(f"not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlInvalid(f"the document is a <{root.tag}>, not a <Response>")
    return [_verb(element) for element in root]


def _verb(element: ET.Element) -> Verb:
    match element.tag:
        case "Say":
            return _say(element)
        case "Pause":
            return Pause(float(element.get("length", "1")))
        case "Gather":
            return _gather(element)
        case "Connect":
            return _stream(element)
        case "Dial":
            return Dial((element.text or "").strip(), float(element.get("timeout", "30")))
        case "Redirect":
            return Redirect((element.text or "").strip())
        case "Hangup" | "Reject":
            return Hangup()
    raise TwimlInvalid(f"<{element.tag}> is no verb for calls that is understood here")


def _say(element: ET.Element) -> Say:
    text = (element.text or "").strip()
    if not text:
        raise TwimlInvalid("a <Say> without words")
    return Say(text, element.get("language", "en-US"))


def _gather(element: ET.Element) -> Gather:
    if element.get("input", "dtmf") != "dtmf":
        raise TwimlInvalid("only keys are gathered here")
    action = element.get("action")
    if not action:
        raise TwimlInvalid("a <Gather> without an action")
    return Gather(
        tuple(_say(child) for child in element), int(element.get("numDigits", "0")), float(element.get("timeout", "5")),
        element.get("finishOnKey", "#"), action, element.get("actionOnEmptyResult") == "true",
    )  # fmt: skip


def _stream(element: ET.Element) -> Stream:
    stream = element.find("Stream")
    if stream is None or not stream.get("url"):
        raise TwimlInvalid("a <Connect> without a <Stream> and its url")
    if not stream.get("url", "").startswith(("ws://", "wss://")):
        raise TwimlInvalid("31922: a stream's address begins with wss://")
    parameters = {child.get("name", ""): child.get("value", "") for child in stream if child.tag == "Parameter"}
    if any(len(name) + len(value) > 500 for name, value in parameters.items()):
        raise TwimlInvalid("31931: a parameter is longer than 500 characters")
    return Stream(stream.get("url", ""), parameters, element.get("action"), stream.get("statusCallback"))
