"""The tables that migrations make are the tables that the models mean, however many processes migrate."""

import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from registry import schema
from registry.embedded import EmbeddedPostgres, binaries

NewDatabase = Callable[[str], Engine]


def test_models_and_migrations_agree(new_database: NewDatabase) -> None:
    assert schema.disagreements(new_database("migrated")) == []


def test_migrated_tables_are_those_of_the_models_to_the_last_check(
    new_database: NewDatabase, postgres: EmbeddedPostgres
) -> None:
    """Alembic does not compare checks, exclusions, triggers; PostgreSQL's own description of both databases does."""
    from_models = new_database("template0")
    schema.metadata().create_all(from_models)
    assert _description(postgres, new_database("migrated")) == _description(postgres, from_models)


def _description(postgres: EmbeddedPostgres, engine: Engine) -> list[str]:
    """The database's schema in SQL, without what only migrations have; sorted, for columns may be added later."""
    connection = postgres.conninfo(engine.url.database or "")
    options = ["--schema-only", "--no-owner", "--exclude-table=alembic_version", connection]
    dump = subprocess.run([binaries() / "pg_dump", *options], capture_output=True, text=True, check=True).stdout
    lines = (line.rstrip().rstrip(",") for line in dump.splitlines())
    return sorted(line for line in lines if line and not re.match(r"--|\\(un)?restrict", line))


def test_revisions_are_numbered_in_their_order() -> None:
    """`revisions` reads file names, to spare every start the cost of alembic; alembic must see the same chain."""
    walk = ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()
    assert schema.revisions() == tuple(reversed([script.revision for script in walk]))


def test_nothing_is_pending_in_a_migrated_database(engine: Engine) -> None:
    assert schema.pending(engine) == []


def test_everything_is_pending_in_an_empty_database(new_database: NewDatabase) -> None:
    empty = new_database("template0")
    assert schema.pending(empty) == list(schema.revisions()) != []
    schema.upgrade(empty)
    assert schema.pending(empty) == []


def test_two_starts_migrate_once(new_database: NewDatabase) -> None:
    empty = new_database("template0")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(schema.upgrade, [empty] * 4))
    assert schema.pending(empty) == []


def test_a_locked_table_stops_a_migration_instead_of_every_reader(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock timeout reaches the revisions: one that waits for a table gives up, and nothing is half-done."""
    database = new_database("template0")
    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    with database.connect() as other:
        other.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
        other.commit()
        other.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        with pytest.raises(OperationalError, match="lock timeout"):
            schema.upgrade(database)
    assert schema.pending(database) == list(schema.revisions())
    schema.upgrade(database)
    assert schema.pending(database) == []


def test_every_table_is_known_to_the_models(engine: Engine) -> None:
    """`metadata` finds the models wherever they are declared."""
    with engine.connect() as connection:
        tables = set(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
    assert tables - {"alembic_version"} == set(schema.metadata().tables)
