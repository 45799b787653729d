"""How our long-running processes begin and end: logging first, then the work, then an orderly stop."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop
from prometheus_client import start_http_server
from pydantic import SecretStr
from sqlalchemy import Engine

from channels import logs, worker
from channels.keeper import Keeper, cer, first_of, stop_on_signals
from channels.listener import listen
from channels.metrics import MULTIPROCESS_DIRECTORY
from channels.settings import Settings, as_environment
from channels.web import POOL_SIZE, serve
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """The settings with a database address; without one, an embedded PostgreSQL runs as long as the block."""
    if settings.database_url is not None:
        yield settings
        return
    with EmbeddedPostgres(settings.data_dir / "postgres") as postgres:
        yield settings.model_copy(update={"database_url": SecretStr(postgres.url())})


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """An engine for the settings' database, closed at the end."""
    if settings.database_url is None:
        raise ValueError("the settings have no database address")
    engine = create_engine(settings.database_url.get_secret_value(), pool_size=POOL_SIZE)
    try:
        yield engine
    finally:
        engine.dispose()


def run_web(settings: Settings, descriptor: int | None) -> None:
    """Answer requests until told to stop, on an inherited listening socket or on our own; by itself or with siblings."""
    logs.configure(settings.log_level, settings.log_format)
    with database(settings) as complete:
        if descriptor is None and settings.web_processes > 1:
            asyncio.run(_siblings(complete))
            return
        listener = listen(settings) if descriptor is None else socket.socket(fileno=descriptor)
        with engine_of(complete) as engine:
            serve(complete, listener, engine)


async def _siblings(settings: Settings) -> None:
    """Keep several web processes on one socket until told to stop."""
    stop, hurry = stop_on_signals()
    with listen(settings) as listener:
        directory = settings.data_dir.resolve() / "metrics" / f"web-{os.getpid()}"
        directory.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **as_environment(settings), MULTIPROCESS_DIRECTORY: str(directory)}
        keeper = Keeper(environment, inherited=[listener.fileno()])
        for number in range(settings.web_processes):
            keeper.keep(f"web-{number + 1}", cer("web", "--listener", str(listener.fileno())))
        await first_of(stop)
        await keeper.stop(hurry)


def run_worker(settings: Settings) -> None:
    """Do what is due until told to stop."""
    logs.configure(settings.log_level, settings.log_format)
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.host)
    with database(settings) as complete, engine_of(complete) as engine:
        uvloop.run(_work(complete, engine))


async def _work(settings: Settings, engine: Engine) -> None:
    stop, _ = stop_on_signals()
    await worker.run(settings, engine, stop)
