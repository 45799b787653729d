"""Refusals in Twilio's own numbers, so that the code which reads them is the code that will read the real
ones.

Meanings: https://www.twilio.com/docs/api/errors (numbers and HTTP statuses; the sentences are ours).
"""

from __future__ import annotations

from dataclasses import dataclass

# code -> (HTTP status, sentence) of what the REST interface refuses
REFUSALS: dict[int, tuple[int, str]] = {
    20001: (400, "Unknown parameter"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' phone number"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' phone number is not one of this account's message-capable numbers"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to an unsubscribed recipient"),
    21614: (400, "'To' number is not a mobile number"),
    21617: (400, "The message body exceeds the 1600 character limit"),
}

# the same, for calls alone
CALL_REFUSALS: dict[int, tuple[int, str]] = {
    21205: (400, "The 'Url' is not a valid URL"),
    21210: (400, "The 'From' phone number is not one of this account's numbers"),
    21215: (400, "This account may not call that number"),
    21220: (400, "The call is not in progress"),
    21626: (400, "Invalid 'StatusCallbackEvent'"),
}

# code -> (final status, sentence) of what happens to a message on its way
MISCARRIAGES: dict[int, tuple[str, str]] = {
    30001: ("failed", "Queue overflow"),
    30002: ("failed", "Account suspended"),
    30003: ("undelivered", "Unreachable destination handset"),
    30004: ("undelivered", "Message blocked"),
    30005: ("undelivered", "Unknown destination handset"),
    30006: ("undelivered", "Landline or unreachable carrier"),
    30007: ("undelivered", "Message filtered by the carrier"),
    30008: ("undelivered", "Unknown error"),
    30036: ("failed", "Validity period expired"),
}


@dataclass(eq=False)
class WireError(Exception):
    """A refusal: Twilio's `code`, its HTTP `status`, a sentence, and perhaps seconds to wait."""

    code: int
    status: int
    message: str
    retry_after: int | None = None

    def body(self) -> dict[str, object]:
        """The JSON that Twilio's clients read: code, message, more_info, status."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def refusal(code: int, detail: str = "", *, retry_after: int | None = None) -> WireError:
    """The error for one of `REFUSALS` or `CALL_REFUSALS`, with the facts of this case appended to its sentence."""
    status, sentence = REFUSALS[code] if code in REFUSALS else CALL_REFUSALS[code]
    if code == 20429 and retry_after is None:
        retry_after = 1
    return WireError(code, status, f"{sentence}: {detail}" if detail else sentence, retry_after)


class SimulatorForbidden(Exception):
    """The simulator shows everybody's messages; it is made only where it is asked for by name."""
