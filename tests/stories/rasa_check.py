"""`make rasa-check`: every decision of every story, and then every conversation, by a real Rasa (RASA=…/bin/rasa, 3.6.21, Python 3.10).

`rasa train` and `rasa test core` on the project's files as they are, then `rasa run` with `cer actions` behind it (`live`).
RASA_MODEL=… takes a model that was trained before; every 8th story is held live, RASA_LIVE_EVERY=1 holds all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from dialogs.project import FOLDER
from tests.stories import live
from tests.stories.test_stories import FILES, stories

PARTS = ("config.yml", "endpoints.yml", "credentials.yml", "domain", "data")


def environment() -> dict[str, str]:
    """What endpoints.yml asks for; nothing of it is called here."""
    return {
        **os.environ, "ACTIONS_URL": "http://127.0.0.1:5055/webhook", "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": "6379", "REDIS_PASSWORD": "", "PYTHONWARNINGS": "ignore",
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
        env = environment()
        every = int(os.environ.get("RASA_LIVE_EVERY", "8"))
        started = time.monotonic()
        ready = os.environ.get("RASA_MODEL")
        if ready:
            (project / "models").mkdir()
            shutil.copy(ready, project / "models" / "cer.tar.gz")
        else:
            run([rasa, "train", "-d", "domain", "--fixed-model-name", "cer"], project, env)
            print(f"rasa train on the folder as it is: {time.monotonic() - started:.0f} s")
        equal = decisions(rasa, project, env)
        with live.servers(rasa, project, env) as both:
            alike = live.conversations(dict(list(stories().items())[::every]), both)
    sys.exit(0 if equal and alike else 1)


if __name__ == "__main__":
    main()
