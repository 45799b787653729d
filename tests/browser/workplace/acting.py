"""The pieces of which the stories of the workplace are made: people at windows of their own, telephones, and what every page owes them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.channels.demo_process import Demo
from tests.chromium import axe_complaints

SOON: Final = 40_000  # milliseconds; a busy machine, and five seconds in which a cancellation can be taken back
LOOKS: Final = 40
Look = Callable[[Page, str], None]


@contextmanager
def window(chromium: Browser, demo: Demo, *, quiet: bool = True, **more: Any) -> Iterator[Page]:
    """A person at a browser of his own. With `quiet` an error in the browser's console, or a breach of the policy, fails the test."""
    size: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}, **more}
    context = chromium.new_context(base_url=f"http://127.0.0.1:{demo.port}", locale="pl-PL", **size)
    context.set_default_timeout(SOON)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: _note(said, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert not quiet or complaints == []


def _note(said: ConsoleMessage, complaints: list[str]) -> None:
    if said.type == "error" and not said.text.startswith("Failed to load resource"):  # refusals and a server that is away are meant
        complaints.append(said.text)


def password(demo: Demo) -> str:
    """The one that the demonstration prints for its operator."""
    return str(json.loads((demo.directory / "secrets.json").read_text())["console_password"])


def log_in(page: Page, login: str, secret: str) -> None:
    """By the form, as a person does."""
    page.goto("/console")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Hasło").fill(secret)
    page.get_by_role("button", name="Zaloguj").click()


def newcomer(administrator: Page, page: Page, *, name: str, login: str) -> None:
    """A colleague of an account of his own, whom the administrator lets in and who has chosen a password."""
    administrator.goto("/console/staff")
    administrator.get_by_label("Imię i nazwisko").fill(name)
    administrator.get_by_role("textbox", name="Login").fill(login)
    administrator.get_by_label("Rola").select_option("operator")
    administrator.get_by_role("button", name="Załóż konto").click()
    given = administrator.get_by_role("status").locator("code").inner_text()
    log_in(page, login, given)
    page.get_by_label("Dotychczasowe hasło").fill(given)
    for label in ("Nowe hasło, co najmniej 12 znaków", "Nowe hasło jeszcze raz"):
        page.get_by_label(label).fill("zielone jabłka w piątek")
    page.get_by_role("button", name="Zmień hasło").click()
    expect(page.get_by_role("status")).to_contain_text("Hasło zmienione")


def telephone(page: Page, number: str) -> Locator:
    """One patient's telephone on the telephone page."""
    return page.locator(f'.phone[data-number="{number}"]')


def said_to(phone: Locator) -> Locator:
    """What came on it."""
    return phone.locator(".bubble.theirs .text")


def writes(phone: Locator, words: str) -> None:
    """The patient answers."""
    phone.get_by_role("textbox").fill(words)
    phone.get_by_role("button", name="Wyślij").click()
    expect(phone.locator(".bubble.mine .text").last).to_have_text(words)


def found(page: Page, identifier: str) -> None:
    """The operator has this patient's page before him."""
    page.goto("/console/patients")
    page.get_by_role("searchbox" if page.get_by_role("searchbox").count() else "textbox").first.fill(identifier)
    page.get_by_role("button", name="Znajdź").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ur.")


def reloaded_until(page: Page, wanted: Locator) -> None:
    """What a process in the background brings about is there; the page is looked at again and again."""
    for _ in range(LOOKS):
        page.reload()
        with suppress(AssertionError):
            return expect(wanted.first).to_be_visible(timeout=1_000)
    return expect(wanted.first).to_be_visible(timeout=1_000)


def looker(folder: Path) -> Callable[[Page, str], None]:
    """Takes a picture of a page as it is now, and fails at what axe complains of, at a page wider than its window, and at what a screen
    reader needs and does not find: one heading of the first level, one main landmark."""

    def look(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")
        owed(page, name)
        assert axe_complaints(page) == [], name

    return look


def owed(page: Page, name: str) -> None:
    """What every page owes whoever cannot see it or has made it large."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
