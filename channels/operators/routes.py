"""The console's routes for work with conversations: the list, one conversation, the tasks, the live stream; and the console's mounting."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path as Folder
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Form, HTTPException, Path, Request, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, StreamingResponse

from channels import pages as problems
from channels.operators import (
    acting,
    browsing,
    conversations,
    entry,
    federated,
    figures,
    hearing,
    history,
    joining,
    keeping,
    pages,
    preferring,
    releasing,
    serving,
    sessions,
    stream,
    taking,
    tasking,
    teaching,
    telephony,
    thread,
    todo,
    unmasking,
    views,
)
from channels.operators.browsing import Wanted
from channels.operators.conversations import Mark
from channels.operators.doors import Console, Here, Looking, Unmasking
from channels.operators.filters import address, query_of
from channels.operators.guarding import ConsoleRoute, problem_page
from channels.operators.identity_provider import IdentityProvider
from channels.operators.keys import key_of, written
from channels.operators.live import Live
from channels.operators.oidc import Terms
from channels.operators.sessions import SignedIn
from channels.operators.throttle import Throttle
from registry.catalogue import POLICY, Policy
from registry.database import transaction
from voice_models.usable import Unheard

EVENTS: Final = {"X-Accel-Buffering": "no"}  # a proxy must not collect what is live
Number = Annotated[int, Path(ge=1, lt=2**62)]

router = APIRouter(prefix="/console", route_class=ConsoleRoute)
ROUTERS: Final = (
    entry.router, federated.router, router, browsing.router, serving.router, joining.router, tasking.router, teaching.router,
    figures.router, acting.router, keeping.router, hearing.router, releasing.router, preferring.router,
)  # fmt: skip


def mount(
    app: FastAPI, engine: Engine, *, clock: Callable[[], datetime], public_url: str, secret_key: str, factor_needed: bool,
    redis_url: str | None = None, look_every: float = 1.0, policy: Policy = POLICY, terms: Terms | None = None,
    recordings: Folder | None = None, unheard: tuple[Unheard, ...] = (),
) -> None:  # fmt: skip
    """Add the console to the application under /console.

    `secret_key` is what second factors are made from, `factor_needed` whether nobody works without one; `look_every` is the pause
    between two looks for live pages, in seconds; `terms` are those of the identity provider that also lets people in;
    `recordings` is the folder of recorded calls; `unheard` are the languages in which callers cannot speak here, which the console says.
    """
    live = Live(engine, clock, every=look_every)
    secure = public_url.startswith("https://")
    identity = None if terms is None else IdentityProvider(terms)
    app.state.console = Console(
        engine, clock, Throttle(redis_url), live, secure, secret_key.encode(), factor_needed, policy, identity, recordings, unheard
    )  # fmt: skip
    app.mount("/console/static", StaticFiles(directory=pages.STATIC), name="console-static")
    for part in ROUTERS:
        app.include_router(part)
    problems.draw(app, "/console", problem_page)


# --- the list


@router.get("")
def conversation_list(here: Here, operator: Looking, wanted: Wanted, before: str = "") -> Response:
    """Conversations, newest first; `before` is the key that a page names for the next one."""
    now = here.clock()
    with transaction(here.engine) as session:
        mark = conversations.mark(session, now=now)
        rows, further = conversations.page(session, wanted, before=key_of(before))
        facts: dict[str, Any] = {"tasks": todo.waiting(session, operator.provider_id), "saved": views.offered(session, operator)}
    drawn = [pages.row(row, now) for row in rows]
    query = query_of(wanted)
    return pages.page(
        "conversations.html", now=now, operator=operator, rows=drawn, wanted=wanted, first=not key_of(before), **facts,
        events=address("/console/events", {**query, "since": str(mark)}), newest=address("/console", query), query=urlencode(query),
        older=further and address("/console", {**query, "before": written(further)}), filtered=bool(query), page_size=conversations.PAGE,
        unheard=here.unheard,
    )  # fmt: skip


# --- one conversation


@router.get("/conversations/{conversation_id}")
def conversation(
    here: Here, operator: Looking, conversation_id: Number, before: str = "", reason: str = "", talk: str = "", done: str = "",
    task: tasking.TaskOf = 0,
) -> Response:  # fmt: skip
    """Every word of one conversation with what was understood and done, and the story of its slots. The look is noted (X33, X34)."""
    now = here.clock()
    with transaction(here.engine) as session:
        version = conversations.versions(session, [conversation_id]).get(conversation_id)
        until = unmasking.until(session, operator, conversation_id, now=now)
        opened = thread.find(session, conversation_id, provider_id=operator.provider_id, unmasked=until is not None)
        if opened is None or version is None:
            raise HTTPException(404, "no such conversation")
        sessions.audit_view(session, operator.operator_id, opened.id, opened.patient_ids, now=now)
        messages, earlier = thread.messages(session, opened, before=int(before) if before.isdigit() and len(before) <= 18 else None)
        facts = {**_about(session, opened), **telephony.told(session, opened, [one.id for one in messages])}
        whose = todo.holder(session, operator, task)
        held = taking.held(session, operator, opened, now=now)
    return pages.page(
        "conversation.html", now=now, operator=operator, opened=opened, messages=messages, earlier=earlier, newest=not before, **facts,
        unmasked_until=until, reason_short=reason == "short", held=held, lost=talk == "lost", done=done, whose=whose,
        events=f"/console/events?{urlencode({'conversation': conversation_id, 'seen': version})}",
    )  # fmt: skip


def _about(session: Any, opened: thread.Opened) -> dict[str, Any]:
    return {
        "journeys": history.journeys(session, opened), "todos": todo.of_conversation(session, opened),
        "closed": todo.closed_of(session, opened), "kinds": todo.BY_HAND, "once": secrets.token_hex(8),
        "tasks": todo.waiting(session, opened.provider_id),
    }  # fmt: skip


@router.post("/conversations/{conversation_id}/unmask")
def unmask(here: Here, operator: Unmasking, conversation_id: Number, reason: Annotated[str, Form()] = "") -> Response:
    """Show who it is for a while, to one whose role may see it and who says why. Reason and look are noted (X33)."""
    with transaction(here.engine) as session:
        opened = thread.find(session, conversation_id, provider_id=operator.provider_id)
        if opened is None:
            raise HTTPException(404, "no such conversation")
        given = unmasking.unmask(session, operator, opened, reason, now=here.clock())
    return RedirectResponse(f"/console/conversations/{conversation_id}" + ("" if given else "?reason=short"), 303)


# --- live


@router.get("/events")
async def events(
    request: Request, here: Here, operator: Looking, wanted: Wanted, since: str = "", conversation: str = "", seen: str = ""
) -> Response:
    """Server-sent events: of the list with a filter, or of one conversation. Last-Event-ID goes on where a connection broke."""
    last = request.headers.get("last-event-id", "")
    source = stream.Source(here.engine, here.clock, here.live)
    if conversation.isdigit() and len(conversation) <= 18:
        if not await run_in_threadpool(_sees, here, operator, int(conversation)):
            raise HTTPException(404, "no such conversation")
        told = stream.of_conversation(source, operator, int(conversation), last or seen)
    else:
        told = stream.of_list(source, operator, wanted, Mark.parse(last) or Mark.parse(since))
    return StreamingResponse(told, headers=EVENTS, media_type="text/event-stream")


def _sees(here: Console, operator: SignedIn, conversation_id: int) -> bool:
    with transaction(here.engine) as session:
        return thread.find(session, conversation_id, provider_id=operator.provider_id) is not None
