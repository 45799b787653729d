"""`cer figures` as it is typed: past days counted anew, with the way that is done and the exit code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from channels.registry_cli.figures import app
from registry import figures
from registry.database import transaction
from registry.rules import local_date


def run(database_url: str, tmp_path: Path, *arguments: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_past_days_are_counted_anew(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R74."""
    at = datetime.now(UTC) - timedelta(days=200)
    day = local_date(at)
    with transaction(engine) as session:
        session.execute(
            text("INSERT INTO calls (at, direction, address, steps, misses, timings) VALUES (:at, 'in', '1', 0, 0, '[]')"), {"at": at}
        )
    result = run(database_url, tmp_path, "rebuild", "--from", str(day - timedelta(days=1)), "--to", str(day))
    assert (result.exit_code, result.stdout) == (0, "2 days counted\n")
    assert "counted" in result.stderr
    with transaction(engine) as session:
        assert [(one.measure, one.channel, one.number) for one in figures.read(session, day, day)] == [("calls", "in", 1)]


@pytest.mark.parametrize(
    ("first", "last", "said"), [("2026-02-30", "2026-03-01", "is no date"), ("2026-03-02", "2026-03-01", "--to is before --from")]
)
def test_days_that_cannot_be_are_exit_code_2(first: str, last: str, said: str, database_url: str, tmp_path: Path) -> None:
    result = run(database_url, tmp_path, "rebuild", "--from", first, "--to", last)
    assert result.exit_code == 2
    assert said in result.stderr
