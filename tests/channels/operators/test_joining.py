"""Into the waiting room and its wishes at the desk: what was typed is read back, what is kept is not erased (R29, R33, R47-R49, R57)."""

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry import waiting_room
from registry.appointments import NEARBY_KM
from registry.database import transaction
from registry.waiting_room import Criteria, Entry
from tests.channels.operators.conftest import SignIn, clinic, csrf
from tests.channels.operators.test_serving import WEEK, referral, send
from tests.channels.operators.world import DESK, JANINA, World


@pytest.fixture
def desk(signed_in: TestClient) -> TestClient:
    return signed_in


def entry_of(world: World, engine: Engine) -> Entry:
    with transaction(engine) as session:
        entry = session.query(Entry).filter_by(patient_id=world.ids[JANINA]).one()
        session.expunge(entry)
        return entry


def fields(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send from the form of this address, if nothing is touched."""
    form = page[page.index(f'action="{action}"') :]
    inputs = re.findall(r"<input [^>]*>", form[: form.index("</form>")])
    sent: dict[str, list[str]] = {}
    for one in inputs:
        said = dict(re.findall(r'(\w+)="([^"]*)"', one))
        if said.get("type") != "checkbox" or one.rstrip(">").endswith("checked"):
            sent.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    return sent


def test_what_is_typed_but_not_searched_by_goes_along_to_the_read_back_page_r33(world: World, desk: TestClient, engine: Engine) -> None:
    """The button for the waiting room belongs to the very form in which the wishes are typed."""
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    page = desk.get(f"/console/patients/{person}/dates?referral={right}").text
    assert re.search(rf'<form [^>]*id="zyczenia"[^>]*action="/console/patients/{person}/dates"', page)
    assert f'form="zyczenia" formaction="/console/patients/{person}/join"' in page
    assert f'action="/console/patients/{person}/entries"' not in page  # nothing joins from here
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM entries")) == 0


def test_every_wish_is_read_back_and_waited_by_r47_r57(world: World, desk: TestClient, engine: Engine) -> None:
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    query = f"referral={right}&where=Inowroclaw&km=12,5&first=2027-03-01&last=2027-06-30&opens=08:00&closes=12:30&days=1&days=3"
    page = desk.get(f"/console/patients/{person}/join?{query}").text
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    where = "w promieniu 12,5 km od: Inowroclaw (okolica: 88-100 Inowrocław)"
    for words in (where, "01.03.2027", "30.06.2027", "od 08:00 do 12:30", "pn. śr."):
        assert words in told
    assert "gdziekolwiek w Polsce" not in told
    answer = desk.post(f"/console/patients/{person}/entries", data=fields(page, f"/console/patients/{person}/entries"))
    assert answer.headers["location"].endswith("done=done")
    kept = entry_of(world, engine)
    assert (kept.latitude, kept.longitude, kept.radius_km) == (52.793, 18.243, 12.5)
    assert (kept.weekdays, str(kept.date_from), str(kept.date_to)) == (0b101, "2027-03-01", "2027-06-30")


def test_anywhere_in_the_country_only_where_it_is_ticked(world: World, desk: TestClient, engine: Engine) -> None:
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    page = desk.get(f"/console/patients/{person}/join?referral={right}").text
    assert "<strong>nie podano</strong>" in page
    form = fields(page, f"/console/patients/{person}/entries")
    assert "anywhere" not in form  # not ticked by itself
    refused = desk.post(f"/console/patients/{person}/entries", data=form)
    assert refused.status_code == 422
    assert "Nie podano miejsca" in refused.text
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM entries")) == 0
    assert send(desk, f"{person}/entries", referral=right, anywhere="1") == "done"
    assert entry_of(world, engine).radius_km is None


@pytest.mark.parametrize(
    ("given", "told"),
    [({"km": "20"}, "Są kilometry"), ({"where": "Atlantyda"}, "Nie znamy takiego miejsca"), ({"where": "88-100", "km": "nan"}, "liczbą"),
     ({"where": "88-100", "km": "-5"}, "liczbą"), ({"where": "88-100", "anywhere": "1"}, "Zostaw jedno"),
     ({"where": "88-100", "opens": "10:00+02:00", "closes": "12:00"}, "nieczytelna")],
)  # fmt: skip
def test_a_form_that_cannot_be_followed_comes_back_as_it_was_filled_in_r29(
    world: World, desk: TestClient, engine: Engine, given: dict[str, str], told: str
) -> None:  # fmt: skip
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    data = {"csrf": csrf(desk), "referral": right, **given}
    refused = desk.post(f"/console/patients/{person}/entries", data=data)
    assert refused.status_code == 422
    assert told in refused.text
    assert send(desk, f"{person}/entries", referral=right, where="88-100") == "done"
    entry = entry_of(world, engine)
    again = desk.post(f"/console/patients/{person}/entries/{entry.id}/wishes", data={**data, "seen": "1-waiting-stable"})
    assert again.status_code == 422
    assert told in again.text
    for value in given.values():
        assert value == "1" or f'value="{value}"' in again.text
    assert entry_of(world, engine).criteria_version == 1


def test_saving_the_wishes_untouched_keeps_every_one_of_them_r49(world: World, desk: TestClient, engine: Engine) -> None:
    """A circle whose middle is no town's, as a returning patient has it (R48)."""
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    assert send(desk, f"{person}/entries", referral=right, where="88-100", days=["2"], opens="07:30", last="2027-06-30") == "done"
    with transaction(engine) as session:
        session.execute(text("UPDATE entries SET latitude = 52.8017, longitude = 18.2511, radius_km = 17.5"))
    before = entry_of(world, engine)
    address = f"/console/patients/{person}/entries/{before.id}"
    page = desk.get(address).text
    assert 'name="where" value="Inowrocław"' in page
    answer = desk.post(f"{address}/wishes", data=fields(page, f"{address}/wishes"))
    assert answer.headers["location"].endswith("done=done")
    after = entry_of(world, engine)
    assert waiting_room.criteria_of(after) == waiting_room.criteria_of(before)
    assert after.criteria_version == 2


def test_clinics_that_the_wishes_name_stay_until_they_are_unticked(world: World, desk: TestClient, engine: Engine) -> None:
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    assert send(desk, f"{person}/entries", referral=right, where="88-100") == "done"
    with transaction(engine) as session:
        entry = session.query(Entry).filter_by(patient_id=person).one()
        here = frozenset({world.schedule.place_id})
        waiting_room.edit_criteria(session, entry.id, Criteria(entry.date_from, place_ids=here), actor=DESK, now=world.now)
    address = f"/console/patients/{person}/entries/{entry_of(world, engine).id}"
    page = desk.get(address).text
    assert "Przychodnia Solanki, Inowrocław" in page
    form = fields(page, f"{address}/wishes")
    assert desk.post(f"{address}/wishes", data=form).headers["location"].endswith("done=done")
    assert entry_of(world, engine).place_ids == [world.schedule.place_id]
    form = fields(desk.get(address).text, f"{address}/wishes")
    del form["named"]
    assert desk.post(f"{address}/wishes", data=form).status_code == 422  # nothing then says where
    assert desk.post(f"{address}/wishes", data={**form, "anywhere": "1"}).headers["location"].endswith("done=done")
    assert entry_of(world, engine).place_ids is None


def test_the_page_names_the_kilometres_that_are_meant_by_none_r48(world: World, desk: TestClient, engine: Engine) -> None:
    right, person = referral(world, engine, JANINA), world.ids[JANINA]
    assert f"W promieniu km (puste: {NEARBY_KM:g})" in desk.get(f"/console/patients/{person}/dates?referral={right}").text
    assert send(desk, f"{person}/entries", referral=right, where="88-100") == "done"
    assert entry_of(world, engine).radius_km == NEARBY_KM


def test_a_clinics_people_see_a_place_in_the_waiting_room_and_do_not_change_it_x33(world: World, sign_in: SignIn, engine: Engine) -> None:
    """The matrix of permissions knows no scope for it, so they look only; who is confined to no clinic may."""
    visit = world.book(JANINA, world.now + WEEK)
    with transaction(engine) as session:  # seen by the clinic, waiting again
        session.execute(text("UPDATE appointments SET status = 'cancelled' WHERE id = :id"), {"id": visit})
        session.execute(text("UPDATE entries SET state = 'waiting'"))
    entry, ours = entry_of(world, engine), sign_in("operator", clinic(engine))
    address = f"/console/patients/{world.ids[JANINA]}/entries/{entry.id}"
    page = ours.get(address).text
    assert "zmienia i z kolejki wypisuje infolinia" in page
    assert f'action="{address}/' not in page
    form = {"csrf": csrf(ours), "seen": "1-waiting-stable", "anywhere": "1"}
    for act in ("wishes", "leave"):
        assert ours.post(f"{address}/{act}", data=form).status_code == 403
    assert entry_of(world, engine).state == "waiting"
    central = sign_in("operator")
    assert central.post(f"{address}/leave", data={**form, "csrf": csrf(central)}).status_code == 303
    assert entry_of(world, engine).state == "closed"
