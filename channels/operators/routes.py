"""The console's routes: signing in and out, the list, one conversation, the tasks, the live stream. Each but the login needs a login."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Path, Request, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from starlette.responses import RedirectResponse, StreamingResponse

from channels.operators import accounts, conversations, history, pages, sessions, stream, thread, todo, words
from channels.operators.conversations import Filter, Mark
from channels.operators.doors import (
    Acting,
    Console,
    ConsoleRoute,
    Here,
    Looking,
    fresh_form_token,
    is_ours,
    login_address,
)
from channels.operators.live import Live
from channels.operators.throttle import Throttle
from registry.database import transaction

EVENTS: Final = {"X-Accel-Buffering": "no"}  # a proxy must not collect what is live
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Number = Annotated[int, Path(ge=1, lt=2**62)]

log = structlog.get_logger("console")
router = APIRouter(prefix="/console", route_class=ConsoleRoute)


def mount(
    app: FastAPI, engine: Engine, *, clock: Callable[[], datetime], public_url: str, redis_url: str | None = None, look_every: float = 1.0
) -> None:
    """Add the console to the application under /console. `look_every` is the pause between two looks for live pages, in seconds."""
    app.state.console = Console(
        engine, clock, Throttle(redis_url), Live(engine, clock, every=look_every), public_url.startswith("https://")
    )
    app.mount("/console/static", StaticFiles(directory=pages.STATIC), name="console-static")
    app.include_router(router)


# --- in and out


@router.get("/login")
def login_form(request: Request, here: Here, next: str = "") -> Response:  # noqa: A002  the name in the address
    """The form; somebody who is signed in may change to another login."""
    return _login(request, here, wanted=next)


@router.post("/login")
def log_in(
    request: Request, here: Here, login: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "",  # noqa: A002  the name in the form
) -> Response:  # fmt: skip
    """Check the password and begin a session with a new cookie, whatever cookie came along."""
    given = request.cookies.get(here.form_cookie, "")
    if not given or not sessions.same(csrf, given):
        return _login(request, here, wanted=next, login=login, problem="Formularz wygasł. Spróbuj jeszcze raz.", status=403)
    known_as = accounts.known_as(login)
    if not here.throttle.admits(known_as, request.client.host if request.client else ""):
        log.warning("login refused: too many tries")
        return _login(request, here, wanted=next, problem="Za dużo prób. Odczekaj kwadrans i spróbuj jeszcze raz.", status=429)
    token = _begin(here, known_as, password, request.cookies.get(here.session_cookie))
    if token is None:
        log.warning("login refused: wrong login or password")
        return _login(request, here, wanted=next, login=login, problem="Nieprawidłowy login lub hasło.", status=401)
    here.throttle.forget(known_as)
    response = RedirectResponse(next if is_ours(next) else "/console", 303)
    here.set_cookie(response, here.session_cookie, token)
    here.drop_cookie(response, here.form_cookie)
    return response


def _begin(here: Console, login: str, password: str, former: str | None) -> str | None:
    now = here.clock()
    with transaction(here.engine) as session:
        operator_id = accounts.authenticate(session, login, password)
        if operator_id is None:
            return None
        sessions.audit(session, operator_id, "login", now=now)
        return sessions.begin(session, operator_id, now=now, instead_of=former)


def _login(request: Request, here: Console, *, wanted: str, login: str = "", problem: str = "", status: int = 200) -> Response:
    token = fresh_form_token(request, here)
    wanted = wanted if is_ours(wanted) else ""
    response = pages.page("login.html", now=here.clock(), status=status, csrf=token, wanted=wanted, login=login, problem=problem)
    here.set_cookie(response, here.form_cookie, token)
    return response


@router.post("/logout")
def log_out(request: Request, here: Here, operator: Acting) -> Response:
    """End the session here and on every page that is still open."""
    with transaction(here.engine) as session:
        sessions.end(session, request.cookies[here.session_cookie])
        sessions.audit(session, operator.operator_id, "logout", now=here.clock())
    response = RedirectResponse(login_address(""), 303)
    here.drop_cookie(response, here.session_cookie)
    return response


# --- the list


def wanted_of(person: str = "", channel: str = "", intent: str = "", outcome: str = "") -> Filter:
    """The filter that an address asks for; what the console does not know is left out."""
    known = words.texts()
    chosen = {"channel": ("channels", channel), "intent": ("intents", intent), "outcome": ("outcomes", outcome)}
    picked: dict[str, Any] = {field: key for field, (kind, key) in chosen.items() if key in known[kind]}
    return Filter(needs_person=person == "1", **picked)


Wanted = Annotated[Filter, Depends(wanted_of)]


@router.get("")
def conversation_list(here: Here, operator: Looking, wanted: Wanted, before: str = "") -> Response:
    """Conversations, newest first; `before` is the key that a page names for the next one."""
    now = here.clock()
    with transaction(here.engine) as session:
        mark = conversations.mark(session, now=now)
        rows, further = conversations.page(session, wanted, before=_key(before))
        tasks = todo.waiting(session)
    drawn = [pages.row(row, now) for row in rows]
    query = query_of(wanted)
    return pages.page(
        "conversations.html", now=now, operator=operator, tasks=tasks, rows=drawn, wanted=wanted, first=not _key(before),
        events=f"/console/events?{urlencode({**query, 'since': str(mark)})}", newest=_address(query),
        older=further and _address({**query, "before": _written(further)}), filtered=bool(query), page_size=conversations.PAGE,
    )  # fmt: skip


def query_of(wanted: Filter) -> dict[str, str]:
    """A filter as it stands in an address."""
    given = {"person": "1" if wanted.needs_person else "", "channel": wanted.channel, "intent": wanted.intent, "outcome": wanted.outcome}
    return {key: value for key, value in given.items() if value}


def _address(query: dict[str, str]) -> str:
    return "/console" + (f"?{urlencode(query)}" if query else "")


def _written(key: tuple[datetime, int]) -> str:
    at, number = key
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{number}"


def _key(written: str) -> tuple[datetime, int] | None:
    """The key of a page out of an address; None for the first page and for what is no key."""
    at, _, number = written.partition("-")
    if not (at.isdigit() and number.isdigit() and len(at) <= 16 and len(number) <= 18):
        return None
    return EPOCH + timedelta(microseconds=int(at)), int(number)


# --- one conversation


@router.get("/conversations/{conversation_id}")
def conversation(here: Here, operator: Looking, conversation_id: Number, before: str = "") -> Response:
    """Every word of one conversation with what was understood and done, and the story of its slots. The look is noted (X33, X34)."""
    now = here.clock()
    with transaction(here.engine) as session:
        version = conversations.versions(session, [conversation_id]).get(conversation_id)
        opened = thread.find(session, conversation_id)
        if opened is None or version is None:
            raise HTTPException(404, "no such conversation")
        sessions.audit_view(session, operator.operator_id, opened.id, opened.patient_id, now=now)
        messages, earlier = thread.messages(session, opened, before=int(before) if before.isdigit() and len(before) <= 18 else None)
        facts = _about(session, opened)
    return pages.page(
        "conversation.html", now=now, operator=operator, opened=opened, messages=messages, earlier=earlier, newest=not before, **facts,
        events=f"/console/events?{urlencode({'conversation': conversation_id, 'seen': version})}",
    )  # fmt: skip


def _about(session: Any, opened: thread.Opened) -> dict[str, Any]:
    return {
        "journeys": history.journeys(session, opened), "todos": todo.of_conversation(session, opened), "tasks": todo.waiting(session),
    }  # fmt: skip


# --- tasks


@router.get("/tasks")
def task_list(here: Here, operator: Looking, after: str = "", done: str = "") -> Response:
    """Open tasks, the oldest first; `done` tells how the closing of one ended."""
    with transaction(here.engine) as session:
        found, further = todo.page(session, after=_key(after))
        tasks = todo.waiting(session)
    return pages.page(
        "tasks.html", now=here.clock(), operator=operator, todos=found, tasks=tasks, done=done, first=not _key(after),
        further=further and f"/console/tasks?{urlencode({'after': _written(further)})}",
    )  # fmt: skip


@router.post("/tasks/{task_id}/close")
def close_task(here: Here, operator: Acting, task_id: Number, back: Annotated[str, Form()] = "") -> Response:
    """Close a task; back to the page where the button was. Closing it twice closes it once."""
    with transaction(here.engine) as session:
        closed = todo.close(session, task_id, operator_id=operator.operator_id, now=here.clock())
    where = back if is_ours(back) and "?" not in back else "/console/tasks"
    return RedirectResponse(f"{where}?{urlencode({'done': 'yes' if closed else 'before'})}", 303)


# --- live


@router.get("/events")
async def events(
    request: Request, here: Here, operator: Looking, wanted: Wanted, since: str = "", conversation: str = "", seen: str = ""
) -> Response:
    """Server-sent events: of the list with a filter, or of one conversation. Last-Event-ID goes on where a connection broke."""
    last = request.headers.get("last-event-id", "")
    source = stream.Source(here.engine, here.clock, here.live)
    if conversation.isdigit() and len(conversation) <= 18:
        told = stream.of_conversation(source, operator, int(conversation), last or seen)
    else:
        told = stream.of_list(source, operator, wanted, Mark.parse(last) or Mark.parse(since))
    return StreamingResponse(told, headers=EVENTS, media_type="text/event-stream")


