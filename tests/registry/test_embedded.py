"""The embedded PostgreSQL starts fast, is shared, and comes back from every way of dying."""

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from registry.embedded import EmbeddedPostgres, PostgresDidNotStart
from registry.processes import all_working_in


@pytest.fixture
def server(server_directory: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(server_directory / "postgres")
    yield server
    server.stop()


def _write_row(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo("cer")) as connection:
        connection.execute("CREATE TABLE visits (id int)")
        connection.execute("INSERT INTO visits VALUES (1)")


def _rows(server: EmbeddedPostgres) -> int:
    with psycopg.connect(server.conninfo("cer")) as connection:
        row = connection.execute("SELECT count(*) FROM visits").fetchone()
    return int(row[0]) if row else 0


def test_a_first_start_costs_less_than_three_seconds_of_one_core(server_directory: Path) -> None:
    """Design idea 7: a real PostgreSQL 18 from a wheel starts in under 3 s, also as root.

    Counted in processor time: other tests keep the machine busy, and the wall clock would judge them.
    """
    before = _processor_seconds()
    with EmbeddedPostgres(server_directory / "postgres"):
        pass
    assert _processor_seconds() - before < 3


def _processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _kill_everything(server: EmbeddedPostgres) -> None:
    """kill -9 for each process, the postmaster first; its children may go by themselves meanwhile."""
    for pid in sorted(all_working_in(server.directory / "cluster")):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_it_is_the_database_that_production_has(server: EmbeddedPostgres) -> None:
    engine = create_engine(server.start())
    with engine.connect() as connection:
        assert str(connection.scalar(text("SHOW server_version"))).startswith("18.")
        assert connection.scalar(text("SELECT current_database()")) == "cer"
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
        assert connection.scalar(text("SHOW listen_addresses")) == ""
    engine.dispose()


def test_polish_letters_are_kept_and_folded(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.conninfo("cer")) as connection:
        row = connection.execute("SELECT lower('ŻÓŁĆ'), length('Żółć')").fetchone()
    assert row == ("żółć", 4)


def test_what_was_committed_is_there_after_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    server.start()
    _write_row(server)
    server.stop()
    assert server.pid() is None
    server.start()
    assert _rows(server) == 1


def test_stopping_twice_and_stopping_what_never_ran_is_no_error(server: EmbeddedPostgres) -> None:
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_a_second_start_attaches_and_its_context_leaves_the_server_running(server: EmbeddedPostgres) -> None:
    server.start()
    with EmbeddedPostgres(server.directory) as second:
        assert second.pid() == server.pid()
    assert server.pid() is not None


def test_starts_at_the_same_moment_share_one_server(server_directory: Path) -> None:
    servers = [EmbeddedPostgres(server_directory / "postgres") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        urls = set(threads.map(EmbeddedPostgres.start, servers))
    assert len(urls) == len({server.pid() for server in servers}) == 1
    servers[0].stop()


def test_kill_9_of_every_process_loses_nothing_committed(server: EmbeddedPostgres) -> None:
    server.start()
    _write_row(server)
    _kill_everything(server)
    assert (server.directory / "cluster" / "postmaster.pid").exists()
    server.start()
    assert _rows(server) == 1


def test_kill_9_of_the_postmaster_alone_is_waited_out(server: EmbeddedPostgres) -> None:
    """Its children live on for a moment and PostgreSQL refuses to start beside them."""
    server.start()
    _write_row(server)
    os.kill(server.pid() or 0, signal.SIGKILL)
    server.start()
    assert _rows(server) == 1


def test_a_stale_pid_file_that_names_a_living_stranger_is_no_obstacle(server: EmbeddedPostgres) -> None:
    """After a restart of the machine or container the number in postmaster.pid is often somebody else's."""
    server.start()
    _write_row(server)
    pid_file = server.directory / "cluster" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    _kill_everything(server)
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert server.pid() is None
    server.start()
    assert _rows(server) == 1


def test_a_killed_server_that_nobody_buried_is_no_obstacle(server: EmbeddedPostgres) -> None:
    """A zombie still has its number: its parent may be slow to collect it, or be a container's careless first process."""
    server.start()
    _write_row(server)
    pid = server.pid() or 0
    _kill_everything(server)
    another = EmbeddedPostgres(server.directory)
    another.start()
    assert Path(f"/proc/{pid}").exists()
    assert _rows(another) == 1
    another.stop()


def test_an_empty_pid_file_left_by_a_full_disk_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.directory / "cluster" / "postmaster.pid").touch()
    server.start()
    assert server.pid() is not None


def test_a_creation_killed_half_way_is_begun_again(server: EmbeddedPostgres) -> None:
    half = server.directory / "new-killed" / "cluster"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert server.pid() is not None


def test_the_server_goes_when_the_process_that_started_it_is_killed(server: EmbeddedPostgres) -> None:
    program = "import sys, pathlib, signal; from registry.embedded import EmbeddedPostgres as E;"
    program += "E(pathlib.Path(sys.argv[1])).start(); print('ready', flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", program, server.directory], stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"ready\n"
        pid = server.pid()
        assert pid is not None
        gone = os.pidfd_open(pid)
        starter.kill()
        _wait_for_end(gone)
    assert server.pid() is None


def _wait_for_end(pidfd: int) -> None:
    """Return when the process behind the descriptor has ended; fail after 20 seconds."""
    assert select.select([pidfd], [], [], 20)[0], "the process is still there"
    os.close(pidfd)


def test_a_path_too_long_for_a_socket_address_works(server_directory: Path) -> None:
    with EmbeddedPostgres(server_directory / ("d" * 120) / "postgres") as server:
        _write_row(server)
        assert _rows(server) == 1
        assert "host=%2F" in server.url()


def test_a_path_with_blanks_and_polish_letters_works(server_directory: Path) -> None:
    with EmbeddedPostgres(server_directory / "moje dane – próba") as server:
        engine = create_engine(server.url())
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()


def test_a_server_that_cannot_start_says_why(server_directory: Path) -> None:
    server = EmbeddedPostgres(server_directory / "postgres", settings={"shared_buffers": "nonsense"})
    with pytest.raises(PostgresDidNotStart, match="shared_buffers"):
        server.start()


def test_the_log_quotes_no_row(server: EmbeddedPostgres) -> None:
    """A violated constraint is no reason to write a patient's number to a file."""
    server.start()
    with psycopg.connect(server.conninfo("cer"), autocommit=True) as connection:
        connection.execute("CREATE TABLE numbers (number text UNIQUE)")
        connection.execute("INSERT INTO numbers VALUES ('+48600100200')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO numbers VALUES ('+48600100200')")
    log = server.log.read_text()
    assert "unique constraint" in log
    assert "600100200" not in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_as_root_the_server_runs_without_rights_below_a_closed_home() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o700)
        with EmbeddedPostgres(Path(home) / "data") as server:
            pid = server.pid()
            assert Path(f"/proc/{pid}").stat().st_uid != 0
            assert (server.directory).stat().st_mode & 0o777 == 0o700
