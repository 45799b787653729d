"""Who works there: in by password and code and out again, unmasking with a reason, every page when zoomed or small."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP

from channels import clock
from channels.demo.people import IN_TWO_DAYS
from tests.browser.workplace.acting import Look, found, log_in, owed, password, window
from tests.channels.demo_process import Demo

pytestmark = pytest.mark.xdist_group("workplace")  # of a demonstration's start every worker would need its own

PAGES = (
    "/console", "/console/search?q=odwolac", "/console/patients", "/console/tasks", "/console/learning", "/console/figures",
    "/console/audit", "/console/staff", "/console/account", "/console/account/factor",
    "/console/nowhere", "/telephone", "/chat", "/mailbox",
)  # fmt: skip


def test_a_new_colleague_comes_in_by_password_and_code_and_goes(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """X33: the account, its first password, the second factor, a wrong code, the right one; after the logout nothing opens."""
    operator.goto("/console/staff")
    operator.get_by_label("Imię i nazwisko").fill("Anna Nowa")
    operator.get_by_role("textbox", name="Login").fill("anna")
    operator.get_by_label("Rola").select_option("supervisor")
    operator.get_by_role("button", name="Załóż konto").click()
    given = operator.get_by_role("status").locator("code").inner_text()
    look(operator, "account-made")
    anna = people()
    log_in(anna, "anna", "nie to hasło")
    expect(anna.get_by_role("alert")).to_have_text("Nieprawidłowy login lub hasło.")
    expect(anna.get_by_label("Hasło")).to_be_focused()
    expect(anna.get_by_label("Hasło")).to_have_accessible_description("Nieprawidłowy login lub hasło.")
    look(anna, "login-wrong")
    log_in(anna, "anna", given)
    expect(anna.get_by_text("ustaw własne hasło")).to_be_visible()
    mine = "zielone jabłka w piątek"
    fresh = anna.get_by_label("Nowe hasło, co najmniej 12 znaków")
    for said in (mine + "x", mine):
        anna.get_by_label("Dotychczasowe hasło").fill(given)
        fresh.fill(said)
        anna.get_by_label("Nowe hasło jeszcze raz").fill(mine)
        anna.get_by_role("button", name="Zmień hasło").click()
        if said != mine:
            expect(anna.get_by_role("alert")).to_be_focused()
            look(anna, "password-unlike")
    anna.goto("/console/account/factor")
    totp = TOTP(anna.locator("code.key").inner_text().replace(" ", ""))
    anna.get_by_label("Sześć cyfr z aplikacji").fill("000000")
    anna.get_by_role("button", name="Włącz").click()
    expect(anna.get_by_role("alert")).to_be_focused()
    look(anna, "factor-wrong")
    anna.get_by_label("Sześć cyfr z aplikacji").fill(totp.at(clock.now()))
    anna.get_by_role("button", name="Włącz").click()
    expect(anna.get_by_role("status")).to_contain_text("Drugi składnik działa")
    anna.get_by_role("button", name="Wyloguj").click()
    expect(anna.get_by_role("heading", name="Logowanie")).to_be_visible()
    anna.goto("/console/tasks")
    expect(anna.get_by_role("heading", name="Logowanie")).to_be_visible()
    anna.get_by_label("Login").fill("anna")
    anna.get_by_label("Hasło").fill(mine)
    anna.get_by_role("button", name="Zaloguj").click()
    code = anna.get_by_label("Sześć cyfr")
    expect(code).to_be_focused()
    code.fill("000000")
    anna.get_by_role("button", name="Dalej").click()
    expect(anna.get_by_role("alert")).to_contain_text("To nie jest aktualny kod")
    expect(code).to_be_focused()
    look(anna, "code-wrong")
    code.fill(totp.at(clock.now() + timedelta(seconds=30)))  # the present one set the factor up and is used
    anna.get_by_role("button", name="Dalej").click()
    expect(anna.get_by_role("heading", name="Zadania")).to_be_visible()


def test_a_patient_is_unmasked_with_a_reason_and_the_audit_has_it(operator: Page, look: Look) -> None:
    found(operator, IN_TWO_DAYS.number)
    operator.get_by_role("region", name="Rozmowy i wiadomości").get_by_role("link").first.click()
    expect(operator.get_by_text(IN_TWO_DAYS.pesel)).to_have_count(0)
    for reason in ("bo", "pacjent prosi o telefon zwrotny"):
        if operator.get_by_label("Powód").is_hidden():
            operator.get_by_text("Odkryj dane pacjenta").click()
        operator.get_by_label("Powód").fill(reason)
        operator.get_by_role("button", name="Odkryj na 10 minut").click()
        if reason == "bo":
            expect(operator.get_by_role("alert")).to_have_text("Napisz powód pełnym zdaniem.")
            look(operator, "unmask-short")
    expect(operator.get_by_text(IN_TWO_DAYS.pesel).first).to_be_visible()
    look(operator, "unmasked")
    operator.goto("/console/audit?act=unmasked")
    expect(operator.get_by_role("table")).to_contain_text("pacjent prosi o telefon zwrotny")
    look(operator, "audit")


@pytest.mark.parametrize(("width", "scale"), [(640, 2), (320, 1)], ids=["zoomed to 200%", "320 px"])
def test_every_page_fits_when_it_is_zoomed_or_small_and_has_its_landmarks(
    width: int, scale: int, chromium: Browser, demo: Demo, tmp_path: Path
) -> None:
    """WCAG 2.2 AA, 1.4.4 and 1.4.10; one main landmark and one first heading for a screen reader."""
    with window(chromium, demo, viewport={"width": width, "height": 400}, device_scale_factor=scale) as page:
        log_in(page, "operator", password(demo))
        expect(page.get_by_role("navigation", name="Główna")).to_be_visible()
        wanting = []
        for address in PAGES:
            page.goto(address)
            page.screenshot(path=tmp_path / f"{width}{address.partition('?')[0].replace('/', '-')}.png")
            try:
                owed(page, address)
            except AssertionError as why:
                wanting.append((address, str(why)[:200]))
            if address == "/console":
                expect(page.get_by_role("status")).to_contain_text("na żywo")
                expect(page.get_by_role("search")).to_be_visible()
            if address == "/chat":
                expect(page.get_by_role("log")).to_be_visible()
        assert wanting == []
