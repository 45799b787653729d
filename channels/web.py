"""The web process itself: the application behind a listening socket, until it is told to stop."""

import socket

import uvicorn
from sqlalchemy import Engine

from channels.app import create_app
from channels.listener import BACKLOG
from channels.settings import Settings

POOL_SIZE = 20  # database connections of one process; as many turns at once
GRACE_SECONDS = 3  # for open pages that listen to live events


def serve(settings: Settings, listener: socket.socket, engine: Engine) -> None:
    """Answer requests on the socket until SIGTERM or SIGINT; what is being answered then is answered."""
    config = uvicorn.Config(
        create_app(settings, engine),
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
    uvicorn.Server(config).run(sockets=[listener])
