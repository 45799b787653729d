"""What a simulated carrier needs to be told; read from nowhere, given by whoever composes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")

DEMO_NOTICE = (
    "To jest pokaz: telefony i pacjenci są zmyśleni, żaden SMS nie wychodzi poza ten komputer, "
    "a czas płynie szybciej niż naprawdę."
)


def utc_now() -> datetime:
    """The clock of a simulator that nobody gave another one."""
    return datetime.now(UTC)


def is_web_address(url: str) -> bool:
    """Whether `url` is an absolute http(s) address with a host."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """A number of the service; patients' SMS to it are posted, and signed, to the address `sms_url`, calls to `voice_url`."""

    number: str
    sms_url: str
    voice_url: str | None = None
    voice_status_url: str | None = None


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One simulated carrier.

    database: path of its SQLite file, or ":memory:" (forgotten at exit)
    services: the account's numbers; the first one receives what a telephone writes that nobody has written
        to yet
    latency: seconds every answer of the REST interface takes
    sent_after, delivered_after: (shortest, longest) seconds from acceptance to `sent`, from `sent` to the
        last receipt
    redelivery: seconds before each further try of a webhook; the last one repeats, until `redelivery_for`
        seconds are over
    webhook_timeout: seconds; webhook_connections: how many webhooks are under way at once
    letters_per_second: how fast a <Say> is read out
    screening_after: seconds from picking up until the carrier knows whether a person did
    seed: makes message sids and random delays repeatable
    hosts: host names beside the loopback ones under which the simulator answers
    notice, story_url, call_url, console_url: what /telephone says on top, where it reads the slots' journey
        and what was said in a call, where it points on to
    """

    account_sid: str
    auth_token: str = field(repr=False)
    services: tuple[ServiceNumber, ...]
    database: str = ":memory:"
    latency: float = 0.0
    sent_after: tuple[float, float] = (0.2, 0.5)
    delivered_after: tuple[float, float] = (0.4, 1.2)
    redelivery: tuple[float, ...] = (0.5, 1, 2, 4, 8, 15, 30)
    redelivery_for: float = 86_400.0
    webhook_timeout: float = 15.0
    webhook_connections: int = 64
    letters_per_second: float = 14.0
    screening_after: float = 2.5
    seed: int | None = None
    clock: Callable[[], datetime] = utc_now
    hosts: frozenset[str] = frozenset()
    notice: str = DEMO_NOTICE
    story_url: str = "/demo/story"
    call_url: str = "/demo/call"
    console_url: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could only fail later (ValueError)."""
        if not _ACCOUNT.fullmatch(self.account_sid):
            raise ValueError("account_sid must be AC followed by 32 hexadecimal digits")
        if not self.auth_token:
            raise ValueError("auth_token is empty: webhooks could not be signed")
        if not self.services:
            raise ValueError("at least one service number is needed")
        for service in self.services:
            _check_service(service)
        for name in ("sent_after", "delivered_after"):
            low, high = getattr(self, name)
            if not 0 <= low <= high:
                raise ValueError(f"{name} must be (shortest, longest) seconds")
        if not self.redelivery or min(self.redelivery) < 0:
            raise ValueError("redelivery must name at least one waiting time, none negative")

    def epoch(self) -> float:
        """Now by this carrier's clock, in seconds since 1970."""
        return self.clock().timestamp()


def _check_service(service: ServiceNumber) -> None:
    if not E164.fullmatch(service.number):
        raise ValueError(f"{service.number!r} is not an E.164 number")
    if not is_web_address(service.sms_url):
        raise ValueError(f"{service.sms_url!r} is not an absolute http(s) address")
    if service.voice_url is not None and not is_web_address(service.voice_url):
        raise ValueError(f"{service.voice_url!r} is not an absolute http(s) address")
