"""Server-sent events for an open page: what changed, ready drawn, with a mark from which a lost connection goes on."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from channels.operators import conversations, pages, readers
from channels.operators.conversations import Mark, Row
from channels.operators.filters import Filter
from channels.operators.live import Live, News, Watcher, admitted
from channels.operators.sessions import SignedIn
from registry.database import transaction

GREETING: Final = "retry: 1500\n\n"
STILL_HERE: Final = ": still here\n\n"


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from."""

    engine: Engine
    clock: Callable[[], datetime]
    live: Live


async def of_list(source: Source, operator: SignedIn, wanted: Filter, since: Mark | None) -> AsyncIterator[str]:
    """Changes of the list since the page was drawn: `rows`, `reload` when there are too many, `ended` with the session.

    The first look of `Live` comes before the catching up, so that nothing falls between what is caught up and what follows.
    """
    yield GREETING
    caught_up, tasks = False, None
    async for news in source.live.watch(Watcher(operator.session_id, provider_id=operator.provider_id)):
        if news is None:
            yield STILL_HERE
            continue
        if operator.session_id in news.ended:
            yield _event("ended")
            return
        look = news if caught_up else replace(news, **await run_in_threadpool(_since, source, since or news.mark), drawn={})
        caught_up = True
        if look.rows is None:
            yield _event("reload")
            return
        open_tasks = news.tasks.get(operator.provider_id, tasks)  # a look that began before this watcher came does not count for him
        yield told(look, wanted, tasks=None if tasks == open_tasks else open_tasks)
        tasks = open_tasks


async def of_conversation(source: Source, operator: SignedIn, conversation_id: int, seen: str | None) -> AsyncIterator[str]:
    """`changed` whenever the page of this conversation is no longer what was `seen`; `ended` with the session."""
    yield GREETING
    async for news in source.live.watch(Watcher(operator.session_id, conversation_id)):
        if news is None:
            yield STILL_HERE
            continue
        if operator.session_id in news.ended:
            yield _event("ended")
            return
        version = news.versions.get(conversation_id)
        if version is not None and version != seen:
            seen = version
            yield _event("changed", {"version": version}, version)


def _since(source: Source, since: Mark) -> dict[str, Any]:
    with transaction(source.engine) as session:
        found = conversations.changes(session, since, now=source.clock())
    return {"rows": tuple(found[0]), "mark": found[1]} if found else {"rows": None, "mark": since}


def told(news: News, wanted: Filter, *, tasks: int | None) -> str:
    """What a page is told of a look; drawn once for all pages that show the same in one language: most operators watch the same list."""
    key = (wanted, tasks, readers.language())
    if key not in news.drawn:
        news.drawn[key] = _list_news(news.rows or (), wanted, news.mark, tasks=tasks)
    return news.drawn[key]


def _list_news(rows: Iterable[Row], wanted: Filter, mark: Mark, *, tasks: int | None) -> str:
    kept, gone = admitted(rows, wanted)
    if not kept and not gone and tasks is None:
        return f"id: {mark}\n\n"  # nothing to tell, but from here on
    drawn = [{"id": row.id, "at": row.at.isoformat(), "html": pages.row(row, mark.at)} for row in kept]
    return _event("rows", {"rows": drawn, "gone": gone, "tasks": tasks}, str(mark))


def _event(name: str, data: dict[str, Any] | None = None, mark: str | None = None) -> str:
    """One event; JSON has no line breaks, so one data line holds it."""
    head = f"id: {mark}\n" if mark else ""
    return f"{head}event: {name}\ndata: {json.dumps(data or {})}\n\n"
