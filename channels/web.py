"""The web process itself: the application behind a listening socket, until it is told to stop."""

import socket
from types import FrameType

import uvicorn
from sqlalchemy import Engine

from channels.app import create_app
from channels.listener import BACKLOG
from channels.loading import loading
from channels.settings import Settings
from channels.voice.places import Places

POOL_SIZE = 20  # database connections of one process; as many turns at once
GRACE_SECONDS = 3  # for open pages that listen to live events


def serve(settings: Settings, listener: socket.socket, engine: Engine) -> None:
    """Answer requests on the socket until SIGTERM or SIGINT; what is being answered then is answered."""
    with loading():
        app = create_app(settings, engine)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        log_config=None,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    _Server(config, app.state.places, settings.voice_drain_seconds).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that lets the calls in it be finished before it ends; new ones run on keys meanwhile, here or in another process."""

    def __init__(self, config: uvicorn.Config, places: Places, drain_seconds: int) -> None:
        super().__init__(config)
        self._places, self._drain_seconds = places, drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second signal waits for no call any more."""
        super().handle_exit(sig, frame)
        if self.force_exit:
            self._places.give_up_waiting()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the calls, as long as is allowed or until a second signal comes; then end as usual."""
        await self._places.drained(self._drain_seconds)
        await super().shutdown(sockets)
