"""What the pages show and what they never show (X33, X34): the list, one conversation, the tasks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from channels.operators import words
from channels.operators.conversations import PAGE
from dialogs import project
from dialogs.understanding.corpus import intents
from dialogs.understanding.reading import ASKED
from dialogs.wording import keys
from registry.database import transaction
from tests.channels.operators.conftest import Clock, SignIn, csrf_of
from tests.channels.operators.world import EVERYBODY, JANINA, MAREK, SCRIPT, STANISLAW, STRANGER, World
from voice_models.usable import Unheard

STATIC = re.compile(r"/console/static/[\w.]+\?v=[0-9a-f]{12}")


def pages_of(client: TestClient) -> Iterable[tuple[str, str]]:
    """Every page that links lead to, from the list on."""
    seen: set[str] = set()
    left = ["/console", "/console/tasks"]
    while left:
        address = left.pop()
        if address in seen:
            continue
        seen.add(address)
        page = client.get(address)
        assert page.status_code == 200, address
        yield address, page.text
        links = re.findall(r'href="(/console[^"]*)"', page.text)
        left += [unescape(link) for link in links if "/static/" not in link and "/login" not in link]


def test_no_page_shows_a_full_number_name_or_pesel(signed_in: TestClient, full_world: World) -> None:
    """X33, X34: masked everywhere, whatever patients write in their messages, in any case ending."""
    visited = dict(pages_of(signed_in))
    assert sum(re.search(r"/conversations/\d+$", address) is not None for address in visited) == 4
    assert sum(address.endswith("/reading") for address in visited) == 4  # every turn's page
    for address, page in visited.items():
        shown = re.sub(r'value="[0-9a-f]{64}"|events="[^"]*"', "", STATIC.sub("", page))
        squeezed = re.sub(r"(?<=\d)[ \-]+(?=\d)", "", shown)
        for one in EVERYBODY:
            for secret in (one.pesel, one.number[3:], f"{one.number[3:6]} {one.number[6:9]} {one.number[9:]}"):
                assert secret not in shown, address
                assert secret not in squeezed, address
            for name in (one.given_name, one.family_name):
                assert not re.search(rf"\b{re.escape(name[:-1])}\w*", shown), (address, name)
        assert STRANGER[3:] not in squeezed
        assert "jan.kowalczyk" not in shown


def test_masking_leaves_what_an_operator_needs(signed_in: TestClient, full_world: World) -> None:
    """The end of the number, initials, the message's sense, and the clinic's public telephone."""
    page = signed_in.get(f"/console/conversations/{full_world.conversation(JANINA.number)}").text
    assert "+48 ··· ··· 301" in page
    assert "J. K." in page
    assert "nie dam rady, proszę odwołać" in page
    written = signed_in.get(f"/console/conversations/{full_world.conversation(MAREK.number)}").text
    assert "Tu M··· Z···, PESEL ···, tel. ··· 304. Proszę o kontakt z człowiekiem" in written


def test_a_script_in_a_message_is_shown_as_text(signed_in: TestClient, full_world: World) -> None:
    """A stored script does nothing: it is escaped, and the policy of the page allows no inline script."""
    page = signed_in.get(f"/console/conversations/{full_world.conversation(STRANGER)}")
    assert SCRIPT in unescape(page.text)
    assert "<script>document" not in page.text
    assert "<img" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_address_with_a_script_is_not_echoed(signed_in: TestClient) -> None:
    for address in ("/console?person=<script>&channel=<script>&before=<script>", "/console/tasks?done=<script>&after=<script>"):
        answer = signed_in.get(address)
        assert answer.status_code == 200
        assert "<script>" not in answer.text


class Inline(HTMLParser):
    """Finds what a strict policy would refuse: inline scripts, styles and handlers, and foreign addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.found.append(tag)
        self.found += [name for name in given if name.startswith("on") or name == "style"]
        addresses = [str(value) for name, value in attrs if name in ("src", "href", "action")]
        self.found += [address for address in addresses if not address.startswith(("/", "#", "?", "otpauth:"))]


def test_every_page_has_strict_headers_and_nothing_inline(
    signed_in: TestClient, browser: Callable[[], TestClient], full_world: World
) -> None:
    addresses = [*dict(pages_of(signed_in)), "/console/conversations/999999", "/console/conversations/abc"]
    answers = [signed_in.get(address) for address in addresses] + [browser().get("/console/login"), browser().get("/console")]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        parser = Inline()
        parser.feed(answer.text)
        assert parser.found == []


def test_the_story_of_a_slot_links_the_one_who_gave_it_up_to_the_one_who_got_it(signed_in: TestClient, full_world: World) -> None:
    """Issue of the slice: cancelled by SMS, freed, assigned to the next person, each with the other's conversation."""
    gave, got = (full_world.conversation(one.number) for one in (JANINA, STANISLAW))
    page = signed_in.get(f"/console/conversations/{gave}").text
    story = re.findall(r"<strong>([^<]+)</strong>", page[page.index("Historia terminów") :])
    assert story[-4:] == ["Umówiona wizyta", "Wizyta odwołana", "Termin zwolniony", "Termin przydzielony z poczekalni"]
    assert "pacjent, SMS" in page
    assert f'href="/console/conversations/{got}">S. N.</a>' in page
    other = signed_in.get(f"/console/conversations/{got}").text
    assert f'href="/console/conversations/{gave}">J. K.</a>' in other


def test_a_turn_shows_reading_action_and_outcome(signed_in: TestClient, full_world: World) -> None:
    """X33: intent and confidence, other candidates, what was asked, what was done and how it ended."""
    page = signed_in.get(f"/console/conversations/{full_world.conversation(JANINA.number)}").text
    text_only = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert re.search(r"Odczytano odwołuje wizytę 9\d%", text_only)
    assert "Działanie odwołanie wizyty" in text_only
    assert "Wynik wizyta odwołana" in text_only
    assert "Inne możliwości" in text_only


def test_a_notice_that_is_still_queued_is_shown_in_the_words_that_it_will_have(
    signed_in: TestClient, full_world: World, engine: Engine
) -> None:
    with transaction(engine) as session:
        assert session.execute(text("SELECT count(*) FROM messages WHERE body IS NULL AND state = 'queued'")).scalar_one() > 0
    page = signed_in.get(f"/console/conversations/{full_world.conversation(STANISLAW.number)}").text
    assert "jest termin z poczekalni!" in page
    assert "czeka na wysłanie" in page


def test_delivery_states_and_error_codes_are_told(signed_in: TestClient, full_world: World, engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET state = 'undelivered', error_code = 30003 WHERE address = :a"), {"a": STANISLAW.number})
    page = signed_in.get(f"/console/conversations/{full_world.conversation(STANISLAW.number)}").text
    assert "niedoręczona · kod błędu 30003" in page


def test_opening_a_conversation_is_noted_once_a_minute(signed_in: TestClient, full_world: World, engine: Engine, clock: Clock) -> None:
    """X33, X34: who looked at whose conversation, and when."""
    number = full_world.conversation(JANINA.number)
    looks = "SELECT at, patient_id FROM audit WHERE act = 'conversation_viewed' AND conversation_id = :id ORDER BY id"
    first = clock.now
    for _ in range(3):
        signed_in.get(f"/console/conversations/{number}")
        clock.advance(timedelta(seconds=40))
    with transaction(engine) as session:
        assert [tuple(row) for row in session.execute(text(looks), {"id": number})] == [
            (first, full_world.ids[JANINA]), (first + timedelta(seconds=80), full_world.ids[JANINA]),
        ]  # fmt: skip


def test_the_list_is_newest_first_and_filters(signed_in: TestClient, world: World, clock: Clock) -> None:
    for number, minutes in ((101, 5), (102, 1), (103, 9)):
        world.touch(f"+48600100{number}", at=clock.now - timedelta(minutes=minutes), needs_person=number == 103)
    world.touch("+48600100104", at=clock.now - timedelta(hours=2), intent="cancel_visit", outcome="cancelled")
    assert ends(signed_in.get("/console").text) == ["102", "101", "103", "104"]
    assert ends(signed_in.get("/console?person=1").text) == ["103"]
    assert ends(signed_in.get("/console?intent=cancel_visit").text) == ["104"]
    assert ends(signed_in.get("/console?outcome=noted&channel=sms").text) == ["102", "101", "103"]
    assert ends(signed_in.get("/console?channel=voice").text) == []
    assert "Żadna rozmowa nie pasuje" in signed_in.get("/console?channel=voice").text


def ends(page: str) -> list[str]:
    """The last three digits of the numbers on the list, in its order."""
    return re.findall(r'class="address">\+48 ··· ··· (\d{3})<', page)


def test_pages_of_the_list_hold_everybody_once(signed_in: TestClient, world: World, clock: Clock) -> None:
    """By key, not by offset: equal times do not lose or repeat anybody, and a new message does not move the pages."""
    for number in range(2 * PAGE + 7):
        world.touch(f"+48600200{number:03}", at=clock.now - timedelta(seconds=number // 3))
    seen, address = [], "/console"
    while address:
        page = signed_in.get(address).text
        seen += ends(page)
        world.touch("+48600200999", at=clock.now)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(further[1]) if further else ""
    assert sorted(seen) == [f"{number:03}" for number in range(2 * PAGE + 7)]


def test_without_javascript_everything_can_be_done(signed_in: TestClient, full_world: World) -> None:
    """Forms and links only: filter, open, page, close a task, log out."""
    page = signed_in.get("/console").text
    assert '<form class="filters card" method="get" action="/console"' in page
    assert "<noscript>" in page
    assert len(ends(page)) == 4
    tasks = signed_in.get("/console/tasks")
    assert re.search(r'<form[^>]* method="post" action="/console/tasks/\d+/close">', tasks.text)


def test_a_task_is_closed_once_and_the_call_for_a_person_ends(signed_in: TestClient, full_world: World, engine: Engine) -> None:
    """X33: who closed it is in the audit; a second click changes nothing."""
    number = full_world.conversation(MAREK.number)
    page = signed_in.get("/console/tasks")
    assert "Prośba o rozmowę" in page.text
    close = re.search(r'action="(/console/tasks/\d+/close)"', page.text)
    assert close
    form = {"csrf": csrf_of(page), "back": f"/console/conversations/{number}"}
    assert "potrzebny człowiek" in signed_in.get(f"/console/conversations/{number}").text
    assert signed_in.post(close[1], data=form).headers["location"] == f"/console/conversations/{number}?done=yes"
    task = close[1].split("/")[-2]
    again = signed_in.post(close[1], data={**form, "back": "https://zle.example"}).headers["location"]
    assert again == f"/console/tasks?task={task}&done=before"
    assert "<strong>Prośba o rozmowę" not in signed_in.get("/console/tasks").text
    assert "potrzebny człowiek" not in signed_in.get(f"/console/conversations/{number}").text
    with transaction(engine) as session:
        closings = session.execute(text("SELECT conversation_id, patient_id FROM audit WHERE act = 'task_closed'")).all()
    assert [tuple(row) for row in closings] == [(number, full_world.ids[MAREK])]


def test_an_earlier_part_of_a_long_conversation_is_a_page_of_its_own(
    signed_in: TestClient, world: World, clock: Clock, engine: Engine
) -> None:
    world.touch(STRANGER, at=clock.now)
    with transaction(engine) as session:
        session.execute(
            text("""INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
                    SELECT :now, 'in', 'sms', :address, 'message', 'received', 'wiadomość ' || n || '.', 'pl', '{}', 1, 0
                      FROM generate_series(1, 150) n"""),
            {"now": clock.now, "address": STRANGER},
        )
    page = signed_in.get(f"/console/conversations/{world.conversation(STRANGER)}").text
    told = re.findall(r"wiadomość (\d+)\.", page)
    earlier = re.search(r'href="(\?before=\d+)"', page)
    assert earlier
    before = signed_in.get(f"/console/conversations/{world.conversation(STRANGER)}{earlier[1]}").text
    assert re.findall(r"wiadomość (\d+)\.", before) + told == [str(number) for number in range(1, 151)]


def test_an_empty_console_says_so(signed_in: TestClient) -> None:
    assert "Nie ma jeszcze żadnej rozmowy." in signed_in.get("/console").text
    assert "Nic nie czeka na człowieka." in signed_in.get("/console/tasks").text


@pytest.mark.parametrize("role", ["operator", "supervisor", "administrator", "auditor"])
def test_calls_that_run_on_keys_alone_are_told_with_what_to_do_about_it(app: FastAPI, sign_in: SignIn, role: str) -> None:
    """Issue 5: where no model hears, patients cannot answer by voice; the people who can change that must know."""
    deaf = (Unheard("pl", "missing"), Unheard("uk", "broken", "uk-ours"))
    app.state.console = replace(app.state.console, unheard=deaf)
    client = sign_in(role)
    for address in ("/console", "/console/figures") if role != "operator" else ("/console",):
        page = client.get(address).text
        assert "nie rozumie teraz mowy (polski): brakuje modelu mowy." in page
        assert "nie rozumie teraz mowy (ukraiński): model mowy uk-ours nie działa na tej maszynie albo źle słyszy." in page
        assert ("cer models check" in page) == (role == "administrator")
        assert ("Powiedz o tym administratorowi" in page) == (role != "administrator")


def test_while_calls_are_heard_nothing_is_told(signed_in: TestClient) -> None:
    assert "nie rozumie teraz mowy" not in signed_in.get("/console").text + signed_in.get("/console/figures").text


ACTIONS = {
    name.removeprefix("action_").removeprefix("say_") for name in project.shipped().domain.actions
    if name.startswith("action_") and name not in ("action_look_up", "action_ask_child_near")
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("intents", {*intents(), *project.shipped().domain.intents}), ("asked", set(ASKED) - {"nothing"}), ("actions", set(ACTIONS)),
        ("messages", set(keys()) - {"undo_offer", "estimate_note", "estimate_unknown"}),
    ],
)  # fmt: skip
def test_everything_that_the_system_says_has_a_polish_name(kind: str, wanted: set[str]) -> None:
    known = set(words.texts()[kind]) | (set(words.texts()["messages"]) if kind == "actions" else set())
    contact = {key for key in wanted if key.endswith("_contact")}  # shown under the name of what it tells
    assert wanted - contact - known == set()


@pytest.mark.parametrize("kind", ["channels", "intents", "outcomes", "languages", "tasks", "tasks_whose", "marks", "acts", "reasons"])
def test_what_is_chosen_from_a_list_stands_there_once(kind: str) -> None:
    """Of two equal lines in a filter one finds nothing."""
    offered = list(words.texts()[kind].values())
    assert [one for one in offered if offered.count(one) > 1] == []
