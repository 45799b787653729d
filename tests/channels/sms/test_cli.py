"""`cer sms sign`: the signature that a carrier would send with a form."""

import pytest
from twilio.request_validator import RequestValidator
from typer.testing import CliRunner

from channels.cli import app

URL = "https://rejestracja.example/sms/inbound?x=1"
FORM = {"From": "+48601234501", "Body": "nie dam rady, proszę odwołać = tak & już", "Empty": ""}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("CER_TWILIO_AUTH_TOKEN", "the-token")
    monkeypatch.setenv("CER_DATA_DIR", f"{tmp_path}/data")


def test_the_signature_is_the_one_that_twilios_validator_accepts() -> None:
    done = CliRunner().invoke(app, ["sms", "sign", URL, *(f"{name}={value}" for name, value in FORM.items())])
    assert done.exit_code == 0
    assert RequestValidator("the-token").validate(URL, FORM, done.stdout.strip())


@pytest.mark.parametrize("field", ["Body", "=x"])
def test_what_is_no_field_is_refused_in_words(field: str) -> None:
    done = CliRunner().invoke(app, ["sms", "sign", URL, field])
    assert (done.exit_code, "name=value" in done.output) == (2, True)
