"""`cer learn export` as it is typed: a new file to be reviewed, once, and never over another one (X33)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from channels.registry_cli.learn import app
from dialogs.understanding import corpus
from registry.database import transaction

WORDS = "kwiaty doniczkowe podlewam co drugi czwartek wieczorem"


@pytest.fixture
def marked(engine: Engine) -> Engine:
    """A database with one marked message."""
    facts = {"now": datetime.now(UTC), "words": WORDS}
    with transaction(engine) as session:
        for statement in (
            "INSERT INTO operators (login, name, role, password_hash, active, created_at) VALUES ('o', 'O', 'operator', '-', true, :now)",
            """INSERT INTO conversations (channel, address, last_at, needs_person, memory)
               VALUES ('sms', '+48600100200', :now, false, '{}')""",
            """INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
               VALUES (:now, 'in', 'sms', '+48600100200', 'message', 'received', :words, 'pl', '{}', 1, 0)""",
            """INSERT INTO turns (message_id, at, intent, confidence, question, entities, others, asked, action, outcome)
               SELECT id, :now, 'nlu_fallback', 0.3, false, '{}', '[]', 'reminder', 'not_understood', 'answered' FROM messages""",
            """INSERT INTO reading_marks (message_id, intent, state, version, marked_by, marked_at)
               SELECT m.id, 'thank', 'new', 1, o.id, :now FROM messages m, operators o""",
        ):
            session.execute(text(statement), facts)
    return engine


def run(database_url: str, tmp_path: Path, to: str, *more: str) -> Result:
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    return CliRunner().invoke(app, ["export", "--to", str(tmp_path / to), *more], env=environment)


def states(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.scalars(text("SELECT state FROM reading_marks")))


@pytest.mark.usefixtures("marked")
def test_the_file_is_read_by_the_houses_loader_and_marks_are_exported_once(database_url: str, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "written").mkdir()
    result = run(database_url, tmp_path, "written/pl_marked.yml")
    assert (result.exit_code, result.stdout.split(" in ")[0]) == (0, "1 examples")
    assert corpus.examples(tmp_path) == (corpus.Example(WORDS, "thank", "pl", None, "reminder", True),)
    assert states(engine) == ["exported"]
    again = run(database_url, tmp_path, "written/pl_more.yml")
    assert (again.exit_code, again.stdout) == (0, "nothing to export (pl): no file was written\n")
    assert not (tmp_path / "written" / "pl_more.yml").exists()
    assert run(database_url, tmp_path, "written/pl_more.yml", "--again").stdout.startswith("1 examples")
    with transaction(engine) as session:
        noted = session.execute(text("SELECT operator_id, facts FROM audit WHERE act = 'marks_exported'")).all()
    assert noted == [(None, {"examples": 1})] * 2


@pytest.mark.usefixtures("marked")
def test_what_could_not_be_written_was_not_exported(database_url: str, engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "pl_there.yml").write_text("mine")
    for name in ("pl_there.yml", "no_such_folder/pl_x.yml"):
        result = run(database_url, tmp_path, name)
        assert (result.exit_code, result.stdout) == (1, "")
    assert (tmp_path / "pl_there.yml").read_text() == "mine"
    assert states(engine) == ["new"]


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("name", ["marked.yml", "de_marked.yml", "pl_marked.txt", "pl"])
def test_a_files_name_says_the_language(name: str, database_url: str, engine: Engine, tmp_path: Path) -> None:
    result = run(database_url, tmp_path, name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert states(engine) == ["new"]
