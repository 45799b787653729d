"""The language of the console chosen: by an operator for himself, before a login for the browser alone."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from channels.operators import readers, sessions
from channels.operators.doors import LONGEST_KEPT, Console, HalfActing, Here
from channels.operators.guarding import ConsoleRoute
from channels.operators.ways import is_ours, login_address, onwards
from registry.database import transaction

router = APIRouter(prefix="/console", route_class=ConsoleRoute)


@router.get("/login/language")
def choose_before(here: Here, to: str = "", next: str = "") -> Response:  # noqa: A002  the name in the address
    """The login in another language; the page that was wanted stays wanted."""
    response = RedirectResponse(login_address(next if is_ours(next) else ""), 303)
    _keep(here, response, to)
    return response


@router.post("/language")
def choose(request: Request, here: Here, operator: HalfActing, to: Annotated[str, Form()] = "") -> Response:
    """The language of the one who asks, from now on wherever he signs in; and back to the page that he was on."""
    response = RedirectResponse(_back(request), 303)
    if language := readers.known(to):
        with transaction(here.engine) as session:
            sessions.prefer(session, operator.operator_id, language)
        _keep(here, response, language)
    return response


def _keep(here: Console, response: Response, to: str) -> None:
    if language := readers.known(to):
        here.set_cookie(response, here.language_cookie, language, kept=LONGEST_KEPT)


def _back(request: Request) -> str:
    """The page that the form stood on, where the browser names it: never another site's."""
    try:
        came = urlsplit(request.headers.get("referer", ""))
    except ValueError:  # no address at all
        return onwards("")
    return onwards(came.path + (f"?{came.query}" if came.query else ""))
