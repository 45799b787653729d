"""D7: a visit is never cancelled unasked by a message that does not cancel it beyond doubt (R102)."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.understanding import Interpreter, Reading, corpus
from tests.dialogs.understanding.conftest import TODAY

KEEPS = (
    "nie odwołuję wizyty", "absolutnie nie odwołujcie", "proszę mi nie odwoływać", "nie chciałbym odwoływać", "odwołać nie chcę",
    "nie chciałabym rezygnować", "nie prosiłam o odwołanie", "nie będę odwoływać", "za nic nie odwołam", "bez odwoływania",
    "nie ma potrzeby odwoływać, przyjdę", "nie mogę nie przyjść", "nie jest tak, że rezygnuję", "to nieprawda że nie przyjdę",
    "proszę o nieodwoływanie wizyty", "nieodwołuję", "nie musicie odwoływać", "nie zgadzam się na odwołanie wizyty",
    "nie chcę, odwoływać", "nie będę przekładać i anulować wizyty", "nie zamierzam rezygnować", "skąd, nie rezygnuję",
    "please don't cancel my appointment", "I won't cancel", "I am not going to cancel", "no I will come", "I won't be late",
    "I have no intention of cancelling", "не скасовуйте", "скасовувати не буду", "не хочу скасовувати", "ні, я прийду",
)  # fmt: skip
DOUBTS = (
    "czy mogę odwołać wizytę?", "jak odwołać wizytę", "co będzie jak nie przyjdę", "jeśli będzie padać to nie przyjdę",
    "gdybym nie mógł przyjść to dam znać", "chyba nie przyjdę", "nie wiem czy dam radę", "raczej nie przyjdę", "może odwołam",
    "mąż mówi żebym odwołała", "lekarz powiedział że nie muszę przychodzić", "dostałem smsa że wizyta odwołana",
    "nie przyszedłem wczoraj", "odwołałam wczoraj wizytę", "odwołali mi wizytę", "dziękuję za odwołanie", "nie, odwołuję",
    "odwołuję lot", "rezygnuję z karnetu na siłownię", "odwołuję się od decyzji", "odwołuję swoje odwołanie", "nie",
    "nie przyjdę na kawę", "Basiu, nie przyjdę dzisiaj", "nie przyjdę sama, przyjdę z mężem", "nie przyjdę później niż o 10",
    "nie mogę się doczekać", "nie mogę znaleźć adresu", "nie dam rady wejść na trzecie piętro", "odwołać? absolutnie nie",
    "mam napisać ODWOLAJ żeby odwołać czy TAK", "przypadkiem wysłałam odwołuję", "nie przyjdę w środę tylko w czwartek",
    "to pomyłka, proszę mnie wykreślić", "doktor odwołuje wizyty", "ja będę ale mama nie przyjdzie", "odwołać wizytę to głupota",
    "if it rains I won't come", "last time I couldn't come", "cancel my gym membership", "якщо захворію, не прийду",
)  # fmt: skip
CANCELLATIONS = (
    "odwołuję", "ODWOLAJ", "Odwołuję wizytę", "proszę o odwołanie wizyty", "nie dam rady, proszę odwołać", "nie przyjdę",
    "nie będę mogła przyjść", "mnie nie będzie", "rezygnuję z wizyty", "przyjść nie mogę", "nie potrzebuję już wizyty",
    "mama nie przyjdzie, jest w szpitalu", "nieprzyjde", "proszę mnie skreślić", "odwoluej wizyte", "odwołuję jutrzejszą wizytę",
    "Szanowni Państwo, uprzejmie informuję, że nie będę mógł przybyć na wizytę. Z poważaniem, Jan Nowak",
    "dzień dobry ja chciałam powiedzieć że nie przyjdę", "mam grypę nie przyjdę", "nie, nie przyjdę", "odwołać",
    "I can't come, please cancel", "please cancel my appointment", "won't be coming", "I'm sick so I can't make it",
    "Не зможу прийти, скасуйте будь ласка", "скасуйте мій запис", "не прийду", "отмените запись", "ne pryidu, skasuite",
)  # fmt: skip


def unasked(reading: Reading) -> bool:
    """Whether a visit or a place in the queue would be lost without a question."""
    return reading.intent in {"cancel_visit", "leave_waiting_room"} and not reading.question


@pytest.mark.parametrize("text", KEEPS + DOUBTS)
@pytest.mark.parametrize("asked", ["reminder", "nothing", "yes_no"])
def test_d7_no_cancellation_without_a_question(interpreter: Interpreter, text: str, asked: str) -> None:
    """D7 R102: negations, conditions, questions, reports, the past and other people's business cancel nothing."""
    assert not unasked(interpreter.read(text, asked=asked, today=TODAY))


@pytest.mark.parametrize("text", CANCELLATIONS)
def test_d7_an_unmistakable_cancellation_is_not_asked_back(interpreter: Interpreter, text: str) -> None:
    """D7 R102: whoever cancels in plain words is believed at once."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("text", ["nie odwołuję", "proszę nie odwoływać", "będę", "TAK", "don't cancel, I will come", "прийду"])
def test_r102_a_kept_visit_is_confirmed(interpreter: Interpreter, text: str) -> None:
    """R102: a negated cancellation and a promise to come both confirm."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("confirm_visit", False)


@settings(deadline=None)
@given(
    start=st.sampled_from(["nie ", "proszę nie ", "ja nie ", "absolutnie nie ", "NIE ", "nie, "]),
    verb=st.sampled_from(["odwołuję", "odwołujcie", "odwoływać", "rezygnuję", "anuluję", "anulować", "kasować", "kasujcie"]),
    end=st.sampled_from(["", " wizyty", " mojej wizyty", " wizyty 27.11", " tego terminu", ", przyjdę", " bo będę", "!"]),
)
def test_d7_a_negation_before_any_cancellation_takes_it_back(interpreter: Interpreter, start: str, verb: str, end: str) -> None:
    """D7: whatever follows "nie", the cancellation is not acted upon."""
    for asked in ("reminder", "nothing"):
        assert not unasked(interpreter.read(start + verb + end, asked=asked, today=TODAY))


def _slip(text: str, place: int, kind: int, letter: str) -> str:
    place %= len(text)
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    return (
        text[:place] + letter + text[place + 1 :]
        if kind == 2
        else text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
    )


@settings(max_examples=300, deadline=None)
@given(
    text=st.sampled_from([text for text in KEEPS[:22] if "nie mogę nie" not in text]),  # its typo is a plain "nie mogę"
    place=st.integers(0, 60),
    kind=st.integers(0, 3),
    letter=st.sampled_from("abcdefghijklmnoprstuwyz"),
)
def test_d7_one_wrong_letter_never_makes_a_cancellation(interpreter: Interpreter, text: str, place: int, kind: int, letter: str) -> None:
    """D7: "ne odwołuję", "nir odwołuję", "nieodwołuję", "odwołać ni chcę" are asked back or kept."""
    assert not unasked(interpreter.read(_slip(text, place, kind, letter), asked="reminder", today=TODAY))


@pytest.mark.parametrize("form", [str.upper, str.lower, str.title])
def test_d7_case_and_marks_change_nothing(interpreter: Interpreter, form) -> None:  # type: ignore[no-untyped-def] # str methods
    """D7: capitals and missing Polish letters make no cancellation of what is none."""
    bare = str.maketrans("ąćęłńóśźż", "acelnoszz")
    for text in KEEPS:
        assert not unasked(interpreter.read(form(text), asked="reminder", today=TODAY)), text
        assert not unasked(interpreter.read(text.translate(bare), asked="reminder", today=TODAY)), text


@pytest.mark.parametrize(
    "text", ["mojew izyty", "ne mówię że nie przyjdę", "Do'nt cancel my appointment", "nie zgadzamsię na odwołanie wizyty", "niaodwołuję",
             "ne chcę, odwoływać"]
)  # fmt: skip
def test_d7_two_sure_models_do_not_outvote_a_slip(interpreter: Interpreter, text: str) -> None:
    """D7: both learned readers take these for giving up; the grammar sees nothing, or a word that may be a mistyped "no"."""
    assert not unasked(interpreter.read(text, asked="reminder", today=TODAY))


@pytest.mark.parametrize("no", ["ne", "ni", "ie", "nei", "ine", "nue", "nir", "mie", "nje", "niie", "nnie"])
def test_d7_a_mistyped_no_is_a_no(interpreter: Interpreter, no: str) -> None:
    """D7: a sentence of another language in the training data made "ne" a word, and "ne odwołuję" a cancellation."""
    for rest in ("odwołuję", "odwołuję wizyty", "chcę odwołać wizyty", "rezygnuję z wizyty"):
        assert not unasked(interpreter.read(f"{no} {rest}", asked="reminder", today=TODAY)), rest


def test_d7_no_training_example_of_another_intent_cancels(interpreter: Interpreter) -> None:
    """D7: of all examples that mean something else none cancels unasked, and with a slip of the finger fewer than one in 350.

    A slip can make a plain cancellation of what is none ("nie mogę nie przyjść"), so some remain; a slip of every third tells the share.
    """
    rng = random.Random(102)
    removals = {"cancel_visit", "leave_waiting_room", "decline_offer"}  # after a reminder to decline is to cancel
    others = [example.text for example in corpus.examples() if example.intent not in removals]
    assert [text for text in others if unasked(interpreter.read(text, asked="reminder", today=TODAY))] == []
    slipped = [_slip(text, rng.randrange(99), rng.randrange(4), rng.choice("aeinortwz")) for text in others[::3]]
    by_slip = [text for text in slipped if unasked(interpreter.read(text, asked="reminder", today=TODAY))]
    assert len(by_slip) <= len(slipped) // 350, by_slip
