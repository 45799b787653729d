"""Messages whose fate is unknown: a worker that died, a claim, an answer that got lost; each is made good, none is sent twice (X29)."""

from datetime import timedelta

import pytest

from channels.sms.carrier import Carrier
from channels.sms.dispatcher import ASKING_LEASE, Dispatcher
from registry import outbox
from registry.catalogue import POLICY
from registry.database import transaction
from registry.outbox import LEASE, Claimed
from tests.channels.simulator.harness import Running
from tests.channels.sms.world import Post, with_carrier, words_of
from tests.registry import build

STRANDED = LEASE + timedelta(seconds=1)


# --- death between sending and settling


def claim_and_word(post: Post) -> list[Claimed]:
    """What a worker does before it sends."""
    with transaction(post.engine) as session:
        claimed = outbox.claim(session, "sms", worker="dead", now=post.clock())
        outbox.keep_words(session, [(one.id, one.body or words_of(one)) for one in claimed])
    return claimed


def send_and_die(post: Post, *how_many: int) -> None:
    """A worker claims a set, sends some of it, and is gone before it can settle anything."""
    claimed = claim_and_word(post)

    async def use(carrier: Carrier) -> None:
        for number in how_many:
            body = post.message(claimed[number].id).body
            await carrier.send(claimed[number].id, claimed[number].address, body or "")

    with_carrier(post.sim, use)


def test_a_worker_that_died_after_sending_has_its_message_found_x29(post: Post) -> None:
    post.visit()
    send_and_die(post, 0)
    assert post.states() == ["sending"]
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert (post.reconcile(), post.send_due()) == (1, 0)
    (message,) = post.messages()
    assert (message.state, [message.wire_id]) == ("accepted", post.sids())


def test_a_worker_that_died_before_sending_has_its_message_sent_x29(post: Post) -> None:
    post.visit()
    send_and_die(post)
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert (post.reconcile(), post.send_due()) == (1, 1)
    assert len(post.arrived()) == 1


def test_a_worker_that_died_before_it_had_words_has_its_message_sent_x29(post: Post) -> None:
    post.visit()
    with transaction(post.engine) as session:
        outbox.claim(session, "sms", worker="dead", now=post.clock())
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert (post.reconcile(), post.send_due()) == (1, 1)
    assert len(post.arrived()) == 1


def test_a_claim_that_is_still_running_is_left_alone(post: Post) -> None:
    post.visit()
    claim_and_word(post)
    post.clock.passes(seconds=LEASE.total_seconds() - 1)
    assert (post.reconcile(), post.send_due()) == (0, 0)


@pytest.mark.parametrize("sent", [(), (0,), (0, 1), (0, 1, 2)])
def test_lost_messages_of_equal_words_are_told_apart_x29(post: Post, sent: tuple[int, ...]) -> None:
    """Two answers to one address may say the same: what the carrier has belongs to the older ones, the rest is sent."""
    for _ in range(3):
        post.answer("Proszę napisać to inaczej.")
    send_and_die(post, *sent)
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert (post.reconcile(), post.send_due()) == (3, 3 - len(sent))
    assert len(post.arrived()) == 3
    assert [message.wire_id for message in post.messages()] == post.sids()


def test_an_earlier_message_of_the_same_words_is_not_taken_for_the_lost_one(post: Post) -> None:
    post.answer("Proszę napisać to inaczej.")
    post.send_due()
    post.answer("Proszę napisać to inaczej.")
    send_and_die(post)
    post.clock.passes(seconds=STRANDED.total_seconds())
    post.reconcile()
    post.send_due()
    assert len(post.arrived()) == 2


def test_many_lost_messages_are_all_made_good(post: Post) -> None:
    """More than one look asks about."""
    numbers = [build.mobile() for _ in range(120)]
    for number in numbers:
        post.answer("x", number)
    send_and_die(post, *range(0, 120, 2))
    post.clock.passes(seconds=STRANDED.total_seconds())
    assert sum(iter(post.reconcile, 0)) == 120
    post.send_due()
    assert sorted(message.recipient for message in post.sim.simulator.carrier.store.messages("1")) == sorted(numbers)


def test_a_worker_that_dies_while_it_asks_is_followed_by_another_within_the_minute(post: Post) -> None:
    """A kill in the middle of recovering from a kill: 30 and 15 seconds."""
    post.visit()
    send_and_die(post, 0)
    post.clock.passes(seconds=STRANDED.total_seconds())
    with transaction(post.engine) as session:
        assert outbox.claim_stranded(session, "sms", worker="dies too", now=post.clock(), lease=ASKING_LEASE)
    assert post.reconcile() == 0
    post.clock.passes(seconds=ASKING_LEASE.total_seconds() + 1)
    assert post.reconcile() == 1
    assert post.states() == ["accepted"]
    assert timedelta(minutes=1) > STRANDED + ASKING_LEASE


def test_a_carrier_that_cannot_be_asked_is_asked_again(post: Post, sim: Running) -> None:
    post.visit()
    send_and_die(post, 0)
    post.clock.passes(seconds=STRANDED.total_seconds())

    async def away(carrier: Carrier) -> int:
        carrier._client.api.base_url = "http://127.0.0.1:9"
        return await Dispatcher(post.engine, carrier, words_of, name="w", policy=POLICY, clock=post.clock).reconcile()

    assert with_carrier(sim, away) == 1
    assert post.states() == ["sending"]
    post.clock.passes(seconds=ASKING_LEASE.total_seconds() + 1)
    post.reconcile()
    assert post.states() == ["accepted"]


def test_a_sender_given_up_for_dead_that_reports_after_all_takes_the_message_out_of_the_queue(post: Post) -> None:
    message_id = post.answer("x")
    (claimed,) = claim_and_word(post)
    post.clock.passes(seconds=STRANDED.total_seconds())
    post.reconcile()
    assert post.states() == ["queued"]
    with transaction(post.engine) as session:
        outbox.settle(session, [outbox.Settled(claimed.id, "accepted", "SMlate")], worker="dead", now=post.clock())
    assert (post.message(message_id).state, post.send_due()) == ("accepted", 0)


# --- lost answers


@pytest.mark.parametrize("kind", ["drop", "timeout", "server_error"])
@pytest.mark.parametrize("accepted", [True, False])
def test_a_lost_answer_is_asked_about_before_anything_is_sent_again_x29(post: Post, kind: str, accepted: bool) -> None:
    post.visit()
    post.sim.fault(kind, accepted=accepted, seconds=0.1, times=1)
    post.send_due()
    assert (post.states(), post.send_due()) == (["sending"], 0)
    post.clock.passes(seconds=STRANDED.total_seconds())
    post.reconcile()
    assert post.states() == ["accepted" if accepted else "queued"]
    post.send_due()
    assert post.states() == ["accepted"]
    assert len(post.arrived()) == 1


def test_a_sender_that_was_held_up_gives_back_what_it_may_not_finish_inside_its_lease(post: Post) -> None:
    post.answer("pierwsza")
    post.visit()

    def slow(message: Claimed) -> str:
        post.clock.passes(seconds=LEASE.total_seconds() / 2)
        return words_of(message)

    post.words = slow
    post.send_due()
    assert (post.states(), post.arrived()) == (["queued", "queued"], [])
    post.clock.passes(seconds=10)
    post.send_due()
    assert len(post.arrived()) == 2


def test_a_carrier_that_is_away_is_tried_again_after_a_while(post: Post) -> None:
    post.answer("x")

    async def away(carrier: Carrier) -> int:
        carrier._client.api.base_url = "http://127.0.0.1:9"
        return await Dispatcher(post.engine, carrier, words_of, name="w", policy=POLICY, clock=post.clock).send_due("lane")

    assert with_carrier(post.sim, away) == 1
    assert (post.states(), post.send_due()) == (["queued"], 0)
    post.clock.passes(seconds=10)
    assert post.send_due() == 1
    assert post.arrived() == ["x"]
