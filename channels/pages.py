"""What a person or a program sees when a request cannot be answered; never a trace, never what was sent."""

import json
from collections.abc import Callable
from html import escape
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.responses import Response

RETRY_SECONDS = 5

# Status -> (heading, what to do), in Polish for people.
WORDS = {
    400: ("Nie rozumiemy tego żądania", "Wróć do poprzedniej strony i spróbuj jeszcze raz."),
    401: ("Trzeba się zalogować", "Zaloguj się i spróbuj jeszcze raz."),
    403: ("Brak dostępu", "To konto nie ma dostępu do tej strony albo sesja wygasła. Zaloguj się ponownie."),
    404: ("Nie ma takiej strony", "Sprawdź adres."),
    405: ("Tej strony nie można tak wywołać", "Wróć do poprzedniej strony i spróbuj jeszcze raz."),
    413: ("Za dużo danych", "Przesłana treść jest zbyt długa."),
    422: ("Formularz jest niekompletny", "Popraw pola i wyślij jeszcze raz."),
    429: ("Za dużo prób", "Odczekaj chwilę i spróbuj jeszcze raz."),
    500: ("Coś się nie udało", "Błąd został zapisany. Spróbuj jeszcze raz za chwilę."),
    503: ("System chwilowo nie działa", "Baza danych jest niedostępna. Spróbuj jeszcze raz za chwilę."),
}

# How a part of the application draws its own page of a problem: request, status, heading, what to do.
Drawn = Callable[[Request, int, str, str], Response]

# Dressed as the pages of a letter's links are; the chat is where anybody may go on, in production too.
PAGE = """<!doctype html>
<html lang="pl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{heading} – e-Rejestracja</title><link rel="stylesheet" href="/visit/static/page.css"></head>
<body><main><p class="brand">e-Rejestracja</p><h1>{heading}</h1><p>{advice}</p>
<p><a href="/chat">Czat e-Rejestracji</a></p><p class="soft">{status}</p></main></body></html>
"""


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a page or, for programs, with JSON; an absent database with 503."""
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DBAPIError, _database_failed)
    app.add_exception_handler(PoolExhausted, _database_away)
    app.add_exception_handler(Exception, _unexpected)


def draw(app: FastAPI, prefix: str, drawn: Drawn) -> None:
    """Let addresses at and under `prefix` have problem pages of their own look."""
    app.state.drawn = {**getattr(app.state, "drawn", {}), prefix: drawn}


def _own(request: Request) -> Drawn | None:
    path, drawn = request.url.path, getattr(request.app.state, "drawn", {})
    return next((one for prefix, one in drawn.items() if path == prefix or path.startswith(f"{prefix}/")), None)


def _told(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return answer(request, error.status_code, dict(error.headers or {}), error.detail)


def _invalid(request: Request, error: Exception) -> Response:
    """Which fields are wrong and how; FastAPI's own answer would repeat what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [{"field": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in error.errors()]
    return answer(request, 422, {}, "invalid request", problems=problems)


def _database_failed(request: Request, error: Exception) -> Response:
    """A lost or refused connection is a matter of time: 503, so that a carrier comes again. The rest is our defect."""
    lost = isinstance(error, InterfaceError | OperationalError) or getattr(error, "connection_invalidated", False)
    return _database_away(request, error) if lost else _unexpected(request, error)


def _database_away(request: Request, _: Exception) -> Response:
    return answer(request, 503, {"Retry-After": str(RETRY_SECONDS)}, "database unavailable")


def _unexpected(request: Request, _: Exception) -> Response:
    return answer(request, 500, {}, "internal error")


def answer(request: Request, status: int, headers: dict[str, str], detail: str, **more: object) -> Response:
    """The page for a browser, `{"detail": …}` for everybody else."""
    if status in {204, 304}:
        return Response(status_code=status, headers=headers)
    if "text/html" in request.headers.get("accept", ""):
        heading, advice = WORDS.get(status, (HTTPStatus(status).phrase, ""))
        if drawn := _own(request):
            page = drawn(request, status, heading, advice)
            page.headers.update(headers)
            return page
        body = PAGE.format(status=status, heading=escape(heading), advice=escape(advice))
        return Response(body, status, headers, "text/html; charset=utf-8")
    return Response(json.dumps({"detail": detail, **more}), status, headers, "application/json")
