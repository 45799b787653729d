"""Logs for engineers: structured, and without message texts, names, numbers or PESEL (X34)."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from channels import logs
from tests.channels.logged import logged

PESEL = "44051401359"
TELEPHONE = "+48600100200"
WORDS = "nie dam rady, proszę odwołać"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What this process logs, as json lines."""
    with logged("info") as lines:
        yield lines


def _entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_level_and_utc_time(stream: io.StringIO) -> None:
    structlog.get_logger("sms").info("turn", intent="cancel", confidence=0.98, message_id=17)
    (entry,) = _entries(stream)
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {"event": "turn", "level": "info", "logger": "sms", "intent": "cancel", "confidence": 0.98, "message_id": 17}


@pytest.mark.parametrize(
    "key",
    ["body", "text", "reply_text", "from", "to", "number", "phone", "Phone", "name", "family_name", "pesel", "email", "words"],
)
def test_keys_that_carry_personal_data_are_refused_x34(stream: io.StringIO, key: str) -> None:
    structlog.get_logger().info("turn", **{key: "Kowalska"}, nested={key: "Kowalska"}, several=[{key: "Kowalska"}])
    assert "Kowalska" not in stream.getvalue()
    assert _entries(stream)[0][key] == logs.HIDDEN


@pytest.mark.parametrize("value", [PESEL, TELEPHONE, "48600100200", "600 100 200", "600-100-200", "+48 600 100 200", 44051401359])
def test_numbers_are_blacked_out_wherever_they_stand_x34(stream: io.StringIO, value: object) -> None:
    structlog.get_logger().info(f"cannot reach {value}", reason=f"no route to {value}!", raw=value, several=[value])
    printed = stream.getvalue()
    assert str(value) not in printed
    assert str(value)[-9:] not in printed


@given(number=st.from_regex(r"\A\+?[1-9][0-9]{8,14}\Z"), before=st.sampled_from(["", "to ", "(", "tel:"]))
def test_no_telephone_number_passes_x34(number: str, before: str) -> None:
    entry = logs.redact(None, "", {"event": "x", "reason": before + number})
    assert number.lstrip("+") not in entry["reason"]


@pytest.mark.parametrize("value", ["irena.mazur@poczta.example", "<j.nowak+wizyty@szpital-solanki.example.pl>"])
def test_no_mail_address_passes_x34(stream: io.StringIO, value: str) -> None:
    structlog.get_logger("mail").info(f"sent to {value}", reason=f"refused: {value}", several=[value])
    assert "@" not in stream.getvalue()
    assert stream.getvalue().count(logs.HIDDEN) == 3


def test_identifiers_and_times_are_left_alone(stream: io.StringIO) -> None:
    kept = {"sid": "SM0123456789abcdef0123456789abcdef", "due": "2026-11-18T10:00:00+00:00", "milliseconds": 12.5, "count": 200}
    structlog.get_logger().info("sent", **kept)
    assert kept.items() <= _entries(stream)[0].items()


def test_long_texts_are_cut(stream: io.StringIO) -> None:
    structlog.get_logger().info("x", reason=WORDS * 100)
    assert len(_entries(stream)[0]["reason"]) == logs.LONGEST


def test_an_exception_is_told_by_type_and_place_not_by_its_message_x34(stream: io.StringIO) -> None:
    log = structlog.get_logger()
    try:
        raise LookupError(f"no visit of Anna Kowalska, {WORDS}")
    except LookupError as error:
        try:
            raise ValueError(f"cannot answer {WORDS}") from error
        except ValueError:
            log.exception("turn failed")
    (entry,) = _entries(stream)
    assert entry["error"] == "ValueError <- LookupError"
    assert "test_logs.py" in entry["at"][-1]
    assert "Kowalska" not in stream.getvalue()
    assert "odwołać" not in stream.getvalue()


def test_a_database_error_keeps_its_code_and_constraint_but_not_the_row_x34(stream: io.StringIO, engine: Engine) -> None:
    insert = text("INSERT INTO alembic_version VALUES (:value), (:value)")
    with engine.connect() as connection, pytest.raises(IntegrityError) as failed:
        connection.execute(insert, {"value": TELEPHONE})
    structlog.get_logger().error("turn failed", exc_info=failed.value)
    (entry,) = _entries(stream)
    assert entry["error"] == "IntegrityError <- UniqueViolation(23505, alembic_version_pkc)"
    assert TELEPHONE not in stream.getvalue()


def test_an_operating_system_error_says_what_the_system_said(stream: io.StringIO) -> None:
    structlog.get_logger().error("x", exc_info=ConnectionRefusedError(111, "Connection refused"))
    assert _entries(stream)[0]["error"] == "ConnectionRefusedError(Connection refused)"


def test_libraries_are_guarded_too_x34(stream: io.StringIO) -> None:
    logging.getLogger("some.library").warning("cannot send to %s", TELEPHONE)
    try:
        raise psycopg.Error(f"row of {PESEL}")
    except psycopg.Error:
        logging.getLogger("some.library").exception("failed for %s", PESEL)
    printed = stream.getvalue()
    assert TELEPHONE not in printed
    assert PESEL not in printed
    assert [entry["logger"] for entry in _entries(stream)] == ["some.library"] * 2


def test_listening_leaves_no_library_quieter_than_it_was() -> None:
    """A test of another module listens to one of them."""
    with logged("info"):
        assert logging.getLogger("httpx").level == logging.WARNING
    assert logging.getLogger("httpx").level == logging.NOTSET


@pytest.mark.parametrize("library", ["twilio.http_client", "httpx", "sqlalchemy.engine.Engine"])
def test_libraries_that_say_what_they_send_are_quiet_x34(stream: io.StringIO, library: str) -> None:
    logging.getLogger(library).info("Body: %s", WORDS)
    assert stream.getvalue() == ""


def test_the_console_style_is_for_people(stream: io.StringIO) -> None:
    logs.configure("info", "console", stream)
    structlog.get_logger().info("worker started", jobs=["reminders"])
    assert "worker started" in stream.getvalue()
    assert "reminders" in stream.getvalue()
