"""`cer overlaps` as it is typed: what it prints, and the exit code that a script can act on."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from channels.registry_cli.overlaps import app
from registry.database import transaction
from tests.registry import build
from tests.registry.test_intake import person, row, take

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)


def run(database_url: str, tmp_path: Path, *arguments: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(app, list(arguments), env=environment)


def announce(engine: Engine, booked: Sequence[int]) -> None:
    """Two slots at one time, each with these patients."""
    with transaction(engine) as session:
        on = build.schedule(session)
        for name, number in zip("AB", (*booked, None, None), strict=False):
            who = () if number is None else (person(number),)
            take(session, on, row(SOON, name=name, booked=who), now=SOON - timedelta(days=10))


def test_r123_nothing_to_tell_is_exit_code_0(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R123."""
    result = run(database_url, tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")


def test_r123_a_quarantined_slot_is_told_by_the_warsaw_clock(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R123."""
    announce(engine, [])
    result = run(database_url, tmp_path)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "1 overlaps, 0 of them sold twice")
    assert f"A {SOON.astimezone(build.WARSAW):%Y-%m-%d %H:%M}" in result.stdout
    assert "quarantined" in result.stdout


def test_r123_r124_sold_twice_is_exit_code_1_and_json_has_the_ids(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R123, R124: evidence without the patients' names."""
    announce(engine, [1, 2])
    result = run(database_url, tmp_path, "--json")
    (found,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, found["sold_twice"], found["clinic_slot_ids"]) == (1, True, ["A", "B"])
    assert datetime.fromisoformat(found["starts_at"][0]) == SOON
    assert "Lis" not in result.stdout


@pytest.mark.parametrize("wrong", ["nonsense", "mysql://x/y"])
def test_a_wrong_setting_is_one_line_and_exit_code_2(tmp_path: Path, wrong: str) -> None:
    result = run(wrong, tmp_path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
