"""What the README tells a newcomer to type does what it says."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.channels.demo_process import ROOT, Demo

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


@pytest.fixture
def demo(server_directory: Path, with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    with Demo(with_models(server_directory / "data")) as running:
        yield running.wait_until_ready()


def test_the_story_over_plain_http_is_as_the_readme_says(demo: Demo) -> None:
    """Both shell blocks are run as printed; only the port and the place of the command differ (R102, R60)."""
    story, signed = _blocks("### The same for programs")
    threads = _run(story, demo)
    assert "e-Rejestracja przypomina" in threads
    assert "jest termin z poczekalni" in threads
    assert "Termin dostaje od razu: S. N." in threads
    assert "jutro nie przyjde" not in threads
    answered = _run(signed.replace("curl -s http://127.0.0.1", "sleep 4; curl -s http://127.0.0.1"), demo)
    assert "<Response/>" in answered
    assert "odwolana" in answered


def test_a_wrong_signature_is_refused_r102(demo: Demo) -> None:
    _, signed = _blocks("### The same for programs")
    forged = re.sub(r"SIGNATURE=.*", "SIGNATURE=forged", signed)
    assert "wrong signature" in _run(forged, demo)


def _blocks(heading: str) -> list[str]:
    """The shell blocks of one part of the README."""
    part = (ROOT / "README.md").read_text().split(heading)[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", part, flags=re.DOTALL)


def _run(script: str, demo: Demo) -> str:
    here = script.replace(":8000", f":{demo.port}").replace(".venv/bin/cer", f"{sys.executable} -m channels.cli")
    settings = {"CER_DATA_DIR": str(demo.directory), "CER_PORT": str(demo.port), "PYTHONPATH": str(ROOT)}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CER_")}
    done = subprocess.run(["sh", "-eu", "-c", here], capture_output=True, text=True, cwd=ROOT, env={**plain, **settings}, check=True)
    return done.stdout.encode().decode("unicode_escape", errors="ignore") if "\\u" in done.stdout else done.stdout
