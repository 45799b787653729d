"""The outbox: what is claimed when, in which order and by whom, what a receipt is worth, and what follows a failure."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import permutations, product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, cancellations, communications, offers, outbox, people, receipts, reminders
from registry.appointments import Appointment
from registry.communications import Message, Received
from registry.outbox import Claimed, Settled
from registry.receipts import Receipt
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)
SUNDAY, HOLIDAY, WEDNESDAY = date(2026, 11, 15), date(2026, 11, 11), date(2026, 11, 18)
LANDLINE = "+48 22 441 00 01"


def claim(session: Session, now: datetime, channel: str = "sms", worker: str = "one", limit: int = 200) -> list[Claimed]:
    return outbox.claim(session, channel, worker=worker, now=now, limit=limit)


def notice(session: Session, now: datetime, *contacts: str, lead: timedelta = WEEK) -> Message:
    """A confirmation waiting to go out, to a patient with these addresses."""
    visit = build.visit(session, now + lead, now=now, of=build.patient(session, *contacts))
    (message,) = build.messages(session, appointment_id=visit.id)
    return message


def answer(session: Session, now: datetime, address: str) -> int:
    """An answer to somebody who has just written."""
    received = communications.receive(session, Received("sms", address, f"SM{build.mobile()}", "kiedy?", {}), now=now)
    assert received is not None
    return communications.answer(session, received, channel="sms", address=address, kind="answer", body="Jutro.", language="pl", now=now)


def state(session: Session, message_id: int) -> str:
    return session.scalars(select(Message.state).where(Message.id == message_id)).one()


def settle(session: Session, now: datetime, *results: Settled, worker: str = "one") -> list[int]:
    return outbox.settle(session, results, worker=worker, now=now)


def sent(session: Session, now: datetime, *contacts: str) -> Message:
    """A confirmation that the carrier has accepted as `wire…`."""
    message = notice(session, now, *contacts)
    claim(session, now, message.channel)
    settle(session, now, Settled(message.id, "accepted", wire_id=f"wire{message.id}"))
    return message


def failed(session: Session, now: datetime, meaning: outbox.Meaning, *contacts: str) -> Message:
    """A confirmation that the carrier gave up, and what the registry did about it."""
    message = sent(session, now, *contacts)
    report(session, now, message.id, "failed", meaning)
    return message


def report(session: Session, now: datetime, message_id: int, word: str, meaning: outbox.Meaning = "retry") -> None:
    """Take a receipt in and do what follows from it, as a carrier's webhook does."""
    known = receipts.receipt(session, f"wire{message_id}", word, message_id=message_id, error_code=CODES.get(word), now=now)
    assert known is not None
    if known.arrived:
        receipts.delivered_after_all(session, message_id, now=now)
    elif known.lost:
        receipts.follow_up(session, message_id, meaning, now=now)


def tasks(session: Session) -> list[tuple[str, int | None]]:
    return [(task.kind, task.message_id) for task in session.scalars(select(Task).order_by(Task.id))]


# --- claiming


def test_a_claim_is_a_lease_on_what_is_due(session: Session, now: datetime) -> None:
    """X29: claimed once, for thirty seconds, with what is needed to send it."""
    message = notice(session, now)
    assert claim(session, now - SECOND) == []
    (claimed,) = claim(session, now)
    assert (claimed.id, claimed.address, claimed.kind, claimed.tries, claimed.claimed_at) == (message.id, message.address, "booked", 1, now)
    session.refresh(message)
    assert (message.state, message.leased_by, message.lease_until) == ("sending", "one", now + timedelta(seconds=30))
    assert claim(session, now, worker="two") == []


def test_r100_messages_of_one_address_go_out_in_order(session: Session, now: datetime) -> None:
    """R100: in one set, oldest first; while one set is not settled, nothing newer of that address is claimed."""
    shared = build.mobile()
    first, second = (notice(session, now, shared) for _ in range(2))
    assert [one.id for one in claim(session, now)] == [first.id, second.id]
    third = notice(session, now, shared)
    elsewhere = notice(session, now)
    assert [one.id for one in claim(session, now, worker="two")] == [elsewhere.id]
    settle(session, now, Settled(first.id, "accepted", "a"), Settled(second.id, "accepted", "b"))
    assert [one.id for one in claim(session, now)] == [third.id]


def test_a_claim_takes_the_oldest_first_and_no_more_than_asked(session: Session, now: datetime) -> None:
    """R101: nobody starves behind newer messages."""
    late, early = notice(session, now), notice(session, now - timedelta(hours=1))
    assert [one.id for one in claim(session, now, limit=1)] == [early.id]
    assert [one.id for one in claim(session, now, limit=1)] == [late.id]


def test_d13_each_channel_has_its_own_messages(session: Session, now: datetime) -> None:
    """D13: a landline is called, an e-mail is written."""
    by_voice, by_mail, by_sms = notice(session, now, LANDLINE), notice(session, now, "jan@example.pl"), notice(session, now)
    assert [[one.id for one in claim(session, now, channel)] for channel in ("voice", "email", "sms")] == [
        [by_voice.id], [by_mail.id], [by_sms.id],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("channel", "day", "clock", "open_"),
    [
        ("sms", WEDNESDAY, (8, 0, 0), True), ("sms", WEDNESDAY, (7, 59, 59), False),
        ("sms", WEDNESDAY, (19, 59, 59), True), ("sms", WEDNESDAY, (20, 0, 0), False),
        ("sms", SUNDAY, (12, 0, 0), True), ("sms", HOLIDAY, (12, 0, 0), True),
        ("voice", WEDNESDAY, (9, 0, 0), True), ("voice", WEDNESDAY, (8, 59, 59), False),
        ("voice", WEDNESDAY, (18, 59, 59), True), ("voice", WEDNESDAY, (19, 0, 0), False),
        ("voice", date(2026, 11, 14), (12, 0, 0), True), ("voice", SUNDAY, (12, 0, 0), False), ("voice", HOLIDAY, (12, 0, 0), False),
        ("sms", date(2026, 3, 29), (8, 0, 0), True), ("sms", date(2026, 3, 29), (7, 59, 59), False),
        ("sms", date(2026, 10, 25), (19, 59, 59), True), ("sms", date(2026, 10, 25), (20, 0, 0), False),
    ],
)  # fmt: skip
def test_d10_contact_hours(session: Session, channel: str, day: date, clock: tuple[int, int, int], *, open_: bool) -> None:
    """D10, X30: by the Warsaw clock, also on the days on which it changes."""
    now = warsaw(day, *clock)
    notice(session, now, *([LANDLINE] if channel == "voice" else []))
    assert len(claim(session, now, channel)) == int(open_)


@pytest.mark.parametrize(
    ("clock", "lead", "open_"),
    [
        ((7, 0, 0), timedelta(hours=24) - SECOND, True), ((6, 59, 59), timedelta(hours=23), False),
        ((20, 59, 59), timedelta(hours=23), True), ((21, 0, 0), timedelta(hours=23), False),
        ((20, 30, 0), timedelta(hours=24), False), ((7, 30, 0), WEEK, False),
    ],
)  # fmt: skip
def test_d10_a_change_near_the_visit_may_go_out_from_7_to_21(
    session: Session, clock: tuple[int, int, int], lead: timedelta, *, open_: bool
) -> None:
    """D10: within 24 hours of the visit."""
    now = warsaw(WEDNESDAY, *clock)
    notice(session, now, lead=lead)
    assert len(claim(session, now)) == int(open_)


def test_d10_a_reminder_is_no_such_change(session: Session) -> None:
    """D10: it keeps to the plain hours, however near the visit is."""
    build.visit(session, warsaw(WEDNESDAY + timedelta(days=1), 12), now=warsaw(WEDNESDAY, 7), service="MAMMO")
    reminders.write_due(session, now=warsaw(WEDNESDAY, 19, 59, 59))
    late = claim(session, warsaw(WEDNESDAY, 20, 30))
    assert [one.kind for one in late] == ["booked"]


@pytest.mark.parametrize(
    ("visit_at", "clock", "kind_goes"),
    [
        ((15, 0), (8, 0), True), ((15, 0), (13, 0), True), ((15, 0), (13, 0, 1), False), ((10, 0), (8, 0), True), ((9, 59), (8, 0), False),
        ((8, 0), (8, 0), False),
    ],
)  # fmt: skip
def test_r101_a_reminder_that_missed_its_day_goes_out_only_while_it_helps(
    session: Session, visit_at: tuple[int, int], clock: tuple[int, ...], *, kind_goes: bool
) -> None:
    """R101, D10: written before 20:00 and held up; on the day of the visit it is worth sending two hours before, not later."""
    tomorrow = WEDNESDAY + timedelta(days=1)
    build.visit(session, warsaw(tomorrow, *visit_at), now=warsaw(WEDNESDAY - timedelta(days=2), 12), service="MAMMO")
    reminders.write_due(session, now=warsaw(WEDNESDAY, 19, 59, 59))
    (message,) = build.messages(session, kind="reminder_d1")
    sent = {one.kind for one in claim(session, warsaw(tomorrow, *clock))}
    assert ("reminder_d1" in sent, state(session, message.id)) == (kind_goes, "sending" if kind_goes else "suppressed")


@pytest.mark.parametrize(("days_later", "goes"), [(0, True), (5, True), (6, False), (7, False)])
def test_r101_the_first_reminder_does_not_come_beside_the_second(session: Session, days_later: int, *, goes: bool) -> None:
    """R101: held up until the day of D-1, D-7 has nothing more to say."""
    build.visit(session, warsaw(WEDNESDAY + WEEK, 15), now=warsaw(WEDNESDAY - WEEK, 12), service="MAMMO")
    reminders.write_due(session, now=warsaw(WEDNESDAY, 19, 59, 59))
    sent = {one.kind for one in claim(session, warsaw(WEDNESDAY + timedelta(days=days_later), 19, 59, 59))}
    assert ("reminder_d7" in sent) is goes


def test_d10_an_answer_goes_out_at_any_hour(session: Session) -> None:
    """D10, R102: who writes at midnight is answered at midnight, also by the notice that his word caused."""
    night = warsaw(WEDNESDAY, 0, 5)
    visit = build.visit(session, night + WEEK, now=night)
    address = build.contact(session, session.get_one(people.Patient, visit.patient_id)).value
    plain = answer(session, night, address)
    received = session.scalars(select(Message.id).where(Message.direction == "in")).one()
    writer = build.Actor("patient", "sms", address=address, message_id=received)
    cancellations.cancel(session, visit.id, reason="sms", actor=writer, now=night)
    assert [one.kind for one in claim(session, night)] == ["answer", "cancelled"]
    assert state(session, plain) == "sending"


def test_r101_news_that_is_no_longer_true_is_suppressed(session: Session, now: datetime) -> None:
    """R101, R100: booked and cancelled in the night, the morning tells the cancellation alone."""
    night = warsaw(WEDNESDAY, 23)
    message = notice(session, night)
    cancellations.cancel(session, message.appointment_id or 0, reason="other", actor=DESK, now=night)
    assert [one.kind for one in claim(session, warsaw(WEDNESDAY + timedelta(days=1), 8))] == ["cancelled"]
    assert state(session, message.id) == "suppressed"


@pytest.mark.parametrize("how", ["ran out", "declined"])
def test_r61_an_offer_that_ended_is_not_sent(session: Session, now: datetime, how: str) -> None:
    """R61, D5: nobody is asked what he cannot answer."""
    build.waiting(session, now=now)
    slot = build.slot(session, now + timedelta(hours=60), state="pending")
    offer_id = allocation.place(session, slot.id, now=now).appointment_id or 0
    later = session.get_one(Appointment, offer_id).expires_at or now
    if how == "declined":
        offers.decline(session, offer_id, actor=PATIENT, now=now)
        later = now
    assert "offer" not in [one.kind for one in claim(session, later)]
    assert [one.state for one in build.messages(session, kind="offer")] == ["suppressed"]


def test_r100_what_was_put_off_is_not_overtaken(session: Session, now: datetime) -> None:
    """R100: the next message of an address waits for the one that the carrier had no room for."""
    shared = build.mobile()
    first = notice(session, now, shared)
    claim(session, now)
    settle(session, now, Settled(first.id, "queued", due_at=now + timedelta(minutes=1)))
    second = notice(session, now, shared)
    assert claim(session, now) == []
    assert [one.id for one in claim(session, now + timedelta(minutes=1))] == [first.id, second.id]


# --- settling


def test_only_the_holder_of_the_lease_settles(session: Session, now: datetime) -> None:
    """X29: a worker that was given up for dead changes nothing that another one has taken over."""
    message = notice(session, now)
    claim(session, now)
    late = now + timedelta(minutes=1)
    assert [one.id for one in outbox.claim_stranded(session, "sms", worker="two", now=late)] == [message.id]
    assert settle(session, late, Settled(message.id, "accepted", "wire"), worker="one") == []
    assert settle(session, late, Settled(message.id, "accepted", "wire"), worker="two") == [message.id]
    session.refresh(message)
    assert (message.state, message.wire_id, message.sent_at, message.leased_by) == ("accepted", "wire", late, None)


def test_what_was_sent_by_a_slow_worker_is_not_sent_again(session: Session, now: datetime) -> None:
    """X29: the second worker asked the carrier too early and gave the message back; then the first one's word comes."""
    message = notice(session, now)
    claim(session, now)
    late = now + timedelta(minutes=1)
    outbox.claim_stranded(session, "sms", worker="two", now=late)
    settle(session, late, Settled(message.id, "queued", due_at=late), worker="two")
    settle(session, late, Settled(message.id, "accepted", "wire"), worker="one")
    assert state(session, message.id) == "accepted"
    assert claim(session, late) == []


def test_a_message_given_back_is_claimed_again_when_due(session: Session, now: datetime) -> None:
    """X29: with one more try on its count."""
    message = notice(session, now)
    claim(session, now)
    settle(session, now, Settled(message.id, "queued", due_at=now + timedelta(minutes=1)))
    assert claim(session, now) == []
    assert [one.tries for one in claim(session, now + timedelta(minutes=1))] == [2]


def test_a_receipt_that_overtook_the_settlement_keeps_its_state(session: Session, now: datetime) -> None:
    """X29: the carrier's word came before ours was written."""
    message = notice(session, now)
    claim(session, now)
    receipt = receipts.receipt(session, "wire", "delivered", message_id=message.id, error_code=None, now=now)
    assert receipt == Receipt(message.id, "delivered", "sending")
    settle(session, now, Settled(message.id, "accepted", "wire"))
    assert state(session, message.id) == "delivered"


def test_only_what_outlived_its_lease_is_stranded(session: Session, now: datetime) -> None:
    """X29: asked of the carrier by one worker at a time; found within 60 seconds."""
    message = notice(session, now)
    claim(session, now)
    assert outbox.claim_stranded(session, "sms", worker="two", now=now + outbox.LEASE) == []
    late = now + outbox.LEASE + SECOND
    assert [one.id for one in outbox.claim_stranded(session, "sms", worker="two", now=late)] == [message.id]
    assert outbox.claim_stranded(session, "sms", worker="three", now=late) == []


def test_words_are_kept_once(session: Session, now: datetime) -> None:
    """X33: what was sent is what the log shows."""
    message = notice(session, now)
    outbox.keep_words(session, [(message.id, "Wizyta")])
    outbox.keep_words(session, [(message.id, "Inne słowa")])
    session.refresh(message)
    assert message.body == "Wizyta"


def test_what_cannot_be_put_into_words_is_a_task(session: Session, now: datetime) -> None:
    """R54."""
    message = notice(session, now)
    claim(session, now)
    outbox.give_up(session, [message.id], now=now)
    assert (state(session, message.id), tasks(session)) == ("failed", [("unwritable", message.id)])


def test_the_queue_is_counted_and_its_age_measured(session: Session, now: datetime) -> None:
    """What operators watch: only what is due."""
    assert outbox.waiting(session, now=now) == (0, 0.0)
    notice(session, now - timedelta(seconds=90))
    notice(session, now)
    assert outbox.waiting(session, now=now) == (2, 90.0)
    assert outbox.waiting(session, now=now - timedelta(seconds=30)) == (1, 60.0)


# --- receipts

STATES = ("accepted", "sent", "failed", "undelivered", "delivered")
CODES = {"failed": 30001, "undelivered": 30003}


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
