"""The tables as the models say they are, and the way from any earlier state to there.

Migrations are part of the program and run by it: `cer migrate`, `cer demo` and the tests call `upgrade`.
"""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, MetaData, text

import registry
from registry.database import Base

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x63657200  # "cer", the advisory lock that migrations hold
LOCK_TIMEOUT = "5s"  # a migration that cannot get its table lock must not queue every reader behind itself


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision, if it is not there. Of several that start at once, one does the work.

    Each revision is a transaction of its own. Raises sqlalchemy's OperationalError when a table stays locked for longer
    than LOCK_TIMEOUT; what was done until then stays done, and a second call goes on from there.
    """
    if not pending(engine):
        return
    from alembic import command  # alembic costs 0.2 s of start-up, and only these functions need it

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        guard.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        try:
            with engine.connect() as connection:
                connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
                connection.commit()
                command.upgrade(_config(connection), "head")
                connection.invalidate()  # the setting must not go back to the pool with it
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def pending(engine: Engine) -> list[str]:
    """The revisions that this program knows and the database has not seen, oldest first. Empty when all is well."""
    with engine.connect() as connection:
        seen = _applied(connection)
    return [revision for revision in revisions() if revision not in seen]


def disagreements(engine: Engine) -> list[Any]:
    """What alembic finds different between the migrated database and the models; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, metadata()))


def write_revision(engine: Engine, message: str) -> None:
    """Write a new revision file with the steps from the migrated database to the models; for developers to review.

    Alembic sees tables, columns, indexes, keys. A new check or trigger on an existing table must be written by hand.
    """
    from alembic import command

    number = f"{len(revisions()) + 1:04}"
    with engine.connect() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


def metadata() -> MetaData:
    """Every table of the registry, whichever module declares it."""
    for module in pkgutil.iter_modules(registry.__path__):
        import_module(f"registry.{module.name}")
    return Base.metadata


@cache
def revisions() -> tuple[str, ...]:
    """The ids of all revisions in this program, oldest first: the numbers that their files' names begin with."""
    return tuple(sorted(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def _applied(connection: Connection) -> set[str]:
    """The ids that the database has behind it: its current revision and all before."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return set()
    current = connection.scalar(text("SELECT version_num FROM alembic_version"))
    known = revisions()
    return set(known[: known.index(current) + 1]) if current in known else set()


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
