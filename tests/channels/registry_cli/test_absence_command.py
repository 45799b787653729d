"""`cer absence` as it is typed: a preview that changes nothing, the same done, and what is said when it cannot be."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from channels.registry_cli.absence import app
from registry.appointments import Appointment
from registry.database import transaction
from registry.schedules import Place, Provider
from tests.registry import build

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW + timedelta(days=7)
HOURS = (f"{START:%Y-%m-%dT%H:%M}+00:00", f"{START + timedelta(hours=3):%Y-%m-%dT%H:%M}+00:00")


def run(database_url: str, tmp_path: Path, *arguments: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(app, list(arguments), env=environment)


@pytest.fixture
def clinic(engine: Engine) -> str:
    """The code of a clinic with two visits of dr Nowak."""
    with transaction(engine) as session:
        on = build.schedule(session)
        for number in range(2):
            build.visit(session, START + timedelta(minutes=30 * number), now=NOW - timedelta(days=1), on=on)
        provider_id = session.get_one(Place, on.place_id).provider_id
        return session.get_one(Provider, provider_id).code


def statuses(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.scalars(select(Appointment.status)))


def test_x13_the_preview_shows_the_words_and_changes_nothing(engine: Engine, database_url: str, tmp_path: Path, clinic: str) -> None:
    """X13: without `--apply` it is a preview."""
    result = run(database_url, tmp_path, clinic, "dr Nowak", *HOURS)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "would be done: 2 cancelled")
    assert result.stdout.count("sms: e-Rejestracja: placowka odwolala wizyte") == 2
    assert statuses(engine) == ["booked", "booked"]


def test_x13_applied_with_a_substitute_as_json(engine: Engine, database_url: str, tmp_path: Path, clinic: str) -> None:
    """X13, R122: done once; the second time nothing is left."""
    arguments = (clinic, "dr Nowak", *HOURS, "--substitute", "dr Lis", "--apply", "--json")
    first, again = (run(database_url, tmp_path, *arguments) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    told = json.loads(first.stdout)
    assert (first.exit_code, told["applied"], told["fates"]) == (0, True, {"substituted": 2})
    assert "przyjmie inny specjalista" in told["steps"][0]["messages"][0]["words"]
    assert json.loads(again.stdout)["steps"] == []
    assert statuses(engine) == ["booked", "booked"]


@pytest.mark.parametrize(
    "wrong", [("X", "dr Nowak", *HOURS), ("{clinic}", "dr Nowak", "tomorrow", HOURS[1]), ("{clinic}", "dr Nowak", HOURS[1], HOURS[0])]
)
def test_what_cannot_be_is_one_line_and_exit_code_2(
    engine: Engine, database_url: str, tmp_path: Path, clinic: str, wrong: tuple[str, ...]
) -> None:
    result = run(database_url, tmp_path, *(word.format(clinic=clinic) for word in wrong))
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
