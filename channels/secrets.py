"""The demo's own secrets: made on the first start, kept beside its data, the same on the next start, also after a reset."""

import json
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from channels.data_directory import SECRETS, claim
from channels.settings import Settings


def completed(settings: Settings) -> Settings:
    """In the demo, the settings with every secret filled in that the environment left open; else unchanged.

    Raises NotOurDirectory.
    """
    if settings.mode != "demo":
        return settings
    claim(settings.data_dir)
    kept = _kept(settings.data_dir / SECRETS)
    missing = {name: value for name, value in kept.items() if getattr(settings, name) is None}
    wrapped = {name: value if name == "twilio_account_sid" else SecretStr(value) for name, value in missing.items()}
    return settings.model_copy(update=wrapped)


def _kept(file: Path) -> dict[str, str]:
    """The secrets in the file, which is made when absent: in one step, for two processes may start at once."""
    if not file.exists():
        draft = file.with_name(f"{SECRETS}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            json.dump(_fresh(), output, indent=2)
        try:
            os.link(draft, file)
        except FileExistsError:  # the other process was first; its secrets count
            pass
        finally:
            draft.unlink()
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _fresh() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(48),
        "console_password": secrets.token_urlsafe(9),
        "twilio_account_sid": "AC" + secrets.token_hex(16),
        "twilio_auth_token": secrets.token_hex(16),
    }
