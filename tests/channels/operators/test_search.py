"""Search by words, the filters, saved views: what is found, for whom, and that nothing personal is findable (X33, X34)."""

from datetime import datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.operators import lexemes, scope, searching
from channels.operators.filters import Filter, parsed, query_of
from channels.operators.indexing import index_due
from channels.operators.lexemes import marked, searched
from registry import message_words, privacy, retention
from registry.database import transaction
from tests.channels.operators.conftest import Clock, SignIn, clinic, csrf, other_clinic
from tests.channels.operators.world import BARBARA, JANINA, MAREK, STRANGER, World


def found(engine: Engine, said: str, wanted: Filter = Filter(), *, now: datetime) -> list[str]:  # noqa: B008 - frozen
    """The texts of all hits, newest first, page by page."""
    texts, before = list[str](), None
    with transaction(engine) as session:
        while True:
            page = searching.search(session, searched(said), wanted, now=now, before=before)
            texts += ["".join(piece for piece, _ in hit.pieces) for hit in page.hits]
            before = page.further
            if before is None:
                return texts


# --- words


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("odwolac", "Odwołuję wizytę"), ("WIZYTA", "nie zdążę na wizytę!"), ("lekarza", "pani lekarko"), ("скасувати", "Скасую візит"),
        ("cancel", "I cancelled it"),
    ],
)
def test_marks_case_and_endings_do_not_matter_x33(said: str, written: str) -> None:  # fmt: skip
    assert set(searched(said)) & set(lexemes.lexemes(written))


@pytest.mark.parametrize("body", ["PESEL 44051401359", "tel. 601 200 304", "kod 4812", "+48 ··· ··· 304 i ···"])
def test_no_number_is_a_word_x34(body: str) -> None:
    assert not any(letter.isdigit() for word in lexemes.lexemes(body) for letter in word)


@given(st.text(max_size=200), st.lists(st.sampled_from(["wizyt", "odwol", "tak"])))
def test_marking_loses_no_letter(body: str, words: list[str]) -> None:
    assert "".join(piece for piece, _ in marked(body, words)) == body


# --- what is found


def test_what_was_said_is_found_by_its_words_and_only_by_all_of_them_x33(full_world: World, engine: Engine, clock: Clock) -> None:
    assert found(engine, "odwolac", now=clock.now) == []  # not yet indexed
    assert index_due(engine, clock.now) > 0
    assert found(engine, "rady", now=clock.now) == ["nie dam rady, proszę odwołać"]
    assert found(engine, "ODWOŁANIE rady", now=clock.now) == ["nie dam rady, proszę odwołać"]
    assert found(engine, "rady kontakt", now=clock.now) == []


def test_nobody_is_found_by_name_number_or_address_x34(full_world: World, engine: Engine, clock: Clock) -> None:
    """Marek wrote his own name, PESEL and number; what he asked for is findable, he is not."""
    index_due(engine, clock.now)
    assert len(found(engine, "kontakt człowiekiem", now=clock.now)) == 1
    for personal in ("Zieliński", "Marek", MAREK.pesel, "601200304", "poczta.pl"):
        assert found(engine, personal, now=clock.now) == [], personal
    shown = found(engine, "kontakt", now=clock.now)[0]
    assert MAREK.pesel not in shown
    assert "Zieliński" not in shown


def test_a_message_worded_later_is_indexed_then(full_world: World, engine: Engine, clock: Clock) -> None:
    """A notice gets its words when it is sent; the database notes it by itself."""
    index_due(engine, clock.now)
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET body = 'przypominamy o gżegżółce' WHERE id = (SELECT max(id) FROM messages)"))
    index_due(engine, clock.now)
    assert found(engine, "gżegżółka", now=clock.now) == ["przypominamy o gżegżółce"]
    with transaction(engine) as session:
        session.execute(text("UPDATE messages SET body = 'inne słowa' WHERE body = 'przypominamy o gżegżółce'"))
    index_due(engine, clock.now)
    assert found(engine, "gżegżółka", now=clock.now) == []


def test_words_go_with_the_text_d15(full_world: World, engine: Engine, clock: Clock) -> None:
    """D15, X34: when the words of a dialogue are taken out nothing of them is left in the index, or waiting for it."""
    full_world.deliver()
    index_due(engine, clock.now)
    clock.advance(timedelta(days=91))
    retention.redact_due(engine, now=clock.now)
    assert counted(engine) == (0, 0)
    assert index_due(engine, clock.now) == 0


def test_words_go_with_an_erased_person_x34(world: World, engine: Engine, clock: Clock) -> None:
    world.writes(BARBARA.number, "czy potrzebne jest skierowanie?")
    world.deliver()
    index_due(engine, clock.now)
    with transaction(engine) as session:
        privacy.erase(session, world.ids[BARBARA], now=clock.now + timedelta(days=30))
    assert counted(engine) == (0, 0)


def counted(engine: Engine) -> tuple[int, int]:
    with transaction(engine) as session:
        count = text("SELECT (SELECT count(*) FROM message_words), (SELECT count(*) FROM words_due)")
        one, other = session.execute(count).one()
        return one, other


def test_an_indexer_that_dies_loses_nothing_and_two_do_nothing_twice(full_world: World, engine: Engine, clock: Clock) -> None:
    with engine.connect() as died:
        assert message_words.due(Session(died), limit=500)
        died.rollback()
    with transaction(engine) as first:
        taken = {row.id for row in message_words.due(first, limit=2)}
        with transaction(engine) as second:
            assert taken.isdisjoint(row.id for row in message_words.due(second, limit=500))


# --- pages and bounds


def test_a_search_longer_than_the_field_is_cut_and_says_so(signed_in: TestClient, full_world: World, engine: Engine, clock: Clock) -> None:
    """Pasted or bookmarked: the words at its beginning are looked for, and nothing else is lost."""
    index_due(engine, clock.now)
    answer = signed_in.get("/console/search", params={"q": "odwołać " + "x" * 400, "channel": "sms"})
    assert answer.status_code == 200
    assert "dłuższe niż 200 znaków" in answer.text
    assert "dłuższe niż" not in signed_in.get("/console/search", params={"q": "odwołać"}).text


def many(engine: Engine, count: int, body: str, *, at: datetime, channel: str = "sms") -> None:
    """Messages with the same words, a minute apart, the last one at `at`."""
    with transaction(engine) as session:
        session.execute(
            text("""INSERT INTO conversations (channel, address, last_at, needs_person, memory)
                    VALUES (:channel, '+48600700800', :at, false, '{}') ON CONFLICT DO NOTHING"""),
            {"channel": channel, "at": at},
        )
        session.execute(
            text("""INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, attempt, tries)
                    SELECT CAST(:at AS timestamptz) - make_interval(mins => :count - n), 'in', :channel, '+48600700800', 'patient',
                           'received', :body || ' nr ' || n, 'pl', '{}', 1, 0 FROM generate_series(1, :count) n"""),
            {"at": at, "count": count, "channel": channel, "body": body},
        )


def test_pages_join_without_gap_or_repetition(engine: Engine, clock: Clock) -> None:
    many(engine, 95, "pierogi", at=clock.now)
    index_due(engine, clock.now)
    assert [int(one.split()[-1]) for one in found(engine, "pierogi", now=clock.now)] == list(range(95, 0, -1))


def test_a_common_word_under_a_rare_filter_is_looked_for_piece_by_piece(
    engine: Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """No request runs for long: it says how far it has come, and the next one goes on; nothing is missed."""
    many(engine, 3, "zupa", at=clock.now - timedelta(days=1), channel="chat")
    many(engine, 120, "zupa", at=clock.now)
    index_due(engine, clock.now)
    monkeypatch.setattr(searching, "MOST", 40)
    monkeypatch.setattr(message_words, "CAP", 20)
    with transaction(engine) as session:
        first = searching.search(session, ["zupa"], Filter(channel="chat"), now=clock.now)
    assert (first.hits, first.partly) == ((), True)
    assert len(found(engine, "zupa", Filter(channel="chat"), now=clock.now)) == 3


def test_days_and_channels_narrow_a_search(engine: Engine, clock: Clock) -> None:
    many(engine, 2, "rosół", at=clock.now - timedelta(days=10))
    many(engine, 1, "rosół", at=clock.now, channel="chat")
    index_due(engine, clock.now)
    today = clock.now.date()
    assert len(found(engine, "rosol", now=clock.now)) == 3
    assert len(found(engine, "rosol", Filter(day_to=today - timedelta(days=5)), now=clock.now)) == 2
    assert len(found(engine, "rosol", Filter(day_from=today - timedelta(days=5)), now=clock.now)) == 1
    assert len(found(engine, "rosol", Filter(channel="chat"), now=clock.now)) == 1


# --- at the console


def test_the_page_shows_what_was_found_marked_and_masked(full_world: World, signed_in: TestClient, engine: Engine, clock: Clock) -> None:
    index_due(engine, clock.now)
    page = signed_in.get("/console/search", params={"q": "ODWOLAC"}).text
    assert "<mark>odwołać</mark>" in page
    assert f"/console/conversations/{full_world.conversation(JANINA.number)}?before=" in page
    assert JANINA.number not in page
    assert "Nic nie pasuje" in signed_in.get("/console/search?q=gżegżółka").text
    assert "choć jedno słowo" in signed_in.get("/console/search?q=123").text


def test_what_was_searched_for_is_never_run_or_read_as_markup(
    full_world: World, signed_in: TestClient, engine: Engine, clock: Clock
) -> None:  # fmt: skip
    index_due(engine, clock.now)
    for said in ("<script>alert(1)</script>", "' | 'x", "wizyta & !(a", "\\'", "%", "a" * 199):
        answer = signed_in.get("/console/search", params={"q": said})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    assert "<img src=x" not in signed_in.get("/console/search?q=script").text  # a stranger's message, shown as text


def test_a_search_is_noted_without_its_words_x34(full_world: World, signed_in: TestClient, engine: Engine, clock: Clock) -> None:
    index_due(engine, clock.now)
    signed_in.get("/console/search?q=Kowalczykowa+rady")
    with transaction(engine) as session:
        assert [str(row) for row in session.scalars(text("SELECT facts FROM audit WHERE act = 'search'"))] == ["{'found': 0}"]


@pytest.mark.parametrize("small", [0, scope.SMALL])
def test_a_clinics_people_find_only_their_own_x33(
    full_world: World, engine: Engine, clock: Clock, sign_in: SignIn, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Whether the clinic has few visits, so that its own messages are looked at, or many."""
    monkeypatch.setattr(scope, "SMALL", small)
    index_due(engine, clock.now)
    ours, theirs = sign_in("operator", clinic(engine)), sign_in("operator", other_clinic(engine))
    assert "<mark>rady</mark>" in ours.get("/console/search?q=rady").text
    assert "<mark>" not in theirs.get("/console/search?q=rady").text
    assert "<mark>" not in theirs.get("/console/search?q=rady&clinic=040701").text  # a chosen clinic widens nothing
    assert "<mark>" not in ours.get("/console/search?q=nazywam").text  # nobody's patient


def test_filters_narrow_the_list_and_stand_in_the_address(full_world: World, signed_in: TestClient, engine: Engine) -> None:
    def listed(query: str) -> int:
        return signed_in.get(f"/console?{query}").text.count("data-id=")

    everything = listed("")
    assert 0 < listed("language=pl") <= everything
    assert listed("language=uk") == 0
    assert listed("clinic=040701") < everything
    assert listed("clinic=999") == 0
    assert "Nie ma placówki o kodzie" in signed_in.get("/console?clinic=999").text
    assert listed("from=2000-01-01&to=2000-01-02") == 0
    assert listed("person=1") < everything
    assert listed("from=nonsense&language=xx&channel=yy") == everything  # unknown values are left out
    with transaction(engine) as session:
        session.execute(text("UPDATE conversations SET confidence = 0.3 WHERE address = :a"), {"a": STRANGER})
    assert 0 < listed("doubtful=1") < everything


@settings(deadline=None)  # the first one reads the texts
@given(
    st.builds(
        Filter, needs_person=st.booleans(), channel=st.sampled_from([None, "sms", "chat"]), intent=st.sampled_from([None, "greet"]),
        language=st.sampled_from([None, "uk"]), doubtful=st.booleans(), day_from=st.none() | st.dates(), day_to=st.none() | st.dates(),
        clinic=st.sampled_from([None, "040701"]),
    )
)  # fmt: skip
def test_a_filter_survives_its_way_through_an_address(wanted: Filter) -> None:
    assert parsed(query_of(wanted)) == wanted


# --- saved views


def test_a_view_is_saved_used_replaced_and_taken_away(signed_in: TestClient, engine: Engine) -> None:
    form = {"csrf": csrf(signed_in), "name": "Pilne SMS-y", "query": "person=1&channel=sms&evil=1"}
    saved = signed_in.post("/console/views", data=form)
    assert saved.headers["location"] == "/console?person=1&channel=sms"
    page = signed_in.get("/console").text
    assert "Pilne SMS-y" in page
    assert "evil" not in page
    signed_in.post("/console/views", data={**form, "query": "q=odwołanie&person=1"})
    assert signed_in.get("/console").text.count("Pilne SMS-y</a>") == 1
    with transaction(engine) as session:
        number = session.scalar(text("SELECT id FROM saved_views"))
    signed_in.post(f"/console/views/{number}/remove", data={"csrf": form["csrf"]})
    assert "Pilne SMS-y" not in signed_in.get("/console").text


def test_who_may_share_a_view_and_who_takes_it_away(sign_in: SignIn, engine: Engine) -> None:
    chief, one, other = sign_in("supervisor"), sign_in("operator"), sign_in("operator")
    for client, name in ((chief, "Wspólny"), (one, "Cichy")):
        client.post("/console/views", data={"csrf": csrf(client), "name": name, "query": "person=1", "shared": "1"})
    page = other.get("/console").text
    assert "Wspólny" in page
    assert "Cichy" not in page  # an operator's own word does not make it everybody's
    with transaction(engine) as session:
        number = session.scalar(text("SELECT id FROM saved_views WHERE name = 'Wspólny'"))
    other.post(f"/console/views/{number}/remove", data={"csrf": csrf(other)})
    assert "Wspólny" in other.get("/console").text


def test_a_view_without_name_or_filter_is_not_kept(signed_in: TestClient, engine: Engine) -> None:
    for name, query in (("", "person=1"), ("x", ""), ("x", "nonsense=1")):
        signed_in.post("/console/views", data={"csrf": csrf(signed_in), "name": name, "query": query})
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM saved_views")) == 0


