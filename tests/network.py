"""Keeps the tests on this machine: connecting or resolving a name outside loopback is refused and remembered."""

import sys
from ipaddress import ip_address
from typing import Any

LOCAL_NAMES = {"localhost", "", "0.0.0.0", "::"}  # noqa: S104 - names that are compared, not listened on

attempts: list[str] = []
_installed: list[bool] = []


class OutsideForbidden(OSError):
    """A test tried to reach another machine."""


def forbid_outside() -> None:
    """Install the guard in this process, once; it cannot be taken out again, by nobody's code."""
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        _check(arguments[1][0])
    elif event == "socket.getaddrinfo":
        _check(arguments[0])


def _check(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host or ""
    if not is_local(name):
        attempts.append(name)
        raise OutsideForbidden(f"tests must not reach {name}")


def is_local(name: str) -> bool:
    """Whether a host name or address means this machine."""
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
