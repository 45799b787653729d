"""Where the core's truth is kept: one PostgreSQL, one transaction for each thing that happens.

Use cases take a session and never commit; the edge commits. Every statement is meant for PostgreSQL: no second dialect.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy
from psycopg import errors
from sqlalchemy import BigInteger, Engine, Identity, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Result = TypeVar("Result")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

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
    """An engine for a `postgresql://` address; connections speak UTC, and errors quote no parameters (X34)."""
    address = sqlalchemy.make_url(url).set(drivername="postgresql+psycopg")
    return sqlalchemy.create_engine(
        address, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True,
        connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
    )  # fmt: skip


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
