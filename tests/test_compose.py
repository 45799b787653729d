"""docker-compose.yml, Dockerfile and .env.example agree with the specification, the settings and the tree.

No container engine runs here, so what can be checked without one is checked.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from channels.cli import app
from channels.settings import PREFIX, PRODUCTION_NEEDS, Settings

ROOT = Path(__file__).parents[1]
SPECIFICATION = ROOT.parent / "shared" / "contracts" / "compose-spec.json"
KNOWN = {PREFIX + name.upper() for name in Settings.model_fields}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$")
REFERENCE = re.compile(r"\$\{(\w+)(?:(:[?-])([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text()


def test_the_file_is_what_the_compose_specification_describes(compose: dict[str, Any]) -> None:
    if not SPECIFICATION.exists():
        pytest.skip(f"the compose specification is not at {SPECIFICATION}")
    validator = Draft7Validator(json.loads(SPECIFICATION.read_text()))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(compose)] == []


def test_every_variable_that_cer_gets_is_a_setting(compose: dict[str, Any], dockerfile: str) -> None:
    given = {name for service in compose["services"].values() for name in service.get("environment", {})}
    named = given | set(re.findall(rf"\b{PREFIX}\w+", (ROOT / "docker-compose.yml").read_text() + dockerfile))
    assert {name for name in named if name.startswith(PREFIX)} <= KNOWN


@pytest.mark.parametrize("service", ["web", "worker", "migrate"])
def test_production_gets_all_that_it_needs(compose: dict[str, Any], service: str) -> None:
    environment = compose["services"][service]["environment"]
    assert environment["CER_MODE"] == "production"
    assert {PREFIX + name.upper() for name in PRODUCTION_NEEDS} <= set(environment)


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    """Every secret is a reference to the environment; one that is needed stops the start when it is missing."""
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name):
                assert REFERENCE.fullmatch(value), name
            assert not re.search(r"://[^/@:]*:(?!\$\{)[^@]*@", str(value)), name
    for _, how, default in REFERENCE.findall((ROOT / "docker-compose.yml").read_text()):
        assert how != ":-" or not re.search(r"[A-Za-z0-9]{16,}", default)


def test_a_missing_need_is_told_by_its_name(compose: dict[str, Any]) -> None:
    for name, value in compose["services"]["web"]["environment"].items():
        for variable, how, words in REFERENCE.findall(value):
            if how == ":?":
                assert variable in words, name


def test_the_example_names_every_need_and_holds_no_secret() -> None:
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    example = dict(line.split("=", 1) for line in lines)
    needed = {name for name, how, _ in REFERENCE.findall((ROOT / "docker-compose.yml").read_text()) if how == ":?"}
    assert needed <= set(example)
    assert all(value == "" for name, value in example.items() if SECRET.search(name))
    assert {name for name in example if name.startswith(PREFIX)} <= KNOWN
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_every_lasting_service_has_a_health_check_and_comes_back(compose: dict[str, Any]) -> None:
    lasting = {name: service for name, service in compose["services"].items() if name != "migrate"}
    assert set(lasting) == {"postgres", "redis", "web", "worker"}
    for name, service in lasting.items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name


def test_the_tables_are_there_before_web_and_worker_start(compose: dict[str, Any]) -> None:
    for service in ("web", "worker"):
        needs = compose["services"][service]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}
    assert compose["services"]["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_only_the_proxy_in_front_reaches_the_web_process(compose: dict[str, Any]) -> None:
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert {name for name, ports in published.items() if ports} == {"web"}
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_our_containers_have_no_rights(compose: dict[str, Any], dockerfile: str) -> None:
    for service in ("web", "worker", "migrate"):
        ours = compose["services"][service]
        assert ours["cap_drop"] == ["ALL"]
        assert ours["read_only"] is True
    users = re.findall(r"^USER (\S+)$", dockerfile, re.MULTILINE)
    assert users[-1] == "cer"
    assert dockerfile.index("USER cer") < dockerfile.index("ENTRYPOINT")


def test_what_the_image_copies_exists_and_is_not_ignored(dockerfile: str) -> None:
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = [source for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE) for source in line.split()[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source in admitted, source


def test_commands_of_the_containers_are_commands_of_cer(compose: dict[str, Any]) -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    used = {compose["services"][name]["command"][0] for name in ("web", "worker", "migrate")} | {"alive"}
    assert used <= known


def test_versions_of_foreign_images_are_chosen(compose: dict[str, Any], dockerfile: str) -> None:
    images = [service["image"] for name, service in compose["services"].items() if name in {"postgres", "redis"}]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert all(re.search(r":\d", image) for image in images)
