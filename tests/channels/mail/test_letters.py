"""Letters over a real SMTP connection: words, buttons, the calendar file; refusals, lost answers, letters that come back (D13, R98)."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import posting
from channels.calendar_file import Entry, calendar
from channels.mail import bounces
from channels.mail.links import ACTS, bounce_seal, opened, sealed
from channels.settings import Settings
from registry import cancellations
from registry.database import transaction
from tests.channels.mail.conftest import DESK, HOUSE, IRENA, KEY, Post


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def ics(letter: EmailMessage) -> str:
    (part,) = letter.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]  # decoded: bytes


def test_a_booked_visit_is_told_by_a_letter(post: Post) -> None:
    """D13, R100: text and HTML of the same words, the visit for the calendar, a link; the log has the words without the link."""
    post.visit()
    assert post.send() == 1
    sender, recipients, letter = post.server.letters[0]
    assert recipients == [IRENA.number]
    assert sender.startswith("bounces+")
    assert sender.endswith("@cer.example")
    assert letter["Subject"] == "Wizyta umówiona: środa, 25 listopada 2026 r., godz. 13:00"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Przychodnia Solanki, ul. Solankowa 12, Inowrocław" in plain(letter)
    assert "Odwołuję wizytę:\nhttps://rejestracja.example/visit/" in plain(letter)
    html = letter.get_body(("html",))
    assert html is not None
    assert "Odwołuję wizytę</a>" in html.get_content()
    assert "DTSTART:20261125T120000Z" in ics(letter)
    ((state, wire_id, body),) = post.rows("SELECT state, wire_id, body FROM messages WHERE direction = 'out'")
    assert (state, wire_id) == ("accepted", letter["Message-ID"])
    assert "umówiona" in body
    assert "/visit/" not in body
    assert post.send() == 0


def test_neither_subject_nor_calendar_tell_what_the_visit_is_for(post: Post) -> None:
    """X34: subjects are read over shoulders, calendars are shared."""
    post.visit()
    post.send()
    letter = post.server.letters[0][2]
    for open_words in (letter["Subject"], ics(letter)):
        assert "kardio" not in open_words.lower()
        assert "Mazur" not in open_words


def test_a_cancellation_takes_the_entry_out_of_the_calendar(post: Post) -> None:
    visit = post.visit()
    post.send()
    with transaction(post.engine) as session:
        cancellations.cancel(session, visit, reason="other", actor=DESK, now=post.now + timedelta(minutes=1))
    post.send(after=timedelta(minutes=2))
    first, second = (ics(letter) for _, _, letter in post.server.letters)
    assert "METHOD:PUBLISH" in first
    assert "METHOD:CANCEL" in second
    assert "STATUS:CANCELLED" in second
    uid = next(line for line in first.splitlines() if line.startswith("UID:"))
    assert uid in second
    numbers = [int(found.split("SEQUENCE:")[1].splitlines()[0]) for found in (first, second)]
    assert numbers[0] < numbers[1]


def test_a_mailbox_that_is_not_there_makes_a_task(post: Post) -> None:
    """R54: refused at once by the server, with no other address: a person must call."""
    post.visit()
    post.server.refuse[IRENA.number] = "550 5.1.1 no such user"
    post.send()
    assert post.rows("SELECT state, error_code FROM messages") == [("failed", 550)]
    assert post.rows("SELECT kind FROM tasks") == [("undelivered",)]
    assert post.rows("SELECT state FROM contact_points") == [("invalid",)]


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "421 4.7.0 too busy", "452 4.2.2 full"])
def test_a_server_that_asks_for_patience_gets_it(answer: str, post: Post) -> None:
    post.visit()
    post.server.refuse[IRENA.number] = answer
    post.send()
    assert post.rows("SELECT state FROM messages") == [("queued",)]
    post.server.refuse.clear()
    assert post.send(after=timedelta(minutes=2)) == 0
    assert post.send(after=timedelta(minutes=4)) == 1
    assert post.rows("SELECT state FROM messages") == [("accepted",)]


def test_a_lost_answer_sends_the_letter_again_under_the_same_name(post: Post) -> None:
    """X29: the server took it or not, nobody knows; the reader's program can tell that it is one letter."""
    post.visit()
    post.server.hang_up = True
    post.send()
    post.server.hang_up = False
    post.send(after=timedelta(minutes=4))
    first, second = (letter["Message-ID"] for _, _, letter in post.server.letters)
    assert first == second
    assert post.rows("SELECT state, tries FROM messages") == [("accepted", 2)]


def test_a_dead_sender_loses_no_letter(post: Post) -> None:
    """Idea 3: what it had claimed is found when its lease is over."""
    post.visit()
    sender = post.sender(1, timedelta(minutes=1))
    assert len(sender._claim()) == 1
    later = post.sender(1, timedelta(minutes=3))
    later._name = "another"
    assert later.take_back_stranded() == 1
    assert post.send(after=timedelta(minutes=3)) == 1
    assert post.rows("SELECT state FROM messages") == [("accepted",)]


def test_a_server_that_is_away_is_tried_again(post: Post) -> None:
    import asyncio  # noqa: PLC0415

    post.visit()
    assert asyncio.run(post.sender(1, timedelta(minutes=1)).send_due()) == 1
    assert post.rows("SELECT state FROM messages") == [("queued",)]
    assert post.send(after=timedelta(minutes=4)) == 1


# --- letters that come back

REPORT = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}

--b--
"""


def report(to: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    return REPORT.format(to=to, recipient=IRENA.number, action=action, status=status).encode()


def take(post: Post, raw: bytes) -> bool | None:
    found = bounces.read(raw, HOUSE)
    if found is None:
        return None
    with transaction(post.engine) as session:
        return bounces.take(session, found, HOUSE, now=post.now + timedelta(hours=1))


def test_a_letter_that_comes_back_makes_a_task_once(post: Post) -> None:
    """R54, R98: taken hours later by the receiving server, then returned."""
    post.visit()
    post.send()
    back_to = post.server.letters[0][0]
    assert take(post, report(back_to, action="delayed", status="4.4.1")) is False
    assert post.rows("SELECT state FROM messages") == [("accepted",)]
    assert take(post, report(back_to)) is True
    assert take(post, report(back_to)) is False
    assert post.rows("SELECT state, error_code FROM messages") == [("undelivered", 511)]
    assert post.rows("SELECT kind FROM tasks") == [("undelivered",)]
    assert post.rows("SELECT state FROM contact_points") == [("invalid",)]


def test_a_full_mailbox_is_tried_again_later(post: Post) -> None:
    post.visit()
    post.send()
    assert take(post, report(post.server.letters[0][0], status="5.2.2")) is True
    assert post.rows("SELECT state FROM messages ORDER BY id") == [("undelivered",), ("queued",)]
    assert post.rows("SELECT state FROM contact_points") == [("active",)]


def test_nobody_can_return_a_letter_that_he_did_not_get(post: Post) -> None:
    """A forged report must not cut a patient off from her letters."""
    post.visit()
    post.send()
    ((number,),) = post.rows("SELECT id FROM messages")
    seal = bounce_seal(KEY, number)
    for to in (f"bounces+{number}-aaaaaaaaaaaa@cer.example", "bounces@cer.example", f"bounces+{number + 1}-{seal}@cer.example"):
        assert take(post, report(to)) is None
    holiday = EmailMessage()
    holiday["To"], holiday["Subject"] = post.server.letters[0][0], "Jestem na urlopie"
    holiday.set_content("Wracam w poniedziałek")
    assert take(post, bytes(holiday)) is None
    assert post.rows("SELECT state FROM messages") == [("accepted",)]


@given(st.binary(max_size=400))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    assert bounces.read(raw, HOUSE) is None


def test_the_command_leaves_a_strangers_letter_alone(database_url: str) -> None:
    import os  # noqa: PLC0415

    env = {**os.environ, "CER_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "channels.cli", "mail", "bounce"]
    done = subprocess.run(command, input=b"hello", capture_output=True, env=env, check=False)
    assert (done.returncode, done.stdout) == (0, b"no report on a letter of ours\n")


# --- seals and calendars


def test_a_link_is_only_ours_when_its_seal_is(now: datetime) -> None:
    for act in ACTS:
        token = sealed(KEY, 17, act)
        assert opened(KEY, token) is not None
        assert opened(b"another", token) is None
        assert opened(KEY, token.replace("17", "18")) is None
        assert opened(KEY, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert opened(KEY, sealed(KEY, 17, "confirm").replace("confirm", "cancel")) is None


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_calendar_file_holds_any_words_in_lines_of_75_octets(clinic: str, street: str) -> None:
    """RFC 5545, read back by an independent unfolding."""
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    where = f"{clinic}, {street}".replace("\r", "").replace("\x00", "")
    made = calendar(Entry("visit-1@x", 3, at, where, "+48523570101"), now=at)
    assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
    unfolded = made.replace("\r\n ", "")
    location = unfolded.split("\r\nLOCATION:")[1].split("\r\n")[0]
    plain_text, escaped = "", False
    for letter in location:
        plain_text += ("\n" if letter == "n" else letter) if escaped else "" if letter == "\\" else letter
        escaped = letter == "\\" and not escaped
    assert plain_text == where


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, False, None)),
        ("smtps://u%40x:p%2Fw@mail.example", ("mail.example", 465, True, "u@x")),
        ("smtp://u:p@mail.example:587/", ("mail.example", 587, False, "u")),
    ],
)
def test_the_servers_address_says_how_to_speak_to_it(url: str, expected: tuple[object, ...]) -> None:
    smtp: Callable[..., object] = posting.server(url)
    made = smtp.keywords  # type: ignore[attr-defined]  # a partial
    assert (made["hostname"], made["port"], made["use_tls"], made["username"]) == expected


def test_the_demonstration_takes_its_letters_in_itself(server_directory: object) -> None:
    """The mailbox keeps what a real client hands it over loopback."""
    import asyncio  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    box = posting.mailbox(Settings(data_dir=Path(str(server_directory)) / "data"))

    async def run() -> None:
        async with box.open() as port, posting.server(f"smtp://127.0.0.1:{port}")() as smtp:
            letter = EmailMessage()
            letter["From"], letter["To"], letter["Subject"] = "a@cer.example", "b@poczta.example", "Żółty termin"
            letter.set_content("Dzień dobry")
            await smtp.send_message(letter)

    asyncio.run(run())
    ((name, letter),) = box.letters()
    assert letter["Subject"] == "Żółty termin"
    assert box.letter(name) is not None
    assert box.letter("../../etc/passwd") is None
