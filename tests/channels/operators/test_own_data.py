"""One person's data handed over and erased at the console (X34): who may, once for each form, the same as at the command line."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from httpx import Response
from playwright.sync_api import expect
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from channels.operators import pages, words
from channels.registry_cli import person
from registry import privacy
from registry.database import transaction
from tests.channels.operators.conftest import SignIn, clinic, csrf
from tests.channels.operators.looking import looker
from tests.channels.operators.test_browser import opened
from tests.channels.operators.world import JANINA, MAREK, World
from tests.channels.test_privacy import TOLD, ended, everything, secrets_of
from tests.chromium import launched

WHY = "wniosek pacjenta złożony na piśmie"


def form_of(client: TestClient, address: str, **more: str) -> dict[str, str]:
    """The form as the page draws it."""
    seen = re.search(r'name="seen" value="(\d+)"', client.get(address).text)
    assert seen
    return {"csrf": csrf(client), "seen": seen[1], **more}


def noted(engine: Engine, act: str) -> list[tuple[int, dict[str, Any]]]:
    with transaction(engine) as session:
        return [(who, facts) for who, facts in session.execute(text("SELECT operator_id, facts FROM audit WHERE act = :a"), {"a": act})]


def address(world: World, what: str) -> str:
    return f"/console/patients/{world.ids[MAREK]}/{what}"


def erase(client: TestClient, world: World, why: str = WHY) -> Response:
    page = address(world, "erasure")
    return client.post(page, data=form_of(client, page, reason=why, sure="1"))


def test_a_person_is_handed_over_as_the_command_does_it(
    sign_in: SignIn, full_world: World, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    """X34: the same rows of the same tables, under a name that tells nothing; noted with the reason."""
    client, page = sign_in("administrator"), address(full_world, "export")
    answer = client.post(page, data=form_of(client, page, reason=f"  {WHY} "))
    assert answer.headers["content-disposition"] == f'attachment; filename="dane-pacjenta-{full_world.ids[MAREK]}.json"'
    assert answer.headers["cache-control"] == "no-store"
    ((who, facts),) = noted(engine, "person_exported")
    assert (who is not None, facts) == (True, {"reason": WHY})
    told = answer.json()
    assert TOLD in answer.text
    assert {row["act"] for row in told["audit"]} == {"patient_viewed", "person_exported"}
    assert not any(secret in answer.text for secret in secrets_of(JANINA))
    environment = {"CER_DATABASE_URL": database_url, "CER_DATA_DIR": str(tmp_path / "data")}
    done = CliRunner().invoke(person.app, ["export"], input=MAREK.pesel, env=environment)
    assert done.exit_code == 0, done.output
    by_command = json.loads(done.stdout)
    assert told.pop("audit") == by_command.pop("audit")[:-1]  # which is noted too
    assert told == by_command


@pytest.mark.parametrize("what", ["export", "erasure"])
def test_a_reason_is_needed_and_each_form_counts_once(what: str, sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X34: nothing is handed over or erased again by a reload, nor by the form that a colleague has open."""
    ended(full_world, engine)
    client, colleague, page = sign_in("administrator"), sign_in("administrator"), address(full_world, what)
    form, theirs = form_of(client, page, sure="1"), form_of(colleague, page, reason=WHY, sure="1")
    before = everything(engine, but={"audit", "operator_sessions"})
    for short in ("", "bo tak 12345 67890"):
        answer = client.post(page, data={**form, "reason": short})
        assert (answer.status_code, "Napisz powód pełnym zdaniem" in answer.text) == (422, True)
    if what == "erasure":
        answer = client.post(page, data={**form, "reason": WHY, "sure": ""})
        assert (answer.status_code, "Zaznacz, że rozumiesz" in answer.text, WHY in answer.text) == (422, True, True)
    act = {"export": "person_exported", "erasure": "person_erased"}[what]
    assert noted(engine, act) == []
    assert everything(engine, but={"audit", "operator_sessions"}) == before
    assert client.post(page, data={**form, "reason": WHY}).status_code == (200 if what == "export" else 303)
    after = everything(engine, but={"audit", "operator_sessions"})
    for who, used in ((client, {**form, "reason": WHY}), (colleague, theirs)):
        answer = who.post(page, data=used)
        assert (answer.status_code, TOLD in answer.text) == (409, False)
    assert len(noted(engine, act)) == 1
    assert everything(engine, but={"audit", "operator_sessions"}) == after


def test_only_an_administrator_of_every_clinic_may(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X33, X34: neither other roles nor the administrator of the patient's own clinic, who is not even shown the way."""
    ended(full_world, engine)
    others = [sign_in("operator"), sign_in("supervisor"), sign_in("auditor"), sign_in("administrator", clinic(engine))]
    before = everything(engine, but={"audit", "operator_sessions"})
    for client in others:
        assert "Usuń dane" not in client.get(address(full_world, "")[:-1]).text
        for what in ("export", "erasure"):
            form = {"csrf": csrf(client), "seen": "0", "reason": WHY, "sure": "1"}
            for answer in (client.get(address(full_world, what)), client.post(address(full_world, what), data=form)):
                assert (answer.status_code, "Brak uprawnień" in answer.text) == (403, True)
    assert everything(engine, but={"audit", "operator_sessions"}) == before
    assert "Usuń dane" in sign_in("administrator").get(address(full_world, "")[:-1]).text


def test_what_stands_open_is_named_and_keeps_the_data(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X34: a legal hold is said before the form, which is then not there, and to who brings one all the same."""
    client, page = sign_in("administrator"), address(full_world, "erasure")
    drawn = client.get(page).text
    assert "wizyta umówiona albo zaproponowana" in drawn
    assert "a visit that is booked or proposed" in drawn
    assert 'name="sure"' not in drawn
    answer = client.post(page, data={"csrf": csrf(client), "seen": "0", "reason": WHY, "sure": "1"})
    assert (answer.status_code, "Nic nie zostało usunięte" in answer.text) == (409, True)
    assert noted(engine, "person_erased") == []
    assert MAREK.pesel in everything(engine)


def test_after_an_erasure_nothing_of_the_person_is_left(sign_in: SignIn, full_world: World, engine: Engine) -> None:
    """X34, D15: in no table, log or cache, nor in the reason that was given; the page says that there is nobody any more."""
    ended(full_world, engine)
    client = sign_in("administrator")
    talk = f"/console/conversations/{full_world.conversation(MAREK.number)}"
    client.post(f"{talk}/unmask", data={"csrf": csrf(client), "reason": "Marek Zieliński prosi o telefon zwrotny"})
    assert MAREK.pesel in client.get(talk).text
    assert "··· 304" in client.get("/console").text
    assert pages._row.cache_info().currsize
    with structlog.testing.capture_logs() as logged:
        answer = erase(client, full_world, f"Wniosek Marka Zielińskiego, PESEL {MAREK.pesel}, tel. 601 200 304, złożony na piśmie")
    assert answer.headers["location"] == f"/console/patients/{full_world.ids[MAREK]}?done=erased"
    assert pages._row.cache_info().currsize == 0
    kept = everything(engine) + json.dumps(logged, default=str)
    for secret in (*secrets_of(MAREK), TOLD, "Zielińskiego", "Marka", "601 200 304"):
        assert secret not in kept, secret
    ((_, facts),) = noted(engine, "person_erased")
    assert "złożony na piśmie" in facts["reason"]
    shown = client.get(answer.headers["location"]).text
    assert "dane usunięte" in shown
    assert "Usuń dane" not in shown
    assert not any(secret in client.get(where).text for secret in secrets_of(MAREK) for where in ("/console", talk, "/console/audit"))
    again = client.get(address(full_world, "erasure")).text
    assert "są już usunięte" in again
    assert "na zawsze?" not in again  # nothing is asked where nothing is left to do


def test_the_words_about_it_are_in_both_languages() -> None:
    told = words.own_data()
    pairs = [("pl", "en"), ("goes_pl", "goes_en"), ("stays_pl", "stays_en"), ("holds_pl", "holds_en")]
    assert all(set(told[one]) == set(told[other]) for one, other in pairs)
    assert set(told["holds_pl"]) == set(privacy.HOLDS)


def test_an_administrator_hands_over_and_erases_in_a_browser(
    served: str, full_world: World, engine: Engine, tmp_path: Path
) -> None:  # fmt: skip
    """X34: the file comes down, the erasure asks for a reason and a tick, a reload repeats nothing; looked at in every size and scheme."""
    with launched() as chromium, opened(chromium, served) as page:
        look = looker(page, tmp_path)
        page.goto(address(full_world, "erasure"))
        expect(page.get_by_role("heading", name="Jeszcze nie można")).to_be_visible()
        look("erasure-held")
        ended(full_world, engine)
        page.goto(address(full_world, "")[:-1])
        page.get_by_role("link", name="Wydaj dane…").click()
        page.get_by_label("Powód").fill(WHY)
        look("export")
        with page.expect_download() as download:
            page.get_by_role("button", name="Pobierz dane").click()
        assert json.loads(Path(download.value.path()).read_text())["patients"][0]["identifier"] == MAREK.pesel
        page.goto(address(full_world, "")[:-1])
        page.get_by_role("link", name="Usuń dane…").click()
        page.get_by_text("In English").click()
        look("erasure")
        page.get_by_label("Powód").fill(WHY)
        page.get_by_label("Rozumiem").check()
        page.get_by_role("button", name="Usuń dane na zawsze").click()
        expect(page.get_by_role("status")).to_contain_text("Dane tej osoby są usunięte")
        look("patient-erased")
        page.reload()
        assert len(noted(engine, "person_erased")) == 1
        page.goto(address(full_world, "erasure"))
        look("erasure-done")
