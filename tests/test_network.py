"""The guard that keeps tests on this machine."""

import socket

import pytest

from tests import network


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_connecting_elsewhere_is_refused_and_remembered(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outside, pytest.raises(network.OutsideForbidden):
        outside.connect((address, 80))
    assert network.attempts == [address]
    network.attempts.clear()


def test_looking_up_a_foreign_name_is_refused() -> None:
    with pytest.raises(network.OutsideForbidden):
        socket.getaddrinfo("example.invalid", 80)
    network.attempts.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
