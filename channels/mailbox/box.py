"""Letters as they came over the wire, in a Maildir: one process takes them in, another shows them."""

import asyncio
import mailbox
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Connection

MOST: Final = 100  # letters that are shown
LARGEST: Final = 1_000_000  # bytes of a letter


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of letters."""

    folder: Path

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Take letters in on a free port of this machine, as long as the block; the port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, data_size_limit=LARGEST, enable_SMTPUTF8=True), "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def handle_DATA(self, _server: SMTP, _connection: Connection, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep a letter; the answer that the protocol wants."""
        await asyncio.to_thread(self.keep, cast(bytes, envelope.original_content))
        return "250 kept"

    def keep(self, raw: bytes) -> None:
        """Put a letter in."""
        self._maildir().add(raw)

    def letters(self) -> list[tuple[str, EmailMessage]]:
        """The newest letters with their names, the newest first."""
        if not self.folder.exists():
            return []
        files = sorted((self.folder / "new").glob("*"), key=lambda file: (file.stat().st_mtime_ns, file.name), reverse=True)
        return [(file.name, _parsed(file)) for file in files[:MOST]]

    def letter(self, name: str) -> EmailMessage | None:
        """One letter by its name."""
        file = self.folder / "new" / name
        known = self.folder.exists() and name in {one.name for one in (self.folder / "new").iterdir()}
        return _parsed(file) if known else None

    def _maildir(self) -> "mailbox.Maildir":
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        return mailbox.Maildir(self.folder, create=True)


def _parsed(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=default)
