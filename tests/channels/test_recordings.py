"""Recordings as files: whole at every moment, never in a call's way, and gone when their time is over (D14, D15, X32, X34)."""

import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from struct import unpack
from typing import Any

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from channels import upkeep
from channels.data_directory import claim
from channels.recordings import HEADER, PIECE, RATE, Tape, Tapes, file_of
from channels.registry_cli import person
from channels.settings import Settings, recordings_folder
from registry import calls, recordings
from registry.calls import Ended
from registry.catalogue import POLICY
from registry.communications import Message, Received, receive
from registry.database import transaction
from registry.people import Patient
from registry.recordings import Recording
from tests.registry import build

DAY = timedelta(days=1)
FRAME = bytes(160)
NUMBER, OTHERS = "+48523570150", "+48523570151"


def _shape(sound: bytes) -> tuple[Any, ...]:
    """Format, sides, rate, bytes of sound as the head tells them, and as they are."""
    riff, size, wave = unpack("<4sI4s", sound[:12])
    assert (riff, wave, size) == (b"RIFF", b"WAVE", len(sound) - 8)
    form, sides, rate = unpack("<HHI", sound[20:28])
    assert sound[50:54] == b"data"
    return form, sides, rate, unpack("<I", sound[54:58])[0], len(sound) - HEADER


def test_a_recording_is_stereo_mu_law_with_the_caller_left(tmp_path: Path) -> None:
    tapes = Tapes(tmp_path)
    tape = tapes.begin("a")
    tape.put(b"\x01" * 160, b"\x02" * 160)
    tape.put(b"\x01" * 160, None)
    tape.close()
    tapes.close()
    sound = file_of(tmp_path, "a").read_bytes()
    assert _shape(sound) == (7, 2, RATE, 640, 640)
    assert sound[HEADER::2] == b"\x01" * 320
    assert sound[HEADER + 1 :: 2] == b"\x02" * 160 + b"\xff" * 160
    assert file_of(tmp_path, "a").stat().st_mode & 0o077 == 0


def test_what_was_written_when_the_process_died_can_be_heard(tmp_path: Path) -> None:
    tapes = Tapes(tmp_path)
    tape = tapes.begin("a")
    for _ in range(PIECE // 320 * 2 + 7):  # two seconds are written, the rest still waits
        tape.put(FRAME, None)
    tapes.close()  # what has been passed on is written; the tape itself is never closed
    assert _shape(file_of(tmp_path, "a").read_bytes()) == (7, 2, RATE, 2 * PIECE, 2 * PIECE)


def test_a_disk_that_fails_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()  # nothing can be written there
    with ThreadPoolExecutor(1) as writer:
        tape = Tape(tmp_path / "a.wav", writer)
        for _ in range(200):
            tape.put(FRAME, FRAME)
        tape.close()
    assert (tmp_path / "a.wav").is_dir()


def test_a_call_of_no_sound_leaves_no_file(tmp_path: Path) -> None:
    tapes = Tapes(tmp_path)
    tapes.begin("a").close()
    tapes.close()
    assert list(tmp_path.iterdir()) == []


def _recorded(engine: Engine, folder: Path, number: str, wire_id: str, now: datetime) -> str:
    """A recorded call in which something was said; the recording's name."""
    with transaction(engine) as session:
        call_id = calls.receive(session, wire_id, number, now=now)
        name = recordings.begin(session, call_id, now=now)
        receive(session, Received("voice", number, f"{wire_id}.1", "tak", {}), now=now)
        calls.end(session, call_id, Ended("talked"), now=now + timedelta(minutes=2))
    tapes = Tapes(folder)
    tape = tapes.begin(name)
    tape.put(FRAME, None)
    tape.close()
    tapes.close()
    return name


def _sweep(engine: Engine, settings: Settings, now: datetime) -> object:
    return next(job for job in upkeep.jobs(settings) if job.name == "delete_recordings").run(engine, now)


def test_after_ninety_days_file_and_row_are_gone_d15(engine: Engine, now: datetime, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    folder = recordings_folder(settings)
    name = _recorded(engine, folder, NUMBER, "CA1", now)
    assert NUMBER[1:] not in name
    assert _sweep(engine, settings, now + POLICY.keep_dialogue - DAY) == 0
    assert file_of(folder, name).is_file()
    assert _sweep(engine, settings, now + POLICY.keep_dialogue + DAY) == 1
    assert list(folder.iterdir()) == []
    with transaction(engine) as session:
        assert session.scalars(select(Recording)).all() == []


def test_rows_stay_where_the_files_cannot_be_seen(engine: Engine, now: datetime, tmp_path: Path) -> None:
    name = _recorded(engine, tmp_path / "here", NUMBER, "CA1", now)
    assert _sweep(engine, Settings(data_dir=tmp_path / "elsewhere"), now + POLICY.keep_dialogue + DAY) == 0
    assert file_of(tmp_path / "here", name).is_file()
    with transaction(engine) as session:
        assert len(session.scalars(select(Recording)).all()) == 1


def _cer(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """`cer person …` on this database and data directory; what it prints."""
    monkeypatch.setenv("CER_DATABASE_URL", engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    monkeypatch.setenv("CER_DATA_DIR", str(settings.data_dir))
    done = CliRunner().invoke(person.app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_an_erased_persons_recordings_are_gone_also_of_a_shared_telephone_and_nobody_elses_x34(
    engine: Engine, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    settings = Settings(data_dir=tmp_path / "data")
    folder = recordings_folder(settings)
    claim(settings.data_dir)
    with transaction(engine) as session:
        one, other = build.patient(session, NUMBER, OTHERS), build.patient(session, OTHERS)
        number = one.identifier
        assert other.id
    own = _recorded(engine, folder, NUMBER, "CA1", now)
    shared = _recorded(engine, folder, OTHERS, "CA2", now + timedelta(hours=1))
    theirs = _recorded(engine, folder, OTHERS, "CA3", now + timedelta(hours=2))
    with transaction(engine) as session:  # what was said in the second call is known to be about this person
        message = session.scalars(select(Message).where(Message.wire_id == "CA2.1")).one()
        message.patient_id = session.scalars(select(Patient.id).where(Patient.identifier == number)).one()
    exported = json.loads(_cer(engine, settings, monkeypatch, "export", number))
    assert b64decode(next(row["wav"] for row in exported["recordings"] if row["name"] == own)) == file_of(folder, own).read_bytes()
    _cer(engine, settings, monkeypatch, "erase", "--yes", number)
    assert [file.stem for file in folder.iterdir()] == [theirs]
    with transaction(engine) as session:
        assert session.scalars(select(Recording.name)).all() == [theirs]
    assert shared != theirs
