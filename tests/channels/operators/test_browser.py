"""The console in a real browser: the list lives, nothing breaks the strict policy, every page fits from 320 px up, light and dark,
and axe finds nothing to complain of.

With `make screenshots` pictures of every page are left to be looked at.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from sqlalchemy import text

from channels.operators.indexing import index_due
from channels.recordings import PIECE, file_of, header
from registry import recordings
from registry.database import transaction
from registry.rules import local_date
from tests.channels.operators.conftest import LOGIN, PASSWORD, Clock
from tests.channels.operators.looking import looker
from tests.channels.operators.past import remember
from tests.channels.operators.talks import talk
from tests.channels.operators.world import BARBARA, JANINA, MAREK, STANISLAW, STRANGER, Someone, World
from tests.chromium import launched


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@contextmanager
def opened(chromium: Browser, served: str, *, script: bool = True, login: bool = True) -> Iterator[Page]:
    """A page in a browser of its own; an error in its console, or a breach of the policy, fails the test."""
    context: BrowserContext = chromium.new_context(
        base_url=served, viewport={"width": 1280, "height": 800}, locale="pl-PL", java_script_enabled=script,
    )  # fmt: skip
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: _note(message, complaints))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    if login:
        page.goto("/console")
        page.get_by_label("Login").fill(LOGIN)
        page.get_by_label("Hasło").fill(PASSWORD)
        page.get_by_role("button", name="Zaloguj").click()
        expect(page.get_by_role("heading", name="Rozmowy", exact=True)).to_be_visible()
    yield page
    context.close()
    assert complaints == []


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type == "error":
        complaints.append(message.text)


def test_the_list_follows_what_happens(chromium: Browser, served: str, full_world: World) -> None:
    """A message comes in, its conversation goes to the top, without a reload; while paused the list holds still."""
    with opened(chromium, served) as page:
        expect(page.locator("#live-text")).to_have_text("na żywo")
        page.evaluate("document.body.dataset.same = 'yes'")
        full_world.writes(STANISLAW.number, "tak, potwierdzam", after=timedelta(minutes=9))
        first = page.locator("#list tbody tr").first
        expect(first).to_contain_text("··· 302")
        expect(first).to_contain_text("wizyta potwierdzona")
        page.get_by_role("button", name="Wstrzymaj").click()
        full_world.writes(JANINA.number, "dziękuję", after=timedelta(minutes=10))
        expect(page.locator("#live-text")).to_have_text("wstrzymane, zmian: 1")
        expect(first).to_contain_text("··· 302")
        page.get_by_role("button", name="Wznów").click()
        expect(first).to_contain_text("··· 301")
        assert page.locator("#list tbody tr").count() == 4
        assert page.evaluate("document.body.dataset.same") == "yes"


def test_the_first_conversation_appears_on_an_empty_list(chromium: Browser, served: str, world: World, clock: Clock) -> None:
    with opened(chromium, served) as page:
        expect(page.get_by_text("Nie ma jeszcze żadnej rozmowy.")).to_be_visible()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        world.touch(STRANGER, at=clock.now)
        expect(page.locator("#list tbody tr")).to_have_count(1)
        expect(page.locator("#empty")).to_be_hidden()


def test_an_open_conversation_follows_and_leads_to_the_next_holder(chromium: Browser, served: str, full_world: World) -> None:
    """The story of the slice: from who gave the visit up to who got it, and his answer while one looks."""
    with opened(chromium, served) as page:
        page.get_by_role("link", name="··· 301").click()
        expect(page.get_by_text("nie dam rady, proszę odwołać")).to_be_visible()
        page.get_by_role("link", name="S. N.").click()
        expect(page.get_by_role("heading", name="+48 ··· ··· 302")).to_be_visible()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        full_world.deliver()
        expect(page.locator(".delivery").first).to_contain_text("doręczona")
        full_world.writes(STANISLAW.number, "tak, potwierdzam", after=timedelta(minutes=9))
        expect(page.get_by_text("Wizyta potwierdzona", exact=True)).to_be_visible()


def test_who_answers_goes_on_typing_while_the_patient_writes(chromium: Browser, served: str, full_world: World) -> None:
    """Taken over, answered, answered again without the mouse; a message coming meanwhile takes neither focus nor what was opened."""
    with opened(chromium, served) as page:
        page.get_by_role("link", name="··· 301").click()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        page.get_by_role("button", name="Przejmij rozmowę").click()
        reply, incoming = page.get_by_label("Twoja odpowiedź"), page.locator(".message.incoming").last
        expect(reply).to_be_focused()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        page.keyboard.type("Już patrzę /jk")
        page.keyboard.press("Home")
        full_world.writes(JANINA.number, "halo", after=timedelta(minutes=9))
        expect(incoming).to_contain_text("halo")
        expect(reply).to_be_focused()
        page.keyboard.type("Dobrze. ")
        expect(reply).to_have_value("Dobrze. Już patrzę /jk")
        page.get_by_role("button", name="Wyślij").click()
        expect(page.locator(".message").last).to_contain_text("Dobrze. Juz patrze")
        expect(reply).to_be_focused()
        expect(page.locator("#live-text")).to_have_text("na żywo")
        page.get_by_text("Gotowe odpowiedzi").click()
        full_world.writes(JANINA.number, "jest tam kto?", after=timedelta(minutes=10))
        expect(incoming).to_contain_text("jest tam kto?")
        expect(page.get_by_role("button", name="Już sprawdzam")).to_be_visible()
        expect(page.locator("summary", has_text="Gotowe odpowiedzi")).to_be_focused()


def test_a_page_says_when_the_session_has_ended(chromium: Browser, served: str, world: World, clock: Clock) -> None:
    with opened(chromium, served) as page:
        world.touch(STRANGER, at=clock.now)
        expect(page.locator("#list tbody tr")).to_have_count(1)  # the stream has caught up
        clock.advance(timedelta(hours=1))
        expect(page.get_by_text("Sesja się skończyła.")).to_be_visible()
        page.get_by_role("link", name="Zaloguj się ponownie").click()
        expect(page.get_by_role("heading", name="Logowanie")).to_be_visible()


def test_a_task_is_closed_without_javascript(chromium: Browser, served: str, full_world: World) -> None:
    with opened(chromium, served, script=False) as page:
        page.get_by_role("link", name="Zadania").click()
        page.get_by_role("button", name=re.compile("Zrobione.*Prośba o rozmowę")).click()
        expect(page.get_by_text("Zadanie zamknięte.")).to_be_visible()
        page.get_by_role("link", name="Rozmowy").click()
        page.get_by_label("Wynik").select_option("wizyta odwołana")
        page.get_by_role("button", name="Pokaż").click()
        expect(page.locator("#list tbody tr")).to_have_count(1)
        page.get_by_role("button", name="Wyloguj").click()
        expect(page.get_by_role("heading", name="Logowanie")).to_be_visible()


def test_a_script_in_a_message_does_nothing(chromium: Browser, served: str, full_world: World) -> None:
    with opened(chromium, served) as page:
        page.goto(f"/console/conversations/{full_world.conversation(STRANGER)}")
        expect(page.get_by_text("<script>document.title")).to_be_visible()
        assert "złamane" not in page.title()


def test_the_keyboard_is_enough(chromium: Browser, served: str, full_world: World) -> None:
    """Skip link first, then onwards; the focus can be seen."""
    with opened(chromium, served) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Przejdź do treści")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.closest('tr') !== null"):
                break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Historia terminów")).to_be_visible()


def test_every_page_fits_and_is_readable(chromium: Browser, served: str, world: World, clock: Clock, tmp_path: Path) -> None:
    """In every size and scheme; see `looking`."""
    with opened(chromium, served, login=False) as page:
        page.goto("/console/login")
        looker(page, tmp_path)("login")
    with opened(chromium, served) as page:
        look = looker(page, tmp_path)
        look("list-empty")
        page.goto("/console/tasks")
        look("tasks-empty")
        page.goto("/console/learning")
        look("learning-empty")
        world.populate()
        clock.advance(timedelta(minutes=8))
        index_due(world.engine, clock.now)
        marked = mark_some(world)
        for number in range(60):
            world.touch(f"+48600700{number:03}", at=clock.now - timedelta(days=number % 9, minutes=number))
        for name, address in {
            "search-empty": "/console/search", "search": "/console/search?q=odwolac", "search-none": "/console/search?q=nic&person=1",
            "patients": "/console/patients", "patient": f"/console/patients/{world.ids[MAREK]}",
            "patient-done": f"/console/patients/{world.ids[STANISLAW]}?done=stale",
            "dates": f"/console/patients/{world.ids[BARBARA]}/dates?referral={referral_of(world, BARBARA)}&where=x",
            **_serving(world),
            "list": "/console", "list-filtered": "/console?person=1&channel=sms", "tasks": "/console/tasks",
            "learning": "/console/learning", "learning-others": "/console/learning?done=others&state=exported",
            "reading": marked, "reading-marked": f"{marked}?done=marked",
            "staff": "/console/staff", "audit": "/console/audit", "account": "/console/account", "factor": "/console/account/factor",
            "conversation-gave-up": f"/console/conversations/{world.conversation(JANINA.number)}",
            "conversation-got": f"/console/conversations/{world.conversation(STANISLAW.number)}",
            "conversation-person": f"/console/conversations/{world.conversation(MAREK.number)}",
            "conversation-stranger": f"/console/conversations/{world.conversation(STRANGER)}",
        }.items():  # fmt: skip
            page.goto(address)
            look(name)


def _serving(world: World) -> dict[str, str]:
    """The pages on which an operator acts for a patient: Marek has a visit, Barbara a referral, Stanisław a visit from the waiting room."""
    marek, barbara = (f"/console/patients/{world.ids[who]}" for who in (MAREK, BARBARA))
    visit, right, slot = visit_of(world, MAREK), referral_of(world, BARBARA), world.publish(world.now + timedelta(days=12))
    waiter = f"/console/patients/{world.ids[JANINA]}/entries/{world.entry(JANINA)}"
    return {
        "cancel": f"{marek}/visits/{visit}/cancel", "visit-changed": f"{marek}/visits/{visit}/changed?done=stale",
        "visit-already": f"{marek}/visits/{visit}/changed?done=already_confirm", "patient-kept": f"{marek}?done=kept",
        "dates-found": f"{barbara}/dates?referral={right}", "booking": f"{barbara}/dates/{slot}?referral={right}",
        "moving": f"{marek}/dates/{slot}?visit={visit}",
        "join": f"{barbara}/join?referral={right}&where=Inowroc%C5%82aw&km=20&opens=08:00&days=1&days=2&last=2027-06-30",
        "join-anywhere": f"{barbara}/join?referral={right}", "join-unclear": f"{barbara}/join?referral={right}&km=20",
        "entry": waiter, "entry-changed": f"{waiter}/changed?done=stale", "conversation-done": _worked_on(world),
    }  # fmt: skip


def _worked_on(world: World) -> str:
    """Janina's conversation with a task that is open and late, and one that is done with a result."""
    with transaction(world.engine) as session:
        me = session.scalar(text("SELECT min(id) FROM operators"))
        for number, state in enumerate(("open", "done")):
            session.execute(
                text("""INSERT INTO tasks (at, kind, cause, state, patient_id, owner_id, due_at, closed_at, result)
                        VALUES (:at, 'call_back', :cause, :state, :p, :me, :at, :done, 'oddzwoniłam, przyjdzie')"""),
                {"at": world.now, "cause": f"look {number}", "state": state, "p": world.ids[JANINA], "me": me,
                 "done": world.now if state == "done" else None},
            )  # fmt: skip
    return f"/console/conversations/{world.conversation(JANINA.number)}?done=made"


def mark_some(world: World) -> str:
    """Two readings are marked and two questions stand without an answer; the page of one marked reading."""
    for words in ("kwiaty doniczkowe, podlewać?", "Kwiaty doniczkowe podlewać", "czy w przychodni jest parking dla rowerów?"):
        world.writes(BARBARA.number, words)
    with transaction(world.engine) as session:
        session.execute(
            text("""INSERT INTO reading_marks (message_id, intent, note, state, version, marked_by, marked_at)
                    SELECT t.message_id, 'change_visit', 'pyta o inny dzień, nie odwołuje',
                           CASE m.address WHEN :a THEN 'new' ELSE 'exported' END, 1, (SELECT id FROM operators LIMIT 1), t.at
                      FROM turns t JOIN messages m ON m.id = t.message_id WHERE m.address IN (:a, :b)"""),
            {"a": JANINA.number, "b": MAREK.number},
        )
        message = session.execute(
            text("SELECT m.id FROM messages m JOIN reading_marks k ON k.message_id = m.id WHERE m.address = :a"), {"a": JANINA.number}
        ).scalar_one()
    return f"/console/conversations/{world.conversation(JANINA.number)}/messages/{message}/reading"


def referral_of(world: World, who: Someone) -> int:
    with transaction(world.engine) as session:
        return int(session.execute(text("SELECT min(id) FROM referrals WHERE patient_id = :p"), {"p": world.ids[who]}).scalar_one())


def visit_of(world: World, who: Someone) -> int:
    with transaction(world.engine) as session:
        return int(session.execute(text("SELECT max(id) FROM appointments WHERE patient_id = :p"), {"p": world.ids[who]}).scalar_one())


def test_the_keyboard_alone_moves_opens_and_searches(chromium: Browser, served: str, full_world: World) -> None:
    """For those who sit there all day: single letters, off while one types, off for good when switched off."""
    with opened(chromium, served) as page:
        page.goto("/console")
        page.keyboard.press("j")
        first = page.evaluate("document.activeElement.href")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.href") != first
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.href") == first
        page.keyboard.press("/")
        page.keyboard.type("jgz?")
        assert page.locator("#szukaj").input_value() == "jgz?"
        page.locator("h1").click()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_label("skróty są włączone").uncheck()
        page.get_by_role("button", name="Zamknij").click()
        page.keyboard.press("g")
        page.keyboard.press("z")
        assert page.url.endswith("/console")
        page.keyboard.press("?")
        page.get_by_label("skróty są włączone").check()
        page.get_by_role("button", name="Zamknij").click()
        page.keyboard.press("g")
        page.keyboard.press("z")
        page.wait_for_url("**/console/tasks")


def test_filters_fold_away_on_a_small_screen_and_stand_open_where_there_is_room(chromium: Browser, served: str, full_world: World) -> None:
    """The list comes first on a telephone; chosen filters stay in sight, and all of it works without a script."""
    with opened(chromium, served) as page:
        choice = page.get_by_label("Kanał")
        expect(choice).to_be_visible()
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto("/console")
        expect(choice).to_be_hidden()
        page.get_by_text("Filtry", exact=True).click()
        choice.select_option("sms")
        page.get_by_role("button", name="Pokaż", exact=True).click()
        expect(choice).to_have_value("sms")
        expect(choice).to_be_visible()


def test_the_figures_fit_and_are_readable(chromium: Browser, served: str, world: World, clock: Clock, tmp_path: Path) -> None:
    """Empty, of today alone, of a month with its tables opened, of a year by weeks, of days that cannot be."""
    with opened(chromium, served) as page:
        look = looker(page, tmp_path)
        page.goto("/console/figures")
        expect(page.get_by_text("W tych dniach nic się nie działo.")).to_be_visible()
        look("figures-empty")
        world.populate()
        clock.advance(timedelta(minutes=8))
        page.goto("/console/figures?days=7")
        look("figures-first-day")
        remember(world.engine, local_date(clock.now) - timedelta(days=1), 400)
        page.goto("/console/figures")
        look("figures")
        page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
        look("figures-tables")
        page.goto("/console/figures?days=365")
        look("figures-year")
        page.get_by_label("Placówka (nazwa lub kod)").fill("poradnia")
        page.get_by_role("button", name="Pokaż").click()
        look("figures-clinics")
        page.goto("/console/figures?clinic=040701")
        look("figures-clinic")
        page.goto("/console/figures?from=2026-11-10&to=2026-11-01")
        expect(page.get_by_role("alert")).to_contain_text("nie da się pokazać")
        look("figures-wrong")


def test_the_figures_are_heard_and_taken_home(chromium: Browser, served: str, full_world: World, clock: Clock) -> None:
    """A drawing has a name and says its sums; its table opens by the keyboard; the file comes down under a name that says what it is."""
    remember(full_world.engine, local_date(clock.now) - timedelta(days=1), 40)
    with opened(chromium, served) as page:
        page.get_by_role("link", name="Liczby").click()
        drawing = page.get_by_role("img", name="Wizyty odwołane przez pacjentów")
        expect(drawing).to_have_accessible_description(re.compile(r"odwołane SMS-em: \d"))
        summary = page.locator("section", has=page.locator("#cancelled")).locator("summary")
        summary.focus()
        page.keyboard.press("Enter")
        table = page.get_by_role("table", name="Wizyty odwołane przez pacjentów")
        expect(table.get_by_role("row")).to_have_count(31)
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile("Pobierz.*Wizyty odwołane przez pacjentów")).click()
        assert download.value.suggested_filename == "odwolane-2026-10-20-2026-11-18.csv"


def test_a_wrong_reading_is_marked_from_its_conversation_without_javascript(
    chromium: Browser, served: str, full_world: World
) -> None:  # fmt: skip
    """X33: link under the message, one choice, and back; the file to review comes as a download."""
    full_world.writes(JANINA.number, "kwiaty doniczkowe podlewam co drugi czwartek wieczorem")
    with opened(chromium, served, script=False) as page:
        page.goto(f"/console/conversations/{full_world.conversation(JANINA.number)}")
        page.get_by_role("link", name="Źle odczytano?").last.click()
        page.get_by_label("Co pacjent miał na myśli").select_option(label="chce inny termin")
        page.get_by_role("button", name="Zapisz").click()
        expect(page.get_by_role("status")).to_contain_text("Oznaczono.")
        page.get_by_role("link", name="Do rozmowy").click()
        expect(page.get_by_text("Oznaczono jako")).to_be_visible()
        page.get_by_role("link", name="Nauka").click()
        page.get_by_text("Pobierz przykłady do przejrzenia").click()
        with page.expect_download() as got:
            page.get_by_role("button", name="Pobierz").click()
        assert got.value.suggested_filename.startswith("pl_marked_")


def test_a_call_is_heard_from_the_turn_that_is_clicked(
    chromium: Browser, served: str, app: FastAPI, world: World, clock: Clock, tmp_path: Path
) -> None:  # fmt: skip
    """Issue 7: the audio with seek; looked at masked, unmasked, and found among many patients of a name."""
    app.state.console = replace(app.state.console, recordings=tmp_path)
    call_id = talk(world.engine, JANINA.number, now=clock.now)
    with transaction(world.engine) as session:
        file = file_of(tmp_path, recordings.begin(session, call_id, now=clock.now))
        number = session.execute(text("SELECT id FROM conversations WHERE channel = 'voice'")).scalar_one()
    file.write_bytes(header(70 * PIECE) + b"\xff" * (70 * PIECE))
    with opened(chromium, served) as page:
        look = looker(page, tmp_path)
        page.goto(f"/console/conversations/{number}")
        expect(page.get_by_text("01:02", exact=True)).to_be_visible()
        look("call-masked")
        page.get_by_text("Odkryj dane pacjenta").click()
        page.get_by_label("Powód, jednym zdaniem; zostanie w śladach").fill("Pacjentka skarży się na rozmowę")
        page.get_by_role("button", name="Odkryj na 10 minut").click()
        page.get_by_role("button", name="Posłuchaj od 01:02").click()
        page.wait_for_function("() => { const a = document.querySelector('audio'); return a.currentTime >= 62 && !a.seeking; }")
        page.evaluate("document.querySelector('audio').pause()")
        look("call")
        with transaction(world.engine) as session:
            session.execute(text("""
                INSERT INTO patients (identifier_system, identifier, given_name, family_name, birth_date, created_at)
                SELECT 'X', n, 'Anna', 'Kowalska', DATE '1950-01-01' + n, now() FROM generate_series(1, 30) n"""))
        page.goto("/console/patients")
        page.get_by_label("PESEL, numer telefonu, e-mail albo nazwisko i imię").fill("kowal")
        page.get_by_role("button", name="Znajdź").click()
        expect(page.get_by_text("jest ich więcej")).to_be_visible()
        look("patients-of-a-name")
