"""`make rasa-check`: the stories on a real Rasa server (RASA=…/bin/rasa, Rasa 3.6.21 with Python 3.10; redis-server on the path).

First `rasa train` and `rasa test core` on the project as it is: every decision of every story. Then a dozen conversations over REST,
each beside the embedded engine: equal replies. Prints the latency of a turn (p50, p99) and the memory of both.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import yaml

from dialogs.project import FOLDER
from tests.stories.test_stories import FILES

PORTS = {"rasa": 5095, "actions": 5096, "redis": 5097}
PARTS = ("config.yml", "endpoints.yml", "credentials.yml", "domain", "data")
LIVE = 12


def environment(data: Path) -> dict[str, str]:
    """What a Rasa server and our action server are told."""
    return {
        **os.environ, "CER_ACTIONS_URL": f"http://127.0.0.1:{PORTS['actions']}/webhook", "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(PORTS["redis"]), "REDIS_PASSWORD": "", "CER_DATA_DIR": str(data), "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3", "RASA_TELEMETRY_ENABLED": "false",
    }  # fmt: skip


def run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    """A step of Rasa's, its output kept in a file; the end of it is shown when it fails."""
    with (cwd / "log.txt").open("a") as log:
        done = subprocess.run(command, cwd=cwd, env=env, stdout=log, stderr=log, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[1:3])} failed:\n" + (cwd / "log.txt").read_text()[-2000:])


def written_for_rasa(target: Path) -> int:
    """The stories without the words: what is compared are decisions, not Rasa's own reading of them. How many there are."""
    target.mkdir(exist_ok=True)
    count = 0
    for file in FILES:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
        for story in told["stories"]:
            count += 1
            story["steps"] = [{key: value for key, value in step.items() if key != "user"} for step in story["steps"]]
        (target / file.name.removeprefix("test_")).write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return count


def decisions(rasa: str, project: Path, env: dict[str, str]) -> bool:
    """Whether Rasa decides every story as it is written."""
    stories = written_for_rasa(project / "stories")
    run([rasa, "test", "core", "--stories", "stories", "--model", "models/cer.tar.gz", "--out", "results"], project, env)
    failed = project / "results" / "failed_test_stories.yml"
    wrong = (yaml.safe_load(failed.read_text(encoding="utf-8")) or {}).get("stories", []) if failed.exists() else []
    print(f"decisions equal in {stories - len(wrong)} of {stories} stories")
    for story in wrong[:20]:
        print("  differs:", story["story"])
    return not wrong


@contextmanager
def running(command: list[str], cwd: Path, env: dict[str, str], ready: str, patience: float = 180) -> Iterator[int]:
    """A server as long as the block, from the moment it answers at `ready`; its process id."""
    with (cwd / "servers.txt").open("a") as log:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + patience
            while not _answers(ready):
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} does not answer:\n" + (cwd / "servers.txt").read_text()[-2000:])
                time.sleep(0.5)
            yield process.pid
        finally:
            process.terminate()
            process.wait(20)


def _answers(address: str) -> bool:
    if not address.startswith("http"):
        return bool(subprocess.run(["redis-cli", "-p", address, "ping"], capture_output=True, check=False).stdout.strip() == b"PONG")
    with suppress(httpx.HTTPError):
        return httpx.get(address, timeout=2).status_code < 500
    return False


def megabytes(pid: int) -> int:
    """The resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def main() -> None:
    """Train, compare, print."""
    rasa = os.environ.get("RASA") or shutil.which("rasa")
    if rasa is None:
        sys.exit("make rasa-check: say where Rasa 3.6.21 is, RASA=/path/to/venv/bin/rasa")
    with tempfile.TemporaryDirectory(prefix="cer-rasa-") as directory:
        project = Path(directory) / "dialogs"
        project.mkdir()
        for part in PARTS:
            source = FOLDER / part
            shutil.copytree(source, project / part) if source.is_dir() else shutil.copy(source, project / part)
        env = environment(Path(directory) / "data")
        started = time.monotonic()
        ready = os.environ.get("RASA_MODEL")
        if ready:
            (project / "models").mkdir()
            shutil.copy(ready, project / "models" / "cer.tar.gz")
        else:
            run([rasa, "train", "-d", "domain", "--fixed-model-name", "cer"], project, env)
            print(f"rasa train on the folder as it is: {time.monotonic() - started:.0f} s")
        equal = decisions(rasa, project, env)
        from tests.stories import rasa_live  # noqa: PLC0415  it opens a database

        equal &= rasa_live.compare(rasa, project, env, PORTS, LIVE)
    sys.exit(0 if equal else 1)


def show(label: str, seconds: list[float]) -> str:
    """p50 and p99 of a list of turns."""
    ordered = sorted(1000 * one for one in seconds)
    return f"{label}: {len(ordered)} turns, p50 {ordered[len(ordered) // 2]:.1f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms"


def as_json(value: Any) -> str:
    """For the log."""
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
