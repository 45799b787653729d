"""Where the core's truth is kept: one PostgreSQL, one transaction for each thing that happens.

Use cases take a session and never commit; the edge commits. Every statement is meant for PostgreSQL: no second dialect.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from math import inf
from time import monotonic
from typing import Any, TypeVar

import sqlalchemy
from psycopg import errors
from sqlalchemy import BigInteger, Engine, Identity, MetaData, Text, event
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry

Result = TypeVar("Result")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

PLAN_ONCE = sqlalchemy.text("SET LOCAL plan_cache_mode = force_generic_plan")
PLAN_AS_EVER = sqlalchemy.text("SET LOCAL plan_cache_mode = auto")
IDLE_SECONDS = 1.0
LAST_USE = "last use"  # when a pooled connection was given back, by the monotonic clock

# What PostgreSQL asks a client to try again: the loser of a deadlock, and of a serialisation conflict (X14).
RETRYABLE = (errors.DeadlockDetected, errors.SerializationFailure)


class Base(DeclarativeBase):
    """Every table of the registry. Instants are timestamptz in UTC; `local_date` columns are Warsaw days (X17)."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this attribute by its name
        datetime: TIMESTAMP(timezone=True),
        dict[str, Any]: JSONB,
        int: BigInteger,
        str: Text,
    }


class Numbered(Base):
    """A table whose rows are numbered by the database."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(Identity(always=False), primary_key=True, sort_order=-1)


def create_engine(url: str, *, pool_size: int = 10) -> Engine:
    """An engine for a `postgresql://` address; connections speak UTC, and errors quote no parameters (X34).

    A connection that has lain idle is checked before it is used; one that dies in use is found out by its user, once for all.
    """
    address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    engine = sqlalchemy.create_engine(
        address, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
    )  # fmt: skip
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", partial(_check_idle, engine))
    return engine


def _note_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info[LAST_USE] = monotonic()


def _check_idle(engine: Engine, connection: DBAPIConnection, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask a connection that was not used for a while whether it is still there; a question before every use costs a fifth of a turn."""
    if monotonic() - record.info.get(LAST_USE, inf) <= IDLE_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.OperationalError as error:
        raise InvalidatePoolError from error


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session whose work is committed when the block ends and undone when it raises."""
    with Session(engine, autoflush=False, expire_on_commit=False) as session, session.begin():
        yield session


def in_transaction(engine: Engine, work: Callable[[Session], Result], *, tries: int = 4) -> Result:
    """Run `work` in a transaction of its own, again when it lost a deadlock; the last failure is raised."""
    for left in reversed(range(tries)):
        try:
            with transaction(engine) as session:
                return work(session)
        except DBAPIError as error:
            if not left or not isinstance(error.orig, RETRYABLE):
                raise
    raise AssertionError("unreachable: the loop returns or raises")


@contextmanager
def planned_once(session: Session) -> Iterator[None]:
    """Within the block a prepared statement is planned once and not anew for each set of parameters.

    For a statement whose planning costs as much as its work and whose best plan is the same for all parameters: one that leaves the
    choice of a partial index to a parameter would read the whole table.
    """
    session.execute(PLAN_ONCE)
    yield
    session.execute(PLAN_AS_EVER)  # after a failure the transaction is undone, and this with it


def copy_in(session: Session, into: str, rows: Iterable[Sequence[Any]]) -> None:
    """Write many rows at once in the session's transaction; `into` is our own: a table with its columns in brackets."""
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
