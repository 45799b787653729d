"""Tasks have an owner and a due time: two operators do not collide, what is late is seen, what came of it is kept (X33)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry import retention
from registry.database import transaction
from registry.tasks import SOON, USUALLY, open_task
from tests.channels.operators.conftest import Clock, SignIn, csrf
from tests.channels.operators.world import MAREK, World


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


def test_nobody_closes_moves_or_gives_away_a_colleagues_task_but_a_supervisor(world: World, engine: Engine, sign_in: SignIn) -> None:
    number, one, other, chief = task(world, engine), sign_in("operator"), sign_in("operator"), sign_in("supervisor")
    press(one, number, "take")
    held = owner(engine, number)
    assert press(other, number, "close") == "before"
    assert press(other, number, "give", to=0) == "others"
    assert press(other, number, "due", at="2030-01-01T10:00") == "others"
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
    soon = (clock.now + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
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
