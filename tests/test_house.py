"""The house keeps its order: what the import contracts must name, and what no file of the project may hold."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
COMPOSITION = {"demo", "registry_cli", "simulation"}  # packages of channels that put parts together instead of being a channel


@pytest.fixture(scope="module")
def contracts() -> dict[str, dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"]: contract for contract in project["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_channel_is_kept_apart_from_the_others(contracts: dict[str, dict[str, Any]]) -> None:
    """A new package under channels/ must be added to the contracts that keep channels independent."""
    packages = {path.parent.name for path in (ROOT / "channels").glob("*/__init__.py")} - COMPOSITION
    channels = {f"channels.{name}" for name in packages}
    assert set(contracts["One channel does not import another"]["modules"]) == channels
    assert set(contracts["No channel builds on what puts channels together"]["source_modules"]) == channels


def test_no_file_names_a_package_registry(tracked: list[Path]) -> None:
    """Whoever installs uses the registry that his pip is set to."""
    hosts = re.compile(r"pypi\.(org|python)|pythonhosted\.|--index-url (?!$)|--extra-index", re.IGNORECASE)
    assert _holding(hosts, tracked) == []


def test_no_file_holds_a_path_of_somebodys_machine(tracked: list[Path]) -> None:
    homes = re.compile(r"(?<![\w.])/(?:home|Users|root|work)/\w")
    assert _holding(homes, tracked) == []


def _holding(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    texts = ((file, file.read_bytes()) for file in files if file != Path(__file__))
    found = ((file, pattern.search(text.decode(errors="replace"))) for file, text in texts if b"\0" not in text[:1024])
    return [f"{file.relative_to(ROOT)}: {match[0]}" for file, match in found if match]
