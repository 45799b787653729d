"""The telephones in the browser: every demo patient's thread, live, with a box to answer in. The demo's face."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from channels.simulator.carrier import Carrier
from channels.simulator.programs import Programs, Unanswerable

WARSAW = ZoneInfo("Europe/Warsaw")


class Page:
    """/telephone"""

    def __init__(self, carrier: Carrier, programs: Programs) -> None:
        self._carrier, self._programs = carrier, programs

    async def shelf(self, request: Request) -> Response:
        """All telephones with their threads."""
        return HTMLResponse("soon")

    async def answer(self, request: Request) -> Response:
        """A patient's answer sent as a form; back to the page."""
        return HTMLResponse("soon")
