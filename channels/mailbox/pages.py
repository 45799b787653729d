"""The mailbox's pages: the letters as a person sees them, the calendar file to take along. For the demonstration only."""

import re
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from channels.mailbox.box import Mailbox

HOME: Final = Path(__file__).parent
ADDRESS: Final = re.compile(r"https?://[\w.:-]+/[\w./-]+")
HEADERS: Final = {"Cache-Control": "no-store"}
# A letter's HTML is shown in a frame that may do nothing but follow links to a new window.
FRAME: Final = {
    **HEADERS, "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups",
}  # fmt: skip


def routes(box: Mailbox) -> list[Route | Mount]:
    """The routes to mount."""
    environment = Environment(loader=FileSystemLoader(HOME / "templates"), autoescape=True, undefined=StrictUndefined)
    environment.filters["linked"] = _linked
    template = environment.get_template("mailbox.html")

    async def all_letters(_: Request) -> Response:
        found = await run_in_threadpool(box.letters)
        return HTMLResponse(template.render(letters=[_shown(name, letter) for name, letter in found]), headers=HEADERS)

    async def html(request: Request) -> Response:
        letter = await run_in_threadpool(box.letter, request.path_params["name"])
        part = letter.get_body(("html",)) if letter else None
        if part is None:
            return Response("no such letter", 404)
        page = str(part.get_content()).replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(page, headers=FRAME)

    async def calendar(request: Request) -> Response:
        letter = await run_in_threadpool(box.letter, request.path_params["name"])
        part = _calendar(letter) if letter else None
        if part is None:
            return Response("no such file", 404)
        return Response(part, media_type="text/calendar", headers={**HEADERS, "Content-Disposition": 'attachment; filename="wizyta.ics"'})

    return [
        Mount("/mailbox/static", StaticFiles(directory=HOME / "static")),
        Route("/mailbox", all_letters), Route("/mailbox/{name}/html", html), Route("/mailbox/{name}/calendar", calendar),
    ]  # fmt: skip


def _shown(name: str, letter: EmailMessage) -> dict[str, Any]:
    body = letter.get_body(("plain",))
    at: datetime = parsedate_to_datetime(str(letter["Date"]))
    return {
        "name": name, "to": str(letter["To"]), "subject": str(letter["Subject"]), "sender": str(letter["From"]), "at": at.astimezone(),
        "words": str(body.get_content()).strip() if body else "", "calendar": _calendar(letter) is not None,
    }  # fmt: skip


def _calendar(letter: EmailMessage) -> bytes | None:
    part = next((part for part in letter.iter_attachments() if part.get_content_type() == "text/calendar"), None)
    return part.get_payload(decode=True) if part is not None else None  # type: ignore[return-value]  # decoded: bytes


def _linked(words: str) -> Markup:
    """The words with addresses as links; everything else is escaped."""
    parts, end = [], 0
    for found in ADDRESS.finditer(words):
        parts += [escape(words[end : found.start()]), Markup('<a href="{0}">{0}</a>').format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(words[end:])])
