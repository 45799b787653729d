"""The buttons of letters: one use, no harm by whoever only looks, and nothing for a visit that is no longer as it was told (D6, D12)."""

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from channels.mail import acts
from channels.mail.links import opened
from registry.database import transaction
from tests.channels.mail.conftest import IRENA, KEY, Post

Browser = Callable[..., TestClient]


def test_looking_changes_nothing_and_the_button_does_it_once(post: Post, browser: Browser) -> None:
    """Scanners open every link, some of them many times; HEAD and prefetches too."""
    visit = post.visit()
    post.send()
    link = post.links()["cancel"]
    for _ in range(3):
        page = browser().get(link)
        assert page.status_code == 200
        browser().head(link)
    assert "Czy na pewno odwołać wizytę?" in page.text
    assert "środa, 25 listopada 2026 r., godz. 13:00" in page.text
    assert post.status(visit) == "booked"
    done = browser().post(link, data={"reason": "feeling_better"})
    assert "Wizyta jest odwołana" in done.text
    assert post.status(visit) in ("cancelled", "cancelling")
    assert post.rows("SELECT cancel_reason FROM appointments") == [("feeling_better",)]
    again = browser().post(link)
    assert (again.status_code, "Ten odnośnik już nie działa" in again.text) == (410, True)
    assert browser().get(link).status_code == 410
    assert post.rows("SELECT count(*) FROM messages WHERE direction = 'in'") == [(1,)]
    assert post.rows("SELECT intent, action, outcome FROM turns") == [("cancel_visit", "cancel_visit", "cancelled")]


def test_the_answer_is_a_letter_that_goes_out_at_once(post: Post, browser: Browser) -> None:
    post.visit()
    post.send()
    browser().post(post.links()["cancel"])
    post.send(after=timedelta(minutes=6))
    assert post.server.letters[-1][2]["Subject"].startswith("Wizyta odwołana")
    assert post.rows("SELECT in_reply_to IS NOT NULL FROM messages WHERE kind LIKE 'cancelled%'") == [(True,)]


def test_a_confirmation_is_noted_and_the_visit_can_still_be_cancelled(post: Post, browser: Browser) -> None:
    visit = post.visit()
    with transaction(post.engine) as session:
        session.execute(text("UPDATE messages SET kind = 'reminder_d7', visit_version = 0"))
    post.send()
    links = post.links()
    assert set(links) == {"confirm", "cancel"}
    assert "Wizyta jest potwierdzona" in browser().post(links["confirm"]).text
    assert post.rows("SELECT confirmed_at IS NOT NULL FROM appointments") == [(True,)]
    assert browser().post(links["confirm"]).status_code == 410
    assert browser().post(links["cancel"]).status_code == 200
    assert post.status(visit) != "booked"


def test_a_link_ends_with_what_its_letter_told(post: Post, browser: Browser) -> None:
    """The visit was moved meanwhile: the old letter's button must not cancel the new date."""
    visit = post.visit()
    post.send()
    old = post.links()["cancel"]
    with transaction(post.engine) as session:
        session.execute(text("UPDATE appointments SET starts_at = starts_at + interval '1 day' WHERE id = :id"), {"id": visit})
    assert browser().get(old).status_code == 410
    assert browser().post(old).status_code == 410
    assert post.status(visit) == "booked"
    assert post.rows("SELECT count(*) FROM messages WHERE direction = 'in'") == [(0,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE contact_points SET state = 'wrong_person'", "UPDATE contact_points SET value = 'inny@poczta.example'",
        "UPDATE patients SET died_at = now()", "UPDATE appointments SET status = 'fulfilled'",
    ],
)  # fmt: skip
def test_a_link_opens_nothing_for_a_stranger_or_after_the_end(change: str, post: Post, browser: Browser) -> None:
    post.visit()
    post.send()
    link = post.links()["cancel"]
    with transaction(post.engine) as session:
        session.execute(text(change))
    page = browser().get(link)
    assert page.status_code == 410
    assert "Solank" not in page.text
    assert browser().post(link).status_code == 410


def test_a_link_expires(post: Post, browser: Browser) -> None:
    post.visit()
    post.send()
    link = post.links()["cancel"]
    assert browser(timedelta(days=7, hours=1)).get(link).status_code == 200
    assert browser(timedelta(days=7, hours=2)).get(link).status_code == 410
    assert browser(timedelta(days=7, hours=2)).post(link).status_code == 410


@pytest.mark.parametrize("token", ["1-cancel-AAAAAAAAAAAAAAAAAAAAAA", "x", "1-cancel-", "%00", "1-drop-AAAAAAAAAAAAAAAAAAAAAA"])
def test_an_invented_link_leads_nowhere(token: str, post: Post, browser: Browser) -> None:
    post.visit()
    for answer in (browser().get(f"/visit/{token}"), browser().post(f"/visit/{token}")):
        assert answer.status_code in (404, 410)
        assert "Solank" not in answer.text


def test_pressed_twice_at_once_it_happens_once(post: Post) -> None:
    """X14, X29: the lock of the address and the unique wire id."""
    post.visit()
    post.send()
    link = opened(KEY, post.links()["cancel"].removeprefix("/visit/"))
    assert link is not None
    together, ends = Barrier(4), []

    def press() -> None:
        together.wait()
        try:
            with transaction(post.engine) as session:
                acts.use(session, link, reason="", words="x", now=post.now + timedelta(minutes=5))
            ends.append("done")
        except acts.Over:
            ends.append("over")

    threads = [Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["done", "over", "over", "over"]
    assert post.rows("SELECT count(*) FROM messages WHERE direction = 'in'") == [(1,)]


def test_the_third_return_is_warned_of(post: Post, browser: Browser) -> None:
    """D1: told before, not after."""
    post.visit()
    post.send()
    link = post.links()["cancel"]
    assert "trzecia odwołana" not in browser().get(link).text
    with transaction(post.engine) as session:
        session.execute(text("UPDATE entries SET returns = 2"))
    assert "trzecia odwołana" in browser().get(link).text


def test_the_pages_say_nothing_to_others_and_load_nothing(post: Post, browser: Browser) -> None:
    post.visit()
    post.send()
    page = browser().get(post.links()["cancel"])
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.search(r"<script|style=|https?://", page.text)
    assert IRENA.number not in page.text
