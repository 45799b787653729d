"""The chat's addresses: the component's script, the WebSocket, the same over HTTP for networks that let none through.

A chat is opened by its word alone, never by a cookie, so any page of anybody may hold the window and no other page can use it.
"""

import asyncio
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from channels.chat import talk
from channels.chat.limits import Limits
from channels.chat.live import Watch
from channels.chat.talk import LONGEST, Desk, Said, address_of
from channels.chat.words import HOME, words

LONGEST_BODY: Final = 8192  # bytes
WAITS: Final = 25.0  # seconds of silence after which a window is told that we are there
TOKEN: Final = re.compile(r"[\w-]{43}", re.ASCII)
NAME: Final = re.compile(r"[\w-]{8,64}", re.ASCII)  # of one message, given by the window: sent again, it is the same one
ANYWHERE: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type", "Cache-Control": "no-store"}
SCRIPT: Final = {
    "Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin",
}  # fmt: skip
PAGE: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}

log = structlog.get_logger("chat")


class Refused(Exception):
    """What was sent is not taken; the argument is the reason that the window knows words for."""


@dataclass(frozen=True, slots=True)
class Chat:
    """The routes of one application."""

    desk: Desk
    limits: Limits
    watch: Watch
    public_url: str

    def routes(self) -> list[Route | Mount | WebSocketRoute]:
        """The routes to mount."""
        return [
            Route("/chat", self.page), Route("/chat/cer-chat.js", self.script),
            Mount("/chat/static", StaticFiles(directory=HOME / "static")),
            WebSocketRoute("/chat/ws", self.socket), Route("/chat/hello", self.hello, methods=["POST", "OPTIONS"]),
            Route("/chat/say", self.say, methods=["POST", "OPTIONS"]), Route("/chat/since", self.since, methods=["POST", "OPTIONS"]),
            Route("/chat/calendar", self.calendar, methods=["POST", "OPTIONS"]),
        ]  # fmt: skip

    # --- the page and the script

    async def page(self, request: Request) -> Response:
        """A page with nothing but the window, for those whom a clinic sends here."""
        say = words(request.query_params.get("lang", "pl"))
        environment = Environment(loader=FileSystemLoader(HOME / "templates"), autoescape=True, undefined=StrictUndefined)
        return HTMLResponse(environment.get_template("chat.html").render(say=say), headers=PAGE)

    async def script(self, _: Request) -> Response:
        """The component, for any page."""
        return FileResponse(HOME / "static" / "cer-chat.js", media_type="text/javascript", headers=SCRIPT)

    # --- over HTTP

    async def hello(self, request: Request) -> Response:
        """Begin a chat or go on with one: its word, the window's words, what was said."""
        return await self._answer(request, self._hello)

    async def say(self, request: Request) -> Response:
        """Say something; what was said since comes back."""
        return await self._answer(request, self._say)

    async def since(self, request: Request) -> Response:
        """What was said since."""
        return await self._answer(request, self._since)

    async def calendar(self, request: Request) -> Response:
        """The calendar file of a visit that was told of in this chat."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=ANYWHERE)
        asked = await _body(request)
        host = urlsplit(self.public_url).hostname or "cer"
        message = asked.get("message")
        file = None
        if TOKEN.fullmatch(str(asked.get("token", ""))) and isinstance(message, int) and 0 < message < 2**62:
            file = await run_in_threadpool(talk.calendar_of, self.desk, address_of(str(asked["token"])), message, host=host)
        if file is None:
            return Response("no such file", 404, ANYWHERE)
        return Response(file, headers={**ANYWHERE, "Content-Disposition": 'attachment; filename="wizyta.ics"'}, media_type="text/calendar")

    async def _answer(self, request: Request, work: Any) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=ANYWHERE)
        asked = await _body(request)
        try:
            return JSONResponse(await run_in_threadpool(work, asked, _host(request)), headers=ANYWHERE)
        except Refused as refused:
            status = {"too_many": 429, "too_long": 413}.get(str(refused), 400)
            return JSONResponse({"refused": str(refused)}, status, ANYWHERE)
        except (DBAPIError, PoolTimeout):
            log.exception("database away")
            return JSONResponse({"refused": "failed"}, 503, {**ANYWHERE, "Retry-After": "5"})

    # --- what both ways do

    def _hello(self, asked: dict[str, Any], host: str) -> dict[str, Any]:
        """The former chat while it is alive, else a new one."""
        language = str(asked.get("lang", "pl"))[:2]
        given = str(asked.get("token", ""))
        if TOKEN.fullmatch(given) and talk.alive(self.desk, given, now=self.desk.clock()):
            return {"token": given, "words": words(language), "longest": LONGEST, **self._since({**asked, "last": 0}, host)}
        if not self.limits.may_begin(host):
            raise Refused("too_many")
        return {"token": talk.new_token(), "words": words(language), "longest": LONGEST, "messages": []}

    def _say(self, asked: dict[str, Any], host: str) -> dict[str, Any]:
        return {"said": self._take(asked, host), **self._since(asked, host)}

    def _take(self, asked: dict[str, Any], host: str) -> str:
        """One message of a patient, answered; its name."""
        token, name, said = _token(asked), str(asked.get("name", "")), asked.get("text")
        if not NAME.fullmatch(name) or not isinstance(said, str) or not said.strip():
            raise Refused("failed")
        if len(said) > LONGEST:
            raise Refused("too_long")
        if not self.limits.may_say(token, host):
            raise Refused("too_many")
        talk.say(self.desk, address_of(token), name, said, now=self.desk.clock())
        return name

    def _since(self, asked: dict[str, Any], _host: str) -> dict[str, Any]:
        last = asked.get("last")
        after = last if isinstance(last, int) and 0 <= last < 2**62 else 0
        return {"messages": [_plain(one) for one in talk.since(self.desk, address_of(_token(asked)), after)]}

    # --- over a WebSocket

    async def socket(self, websocket: WebSocket) -> None:
        """The same, and what an operator says comes by itself."""
        await websocket.accept()
        host = websocket.client.host if websocket.client else ""
        try:
            hello = await self._received(websocket)
            token = _token(hello)
            await self._talk(websocket, token, host, last=hello["last"] if isinstance(hello.get("last"), int) else 0)
        except Refused:
            await websocket.close(1008)
        except WebSocketDisconnect:
            return

    async def _talk(self, websocket: WebSocket, token: str, host: str, *, last: int) -> None:
        address = address_of(token)
        told = self.watch.join(address)
        told.set()  # whatever was said while there was no window
        hearing = asyncio.create_task(self._received(websocket))
        try:
            while True:
                waiting = asyncio.create_task(told.wait())
                done, _ = await asyncio.wait({hearing, waiting}, timeout=WAITS, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if not done:
                    await websocket.send_json({"here": True})
                if hearing in done:
                    await self._heard(websocket, hearing.result(), token, host)
                    hearing = asyncio.create_task(self._received(websocket))
                if told.is_set():
                    told.clear()
                    last = await self._tell(websocket, token, last)
        finally:
            hearing.cancel()
            self.watch.leave(address, told)

    async def _heard(self, websocket: WebSocket, said: dict[str, Any], token: str, host: str) -> None:
        try:
            name = await run_in_threadpool(self._take, {**said, "token": token}, host)
        except Refused as refused:
            await websocket.send_json({"refused": str(refused), "name": str(said.get("name", ""))[:64]})
        except (DBAPIError, PoolTimeout):
            log.exception("database away")
            await websocket.send_json({"refused": "failed", "name": str(said.get("name", ""))[:64]})
        else:
            await websocket.send_json({"said": name})
            self.watch.stir(address_of(token))

    async def _tell(self, websocket: WebSocket, token: str, last: int) -> int:
        found = await run_in_threadpool(self._since, {"token": token, "last": last}, "")
        if found["messages"]:
            await websocket.send_json(found)
        return max([last, *(int(one["id"]) for one in found["messages"])])

    async def _received(self, websocket: WebSocket) -> dict[str, Any]:
        text = await websocket.receive_text()
        return _object(text) if len(text) <= LONGEST_BODY else _refuse()


def _refuse() -> dict[str, Any]:
    raise Refused("too_long")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refused("failed") from error
    if not isinstance(found, dict):
        raise Refused("failed")
    return found


async def _body(request: Request) -> dict[str, Any]:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > LONGEST_BODY:
        return {}
    try:
        return _object((await request.body()).decode(errors="replace"))
    except Refused:
        return {}


def _token(asked: dict[str, Any]) -> str:
    token = str(asked.get("token", ""))
    if not TOKEN.fullmatch(token):
        raise Refused("failed")
    return token


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _plain(said: Said) -> dict[str, Any]:
    return {**asdict(said), "at": said.at.isoformat()}
