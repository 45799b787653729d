"""Issue 5, D6, D7, R98: whatever happens around the read-back of a cancellation, no visit is cancelled against the will, and each call
comes to one outcome. Scripts of callers who hang up, repeat themselves, contradict themselves, or answer what they have not heard."""

import pytest
from sqlalchemy import text

from channels.voice.events import HeardThat
from channels.voice.ports import Answer, Guess, Onset
from channels.voice.pressing import EARLY_MS, HELD_MS, HELD_SPEAKING_MS
from tests.channels.voice.script import Script
from tests.channels.voice.world import LANDLINE, Begun, Telephony

WHO = ["we: system_disclosure", "we: call_who", "caller: tak", "we: reminder_d7"]
READ_BACK = [*WHO, "caller: odwołuję", "we: ask_cancel"]


def _read_back(begun: Begun) -> Script:
    """A call up to the first word of the read-back."""
    call = begun().screened(machine=False).answers("tak").answers("odwołuję")
    assert call.events == READ_BACK
    return call


def _outcomes(phone: Telephony) -> list[str]:
    with phone.engine.connect() as connection:
        return list(connection.scalars(text("SELECT outcome FROM calls ORDER BY id")))


def _settled(phone: Telephony) -> bool:
    """Whether nothing that went to the telephone is left hanging."""
    return not {"accepted", "sending", "sent"} & {state for _, state in phone.out(LANDLINE)}


# --- hanging up


def test_hanging_up_in_the_greeting_or_in_the_middle_of_a_word_changes_nothing(begun: Begun, phone: Telephony) -> None:
    call = begun().passes(1_000).leaves()
    assert (call.events, call.closed) == (["we: system_disclosure", "hangs up", "hush", "end: hung_up"], 1)
    assert (phone.one_visit(), _settled(phone)) == ("booked", True)


def test_hanging_up_in_the_middle_of_a_yes_to_the_read_back_keeps_the_visit(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).until_asked()
    call.on(HeardThat(Onset(call.at_ms)))
    call.passes(200).leaves()
    assert call.events[len(READ_BACK) :] == ["hangs up", "end: told told"]
    assert (phone.one_visit(), call.closed, _settled(phone)) == ("booked", 1, True)


def test_hanging_up_while_it_is_read_back_keeps_the_visit(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).passes(2_000).leaves()
    assert call.events[len(READ_BACK) :] == ["hangs up", "hush", "end: told told"]
    assert (phone.one_visit(), call.closed, _settled(phone)) == ("booked", 1, True)


@pytest.mark.parametrize(
    ("answer", "visit", "outcome"), [("tak, odwołuję", "cancelled", "cancelled"), ("nie, zostawiam", "booked", "told")]
)
@pytest.mark.parametrize("thoughts", [0, 1])
def test_an_answer_that_was_given_counts_though_its_caller_hangs_up_at_once(
    begun: Begun, phone: Telephony, answer: str, visit: str, outcome: str, thoughts: int
) -> None:
    """Before it is understood, or while it is being done: the visit and the outcome say the same, and nobody is left uncertain."""
    call = _read_back(begun).until_asked()
    call.slow = True
    call.says(answer)
    for _ in range(thoughts):
        call.thought()
    call.leaves().thought().thought()
    assert phone.one_visit() == visit
    assert (call.closed, _outcomes(phone)) == (1, [outcome])
    assert _settled(phone)
    assert not any(event.startswith("we:") for event in call.events[len(READ_BACK) :])


def test_hanging_up_right_after_the_first_word_for_it_cancels_nothing(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).answers("tak").until_asked()
    call.slow = True
    call.says("odwołuję").leaves().thought().thought()
    assert (phone.one_visit(), call.closed, _outcomes(phone), _settled(phone)) == ("booked", 1, ["told"], True)


def test_who_hangs_up_before_he_was_told_anything_is_rung_again(begun: Begun, phone: Telephony) -> None:
    call = begun().screened(machine=False).until_asked()
    call.slow = True
    call.says("tak").leaves().thought()
    assert (call.events[-1], call.closed) == ("end: hung_up", 1)
    assert phone.out(LANDLINE) == [("reminder_d7", "undelivered"), ("reminder_d7", "queued")]


# --- answers to what could not be heard yet


def test_two_yeses_that_cut_the_read_back_short_cancel_nothing(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).passes(300).says("tak").passes(100).says("tak")
    again = ["caller: tak", "we: ask_cancel"]
    assert [event for event in call.events[len(READ_BACK) :] if event != "hush"] == [*again, *again]
    assert phone.one_visit() == "booked"
    call.passes(90_000)
    assert (phone.one_visit(), call.closed, call.events[-1]) == ("booked", 1, "end: told told")


def test_a_second_yes_behind_the_one_that_counted_does_nothing_more(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).until_asked()
    call.slow = True
    call.says("tak").says("tak").thought().thought().passes(400).says("tak").thought().leaves().thought().thought()
    assert (phone.one_visit(), call.closed, _outcomes(phone)) == ("cancelled", 1, ["cancelled"])
    assert [event for event in call.events if event == "we: cancelled"] == ["we: cancelled"]


def test_a_yes_to_a_read_back_that_is_still_being_synthesized_is_none(begun: Begun, phone: Telephony) -> None:
    """The machine is busy: for two seconds nothing can be heard, and what is said then cannot be an answer to it."""
    call = begun().screened(machine=False).answers("tak").until_asked()
    call.mouth_ms = 3_000
    call.says("odwołuję").passes(EARLY_MS + 500).says("tak")
    assert call.events[-3:] == ["hush", "caller: tak", "we: ask_cancel"]
    assert phone.one_visit() == "booked"


def test_who_corrects_a_slip_of_the_finger_does_not_confirm_the_slip(begun: Begun, phone: Telephony) -> None:
    """Two for "odwołuję", and at once one for "przyjdę": the read-back, where one is "tak", has only begun."""
    call = begun().screened(machine=False).answers("tak").until_asked().presses("2").passes(700).presses("1")
    assert call.events[-4:] == ["we: ask_cancel", "key: 1", "hush", "we: ask_cancel"]
    assert call.passes(60_000).closed == 1
    assert phone.one_visit() == "booked"


# --- a key and a word that contradict each other


@pytest.mark.parametrize("word", ["nie", "nie, zostawiam", "nie chcę"])
@pytest.mark.parametrize("order", ["word first", "key first", "key into the word's end"])
def test_a_no_at_the_same_moment_as_the_key_for_yes_is_asked_again(begun: Begun, phone: Telephony, word: str, order: str) -> None:
    call = _read_back(begun).until_asked()
    if order == "key first":
        call.presses("1").passes(200)
    call.on(HeardThat(Onset(call.at_ms)))
    call.passes(200)
    if order == "word first":
        call.presses("1")
    call.passes(400)
    call.on(HeardThat(Answer((Guess(word, 0.9),), call.at_ms - 600, call.at_ms - 240, call.at_ms)))
    if order == "key into the word's end":
        call.presses("1")
    call.passes(60_000)
    assert (phone.one_visit(), call.closed) == ("booked", 1)
    assert call.events[-1].startswith("end: ")
    assert "we: cancelled" not in call.events


def test_the_key_for_no_right_after_the_key_for_yes_keeps_the_visit(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).until_asked().presses("1").passes(200).presses("2").passes(60_000)
    assert (phone.one_visit(), call.closed) == ("booked", 1)


def test_a_key_for_yes_counts_alone_with_noise_and_with_the_same_word(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).until_asked().presses("1").passes(HELD_MS)
    assert (phone.one_visit(), call.events[-2:]) == ("cancelled", ["we: cancelled", "we: call_more"])


@pytest.mark.parametrize("guesses", [(), (Guess("tak odwołuję", 0.9),)])
def test_noise_or_the_same_word_beside_a_key_does_not_stop_it(begun: Begun, phone: Telephony, guesses: tuple[Guess, ...]) -> None:
    call = _read_back(begun).until_asked().presses("1")
    call.on(HeardThat(Onset(call.at_ms)))
    call.passes(700)
    call.on(HeardThat(Answer(guesses, call.at_ms - 600, call.at_ms - 240, call.at_ms)))
    assert (phone.one_visit(), call.events.count("we: cancelled")) == ("cancelled", 1)


def test_a_key_into_speech_without_an_end_is_asked_again(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).until_asked()
    call.on(HeardThat(Onset(call.at_ms)))
    call.presses("1").passes(HELD_SPEAKING_MS)
    assert (phone.one_visit(), call.events[-2:]) == ("booked", ["we: call_unheard", "we: call_ask_yes_no"])


# --- silence


def test_silence_after_the_read_back_cancels_nothing(begun: Begun, phone: Telephony) -> None:
    call = _read_back(begun).passes(90_000)
    assert call.events[len(READ_BACK) :] == [
        "we: call_silence", "we: call_ask_yes_no", "we: call_ask_yes_no", "we: call_keys_yes_no", "we: call_unanswered", "end: told told",
    ]  # fmt: skip
    assert (phone.one_visit(), _outcomes(phone)) == ("booked", ["told"])


def test_no_outcome_is_written_twice(begun: Begun, phone: Telephony) -> None:
    """The carrier's word for the end of the call comes after our own, and again."""
    call = _read_back(begun).passes(1_000).leaves().leaves()
    for status in ("completed", "completed", "failed"):
        assert phone.post(f"/voice/status?c={call.brief.call_id}", CallStatus=status).status_code == 204
    assert (call.closed, _outcomes(phone), phone.one_visit()) == (1, ["told"], "booked")
