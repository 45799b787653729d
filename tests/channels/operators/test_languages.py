"""The console in Polish and English: the same words in both, everybody's own choice, no words outside the texts (X31)."""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from sqlalchemy import Engine, text

from channels.operators import figures, moments, pages, readers, stream, words
from channels.operators.conversations import Mark, Row
from channels.operators.filters import Filter
from channels.operators.indexing import index_due
from channels.operators.live import News
from channels.operators.readers import LANGUAGES
from registry import privacy
from registry.database import transaction
from registry.figures import Unit
from tests.channels.operators.conftest import LOGIN, PASSWORD, Clock, SignIn, csrf, csrf_of, log_in
from tests.channels.operators.looking import looker
from tests.channels.operators.world import MAREK, World
from tests.chromium import launched

POLISH = re.compile("[ąćęłńóśźż]", re.IGNORECASE)
HOUSE = Path(words.__file__).parent
IN_ANY_LANGUAGE = {"e-Rejestracja", "km", "Enter", "In", "English"}  # the last two: what is said of own data in English on a Polish page
LETTERS_OF_NAMES = {"masking.py", "moments.py"}  # Polish letters that are no words: those of surnames, and the short weekdays
AT = datetime(2026, 12, 5, 9, 4, 7, tzinfo=UTC)


@pytest.fixture
def english() -> Iterator[None]:
    """Whoever asks reads English."""
    readers.begins("en")
    yield
    readers.begins(None)


def kinds(language: str) -> dict[str, Mapping[str, str]]:
    known = readers.known(language)
    assert known
    sentences = {f"page {page}": said for page, said in words.sentences(known).items()}
    own = {f"own data {kind[:-2]}": said for kind, said in words.own_data().items() if kind.endswith(language)}
    return {**words.names(known), **sentences, **own}


def places(said: str) -> list[str]:
    """What is filled in, and the HTML around it."""
    return sorted(name for _, name, _, _ in Formatter().parse(said) if name is not None) + re.findall("<[^>]+>", said)


def test_both_languages_have_the_same_words_with_the_same_places() -> None:
    """X31: a word of one language that the other lacks would be a page that breaks, or a key shown to an operator."""
    polish, english = kinds("pl"), kinds("en")
    assert set(polish) == set(english)
    for kind, said in polish.items():
        assert set(said) == set(english[kind]), kind
        assert {key: places(one) for key, one in said.items()} == {key: places(one) for key, one in english[kind].items()}, kind
    assert set(words.own_data()["holds_en"]) == set(privacy.HOLDS)


def test_the_english_is_english() -> None:
    said = [(kind, key, one) for kind, these in kinds("en").items() for key, one in these.items()]
    assert [one for one in said if POLISH.search(one[2]) or not one[2].strip()] == []
    assert "„" not in str(said)


@pytest.mark.parametrize("kind", ["channels", "intents", "outcomes", "languages", "tasks", "tasks_whose", "marks", "acts", "reasons"])
def test_what_is_chosen_from_a_list_stands_there_once_in_english_too(kind: str) -> None:
    offered = list(words.names("en")[kind].values())
    assert len(set(offered)) == len(offered)


def test_no_template_says_anything_of_its_own() -> None:
    """What is left of a template without its marks is letters in no language; nor is there Polish inside the marks."""
    for template in sorted((HOUSE / "templates").glob("*.html")):
        source = template.read_text()
        assert not POLISH.search(source), template.name
        bare = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
        said = re.findall(r'(?:aria-label|title|data-label|alt|placeholder)="([^"]*)"', bare)
        said.append(re.sub("<[^>]*>", " ", bare))
        rest = {word for one in said for word in re.findall(r"[^\W\d_][^\W\d_-]*(?:-[^\W\d_]+)*", one) if len(word) > 1}
        assert rest <= IN_ANY_LANGUAGE, (template.name, rest)


def test_no_script_and_no_python_says_anything_in_polish() -> None:
    for script in (HOUSE / "static").glob("*.js"):
        assert not POLISH.search(script.read_text()), script.name
    for module in HOUSE.glob("*.py"):
        tree = ast.parse(module.read_text())
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings tell engineers
        strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in told]
        polish = [one for one in strings if isinstance(one, str) and POLISH.search(one)]
        assert polish == [] or module.name in LETTERS_OF_NAMES, (module.name, polish)


def test_what_a_template_asks_for_is_there() -> None:
    """And what is there is asked for: a sentence that no page says is one that nobody keeps true."""
    asked = set()
    for template in (HOUSE / "templates").glob("*.html"):
        asked |= set(re.findall(r"\bt\.(\w+)\.(\w+)", template.read_text()))
    kept = {(page, key) for page, said in words.sentences("pl").items() for key in said if page != "own_names"}
    assert asked == kept
    assert set(words.sentences("pl")["own_names"]) == set(LANGUAGES)


# --- days and numbers


def periods() -> list[str]:
    units: tuple[Unit, ...] = ("day", "week", "month")
    return [figures.period(date(2026, 11, 2), unit) for unit in units]


def test_days_and_numbers_are_written_as_the_reader_writes_them(english: None) -> None:
    assert moments.visit(AT) == "Sat 5 Dec 2026, 10:04"
    assert moments.full(AT) == "5 Dec 2026, 10:04:07"
    assert moments.moment(AT, AT) == "10:04:07"
    assert moments.moment(AT, datetime(2026, 12, 6, 9, tzinfo=UTC)) == "5 Dec, 10:04"
    assert moments.moment(AT, datetime(2027, 1, 6, 9, tzinfo=UTC)) == "5 Dec 2026, 10:04"
    assert periods() == ["Mon 2 Nov 2026", "from 2 Nov 2026", "Nov 2026"]
    said = [words.amount(*one) for one in (
        (None, "share"), (0.8512, "share"), (27164, "count"), (0.874, "mean"), (1.23, "seconds"), (90.0, "seconds"), (3.42, "hours"),
    )]  # fmt: skip
    assert said == ["–", "85.1%", "27,164", "0.87", "1.2 s", "1.5 min", "3.4 h"]
    assert (words.percent(0.001), words.fact("factor", value=True), words.fact("role", "supervisor")) == ("below 1%", "yes", "supervisor")
    assert (words.service("MAMMO"), words.service("UNKNOWN")) == ("mammography", "UNKNOWN")


def test_polish_days_are_as_they_were() -> None:
    assert moments.visit(AT) == "sob. 5.12.2026, 10:04"
    assert moments.full(AT) == "05.12.2026, 10:04:07"
    assert moments.moment(AT, datetime(2027, 1, 6, 9, tzinfo=UTC)) == "5.12.2026, 10:04"
    assert periods() == ["pn. 02.11.2026", "od 02.11.2026", "11.2026"]


def test_a_live_line_is_drawn_once_for_each_language(english: None) -> None:
    """X31: of two who watch the same list each is told in his own."""
    line = Row(1, "voice", "+48 ··· ··· 001", "", AT, None, None, needs_person=True, version=7)
    news = News(Mark(8, AT), (line,), {}, frozenset(), {})
    first = stream.told(news, Filter(), tasks=None)
    readers.begins("pl")
    second = stream.told(news, Filter(), tasks=None)
    told = [json.loads(one.split("data: ")[1])["rows"][0]["html"] for one in (first, second)]
    assert ["notices only" in one for one in told] == [True, False]
    assert ["tylko powiadomienia" in one for one in told] == [False, True]
    assert pages.row(line, AT) == told[1]


# --- the choice


def language_of(page: str) -> str:
    found = re.search(r'<html lang="(\w+)">', page)
    assert found
    return found[1]


def test_before_a_login_the_browser_keeps_the_language(browser: Callable[[], TestClient]) -> None:
    """X31: chosen at the login it stays for the console of who has never chosen, and the wanted page stays wanted."""
    client = browser()
    page = client.get("/console/login?next=/console/tasks?whose=mine")
    assert language_of(page.text) == "pl"
    link = re.search(r'href="(/console/login/language[^"]*)"', page.text)
    assert link
    answer = client.get(unescape(link[1]))
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login?next=%2Fconsole%2Ftasks%3Fwhose%3Dmine")
    page = client.get(answer.headers["location"])
    assert (language_of(page.text), ">Log in</h1>" in page.text, "Polski" in page.text) == ("en", True, True)
    wrong = client.post("/console/login", data={"login": LOGIN, "password": "x", "csrf": csrf_of(page)})
    assert "Wrong login or password." in wrong.text
    assert log_in(client).status_code == 303
    assert "Log out" in client.get("/console").text
    assert language_of(browser().get("/console/login").text) == "pl"


def test_an_operators_choice_goes_with_him_and_nobody_else(
    signed_in: TestClient, browser: Callable[[], TestClient], sign_in: SignIn
) -> None:  # fmt: skip
    """X31: kept with the account, whatever browser he takes next, and whatever the browser was set to before."""
    came = {"Referer": "http://testserver/console/tasks?whose=mine"}
    answer = signed_in.post("/console/language", data={"csrf": csrf(signed_in), "to": "en"}, headers=came)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/tasks?whose=mine")
    page = signed_in.get("/console/tasks").text
    assert (language_of(page), "<h1>Tasks</h1>" in page) == ("en", True)
    other = browser()
    assert log_in(other).status_code == 303
    assert language_of(other.get("/console").text) == "en"
    assert language_of(sign_in("operator").get("/console").text) == "pl"
    other.post("/console/language", data={"csrf": csrf(other), "to": "pl"})
    assert language_of(signed_in.get("/console").text) == "pl"  # though this browser keeps English for the login
    assert language_of(signed_in.get("/console/nowhere", headers={"Accept": "text/html"}).text) == "pl"


@pytest.mark.parametrize(("came", "leads"), [
    ("https://zle.example/console/tasks", "/console/tasks"), ("https://zle.example//zle.example", "/console"), ("", "/console"),
    ("http://testserver/chat", "/console"), ("http://[", "/console"),
])  # fmt: skip
def test_the_choice_leads_nowhere_else_and_takes_no_other_language(signed_in: TestClient, came: str, leads: str) -> None:
    answer = signed_in.post("/console/language", data={"csrf": csrf(signed_in), "to": "de"}, headers={"Referer": came})
    assert (answer.status_code, answer.headers["location"]) == (303, leads)
    assert "set-cookie" not in answer.headers
    assert language_of(signed_in.get("/console").text) == "pl"


# --- the files, and how it looks


def test_a_file_of_figures_has_its_columns_in_the_readers_language(in_english: TestClient, clock: Clock) -> None:
    day = clock.now.date()
    answer = in_english.get(f"/console/figures/cancelled.csv?from={day}&to={day}")
    assert answer.text.splitlines()[0].startswith("\ufeffPeriod;SMS: cancelled;telephone: cancelled;")
    assert answer.headers["content-disposition"] == f'attachment; filename="cancelled-{day}-{day}.csv"'


@pytest.fixture
def in_english(signed_in: TestClient) -> TestClient:
    """An administrator who reads English."""
    assert signed_in.post("/console/language", data={"csrf": csrf(signed_in), "to": "en"}).status_code == 303
    return signed_in


def test_the_console_in_english_in_a_browser(served: str, full_world: World, engine: Engine, tmp_path: Path) -> None:
    """X31: chosen at the login and live from then on; looked at in every size and scheme, and axe finds nothing."""
    marek = full_world.conversation(MAREK.number)
    with transaction(engine) as session:
        patient: Any = session.execute(text("SELECT patient_id FROM appointments LIMIT 1")).scalar_one()
    with launched() as chromium:
        page = chromium.new_context(base_url=served, viewport={"width": 1280, "height": 800}, locale="en-GB").new_page()
        look = looker(page, tmp_path)
        page.goto("/console")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        look("login-english")
        page.get_by_label("Login").fill(LOGIN)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#live-text")).to_have_text("live")
        full_world.writes(MAREK.number, "dziękuję", after=timedelta(minutes=9))
        expect(page.locator("#list tbody tr").first).to_contain_text("thanks")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#live-text")).to_have_text("paused, changes: 0")
        for address in ("", f"/conversations/{marek}", f"/patients/{patient}", "/figures", "/tasks"):
            page.goto(f"/console{address}")
            look(f"english{address.replace('/', '-')}")
        page.get_by_role("button", name="Polski").click()
        expect(page.get_by_role("heading", name="Zadania")).to_be_visible()
        assert page.url == f"{served}/console/tasks"


@pytest.mark.parametrize(
    ("said", "language"), [("Доброго дня, я не зможу прийти", "uk"), ("I can't come that day", "en"), ("nie przyjdę", "pl")]
)
def test_what_was_written_is_marked_with_its_own_language(
    signed_in: TestClient, world: World, engine: Engine, clock: Clock, said: str, language: str
) -> None:  # fmt: skip
    """WCAG 3.1.2: a screen reader pronounces a patient's words by the rules of their language, wherever they stand on the page."""
    world.writes(MAREK.number, said)
    index_due(engine, clock.now)
    word = max(said.replace("'", " ").split(), key=len).strip(",")
    for address in (f"/console/conversations/{world.conversation(MAREK.number)}", f"/console/search?q={word}"):
        bodies = re.findall(r'<p class="body" lang="(\w+)">(.*?)</p>', signed_in.get(address).text)
        assert (language, said) in [(one, unescape(re.sub("<[^>]+>", "", body))) for one, body in bodies], address


def test_every_way_of_reading_is_one_of_ours() -> None:
    for one, other in product((*LANGUAGES, "de", "", None), repeat=2):
        readers.begins(one)
        readers.prefers(readers.known(other))
        assert readers.language() == (other if other in LANGUAGES else one if one in LANGUAGES else "pl")
    readers.begins(None)
