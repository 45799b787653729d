"""An operator serves a patient: the same rules as the patient's own acts, traced, once, within his clinic (R9, R55-R57, R69, X33)."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry import cancellations, schedules
from registry.appointments import Appointment
from registry.catalogue import POLICY
from registry.database import transaction
from registry.events import SYSTEM
from registry.schedules import NewSlot
from tests.channels.operators.conftest import Clock, SignIn, clinic, csrf, other_clinic
from tests.channels.operators.world import BARBARA, JANINA, MAREK, STANISLAW, World

WEEK = timedelta(days=7)


@pytest.fixture
def desk(signed_in: TestClient) -> TestClient:
    return signed_in


def send(client: TestClient, path: str, **form: object) -> str:
    """What a form ends in: the word after `done=`, or the status of what is refused."""
    answer = client.post(f"/console/patients/{path}", data={"csrf": csrf(client), **form})
    found = re.search(r"done=(\w+)", answer.headers.get("location", ""))
    return found[1] if found else str(answer.status_code)


def visit_of(engine: Engine, visit_id: int) -> Appointment:
    with transaction(engine) as session:
        visit = session.get_one(Appointment, visit_id)
        session.expunge(visit)
        return visit


def traces(engine: Engine) -> list[tuple[str, str]]:
    with transaction(engine) as session:
        rows = session.execute(text("SELECT act, facts ->> 'result' AS result FROM audit WHERE facts ? 'result' ORDER BY id"))
        return [(row.act, row.result) for row in rows]


def free(world: World, engine: Engine, days: int) -> int:
    """A free date so many days from now that nobody waits for."""
    one = world.book(BARBARA, world.now + timedelta(days=days))
    with transaction(engine) as session:
        slot = session.get_one(Appointment, one).slot_id
        session.execute(text("UPDATE appointments SET status = 'declined' WHERE id = :id"), {"id": one})
        session.execute(text("UPDATE entries SET state = 'closed' WHERE patient_id = :p"), {"p": world.ids[BARBARA]})
        session.execute(text("UPDATE slots SET state = 'free' WHERE id = :id"), {"id": slot})
    return slot


def referral(world: World, engine: Engine, who: object) -> int:
    with transaction(engine) as session:
        return int(session.scalar(text("SELECT id FROM referrals WHERE patient_id = :p"), {"p": world.ids[who]}) or 0)  # type: ignore[index]


# --- visits


def test_confirming_and_cancelling_are_the_patients_own_acts_with_a_trace_r9_r70(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    base = f"{world.ids[JANINA]}/visits/{visit}"
    assert send(desk, f"{base}/confirm", seen="1-booked") == "done"
    assert visit_of(engine, visit).confirmed_at is not None
    assert "Odwołać wizytę?" in desk.get(f"/console/patients/{base}/cancel").text
    assert send(desk, f"{base}/cancel", seen="1-confirmed", reason="illness") == "done"
    gone = visit_of(engine, visit)
    assert (gone.status, gone.cancel_reason) == ("cancelled", "illness")
    assert traces(engine) == [("visit_confirm", "done"), ("visit_cancel", "done")]
    with transaction(engine) as session:
        assert session.execute(text("SELECT actor, channel FROM events WHERE kind = 'visit.cancelled'")).one() == ("operator", "console")
        assert session.scalar(text("SELECT state FROM entries")) == "waiting"  # back in the queue, with the place (R56)
        assert session.scalar(text("SELECT count(*) FROM messages WHERE kind = 'cancelled'")) == 1


def test_who_does_not_want_to_wait_either_leaves_with_the_visit_r55(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/cancel", seen="1-booked", reason="other", leave="1") == "done"
    with transaction(engine) as session:
        assert session.scalar(text("SELECT state FROM entries")) == "closed"


def test_a_form_that_is_out_of_date_does_nothing_and_says_so(world: World, desk: TestClient, engine: Engine) -> None:
    """The patient moved his visit by himself while the operator was looking at the old date."""
    visit = world.book(JANINA, world.now + WEEK)
    with transaction(engine) as session:
        session.execute(text("UPDATE appointments SET version = 2 WHERE id = :id"), {"id": visit})
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/cancel", seen="1-booked", reason="illness") == "stale"
    assert visit_of(engine, visit).status == "booked"
    assert "nic nie zrobiono" in desk.get(f"/console/patients/{world.ids[JANINA]}/visits/{visit}/changed?done=stale").text


@pytest.mark.parametrize("reason", ["", "sms", "clinic", "death", "<script>"])
def test_only_reasons_that_a_patient_can_have_r70(world: World, desk: TestClient, engine: Engine, reason: str) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/cancel", seen="1-booked", reason=reason) == "404"
    assert visit_of(engine, visit).status == "booked"


def test_a_visit_that_has_begun_or_is_somebody_elses_is_left_alone(world: World, desk: TestClient, engine: Engine, clock: Clock) -> None:
    visit = world.book(JANINA, world.now + timedelta(minutes=10))
    assert send(desk, f"{world.ids[MAREK]}/visits/{visit}/confirm", seen="1-booked") == "404"
    clock.advance(timedelta(minutes=11))
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/cancel", seen="1-booked", reason="illness") == "too_late"
    assert visit_of(engine, visit).status == "booked"


def test_the_third_date_given_up_is_warned_of_d1(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    address = f"/console/patients/{world.ids[JANINA]}/visits/{visit}/cancel"
    assert "od końca kolejki" not in desk.get(address).text
    with transaction(engine) as session:
        session.execute(text("UPDATE entries SET returns = 2"))
    assert "od końca kolejki" in desk.get(address).text


# --- new dates


def test_a_visit_is_booked_on_a_referral_after_its_rules_are_read_r42_r57(world: World, desk: TestClient, engine: Engine) -> None:
    slot, right = free(world, engine, 9), referral(world, engine, JANINA)
    base = f"{world.ids[JANINA]}/dates"
    listed = desk.get(f"/console/patients/{base}?referral={right}").text
    assert f"/dates/{slot}?referral={right}" in listed
    assert "Kto nie przyjdzie" in desk.get(f"/console/patients/{base}/{slot}?referral={right}").text
    assert send(desk, f"{base}/{slot}", referral=right) == "done"
    assert send(desk, f"{base}/{slot}", referral=right) == "already_book"  # the button pressed twice
    with transaction(engine) as session:
        booked = text("SELECT count(*) FROM appointments WHERE patient_id = :p AND status = 'booked' AND origin = 'operator'")
        assert session.scalar(booked, {"p": world.ids[JANINA]}) == 1


def test_a_visit_moves_in_one_step_and_its_old_date_is_free_r69(world: World, desk: TestClient, engine: Engine) -> None:
    slot, visit = free(world, engine, 9), world.book(JANINA, world.now + WEEK)
    before = visit_of(engine, visit).slot_id
    assert f"/dates/{slot}?visit={visit}" in desk.get(f"/console/patients/{world.ids[JANINA]}/dates?visit={visit}").text
    assert send(desk, f"{world.ids[JANINA]}/dates/{slot}", visit=visit, seen="1-booked") == "done"
    assert visit_of(engine, visit).slot_id == slot
    with transaction(engine) as session:
        assert session.scalar(text("SELECT state FROM slots WHERE id = :id"), {"id": before}) != "taken"
    assert send(desk, f"{world.ids[JANINA]}/dates/{before}", visit=visit, seen="1-booked") == "stale"


def test_what_is_not_this_patients_cannot_be_used_for_him(world: World, desk: TestClient, engine: Engine) -> None:
    slot, right = free(world, engine, 9), referral(world, engine, MAREK)
    assert send(desk, f"{world.ids[JANINA]}/dates/{slot}", referral=right) == "404"
    assert desk.get(f"/console/patients/{world.ids[JANINA]}/dates?referral={right}").status_code == 404
    assert desk.get(f"/console/patients/{world.ids[JANINA]}/dates/999999?referral={referral(world, engine, JANINA)}").status_code == 404


def test_one_slot_for_two_operators_is_sold_once_x1(world: World, sign_in: SignIn, engine: Engine) -> None:
    slot = free(world, engine, 9)
    jobs = [(sign_in("operator"), who) for who in (JANINA, MAREK, STANISLAW)]
    with ThreadPoolExecutor(3) as threads:
        ended = list(threads.map(
            lambda job: send(job[0], f"{world.ids[job[1]]}/dates/{slot}", referral=referral(world, engine, job[1])), jobs,
        ))  # fmt: skip
    assert sorted(ended) == ["done", "slot_taken", "slot_taken"]


@pytest.mark.parametrize(
    ("query", "told"),
    [("where=Atlantyda", "Nie znamy takiego miejsca"), ("first=2027-02-01&last=2027-01-01", "przeczą"), ("km=x&where=88-100", "liczbą"),
     ("first=wczoraj", "nieczytelny"), ("opens=25:99", "nieczytelna")],
)  # fmt: skip
def test_wishes_that_cannot_be_followed_are_told_and_lose_nothing_r29(
    world: World, desk: TestClient, engine: Engine, query: str, told: str
) -> None:  # fmt: skip
    right = referral(world, engine, JANINA)
    page = desk.get(f"/console/patients/{world.ids[JANINA]}/dates?referral={right}&{query}")
    assert page.status_code == 200
    assert told in page.text
    fields = dict(part.split("=") for part in query.split("&"))
    refused = desk.post(f"/console/patients/{world.ids[JANINA]}/entries", data={"csrf": csrf(desk), "referral": right, **fields})
    assert refused.status_code == 422
    assert told in refused.text
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM entries WHERE patient_id = :p"), {"p": world.ids[JANINA]}) == 0


# --- the waiting room


def test_joining_changing_wishes_and_leaving_r47_r49_r55(world: World, desk: TestClient, engine: Engine) -> None:
    person, right = world.ids[JANINA], referral(world, engine, JANINA)
    wanted = {"days": ["1", "3"], "opens": "08:00", "closes": "12:00", "where": "88-100"}
    assert send(desk, f"{person}/entries", referral=right, **wanted) == "done"
    assert send(desk, f"{person}/entries", referral=right, where="88-100", km="5") == "already_claimed"  # other wishes: not the same thing
    entry, joined, days = wait_of(world, engine, "id, joined_at, weekdays")
    assert days == 0b101
    assert send(desk, f"{person}/entries/{entry}/wishes", seen="1-waiting-stable", days=["5"], anywhere="1") == "done"
    assert wait_of(world, engine, "joined_at, weekdays") == (joined, 0b10000)
    assert send(desk, f"{world.ids[MAREK]}/entries/{entry}/leave", seen="2-waiting-stable") == "404"
    assert send(desk, f"{person}/entries/{entry}/leave", seen="2-waiting-stable") == "done"
    assert wait_of(world, engine, "state, closed_because") == ("closed", "left")
    assert [act for act, _ in traces(engine)].count("entry_leave") == 1


def wait_of(world: World, engine: Engine, columns: str) -> tuple[object, ...]:
    with transaction(engine) as session:
        found = session.execute(text(f"SELECT {columns} FROM entries WHERE patient_id = :p"), {"p": world.ids[JANINA]})  # noqa: S608
        return tuple(found.one())


# --- clinics


def test_a_clinics_people_serve_only_their_own_patients_and_slots_x33(world: World, sign_in: SignIn, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    slot, person, right = free(world, engine, 9), world.ids[JANINA], referral(world, engine, MAREK)
    ours, theirs = sign_in("operator", clinic(engine)), sign_in("operator", other_clinic(engine))
    assert ours.get(f"/console/patients/{person}").status_code == 200
    assert ours.get(f"/console/patients/{world.ids[MAREK]}").status_code == 404  # never had a visit there
    assert theirs.get(f"/console/patients/{person}").status_code == 404
    assert "Nie ma takiego pacjenta" in theirs.post("/console/patients", data={"csrf": csrf(theirs), "given": JANINA.number}).text
    assert send(theirs, f"{person}/visits/{visit}/cancel", seen="1-booked", reason="illness") == "404"
    assert send(theirs, f"{world.ids[MAREK]}/dates/{slot}", referral=right) == "404"
    assert visit_of(engine, visit).status == "booked"
    assert send(ours, f"{person}/visits/{visit}/confirm", seen="1-booked") == "done"


def test_r31_a_clinics_own_people_sell_beyond_day_40_where_the_switch_lets_them(
    world: World, app: FastAPI, sign_in: SignIn, engine: Engine
) -> None:  # fmt: skip
    """R31: shown and booked at the clinic's desk with the switch off; not with it on, and never by operators of no clinic."""
    right, person, at = referral(world, engine, JANINA), world.ids[JANINA], world.now + timedelta(days=55)
    visit = world.book(JANINA, world.now + WEEK)
    with transaction(engine) as session:
        cancellations.cancel(session, visit, reason="other", actor=SYSTEM, now=world.now, leave=True)
        new = NewSlot("za 55 dni", at, at + timedelta(minutes=20), "FIRST_STABLE")
        (slot,) = schedules.publish(session, world.schedule, [new], now=world.now)
    desk, centre = sign_in("operator", clinic(engine)), sign_in("operator")
    base = f"/console/patients/{person}/dates"
    assert f"/dates/{slot}?" not in desk.get(f"{base}?referral={right}").text
    assert send(desk, f"{person}/dates/{slot}", referral=right) == "not_bookable"
    app.state.console = replace(app.state.console, policy=replace(POLICY, desk_within_horizon=False))
    assert f"/dates/{slot}?" not in centre.get(f"{base}?referral={right}").text
    assert send(centre, f"{person}/dates/{slot}", referral=right) == "not_bookable"
    assert f"/dates/{slot}?" in desk.get(f"{base}?referral={right}").text
    assert send(desk, f"{person}/dates/{slot}", referral=right) == "done"


def test_a_forged_form_changes_nothing(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    form = {"csrf": "forged", "seen": "1-booked", "reason": "illness"}
    assert desk.post(f"/console/patients/{world.ids[JANINA]}/visits/{visit}/cancel", data=form).status_code == 403
    assert visit_of(engine, visit).status == "booked"


def urgent(world: World, engine: Engine) -> None:
    """Janina's referral is an urgent one, and every slot of the demonstration is one for urgent patients."""
    with transaction(engine) as session:
        session.execute(text("UPDATE referrals SET category = 'urgent' WHERE patient_id = :p"), {"p": world.ids[JANINA]})
        session.execute(text("UPDATE entries SET category = 'urgent' WHERE patient_id = :p"), {"p": world.ids[JANINA]})
        session.execute(text("UPDATE slots SET pool = 'FIRST_URGENT' WHERE state = 'free'"))


def test_dates_for_an_urgent_patients_visit_are_those_of_his_category_r69_d2(world: World, desk: TestClient, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    urgent(world, engine)
    with transaction(engine) as session:  # the wait says it, whatever the referral says now
        session.execute(text("UPDATE referrals SET category = 'stable'"))
    base = f"/console/patients/{world.ids[JANINA]}/dates"
    assert f"/dates/{slot}?visit={visit}" in desk.get(f"{base}?visit={visit}").text
    with transaction(engine) as session:
        session.execute(text("UPDATE entries SET category = 'stable'"))
    assert f"/dates/{slot}?visit={visit}" not in desk.get(f"{base}?visit={visit}").text


def test_every_page_that_shows_a_patient_notes_the_look_x34(world: World, desk: TestClient, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    world.wait(STANISLAW)
    with transaction(engine) as session:
        entry = session.scalar(text("SELECT id FROM entries WHERE patient_id = :p"), {"p": world.ids[STANISLAW]})
        session.execute(text("UPDATE contact_points SET value = :v WHERE patient_id = :p"), {"v": JANINA.number, "p": world.ids[MAREK]})
    janina, stanislaw = (f"/console/patients/{world.ids[who]}" for who in (JANINA, STANISLAW))
    right = referral(world, engine, STANISLAW)
    pages = [
        janina, f"{janina}/visits/{visit}/cancel", f"{janina}/visits/{visit}/changed?done=stale", f"{janina}/dates?visit={visit}",
        f"{janina}/dates/{slot}?visit={visit}", f"{stanislaw}/dates?referral={right}", f"{stanislaw}/join?referral={right}",
        f"{stanislaw}/entries/{entry}", f"{stanislaw}/entries/{entry}/changed?done=stale",
    ]  # fmt: skip
    for number, address in enumerate(pages, start=1):
        assert desk.get(address).status_code == 200, address
        assert looks(engine) == number, address
    desk.post("/console/patients", data={"csrf": csrf(desk), "given": JANINA.number})  # which shows two people
    assert looks(engine) == len(pages) + 2


def looks(engine: Engine) -> int:
    with transaction(engine) as session:
        return int(session.scalar(text("SELECT count(*) FROM audit WHERE act = 'patient_viewed'")) or 0)


def test_people_of_a_clinic_without_places_see_nobody_and_no_dates_x33(world: World, sign_in: SignIn, engine: Engine) -> None:
    """No place must not mean any place."""
    nowhere = other_clinic(engine)
    visit = world.book(JANINA, world.now + WEEK)
    free(world, engine, 9)
    client, person = sign_in("operator", nowhere), world.ids[JANINA]
    for address in (f"{person}", f"{person}/dates?visit={visit}", f"{person}/join?referral={referral(world, engine, JANINA)}"):
        assert client.get(f"/console/patients/{address}").status_code == 404
    with transaction(engine) as session:  # a visit of the clinic's whose place is another's: he is its patient, no date is its own
        session.execute(text("UPDATE appointments SET provider_id = :p WHERE id = :id"), {"p": nowhere, "id": visit})
    page = client.get(f"/console/patients/{person}/dates?visit={visit}").text
    assert "nie ma jeszcze żadnego miejsca" in page
    assert "/dates/" not in page


@pytest.mark.parametrize("address", ["/console/patients", "/console/tasks/1/close", "/console/tasks", "/console/patients/1/entries"])
def test_a_zero_character_in_a_form_is_refused_in_words_and_breaks_nothing(desk: TestClient, address: str) -> None:
    fields = {"given": "a\0b", "result": "a\0b", "where": "a\0b", "kind": "a\0b"}
    answer = desk.post(address, data={"csrf": csrf(desk), **fields})
    assert answer.status_code == 400
    assert "znak, którego nie da się zapisać" in answer.text
    assert desk.get("/console/search?q=a%00b").status_code == 400
    assert desk.post(address, data={"csrf": csrf(desk), "given": "sto %00 procent"}).status_code != 400  # as a person may write it


def test_the_page_leads_to_every_conversation_of_the_patient_x33(full_world: World, desk: TestClient, engine: Engine) -> None:
    """Those of his addresses, and a chat in which he said who he is."""
    person = full_world.ids[JANINA]
    with transaction(engine) as session:
        chat = session.scalar(
            text("""INSERT INTO conversations (channel, address, last_at, needs_person, memory, patient_id, outcome)
                    VALUES ('chat', 'web-0123456789abcdef', now(), true, '{}', :p, 'asked') RETURNING id"""),
            {"p": person},
        )
    page = desk.get(f"/console/patients/{person}").text
    for number in (chat, full_world.conversation(JANINA.number)):
        assert f'href="/console/conversations/{number}"' in page
    assert "web-0123456789abcdef" not in page
    assert JANINA.number not in page
