"""Two at the desk act on one patient, or one presses twice: one act, and all are told what really happened (R9, R67, R69, R119, X14)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry import appointments, freeze, moves, offers
from registry.appointments import Appointment
from registry.database import transaction
from registry.rules import local_date
from registry.schedules import Slot
from registry.waiting_room import Entry
from tests.channels.operators.conftest import SignIn, csrf
from tests.channels.operators.test_serving import WEEK, free, referral, send, traces, visit_of
from tests.channels.operators.world import DESK, JANINA, STANISLAW, World


@pytest.fixture
def desk(signed_in: TestClient) -> TestClient:
    return signed_in


def test_of_two_who_move_one_visit_at_once_one_moves_it_and_the_other_is_told_r69_x14(
    world: World, sign_in: SignIn, engine: Engine
) -> None:  # fmt: skip
    visit, slots = world.book(JANINA, world.now + WEEK), [free(world, engine, 9), free(world, engine, 10), free(world, engine, 11)]
    jobs = [(sign_in("operator"), slot) for slot in slots]
    with ThreadPoolExecutor(3) as threads:
        ended = list(threads.map(
            lambda job: send(job[0], f"{world.ids[JANINA]}/dates/{job[1]}", visit=visit, seen="1-booked"), jobs,
        ))  # fmt: skip
    assert sorted(ended) == ["done", "stale", "stale"]
    moved = visit_of(engine, visit)
    assert (moved.slot_id, moved.moves) == (slots[ended.index("done")], 1)
    with transaction(engine) as session:
        told = session.scalar(text("SELECT count(*) FROM messages WHERE kind = 'changed'"))
        taken = session.scalars(text("SELECT id FROM slots WHERE id = ANY(:ids) AND state = 'taken'"), {"ids": slots}).all()
    assert told == 1
    assert taken == [moved.slot_id]


def test_who_comes_second_is_shown_what_changed_and_by_whom(world: World, desk: TestClient, sign_in: SignIn, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    base = f"/console/patients/{world.ids[JANINA]}"
    colleague = sign_in("supervisor")
    assert send(colleague, f"{world.ids[JANINA]}/dates/{slot}", visit=visit, seen="1-booked") == "done"
    answer = desk.post(f"{base}/visits/{visit}/cancel", data={"csrf": csrf(desk), "seen": "1-booked", "reason": "illness"})
    page = desk.get(answer.headers["location"]).text
    assert "Nic nie zrobiono" in page
    assert "Wizyta przeniesiona na ten termin" in page
    assert "Osoba supervisor" in page
    assert visit_of(engine, visit).status == "booked"
    assert traces(engine)[-1] == ("visit_cancel", "stale")


def test_the_forms_carry_what_was_seen(world: World, desk: TestClient, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    base = f"/console/patients/{world.ids[JANINA]}"
    for page in ("", f"/visits/{visit}/cancel", f"/dates/{slot}?visit={visit}"):
        assert 'name="seen" value="1-booked"' in desk.get(base + page).text
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/confirm", seen="1-booked") == "done"
    assert 'name="seen" value="1-confirmed"' in desk.get(f"{base}/visits/{visit}/cancel").text


def test_a_confirmation_that_came_meanwhile_is_told_before_anything_is_cancelled(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    with transaction(engine) as session:
        appointments.confirm(session, visit, actor=DESK, now=world.now)
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/cancel", seen="1-booked", reason="illness") == "stale"
    assert visit_of(engine, visit).status == "booked"


# --- the same button twice


def test_confirm_and_cancel_pressed_twice_are_done_once_and_said_to_be_done(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    base = f"{world.ids[JANINA]}/visits/{visit}"
    assert [send(desk, f"{base}/confirm", seen="1-booked") for _ in range(2)] == ["done", "already_confirm"]
    cancelled = [send(desk, f"{base}/cancel", seen="1-confirmed", reason="illness") for _ in range(2)]
    assert cancelled == ["done", "already_cancel"]
    assert "jest już odwołana" in desk.get(f"/console/patients/{base}/changed?done=already_cancel").text
    assert send(desk, f"{base}/cancel", seen="1-confirmed", reason="illness", leave="1") == "stale"  # he waits on
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM messages WHERE kind = 'cancelled'")) == 1
        assert session.scalar(text("SELECT returns FROM entries WHERE patient_id = :p"), {"p": world.ids[JANINA]}) == 1


def test_a_confirmation_of_another_date_is_not_said_to_be_done(world: World, desk: TestClient, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    with transaction(engine) as session:
        moves.change(session, visit, slot, actor=DESK, now=world.now)
        appointments.confirm(session, visit, actor=DESK, now=world.now)
    assert send(desk, f"{world.ids[JANINA]}/visits/{visit}/confirm", seen="1-booked") == "stale"


def test_who_goes_back_and_moves_a_visit_to_the_date_that_it_has_is_told_so_r69(world: World, desk: TestClient, engine: Engine) -> None:
    """The page of the date, loaded anew, shows the visit as it is now: "done" would promise the patient a message that never comes."""
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    address = f"{world.ids[JANINA]}/dates/{slot}"
    assert send(desk, address, visit=visit, seen="1-booked") == "done"
    page = desk.get(f"/console/patients/{address}?visit={visit}").text
    assert "Pacjent ma już ten termin." in page
    assert "Zmień termin</button>" not in page
    assert send(desk, address, visit=visit, seen="2-booked") == "already_move"
    assert visit_of(engine, visit).moves == 1


def test_a_move_and_a_join_pressed_twice_are_done_once(world: World, desk: TestClient, engine: Engine) -> None:
    visit, slot = world.book(JANINA, world.now + WEEK), free(world, engine, 9)
    moves = [send(desk, f"{world.ids[JANINA]}/dates/{slot}", visit=visit, seen="1-booked") for _ in range(2)]
    assert moves == ["done", "already_move"]
    assert visit_of(engine, visit).moves == 1
    right, person = referral(world, engine, STANISLAW), world.ids[STANISLAW]
    joins = [send(desk, f"{person}/entries", referral=right, where="88-100", km="20") for _ in range(2)]
    assert joins == ["done", "already_join"]
    with transaction(engine) as session:
        entry = session.scalar(text("SELECT id FROM entries WHERE patient_id = :p"), {"p": person})
    form = {"seen": "1-waiting-stable", "where": "Inowrocław", "km": "40"}
    assert [send(desk, f"{person}/entries/{entry}/wishes", **form) for _ in range(2)] == ["done", "already_wishes"]
    assert send(desk, f"{person}/entries/{entry}/wishes", **{**form, "km": "50"}) == "stale"
    assert send(desk, f"{person}/entries/{entry}/leave", seen="1-waiting-stable") == "stale"
    page = desk.get(f"/console/patients/{person}/entries/{entry}/changed?done=stale").text
    assert "Zmienione życzenia" in page
    assert "40 km" in page
    left = [send(desk, f"{person}/entries/{entry}/leave", seen="2-waiting-stable") for _ in range(2)]
    assert left == ["done", "already_leave"]


def offered(world: World, engine: Engine) -> int:
    slot_id = free(world, engine, 9)
    world.wait(STANISLAW)
    with transaction(engine) as session:
        entry = session.query(Entry).filter_by(patient_id=world.ids[STANISLAW]).one()
        slot = session.get_one(Slot, slot_id)
        return offers.propose(session, slot, entry, expires_at=world.now + timedelta(hours=8), now=world.now).id


@pytest.mark.parametrize(("act", "other", "status"), [("accept", "decline", "booked"), ("decline", "accept", "declined")])
def test_an_offer_answered_twice_or_both_ways_r61(
    world: World, desk: TestClient, engine: Engine, act: str, other: str, status: str
) -> None:  # fmt: skip
    offer = offered(world, engine)
    base = f"{world.ids[STANISLAW]}/visits/{offer}"
    assert [send(desk, f"{base}/{act}", seen="1-proposed") for _ in range(2)] == ["done", f"already_{act}"]
    assert send(desk, f"{base}/{other}", seen="1-proposed") == "stale"
    assert visit_of(engine, offer).status == status


# --- a day on which the clinic's schedules stand still


def frozen(world: World, engine: Engine, visit: int) -> None:
    with transaction(engine) as session:
        provider = session.get_one(Appointment, visit).provider_id
        freeze.freeze(session, provider, local_date(world.now), actor=DESK, now=world.now)


def test_a_cancellation_on_a_freeze_day_is_told_to_be_kept_r119(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + WEEK)
    base = f"{world.ids[JANINA]}/visits/{visit}"
    frozen(world, engine, visit)
    assert "nie może się zmieniać" in desk.get(f"/console/patients/{base}/cancel").text
    assert send(desk, f"{base}/cancel", seen="1-booked", reason="illness") == "kept"
    assert visit_of(engine, visit).status == "booked"
    page = desk.get(f"/console/patients/{world.ids[JANINA]}?done=kept").text
    assert "wizyta jeszcze stoi" in page
    assert "odwołanie przyjęte, czeka na grafik" in page
    assert traces(engine) == [("visit_cancel", "kept")]
    assert send(desk, f"{base}/cancel", seen="1-booked", reason="illness") == "already_cancel"
    assert send(desk, f"{base}/confirm", seen="1-booked") == "stale"  # an old page does not take the cancellation back
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM kept_cancellations")) == 1
    assert send(desk, f"{base}/confirm", seen="1-kept") == "done"  # who sees it may
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM kept_cancellations")) == 0


def test_a_visit_before_the_thaw_is_cancelled_at_once_and_told_so_r119(world: World, desk: TestClient, engine: Engine) -> None:
    visit = world.book(JANINA, world.now + timedelta(minutes=30))
    frozen(world, engine, visit)
    base = f"{world.ids[JANINA]}/visits/{visit}"
    assert "nie może się zmieniać" not in desk.get(f"/console/patients/{base}/cancel").text
    assert send(desk, f"{base}/cancel", seen="1-booked", reason="illness") == "done"
    assert visit_of(engine, visit).status == "cancelled"
