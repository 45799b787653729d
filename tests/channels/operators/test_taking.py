"""A person takes a conversation over: the automat waits, the patient is told, two operators do not collide (X33)."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry.database import transaction
from registry.handover import LASTS
from tests.channels.operators.conftest import Clock, SignIn, csrf
from tests.channels.operators.world import MAREK, World


def said(engine: Engine, kind: str) -> list[tuple[str, str]]:
    with transaction(engine) as session:
        query = text("SELECT body, state FROM messages WHERE kind = :k ORDER BY id")
        return [(row[0], row[1]) for row in session.execute(query, {"k": kind})]


def post(client: TestClient, world: World, what: str, **form: str) -> str:
    address = f"/console/conversations/{world.conversation(MAREK.number)}/{what}"
    return str(client.post(address, data={"csrf": csrf(client), **form}).headers["location"])


def test_the_automat_waits_while_a_person_answers(sign_in: SignIn, full_world: World, engine: Engine, clock: Clock) -> None:
    operator = sign_in("operator")
    assert "talk=lost" not in post(operator, full_world, "take")
    assert said(engine, "taken_over")[0][0].startswith("Rozmowe przejmuje pracownik")  # D9: without Polish letters
    full_world.now = clock.now
    assert full_world.writes(MAREK.number, "proszę odwołać wizytę") == "held"
    with transaction(engine) as session:
        mine = text("SELECT status FROM appointments WHERE patient_id = :p")
        assert session.execute(mine, {"p": full_world.ids[MAREK]}).scalar_one() == "booked"
        assert session.execute(text("SELECT intent, action, outcome FROM turns ORDER BY id DESC LIMIT 1")).one()[1:] == ("held", "held")
    post(operator, full_world, "reply", said="Już się tym zajmuję")
    post(operator, full_world, "reply", canned="call")
    assert [body for body, _ in said(engine, "operator")] == [
        "Juz sie tym zajmuje", "Oddzwonimy w godzinach 9-19, od poniedzialku do soboty.",
    ]  # fmt: skip
    page = operator.get(f"/console/conversations/{full_world.conversation(MAREK.number)}").text
    assert page.count('<span class="who">Pracownik</span>') == 2  # and the rest is the automat's
    post(operator, full_world, "give-back")
    assert said(engine, "given_back")
    assert full_world.writes(MAREK.number, "dzień dobry") != "held"
    with transaction(engine) as session:
        acts = session.execute(text("SELECT act FROM audit WHERE patient_id IS NOT NULL ORDER BY id")).scalars().all()
    assert [act for act in acts if "view" not in act] == ["taken_over", "replied", "replied", "given_back"]


def test_an_emergency_is_answered_even_then(sign_in: SignIn, full_world: World, clock: Clock) -> None:
    """A person may be at lunch; a heart attack does not wait."""
    post(sign_in("operator"), full_world, "take")
    full_world.now = clock.now
    assert full_world.writes(MAREK.number, "boli mnie w klatce piersiowej i nie mogę oddychać") != "held"


def test_two_operators_do_not_collide(sign_in: SignIn, full_world: World, engine: Engine, clock: Clock) -> None:
    first, second = sign_in("operator"), sign_in("supervisor")
    post(first, full_world, "take")
    for what in ("take", "reply", "give-back"):
        assert "talk=lost" in post(second, full_world, what, said="ja też")
    page = second.get(f"/console/conversations/{full_world.conversation(MAREK.number)}").text
    assert "Rozmowę prowadzi Osoba operator." in page
    assert said(engine, "operator") == []
    clock.advance(LASTS)  # the colleague went home: nobody must wait for her
    second = sign_in("supervisor")
    assert "talk=lost" not in post(second, full_world, "take")


def test_nobody_is_left_waiting_for_one_who_went_home(
    sign_in: SignIn, full_world: World, clock: Clock, browser: Callable[[], TestClient]
) -> None:
    post(sign_in("operator"), full_world, "take")
    full_world.now = clock.now + LASTS
    assert full_world.writes(MAREK.number, "dzień dobry") != "held"
