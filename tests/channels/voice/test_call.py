"""Calls as scripts: who says what when, and the list of everything that happened (X32, D6, D7, D11, D12, R98)."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from channels.voice.pressing import HELD_MS
from registry import calls, spoken
from registry.communications import Message
from registry.database import transaction
from tests.channels.voice.script import Script, script
from tests.channels.voice.world import LANDLINE, Begun, Telephony
from tests.registry import build

OPENING = ["we: system_disclosure", "we: call_who"]


def test_a_visit_is_cancelled_by_voice_after_it_was_read_back_d7(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").answers("odwołuję").answers("tak, odwołuję").answers("nie, dziękuję")
    call.passes(10_000)
    assert call.events == [
        *OPENING, "caller: tak", "we: reminder_d7", "caller: odwołuję", "we: ask_cancel", "caller: tak, odwołuję", "we: cancelled",
        "we: call_more", "caller: nie, dziękuję", "we: goodbye", "end: cancelled told",
    ]  # fmt: skip
    assert phone.one_visit() == "cancelled"
    assert phone.out(LANDLINE)[0] == ("reminder_d7", "delivered")


def test_a_visit_is_confirmed_r98(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak, przy telefonie").answers("tak, przyjdę").answers("dziękuję, do widzenia")
    call.passes(10_000)
    assert call.events[-1] == "end: confirmed told"
    assert phone.one_visit() == "booked"


def test_nothing_of_the_visit_is_said_before_the_person_is_known_x32(begun: Begun) -> None:
    call = begun().passes(30_000)
    assert "automat" in call.words[0]
    assert not any("Miejsce" in words or "września" in words or "listopada" in words for words in call.words)


def test_silence_gets_other_words_then_keys_then_the_end_and_we_call_again_d11(begun: Begun, phone: Telephony) -> None:
    call = begun().passes(60_000)
    assert call.events == [
        "we: system_disclosure", "we: call_hello", "we: call_silence", "we: call_hello_again", "we: call_hello_again",
        "we: call_keys_yes_no", "we: call_silent", "end: silent",
    ]  # fmt: skip
    assert phone.out(LANDLINE)[-1] == ("reminder_d7", "queued")


def test_silence_after_the_reminder_leaves_the_visit_and_it_is_told(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").passes(60_000)
    assert call.events[2:] == [
        "caller: tak", "we: reminder_d7", "we: call_silence", "we: call_ask_reminder", "we: call_ask_reminder", "we: call_keys_reminder",
        "we: call_unanswered", "end: told told",
    ]  # fmt: skip
    assert phone.one_visit() == "booked"


def test_speech_that_nobody_knows_leads_to_keys_and_then_to_a_person(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").answers().answers()
    assert call.events[-1] == "we: call_keys_reminder"
    call.answers().answers().passes(20_000)
    assert call.events[-1].startswith("end: handed_over")
    assert (phone.tasks(), phone.one_visit()) == (["request_human"], "booked")


def test_a_yes_heard_badly_does_not_cancel_d7(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").answers("odwołuję").answers("tak", confidence=0.2)
    assert phone.one_visit() == "booked"
    call.answers("tak", confidence=0.9)
    assert phone.one_visit() == "cancelled"


def test_a_yes_that_began_before_the_question_could_be_understood_does_not_cancel_d7(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").answers("odwołuję").passes(600).says("tak")
    assert call.events[-4:] == ["we: ask_cancel", "hush", "caller: tak", "we: ask_cancel"]
    assert phone.one_visit() == "booked"


def test_speaking_over_us_clears_and_a_cleared_mark_is_not_heard(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").passes(1_000).says().leaves()
    assert "hush" in call.events
    assert call.events[-1] == "end: hung_up"
    assert phone.out(LANDLINE)[-1] == ("reminder_d7", "queued")


def test_the_first_words_are_said_to_their_end_x32(begun: Begun) -> None:
    call = begun().passes(500).says("słucham").passes(20)
    assert "hush" not in call.events
    assert call.until_asked().events[:4] == ["we: system_disclosure", "caller: słucham", "we: call_hello"]


def test_a_machine_hears_neither_name_nor_visit_d11(begun: Begun, phone: Telephony) -> None:
    call = begun().passes(2_500).screened(machine=True)
    assert call.events == ["we: system_disclosure", "hush", "end: voicemail"]
    assert phone.out(LANDLINE)[-1] == ("reminder_d7", "queued")


def _personal(call: Script) -> bool:
    return any("Kowalski" in words or "wizycie" in words for words in call.words)


def test_a_verdict_that_comes_late_leaves_no_name_on_a_machine_d11(begun: Begun, phone: Telephony) -> None:
    """Its greeting runs on, with words that might be answers, and the carrier takes twelve seconds to make up its mind."""
    call = begun().passes(800).says("dzień dobry").until_asked().says("słucham", began_ms=5_000).says().passes(2_000)
    call.screened(machine=True)
    assert "we: call_hello" in call.events
    assert (_personal(call), call.events[-1]) == (False, "end: voicemail")
    assert phone.out(LANDLINE)[-1] == ("reminder_d7", "queued")


def test_without_a_verdict_a_machine_hears_no_name_and_we_ring_again_d11(begun: Begun, phone: Telephony) -> None:
    call = begun().passes(800).says("dzień dobry").answers().answers().answers().answers().passes(20_000)
    assert (_personal(call), call.events[-1]) == (False, "end: silent")
    assert phone.out(LANDLINE)[-1] == ("reminder_d7", "queued")


@pytest.mark.parametrize("words", ["tak", "słucham", "halo", "dzień dobry"])
def test_who_hears_us_is_asked_for_by_name_though_the_carrier_says_nothing(begun: Begun, words: str) -> None:
    call = begun().answers(words)
    assert call.events == ["we: system_disclosure", "we: call_hello", f"caller: {words}", "we: call_who"]


def test_nobody_waits_in_silence_for_the_carriers_verdict(begun: Begun) -> None:
    """After the first words at most 600 ms pass; a verdict that comes while we ask whether we are heard makes the next question."""
    call = begun().passes(6_500)
    assert call.events == ["we: system_disclosure", "we: call_hello"]
    call.screened(machine=False).until_asked().passes(700)
    assert call.events[-1] == "we: call_who"


def test_a_key_is_a_person(begun: Begun) -> None:
    assert begun().until_asked().presses("1").events[-1] == "we: call_who"


@pytest.mark.parametrize("words", ["to ja", "przy telefonie", "tak", "tak, słucham"])
def test_the_person_says_so_in_many_ways(begun: Begun, words: str) -> None:
    call = begun().screened(machine=False).answers(words)
    assert call.events[-1] == "we: reminder_d7"


@pytest.mark.parametrize("words", ["słucham", "halo", "kto mówi", "o co chodzi", "odwołuję", "potwierdzam", "na rynku byłem"])
def test_anything_else_than_a_yes_tells_nobody_anything(begun: Begun, words: str) -> None:
    call = begun().screened(machine=False).answers(words)
    assert "we: reminder_d7" not in call.events
    assert call.events[-1].startswith("we: call_")


@pytest.mark.parametrize(("confidence", "told"), [(0.9, True), (0.3, True), (0.2, False)])
def test_a_yes_that_was_hardly_heard_is_asked_again(begun: Begun, confidence: float, told: bool) -> None:
    call = begun().screened(machine=False).answers("tak", confidence=confidence)
    assert ("we: reminder_d7" in call.events) == told


def test_somebody_else_says_when_to_call_again(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("nie ma go w domu").answers("jutro o dziesiątej").passes(10_000)
    assert call.events[-1] == "end: call_later"
    with transaction(phone.engine) as session:
        due = session.scalars(select(Message.due_at).where(Message.state == "queued", Message.address == LANDLINE)).one()
    assert due == datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


def test_a_wrong_number_is_confirmed_and_never_rung_again(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("pomyłka").answers("tak, pomyłka").passes(15_000)
    assert call.events[-1] == "end: wrong_person"
    assert [state for _, state in phone.out(LANDLINE) if state == "queued"] == []
    assert (phone.one_visit(), "wrong_person" in phone.tasks()) == ("booked", True)


def test_once_more_slower_and_louder_at_every_point(begun: Begun) -> None:
    call = begun().screened(machine=False).answers("proszę mówić wolniej")
    assert call.manner.slower == 1
    call.answers("tak").answers("głośniej proszę")
    assert (call.manner.slower, call.manner.louder) == (1, 1)
    assert call.events[-1] == "we: reminder_d7"
    call.answers("proszę powtórzyć")
    assert call.events[-1] == "we: reminder_d7"


def test_one_moment_is_waited_for(begun: Begun) -> None:
    call = begun().screened(machine=False).answers("chwileczkę").until_asked().passes(20_000)
    assert call.events[-1] == "we: call_waiting"
    assert call.answers("tak").events[-1] == "we: reminder_d7"


def test_keys_work_at_every_question(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).until_asked().presses("1").until_asked().presses("9", "2").until_asked().presses("1")
    call.passes(HELD_MS).until_asked().presses("0")
    call.passes(30_000)
    assert phone.one_visit() == "cancelled"
    assert call.events[-1].startswith("end: handed_over")


def test_keys_and_voice_can_be_mixed(begun: Begun, phone: Telephony) -> None:
    begun().screened(machine=False).until_asked().presses("1").answers("odwołuję").until_asked().presses("2").passes(10_000)
    assert phone.one_visit() == "booked"


def test_two_patients_at_one_number_give_their_birthday_x8(begun: Begun, phone: Telephony) -> None:
    with transaction(phone.engine) as session:
        build.patient(session, LANDLINE, given_name="Anna")
    call = begun().screened(machine=False).answers("tak").until_asked().presses("3", "1", "1", "2")
    assert call.events[-1] == "we: identity_wrong"
    assert call.answers("pierwszego marca").events[-1] == "we: reminder_d7"


def test_a_notice_without_a_question_is_offered_again_and_ends(begun: Begun) -> None:
    call = begun("booked").screened(machine=False).answers("tak").passes(30_000)
    assert call.events[-4:] == ["we: booked", "we: call_ask_repeat", "we: goodbye", "end: told told"]


def _theirs(phone: Telephony, now: datetime, wire_id: str) -> Script:
    """A call that somebody made to us."""
    with transaction(phone.engine) as session:
        call_id = calls.receive(session, wire_id, LANDLINE, now=now)
        spoken.call_back(session, call_id, LANDLINE, now=now)
    return script(phone.engine, call_id, phone.clock, now)


def test_who_calls_us_is_asked_what_for_and_may_cancel_after_the_read_back(phone: Telephony, now: datetime) -> None:
    phone.visit(LANDLINE)
    with transaction(phone.engine) as session:
        session.execute(text("UPDATE messages SET state = 'delivered'"))
    call = _theirs(phone, now, "CAtheirs").until_asked().passes(200).says("chcę odwołać wizytę")
    assert call.events == ["we: system_disclosure", "we: call_help", "caller: chcę odwołać wizytę", "we: ask_cancel"]
    assert not any("Jan Kowalski" in words for words in call.words)
    call.answers("tak, odwołuję").passes(30_000)
    assert (phone.one_visit(), call.events[-1]) == ("cancelled", "end: cancelled")


def test_who_calls_from_a_mobile_hears_that_the_visit_is_cancelled(phone: Telephony, now: datetime) -> None:
    phone.visit("+48601234599")
    with transaction(phone.engine) as session:
        session.execute(text("UPDATE messages SET state = 'delivered'"))
        call_id = calls.receive(session, "CAmobile", "+48601234599", now=now)
    call = script(phone.engine, call_id, phone.clock, now).answers("odwołuję wizytę").answers("tak, odwołuję")
    assert call.events[-2:] == ["we: cancelled", "we: call_more"]


def test_who_calls_us_may_speak_over_the_menu(phone: Telephony, now: datetime) -> None:
    phone.visit(LANDLINE)
    with transaction(phone.engine) as session:
        session.execute(text("UPDATE messages SET state = 'delivered'"))
    call = _theirs(phone, now, "CAtheirs").passes(6_000).says("potwierdzam wizytę")
    assert call.events[-2:] == ["we: confirmed", "we: call_more"]


def test_a_stranger_who_calls_hears_of_nobodys_visit_d12(phone: Telephony, now: datetime) -> None:
    call = _theirs(phone, now, "CAstranger").answers("kiedy mam wizytę")
    assert call.events[-1] == "we: ask_pesel"  # D12: who it is comes first
    call.until_asked().presses(*"12345678901")
    assert call.events[-1].startswith("we: ")
    assert not any("Miejsce" in words for words in call.words)


def test_who_calls_back_is_asked_for_and_hears_what_we_rang_for_d11(begun: Begun, phone: Telephony, now: datetime) -> None:
    begun().leaves()
    call = _theirs(phone, now, "CAback").answers("tak").answers("tak, przyjdę").passes(30_000)
    assert call.events[:4] == ["we: system_disclosure", "we: call_call_back", "we: call_who", "caller: tak"]
    assert call.events[-1] == "end: confirmed told"
    assert [state for _, state in phone.out(LANDLINE) if state == "queued"] == []


WHOLE = ["tak", "odwołuję", "tak, odwołuję", "nie, dziękuję"]


@pytest.mark.parametrize("moment", range(0, 50_000, 3_900))
def test_hanging_up_at_any_moment_ends_in_one_outcome_that_settles_the_message_r98(begun: Begun, phone: Telephony, moment: int) -> None:
    """Whenever it happens: one end, the message is told or tried again, and the visit is cancelled only after the read-back."""
    call = begun().screened(machine=False)
    words = list(WHOLE)
    while call.at_ms < moment and not call.call.over:
        if not call.playing and words and call.call._question.stage != "opening":
            call.says(words.pop(0))
        call.passes(200)
    call.leaves()
    states = [state for _, state in phone.out(LANDLINE)]
    assert call.closed == 1
    assert not {"accepted", "sent", "sending"} & set(states)
    assert states[0] in ("delivered", "undelivered")
    assert ("queued" in states) == ("undelivered" in states)
    assert (phone.one_visit() == "cancelled") == (len(words) <= 1)
