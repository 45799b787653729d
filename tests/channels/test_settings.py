"""Settings: a wrong or unknown variable stops the start with one line that names it; secrets never show."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from channels.claim_settings import ROLES, role_pairs
from channels.data_directory import DataDirectory, NotOurDirectory
from channels.mounting import identity_terms
from channels.operators import rights
from channels.secrets import completed
from channels.settings import Settings, SettingsError, as_environment, described, load

PRODUCTION = {
    "CER_MODE": "production",
    "CER_DATABASE_URL": "postgresql://cer:tajne@db/cer",
    "CER_PUBLIC_URL": "https://rejestracja.example/",
    "CER_SECRET_KEY": "k" * 32,
    "CER_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "CER_TWILIO_AUTH_TOKEN": "token",
    "CER_TWILIO_NUMBER": "+48573900100",
    "CER_SMTP_URL": "smtp://cer:tajne@poczta.example:587",
    "CER_MAIL_FROM": "e-Rejestracja <no-reply@rejestracja.example>",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CER_")]:
        monkeypatch.delenv(name)


def _set(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_the_demo_needs_no_setting_and_shows_the_story_at_any_hour() -> None:
    settings = load()
    assert settings.mode == "demo"
    assert settings.undo_seconds == 5
    assert settings.contact_hours_always_open
    assert not settings.spread_reminders
    assert settings.public_url == settings.twilio_base_url == "http://127.0.0.1:8000"


def test_the_demos_addresses_follow_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_PORT", "8123")
    assert load().public_url == "http://127.0.0.1:8123"


def test_production_keeps_the_decided_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """D6: five minutes to undo. D10: contact hours hold and reminders are spread."""
    _set(monkeypatch, PRODUCTION)
    settings = load()
    assert settings.undo_seconds == 300
    assert not settings.contact_hours_always_open
    assert settings.spread_reminders
    assert settings.twilio_base_url is None
    assert settings.public_url == "https://rejestracja.example"


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"CER_MODE"}))
def test_production_without_a_needed_setting_does_not_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _set(monkeypatch, {key: value for key, value in PRODUCTION.items() if key != name})
    with pytest.raises(SettingsError, match=f"^{name}: must be set in production$"):
        load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CER_PORT", "abc"),
        ("CER_PORT", "65536"),
        ("CER_MODE", "test"),
        ("CER_LOG_LEVEL", "loud"),
        ("CER_DATABASE_URL", "mysql://x"),
        ("CER_REDIS_URL", "localhost"),
        ("CER_PUBLIC_URL", "rejestracja.example"),
        ("CER_TWILIO_NUMBER", "573900100"),
        ("CER_TWILIO_ACCOUNT_SID", "SK123"),
        ("CER_UNDO_SECONDS", "-1"),
        ("CER_WEB_PROCESSES", "0"),
    ],
)
def test_a_wrong_value_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"^{name}: ") as refused:
        load()
    assert "\n" not in str(refused.value)


def test_an_unknown_variable_is_not_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_UNDO_SECONDES", "5")
    with pytest.raises(SettingsError, match="CER_UNDO_SECONDES: no such setting"):
        load()


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_DATABASE_URL", "mysql://cer:bardzo-tajne@db/cer")
    with pytest.raises(SettingsError) as refused:
        load()
    assert "tajne" not in str(refused.value)


def test_production_refuses_a_short_key_and_open_contact_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**PRODUCTION, "CER_SECRET_KEY": "short"})
    with pytest.raises(SettingsError, match="CER_SECRET_KEY: must have"):
        load()
    _set(monkeypatch, {**PRODUCTION, "CER_CONTACT_HOURS_ALWAYS_OPEN": "true"})
    with pytest.raises(SettingsError, match="CER_CONTACT_HOURS_ALWAYS_OPEN: is only for the demo"):
        load()


def test_a_child_process_gets_exactly_these_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**PRODUCTION, "CER_DATA_DIR": "elsewhere", "CER_PORT": "9000"})
    settings = load()
    _set(monkeypatch, as_environment(settings))
    assert load() == settings


def test_every_setting_is_documented_and_secrets_stay_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, PRODUCTION)
    lines = list(described(load()))
    assert len(lines) == len(Settings.model_fields)
    assert all(len(description) > 20 and description.endswith(".") for _, _, description in lines)
    shown = {name: value for name, value, _ in lines}
    assert shown["CER_SECRET_KEY"] == shown["CER_DATABASE_URL"] == shown["CER_TWILIO_AUTH_TOKEN"] == "(set, hidden)"
    assert "tajne" not in str(lines)


def test_settings_that_hold_secrets_are_of_the_kind_that_hides_them() -> None:
    secret = ("key", "token", "password", "database_url", "redis_url")
    for name, field in Settings.model_fields.items():
        if name.endswith(secret):
            assert "SecretStr" in str(field.annotation), name


def test_the_demo_makes_its_secrets_once(tmp_path: Path) -> None:
    first = completed(Settings(data_dir=tmp_path / "data"))
    second = completed(Settings(data_dir=tmp_path / "data"))
    assert first == second
    assert first.secret_key
    assert len(first.secret_key.get_secret_value()) >= 32
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert {entry.name for entry in (tmp_path / "data").iterdir()} == {"secrets.json", "cer-data"}


def test_a_reset_leaves_the_secrets_that_the_running_demo_has_read(tmp_path: Path) -> None:
    """Or the password that it prints opens nothing on the next start, and a message that `cer sms sign` signed is refused."""
    announced = completed(Settings(data_dir=tmp_path / "data"))
    with DataDirectory(tmp_path / "data") as directory:
        directory.empty()
    assert completed(Settings(data_dir=tmp_path / "data")) == announced


def test_nothing_is_written_into_a_directory_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(NotOurDirectory):
        completed(Settings(data_dir=tmp_path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_secret_that_was_given_is_not_replaced(tmp_path: Path) -> None:
    settings = completed(Settings(data_dir=tmp_path, console_password=SecretStr("własne")))
    assert settings.console_password == SecretStr("własne")


def test_production_makes_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**PRODUCTION, "CER_DATA_DIR": str(tmp_path)})
    assert completed(load()) == load()
    assert list(tmp_path.iterdir()) == []


def _cer(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "channels.cli", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", ["demo", "web", "worker", "migrate", "settings", "alive"])
def test_every_command_refuses_a_wrong_setting_with_one_line_and_code_2(command: str) -> None:
    refused = _cer(command, CER_PORT="abc")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr.startswith("cer: CER_PORT: ")
    assert refused.stderr.count("\n") == 1


def test_the_settings_command_prints_them(tmp_path: Path) -> None:
    printed = _cer("settings", CER_DATA_DIR=str(tmp_path), CER_CONSOLE_PASSWORD="bardzo-tajne")
    assert printed.returncode == 0
    assert "CER_UNDO_SECONDS=5\n" in printed.stdout
    assert "CER_CONSOLE_PASSWORD=(set, hidden)\n" in printed.stdout
    assert "tajne" not in printed.stdout


OIDC = {
    "CER_OIDC_ISSUER": "https://login.example/realms/cer/",
    "CER_OIDC_CLIENT_ID": "cer",
    "CER_OIDC_CLIENT_SECRET": "tajne",
    "CER_OIDC_ROLES": "CN=szefowie,OU=cer=administrator; konsola = operator;",
}


def test_an_identity_provider_is_set_up_as_a_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a provider would leave people outside, or passwords in; the issuer is kept letter by letter."""
    assert load().oidc_issuer is None
    _set(monkeypatch, OIDC)
    settings = load()
    assert settings.oidc_issuer == "https://login.example/realms/cer/"
    assert role_pairs(settings.oidc_roles or "") == (("CN=szefowie,OU=cer", "administrator"), ("konsola", "operator"))
    assert "tajne" not in str(list(described(settings)))
    for name, value in OIDC.items():
        monkeypatch.delenv(name)
        with pytest.raises(SettingsError, match=name):
            load()
        monkeypatch.setenv(name, value)
    for name in OIDC:
        monkeypatch.delenv(name)
    for name, value in (("CER_OIDC_CLINIC_CLAIM", "clinic"), ("CER_OIDC_PASSWORDS", "false"), ("CER_OIDC_SECOND_FACTOR", "amr=mfa")):
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingsError, match=f"CER_OIDC_ISSUER: must be set with {name}"):
            load()
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CER_OIDC_ROLES", "konsola=szef"), ("CER_OIDC_ROLES", "konsola"), ("CER_OIDC_ROLES", "=operator"), ("CER_OIDC_ROLES", ";"),
        ("CER_OIDC_SECOND_FACTOR", "mfa"), ("CER_OIDC_SECOND_FACTOR", "amr="), ("CER_OIDC_SECOND_FACTOR", "sub=mfa"),
        ("CER_OIDC_ISSUER", "login.example"), ("CER_OIDC_ISSUER", "https://login.example/?x=1"), ("CER_OIDC_SCOPE", "profile"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_about_a_provider_stops_the_start(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**OIDC, name: value})
    with pytest.raises(SettingsError, match=name):
        load()


def test_in_production_a_provider_is_asked_over_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {**PRODUCTION, **OIDC, "CER_OIDC_ISSUER": "http://login.example"})
    with pytest.raises(SettingsError, match="CER_OIDC_ISSUER: must begin with https://"):
        load()


def test_the_terms_with_a_provider_are_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every role of the console can be given, none else, and without settings there is no provider."""
    assert ROLES == rights.ROLES
    assert identity_terms(load()) is None
    _set(monkeypatch, {**OIDC, "CER_OIDC_SECOND_FACTOR": "amr=mfa; acr=urn:x=1", "CER_OIDC_PASSWORDS": "false"})
    terms = identity_terms(load())
    assert terms is not None
    assert terms.back == "http://127.0.0.1:8000/console/login/oidc/back"
    assert terms.roles == (("CN=szefowie,OU=cer", "administrator"), ("konsola", "operator"))
    assert terms.factors == {("amr", "mfa"), ("acr", "urn:x=1")}
    assert (terms.clinic_claim, terms.every_clinic, terms.role_claim, terms.passwords) == (None, "*", "groups", False)
    assert "tajne" not in repr(terms)
