"""The operators' day on a really running system, played in chromium: in by two factors, a chat and an SMS conversation taken over, visits
served for those who call, tasks between two people, a list that lives through a broken connection, letters with buttons (issue 7).

One demonstration serves all of it; each story has patients of its own, so none hangs on another. Pictures are left in the run's temporary
directory.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pyotp import TOTP

from channels import clock
from channels.demo.people import E_MAIL, FIRST_WAITING, IN_TWO_DAYS, SECOND_WAITING, SHARED_NUMBER, TOMORROW, WITHOUT_VISIT
from tests.browser.workplace import SOON, found, log_in, looker, owed, password, reloaded_until, said_to, telephone, window, writes
from tests.channels.demo_process import Demo, kill

Look = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def demo(with_models: Callable[[Path], Path]) -> Iterator[Demo]:
    """One demonstration for all stories; its start is what costs."""
    with tempfile.TemporaryDirectory(prefix="cer-server-") as directory, Demo(with_models(Path(directory) / "data")) as running:
        yield running.wait_until_ready()


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Whole processes answer here, on a machine that may be busy."""
    expect.set_options(timeout=SOON)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def people(chromium: Browser, demo: Demo) -> Iterator[Callable[[], Page]]:
    """Opens a window of somebody's own."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(window(chromium, demo))


@pytest.fixture
def operator(people: Callable[[], Page], demo: Demo) -> Page:
    """Somebody signed in at the console, with the rights of an administrator."""
    page = people()
    log_in(page, "operator", password(demo))
    expect(page.get_by_role("heading", name="Rozmowy", exact=True)).to_be_visible()
    return page


@pytest.fixture
def look(tmp_path: Path) -> Look:
    return looker(tmp_path)


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


def test_who_calls_is_served_and_his_telephone_tells_him(people: Callable[[], Page], operator: Page, look: Look) -> None:
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


def test_a_request_for_a_person_becomes_a_task_that_two_do_not_do_twice(
    people: Callable[[], Page], operator: Page, demo: Demo, look: Look
) -> None:
    patient, colleague = people(), people()
    log_in(colleague, "operator", password(demo))
    patient.goto("/telephone")
    writes(telephone(patient, TOMORROW.number), "proszę o kontakt z człowiekiem")
    expect(operator.locator("#tasks-count")).to_be_visible()
    for page in (operator, colleague):
        page.goto("/console/tasks")
    initials = f"{TOMORROW.given_name[0]}. {TOMORROW.family_name[0]}."
    mine, theirs = (page.locator("li.todo", has_text=initials) for page in (operator, colleague))
    mine.get_by_role("button", name=re.compile("Biorę")).click()
    expect(operator.get_by_role("status")).to_have_text("To zadanie jest teraz Twoje.")
    mine.get_by_text("Więcej").click()
    mine.get_by_label("Zrobić do").fill((clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"))
    mine.get_by_role("button", name="Ustaw").click()
    expect(operator.get_by_role("status")).to_have_text("Termin ustawiony.")
    look(operator, "task-mine")
    mine.get_by_label("Co z tego wyszło").fill("oddzwoniono")
    mine.get_by_role("button", name=re.compile("Zrobione")).click()
    expect(operator.get_by_role("status")).to_have_text("Zadanie zamknięte.")
    theirs.get_by_role("button", name=re.compile("Zrobione")).click()
    expect(colleague.get_by_role("status")).to_contain_text("To zadanie było już zamknięte")
    expect(theirs).to_have_count(0)
    look(colleague, "task-closed-before")


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


def test_a_letters_button_cancels_once_and_looking_changes_nothing(people: Callable[[], Page], operator: Page, look: Look) -> None:
    """D12: a scanner that opens every link cancels nothing."""
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


PAGES = (
    "/console", "/console/search?q=odwolac", "/console/patients", "/console/tasks", "/console/learning", "/console/figures",
    "/console/audit", "/console/staff", "/console/account", "/console/account/factor",
    "/console/nowhere", "/telephone", "/chat", "/mailbox",
)  # fmt: skip


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
