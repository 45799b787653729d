"""What the README tells a newcomer to type does what it says: its shell lines are executed as they are written."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from channels.demo.people import FIRST_WAITING, TOMORROW, WEEK_AHEAD
from tests.bench.stage import wait_until
from tests.channels.demo_process import ROOT, Demo

README = (ROOT / "README.md").read_text()
pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")


@pytest.fixture
def demo(server_directory: Path, with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    """`cer demo`, and beside its data the command where the README has it."""
    command = server_directory / ".venv" / "bin" / "cer"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m channels.cli "$@"\n')
    command.chmod(0o755)
    with Demo(with_models(server_directory / "data")) as running:
        yield running.wait_until_ready()


def shell_lines(heading: str) -> list[str]:
    """The shell blocks of the section with this heading, in their order."""
    section = README.split(f"### {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    assert blocks, f"the README has no shell lines under {heading!r}"
    return blocks


def execute(demo: Demo, lines: str) -> str:
    """What the lines print, on the demonstration's own port; every one of them must succeed."""
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("CER_")}
    ours = {"CER_DATA_DIR": str(demo.directory), "CER_PORT": str(demo.port), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines.replace("127.0.0.1:8000", f"127.0.0.1:{demo.port}")],
        cwd=demo.directory.parent, env=foreign | ours, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def said_to(demo: Demo, number: str) -> list[str]:
    thread = httpx.get(f"http://127.0.0.1:{demo.port}/simulator/telephones/{number}/messages").json()
    return [message["body"] for message in thread if message["direction"] != "inbound"]


def test_the_story_with_curl_goes_as_the_readme_says(demo: Demo) -> None:
    programs, carrier = shell_lines("The same for programs")
    printed = execute(demo, programs)
    assert WEEK_AHEAD.family_name in printed
    wait_until(lambda: any("COFNIJ" in body for body in said_to(demo, WEEK_AHEAD.number)), "Janina is not told")
    wait_until(lambda: bool(said_to(demo, FIRST_WAITING.number)), "the date does not go to the next patient")

    execute(demo, carrier)
    wait_until(lambda: any("COFNIJ" in body for body in said_to(demo, TOMORROW.number)), "the signed message does not cancel")
    told = said_to(demo, TOMORROW.number)
    assert '<?xml version="1.0" encoding="UTF-8"?><Response/>' in execute(demo, carrier)
    assert said_to(demo, TOMORROW.number) == told  # sent again, the same message changes nothing
    assert "wrong signature" in execute(demo, carrier.replace('"X-Twilio-Signature: $SIGNATURE"', '"X-Twilio-Signature: another"'))
