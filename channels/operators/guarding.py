"""What the console answers around its routes: the same strict headers on all, to the login for whoever is not in, and refusals as pages."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from channels.operators import pages, readers, words
from channels.operators.doors import NoRight, NotYet, SignedOut, console, is_stream, whose
from channels.operators.sessions import SignedIn
from channels.operators.ways import is_ours, login_address

NOWHERE, FAILURES = 404, 500  # statuses: of an address that nobody has, and of all from which on the fault is ours
LONGEST_FORM: Final = 16_384  # bytes; no form of the console comes near it


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
    if is_stream(request):
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
    operator = whose(request, here) if status < FAILURES else None
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
