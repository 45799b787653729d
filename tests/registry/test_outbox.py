"""The outbox: what is claimed when, in which order and by whom, and how it is settled."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import allocation, cancellations, offers, outbox, people, receipts, reminders
from registry.appointments import Appointment
from registry.communications import Message
from registry.outbox import Settled
from registry.receipts import Receipt
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw
from tests.registry.sending import answer, claim, notice, settle, state, tasks

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)
SUNDAY, HOLIDAY, WEDNESDAY = date(2026, 11, 15), date(2026, 11, 11), date(2026, 11, 18)
LANDLINE = "+48 22 441 00 01"


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
