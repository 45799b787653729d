"""What the people who run the system may set: CER_ variables of the environment, read once, when a process starts.

Rules of the service (hours, horizons, pools) are no settings; they live with the registry. A variable that we do not know
or a value that makes no sense stops the start with one line: a misspelt setting must not be silently ignored.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from channels.claim_settings import FactorValues, Issuer, RoleTable
from channels.setting_types import DatabaseAddress, MailAddress, MailServer, Port, RedisAddress, Telephone, WebAddress

PREFIX = "CER_"
PRODUCTION_NEEDS = (
    "database_url",
    "public_url",
    "secret_key",
    "twilio_account_sid",
    "twilio_auth_token",
    "twilio_number",
    "smtp_url",
    "mail_from",
)
OIDC_NEEDS = ("oidc_client_id", "oidc_client_secret", "oidc_roles")
SHORTEST_KEY = 32  # characters of a secret that signs sessions


class SettingsError(ValueError):
    """The environment holds a CER_ variable that is unknown or wrong; the message is one line and names it."""


class Settings(BaseSettings):
    """All settings with their defaults. Each description is what `cer settings` prints."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    mode: Literal["demo", "production"] = Field(
        default="demo", description="demo: everything on this machine, a simulated carrier. production: real telephones."
    )
    data_dir: Path = Field(default=Path(".cer"), description="Where the embedded database, logs and the demo's secrets are kept.")
    database_url: DatabaseAddress | None = Field(
        default=None, description="PostgreSQL, postgresql://…; without it an embedded one runs under the data directory."
    )
    redis_url: RedisAddress | None = Field(default=None, description="Redis, redis://…; without it its work is done in memory.")

    host: str = Field(default="127.0.0.1", description="The address that the web process listens on.")
    port: Port = Field(default=8000, description="The port that the web process listens on.")
    public_url: WebAddress | None = Field(
        default=None, description="How the outside world reaches us; carriers sign it. In the demo: http://127.0.0.1:<port>."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses, separated by commas, whose X-Forwarded-* headers are believed."
    )
    web_processes: int = Field(default=1, ge=1, le=64, description="How many web processes share the port.")
    metrics_port: Port | None = Field(
        default=None, description="A port on which the worker shows its own figures for Prometheus; none by default."
    )
    metrics_token: SecretStr | None = Field(
        default=None, description="Bearer token that /metrics asks for; without it only this machine may read them."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least serious entry logged.")
    log_format: Literal["json", "console"] = Field(
        default="json", description="json: one object per line. console: for people (the demo's default)."
    )

    secret_key: SecretStr | None = Field(
        default=None, description=f"Signs sessions; at least {SHORTEST_KEY} characters. The demo makes its own and keeps it."
    )
    console_user: str = Field(default="operator", min_length=1, description="Login of the first operator of the console.")
    console_password: SecretStr | None = Field(
        default=None, description="Password of the first operator, used when there is none yet. The demo makes its own."
    )
    console_factor: bool | None = Field(
        default=None, description="Whether nobody works at the console without a second factor; by default only in production."
    )

    oidc_issuer: Issuer | None = Field(
        default=None, description="The identity provider (OpenID Connect) that lets operators in, as its description names itself."
    )
    oidc_client_id: str | None = Field(default=None, min_length=1, description="The name that the identity provider knows us by.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="The secret that the identity provider knows us by.")
    oidc_scope: str = Field(
        default="openid profile", pattern=r"^(\S+ )*openid( \S+)*$", description="What the identity provider is asked for."
    )
    oidc_role_claim: str = Field(
        default="groups", min_length=1, description="The claim of the ID token that gives the role; dots lead into claims within claims."
    )
    oidc_roles: RoleTable | None = Field(
        default=None,
        description="What that claim's values mean here, value=role;value=role. Of several the first listed counts; without one: no entry.",
    )
    oidc_clinic_claim: str | None = Field(
        default=None, min_length=1,
        description="The claim with the code of the clinic; unset: the administrator says which. Missing in a token: no entry.",
    )  # fmt: skip
    oidc_every_clinic: str = Field(default="*", min_length=1, description="The value of that claim for people of every clinic.")
    oidc_second_factor: FactorValues | None = Field(
        default=None, description="Values by which the provider's second factor counts as ours, such as amr=mfa;acr=gold. None: never."
    )
    oidc_passwords: bool = Field(default=True, description="Whether passwords let in too, beside the identity provider.")

    twilio_account_sid: str | None = Field(
        default=None, pattern=r"^AC[0-9a-f]{32}$", description="Twilio account. The demo makes its own for the simulated carrier."
    )
    twilio_auth_token: SecretStr | None = Field(
        default=None, description="Twilio's token: signs what we receive, opens what we send. The demo makes its own."
    )
    twilio_number: Telephone | None = Field(default=None, description="The number that we write and call from. The demo has one.")
    twilio_base_url: WebAddress | None = Field(
        default=None, description="Where Twilio's interface is; none: Twilio's own. In the demo: the simulated carrier."
    )

    voice_calls: int | None = Field(
        default=None, ge=0, le=1000,
        description="How many calls one web process talks in at once; further ones run on keys. By default what it measures at its start.",
    )  # fmt: skip
    voice_drain_seconds: int = Field(
        default=45, ge=0, le=900, description="How many seconds a web process that is told to stop waits for its calls to end. Demo: 0."
    )
    voice_models: Path | None = Field(
        default=None, description="A folder of further voice models (`cer models fetch`); without it only the shipped Polish one hears."
    )
    voice_synthesizer: Path | None = Field(
        default=None, description="A folder of a Piper or RHVoice voice to speak with; by default espeak-ng of the installation."
    )
    voice_transfer_to: Telephone | None = Field(
        default=None, description="The number of people who take calls over; without it a wish for a person becomes a task."
    )

    voice_recording: bool = Field(
        default=False, description="Record calls, which callers are told at once (D14); kept under the data directory for 90 days (D15)."
    )

    rest_token: SecretStr | None = Field(
        default=None, description="The token of programs that speak Rasa's REST channel; without it there is none."
    )

    smtp_url: MailServer | None = Field(
        default=None, description="The mail server, smtp://user:password@host:587 or smtps://…; in the demo a mailbox of its own."
    )
    mail_from: MailAddress | None = Field(default=None, description="Who e-mails are from, such as e-Rejestracja <no-reply@example.pl>.")
    mail_bounces: MailAddress | None = Field(
        default=None, description="Where returned letters go; +… is put before the @, and `cer mail bounce` takes them in."
    )

    push_url: WebAddress | None = Field(
        default=None, description="The push gateway of patients' applications; without it their notices go by SMS, voice or e-mail."
    )
    push_token: SecretStr | None = Field(default=None, description="The token that the push gateway and we know each other by.")

    simp_url: WebAddress | None = Field(
        default=None, description="Where SIMP answers who may have a screening exam; the demo has a small register of its own."
    )
    simp_token: SecretStr | None = Field(default=None, description="The token that SIMP knows us by.")

    dialogs: Literal["embedded", "rasa"] = Field(
        default="embedded", description="Who takes the turns of text messages and chats: this process, or a Rasa server with it behind."
    )
    rasa_url: WebAddress = Field(default="http://127.0.0.1:5005", description="Where the Rasa server's REST channel is.")
    rasa_seconds: float = Field(default=2.0, gt=0, le=30, description="How long the Rasa server may take for a turn.")

    undo_seconds: int = Field(default=300, ge=0, le=3600, description="How long COFNIJ restores a cancelled visit (D6). Demo: 5.")
    desk_within_horizon: bool = Field(
        default=True, description="Whether day 40 of first visits binds clinics' own desks too (R31); false lets them sell beyond it."
    )
    contact_hours_always_open: bool = Field(
        default=False, description="Write and call at any hour (D10 otherwise). Only for the demo, where it is on."
    )
    spread_reminders: bool = Field(
        default=True, description="Spread reminders over the contact hours (D10). The demo sends them at once."
    )

    @model_validator(mode="before")
    @classmethod
    def _demo_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The demo shows the story at any hour and within seconds; what was set explicitly stays."""
        if given.get("mode", "demo") != "demo":
            return given
        here = f"http://127.0.0.1:{given.get('port', 8000)}"
        return {
            "public_url": here,
            "twilio_base_url": here,
            "twilio_number": "+48573900100",
            "mail_from": "e-Rejestracja <no-reply@cer.example>",
            "undo_seconds": 5,
            "contact_hours_always_open": True,
            "spread_reminders": False,
            "voice_drain_seconds": 0,
            "log_format": "console",
            **given,
        }

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        """Half a provider would leave people outside, or passwords in."""
        for name in OIDC_NEEDS:
            if self.oidc_issuer and getattr(self, name) is None:
                raise ValueError(f"{PREFIX}{name.upper()}: must be set with {PREFIX}OIDC_ISSUER")
        spare = [name for name in (*OIDC_NEEDS, "oidc_clinic_claim", "oidc_second_factor") if getattr(self, name) is not None]
        if not self.oidc_issuer and (spare or not self.oidc_passwords):
            raise ValueError(f"{PREFIX}OIDC_ISSUER: must be set with {PREFIX}{(spare or ['oidc_passwords'])[0].upper()}")
        if self.mode == "production" and (self.oidc_issuer or "https://").startswith("http://"):
            raise ValueError(f"{PREFIX}OIDC_ISSUER: must begin with https:// in production")
        return self

    @model_validator(mode="after")
    def _production_is_whole(self) -> Self:
        if self.mode == "demo":
            return self
        for name in PRODUCTION_NEEDS:
            if getattr(self, name) is None:
                raise ValueError(f"{PREFIX}{name.upper()}: must be set in production")
        if self.contact_hours_always_open:
            raise ValueError(f"{PREFIX}CONTACT_HOURS_ALWAYS_OPEN: is only for the demo")
        if self.secret_key and len(self.secret_key.get_secret_value()) < SHORTEST_KEY:
            raise ValueError(f"{PREFIX}SECRET_KEY: must have at least {SHORTEST_KEY} characters")
        return self


def recordings_folder(settings: Settings) -> Path:
    """Where the sound of recorded calls is kept; every process and machine of one installation must see the same."""
    return settings.data_dir / "recordings"


def load() -> Settings:
    """Read the environment of this process. Raises SettingsError."""
    names = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in names)
    if unknown:
        raise SettingsError(f"{', '.join(unknown)}: no such setting; `cer settings` lists them")
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_complaints(error))) from None  # the original quotes secrets


def _complaints(error: ValidationError) -> Iterator[str]:
    """What is wrong, one phrase for each variable; the value itself is not repeated, it may be a secret."""
    for problem in error.errors(include_input=False, include_url=False):
        message = problem["msg"].removeprefix("Value error, ")
        names = [PREFIX + str(part).upper() for part in problem["loc"][:1]]
        yield ": ".join([*names, message])


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that give a child process exactly these settings."""
    values = ((name, getattr(settings, name)) for name in Settings.model_fields)
    return {PREFIX + name.upper(): _plain(value) for name, value in values if value is not None}


def _plain(value: Any) -> str:
    return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def described(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Every setting as (variable, current value, description); secrets are only said to be set."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "(not set)" if value is None else "(set, hidden)" if isinstance(value, SecretStr) else str(value)
        yield PREFIX + name.upper(), shown, field.description or ""
