"""Who comes in and how: cookies, the check before every page, the secret that every form must send along."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from fastapi import Depends, Form, HTTPException, Request, Response
from sqlalchemy import Engine

from channels.operators import readers, sessions
from channels.operators.identity_provider import IdentityProvider
from channels.operators.live import Live
from channels.operators.rights import Right
from channels.operators.sessions import SignedIn
from channels.operators.throttle import Throttle
from channels.operators.ways import STAGES
from registry.catalogue import Policy
from registry.database import transaction
from registry.figures import Counted
from voice_models.usable import Unheard

LIVE_PAGE: Final = "x-live-page"  # the header that console.js sends where nobody has asked for the page
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
    operator = whose(request, here)
    if operator is None:
        raise SignedOut
    request.state.operator = operator
    return operator


def whose(request: Request, here: Console) -> SignedIn | None:
    """Whoever has a session here, and the language that he prefers set; None for all others."""
    with transaction(here.engine) as session:
        token = request.cookies.get(here.session_cookie)
        operator = sessions.current(session, token, now=here.clock(), factor_needed=here.factor_needed, used=not _by_itself(request))
    if operator is not None:
        readers.prefers(operator.language)
    return operator


def _by_itself(request: Request) -> bool:
    """Whether an open page asks, and nobody has touched anything: a stream that connects again, a page that draws itself anew."""
    return is_stream(request) or LIVE_PAGE in request.headers


def is_stream(request: Request) -> bool:
    """Whether a page listens for what happens, and draws nothing of its own from the answer."""
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


def fresh_form_token(request: Request, here: Console) -> str:
    """The browser's token for the login form, or a new one."""
    given = request.cookies.get(here.form_cookie, "")
    return given if re.fullmatch(r"[\w-]{43}", given) else secrets.token_urlsafe(32)
