"""The socket that requests come in on; apart from the web process, because the keeper of that process owns it."""

import socket

from channels.settings import Settings

BACKLOG = 2048  # connections that wait while no web process takes them


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
