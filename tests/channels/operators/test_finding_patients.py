"""Who it is: an operator finds a patient by a whole number or the beginnings of a name, and nobody by less (X8, X33, X34)."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from channels.operators import patients
from registry import patient_names
from registry.database import transaction
from tests.channels.operators.conftest import SignIn, clinic, csrf, other_clinic
from tests.channels.operators.world import JANINA, MAREK, STANISLAW, World


@pytest.fixture
def desk(signed_in: TestClient) -> TestClient:
    return signed_in


@pytest.mark.parametrize("given", [JANINA.number, "601 200 301", JANINA.pesel])
def test_a_patient_is_found_by_number_or_pesel_and_by_no_part_of_it_x34(world: World, desk: TestClient, given: str) -> None:
    answer = desk.post("/console/patients", data={"csrf": csrf(desk), "given": given})
    assert answer.headers["location"] == f"/console/patients/{world.ids[JANINA]}"
    for less in ("Kowalski", given[:-1], "%", ""):
        assert "Nie ma takiego pacjenta" in desk.post("/console/patients", data={"csrf": csrf(desk), "given": less}).text


@pytest.mark.parametrize("given", ["Kowalczyk", "kowalczyk JANINA", "Janina Kowal", "KOW jan", "kow., jan"])
def test_a_patient_is_found_by_the_beginnings_of_the_name_in_any_order(world: World, desk: TestClient, given: str) -> None:
    answer = desk.post("/console/patients", data={"csrf": csrf(desk), "given": given})
    assert answer.headers["location"] == f"/console/patients/{world.ids[JANINA]}"


@pytest.mark.parametrize("given", ["Zielinski", "ŻÓŁĆ-ZIELIŃSKI", "zolc", "nowa"])
def test_polish_letters_case_and_double_names_do_not_matter_to_a_name(world: World, desk: TestClient, engine: Engine, given: str) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE patients SET family_name = 'Żółć-Zieliński' WHERE id = :p"), {"p": world.ids[MAREK]})
    wanted = STANISLAW if given == "nowa" else MAREK
    answer = desk.post("/console/patients", data={"csrf": csrf(desk), "given": given})
    assert answer.headers["location"] == f"/console/patients/{world.ids[wanted]}"


@pytest.mark.parametrize("given", ["K", "ko", "Kowalczyk Anna", "owalczyk", "' | kow", "kow:*", "<script>"])
def test_what_is_no_beginning_of_a_name_finds_nobody(world: World, desk: TestClient, given: str) -> None:
    assert "Nie ma takiego pacjenta" in desk.post("/console/patients", data={"csrf": csrf(desk), "given": given}).text


def test_who_tries_an_initial_is_told_that_it_is_too_little(world: World, desk: TestClient) -> None:
    """Or "Kowalczyk J" that finds nobody reads as if she were not there."""
    assert "sam inicjał nie wystarczy" in desk.post("/console/patients", data={"csrf": csrf(desk), "given": "Kowalczyk J"}).text


def test_of_many_of_one_name_some_are_shown_each_look_is_noted_and_nobody_is_named_x34(
    world: World, desk: TestClient, engine: Engine
) -> None:  # fmt: skip
    with transaction(engine) as session:
        session.execute(text("""INSERT INTO patients (identifier_system, identifier, given_name, family_name, birth_date, created_at)
            SELECT 'PESEL', 'N' || n, 'Anna', 'Nowakówna', DATE '1950-01-01' + n, now() FROM generate_series(1, 30) n"""))
    page = desk.post("/console/patients", data={"csrf": csrf(desk), "given": "nowakowna"}).text
    assert len(re.findall(r'href="/console/patients/\d+"', page)) == 20
    assert "jest ich więcej" in page
    assert "Nowakówna" not in page
    with transaction(engine) as session:
        looks = session.execute(text("SELECT act, count(*) FROM audit WHERE act LIKE 'patient%' GROUP BY act ORDER BY act")).all()
    assert [tuple(one) for one in looks] == [("patient_search", 1), ("patient_viewed", 20)]


def test_a_clinic_finds_by_name_only_people_who_had_a_visit_there_x33(world: World, engine: Engine, sign_in: SignIn) -> None:
    world.book(JANINA, world.now + timedelta(days=7))
    ours, theirs = sign_in("operator", clinic(engine)), sign_in("operator", other_clinic(engine))
    for name, client, found in (("kowalczyk", ours, True), ("kowalczyk", theirs, False), ("zielinski", ours, False)):
        answer = client.post("/console/patients", data={"csrf": csrf(client), "given": name})
        assert (answer.status_code == 303) is found, name


def test_a_name_is_looked_up_in_its_index_or_among_a_clinics_few(engine: Engine) -> None:
    facts = {"query": patient_names.query(["kow"]), "provider_id": 1, "looked_at": 1000, "most": 21}
    with transaction(engine) as session:
        patient_names.by_index_alone(session)
        for query, index in ((patients.BY_NAME, "ix_patients_names"), (patients.BY_NAME_THERE, "ix_appointments_provider_id_patient_id")):
            assert index in " ".join(session.scalars(text(f"EXPLAIN {query.text}"), facts))


def test_a_number_of_two_people_shows_both_and_chooses_neither_x8(world: World, desk: TestClient, engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("UPDATE contact_points SET value = :v WHERE patient_id = :p"), {"v": JANINA.number, "p": world.ids[MAREK]})
    page = desk.post("/console/patients", data={"csrf": csrf(desk), "given": JANINA.number})
    assert page.status_code == 200
    assert page.text.count("/console/patients/") >= 2
    assert "J. K." in page.text
    assert "M. Z." in page.text


def test_the_page_tells_what_stands_open_and_names_nobody_x33(full_world: World, desk: TestClient, engine: Engine) -> None:
    page = desk.get(f"/console/patients/{full_world.ids[STANISLAW]}").text
    for personal in (STANISLAW.family_name, STANISLAW.number, STANISLAW.pesel):
        assert personal not in page
    assert "umówiona" in page
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM audit WHERE act = 'patient_viewed'")) == 1
