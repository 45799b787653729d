"""Places for conversations: the limit, and the end of a process that lets its calls be finished."""

import asyncio

import pytest

from channels.voice.places import NoPlace, Places


def test_no_more_conversations_than_places() -> None:
    places = Places(2)
    with places.taken_by_a_call(), places.taken_by_a_call():
        assert not places.free()
        with pytest.raises(NoPlace), places.taken_by_a_call():
            pass
    assert places.free()


def test_without_ears_there_is_no_place() -> None:
    assert not Places(0).free()


def test_a_process_that_stops_lets_nobody_in_and_waits_for_its_calls() -> None:
    async def run() -> list[str]:
        places, order = Places(1), list[str]()
        with places.taken_by_a_call():
            draining = asyncio.create_task(places.drained(30))
            await asyncio.sleep(0)
            assert not places.free()
            assert not draining.done()
            order.append("call over")
        await draining
        return [*order, "stopped"]

    assert asyncio.run(run()) == ["call over", "stopped"]


def test_it_waits_no_longer_than_allowed_and_not_after_a_second_signal() -> None:
    async def run() -> None:
        places = Places(1)
        with places.taken_by_a_call():
            await places.drained(0)
            waiting = asyncio.create_task(places.drained(30))
            await asyncio.sleep(0)
            places.give_up_waiting()
            await waiting

    asyncio.run(run())
