"""Calls on keys alone, and what the carrier reports: from the first words to one recorded outcome (R98, D11, X32)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from time import perf_counter

import pytest
from sqlalchemy import Engine, text

from registry import cancellations, outbox
from registry.database import transaction
from tests.channels.voice.world import Telephony, Told, telephony
from tests.registry import build

LANDLINE = "+48523570150"


@pytest.fixture
def phone(engine: Engine, now: datetime) -> Iterator[Telephony]:
    with telephony(engine, now) as ours:
        yield ours


def _press(phone: Telephony, told: Told, *digits: str) -> Told:
    """Keys by somebody who hears each question out."""
    for digit in digits:
        phone.clock.passes(seconds=5)
        told = phone.told(phone.post(told.then, Digits=digit))
    return told


def _answered(phone: Telephony, call_id: int) -> Told:
    return phone.told(phone.post(f"/voice/answer?c={call_id}"))


def test_keys_from_the_first_words_to_the_cancelled_visit_r98(phone: Telephony) -> None:
    visit = phone.visit(LANDLINE)
    call_id = phone.ring()
    opening = _answered(phone, call_id)
    assert "automat" in opening.words  # X32
    assert "Kowalski" not in opening.words
    assert "wizyt" not in opening.words
    who = _press(phone, opening, "1")
    assert "Czy przy telefonie jest Jan Kowalski?" in who.words
    matter = _press(phone, who, "1")
    assert "Wizyta jest umówiona" in matter.words
    read_back = _press(phone, matter, "2")
    assert "Czy na pewno odwołać wizytę?" in read_back.words
    assert phone.status(visit) == "booked"
    done = _press(phone, read_back, "1")
    assert done.verbs[-1] == "Hangup"
    assert phone.status(visit) == "cancelled"
    assert phone.call(call_id).outcome == "cancelled"
    assert ("booked", "delivered") in phone.out(LANDLINE)


def test_who_corrects_a_slip_of_the_finger_does_not_confirm_the_slip_d7(phone: Telephony) -> None:
    """Two for "odwołuję", and at once one for "przyjdę": the read-back, where one is "tak", has hardly begun."""
    visit = phone.visit(LANDLINE)
    read_back = _press(phone, _answered(phone, phone.ring()), "1", "1", "2")
    phone.clock.passes(seconds=0.7)
    again = phone.told(phone.post(read_back.then, Digits="1"))
    assert "Czy na pewno odwołać" in again.words
    assert phone.status(visit) == "booked"
    _press(phone, again, "1")
    assert phone.status(visit) == "cancelled"


def test_a_request_that_the_carrier_repeats_presses_no_second_key(phone: Telephony) -> None:
    """The keys of the read-back must never be those of the question before it."""
    visit = phone.visit(LANDLINE)
    matter = _press(phone, _answered(phone, phone.ring()), "1", "1")
    for _ in range(3):
        again = phone.told(phone.post(matter.then, Digits="2"))
    assert "Czy na pewno odwołać" in again.words
    assert phone.status(visit) == "booked"
    _press(phone, again, "1")
    assert phone.status(visit) == "cancelled"


def test_somebody_else_hears_no_word_of_a_visit_and_we_call_again_r98(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    done = _press(phone, _answered(phone, call_id), "1", "2")
    assert "wizyt" not in done.words
    assert phone.call(call_id).outcome == "not_home"
    assert phone.out(LANDLINE)[-1] == ("booked", "queued")


@pytest.mark.parametrize(
    ("status", "outcome"), [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "refused"), ("completed", "hung_up")]
)
def test_a_call_in_which_nobody_talked_ends_by_the_carriers_word_d11(phone: Telephony, status: str, outcome: str) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    for _ in range(2):
        assert phone.post(f"/voice/status?c={call_id}", CallStatus=status).status_code == 204
    assert phone.call(call_id).outcome == outcome
    assert phone.out(LANDLINE) == [("booked", "undelivered"), ("booked", "queued")]


def test_an_answering_machine_hears_nothing_personal_d11(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    opening = _answered(phone, call_id)
    phone.post(f"/voice/screening?c={call_id}", AnsweredBy="machine_start")
    said = opening.words
    for _ in range(3):  # no key is ever pressed
        opening = phone.told(phone.post(opening.then if "Gather" in opening.verbs else "/voice/after", Digits=""))
        said += opening.words
    assert "Kowalski" not in said
    assert "wizyt" not in said
    assert phone.call(call_id).outcome == "silent"


def test_hanging_up_after_the_message_was_heard_needs_no_second_call(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    _press(phone, _answered(phone, call_id), "1", "1", "")
    phone.post(f"/voice/status?c={call_id}", CallStatus="completed")
    assert (phone.call(call_id).outcome, phone.out(LANDLINE)[0]) == ("told", ("booked", "delivered"))


def test_hanging_up_while_it_is_being_said_is_not_heard(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    _press(phone, _answered(phone, call_id), "1", "1")
    phone.post(f"/voice/status?c={call_id}", CallStatus="completed")
    assert (phone.call(call_id).outcome, phone.out(LANDLINE)[-1]) == ("hung_up", ("booked", "queued"))


def test_two_patients_at_one_number_are_told_apart_by_their_birthday_x8(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    with transaction(phone.engine) as session:
        build.patient(session, LANDLINE, given_name="Anna")
    call_id = phone.ring()
    asked = _press(phone, _answered(phone, call_id), "1", "1")
    assert "dzień i miesiąc urodzenia" in asked.words
    wrong = _press(phone, asked, "3112")
    assert "Wizyta" not in wrong.words
    assert "Wizyta jest umówiona" in _press(phone, wrong, "0103").words


def test_zero_calls_for_a_person_and_leaves_the_visit_alone(engine: Engine, now: datetime) -> None:
    with telephony(engine, now, transfer_to="+48225550000") as phone:
        visit = phone.visit(LANDLINE)
        call_id = phone.ring()
        told = _press(phone, _answered(phone, call_id), "1", "1", "0")
        assert told.verbs[-1] == "Dial"
        assert (phone.call(call_id).outcome, phone.status(visit), phone.tasks()) == ("handed_over", "booked", ["request_human"])


def test_news_that_is_out_of_date_when_somebody_picks_up_is_not_told_r101(phone: Telephony) -> None:
    visit = phone.visit(LANDLINE)
    call_id = phone.ring()
    with transaction(phone.engine) as session:
        cancellations.cancel(session, visit, reason="other", actor=build.DESK, now=phone.clock())
    told = _answered(phone, call_id)
    assert "nieaktualna" in told.words
    assert phone.call(call_id).outcome == "outdated"


def test_who_calls_us_gets_a_menu_and_confirms_r98(phone: Telephony) -> None:
    visit = phone.visit(LANDLINE)
    with transaction(phone.engine) as session:
        session.execute(text("UPDATE messages SET state = 'delivered'"))
    menu = phone.told(phone.post("/voice/answer", From=LANDLINE, CallSid="CAtheirs"))
    phone.sid = "CAtheirs"
    assert "potwierdzam" in menu.words
    told = _press(phone, menu, "1")
    assert "potwierdzona" in told.words
    assert phone.status(visit) == "booked"


def test_who_calls_back_hears_what_we_rang_for_d11(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    phone.post(f"/voice/status?c={call_id}", CallStatus="no-answer")
    phone.clock.passes(minutes=5)
    opening = phone.told(phone.post("/voice/answer", From=LANDLINE, CallSid="CAback"))
    phone.sid = "CAback"
    assert "Wizyta jest umówiona" in _press(phone, opening, "1", "1").words
    with transaction(phone.engine) as session:
        assert outbox.claim(session, "voice", worker="w", now=phone.clock() + timedelta(hours=1)) == []


@pytest.mark.parametrize("path", ["answer?c=1", "keys?c=1&n=1", "after?c=1", "status?c=1", "screening?c=1", "stream-status?c=1"])
def test_a_wrong_signature_is_refused_everywhere(phone: Telephony, path: str) -> None:
    assert phone.post(f"/voice/{path}", token="another").status_code == 403


def test_a_call_is_answered_only_under_its_own_name(phone: Telephony) -> None:
    phone.visit(LANDLINE)
    call_id = phone.ring()
    assert phone.post(f"/voice/answer?c={call_id}", CallSid="CAanother").status_code == 400


def test_with_a_free_place_the_call_is_streamed_with_a_token_of_its_own(engine: Engine, now: datetime) -> None:
    with telephony(engine, now, places=1) as phone:
        phone.visit(LANDLINE)
        call_id = phone.ring()
        first, second = _answered(phone, call_id), _answered(phone, call_id)
        (stream,) = first.document.iter("Stream")
        tokens = [told.document.find(".//Parameter").attrib["value"] for told in (first, second)]  # type: ignore[union-attr]
        assert stream.attrib["url"] == "wss://rejestracja.example/cer/voice/stream"
        assert len(set(tokens)) == 2
        with phone.places.taken_by_a_call():
            assert _answered(phone, call_id).verbs == ["Gather"]  # the call after the last free place
        phone.places.draining = True
        assert _answered(phone, call_id).verbs == ["Gather"]


def test_the_call_after_the_last_free_place_hears_the_keypad_menu_within_a_second(engine: Engine, now: datetime) -> None:
    with telephony(engine, now, places=1) as phone:
        phone.visit(LANDLINE)
        call_id = phone.ring()
        with phone.places.taken_by_a_call():
            began = perf_counter()
            told = _answered(phone, call_id)
            took = perf_counter() - began
        assert told.verbs == ["Gather"]
        assert "klawisz" in told.words
        assert took < 1
        assert phone.told(phone.post(f"/voice/answer?c={call_id}")).verbs == ["Connect"]
