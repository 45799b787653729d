"""What was read wrongly is marked by operators and goes out as training data to be reviewed, without a word about anybody (X33, X34)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from channels.operators import examples, unanswered
from channels.operators.anonymous import anonymous
from channels.operators.learning import Wanted, intents
from dialogs.project import domain, known
from dialogs.project.training import check_training
from dialogs.understanding import corpus
from registry import privacy, retention, schema
from registry.catalogue import POLICY
from registry.database import transaction
from tests.channels.operators.conftest import Clock, SignIn, clinic, csrf, other_clinic
from tests.channels.operators.world import BARBARA, JANINA, MAREK, SCRIPT, STANISLAW, STRANGER, Someone, World

ODD = "kwiaty doniczkowe podlewam co drugi czwartek wieczorem"


def turn(engine: Engine, number: str, words: str = "%") -> tuple[int, int, str]:
    """Conversation, message and intent of the newest turn of this number whose text is like these words."""
    with transaction(engine) as session:
        row = session.execute(
            text("""SELECT c.id AS c, m.id AS m, t.intent FROM messages m JOIN turns t ON t.message_id = m.id
                      JOIN conversations c ON c.address = m.address AND c.channel = m.channel
                     WHERE m.address = :a AND m.body LIKE :w ORDER BY m.id DESC LIMIT 1"""),
            {"a": number, "w": words},
        ).one()
    return row.c, row.m, row.intent


def said(world: World, number: str, words: str) -> tuple[int, int, str]:
    world.writes(number, words)
    return turn(world.engine, number)


def page_of(where: tuple[int, int, str]) -> str:
    return f"/console/conversations/{where[0]}/messages/{where[1]}/reading"


def press(client: TestClient, where: tuple[int, int, str], intent: str, *, version: int = 0, note: str = "", then: str = "") -> str:
    form = {"csrf": csrf(client), "version": str(version), "intent": intent, "note": note}
    answer = client.post(page_of(where) + then, data=form)
    return answer.headers["location"].partition("done=")[2] if answer.status_code == 303 else str(answer.status_code)


def marks(engine: Engine) -> list[tuple[str, str | None, str, int]]:
    with transaction(engine) as session:
        found = session.execute(text("SELECT intent, note, state, version FROM reading_marks ORDER BY id"))
        return [(row.intent, row.note, row.state, row.version) for row in found]


def taken(client: TestClient, **form: str) -> str:
    """The file that a browser gets; empty when there is none."""
    answer = client.post("/console/learning/export", data={"csrf": csrf(client), **form})
    return answer.text if answer.status_code == 200 else ""


def loaded(folder: Path, file: str) -> list[tuple[str, str]]:
    written = folder / corpus.WRITTEN
    written.mkdir(exist_ok=True)
    (written / "pl_marked.yml").write_text(file, encoding="utf-8")
    return [(one.intent, one.text) for one in corpus.examples(folder)]


# --- one mark


def test_a_turn_is_marked_changed_and_taken_back_and_each_is_noted(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    one, where = sign_in("operator"), turn(engine, JANINA.number)
    assert where[2] == "cancel_visit"
    assert "Źle odczytano?" in one.get(f"/console/conversations/{where[0]}").text
    assert press(one, where, "change_visit", note="  chce   przełożyć ") == "marked"
    assert marks(engine) == [("change_visit", "chce przełożyć", "new", 1)]
    conversation = one.get(f"/console/conversations/{where[0]}").text
    assert "Oznaczono jako" in conversation
    assert "chce inny termin" in conversation
    assert press(one, where, "cancel_unsure", version=1) == "marked"
    assert press(one, where, "", version=2, then="/withdraw") == "withdrawn"
    assert marks(engine) == [("cancel_unsure", None, "withdrawn", 3)]
    assert "Oznaczono jako" not in one.get(f"/console/conversations/{where[0]}").text
    with transaction(engine) as session:
        noted = session.execute(text("SELECT act, patient_id, facts FROM audit WHERE act LIKE 'reading_%' ORDER BY id")).all()
    assert [row.act for row in noted] == ["reading_marked", "reading_marked", "reading_unmarked"]
    assert {row.patient_id for row in noted} == {full_world.ids[JANINA]}
    assert noted[0].facts == {"message": where[1], "read": "cancel_visit", "meant": "change_visit"}


def test_of_two_who_mark_the_same_turn_the_later_is_told(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    where, clients = turn(engine, JANINA.number), [sign_in("operator") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(lambda client: press(client, where, "change_visit"), clients))
    assert sorted(ended) == ["marked", "others", "others", "others"]
    assert press(clients[0], where, "deny", version=1) == "marked"
    assert press(clients[1], where, "affirm", version=1) == "others"
    assert press(clients[1], where, "", version=1, then="/withdraw") == "others"
    assert [row[0] for row in marks(engine)] == ["deny"]


def test_what_was_taken_back_and_marked_anew_is_not_the_mark_that_was_seen(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    one, other, where = sign_in("operator"), sign_in("operator"), turn(engine, JANINA.number)
    press(one, where, "change_visit")
    press(other, where, "", version=1, then="/withdraw")
    assert press(other, where, "affirm", version=2) == "marked"
    assert press(one, where, "deny", version=1) == "others"
    assert press(one, where, "deny") == "others"
    assert [row[0] for row in marks(engine)] == ["affirm"]


@pytest.mark.parametrize("intent", ["cancel_visit", "", "no_such", SCRIPT])
def test_only_another_intent_of_the_domain_can_have_been_meant(
    intent: str, full_world: World, engine: Engine, sign_in: SignIn
) -> None:  # fmt: skip
    assert press(sign_in("operator"), turn(engine, JANINA.number), intent) == "unclear"
    assert marks(engine) == []


def test_every_intent_of_the_domain_has_a_name_for_people() -> None:
    assert [name for intent, name in intents() if name == intent] == []
    names = [name for _, name in intents()]
    assert len(set(names)) == len(names) == len(corpus.intents())


def test_another_clinics_turn_and_another_conversations_turn_cannot_be_marked(
    full_world: World, engine: Engine, sign_in: SignIn
) -> None:  # fmt: skip
    where, strange = turn(engine, JANINA.number), turn(engine, STRANGER)
    theirs, ours = sign_in("supervisor", other_clinic(engine)), sign_in("supervisor", clinic(engine))
    assert theirs.get(page_of(where)).status_code == 404
    assert press(theirs, where, "change_visit") == "404"
    assert press(ours, strange, "change_visit") == "404"  # nobody's patient is no clinic's
    assert press(ours, (where[0], strange[1], ""), "change_visit") == "404"
    assert press(ours, (where[0], where[1] + 1, ""), "change_visit") == "404"  # the answer, which was not read
    assert marks(engine) == []
    assert press(ours, where, "change_visit") == "marked"
    assert press(theirs, where, "", version=1, then="/withdraw") == "404"
    assert "change_visit" not in taken(theirs, language="pl")
    assert "chce inny termin</a>" not in theirs.get("/console/learning").text
    with transaction(engine) as session:
        number = session.scalar(text("SELECT id FROM reading_marks"))
    answer = theirs.post(f"/console/learning/{number}/dismiss", data={"csrf": csrf(theirs), "version": "1"})
    assert answer.headers["location"].endswith("done=others")
    assert marks(engine) == [("change_visit", None, "new", 1)]


def test_a_forged_form_marks_nothing(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    where, one = turn(engine, JANINA.number), sign_in("supervisor")
    form = {"csrf": "0" * 64, "version": "0", "intent": "change_visit"}
    for path in (page_of(where), page_of(where) + "/withdraw", "/console/learning/export", "/console/learning/1/dismiss"):
        assert one.post(path, data=form).status_code == 403
    assert marks(engine) == []


# --- the list


def test_marks_are_listed_masked_and_filtered(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    one, janina = sign_in("supervisor"), turn(engine, JANINA.number)
    marek = turn(engine, MAREK.number)
    press(one, janina, "change_visit", note="Kowalczyk, PESEL 44020861983 prosi")
    press(one, marek, "ask_visit")
    assert "prosi" in str(marks(engine)[0][1])
    assert "Kowalczyk" not in str(marks(engine))
    page = one.get("/console/learning").text
    assert "nie dam rady" in page
    for personal in ("Kowalczyk", "44020861983", "Zielińsk", MAREK.pesel, "601 200 304"):
        assert personal not in page
    for query, there in (
        ("read=cancel_visit", janina), ("meant=ask_visit", marek), ("channel=sms&state=new&meant=change_visit", janina),
        ("language=pl", janina),
    ):  # fmt: skip
        assert page_of(there) in one.get(f"/console/learning?{query}").text
    for query in ("read=thank", "channel=voice", "state=exported", "language=uk", "meant=deny"):
        assert "Żadne oznaczenie nie pasuje" in one.get(f"/console/learning?{query}").text
    assert one.get("/console/learning?read=<script>&state=<script>&before=x&done=<script>").status_code == 200


def test_a_supervisor_dismisses_a_mark_and_an_operator_does_not(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    where, chief, one = turn(engine, JANINA.number), sign_in("supervisor"), sign_in("operator")
    press(one, where, "change_visit")
    with transaction(engine) as session:
        number = session.scalar(text("SELECT id FROM reading_marks"))

    def judge(client: TestClient, act: str, version: int) -> str:
        answer = client.post(f"/console/learning/{number}/{act}", data={"csrf": csrf(client), "version": str(version)})
        return answer.headers.get("location", str(answer.status_code)).rpartition("=")[2]

    assert judge(one, "dismiss", 1) == "403"
    assert judge(chief, "dismiss", 1) == "dismissed"
    assert judge(chief, "dismiss", 1) == "others"
    assert "Odrzuć" not in one.get("/console/learning").text
    assert taken(chief, again="1") == ""
    assert judge(chief, "reopen", 2) == "reopened"
    assert marks(engine) == [("change_visit", None, "new", 3)]


def test_questions_without_an_answer_stand_together_newest_first(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    """The same words in another order and writing are one question; what is marked is on the other list."""
    one = sign_in("operator")
    for who, words in ((BARBARA, "kwiaty doniczkowe"), (JANINA, "Doniczkowe KWIATY!"), (STANISLAW, "bla bla abrakadabra")):
        assert said(full_world, who.number, words)[2] == "nlu_fallback"
    page = one.get("/console/learning").text
    part = page[page.index("Pytania bez odpowiedzi") :]
    assert part.index("abrakadabra") < part.index("Doniczkowe KWIATY!")
    assert "kwiaty doniczkowe" not in part
    assert "2 razy" in part
    where = turn(engine, JANINA.number)
    assert f"/console/conversations/{where[0]}?before={where[1] + 1}#m{where[1]}" in part
    press(one, where, "thank")
    again = one.get("/console/learning").text
    assert "2 razy" not in again
    assert "kwiaty doniczkowe" in again[again.index("Pytania bez odpowiedzi") :]


def test_a_question_that_the_documents_do_not_answer_is_listed_and_an_answered_one_is_not(
    full_world: World, engine: Engine, sign_in: SignIn
) -> None:  # fmt: skip
    assert said(full_world, BARBARA.number, "jak długo ważne jest skierowanie?")[2] == "ask_faq"
    assert said(full_world, STANISLAW.number, "czy w przychodni jest parking dla rowerów?")[2] == "ask_faq"
    part = sign_in("operator").get("/console/learning").text.partition("Pytania bez odpowiedzi")[2]
    assert "parking dla rowerów" in part
    assert "ważne jest skierowanie" not in part


def test_what_a_person_answered_is_no_question_without_an_answer(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    """While an operator holds a conversation, nothing the automat does not understand goes unanswered."""
    one = sign_in("operator")
    said(full_world, BARBARA.number, "dzień dobry")
    one.post(f"/console/conversations/{full_world.conversation(BARBARA.number)}/take", data={"csrf": csrf(one)})
    said(full_world, BARBARA.number, "kwiaty doniczkowe")
    assert "kwiaty doniczkowe" not in one.get("/console/learning").text


def test_a_clinics_people_see_their_clinics_questions(full_world: World, engine: Engine, sign_in: SignIn) -> None:
    said(full_world, JANINA.number, "kwiaty doniczkowe")
    assert "kwiaty doniczkowe" in sign_in("operator", clinic(engine)).get("/console/learning").text
    assert "kwiaty doniczkowe" not in sign_in("operator", other_clinic(engine)).get("/console/learning").text


def test_other_clinics_questions_do_not_push_a_clinics_own_out_of_sight(full_world: World, engine: Engine) -> None:
    said(full_world, JANINA.number, "kwiaty doniczkowe")
    for words in ("bla bla abrakadabra", "hokus pokus"):
        said(full_world, STRANGER, words)
    with transaction(engine) as session:
        assert [one.said for one in unanswered.questions(session, clinic(engine), looked=2)] == ["kwiaty doniczkowe"]
        assert [one.said for one in unanswered.questions(session, None, looked=2)] == ["hokus pokus", "bla bla abrakadabra"]


# --- the export


def test_what_is_exported_is_read_by_the_houses_own_loader_once(
    full_world: World, engine: Engine, sign_in: SignIn, tmp_path: Path
) -> None:  # fmt: skip
    chief = sign_in("supervisor")
    words = "mam kłopot: [bolący](date) ząb - \"nie\" {dam} # rady\n- intent: greet"
    press(chief, said(full_world, BARBARA.number, words), "running_late")
    press(chief, said(full_world, STANISLAW.number, ODD), "thank")
    file = taken(chief, language="pl")
    expected = [("running_late", "mam kłopot: [bolący] (date) ząb - \"nie\" {dam} # rady - intent: greet"), ("thank", ODD)]
    assert loaded(tmp_path, file) == expected
    assert yaml.safe_load(file)["version"] == "3.1"
    assert [row[2] for row in marks(engine)] == ["exported", "exported"]
    assert taken(chief, language="pl") == ""
    assert loaded(tmp_path, taken(chief, language="pl", again="1")) == expected
    assert taken(chief, language="uk", again="1") == ""
    with transaction(engine) as session:
        assert session.scalars(text("SELECT facts FROM audit WHERE act = 'marks_exported'")).all() == [{"examples": 2}] * 2


def test_a_file_without_a_question_passes_the_projects_own_check(full_world: World, sign_in: SignIn, tmp_path: Path) -> None:
    chief = sign_in("supervisor")
    press(chief, said(full_world, STRANGER, ODD), "thank")
    (tmp_path / "pl_marked.yml").write_text(taken(chief), encoding="utf-8")
    check_training(tmp_path, domain.load(corpus.DOMAIN.parent))
    assert [one.text for one in corpus.examples(tmp_path)] == [ODD]


def test_what_is_known_already_repeated_or_doubtful_is_left_out_and_counted(
    full_world: World, engine: Engine, sign_in: SignIn, tmp_path: Path
) -> None:  # fmt: skip
    chief = sign_in("supervisor")
    under = {one for one, kinds in known.trained().items() if kinds == {"cancel_visit"} and not known.is_held_out(one)}
    wording = min(one for one in under if anonymous(one) == one and len(one) > 20)
    meant = {
        ODD: ("thank", "thank"), "zupełnie inne słowa o pogodzie nad jeziorem": ("thank", "bye"), wording: ("cancel_visit", "thank"),
        "tak": ("repeat", "repeat"),
    }  # fmt: skip
    everybody: tuple[Someone, ...] = (BARBARA, STANISLAW)
    for words, both in meant.items():
        for number, (one, intent) in enumerate(zip(everybody, both, strict=True)):
            where = said(full_world, one.number, f"{words} !" if number else words)
            with transaction(engine) as session:  # however it was read, it was not this
                session.execute(text("UPDATE turns SET intent = 'greet', asked = 'nothing' WHERE message_id = :m"), {"m": where[1]})
            assert press(chief, where, intent) == "marked", words
    with transaction(engine) as session:
        made = examples.export(session, Wanted(language="pl"), provider_id=None, operator_id=None, again=False, now=full_world.now)
    assert loaded(tmp_path, made.file) == [("thank", ODD)]
    assert made.left_out == {"repeated": 1, "doubtful": 2, "trained": 1, "trained_otherwise": 1, "held_out": 2}
    assert "# Left out: 2 stand in a set that judges" in made.file
    assert [row[2] for row in marks(engine)].count("exported") == 2  # the one, and the same once more


def test_nothing_about_anybody_leaves_with_an_export_x34(full_world: World, engine: Engine, sign_in: SignIn, tmp_path: Path) -> None:
    chief = sign_in("supervisor")
    press(chief, turn(engine, MAREK.number), "book_visit", note=f"pan Zieliński {MAREK.pesel}")
    press(chief, turn(engine, STRANGER, "Nazywam%"), "request_human")
    told = "Wiśniewska, ur. 30.06.1971, kod 1234, 88-100 Inowrocław, telefon sześćset jeden dwieście trzysta trzy"
    press(chief, said(full_world, BARBARA.number, told), "book_visit")
    file = taken(chief)
    assert len(loaded(tmp_path, file)) == 3
    names = ("zieli", "kowalczyk", "wiśni", "inowroc", "poczta", "sześćset", "trzysta")
    for personal in (*names, MAREK.pesel, "601", "304", "1971", "1234", "88-"):
        assert personal not in file.casefold(), personal
    assert "człowiekiem" in file


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("Tu Krzysztof Bączyk, odwołuję wizytę", "Tu ···, odwołuję wizytę"),
        ("Bączyk. Odwołuję wizytę. Gżegżółka", "···. Odwołuję wizytę. ···"),
        ("ODWOŁUJĘ WIZYTĘ GŻEGŻÓŁKA", "ODWOŁUJĘ WIZYTĘ ···"),
        ("proszę do pani Gżegżółki, NFZ", "proszę do pani ···, NFZ"),
        ("pesel cztery cztery zero dwa zero osiem sześć jeden dziewięć osiem trzy, dziękuję", "pesel ···, dziękuję"),
        ("kod jeden.dwa.trzy.cztery", "kod ···"),
        ("jutro o dziesiątej, 17.11 albo 10:20", "jutro o dziesiątej, 17.11 albo 10:20"),
        ("kod 1 2 3 4, ur. 12.03.1941 albo 1941-03-12", "kod ···, ur. ··· albo ···"),
        ("I can't come on Monday", "I can't come on Monday"),
        ("", ""),
    ],
)
def test_what_may_leave_is_stricter_than_what_an_operator_sees(body: str, left: str) -> None:
    assert anonymous(body) == left


@settings(deadline=None)  # the first one reads the vocabulary
@given(st.lists(st.sampled_from("0123456789"), min_size=11, max_size=11), st.sampled_from(["", " ", "-", ".", "  "]), st.text(max_size=20))
def test_no_long_number_survives_in_any_grouping_x34(digits: list[str], between: str, around: str) -> None:
    left = anonymous(f"{around} {between.join(digits)} {around}")
    assert not re.search(rf"(?:\d[{re.escape(between)} ]*){{8}}", left) or re.search(r"\d{3}", around)


# --- how long


def test_words_and_note_go_with_the_message_and_the_pair_of_intents_stays_d15(
    full_world: World, engine: Engine, sign_in: SignIn, clock: Clock
) -> None:  # fmt: skip
    where, first = turn(engine, JANINA.number), sign_in("supervisor")
    press(first, where, "change_visit", note="pani Janina dzwoniła")
    clock.advance(POLICY.keep_dialogue + timedelta(days=1))
    retention.redact_due(engine, now=clock.now)
    assert marks(engine) == [("change_visit", None, "new", 1)]
    chief = sign_in("supervisor")
    assert taken(chief, language="pl", again="1") == ""
    page = chief.get("/console/learning").text
    assert "Treść usunięta" in page
    assert "nie dam rady" not in page
    assert press(chief, where, "deny", version=1, note="pani Janina") == "gone"
    assert press(chief, where, "", version=1, then="/withdraw") == "withdrawn"


def test_an_erased_persons_notes_are_gone_and_the_export_of_a_person_holds_his_marks_x34(
    full_world: World, engine: Engine, sign_in: SignIn
) -> None:  # fmt: skip
    full_world.deliver()
    press(sign_in("supervisor"), turn(engine, JANINA.number), "change_visit", note="pani Janina dzwoniła")
    with transaction(engine) as session:
        found = privacy.everything(session, full_world.ids[JANINA], schema.metadata())
        assert [row["note"] for row in found["reading_marks"]] == ["pani J··· dzwoniła"]
        session.execute(text("UPDATE appointments SET status = 'cancelled' WHERE patient_id = :p"), {"p": full_world.ids[JANINA]})
        session.execute(text("UPDATE entries SET state = 'closed' WHERE patient_id = :p"), {"p": full_world.ids[JANINA]})
        privacy.erase(session, full_world.ids[JANINA], now=full_world.now)
    assert [row[1] for row in marks(engine)] == [None]
