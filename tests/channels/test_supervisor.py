"""`cer demo`: one command starts everything, one signal stops everything, and whatever is killed comes back."""

import fcntl
import os
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from registry.embedded import EmbeddedPostgres
from registry.processes import all_working_in
from tests.channels.demo_process import Demo, descendants, kill, wait_until_gone


@pytest.fixture(scope="session")
def started_once(run_directory: Path, with_models: Callable[[Path], Path]) -> Path:
    """A demo's data after a first start and a stop, made once in this run for all to copy."""
    directory = run_directory / "demo"
    with (run_directory / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            with Demo(with_models(directory)) as demo:
                demo.wait_until_ready()
    return directory


@pytest.fixture
def data(started_once: Path, server_directory: Path) -> Path:
    """Data of a test's own that need no first start, which takes twice as long as a later one."""
    subprocess.run(["cp", "-a", started_once, server_directory / "data"], check=True)  # with its owners
    return server_directory / "data"


def _count(data: Path, table: str) -> int:
    with psycopg.connect(EmbeddedPostgres(data / "postgres").conninfo("cer")) as connection:
        row = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _leave_a_mark(data: Path) -> None:
    with psycopg.connect(EmbeddedPostgres(data / "postgres").conninfo("cer")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS marks (id int)")
        connection.execute("INSERT INTO marks VALUES (1)")


def _assert_nothing_left(demo: Demo, pids: list[int]) -> None:
    wait_until_gone(pids)
    assert all_working_in(demo.directory / "postgres" / "cluster") == []
    with socket.create_server(("127.0.0.1", demo.port)):  # nobody listens any more
        pass


def test_it_starts_announces_itself_and_stops_without_a_trace(data: Path) -> None:
    """What it prints is named by process and kept in files; its secrets are readable by the owner alone."""
    with Demo(data) as demo:
        demo.wait_until_ready()
        assert demo.get("/health/ready")[0] == 200
        assert demo.checks() == {"database": "ok", "worker": "ok"}
        for told in (f"http://127.0.0.1:{demo.port}/telephone", f"http://127.0.0.1:{demo.port}/console", "password"):
            assert told in demo.printed
        everyone = demo.everyone()
        assert len(everyone) >= 4
        demo.wait_until_printed("worker  | ")
        assert "worker started" in (data / "logs" / "worker.log").read_text()
        assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
        demo.process.send_signal(signal.SIGINT)
        assert demo.read_to_end() == 0
        _assert_nothing_left(demo, everyone)


def test_a_first_start_trains_the_reader_of_messages_by_itself(server_directory: Path) -> None:
    """Issue, Understanding: trained from the repository's data at first start, nothing fetched; other tests share a trained one."""
    with Demo(server_directory / "data") as demo:
        demo.wait_until_ready()
    assert sorted(path.name.split("-")[0] for path in (demo.directory / "models").glob("*.npz")) == ["intents", "senses", "topics"]


def test_what_was_written_is_there_after_a_stop_by_sigterm_and_a_start(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        password = demo.printed.split("password ")[1].split()[0]
        patients = _count(data, "patients")
        _leave_a_mark(data)
        demo.process.terminate()
        assert demo.read_to_end() == 0
    with Demo(data) as demo:
        demo.wait_until_ready()
        assert password in demo.printed
        assert (_count(data, "marks"), _count(data, "patients")) == (1, patients)


def test_reset_begins_anew(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        _leave_a_mark(data)
    with Demo(data, "--reset") as demo:
        demo.wait_until_ready()
        with pytest.raises(psycopg.errors.UndefinedTable):
            _count(data, "marks")
    assert (data / "models").exists()


def test_whatever_is_killed_comes_back(data: Path) -> None:
    """One after the other; no request is refused meanwhile, and what was committed stays."""
    with Demo(data) as demo:
        demo.wait_until_ready()
        _leave_a_mark(data)
        _kill_web(demo)
        _kill_worker(demo)
        _kill_database(demo)
        assert _count(data, "marks") == 1


def _kill_web(demo: Demo) -> None:
    killed = demo.child("web")
    kill(killed)
    wait_until_gone([killed])
    assert demo.get("/health/live")[0] == 200
    assert "web     | ended with SIGKILL, starting it again" in demo.printed_so_far()
    assert demo.child("web") != killed


def _kill_worker(demo: Demo) -> None:
    killed = demo.child("worker")
    kill(killed)
    demo.wait_until_printed("worker  | ended with SIGKILL, starting it again")
    demo.wait_until_printed("worker started", times=2)
    assert demo.child("worker") != killed


def _kill_database(demo: Demo) -> None:
    kill(demo.postmaster())
    demo.wait_until_printed("the database's process is gone, starting it again")
    deadline = time.monotonic() + 30
    while demo.checks()["database"] != "ok":
        assert time.monotonic() < deadline


def test_kill_9_of_the_keeper_leaves_nothing_and_the_next_start_recovers(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        _leave_a_mark(data)
        everyone = demo.everyone()
        kill(demo.process.pid)
        again = Demo(data, CER_PORT=str(demo.port))  # at once: the same port, the same data
        with again:
            again.wait_until_ready()
            wait_until_gone(everyone)
            assert _count(data, "marks") == 1


def test_kill_9_of_everything_at_once_is_recovered_from(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        _leave_a_mark(data)
        for pid in [*demo.everyone(), *all_working_in(data / "postgres" / "cluster")]:
            kill(pid)
        demo.read_to_end()
    with Demo(data) as demo:
        demo.wait_until_ready()
        assert _count(data, "marks") == 1


def test_kill_9_during_the_first_start_is_recovered_from(server_directory: Path, with_models: Callable[[Path], Path]) -> None:
    data = with_models(server_directory / "data")
    with Demo(data) as demo:
        while not (data / "postgres").exists():
            assert demo.process.poll() is None
        everyone = demo.everyone()
        kill(demo.process.pid)
        demo.read_to_end()
        wait_until_gone(everyone)
    with Demo(data) as demo:
        demo.wait_until_ready()


def test_a_second_ctrl_c_hurries_and_harms_nothing(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        _leave_a_mark(data)
        everyone = demo.everyone()
        demo.process.send_signal(signal.SIGINT)
        demo.wait_until_printed("stopping")
        demo.process.send_signal(signal.SIGINT)
        demo.read_to_end()
        _assert_nothing_left(demo, everyone)
    with Demo(data) as demo:
        demo.wait_until_ready()
        assert _count(data, "marks") == 1


def test_a_hanging_child_is_killed_when_hurried(data: Path) -> None:
    with Demo(data) as demo:
        demo.wait_until_ready()
        everyone = demo.everyone()
        os.kill(demo.child("web"), signal.SIGSTOP)
        demo.process.send_signal(signal.SIGINT)
        demo.wait_until_printed("stopping")
        demo.process.send_signal(signal.SIGINT)
        assert demo.read_to_end() == 0
        _assert_nothing_left(demo, everyone)


def test_a_busy_port_is_told_in_one_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        with Demo(data, CER_PORT=port) as demo:
            assert demo.read_to_end() == 1
    assert demo.printed.startswith(f"cer: cannot listen on 127.0.0.1:{port} (Address already in use)")
    assert demo.printed.count("\n") == 1


def test_a_second_demo_on_the_same_data_is_refused_in_one_line(data: Path) -> None:
    with Demo(data) as first:
        first.wait_until_ready()
        with Demo(data) as second:
            assert second.read_to_end() == 1
        assert second.printed.startswith("cer: cer already runs on")
        assert second.printed.count("\n") == 1
        assert first.get("/health/ready")[0] == 200


def test_somebody_elses_directory_is_never_touched(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "thesis.txt").write_text("years of work")
    with Demo(data, "--reset") as demo:
        assert demo.read_to_end() == 1
    assert demo.printed.startswith("cer: ")
    assert "not ours" in demo.printed
    assert {entry.name: entry.read_text() for entry in data.iterdir()} == {"thesis.txt": "years of work"}


def test_several_web_processes_share_the_port_and_the_figures(data: Path) -> None:
    with Demo(data, CER_WEB_PROCESSES="2") as demo:
        demo.wait_until_ready()
        assert "web-1" in demo.printed or "web-2" in demo.printed or descendants(demo.process.pid)
        for _ in range(20):
            assert demo.get("/health/live")[0] == 200
        line = next(line for line in demo.get("/metrics")[1].splitlines() if 'route="/health/live",status="200"' in line)
        assert float(line.split()[-1]) == 20
        assert 'cer_job_runs_total{job="write_reminders",outcome="done"}' in demo.get("/metrics")[1]
