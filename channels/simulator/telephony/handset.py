"""The handset over a WebSocket: a browser's or a program's. It hears the line, speaks into it, presses keys, picks up and hangs up.

    GET /telephone/{number}/line    WebSocket; text frames are JSON events, binary frames are mu-law sound of 20 ms each way

To the handset: {"event": "state", "state": idle|ringing|dialling|talking, "sender"?}, {"event": "caption", "text"} for words that the
carrier reads out. From the handset: {"event": "answer"}, {"event": "hangup"}, {"event": "dial"}, {"event": "key", "digit"}.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from channels.simulator.telephony.exchange import Exchange
from channels.simulator.telephony.line import Line

KEYS = frozenset("0123456789*#")
MOST_BEHIND = 250  # frames and events that a handset may be behind (five seconds); a slower one is dropped
LARGEST = 4096  # bytes of one frame from a handset


class Handsets:
    """The endpoint, over one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def endpoint(self, socket: WebSocket) -> None:
        """One handset, as long as it is connected."""
        line = self._exchange.line("+" + socket.path_params["number"].strip().lstrip("+"))
        await socket.accept()
        outgoing: asyncio.Queue[dict[str, Any] | bytes] = asyncio.Queue(MOST_BEHIND)
        sending = asyncio.create_task(_send(socket, outgoing))

        def listener(what: dict[str, Any] | bytes) -> None:
            if outgoing.full():
                sending.cancel()
            else:
                outgoing.put_nowait(what)

        line.listeners.add(listener)
        listener({"event": "state", "state": line.state})
        try:
            await self._receive(socket, line)
        except WebSocketDisconnect:
            if line.state != "idle" and len(line.listeners) == 1:
                line.hung_up.set()  # the last handset has gone: nobody holds the line any more
                line.picked_up.set()
        finally:
            line.listeners.discard(listener)
            sending.cancel()

    async def _receive(self, socket: WebSocket, line: Line) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect
            sound, words = message.get("bytes"), message.get("text")
            if sound is not None and len(sound) <= LARGEST:
                if line.state == "talking":
                    line.speak(sound)
            elif words is not None and len(words) <= LARGEST:
                self._obey(line, words)

    def _obey(self, line: Line, words: str) -> None:
        try:
            wish = json.loads(words)
            event = wish["event"]
        except (ValueError, TypeError, KeyError):
            line.tell({"event": "problem", "text": "Nie rozumiem polecenia słuchawki."})
            return
        if event == "answer" and line.state == "ringing":
            line.picked_up.set()
        elif event == "hangup" and line.state != "idle":
            line.hung_up.set()
            line.picked_up.set()  # a call that rings is pushed away
        elif event == "key" and wish.get("digit") in KEYS and line.state == "talking":
            line.keys.put_nowait(wish["digit"])
        elif event == "dial" and not self._exchange.dial(line.number):
            line.tell({"event": "problem", "text": "Linia jest zajęta."})


async def _send(socket: WebSocket, outgoing: asyncio.Queue[dict[str, Any] | bytes]) -> None:
    while True:
        what = await outgoing.get()
        if isinstance(what, bytes):
            await socket.send_bytes(what)
        else:
            await socket.send_text(json.dumps(what, ensure_ascii=False))
