"""What a setting's value must look like, and the words for one that does not."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", value):
        raise ValueError("must be an address such as https://rejestracja.example")
    return value.rstrip("/")


def _database_address(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with postgresql://")
    return value


def _redis_address(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must begin with redis://, rediss:// or unix://")
    return value


def _telephone(value: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise ValueError("must be a number in the international form, such as +48600100200")
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"smtps?://([^\s@/]+@)?[^\s@/:]+(:\d+)?/?", value.get_secret_value()):
        raise ValueError("must be an address such as smtp://user:password@mail.example:587")
    return value


def _mail_address(value: str) -> str:
    if not re.fullmatch(r"([^<>@\r\n]*<)?[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>?", value):
        raise ValueError("must be an address such as e-Rejestracja <no-reply@example.pl>")
    return value


MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address)]
RedisAddress = Annotated[SecretStr, AfterValidator(_redis_address)]
Telephone = Annotated[str, AfterValidator(_telephone)]
Port = Annotated[int, Field(ge=1, le=65535)]
