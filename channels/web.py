"""The web process itself: the application behind a listening socket, until it is told to stop."""

import socket

import uvicorn
from sqlalchemy import Engine

from channels.app import create_app
from channels.settings import Settings

BACKLOG = 2048
POOL_SIZE = 20  # database connections of one process; as many turns at once
GRACE_SECONDS = 3  # for open pages that listen to live events


class PortBusy(OSError):
    """Another program listens on the port that we were told to use."""


def listen(settings: Settings) -> socket.socket:
    """The listening socket. Raises PortBusy, in a sentence that says what to do."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise PortBusy(f"cannot listen on {where} ({error.strerror}); choose another port with PORT=… or CER_PORT") from error
    return listener


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
