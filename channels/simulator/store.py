"""What the carrier must not forget when it is killed: messages, their further course, webhooks to post,
telephones.

One SQLite connection, one writer. WAL with synchronous=NORMAL keeps every commit through `kill -9` of the
process.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Write = Callable[[sqlite3.Connection], Any]
Then = Callable[[Any], None]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, direction TEXT NOT NULL,
    sender TEXT NOT NULL, recipient TEXT NOT NULL, body TEXT NOT NULL, segments INTEGER NOT NULL,
    status TEXT NOT NULL, error_code INTEGER, callback TEXT,
    created REAL NOT NULL, updated REAL NOT NULL, sent REAL, revision INTEGER NOT NULL, course TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, id);
CREATE INDEX IF NOT EXISTS messages_by_sender ON messages (sender, id);
CREATE INDEX IF NOT EXISTS messages_by_revision ON messages (revision);
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, sid TEXT NOT NULL, url TEXT NOT NULL,
    form TEXT NOT NULL, created REAL NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL, given_up TEXT
);
CREATE TABLE IF NOT EXISTS telephones (
    number TEXT PRIMARY KEY, kind TEXT NOT NULL, whose TEXT NOT NULL, note TEXT NOT NULL,
    place INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS optouts (
    service TEXT NOT NULL, number TEXT NOT NULL, PRIMARY KEY (service, number)
);
"""


class Message(NamedTuple):
    """One SMS. Times are seconds since 1970; `course` is the JSON of the steps it still has before it."""

    id: int
    sid: str
    direction: str
    sender: str
    recipient: str
    body: str
    segments: int
    status: str
    error_code: int | None
    callback: str | None
    created: float
    updated: float
    sent: float | None
    revision: int
    course: str


class Webhook(NamedTuple):
    """A form to post until taken: `kind` is "status" or "inbound", `given_up` says why no more."""

    id: int
    kind: str
    sid: str
    url: str
    form: str
    created: float
    due: float
    tries: int
    given_up: str | None


class Store:
    """The SQLite file and its single writer; writes of one turn of the event loop share a commit."""

    def __init__(self, database: str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        # EXCLUSIVE: a second process on this file would number the same revisions again; it is refused
        # instead.
        for pragma in (
            "locking_mode=EXCLUSIVE",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "wal_autocheckpoint=4000",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._pending: list[tuple[Write, Then, asyncio.Future[Any]]] = []
        self.last_message: int = self.value("SELECT COALESCE(MAX(id), 0) FROM messages")
        self.last_revision: int = self.value("SELECT COALESCE(MAX(revision), 0) FROM messages")
        self.last_webhook: int = self.value("SELECT COALESCE(MAX(id), 0) FROM webhooks")

    def close(self) -> None:
        """Close the file; nothing may be asked of the store afterwards."""
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, parameters: tuple[object, ...] = ()) -> Any:
        """The first column of the first row; there must be one."""
        return self.rows(sql, parameters)[0][0]

    def messages(self, condition: str, parameters: tuple[object, ...] = ()) -> list[Message]:
        """The messages for what follows `WHERE` in a query written by this package."""
        query = f"SELECT * FROM messages WHERE {condition}"  # noqa: S608 - constants of this package, values bound
        return [Message._make(row) for row in self.rows(query, parameters)]

    def webhooks(self) -> list[Webhook]:
        """Those still to be posted, oldest first."""
        return [
            Webhook._make(row)
            for row in self.rows("SELECT * FROM webhooks WHERE given_up IS NULL ORDER BY id")
        ]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the block or nothing of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    async def write(self, change: Callable[[sqlite3.Connection], T], then: Callable[[T], None]) -> T:
        """Run `change` in the next shared commit, then `then` with its result, and give that result back.

        `then` runs right after the commit, even when the one who asked has gone away meanwhile: what is on
        file is also acted upon. A change must not fail for reasons of its own: what it raises undoes the
        whole group and reaches everyone in it.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._pending:
            loop.call_soon(self._flush)
        self._pending.append((change, then, done))
        return await done

    def _flush(self) -> None:
        group, self._pending = self._pending, []
        try:
            with self.transaction() as connection:
                results = [change(connection) for change, _, _ in group]
        except Exception as error:  # noqa: BLE001 - not swallowed: handed to everyone who waits for this commit
            for _, _, done in group:
                if not done.cancelled():
                    done.set_exception(error)
            return
        for (_, then, done), result in zip(group, results, strict=True):
            then(result)
            if not done.cancelled():
                done.set_result(result)
