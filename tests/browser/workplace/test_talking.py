"""Conversations: taken over and given back, a list that lives through a broken connection, words that are found."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from channels.demo.people import SHARED_NUMBER, TOMORROW, WITHOUT_VISIT
from tests.browser.workplace.acting import Look, reloaded_until, said_to, telephone, writes
from tests.channels.demo_process import Demo, kill

pytestmark = pytest.mark.xdist_group("workplace")  # of a demonstration's start every worker would need its own


def test_a_chat_is_taken_over_answered_and_given_back(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """The patient is told who writes; meanwhile the automat is silent."""
    patient = people()
    patient.goto("/chat")
    log, box = patient.get_by_role("log"), patient.get_by_role("textbox")
    expect(log).to_contain_text("automat", ignore_case=True)

    def says(words: str) -> None:
        box.fill(words)
        box.press("Enter")
        expect(log.locator(".said.patient").last).to_contain_text(words)

    says("czy potrzebne jest skierowanie?")
    expect(log.locator(".said.system")).to_have_count(2)
    row = operator.locator("#list tbody tr", has_text="czat")
    row.get_by_role("link").click()
    expect(operator.locator("#live-text")).to_have_text("na żywo")
    operator.get_by_role("button", name="Przejmij rozmowę").click()
    expect(log).to_contain_text("Rozmowę przejmuje pracownik")
    operator.get_by_text("Gotowe odpowiedzi").click()
    look(operator, "chat-taken")
    operator.get_by_role("button", name="Już sprawdzam").click()
    expect(log).to_contain_text("Już sprawdzam, proszę o chwilę cierpliwości.")
    automat = log.locator(".said.system").count()
    says("chcę odwołać wizytę, dziękuję")
    expect(operator.locator(".message.incoming").last).to_contain_text("chcę odwołać wizytę, dziękuję")
    operator.get_by_label("Twoja odpowiedź").fill("Którą wizytę mam odwołać? <b>Proszę</b> o datę.")
    operator.get_by_role("button", name="Wyślij").click()
    expect(log).to_contain_text("Którą wizytę mam odwołać? <b>Proszę</b> o datę.")
    look(patient, "chat-patient")
    assert log.locator(".said.system").count() <= automat + 1  # the person's own answer, and nothing of the automat's
    operator.get_by_role("button", name="Oddaj automatowi").click()
    expect(log).to_contain_text("Od teraz znowu odpowiada automat")
    before = log.locator(".said").count()
    says("czy potrzebne jest skierowanie?")
    expect(log.locator(".said")).to_have_count(before + 2)
    expect(log.locator(".said").last).to_contain_text("skierowani")


def test_an_sms_conversation_is_taken_over_and_given_back(people: Callable[[], Page], operator: Page, look: Look) -> None:
    patient = people()
    patient.goto("/telephone")
    phone = telephone(patient, SHARED_NUMBER)
    writes(phone, "dzień dobry")
    row = operator.locator("#list tbody tr", has_text=f"··· {SHARED_NUMBER[-3:]}")
    row.get_by_role("link").click()
    operator.get_by_role("button", name="Przejmij rozmowę").click()
    expect(said_to(phone).last).to_contain_text("Rozmowe przejmuje pracownik")
    writes(phone, "nie dam rady, proszę odwołać")
    expect(operator.locator(".message.incoming").last).to_contain_text("nie dam rady, proszę odwołać")
    operator.get_by_label("Twoja odpowiedź").fill("Wizytę pani czy mamy?")
    operator.get_by_role("button", name="Wyślij").click()
    expect(said_to(phone).last).to_contain_text("Wizyte pani czy mamy?")  # D9: without Polish letters
    look(operator, "sms-taken")
    operator.get_by_role("button", name="Oddaj automatowi").click()
    expect(said_to(phone).last).to_contain_text("odpowiada automat")
    writes(phone, "gdzie i kiedy mam wizytę?")
    expect(said_to(phone).last).to_contain_text("Ktorej wizyty to dotyczy?")


def test_the_list_lives_through_a_broken_connection(people: Callable[[], Page], operator: Page, demo: Demo, look: Look) -> None:
    """The web process dies and comes back; what was written meanwhile stands there once, and the page was not loaded anew."""
    patient = people()
    patient.goto("/telephone")
    phone = telephone(patient, WITHOUT_VISIT.number)
    expect(operator.locator("#live-text")).to_have_text("na żywo")
    operator.evaluate("document.body.dataset.same = 'yes'")
    operator.context.set_offline(True)
    writes(phone, "czy potrzebne jest skierowanie?")
    rows = operator.locator("#list tbody tr")
    row = operator.locator("#list tbody tr", has_text=f"··· {WITHOUT_VISIT.number[-3:]}")
    operator.context.set_offline(False)
    expect(row).to_contain_text("pyta o zasady")
    kill(demo.child("web"))
    expect(operator.locator("#live-text")).to_contain_text("brak połączenia")
    look(operator, "list-offline")
    expect(operator.locator("#live-text")).to_have_text("na żywo", timeout=90_000)
    expect(patient.locator("#live-text")).to_contain_text("na żywo", timeout=90_000)
    writes(phone, "dziękuję bardzo")
    expect(row).to_contain_text("dziękuje")
    expect(row).to_have_count(1)
    expect(rows.first).to_contain_text(f"··· {WITHOUT_VISIT.number[-3:]}")
    assert operator.evaluate("document.body.dataset.same") == "yes"


def test_words_are_found_without_polish_letters_and_a_view_is_kept_by_keyboard_alone(operator: Page, people: Callable[[], Page]) -> None:
    patient = people()
    patient.goto("/telephone")
    writes(telephone(patient, TOMORROW.number), "żółta źrebięta gąska")
    operator.keyboard.press("/")
    expect(operator.get_by_role("searchbox")).to_be_focused()
    operator.keyboard.type("zrebieta GASKA")
    operator.keyboard.press("Enter")

    expect(operator.get_by_role("heading", name="Szukanie w treści")).to_be_visible()
    reloaded_until(operator, operator.locator("mark", has_text="źrebięta"))  # the worker puts the words into the index
    operator.get_by_text("Zapisz ten widok").focus()
    operator.keyboard.press("Enter")
    operator.keyboard.press("Tab")
    operator.keyboard.type("Źrebięta")
    operator.keyboard.press("Enter")
    expect(operator.get_by_role("link", name="Źrebięta")).to_be_visible()
    operator.keyboard.press("j")
    operator.keyboard.press("Enter")
    expect(operator.get_by_role("heading", name="Historia terminów")).to_be_visible()
