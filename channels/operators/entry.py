"""In and out: the login, the second factor's code, the logout; and what each may do with the own account."""

import secrets
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import accounts, factor, pages, sessions, words
from channels.operators.doors import Address, Console, HalfActing, HalfIn, Here, SignedOut, fresh_form_token
from channels.operators.guarding import ConsoleRoute
from channels.operators.sessions import SignedIn
from channels.operators.ways import OUT, STAGES, code_address, federated_address, is_ours, login_address, onwards
from registry.database import transaction
from registry.staff import Operator

log = structlog.get_logger("console")
router = APIRouter(prefix="/console", route_class=ConsoleRoute)


@router.get("/login")
def login_form(request: Request, here: Here, next: str = "") -> Response:  # noqa: A002  the name in the address
    """The form; somebody who is signed in may change to another login."""
    return _login(request, here, wanted=next)


@router.post("/login")
def log_in(
    request: Request, here: Here, address: Address, login: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "",  # noqa: A002  the name in the form
) -> Response:  # fmt: skip
    """Check the password and begin a session with a new cookie, whatever cookie came along; then the code, where there is a factor."""
    given = request.cookies.get(here.form_cookie, "")
    if not given or not sessions.same(csrf, given):
        return _login(request, here, wanted=next, login=login, problem="expired", status=403)
    if not here.passwords:
        return _login(request, here, wanted=next, problem="no_passwords", status=403)
    known_as = accounts.known_as(login)
    if not here.throttle.admits(known_as, address):
        log.warning("login refused: too many tries")
        return _login(request, here, wanted=next, problem="too_many", status=429)
    begun = _begin(here, known_as, password, request.cookies.get(here.session_cookie))
    if begun is None:
        log.warning("login refused: wrong login or password")
        return _login(request, here, wanted=next, login=login, problem="wrong", status=401)
    token, whole = begun
    here.throttle.forget(known_as)
    response = RedirectResponse(onwards(next) if whole else code_address(next), 303)
    here.set_cookie(response, here.session_cookie, token)
    here.drop_cookie(response, here.form_cookie)
    return response


def _begin(here: Console, login: str, password: str, former: str | None) -> tuple[str, bool] | None:
    """The cookie of a new session, and whether it opens everything or still needs a code; None for a wrong login or password."""
    now = here.clock()
    with transaction(here.engine) as session:
        operator_id = accounts.authenticate(session, login, password)
        if operator_id is None:
            return None
        whole = session.get_one(Operator, operator_id).factor_since is None
        if whole:
            sessions.audit(session, operator_id, "login", now=now)
        return sessions.begin(session, operator_id, now=now, instead_of=former, verified=whole), whole


def _said(problem: str) -> str:
    return words.name("entry_problems", problem).format(shortest=accounts.SHORTEST, longest=accounts.LONGEST)


def _login(request: Request, here: Console, *, wanted: str, login: str = "", problem: str = "", status: int = 200) -> Response:
    token = fresh_form_token(request, here)
    wanted = wanted if is_ours(wanted) else ""
    ways = {"passwords": here.passwords, "elsewhere": here.identity and federated_address(wanted)}
    ways |= {"csrf": token, "wanted": wanted, "login": login, "problem": _said(problem)}
    response = pages.page("login.html", now=here.clock(), status=status, **ways)
    here.set_cookie(response, here.form_cookie, token)
    return response


@router.get("/login/code")
def code_form(here: Here, operator: HalfIn, next: str = "") -> Response:  # noqa: A002  the name in the address
    """Asks for the second factor's code; nothing else opens before."""
    return RedirectResponse(onwards(next), 303) if operator.stage != "code" else _code(here, operator, next)


@router.post("/login/code")
def show_code(
    request: Request, here: Here, operator: HalfActing, address: Address, code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002  the name in the form
) -> Response:  # fmt: skip
    """Check the code; a new session with a new cookie takes the place of the half open one."""
    if not here.throttle.admits(f"code of {operator.operator_id}", address):
        log.warning("code refused: too many tries")
        return _code(here, operator, next, problem="too_many", status=429)
    now = here.clock()
    with transaction(here.engine) as session:
        half = request.cookies[here.session_cookie]
        right = factor.accept(session, operator.operator_id, code, here.key, now=now)  # holds the account's row
        if right:
            if sessions.current(session, half, now=now) is None:  # put out meanwhile: its password counts no more
                raise SignedOut
            sessions.audit(session, operator.operator_id, "login", now=now, facts={"factor": True})
            token = sessions.begin(session, operator.operator_id, now=now, instead_of=half)
    if not right:
        log.warning("code refused: wrong code")
        return _code(here, operator, next, problem="wrong_code", status=401)
    here.throttle.forget(f"code of {operator.operator_id}")
    response = RedirectResponse(onwards(next), 303)
    here.set_cookie(response, here.session_cookie, token)
    return response


def _code(here: Console, operator: SignedIn, wanted: str, *, problem: str = "", status: int = 200) -> Response:
    wanted = wanted if is_ours(wanted) else ""
    return pages.page("code.html", now=here.clock(), status=status, operator=operator, wanted=wanted, problem=_said(problem))


@router.post("/logout")
def log_out(request: Request, here: Here, operator: HalfActing) -> Response:
    """End the session here and on every page that is still open; who came in by the identity provider goes there to log out too."""
    with transaction(here.engine) as session:
        issuer = session.get_one(Operator, operator.operator_id).issuer
        sessions.end(session, request.cookies[here.session_cookie])
        sessions.audit(session, operator.operator_id, "logout", now=here.clock())
    elsewhere = here.identity is not None and issuer == here.identity.terms.issuer
    response = RedirectResponse(OUT if elsewhere else login_address(""), 303)
    here.drop_cookie(response, here.session_cookie)
    if elsewhere:
        here.set_cookie(response, here.farewell_cookie, secrets.token_urlsafe(32))
    return response


# --- the own account


@router.get("/account")
def account(here: Here, operator: HalfIn, done: str = "") -> Response:
    """The own account: password, second factor; also the place where a given password must be changed."""
    return RedirectResponse(STAGES["code"], 303) if operator.stage == "code" else _account(here, operator, done=done)


@router.post("/account/password")
def change_password(
    here: Here, operator: HalfActing, address: Address, password: Annotated[str, Form()] = "", fresh: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """A new password, with the old one asked again; every other session of this operator ends."""
    if operator.stage == "code":
        return RedirectResponse(STAGES["code"], 303)
    if not here.throttle.admits(f"password of {operator.operator_id}", address):
        return _account(here, operator, problem="too_many", status=429)
    with transaction(here.engine) as session:
        problem = _problem_with(session, operator, password, fresh, again)
        if not problem:
            sessions.end_all(session, operator.operator_id, but=operator.session_id)
            sessions.audit(session, operator.operator_id, "password_changed", now=here.clock())
    if problem:
        return _account(here, operator, problem=problem, status=422)
    here.throttle.forget(f"password of {operator.operator_id}")
    return RedirectResponse("/console/account?done=password", 303)


def _problem_with(session: Session, operator: SignedIn, password: str, fresh: str, again: str) -> str:
    """Change the password, or the key of why not."""
    if not accounts.right_password(session, operator.operator_id, password):
        return "other"
    if fresh != again:
        return "unlike"
    try:
        accounts.choose_password(session, operator.operator_id, fresh)
    except accounts.WeakPassword:
        return "weak"
    return ""


def _account(here: Console, operator: SignedIn, *, problem: str = "", done: str = "", status: int = 200) -> Response:
    with transaction(here.engine) as session:
        own = session.get_one(Operator, operator.operator_id)
        facts = {"factor_since": own.factor_since, "federated": own.subject is not None}
    return _page(here, "account.html", operator, problem=_said(problem), done=done, status=status, **facts)


@router.get("/account/factor")
def factor_form(here: Here, operator: HalfIn) -> Response:
    """The key for an authenticator application, shown until a code has confirmed it."""
    return _factor(here, operator)


@router.post("/account/factor")
def confirm_factor(here: Here, operator: HalfActing, address: Address, code: Annotated[str, Form()] = "") -> Response:
    """Put the factor into use with its first code."""
    if operator.stage == "code":
        return RedirectResponse(STAGES["code"], 303)
    if not here.throttle.admits(f"code of {operator.operator_id}", address):
        return _factor(here, operator, problem="too_many", status=429)
    now = here.clock()
    with transaction(here.engine) as session:
        right = factor.accept(session, operator.operator_id, code, here.key, now=now)
        if right:
            sessions.end_all(session, operator.operator_id, but=operator.session_id)
            sessions.audit(session, operator.operator_id, "factor_set", now=now)
    if not right:
        return _factor(here, operator, problem="wrong_code", status=401)
    return RedirectResponse("/console/account?done=factor", 303)


def _factor(here: Console, operator: SignedIn, *, problem: str = "", status: int = 200) -> Response:
    if operator.stage == "code":
        return RedirectResponse(STAGES["code"], 303)
    try:
        with transaction(here.engine) as session:
            key = factor.offer(session, operator.operator_id, here.key)
    except LookupError:
        return RedirectResponse("/console/account", 303)
    return _page(here, "factor.html", operator, key=key, problem=_said(problem), status=status)


def _page(here: Console, template: str, operator: SignedIn, **facts: Any) -> Response:
    return pages.page(template, now=here.clock(), operator=operator, tasks=0, **facts)
