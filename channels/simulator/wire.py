"""Twilio's wire, both ways and without any I/O: its JSON, its dates, its forms, its signature, its TwiML.

Twilio's words: https://www.twilio.com/docs/messaging/api/message-resource and /docs/usage/security.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from xml.etree import ElementTree as ET

from twilio.request_validator import RequestValidator

from channels.simulator.errors import MISCARRIAGES
from channels.simulator.store import Message

API_VERSION = "2010-04-01"
TWIML_LIMIT = 65_536
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
_START = {"START", "UNSTOP", "YES"}
_HELP = {"HELP", "INFO"}


class TwimlInvalid(Exception):
    """The service's answer to an inbound message is no TwiML document."""


@lru_cache(maxsize=256)
def rfc2822(second: int) -> str:
    """Seconds since 1970 as Twilio writes dates: `Thu, 24 Aug 2023 05:01:45 +0000`."""
    return format_datetime(datetime.fromtimestamp(second, UTC))


def message_resource(message: Message, account: str) -> dict[str, object]:
    """The Message resource, every field of Twilio's description."""
    uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
    failure = MISCARRIAGES.get(message.error_code or 0)
    return {
        "account_sid": account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": rfc2822(int(message.created)),
        "date_sent": None if message.sent is None else rfc2822(int(message.sent)),
        "date_updated": rfc2822(int(message.updated)),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": failure[1] if failure else None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def receipt_form(
    message: Message, account: str, status: str, error_code: int | None, at: float
) -> dict[str, str]:
    """The form of one status callback."""
    form = {
        "AccountSid": account,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "To": message.recipient,
    }
    if error_code is not None:
        form["ErrorCode"] = str(error_code)
    if status in {"delivered", "undelivered"}:
        form["RawDlrDoneDate"] = datetime.fromtimestamp(at, UTC).strftime("%y%m%d%H%M")
    return form


def inbound_form(message: Message, account: str, opt_out: str | None) -> dict[str, str]:
    """The form of a patient's message. Twilio posts the empty geographic fields too, and signs them."""
    form = {
        "AccountSid": account,
        "ApiVersion": API_VERSION,
        "Body": message.body,
        "From": message.sender,
        "FromCity": "",
        "FromCountry": "PL",
        "FromState": "",
        "FromZip": "",
        "MessageSid": message.sid,
        "NumMedia": "0",
        "NumSegments": str(message.segments),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.recipient,
        "ToCity": "",
        "ToCountry": "PL",
        "ToState": "",
        "ToZip": "",
    }
    return form | ({"OptOutType": opt_out} if opt_out else {})


def opt_out_type(body: str) -> str | None:
    """What Twilio's default opt-out handling reads in a message: "STOP", "START", "HELP" or nothing."""
    word = body.strip().upper()
    if word in _STOP:
        return "STOP"
    if word in _START:
        return "START"
    return "HELP" if word in _HELP else None


def signature(auth_token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature over the public address, query included, and the form."""
    return str(RequestValidator(auth_token).compute_signature(url, form))


def twiml_messages(document: str) -> list[tuple[str | None, str]]:
    """The messages that an answer asks for, as (to or None, body); [] for an empty `<Response/>` or an
    empty answer.

    Raises TwimlInvalid for anything but a `<Response>` of `<Message>`s with a text.
    """
    if not document.strip():
        return []
    try:
        root = ET.fromstring(document)  # noqa: S314 - see the import
    except ET.ParseError as error:
        raise TwimlInvalid(f"not XML: {error}") from error
    if root.tag != "Response":
        raise TwimlInvalid(f"the document is a <{root.tag}>, not a <Response>")
    return [_twiml_message(verb) for verb in root]


def _twiml_message(verb: ET.Element) -> tuple[str | None, str]:
    if verb.tag not in {"Message", "Sms"}:
        raise TwimlInvalid(f"<{verb.tag}> is no verb for messages that is understood here")
    nested = verb.find("Body")
    body = (verb.text if nested is None else nested.text) or ""
    if not body.strip():
        raise TwimlInvalid("a <Message> without a text")
    return verb.get("to"), body.strip()
