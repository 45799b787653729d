"""The console's pages: templates, the words in them, and the headers under which they go out."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from channels.operators import moments, readers, words
from channels.operators.conversations import Row
from channels.operators.readers import Language
from registry.appointments import NEARBY_KM

STATIC: Final = words.HOME / "static"

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; media-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def page(template: str, *, now: datetime, status: int = 200, **facts: Any) -> HTMLResponse:
    """A whole page. `now` is for "today"; everything else is what the template shows."""
    return HTMLResponse(_environment().get_template(template).render(now=now, status=status, **facts), status)


def row(conversation: Row, now: datetime) -> str:
    """One line of the list, as it stands on the page."""
    return _row(conversation, moments.moment(conversation.at, now), readers.language())


def forget_rows() -> None:
    """Keep no line that was drawn before: somebody whom it was about has been erased (X34)."""
    _row.cache_clear()


@lru_cache(maxsize=1024)
def _row(conversation: Row, said: str, _: Language) -> str:
    """Drawn once for all who look and read the same language."""
    return _environment().get_template("_row.html").render(row=conversation, said=said)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(words.HOME / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"visit": moments.visit, "full": moments.full, "moment": moments.moment, "day": moments.day}
    environment.filters |= {"fill": words.filled, "pointed": words.pointed}
    environment.globals |= {"name": words.name, "service": words.service, "texts": words.texts, "static": _static, "t": words.Said()}
    environment.globals |= {"weekdays": moments.weekdays, "language": readers.language, "languages": readers.LANGUAGES}
    environment.globals["nearby_km"] = f"{NEARBY_KM:g}"
    return environment


@cache
def _static(file: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    return f"/console/static/{file}?v={sha256((STATIC / file).read_bytes()).hexdigest()[:12]}"
