"""Connections that die while nobody uses them: after the database was started anew nobody should notice."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from registry import database
from registry.database import create_engine


@pytest.fixture
def pool(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, pool_size=2)
    yield engine
    engine.dispose()


def backend(engine: Engine) -> int:
    """Which of the server's processes answers us."""
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)


def die(engine: Engine, pid: int) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})


def test_a_connection_that_died_while_idle_is_replaced_before_it_is_used(
    pool: Engine, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "IDLE_SECONDS", -1.0)  # every one has been idle for long
    died = backend(pool)
    die(engine, died)
    assert backend(pool) != died


def test_a_connection_that_died_in_use_fails_once(pool: Engine, engine: Engine) -> None:
    died = backend(pool)
    die(engine, died)
    with pytest.raises(OperationalError):
        backend(pool)
    assert backend(pool) != died


def test_a_connection_in_steady_use_is_the_same_and_is_asked_nothing(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    ping = pool.dialect.do_ping
    monkeypatch.setattr(pool.dialect, "do_ping", lambda connection: asked.append(connection) or ping(connection))
    assert len({backend(pool) for _ in range(3)}) == 1
    assert asked == []
