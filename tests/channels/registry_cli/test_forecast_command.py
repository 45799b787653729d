"""`cer forecast` as it is typed: the list, one entry, computing anew; exit codes and JSON that a script can act on (R64-R66, R49)."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import typer
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from channels.registry_cli.forecast import forecast
from registry import schedules
from registry.database import transaction
from registry.rules import local_date
from registry.schedules import NewSlot
from tests.registry import build

NOW = datetime.now(UTC).replace(microsecond=0)


def run(database_url: str, tmp_path: Path, *arguments: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    app = typer.Typer()
    app.command()(forecast)
    return CliRunner().invoke(app, list(arguments), env=environment)


def three_wait_for_two_days(engine: Engine) -> list[int]:
    """A slot on each of two days that are still locked."""
    with transaction(engine) as session:
        on = build.schedule(session)
        starts = [build.warsaw(local_date(NOW) + timedelta(days=day), 9) for day in (43, 44)]
        slots = [NewSlot(str(number), at, at + timedelta(minutes=20), "FIRST_STABLE") for number, at in enumerate(starts)]
        schedules.publish(session, on, slots, now=NOW - timedelta(days=1))
        return [build.waiting(session, now=NOW - timedelta(hours=3 - number)).id for number in range(3)]


def test_r66_refresh_then_the_list_in_the_order_of_the_queue(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R64, R66: two have a date, the third is told why not."""
    entries = three_wait_for_two_days(engine)
    result = run(database_url, tmp_path, "--refresh", "--processes", "1", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [one["entry"] for one in told["entries"]] == entries
    days = [str(local_date(NOW) + timedelta(days=day)) for day in (43, 44)]
    assert [one["p50"] for one in told["entries"]] == [*days, None]
    assert told["no_estimate"] == {"too_little_history": 1}
    assert told["services"][0]["estimated"] == 2


def test_r49_one_entry_with_what_its_wishes_cost(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """R49: the hours that nothing meets are named."""
    three_wait_for_two_days(engine)
    with transaction(engine) as session:
        picky = build.waiting(session, now=NOW - timedelta(days=2), hour_from=time(18)).id
    run(database_url, tmp_path, "--refresh")
    result = run(database_url, tmp_path, str(picky))
    assert result.exit_code == 0
    assert "never on such days and hours" in result.stdout or "too little past" in result.stdout
    assert "hours brings a date at all" in result.stdout


def test_who_does_not_wait_has_no_date(engine: Engine, database_url: str, tmp_path: Path) -> None:
    result = run(database_url, tmp_path, "12345")
    assert (result.exit_code, result.stderr.strip()) == (1, "cer: entry 12345 does not wait")


def test_an_unknown_service_is_refused_by_name(engine: Engine, database_url: str, tmp_path: Path) -> None:
    result = run(database_url, tmp_path, "--service", "DENTIST")
    assert result.exit_code == 2
    assert result.stderr.startswith("cer: there is no service DENTIST; there are CARDIO_FIRST")
