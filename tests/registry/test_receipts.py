"""What a receipt is worth, and what follows a failure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations, product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import cancellations, communications, outbox, people, receipts
from registry.communications import Received
from registry.outbox import Settled
from registry.receipts import Receipt
from tests.registry import build
from tests.registry.build import DESK
from tests.registry.sending import CODES, answer, claim, failed, notice, report, sent, settle, state, tasks

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)
STATES = ("accepted", "sent", "failed", "undelivered", "delivered")


def after(session: Session, now: datetime, order: Sequence[str]) -> tuple[str, int | None, bool]:
    """State, code and finality of a message after these receipts."""
    message = sent(session, now)
    for number, word in enumerate(order):
        moment = now + number * SECOND
        receipts.receipt(session, f"wire{message.id}", word, message_id=message.id, error_code=CODES.get(word), now=moment)
    session.refresh(message)
    return message.state, message.error_code, message.done_at is not None


def test_x29_receipts_in_every_order_end_in_the_same_state(session: Session, now: datetime) -> None:
    """X29: all 120 orders of five receipts, each word once."""
    assert {after(session, now, order) for order in permutations(STATES)} == {("delivered", None, True)}


@pytest.mark.parametrize("words", [("sent", "failed"), ("sent", "undelivered"), ("accepted", "sent"), ("failed", "undelivered")])
def test_x29_receipts_in_every_order_and_repetition_end_in_the_same_state(session: Session, now: datetime, words: tuple[str, str]) -> None:
    """X29: every series of up to four receipts over two words in which both occur."""
    series = [one for length in (2, 3, 4) for one in product(words, repeat=length) if set(one) == set(words)]
    (end,) = {after(session, now, one) for one in series}
    assert end[0] == max(words, key=STATES.index)


def test_x29_a_receipt_finds_its_message_by_our_own_number(session: Session, now: datetime) -> None:
    """X29: the carrier's id never reached us, because the sender died."""
    message = notice(session, now)
    claim(session, now)
    by_number = receipts.receipt(session, "lost", "sent", message_id=message.id, error_code=None, now=now)
    by_wire = receipts.receipt(session, "lost", "delivered", message_id=None, error_code=None, now=now)
    assert (by_number, by_wire) == (Receipt(message.id, "sent", "sending"), Receipt(message.id, "delivered", "sent"))
    assert outbox.known_wire_ids(session, ["lost", "other"]) == {"lost"}


def test_x29_a_receipt_for_nobody_is_told_so(session: Session, now: datetime) -> None:
    """X29: an unknown id, another message's number with a foreign id, and an incoming message."""
    message = sent(session, now)
    incoming = communications.receive(session, Received("sms", build.mobile(), "SMin", "tak", {}), now=now)
    assert receipts.receipt(session, "unknown", "delivered", message_id=None, error_code=None, now=now) is None
    assert receipts.receipt(session, "unknown", "delivered", message_id=message.id, error_code=None, now=now) is None
    assert receipts.receipt(session, "SMin", "delivered", message_id=incoming, error_code=None, now=now) is None
    assert state(session, message.id) == "accepted"


# --- what follows a failure


def test_r54_try_again_backs_off_and_ends_with_a_person(session: Session, now: datetime) -> None:
    """R54: after 1 minute, 10 minutes, 1 hour, then an operator's task."""
    message = failed(session, now, "retry")
    waits = []
    for attempt in (2, 3, 4):
        (queued,) = build.messages(session, state="queued")
        assert (queued.attempt, queued.address, queued.kind) == (attempt, message.address, "booked")
        waits.append((queued.due_at or now) - now)
        now = queued.due_at or now
        claim(session, now)
        settle(session, now, Settled(queued.id, "failed", error_code=30003))
        receipts.follow_up(session, queued.id, "retry", now=now)
    assert waits == [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)]
    assert build.messages(session, state="queued") == []
    assert tasks(session) == [("undelivered", queued.id)]


def test_r54_an_invalid_number_gives_way_to_the_next_address(session: Session, now: datetime) -> None:
    """R54: through all of them, then a task; the dead numbers are not used again."""
    mobiles = [build.mobile() for _ in range(2)]
    failed(session, now, "other_contact", *mobiles)
    (queued,) = build.messages(session, state="queued")
    assert (queued.address, queued.attempt, queued.body) == (mobiles[1], 2, None)
    claim(session, now)
    settle(session, now, Settled(queued.id, "failed", error_code=30005))
    receipts.follow_up(session, queued.id, "other_contact", now=now)
    assert build.messages(session, state="queued") == []
    assert tasks(session) == [("undelivered", queued.id)]
    assert set(session.scalars(select(people.ContactPoint.state))) == {"invalid"}


def test_r54_what_our_account_may_not_send_costs_the_number_nothing(session: Session, now: datetime) -> None:
    """R54, R104: another address is tried, the number keeps its good name; at last a task."""
    mobiles = [build.mobile(), "jan@example.pl"]
    message = failed(session, now, "not_by_us", *mobiles)
    (queued,) = build.messages(session, state="queued")
    assert (queued.channel, queued.address) == ("email", "jan@example.pl")
    assert set(session.scalars(select(people.ContactPoint.state))) == {"active"}
    alone = failed(session, now, "not_by_us")
    assert (tasks(session), state(session, message.id)) == ([("undelivered", alone.id)], "failed")


def test_r54_a_message_that_no_carrier_will_answer_for_ends_with_a_person(session: Session, now: datetime) -> None:
    """R54, X29: at once, then after 1 minute, 10 minutes, an hour and an hour; the sixth time nobody tries again."""
    message = notice(session, now)
    waits = []
    for _ in range(receipts.MOST_DOUBTS):
        claim(session, now)
        now += outbox.LEASE + SECOND
        (asked,) = outbox.claim_stranded(session, "sms", worker="two", now=now)
        word = receipts.unheard_of(asked, now=now)
        settle(session, now, word, worker="two")
        if word.due_at is not None:
            waits.append(word.due_at - now)
            now = word.due_at
    minute = timedelta(minutes=1)
    assert waits == [0 * minute, minute, 10 * minute, 60 * minute, 60 * minute]
    assert (word.state, state(session, message.id), claim(session, now + WEEK)) == ("failed", "failed", [])
    receipts.follow_up(session, message.id, "unsendable", now=now)
    assert tasks(session) == [("undelivered", message.id)]


def test_d13_a_landline_is_called_instead(session: Session, now: datetime) -> None:
    """R98, D13: the same number, by voice from now on."""
    message = failed(session, now, "landline")
    (queued,) = build.messages(session, state="queued")
    assert (queued.channel, queued.address) == ("voice", message.address)
    assert build.contact(session, session.get_one(people.Patient, message.patient_id)).channel == "voice"
    assert tasks(session) == []


def test_r54_who_opted_out_is_not_written_to_again(session: Session, now: datetime) -> None:
    """R54, D8: another address if there is one, else a person; the number keeps its mark for everyone who gave it."""
    shared = build.mobile()
    spouse = build.patient(session, shared)
    message = failed(session, now, "opted_out", shared, "jan@example.pl")
    (queued,) = build.messages(session, state="queued")
    assert (queued.channel, queued.address) == ("email", "jan@example.pl")
    assert build.contact(session, spouse).state == "opted_out"
    alone = failed(session, now, "opted_out")
    assert tasks(session) == [("undelivered", alone.id)]
    assert state(session, message.id) == "failed"


@pytest.mark.parametrize("meaning", ["unsendable", "stop"])
def test_a_fault_of_our_own_is_a_task_and_no_other_address_is_tried(session: Session, now: datetime, meaning: outbox.Meaning) -> None:
    """R54: refused words or a refused sender would be refused for every number; the addresses keep their marks."""
    message = failed(session, now, meaning, build.mobile(), "jan@example.pl")
    assert build.messages(session, state="queued") == []
    assert tasks(session) == [("undelivered", message.id)]
    assert set(session.scalars(select(people.ContactPoint.state))) == {"active"}


@pytest.mark.parametrize("meaning", ["retry", "other_contact", "opted_out", "landline", "unsendable", "stop"])
@pytest.mark.parametrize("words", [("failed", "failed"), ("failed", "undelivered", "failed"), ("undelivered", "sent")])
def test_x29_a_failure_told_twice_has_its_consequence_once(
    session: Session, now: datetime, meaning: outbox.Meaning, words: tuple[str, ...]
) -> None:
    """X29: for notices of visits."""
    message = failed(session, now, meaning, build.mobile(), "jan@example.pl")
    once = (len(build.messages(session)), tasks(session))
    for word in words:
        report(session, now, message.id, word, meaning)
    assert (len(build.messages(session)), tasks(session)) == once


def test_x29_an_answer_that_failed_twice_is_tried_again_once(session: Session, now: datetime) -> None:
    """X29, R102: answers tell of no visit version, and yet a patient is not answered twice; nor is it a task while it is tried again."""
    message_id = answer(session, now, build.mobile())
    claim(session, now)
    settle(session, now, Settled(message_id, "accepted", f"wire{message_id}"))
    for _ in range(3):
        report(session, now, message_id, "undelivered")
    (again,) = build.messages(session, state="queued")
    assert (again.body, again.attempt, again.retry_of, tasks(session)) == ("Jutro.", 2, message_id, [])
    report(session, now, message_id, "delivered")
    assert state(session, again.id) == "suppressed"


@pytest.mark.parametrize("order", sorted(set(permutations(("undelivered", "undelivered", "delivered", "sent")))))
def test_x29_in_every_order_a_delivered_message_is_not_sent_again(session: Session, now: datetime, order: tuple[str, ...]) -> None:
    """X29: a retry already written is withdrawn."""
    message = sent(session, now)
    for word in order:
        report(session, now, message.id, word)
    assert state(session, message.id) == "delivered"
    assert claim(session, now + timedelta(hours=2)) == []
    assert tasks(session) == []


def test_a_late_follow_up_of_a_delivered_message_does_nothing(session: Session, now: datetime) -> None:
    """X29: the dispatcher's own follow-up may come after the carrier's better word."""
    message = sent(session, now)
    receipts.receipt(session, f"wire{message.id}", "delivered", message_id=message.id, error_code=None, now=now)
    receipts.follow_up(session, message.id, "retry", now=now)
    assert (build.messages(session, state="queued"), tasks(session)) == ([], [])


def test_r101_a_retry_whose_news_is_old_is_suppressed(session: Session, now: datetime) -> None:
    """R101: the visit was cancelled while the retry waited."""
    message = failed(session, now, "retry")
    cancellations.cancel(session, message.appointment_id or 0, reason="other", actor=DESK, now=now)
    assert [one.kind for one in claim(session, now + timedelta(minutes=1))] == ["cancelled"]


def test_r96_a_retry_to_a_contact_person_says_less(session: Session, now: datetime) -> None:
    """R96: the minimised text."""
    person = build.patient(session)
    neighbour = people.add_contact_person(session, person.id, name="Anna Lis", relationship="sąsiadka")
    people.add_contact(session, person.id, build.mobile(), now=now, person=neighbour)
    build.visit(session, now + WEEK, now=now, of=person)
    (first,) = claim(session, now)
    settle(session, now, Settled(first.id, "failed", error_code=30005))
    receipts.follow_up(session, first.id, "other_contact", now=now)
    assert [one.facts["shared"] for one in build.messages(session)] == [False, True]
