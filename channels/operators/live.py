"""Who is looking now: one look at the database each second for all open pages of this process, told to each as it concerns it.

A page that lost its connection says how far it had come, and is told everything since. A page whose session has ended is told so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Engine

from channels.operators import conversations, sessions, todo
from channels.operators.conversations import Mark, Row
from channels.operators.filters import Filter
from registry.database import transaction

HEARTBEAT: Final = 15.0  # seconds of silence after which a page is told that it is still connected
RETRY: Final = 5.0  # seconds after a failed look

log = structlog.get_logger("console")


@dataclass(frozen=True, slots=True)
class News:
    """What one look found. `rows` is None when there was too much: every page is to be loaded anew. `ended` are sessions."""

    mark: Mark
    rows: tuple[Row, ...] | None
    versions: dict[int, str]
    ended: frozenset[int]
    tasks: dict[int | None, int]  # open ones, by the clinic that a watcher is confined to
    drawn: dict[Hashable, str] = field(default_factory=dict, compare=False, repr=False)  # what pages were told, by what they show


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page: the list with a filter, or one conversation. `news` holds the looks that it has not been told of."""

    session_id: int
    conversation_id: int | None = None
    provider_id: int | None = None
    news: "asyncio.Queue[News]" = field(default_factory=lambda: asyncio.Queue(maxsize=600))


class Live:
    """The looks of one process, made only while somebody watches."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime], *, every: float = 1.0) -> None:
        self._engine, self._clock, self._every = engine, clock, every
        self._watchers: set[Watcher] = set()
        self._looking: asyncio.Task[None] | None = None

    async def watch(self, watcher: Watcher) -> AsyncIterator[News | None]:
        """Each look from now on as it is made; None after HEARTBEAT seconds without one. Ends when this page falls too far behind."""
        self._watchers.add(watcher)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
        try:
            while watcher in self._watchers or not watcher.news.empty():
                try:
                    async with asyncio.timeout(HEARTBEAT):
                        told = await watcher.news.get()
                except TimeoutError:
                    yield None
                else:
                    yield told
        finally:
            self._watchers.discard(watcher)

    async def _look_on(self) -> None:
        mark: Mark | None = None
        sent: dict[int, int] = {}
        while self._watchers:
            try:
                news = await asyncio.to_thread(self._look, mark, self._watched(), self._guests(), self._clinics())
            except Exception as error:  # noqa: BLE001  the border of a job: logged and tried again, the mark stays
                log.warning("live look failed, will be tried again", error=type(error).__name__)
                await asyncio.sleep(RETRY)
                continue
            mark = news.mark
            self._tell(_fresh(news, sent))
            await asyncio.sleep(self._every)

    def _look(self, since: Mark | None, watched: list[int], guests: list[int], clinics: set[int | None]) -> News:
        now = self._clock()
        with transaction(self._engine) as session:
            found = conversations.changes(session, since or conversations.mark(session, now=now), now=now)
            versions = conversations.versions(session, watched)
            ended = frozenset(guests) - sessions.still_hold(session, guests, now=now)
            tasks = {one: todo.waiting(session, one) for one in clinics}
            rows, mark = found or (None, conversations.mark(session, now=now))
        return News(mark, None if rows is None else tuple(rows), versions, ended, tasks)

    def _watched(self) -> list[int]:
        return sorted({one.conversation_id for one in self._watchers if one.conversation_id is not None})

    def _guests(self) -> list[int]:
        return sorted({one.session_id for one in self._watchers})

    def _clinics(self) -> set[int | None]:
        return {one.provider_id for one in self._watchers}

    def _tell(self, news: News) -> None:
        for watcher in list(self._watchers):
            with suppress(asyncio.QueueFull):
                watcher.news.put_nowait(news)
                continue
            self._watchers.discard(watcher)  # it has not read for ten minutes: let it connect again


def _fresh(news: News, sent: dict[int, int]) -> News:
    """The news without row versions that were told before (a row is found twice while some older transaction is open)."""
    if news.rows is None:
        return news
    rows = tuple(row for row in news.rows if sent.get(row.id) != row.version)
    sent.update({row.id: row.version for row in rows})
    for gone in [number for number, version in sent.items() if version < news.mark.transaction]:
        del sent[gone]
    return News(news.mark, rows, news.versions, news.ended, news.tasks)


def admitted(rows: Iterable[Row], wanted: Filter) -> tuple[list[Row], list[int]]:
    """For one page: the rows that belong on it, and the numbers of those that do not (any more)."""
    kept = [row for row in rows if wanted.admits(row)]
    return kept, [row.id for row in rows if not wanted.admits(row)]
