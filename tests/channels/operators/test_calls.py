"""A call on the conversation page: when each turn began, how long it took, who was cut off, where nobody answered (issue 7)."""

import re

from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from registry.database import transaction
from tests.channels.operators.conftest import Clock
from tests.channels.operators.talks import talk
from tests.channels.operators.world import JANINA, World


def _page(client: TestClient, engine: Engine) -> tuple[str, str]:
    with transaction(engine) as session:
        number = session.execute(text("SELECT id FROM conversations WHERE channel = 'voice'")).scalar_one()
    address = f"/console/conversations/{number}"
    return address, client.get(address).text


def _moments(page: str) -> list[str]:
    found = re.findall(r'<p class="moment">(.*?)</p>', page, re.DOTALL)
    return [" ".join(re.sub("<[^>]+>", "", one).split()) for one in found]


def test_each_turn_of_a_call_says_when_it_began_and_what_happened(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    talk(engine, JANINA.number, now=clock.now)
    _, page = _page(signed_in, engine)
    assert _moments(page) == [
        "00:00 · mówione 4,2 s",
        "00:08 · po ciszy 4,0 s · mówione 1,7 s",
        "01:02 · mówi 1,5 s · odpowiedź po 0,7 s",
        "01:04 · mówione 1,8 s · przerwane klawiszem",
        "01:06 · klawiszy: 4 · odpowiedź po 0,2 s",
    ]
    assert page.count('class="call"') == 1
    assert "trwało 01:10" in page
    assert "rozłączono się" in page


def test_keys_that_answer_a_personal_question_are_masked_x34(
    world: World, engine: Engine, signed_in: TestClient, clock: Clock
) -> None:  # fmt: skip
    talk(engine, JANINA.number, now=clock.now)
    _, page = _page(signed_in, engine)
    assert "4711" not in page
    assert "[···]" in page


def test_of_two_calls_each_has_its_head_and_its_own_times(world: World, engine: Engine, signed_in: TestClient, clock: Clock) -> None:
    talk(engine, JANINA.number, now=clock.now)
    talk(engine, JANINA.number, now=clock.now, wire_id="CA2")
    _, page = _page(signed_in, engine)
    assert page.count('class="call"') == 2
    assert len(_moments(page)) == 10
