"""Who comes in and how: cookies, the check before every page, the secret that every form must send along."""

import re
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, Form, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlalchemy import Engine
from starlette.responses import RedirectResponse

from channels.operators import pages, readers, sessions, words
from channels.operators.identity_provider import IdentityProvider
from channels.operators.live import Live
from channels.operators.rights import Right
from channels.operators.sessions import SignedIn
from channels.operators.throttle import Throttle
from channels.operators.ways import STAGES, is_ours, login_address
from registry.catalogue import Policy
from registry.database import transaction
from registry.figures import Counted
from voice_models.usable import Unheard

LIVE_PAGE: Final = "x-live-page"  # the header that console.js sends where nobody has asked for the page
NOWHERE, FAILURES = 404, 500  # statuses: of an address that nobody has, and of all from which on the fault is ours
LONGEST_FORM: Final = 16_384  # bytes; no form of the console comes near it

LONGEST_KEPT: Final = 365 * 24 * 3600  # seconds that a browser keeps the language


class Today(NamedTuple):
    """What has been counted of the day that goes on, and when."""

    at: datetime
    figures: list[Counted]


class SignedOut(Exception):
    """Nobody is signed in here, or the session has ended."""


class NotYet(Exception):
    """Signed in, but something must be done first; the argument is its page."""


class NoRight(Exception):
    """This role may not do this."""


@dataclass(frozen=True, slots=True)
class Console:
    """What the routes work with; one for each application."""

    engine: Engine
    clock: Callable[[], datetime]
    throttle: Throttle
    live: Live
    secure: bool  # the public address is https
    key: bytes  # the installation's own, from which second factors are made
    factor_needed: bool  # nobody works here without a second factor
    policy: Policy
    identity: IdentityProvider | None = None  # who else lets people in
    recordings: Path | None = None  # the folder of recorded calls
    unheard: tuple[Unheard, ...] = ()  # languages whose calls run on keys alone
    counted: dict[int | None, Today] = field(default_factory=dict)  # the present day's figures, by clinic, for as long as they are fresh

    @property
    def session_cookie(self) -> str:
        """A `__Host-` cookie can be set by this very host alone, and only over https."""
        return "__Host-cer-console" if self.secure else "cer-console"

    @property
    def errand_cookie(self) -> str:
        """Ties a login by the identity provider to the browser that began it."""
        return "__Host-cer-errand" if self.secure else "cer-errand"

    @property
    def farewell_cookie(self) -> str:
        """Ties a logout at the identity provider to the browser that logged out here."""
        return "__Host-cer-farewell" if self.secure else "cer-farewell"

    @property
    def passwords(self) -> bool:
        """Whether one may come in with a password."""
        return self.identity is None or self.identity.terms.passwords

    @property
    def form_cookie(self) -> str:
        """Ties the login form to the browser that asked for it, before there is a session."""
        return "__Host-cer-login" if self.secure else "cer-login"

    @property
    def language_cookie(self) -> str:
        """The language last chosen in this browser, for the pages before a login."""
        return "__Host-cer-language" if self.secure else "cer-language"

    def set_cookie(self, response: Response, name: str, value: str, *, kept: int | None = None) -> None:
        """A cookie that scripts cannot read and other sites cannot send; `kept` seconds, else until the browser is closed."""
        response.set_cookie(name, value, max_age=kept, path="/", httponly=True, samesite="lax", secure=self.secure)

    def drop_cookie(self, response: Response, name: str) -> None:
        """Take a cookie out of the browser."""
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=self.secure)


def console(request: Request) -> Console:
    """The console of the application that answers."""
    found: Console = request.app.state.console
    return found


Here = Annotated[Console, Depends(console)]


def address_of(request: Request) -> str | None:
    """The network address that a request comes from; None where there is none, as on a unix socket."""
    return (request.client.host or None) if request.client else None


Address = Annotated[str | None, Depends(address_of)]


def half_in(request: Request, here: Here) -> SignedIn:
    """Whoever has a session, whatever he must still do. Raises SignedOut."""
    operator = _whose(request, here)
    if operator is None:
        raise SignedOut
    request.state.operator = operator
    return operator


def _whose(request: Request, here: Console) -> SignedIn | None:
    with transaction(here.engine) as session:
        token = request.cookies.get(here.session_cookie)
        operator = sessions.current(session, token, now=here.clock(), factor_needed=here.factor_needed, used=not _by_itself(request))
    if operator is not None:
        readers.prefers(operator.language)
    return operator


def _by_itself(request: Request) -> bool:
    """Whether an open page asks, and nobody has touched anything: a stream that connects again, a page that draws itself anew."""
    return _is_stream(request) or LIVE_PAGE in request.headers


def _is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


HalfIn = Annotated[SignedIn, Depends(half_in)]


def signed_in(operator: HalfIn) -> SignedIn:
    """The operator who asks, ready to work. Raises SignedOut and NotYet."""
    if operator.stage != "full":
        raise NotYet(STAGES[operator.stage])
    return operator


SignedInHere = Annotated[SignedIn, Depends(signed_in)]


@dataclass(frozen=True, slots=True)
class Allowed:
    """A dependency: the operator who asks, when his role has the right. Raises SignedOut, NotYet and NoRight."""

    right: Right

    def __call__(self, operator: SignedInHere) -> SignedIn:
        """The operator."""
        if not operator.may(self.right):
            raise NoRight
        return operator


def own_form(operator: HalfIn, csrf: Annotated[str, Form()] = "") -> SignedIn:
    """Whoever sends a form; 403 when the form was not drawn for this session (another site's, an older session's)."""
    if not sessions.same(csrf, operator.csrf):
        raise HTTPException(403, "form of another session")
    return operator


@dataclass(frozen=True, slots=True)
class AllowedForm:
    """A dependency: the operator who sends a form drawn for this very session, when his role has the right."""

    right: Right

    def __call__(self, operator: Annotated[SignedIn, Depends(own_form)], _: SignedInHere) -> SignedIn:
        """The operator."""
        if not operator.may(self.right):
            raise NoRight
        return operator


Looking = Annotated[SignedIn, Depends(Allowed("look"))]
Counting = Annotated[SignedIn, Depends(Allowed("figures"))]
Auditing = Annotated[SignedIn, Depends(Allowed("audit"))]
Keeping = Annotated[SignedIn, Depends(Allowed("accounts"))]
HalfActing = Annotated[SignedIn, Depends(own_form)]
Listening = Annotated[SignedIn, Depends(Allowed("unmask"))]
LookingForm = Annotated[SignedIn, Depends(AllowedForm("look"))]
Acting = Annotated[SignedIn, Depends(AllowedForm("act"))]
Unmasking = Annotated[SignedIn, Depends(AllowedForm("unmask"))]
Teaching = Annotated[SignedIn, Depends(AllowedForm("teach"))]
KeepingForm = Annotated[SignedIn, Depends(AllowedForm("accounts"))]
Releasing = Annotated[SignedIn, Depends(Allowed("own_data"))]
ReleasingForm = Annotated[SignedIn, Depends(AllowedForm("own_data"))]


class ConsoleRoute(APIRoute):
    """Every answer of the console: to the login for whoever is not signed in, the same strict headers on all."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            readers.begins(request.cookies.get(console(request).language_cookie))
            try:
                if not _small(request):
                    response = _problem(request, 413)
                elif await _has_nul(request):
                    response = _problem(request, 400)
                else:
                    response = await answer(request)
            except SignedOut:
                response = _to_login(request)
            except NotYet as first:
                response = RedirectResponse(str(first), 303)
            except NoRight:
                response = _problem(request, 403, "right")
            except RequestValidationError:
                response = _problem(request, 404)
            except HTTPException as refused:
                response = _problem(request, refused.status_code)
            response.headers.update(pages.HEADERS)
            return response

        return guarded


def _small(request: Request) -> bool:
    if request.method in ("GET", "HEAD"):
        return True
    length = request.headers.get("content-length", "")
    return length.isdigit() and int(length) <= LONGEST_FORM


async def _has_nul(request: Request) -> bool:
    """Whether a zero character is sent, written out or not: no keyboard has one, and PostgreSQL keeps none."""
    sent = [request.scope.get("raw_path") or request.url.path.encode(), request.url.query.encode()]
    if request.method not in ("GET", "HEAD"):
        sent.append(await request.body())
    return any(b"%00" in part or b"\0" in part for part in sent)


def _to_login(request: Request) -> Response:
    """Pages lead to the login and back; a stream is refused, so that the page says what happened."""
    if _is_stream(request):
        return Response(status_code=401)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = here if request.method == "GET" and is_ours(here) else ""
    return RedirectResponse(login_address(wanted), 303)


def _problem(request: Request, status: int, why: str | None = None) -> Response:
    """A refusal by a route; whoever is signed in keeps the console around it."""
    key = why or str(status)
    heading, advice = _refusal(key if key in words.texts()["refused"] else str(NOWHERE))
    return _drawn(request, status, heading, advice, getattr(request.state, "operator", None))


def _refusal(key: str) -> tuple[str, str]:
    return words.name("refused", key), words.name("refused_advice", key)


def problem_page(request: Request, status: int, heading: str, advice: str) -> Response:
    """What no route of ours answered, or one broke at: with the console around it for whoever is signed in, for others these words alone.
    A failure of ours asks the database for nobody."""
    here = console(request)
    readers.begins(request.cookies.get(here.language_cookie))
    operator = _whose(request, here) if status < FAILURES else None
    if status == NOWHERE:
        heading, advice = _refusal(str(NOWHERE))
    elif (key := str(status)) in words.texts()["failed"]:
        heading, advice = words.name("failed", key), words.name("failed_advice", key)
    response = _drawn(request, status, heading, advice, operator)
    response.headers.update(pages.HEADERS)
    return response


def _drawn(request: Request, status: int, heading: str, advice: str, operator: SignedIn | None) -> Response:
    whole = operator if operator is not None and operator.stage == "full" else None
    return pages.page(
        "problem.html", now=console(request).clock(), status=status, heading=heading, advice=advice, operator=whole, tasks=0, place=""
    )


def fresh_form_token(request: Request, here: Console) -> str:
    """The browser's token for the login form, or a new one."""
    given = request.cookies.get(here.form_cookie, "")
    return given if re.fullmatch(r"[\w-]{43}", given) else secrets.token_urlsafe(32)
