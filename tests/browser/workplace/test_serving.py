"""Served: who calls, who asks for a person, who presses a letter's button."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from channels import clock
from channels.demo.people import E_MAIL, FIRST_WAITING, IN_TWO_DAYS, SECOND_WAITING, TOMORROW, WITHOUT_VISIT
from tests.browser.workplace.acting import Look, found, newcomer, reloaded_until, said_to, telephone, writes

pytestmark = pytest.mark.xdist_group("workplace")  # of a demonstration's start every worker would need its own


def test_visits_are_served_by_telephone_and_then_by_letter(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """In this order: the date that the letter gives up goes to who waits, and those two are offered another one first."""
    _by_telephone(people, operator, look)
    _by_letter(people, operator, look)


def _by_telephone(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """R9, R55-R57, R69: confirmed, moved, cancelled with a reason; the date that came free is proposed on, declined, accepted."""
    patient = people()
    patient.goto("/telephone")
    marek = telephone(patient, IN_TWO_DAYS.number)

    def pressed(name: str | re.Pattern[str], *, said: str = "Zrobione.") -> None:
        operator.get_by_role("button", name=name).first.click()
        expect(operator.get_by_role("status")).to_contain_text(said)

    found(operator, IN_TWO_DAYS.number)
    look(operator, "patient")
    pressed("Potwierdź")
    expect(operator.get_by_role("button", name="Potwierdź")).to_have_count(0)
    operator.get_by_role("link", name="Odwołaj…").click()
    look(operator, "cancel")
    operator.get_by_label("Powód").select_option(label="choroba")
    pressed("Odwołaj wizytę")
    expect(said_to(marek).last).to_contain_text("odwolana")
    look(operator, "cancelled")
    expect(operator.get_by_role("region", name="Poczekalnia")).to_contain_text("Czeka od")
    operator.get_by_role("link", name=re.compile("Zmień życzenia")).click()
    look(operator, "entry")
    pressed("Wypisz z poczekalni")
    expect(said_to(marek).last).to_contain_text("poczekalni")
    heard = said_to(marek).count()
    operator.get_by_role("link", name="Szukaj terminu").click()
    operator.get_by_label("Kod pocztowy lub miasto").fill("Nigdziebądź")
    operator.get_by_role("button", name="Szukaj").click()
    expect(operator.get_by_role("alert")).to_be_focused()
    look(operator, "dates-nowhere")
    operator.get_by_label("Kod pocztowy lub miasto").fill("Inowrocław")
    operator.get_by_role("button", name="Zapisz do poczekalni…").click()
    look(operator, "join")
    pressed("Zapisz do poczekalni")
    expect(said_to(marek)).to_have_count(heard + 1)
    for person, button, words in (
        (FIRST_WAITING, "Odrzuć propozycję", "dalej"), (SECOND_WAITING, "Przyjmij propozycję", "wizyt")
    ):  # fmt: skip
        phone = telephone(patient, person.number)
        found(operator, person.number)
        reloaded_until(operator, operator.get_by_role("button", name=button))
        look(operator, f"offer-{person.family_name}")
        heard = said_to(phone).count()
        pressed(button)
        expect(said_to(phone)).to_have_count(heard + 1)
        expect(said_to(phone).last).to_contain_text(words)
    henryk = telephone(patient, WITHOUT_VISIT.number)
    found(operator, WITHOUT_VISIT.number)
    operator.get_by_role("link", name="Szukaj terminu").click()
    look(operator, "dates")
    operator.locator("a.hit-link").first.click()
    look(operator, "booking")
    pressed("Umów wizytę")
    expect(said_to(henryk).last).to_contain_text("Toru")
    heard = said_to(henryk).count()
    operator.get_by_role("link", name="Zmień termin").click()
    operator.locator("a.hit-link").last.click()
    pressed("Zmień termin")
    expect(said_to(henryk)).to_have_count(heard + 1)


def _by_letter(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """D12: a scanner that opens every link cancels nothing; the button cancels once."""
    page = people()
    page.goto("/mailbox")
    reloaded_until(page, page.locator("article"))
    look(page, "mailbox")
    address = page.locator("article .words a[href*='cancel']").first.get_attribute("href")
    assert address
    for _ in range(2):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Czy na pewno odwołać wizytę?")
    found(operator, E_MAIL.number)
    expect(operator.get_by_role("link", name="Odwołaj…")).to_be_visible()
    look(page, "letter-cancel")
    page.get_by_role("button", name="Odwołuję wizytę").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Wizyta jest odwołana")
    look(page, "letter-cancelled")
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Ten odnośnik już nie działa")
    look(page, "letter-used")
    operator.reload()
    expect(operator.get_by_role("link", name="Odwołaj…")).to_have_count(0)
    page.goto("/mailbox")
    with page.expect_download() as download:
        page.get_by_role("link", name="wizyta.ics").last.click()
    assert "BEGIN:VCALENDAR" in Path(download.value.path()).read_text()


def test_a_request_for_a_person_becomes_a_task_that_two_do_not_do_twice(
    people: Callable[[], Page], operator: Page, look: Look
) -> None:  # fmt: skip
    """Two accounts: who comes second reads whose it is, and what came of it."""
    patient, colleague = people(), people()
    newcomer(operator, colleague, name="Ewa Druga", login="ewa")
    operator.goto("/console")
    patient.goto("/telephone")
    writes(telephone(patient, TOMORROW.number), "proszę o kontakt z człowiekiem")
    expect(operator.locator("#tasks-count")).to_be_visible()
    for page in (operator, colleague):
        page.goto("/console/tasks")
    initials = f"{TOMORROW.given_name[0]}. {TOMORROW.family_name[0]}."
    mine, theirs = (page.locator("li.todo", has_text=initials) for page in (operator, colleague))
    theirs.get_by_role("button", name=re.compile("Biorę")).click()
    expect(colleague.get_by_role("status")).to_have_text("To zadanie jest teraz Twoje.")
    mine.get_by_role("button", name=re.compile("Biorę")).click()
    expect(operator.get_by_role("status")).to_have_text("To zadanie ma już ktoś inny. Nic się nie zmieniło. Ma je: Ewa Druga.")
    expect(mine).to_contain_text("ma: Ewa Druga")
    look(operator, "task-of-another")
    theirs.get_by_text("Więcej").click()
    theirs.get_by_label("Zrobić do").fill((clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    theirs.get_by_role("button", name="Ustaw").click()
    expect(colleague.get_by_role("status")).to_have_text("Termin ustawiony.")
    look(colleague, "task-mine")
    theirs.get_by_label("Co z tego wyszło").fill("oddzwoniono")
    theirs.get_by_role("button", name=re.compile("Zrobione")).click()
    expect(colleague.get_by_role("status")).to_have_text("Zadanie zamknięte.")
    mine.get_by_role("button", name=re.compile("Zrobione")).click()
    expect(operator.get_by_role("status")).to_contain_text("To zadanie było już zamknięte")
    expect(operator.get_by_role("status")).to_contain_text("Zajęła się nim osoba: Ewa Druga.")
    expect(mine).to_have_count(0)
    look(operator, "task-closed-before")
