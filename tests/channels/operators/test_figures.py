"""The page of figures: who sees which, today beside the past, the span that is chosen, drawings and files (R74, X33)."""

import csv
import re
from datetime import date, timedelta
from html import unescape
from io import StringIO

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from channels.operators import charts, csv_file, words
from channels.operators.charts import Chart, Series
from channels.operators.figures import Span, begins, periods, span_of
from registry import rollup
from registry.database import transaction
from tests.channels.operators.conftest import Clock, SignIn, clinic, log_in, other_clinic
from tests.channels.operators.past import remember
from tests.channels.operators.world import JANINA, MAREK, STRANGER, World

TODAY = date(2026, 11, 18)


def table(client: TestClient, key: str, query: str = "") -> list[list[str]]:
    """A table's file, read as a spreadsheet would."""
    answer = client.get(f"/console/figures/{key}.csv{query}")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def shown(page: str, key: str) -> dict[str, str]:
    """The sums of a section, by name."""
    section = re.search(rf'aria-labelledby="{key}">(.*?)</section>', page, re.DOTALL)
    assert section, key
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", section[1])
    return {unescape(said): unescape(value).replace("\xa0", " ") for said, value in pairs}


# --- what is on the page


def test_today_is_there_before_any_night_has_counted_it(signed_in: TestClient, full_world: World, engine: Engine) -> None:
    """R74: the story of the demonstration, live: Janina cancelled by SMS, her slot was given on, Marek asked for a person, and so may the
    stranger whose gibberish was not understood: whoever left a task was not served without staff."""
    page = signed_in.get("/console/figures").text
    assert shown(page, "cancelled") == {
        "odwołane SMS-em": "1", "odwołane inaczej": "0", "odwołane przez pacjentów": "1", "udział SMS": "100,0%",
    }  # fmt: skip
    assert shown(page, "freed")["zajęte ponownie"] == "1"
    assert shown(page, "dzisiaj")["odwołane przez pacjentów"] == "1"
    assert shown(page, "alone")["udział bez pracownika"] == shown(page, "dzisiaj")["udział bez pracownika"] == alone_of_three(engine)


def alone_of_three(engine: Engine) -> str:
    """The share of the three who wrote that left no task."""
    with transaction(engine) as session:
        tasks = session.execute(text("SELECT DISTINCT m.address FROM tasks k JOIN messages m ON m.id = k.message_id")).scalars().all()
    assert MAREK.number in tasks
    assert JANINA.number not in tasks
    return {1: "66,7%", 2: "33,3%"}[len(tasks)]


def test_today_is_counted_anew_after_a_while(signed_in: TestClient, full_world: World, clock: Clock) -> None:
    """Whoever looks within some seconds of somebody else gets what was counted for that one, and reads when it was."""
    first = shown(signed_in.get("/console/figures").text, "dzisiaj")["wiadomości i rozmowy"]
    full_world.writes(STRANGER, "dzień dobry", after=timedelta(minutes=8))
    clock.advance(timedelta(seconds=19))
    page = signed_in.get("/console/figures").text
    assert (shown(page, "dzisiaj")["wiadomości i rozmowy"], "(11:08:00)" in page) == (first, True)
    clock.advance(timedelta(seconds=1))
    assert int(shown(signed_in.get("/console/figures").text, "dzisiaj")["wiadomości i rozmowy"]) > int(first)


def test_what_was_today_stays_the_same_when_the_night_has_counted_it(signed_in: TestClient, full_world: World, clock: Clock) -> None:
    """R74: the live figures and the kept ones are one count, for all and for a clinic."""
    keys = ("traffic", "alone", "cancelled", "freed", "attendance", "readings", "latency", "outcomes")
    live = {key: table(signed_in, key, f"?from={TODAY}&to={TODAY}") for key in keys}
    clock.advance(timedelta(days=1))
    rollup.count_due(full_world.engine, now=clock.now)
    log_in(signed_in)
    assert {key: table(signed_in, key, f"?from={TODAY}&to={TODAY}") for key in keys} == live


def test_the_split_of_the_sources_chart_is_reproduced(signed_in: TestClient, engine: Engine, clock: Clock) -> None:
    """R74: 27 164 by SMS and 4 757 in IKP are 31 921 cancellations of patients, 85% by SMS; those by clinics are not among them."""
    with transaction(engine) as session:
        session.execute(
            text("""INSERT INTO figures (local_date, measure, channel, kind, number, total) VALUES
                (:day, 'cancelled', 'sms', 'self', 27164, 0), (:day, 'cancelled', 'api', 'self', 4757, 0),
                (:day, 'cancelled', 'api', 'clinic', 999, 0), (:day, 'cancelled', 'desk', 'staff', 77, 0)"""),
            {"day": TODAY - timedelta(days=1)},
        )
    page = signed_in.get("/console/figures").text
    assert shown(page, "cancelled") == {
        "odwołane SMS-em": "27 164", "odwołane inaczej": "4 757", "odwołane przez pacjentów": "31 921", "udział SMS": "85,1%",
    }  # fmt: skip
    head, row, *_ = table(signed_in, "cancelled", f"?from=2026-11-17&to={TODAY}")
    assert dict(zip(head, row, strict=True)) == {
        "Okres": "2026-11-17", "SMS: odwołane": "27164", "telefon: odwołane": "0", "czat: odwołane": "0", "e-mail: odwołane": "0",
        "IKP i mojeIKP: odwołane": "4757", "odwołane przez pacjentów": "31921", "przez pracownika dla pacjenta": "77",
        "przez placówkę": "999", "śmierć lub skierowanie": "0",
    }  # fmt: skip


def test_nothing_is_shown_as_nothing(signed_in: TestClient) -> None:
    page = signed_in.get("/console/figures")
    assert page.status_code == 200
    assert "W tych dniach nic się nie działo." in page.text
    assert table(signed_in, "freed", f"?from={TODAY}&to={TODAY}") == [
        ["Okres", "zajęte ponownie", "jeszcze wolne lub przepadłe", "udział zajętych ponownie", "mediana czasu (godz.)",
         "90% w czasie (godz.)"],
        ["2026-11-18", "0", "0", "", "", ""],
    ]  # fmt: skip


def test_days_that_wait_for_their_counting_are_told(signed_in: TestClient, engine: Engine, clock: Clock) -> None:
    remember(engine, TODAY - timedelta(days=3), 10)
    page = signed_in.get("/console/figures?days=7").text
    assert "Dni, które nie są jeszcze policzone: 2." in page
    remember(engine, TODAY - timedelta(days=1), 2, seed=1)
    assert "nie są jeszcze policzone" not in signed_in.get("/console/figures?days=7").text


def test_a_year_is_shown_by_weeks_and_adds_up_to_its_days(signed_in: TestClient, engine: Engine) -> None:
    remember(engine, TODAY - timedelta(days=1), 400)
    page = signed_in.get("/console/figures?days=365").text
    days = table(signed_in, "cancelled", "?from=2025-11-19&to=2026-11-18")
    assert len(days) == 366
    assert shown(page, "cancelled")["odwołane SMS-em"].replace(" ", "") == str(sum(int(row[1]) for row in days[1:]))
    assert page.count('<th scope="row">od 16.11.2026</th>') > 1
    assert '<th scope="row">pn.' not in page


# --- whose


def test_a_clinics_people_see_their_clinics_figures(sign_in: SignIn, full_world: World, engine: Engine, clock: Clock) -> None:
    """X33: today and kept days; another clinic's are as if they were not, and the whole queue's accuracy is nobody's."""
    ours, theirs = sign_in("supervisor", clinic(engine)), sign_in("supervisor", other_clinic(engine))
    whole = sign_in("supervisor")
    received = [row[4] for row in table(whole, "traffic", f"?from={TODAY}&to={TODAY}")][1]
    assert (received, [row[4] for row in table(ours, "traffic", f"?from={TODAY}&to={TODAY}")][1]) == ("4", "2")  # the stranger is nobody's
    assert shown(ours.get("/console/figures").text, "cancelled")["odwołane SMS-em"] == "1"
    assert "W tych dniach nic się nie działo." in theirs.get("/console/figures").text
    remember(engine, TODAY - timedelta(days=1), 5)
    remember(engine, TODAY - timedelta(days=1), 5, seed=3, provider_id=clinic(engine))
    assert shown(ours.get("/console/figures").text, "traffic") != shown(whole.get("/console/figures").text, "traffic")
    assert "W tych dniach nic się nie działo." in theirs.get("/console/figures").text
    assert "Trafność prognozy" in whole.get("/console/figures").text
    assert "Trafność prognozy" not in ours.get("/console/figures").text
    assert ours.get(f"/console/figures/promises.csv?from={TODAY}&to={TODAY}").status_code == 404


@pytest.mark.parametrize("role", ["operator", "supervisor", "administrator", "auditor"])
def test_the_link_is_there_for_those_who_may(role: str, sign_in: SignIn) -> None:
    client = sign_in(role)
    allowed = role != "operator"
    assert ('href="/console/figures"' in client.get("/console").text) == allowed
    assert client.get("/console/figures").status_code == (200 if allowed else 403)


def test_nobody_sees_them_without_a_login(full_world: World, client: TestClient) -> None:
    for address in ("/console/figures", f"/console/figures/traffic.csv?from={TODAY}&to={TODAY}"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["location"].startswith("/console/login")) == (303, True)


@pytest.fixture
def client(browser: object) -> TestClient:
    return browser()  # type: ignore[operator,no-any-return]  # the fixture is a maker of browsers


def test_nothing_of_anybody_stands_on_the_page_or_in_a_file(signed_in: TestClient, full_world: World) -> None:
    """X34."""
    said = signed_in.get("/console/figures").text + "".join(
        str(table(signed_in, key, f"?from={TODAY}&to={TODAY}")) for key in ("traffic", "outcomes", "cancelled")
    )
    assert not any(word in said for word in ("Kowalczyk", "Zieliń", "+48", STRANGER[-6:], "<script>"))


# --- the span


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("", "", ""), Span(date(2026, 10, 20), TODAY, 30)),
        (("7", "", ""), Span(date(2026, 11, 12), TODAY, 7)),
        (("365", "", ""), Span(date(2025, 11, 19), TODAY, 365)),
        (("90", "2026-03-28", "2026-03-30"), Span(date(2026, 3, 28), date(2026, 3, 30))),
        (("", "2026-11-01", ""), Span(date(2026, 11, 1), TODAY)),
        (("", "2026-11-01", "2031-01-01"), Span(date(2026, 11, 1), TODAY)),
        (("8", "", ""), Span(date(2026, 10, 20), TODAY, 30, wrong=True)),
        (("", "2026-11-10", "2026-11-01"), Span(date(2026, 10, 20), TODAY, 30, wrong=True)),
        (("", "2026-11-19", ""), Span(date(2026, 10, 20), TODAY, 30, wrong=True)),
        (("", "0001-01-01", ""), Span(date(2026, 10, 20), TODAY, 30, wrong=True)),
        (("", "<script>", "²"), Span(date(2026, 10, 20), TODAY, 30, wrong=True)),
    ],
)  # fmt: skip
def test_the_span_is_the_one_that_was_asked_for(given: tuple[str, str, str], expected: Span) -> None:
    assert span_of(*given, TODAY) == expected


def test_long_spans_are_shown_in_few_steps() -> None:
    for days, unit, most in ((92, "day", 92), (93, "week", 15), (731, "week", 106), (732, "month", 26)):
        span = Span(TODAY - timedelta(days=days - 1), TODAY)
        assert span.unit == unit
        assert len(periods(span, span.unit)) <= most
    assert begins(date(2026, 11, 15), "week") == date(2026, 11, 9)
    assert begins(date(2026, 11, 15), "month") == date(2026, 11, 1)


@pytest.mark.parametrize("address", ["secret.csv", "..%2fapp.csv", "traffic.csv?from=2026-11-10&to=2026-11-01", "traffic.csv?from=x"])
def test_there_is_no_such_file(address: str, signed_in: TestClient) -> None:
    assert signed_in.get(f"/console/figures/{address}").status_code == 404


# --- files


def test_a_file_is_for_polish_spreadsheets() -> None:
    written = csv_file.written(["Okres", "liczba; z czymś"], [(TODAY, 1234), ('ą "x"', 0.85), (None, 2.0)])
    assert written.decode("utf-8-sig") == 'Okres;"liczba; z czymś"\r\n2026-11-18;1234\r\n"ą ""x""";0,85\r\n;2\r\n'
    assert written.startswith(b"\xef\xbb\xbf")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12))
def test_no_cell_is_ever_a_formula(said: str) -> None:
    """What a spreadsheet would carry out begins with an apostrophe; everything else comes back as it was."""
    (cell,) = next(csv.reader(StringIO(csv_file.written([said], []).decode("utf-8-sig"), newline=""), delimiter=";"), [""])
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (said, f"'{said}")


def test_a_file_is_sent_as_one(signed_in: TestClient) -> None:
    answer = signed_in.get(f"/console/figures/cancelled.csv?from=2026-11-01&to={TODAY}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="odwolane-2026-11-01-2026-11-18.csv"'
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")


# --- drawings


def test_bars_stand_on_each_other_and_reach_what_they_mean() -> None:
    drawn = charts.draw(Chart("bars", [Series("a", [5, 0]), Series("b", [5, 20])]), "n", "tytuł", "opis")
    rects = re.findall(r'<rect class="s(\d)" x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', drawn)
    assert [(one, float(y), float(height)) for one, _, y, height in rects] == [("1", 150, 50), ("2", 100, 50), ("2", 0, 200)]
    assert rects[0][1] == rects[1][1] < rects[2][1]


def test_lines_break_where_nothing_is_known_and_one_day_is_a_stroke() -> None:
    drawn = charts.draw(Chart("lines", [Series("a", [0.5, 1.0, None, 0.0])], 1.0, "share"), "n", "t", "d")
    points = [[tuple(map(float, point.split(","))) for point in line.split()] for line in re.findall(r'points="([^"]+)"', drawn)]
    assert points == [[(125, 100), (375, 0)], [(845, 200), (905, 200)]]


def test_a_drawing_says_what_it_is_and_lets_nothing_in() -> None:
    """No styles, for the policy; and what stands in it is text, whatever it looks like."""
    drawn = charts.draw(Chart("bars", [Series("a", [1])]), "n", "<script>", 'a"b')
    assert "<script>" not in drawn
    assert " style=" not in drawn
    assert '<title id="n-t">&lt;script&gt;</title><desc id="n-d">a&#34;b</desc>' in drawn


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=20))
def test_a_scale_ends_at_or_above_all_and_its_middle_is_whole(values: list[int]) -> None:
    top = charts.top_of(Chart("bars", [Series("a", values)]))
    assert max(values) <= top <= max(2, 2 * max(values))
    assert top % 2 == 0


def test_figures_are_read_in_polish() -> None:
    said = [words.amount(*one) for one in (
        (None, "share"), (0.8512, "share"), (27164, "count"), (0.874, "mean"), (1.23, "seconds"), (90.0, "seconds"), (3.42, "hours"),
    )]  # fmt: skip
    assert said == ["–", "85,1%", "27\xa0164", "0,87", "1,2 s", "1,5 min", "3,4 godz."]


def test_every_word_of_the_page_has_its_polish() -> None:
    """A key that nobody has named would be shown as it is."""
    texts = words.texts()
    sections = set(texts["figures"])
    assert sections == set(texts["figures_about"]) == set(texts["figure_files"])
    assert sections == set(texts["figures_drawn"]) | {"outcomes"}


def test_central_staff_choose_a_clinic_by_its_name_and_a_clinics_own_people_do_not(
    full_world: World, sign_in: SignIn, engine: Engine
) -> None:  # fmt: skip
    """X33: code, whole name or some words of it, without Polish marks; several fit: they are offered; nobody: it is said."""
    theirs, ours = other_clinic(engine), clinic(engine)
    with transaction(engine) as session:
        session.execute(text("INSERT INTO providers (code, name, phone) VALUES ('998', 'Inna poradnia w Łodzi', '+48420000000')"))
        [name] = session.scalars(text("SELECT name FROM providers WHERE id = :id"), {"id": ours})
    central = sign_in("supervisor")
    everything, one = (shown(central.get(f"/console/figures{query}").text, "cancelled") for query in ("", "?clinic=040701"))
    assert one == everything
    for said in ("999", "inna przychodnia", "INNA  przych", "lodzi"):
        page = central.get("/console/figures", params={"clinic": said}).text
        assert ("placówki: Inna" in page, "W tych dniach nic się nie działo." in page) == (True, True), said
    page = central.get("/console/figures", params={"clinic": name, "days": "7"}).text
    assert "/console/figures?days=30&amp;clinic=040701" in page
    assert re.search(r"cancelled\.csv\?from=[\d-]+&amp;to=[\d-]+&amp;clinic=040701", page)
    page = central.get("/console/figures?clinic=inna").text
    assert "pasuje kilka placówek" in page
    assert all(f'href="/console/figures?clinic={code}&amp;from=' in page for code in ("998", "999"))
    assert "Żadna placówka nie pasuje do „&lt;b&gt;”" in central.get("/console/figures?clinic=<b>").text
    assert central.get("/console/figures/cancelled.csv?clinic=nikt").status_code == 404
    named = central.get("/console/figures/cancelled.csv?clinic=999").headers["content-disposition"]
    assert "odwolane-999-" in named
    stranger = sign_in("supervisor", theirs)
    page = stranger.get("/console/figures?clinic=040701").text
    assert "tylko Twojej placówki" in page
    assert "W tych dniach nic się nie działo." in page
    assert 'name="clinic"' not in page
