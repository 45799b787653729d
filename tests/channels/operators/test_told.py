"""What an operator does for a patient reaches the patient: a place in the queue never ends without a word (R55)."""

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry.database import transaction
from tests.channels.operators.conftest import csrf
from tests.channels.operators.world import BARBARA, World


def test_who_is_taken_out_of_the_queue_is_told_once_r55(world: World, signed_in: TestClient, engine: Engine) -> None:
    world.wait(BARBARA)
    entry, person = world.entry(BARBARA), world.ids[BARBARA]
    page = signed_in.get(f"/console/patients/{person}/entries/{entry}").text
    seen = page.rpartition('name="seen" value="')[2].partition('"')[0]
    for expected in ("done", "already_leave"):
        answer = signed_in.post(f"/console/patients/{person}/entries/{entry}/leave", data={"csrf": csrf(signed_in), "seen": seen})
        assert f"done={expected}" in answer.headers["location"]
    with transaction(engine) as session:
        told = session.execute(text("SELECT kind, address FROM messages WHERE patient_id = :p AND kind LIKE 'left%'"), {"p": person}).all()
    assert told == [("left_waiting_room", BARBARA.number)]
