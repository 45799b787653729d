"""One real PostgreSQL for the whole test run, a clean database for every test, and no way to the outside world.

The server is started by the first test that asks for it and shared by all workers; the process that began the run stops
it. Every worker has a database of its own, cloned from a template that was migrated once.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from channels.data_directory import claim
from registry import schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from tests import network, reading

RUN_PREFIX = "cer-tests-"
TEMPLATE = "migrated"
# Nothing here must survive a power cut, and a test may open many connections.
TEST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}

RUN_DIRECTORY = pytest.StashKey[Path]()
ALIVE = pytest.StashKey[IO[str]]()

CLEAN = """
DO $$
DECLARE touched record;
BEGIN
    SET LOCAL lock_timeout = '10s';
    SET LOCAL session_replication_role = replica;
    FOR touched IN
        SELECT oid::regclass AS name FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
    LOOP
        EXECUTE 'DELETE FROM ' || touched.name;
    END LOOP;
END $$
"""


# --- the run: who starts and who stops


def pytest_configure(config: pytest.Config) -> None:
    network.forbid_outside()
    if hasattr(config, "workerinput"):
        config.stash[RUN_DIRECTORY] = Path(config.workerinput["run_directory"])
        return
    _sweep_abandoned_runs()
    directory = Path(tempfile.mkdtemp(prefix=RUN_PREFIX))
    config.stash[RUN_DIRECTORY] = directory
    config.stash[ALIVE] = (directory / "alive").open("w")
    fcntl.flock(config.stash[ALIVE], fcntl.LOCK_EX)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_directory"] = str(node.config.stash[RUN_DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    if ALIVE in config.stash:
        _end_run(config.stash[RUN_DIRECTORY])
        config.stash[ALIVE].close()


def _end_run(directory: Path) -> None:
    EmbeddedPostgres(directory / "postgres").stop()
    shutil.rmtree(directory)


def _sweep_abandoned_runs() -> None:
    """End the servers of runs that were killed: their `alive` file is no longer locked by anybody."""
    for alive in Path(tempfile.gettempdir()).glob(f"{RUN_PREFIX}*/alive"):
        with alive.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _end_run(alive.parent)


# --- the database


@pytest.fixture(scope="session")
def run_directory(pytestconfig: pytest.Config) -> Path:
    """A directory that all workers of this run share."""
    return pytestconfig.stash[RUN_DIRECTORY]


@pytest.fixture
def server_directory() -> Iterator[Path]:
    """A fresh directory for a server of a test's own.

    Not pytest's `tmp_path`: as root the server runs under another account, and every pytest that begins on this machine
    closes the folders above `tmp_path` to others, also while our server runs.
    """
    with tempfile.TemporaryDirectory(prefix="cer-server-") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def with_models() -> Callable[[Path], Path]:
    """Makes a data directory that shares the trained models of all tests; training them takes many seconds."""

    def make(data_dir: Path) -> Path:
        reading.interpreter()  # trained by now, by whoever came first
        claim(data_dir)
        (data_dir / "models").symlink_to(reading.MODELS)
        return data_dir

    return make


@pytest.fixture(scope="session")
def postgres(run_directory: Path) -> EmbeddedPostgres:
    """The server of this run, with the database `migrated` to clone from."""
    server = EmbeddedPostgres(run_directory / "postgres", settings=TEST_SETTINGS, dies_with_parent=False)
    with (run_directory / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.start()
        if not (run_directory / "template.ready").exists():
            _migrate_template(server)
            (run_directory / "template.ready").touch()
    return server


def _migrate_template(server: EmbeddedPostgres) -> None:
    server.ensure_database(TEMPLATE)
    engine = create_engine(server.url(TEMPLATE))
    schema.upgrade(engine)
    engine.dispose()  # a database in use cannot be cloned


@pytest.fixture(scope="session")
def worker_engine(postgres: EmbeddedPostgres, worker_id: str) -> Iterator[Engine]:
    """This worker's database. Tests want `engine`, which is this one cleaned."""
    name = f"test_{worker_id}"
    postgres.ensure_database(name, TEMPLATE)
    engine = create_engine(postgres.url(name), pool_size=30)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(worker_engine: Engine) -> Iterator[Engine]:
    """A database with every table and no row. Commit, open connections and start threads at will."""
    _clean(worker_engine)
    yield worker_engine
    left = worker_engine.pool.checkedout()  # type: ignore[attr-defined]  # the default pool is a QueuePool, which counts
    assert left == 0, f"the test left {left} database connections open"


def _clean(engine: Engine) -> None:
    """Empty the tables that have rows. Triggers and foreign keys rest meanwhile; sequences go on.

    Ids are therefore never the same in two tables for long: a test that mixes up two kinds of id is found out.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        connection.exec_driver_sql(CLEAN)


@pytest.fixture
def database_url(engine: Engine) -> str:
    """The address of the clean database, for a process of its own."""
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Makes sessions as `registry.database.transaction` makes them, but the test commits."""
    return sessionmaker(engine, autoflush=False, expire_on_commit=False)


@pytest.fixture
def session(session_factory: sessionmaker[Session]) -> Iterator[Session]:
    """One session; what the test did not commit is undone."""
    with session_factory() as session:
        yield session


@pytest.fixture
def new_database(postgres: EmbeddedPostgres, worker_id: str) -> Iterator[Callable[[str], Engine]]:
    """Call it with a template's name (`template0` is empty, `migrated` has the tables) for one more database."""
    numbers = count()
    with _dropped_at_the_end(postgres) as made:

        def make(template: str) -> Engine:
            name = f"extra_{worker_id}_{next(numbers)}"
            postgres.ensure_database(name, template)
            made.append(create_engine(postgres.url(name)))
            return made[-1]

        yield make


@contextmanager
def _dropped_at_the_end(postgres: EmbeddedPostgres) -> Iterator[list[Engine]]:
    engines: list[Engine] = []
    yield engines
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        for engine in engines:
            engine.dispose()
            name = sql.Identifier(engine.url.database or "")
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


# --- time and the outside world


@pytest.fixture
def now() -> datetime:
    """A Wednesday in November, 11:00 in Warsaw: inside every contact hour, far from a clock change and a holiday."""
    return datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """A test that tried to reach another machine fails, even if the code under test swallowed the refusal."""
    network.attempts.clear()
    yield
    assert not network.attempts, f"the test tried to reach {network.attempts}"
