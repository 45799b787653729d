"""`cer simulate pilot` and `cer check` as they are typed."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from channels import cli
from channels.registry_cli import simulate
from channels.simulation.size import PILOT_CANCELLED, PILOT_VISITS, ImpossibleSize, Size
from registry.database import transaction
from registry.invariants import INVARIANTS
from tests.registry import build


def pilot(*arguments: str) -> Result:
    return CliRunner().invoke(simulate.app, ["pilot", *arguments])


def check(database_url: str, tmp_path: Path, *arguments: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(cli.app, ["check", *arguments], env=environment)


def test_r127_r74_a_small_pilot_is_lived_and_nothing_is_broken(database_url: str, engine: Engine) -> None:
    """R127, R74, R62: weeks through the real use cases; the last line is one object with the number of broken invariants."""
    result = pilot("--scale", "0.0003", "--days", "10", "--seed", "3", "--database", database_url, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["invariants_broken"] == 0
    assert set(told["invariants"]) == {one.name for one in INVARIANTS} | {"the_night_equals_slot_by_slot"}
    visits = told["visits"]
    assert min(visits["made"], visits["fulfilled"], visits["by_clinics"], told["nightly_runs"]["assigned"]) > 0
    assert told["compared_with_slot_by_slot"] > 0
    assert told["messages"]["sms"]["delivered"] > told["messages"]["sms"]["received"] > 0
    held = text("SELECT count(*) FROM appointments WHERE status NOT IN ('proposed', 'declined', 'expired')")
    with transaction(engine) as session:
        assert session.scalar(held) == visits["made"]


def test_a_database_with_anybody_in_it_is_left_alone(database_url: str, engine: Engine) -> None:
    """One line and exit code 2; nothing is simulated into a registry that is in use."""
    with transaction(engine) as session:
        build.patient(session)
    result = pilot("--scale", "0.001", "--database", database_url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "not empty" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--scale", "0"), "--scale"), (("--scale", "-1"), "--scale"), (("--scale", "nan"), "--scale"), (("--days", "3"), "--days"),
        (("--database", "nonsense"), "--database"),
    ],
)  # fmt: skip
def test_bad_options_are_told_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    result = pilot(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_size_of_the_pilot_is_the_sources() -> None:
    """R127, R74: clinics, visits and all three kinds of cancellations."""
    size = Size()
    assert (size.clinics, size.visits) == (637, PILOT_VISITS)
    assert round((size.sms_share + size.elsewhere_share + size.clinic_share) * PILOT_VISITS) == PILOT_CANCELLED
    assert [round(share * PILOT_VISITS) for share in (size.sms_share, size.elsewhere_share)] == [27_164, 4_757]
    with pytest.raises(ImpossibleSize):
        Size(scale=11)


def test_check_finds_a_whole_database_whole_and_a_broken_one_broken(database_url: str, engine: Engine, tmp_path: Path) -> None:
    """Exit codes 0 and 1, names and rows; nothing is changed."""
    whole = check(database_url, tmp_path, "--json")
    assert whole.exit_code == 0, whole.output
    assert json.loads(whole.stdout)["invariants_broken"] == 0
    with transaction(engine) as session:
        slot = build.slot(session, build.LONG_AGO.replace(year=2027), state="pending")
        slot.state = "taken"
    broken = check(database_url, tmp_path)
    assert broken.exit_code == 1
    assert f"a_taken_slot_is_held [X1 R71]: broken 1 times; slots {slot.id}" in broken.stdout
