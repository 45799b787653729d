"""Out to the identity provider and back: the routes of the login by OpenID Connect (X33).

The browser goes by plain links: no form is posted, so that the policy of forms need not name the provider. What it must bring back is in
a signed cookie of its own that lasts for minutes; what it brings back counts once.
"""

from typing import Annotated, Final, Literal

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from channels.operators import admitting, oidc, pages, sessions
from channels.operators.admitting import Begun, Refusal
from channels.operators.doors import Address, Console, Here
from channels.operators.guarding import ConsoleRoute
from channels.operators.identity_provider import Declined, IdentityProvider, Unreachable
from channels.operators.oidc import Errand, Person, Untrusted
from channels.operators.ways import code_address, federated_address, login_address, onwards
from registry.database import transaction

Problem = Literal["too_many", "stale", "declined", "down", "untrusted", "closed", "no_role", "no_clinic"]
STATUS: Final[dict[Problem, int]] = {
    "too_many": 429, "stale": 400, "declined": 403, "down": 502, "untrusted": 502, "closed": 403, "no_role": 403, "no_clinic": 403,
}  # fmt: skip
OUTAGES: Final = {"server_error", "temporarily_unavailable"}

log = structlog.get_logger("console")
router = APIRouter(prefix="/console", route_class=ConsoleRoute)


def identity_provider(here: Here) -> IdentityProvider:
    """The provider; 404 where there is none."""
    if here.identity is None:
        raise HTTPException(404, "no identity provider")
    return here.identity


Provider = Annotated[IdentityProvider, Depends(identity_provider)]


@router.get("/login/oidc")
async def leave(here: Here, provider: Provider, address: Address, next: str = "") -> Response:  # noqa: A002  the name in the address
    """To the provider, with fresh secrets that the browser keeps."""
    if not await run_in_threadpool(here.throttle.admits_address, address):
        log.warning("login refused: too many tries")
        return _problem(here, "too_many", next)
    now = here.clock()
    errand = oidc.errand(onwards(next), now=now)
    try:
        response = RedirectResponse(await provider.address(errand, now=now), 303)
    except Unreachable as error:
        log.warning("identity provider unreachable", error=str(error))
        return _problem(here, "down", next)
    here.set_cookie(response, here.errand_cookie, errand.written(here.key))
    return response


@router.get("/login/oidc/back")
async def come_back(
    request: Request, here: Here, provider: Provider, state: str = "", code: str = "", error: str = "", iss: str = ""
) -> Response:  # fmt: skip
    """From the provider: redeem the code once, then a session with a new cookie; then our own code, where one is needed."""
    errand = oidc.carried(request.cookies.get(here.errand_cookie, ""), here.key, now=here.clock())
    if errand is None or not sessions.same(state, errand.state) or not await run_in_threadpool(here.throttle.first_time, errand.state):
        log.warning("login refused: no login of this browser under way")
        return _problem(here, "stale", errand.wanted if errand else "")
    if error or not code:
        log.warning("login refused: the identity provider declined")
        response = _problem(here, "down" if error in OUTAGES else "declined", errand.wanted)
    else:
        response = await _admitted(request, here, provider, code, errand, iss)
    here.drop_cookie(response, here.errand_cookie)
    return response


async def _admitted(request: Request, here: Console, provider: IdentityProvider, code: str, errand: Errand, iss: str) -> Response:
    person = await _person(here, provider, code, errand, iss)
    if not isinstance(person, Person):
        return _problem(here, person, errand.wanted)
    former = request.cookies.get(here.session_cookie)
    begun = await run_in_threadpool(_admit, here, provider, person, former)
    if not isinstance(begun, Begun):
        log.warning("login refused", reason=begun)
        return _problem(here, begun, errand.wanted)
    response = RedirectResponse(onwards(errand.wanted) if begun.whole else code_address(errand.wanted), 303)
    here.set_cookie(response, here.session_cookie, begun.token)
    here.drop_cookie(response, here.form_cookie)
    return response


async def _person(here: Console, provider: IdentityProvider, code: str, errand: Errand, iss: str) -> Person | Problem:
    """Whom the provider has let in, or what was wrong; logged without a word of any token."""
    try:
        return await provider.person(code, errand, iss or None, now=here.clock())
    except Unreachable as error:
        log.warning("identity provider unreachable", error=str(error))
        return "down"
    except Declined as error:
        log.warning("identity provider declined the code", error=str(error))
        return "declined"
    except Untrusted as error:
        log.warning("login refused: the ID token fails a check", check=str(error))
        await run_in_threadpool(_note_untrusted, here)
        return "untrusted"


def _note_untrusted(here: Console) -> None:
    with transaction(here.engine) as session:
        sessions.audit(session, None, "login_refused", now=here.clock(), facts={"refused": "untrusted"})


def _admit(here: Console, provider: IdentityProvider, person: Person, former: str | None) -> Begun | Refusal:
    with transaction(here.engine) as session:
        return admitting.admit(session, provider.terms, person, now=here.clock(), former=former)


# --- out again


@router.get("/login/oidc/out")
async def go_out(request: Request, here: Here, provider: Provider) -> Response:
    """To the provider's logout, for a browser that has just logged out here. A page of its own leads on: were it a redirect, it would
    belong to the logout's form, which may lead to ourselves alone."""
    state = request.cookies.get(here.farewell_cookie, "")
    if not state:
        return RedirectResponse(login_address(""), 303)
    try:
        onward = await provider.farewell(state, now=here.clock())
    except Unreachable as error:
        log.warning("identity provider unreachable", error=str(error))
        onward = None
    response = _left(here, "leaving" if onward else "here_alone", onward)
    if onward:
        response.headers["Refresh"] = f"0;url={onward}"
    else:
        here.drop_cookie(response, here.farewell_cookie)
    return response


@router.get("/login/oidc/left")
def left(request: Request, here: Here, _: Provider, state: str = "") -> Response:
    """Back from the provider's logout; without the state of this browser's own logout nothing is said to have happened."""
    kept = request.cookies.get(here.farewell_cookie, "")
    ours = bool(kept) and sessions.same(state, kept)
    response = _left(here, "everywhere") if ours else RedirectResponse(login_address(""), 303)
    here.drop_cookie(response, here.farewell_cookie)
    return response


def _left(here: Console, what: Literal["leaving", "here_alone", "everywhere"], onward: str | None = None) -> Response:
    return pages.page("left.html", now=here.clock(), what=what, onward=onward, login=login_address(""))


@router.post("/login/oidc/logged-out")
async def put_out(here: Here, provider: Provider, logout_token: Annotated[str, Form()] = "") -> Response:
    """The provider tells us itself that somebody has logged out or was shut out there (Back-Channel Logout): 200, or 400 for a token that
    fails a check or was shown before, 503 while the provider's keys cannot be had."""
    now = here.clock()
    try:
        said = await provider.logged_out(logout_token, now=now)
    except Unreachable as error:
        log.warning("identity provider unreachable", error=str(error))
        return Response(status_code=503)
    except Untrusted as error:
        log.warning("logout token refused", check=str(error))
        return Response(status_code=400)
    if not await run_in_threadpool(here.throttle.first_time, f"logout token {said.token}"):
        log.warning("logout token refused", check="jti")
        return Response(status_code=400)
    await run_in_threadpool(_put_out, here, provider, said.subject)
    return Response(status_code=200)


def _put_out(here: Console, provider: IdentityProvider, subject: str) -> None:
    with transaction(here.engine) as session:
        admitting.put_out(session, provider.terms, subject, now=here.clock())


def _problem(here: Console, what: Problem, wanted: str) -> Response:
    """A page that says what happened, with a way back."""
    wanted = onwards(wanted)
    ways = {"again": federated_address(wanted), "login": login_address(wanted)}
    return pages.page("federated.html", now=here.clock(), status=STATUS[what], what=what, passwords=here.passwords, **ways)
