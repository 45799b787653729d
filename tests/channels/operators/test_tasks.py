"""Tasks have an owner and a due time: two operators do not collide, what is late is seen, what came of it is kept (X33)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from channels.operators import moments, todo, words
from registry import retention
from registry.database import transaction
from registry.rules import WARSAW
from registry.tasks import SOON, USUALLY, open_task
from tests.channels.operators.conftest import Clock, SignIn, csrf, other_clinic
from tests.channels.operators.world import JANINA, MAREK, World


def task(world: World, engine: Engine, kind: str = "unreachable", *, ago: timedelta = timedelta(0)) -> int:
    with transaction(engine) as session:
        open_task(session, kind, f"test {kind} {ago}", now=world.now - ago, patient_id=world.ids[MAREK])
        return int(session.execute(text("SELECT max(id) FROM tasks")).scalar_one())


def press(client: TestClient, task_id: int, what: str, **form: object) -> str:
    answer = client.post(f"/console/tasks/{task_id}/{what}", data={"csrf": csrf(client), **form})
    return answer.headers["location"].partition("done=")[2]


def owner(engine: Engine, task_id: int) -> int | None:
    with transaction(engine) as session:
        return session.execute(text("SELECT owner_id FROM tasks WHERE id = :id"), {"id": task_id}).scalar_one()


def test_of_two_who_take_a_task_at_the_same_moment_one_has_it(world: World, engine: Engine, sign_in: SignIn) -> None:
    number = task(world, engine)
    clients = [sign_in("operator") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        ended = list(threads.map(lambda client: press(client, number, "take"), clients))
    assert sorted(ended) == ["others", "others", "others", "taken"]
    winner = clients[ended.index("taken")]
    assert press(winner, number, "take") == "taken"  # pressed twice
    assert "moje" in winner.get("/console/tasks").text
    assert "ma: Osoba operator" in clients[ended.index("others")].get("/console/tasks").text
    told = clients[ended.index("others")].get(f"/console/tasks?task={number}&done=others").text
    assert "To zadanie ma już ktoś inny. Nic się nie zmieniło. Ma je: Osoba operator." in told
    assert "Ma je" not in winner.get(f"/console/tasks?task={number}&done=others").text
    assert "Ma je" not in sign_in("operator", other_clinic(engine)).get(f"/console/tasks?task={number}&done=others").text  # X33


def test_nobody_closes_moves_or_gives_away_a_colleagues_task_but_a_supervisor(world: World, engine: Engine, sign_in: SignIn) -> None:
    number, one, other, chief = task(world, engine), sign_in("operator"), sign_in("operator"), sign_in("supervisor")
    press(one, number, "take")
    held = owner(engine, number)
    assert press(other, number, "close") == "before"
    assert press(other, number, "give", to=0) == "others"
    assert press(other, number, "due", at=(world.now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")) == "others"
    assert owner(engine, number) == held
    assert press(chief, number, "give", to=0) == "given"
    assert owner(engine, number) is None
    assert press(other, number, "close", result="oddzwoniłam,  umówiona") == "yes"
    assert press(one, number, "close") == "before"
    with transaction(engine) as session:
        assert session.execute(text("SELECT result FROM tasks WHERE id = :id"), {"id": number}).scalar_one() == "oddzwoniłam, umówiona"
        acts = session.scalars(text("SELECT act FROM audit WHERE act LIKE 'task%' ORDER BY id")).all()
    assert acts == ["task_taken", "task_put_back", "task_closed"]


def test_a_task_is_given_to_a_colleague_who_may_act_and_to_nobody_else(world: World, engine: Engine, sign_in: SignIn) -> None:
    number, one, other = task(world, engine), sign_in("operator"), sign_in("operator")
    sign_in("auditor")
    page = one.get("/console/tasks").text
    offered = [int(found) for found in re.findall(r'<option value="(\d+)">Osoba', page)]
    with transaction(engine) as session:
        auditor = session.scalar(text("SELECT id FROM operators WHERE role = 'auditor'"))
    assert auditor not in offered
    assert press(one, number, "give", to=auditor) == "others"
    assert press(one, number, "give", to=999999) == "others"
    assert press(one, number, "give", to=offered[-1]) == "given"
    assert "moje" in other.get("/console/tasks?whose=mine").text


def test_what_is_due_first_stands_on_top_and_what_is_late_is_marked(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    usual, urgent = task(world, engine), task(world, engine, "emergency", ago=timedelta(minutes=1))
    page = signed_in.get("/console/tasks").text
    assert page.index(f"/tasks/{urgent}/") < page.index(f"/tasks/{usual}/")
    assert "po terminie</span>" not in page
    clock.advance(SOON["emergency"])
    late = signed_in.get("/console/tasks?whose=overdue").text
    assert f"/tasks/{urgent}/" in late
    assert f"/tasks/{usual}/" not in late
    soon = (clock.now + timedelta(minutes=5)).astimezone(WARSAW).strftime("%Y-%m-%dT%H:%M")
    assert press(signed_in, usual, "due", at="jutro") == "unclear"
    assert press(signed_in, usual, "due", at=soon) == "due"
    assert timedelta(hours=1) < USUALLY


def test_tasks_are_filtered_by_owner_and_kind(world: World, engine: Engine, signed_in: TestClient) -> None:
    mine, free = task(world, engine), task(world, engine, "request_human")
    press(signed_in, mine, "take")
    for query, there, not_there in (("whose=mine", mine, free), ("whose=free", free, mine), ("kind=request_human", free, mine)):
        page = signed_in.get(f"/console/tasks?{query}").text
        assert f"/tasks/{there}/" in page
        assert f"/tasks/{not_there}/" not in page
    assert signed_in.get("/console/tasks?whose=<script>&kind=<script>").status_code == 200


def test_what_came_of_a_task_is_kept_as_long_as_a_dialogue_d15(world: World, engine: Engine, signed_in: TestClient, clock: Clock) -> None:
    number = task(world, engine)
    press(signed_in, number, "close", result="pani Zielińska oddzwoni")
    retention.redact_due(engine, now=clock.now + timedelta(days=91))
    with transaction(engine) as session:
        assert session.execute(text("SELECT state, result FROM tasks WHERE id = :id"), {"id": number}).one() == ("done", None)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "2026-01-01T10:00", "9999-12-31T23:59", "2028-06-01T10:00"])
def test_a_due_time_lies_between_now_and_a_year_ahead(world: World, engine: Engine, signed_in: TestClient, at: str) -> None:
    number = task(world, engine)
    assert press(signed_in, number, "due", at=at) == "not_a_due"
    assert "Termin musi być między" in signed_in.get("/console/tasks?done=not_a_due").text
    with transaction(engine) as session:
        assert session.scalar(text("SELECT due_at FROM tasks WHERE id = :id"), {"id": number}) is None
        assert session.scalar(text("SELECT count(*) FROM audit WHERE act = 'task_due_set'")) == 0


def test_who_sets_a_due_time_is_noted_x33(world: World, engine: Engine, signed_in: TestClient) -> None:
    number = task(world, engine)
    assert press(signed_in, number, "due", at=(world.now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")) == "due"
    with transaction(engine) as session:
        row = session.execute(text("SELECT patient_id, facts FROM audit WHERE act = 'task_due_set'")).one()
    assert (row.patient_id, row.facts["task_id"]) == (world.ids[MAREK], number)
    assert "ustawienie terminu zadania" in signed_in.get("/console/audit").text


# --- on the page of a conversation


def made(client: TestClient, number: int, page: str, **form: object) -> str:
    """Send the page's own form for a task."""
    once = re.search(r'name="once" value="([0-9a-f]+)"', page)
    patient = re.search(r'name="patient" value="(\d+)"', page)
    assert once
    assert patient
    data = {"csrf": csrf(client), "conversation": number, "once": once[1], "patient": patient[1], "kind": "call_back", **form}
    return client.post("/console/tasks", data=data).headers.get("location", "")


def test_a_task_is_made_of_a_conversation_once_and_done_there_with_its_result_x33(
    full_world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    number = full_world.conversation(JANINA.number)
    address = f"/console/conversations/{number}"
    page = signed_in.get(address).text
    due = (clock.now + timedelta(days=1)).astimezone(WARSAW).strftime("%Y-%m-%dT%H:%M")
    assert made(signed_in, number, page, at=due) == f"{address}?done=made"
    assert made(signed_in, number, page, at=due) == f"{address}?done=made_before"  # pressed twice
    with transaction(engine) as session:
        row = session.execute(text("SELECT id, patient_id, owner_id, state, due_at FROM tasks WHERE kind = 'call_back'")).one()
        assert session.scalar(text("SELECT count(*) FROM audit WHERE act = 'task_opened'")) == 1
    assert (row.patient_id, row.owner_id, row.state) == (full_world.ids[JANINA], None, "open")
    assert press(signed_in, row.id, "take") == "taken"
    page = signed_in.get(f"{address}?done=made").text
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Zadanie dodane." in told
    assert "Oddzwonić do pacjenta · J. K. moje" in told
    assert f"do {moments.moment(row.due_at, clock.now)}" in told
    result = f"oddzwoniłam do pani {JANINA.family_name}, przyjdzie"
    assert press(signed_in, row.id, "close", result=result, back=address) == "yes"
    page = signed_in.get(address).text
    assert "przyjdzie" in page
    assert JANINA.family_name not in page  # masked as everything else there
    assert f"/tasks/{row.id}/close" not in page


def test_a_conversations_page_tells_who_has_its_task_and_ends_it_there(world: World, engine: Engine, sign_in: SignIn) -> None:
    world.populate()
    one, two = sign_in("operator"), sign_in("operator")
    page = f"/console/conversations/{world.conversation(MAREK.number)}"
    with transaction(engine) as session:
        number = session.scalar(text("SELECT id FROM tasks WHERE state = 'open' AND kind = 'request_human'"))
    assert "Biorę" in one.get(page).text
    back = one.post(f"/console/tasks/{number}/take", data={"csrf": csrf(one), "back": page}).headers["location"]
    assert "To zadanie jest teraz Twoje" in one.get(back).text
    assert "ma: Osoba operator" in two.get(page).text
    assert f"/tasks/{number}/close" not in two.get(page).text
    done = one.post(f"/console/tasks/{number}/close", data={"csrf": csrf(one), "back": page, "result": "oddzwonione"})
    assert "Zadanie zamknięte" in one.get(done.headers["location"]).text
    assert "oddzwonione" in two.get(page).text


def test_a_conversations_task_cannot_be_made_for_somebody_else_or_of_any_kind(
    full_world: World, engine: Engine, signed_in: TestClient, sign_in: SignIn
) -> None:  # fmt: skip
    number = full_world.conversation(JANINA.number)
    page = signed_in.get(f"/console/conversations/{number}").text
    for wrong in ({"patient": full_world.ids[MAREK]}, {"kind": "unwritable"}, {"conversation": 999_999}, {"once": "x"}):
        assert made(signed_in, number, page, **wrong) == ""
    assert made(signed_in, number, page, at="0001-01-01T00:00").endswith("done=not_a_due")
    assert made(sign_in("auditor"), number, page) == ""
    with transaction(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM tasks WHERE kind = 'call_back'")) == 0


def test_nothing_that_stands_in_an_address_is_printed(full_world: World, signed_in: TestClient) -> None:
    person, talk = full_world.ids[JANINA], full_world.conversation(JANINA.number)
    visit = f"/console/patients/{person}"
    for address in (visit, f"/console/conversations/{talk}", "/console/tasks"):
        assert "pismo-obce" not in signed_in.get(f"{address}?done=pismo-obce").text


def test_every_kind_of_task_has_words() -> None:
    assert set(todo.BY_HAND) <= set(words.texts()["tasks"])
