"""E-mail put together from the settings: who writes, the server that takes letters, and in the demonstration one of our own."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr
from functools import partial
from urllib.parse import unquote, urlsplit

import aiosmtplib
from sqlalchemy import Engine

from channels.mail.letters import House
from channels.mail.pages import Pages
from channels.mail.sender import Sender
from channels.mailbox import Mailbox
from channels.policy import policy
from channels.settings import Settings
from dialogs import notices
from registry.outbox import Claimed

TIMEOUT = 8.0  # seconds for one step of the protocol
PORTS = {"smtp": 25, "smtps": 465}


def house(settings: Settings) -> House:
    """Who writes the letters of this installation."""
    if settings.secret_key is None or settings.public_url is None or settings.mail_from is None:
        raise ValueError("letters need CER_SECRET_KEY, CER_PUBLIC_URL and CER_MAIL_FROM")
    name, address = parseaddr(settings.mail_from)
    bounces = parseaddr(settings.mail_bounces)[1] if settings.mail_bounces else None
    return House(key(settings), settings.public_url, Address(display_name=name, addr_spec=address), bounces)


def key(settings: Settings) -> bytes:
    """What links are sealed with: another word than sessions and second factors are made from."""
    if settings.secret_key is None:
        raise ValueError("links need CER_SECRET_KEY")
    return b"letters " + settings.secret_key.get_secret_value().encode()


def pages(settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> Pages:
    """The pages that letters lead to."""
    return Pages(engine, key(settings), clock)


def mailbox(settings: Settings) -> Mailbox:
    """Where the demonstration's letters lie."""
    return Mailbox(settings.data_dir / "mailbox")


async def send(settings: Settings, engine: Engine, name: str, clock: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Send what is due until told to stop; without a server of its own, in the demonstration, to the mailbox."""
    if settings.smtp_url is not None:
        await _sender(settings, engine, name, clock, server(settings.smtp_url.get_secret_value())).run(stop)
        return
    async with mailbox(settings).open() as port:
        await _sender(settings, engine, name, clock, server(f"smtp://127.0.0.1:{port}")).run(stop)


def server(url: str) -> Callable[[], aiosmtplib.SMTP]:
    """Makes clients for a mail server: smtps:// speaks TLS from the start, smtp:// turns to it where the server can."""
    parts = urlsplit(url)
    return partial(
        aiosmtplib.SMTP, hostname=parts.hostname, port=parts.port or PORTS[parts.scheme], use_tls=parts.scheme == "smtps",
        username=unquote(parts.username) if parts.username else None, password=unquote(parts.password) if parts.password else None,
        timeout=TIMEOUT,
    )  # fmt: skip


def _sender(
    settings: Settings, engine: Engine, name: str, clock: Callable[[], datetime], make: Callable[[], aiosmtplib.SMTP]
) -> Sender:
    return Sender(engine, make, house(settings), _words, name=name, policy=policy(settings), clock=clock)


def _words(message: Claimed) -> str:
    return notices.words(message.kind, message.facts, language=message.language, channel="email")
