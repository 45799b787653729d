"""The telephones in the browser: every demo patient's thread, live, with a box to answer in. The demo's face.

One page, rendered whole on the server: without JavaScript it reads and answers all the same. The script
adds life.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from channels.simulator.carrier import Carrier
from channels.simulator.programs import Programs, Unanswerable, seen
from channels.simulator.segments import BASIC, EXTENSION
from channels.simulator.subscribers import Telephone

QUICK_REPLIES = ("TAK", "ODWOLAJ", "nie dam rady, proszę odwołać", "COFNIJ")
_THREAD = 60  # messages of a telephone that the page starts with
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """/telephone, over one carrier."""

    def __init__(self, carrier: Carrier, programs: Programs) -> None:
        self._carrier, self._programs = carrier, programs
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("telephone.html")

    async def shelf(self, _: Request) -> Response:
        """All telephones with their threads."""
        return self._rendered()

    async def answer(self, request: Request) -> Response:
        """A patient's answer sent as a form: back to that telephone, or the page with what is wrong."""
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        body = fields.get("quick", fields.get("body", [""]))[0]
        try:
            telephone = self._programs.find(request.path_params["number"])
            await self._programs.write(telephone, body)
        except Unanswerable as error:
            return self._rendered(error.detail, error.status)
        return RedirectResponse(f"/telephone#{_anchor(telephone)}", 303)

    def _rendered(self, problem: str = "", status: int = 200) -> Response:
        config = self._carrier.config
        revision = self._carrier.store.last_revision
        html = self._template.render(
            phones=[self._phone(telephone) for telephone in self._carrier.subscribers.all()],
            revision=revision,
            version=self._carrier.subscribers.version,
            quick_replies=QUICK_REPLIES,
            notice=config.notice,
            story_url=config.story_url,
            call_url=config.call_url,
            console_url=config.console_url,
            problem=problem,
            basic=BASIC,
            extension=EXTENSION,
        )
        return HTMLResponse(html, status, _HEADERS)

    def _phone(self, telephone: Telephone) -> dict[str, Any]:
        now = self._carrier.config.clock()
        return {
            "anchor": _anchor(telephone),
            "number": telephone.number,
            "spaced": _spaced(telephone.number),
            "mobile": telephone.kind == "mobile",
            "whose": telephone.whose,
            "note": telephone.note,
            "messages": [
                seen(message, now) for message in self._programs.messages(telephone.number, _THREAD)
            ],
        }


def _anchor(telephone: Telephone) -> str:
    return f"tel-{telephone.number[1:]}"


def _spaced(number: str) -> str:
    """A number as people read it aloud: `+48 601 234 567`; foreign ones as they are."""
    if number.startswith("+48") and len(number) == 12:
        return f"+48 {number[3:6]} {number[6:9]} {number[9:]}"
    return number
