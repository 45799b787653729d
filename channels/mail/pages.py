"""The pages that letters lead to. A GET shows and changes nothing, whatever opens it (mail programs and their scanners open every link);
the button on the page does, once (D6, D12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import structlog
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from channels.mail import acts, links
from channels.mail.links import Letter, Link
from channels.mail.words import HOME, templates, words
from channels.mail.words import words as _say
from dialogs.wording import Language
from dialogs.wording.written import full_moment, phone
from registry.catalogue import POLICY
from registry.database import in_transaction, transaction
from registry.rules import keeps_place

LONGEST_FORM: Final = 1024  # bytes
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is the key to the visit
    "X-Robots-Tag": "noindex",
}

log = structlog.get_logger("mail")


@dataclass(frozen=True, slots=True)
class Pages:
    """The routes of one application."""

    engine: Engine
    key: bytes
    clock: Callable[[], datetime]

    def routes(self) -> list[Route | Mount]:
        """The routes to mount."""
        return [
            Mount("/visit/static", StaticFiles(directory=HOME / "static")),
            Route("/visit/{token}", self.show, methods=["GET"]),
            Route("/visit/{token}", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """What the button would do, with the button."""
        link = links.opened(self.key, request.path_params["token"])
        letter = await run_in_threadpool(self._find, link) if link else None
        if link is None or letter is None or letter.used or letter.standing == "over":
            return _over(letter, 410 if letter else 404)
        return _asking(link, letter)

    async def act(self, request: Request) -> Response:
        """Do it, once."""
        link = links.opened(self.key, request.path_params["token"])
        if link is None or int(request.headers.get("content-length") or 0) > LONGEST_FORM:
            return _over(None, 404)
        form = await request.form(max_files=0, max_fields=4)
        try:
            letter = await run_in_threadpool(self._use, link, str(form.get("reason", "")))
        except acts.Over:
            return _over(await run_in_threadpool(self._find, link), 410)
        log.info("link used", act=link.act, message_id=link.message_id)
        say = words(letter.language)
        return _page(letter, say[f"done_{link.act}"], words=say[f"after_{link.act}"])

    def _find(self, link: Link) -> Letter | None:
        with transaction(self.engine) as session:
            return links.find(session, link, now=self.clock())

    def _use(self, link: Link, reason: str) -> Letter:
        now = self.clock()
        return in_transaction(
            self.engine, lambda session: acts.use(session, link, reason=reason, words=words("pl")[link.act], now=now)
        )


def _asking(link: Link, letter: Letter) -> Response:
    say = words(letter.language)
    back_to_the_end = letter.visit_type == "first" and letter.waits_again and not keeps_place(letter.returns + 1, POLICY)
    return _page(letter, say[f"ask_{link.act}"], act=link.act, warn=link.act == "cancel" and back_to_the_end)


def _over(letter: Letter | None, status: int) -> Response:
    say = words(letter.language if letter else "pl")
    return _page(None, say["over"], language=letter.language if letter else "pl", words=say["over_why"], status=status)


def _page(
    letter: Letter | None, heading: str, *, act: str = "", words: str = "", warn: bool = False, language: str = "pl", status: int = 200
) -> Response:
    spoken = cast(Language, letter.language if letter else language)
    facts: dict[str, object] = {"when": "", "where": "", "phone": ""}
    if letter is not None:
        place = f"{letter.street}, {letter.city}"
        facts = {
            "when": full_moment(letter.starts_at, spoken), "where": place if letter.shared else f"{letter.clinic}, {place}",
            "phone": phone(letter.phone, grouped=True),
        }  # fmt: skip
    html = templates().get_template("page.html").render(
        language=spoken, say=_say(spoken), heading=heading, letter=letter, act=act, words=words, warn=warn, reasons=acts.REASONS, **facts
    )
    return HTMLResponse(html, status, HEADERS)



