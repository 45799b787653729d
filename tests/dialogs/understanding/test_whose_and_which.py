"""Whose visit, which visit, and whether it is a visit at all: kinds of replies that ended a visit, or nearly (D7, R67, X8)."""

import pytest

from dialogs.understanding import Asked, Interpreter, Reading
from tests.dialogs.understanding.conftest import TODAY

_FOR_THE_QUEUE = [
    ("Moją wizytę u dr. Sikory proszę oddać komuś z kolejki, ja nie przyjeżdżam", "pl"),
    ("Wizytę u doktor Malec proszę przekazać osobie z poczekalni, nie dotrę", "pl"),
    ("Please give my appointment with Dr Hill to somebody from the waiting list, I'm not coming", "en"),
    ("Мій прийом віддайте комусь із черги, я не приїду", "uk"),
]
_TWO_PERSONS = [
    ("Ja i siostra mamy u was wizyty w środę, siostra nie przyjdzie", "pl"),
    ("Moja siostra też ma u was wizytę, jej odwołuję, ja będę", "pl"),
    ("Byłyśmy z siostrą zapisane obie na środę, ja rezygnuję, ona przyjdzie", "pl"),
    ("Mąż i ja mamy wizyty, jego proszę wykreślić", "pl"),
    ("My sister and I both have appointments on Thursday, please cancel hers", "en"),
    ("У нас із сестрою два візити, її скасуйте", "uk"),
    ("cytologię odwołuję, a wizyta u kardiologa zostaje", "pl"),
    ("Jeden z naszych terminów trzeba będzie odwołać", "pl"),
]
_ONLY_WISHED = [
    ("I would rather not come all that way by train", "en"),
    ("I'd rather not come out in this snow", "en"),
    ("I'd sooner not come so far", "en"),
    ("Wolałabym nie jechać tak daleko", "pl"),
    ("Я б воліла не їхати в таку даль", "uk"),
    ("скоріше за все мене не буде", "uk"),
    ("raczej pas", "pl"),
]
_CRITERIA = [
    ("Na liście oczekujących: już tylko godziny popołudniowe, rano nie mogę", "pl"),
    ("Czekam w poczekalni, ale do Radomia nie pojadę, tylko blisko domu", "pl"),
    ("Jestem w kolejce, w poniedziałki nie dam rady, reszta dni pasuje", "pl"),
    ("On the waiting list: afternoons only, I can't do mornings", "en"),
    ("У списку очікування: тільки після обіду, зранку не можу", "uk"),
]
_NO_VISIT_OF_OURS = [
    "na wesele nie przyjedziemy", "u fryzjera nie będę", "na trening nie dotrę", "z masażu rezygnuję", "jazdy jutro odwołuję",
    "córka pisze że nie przyjedzie", "cytuję: rezygnuję z wizyty", "Odp: rezygnuję z wizyty", "nie no przyjadę",
    "I can't miss my appointment",
    "proszę o odwołanie pod war", "please delete my number", "mój numer proszę skasować", "takich przypomnień nie potrzebuję",
    "odbierz Jasia ze szkoły, nie dam rady", "w domu wszyscy zdrowi, możecie na mnie liczyć",
]  # fmt: skip
_ANOTHER_DATE = [
    "nie przyjdę jutro, proszę umówić mnie ponownie", "jutro nie dojadę, niech pani wyznaczy coś nowego",
    "rezygnuję z wtorku, poproszę piątek",
    "odwołuję, proszę od razu zapisać mnie na grudzień", "nie dam rady o 8, poproszę coś po 16", "nie przyjdę, dajcie mi coś po świętach",
    "ten termin odpada, poproszę inny", "не зможу завтра, запишіть мене на п'ятницю",
]  # fmt: skip
_GIVEN_UP = [
    "wizyta anulowana z naszej strony", "moja wizyta jest do odwołania",
    "nie zobaczycie mnie w piątek", "na mnie jutro nie liczcie", "nie pokażę się u was we wtorek", "daruję sobie jutrzejszą wizytę",
    "nie będzie mnie w poradni w dniu 2 grudnia", "mamę zostawiam w domu, do państwa nie przyjedzie",
    "ze względów osobistych nie będę obecna",
]  # fmt: skip
_BEHIND_A_GREETING = [
    ("добрий день, потрібна людина", "uk", "request_human"),
    ("вітаю, оператора", "uk", "request_human"),
    ("dzień dobry, potrzebny człowiek", "pl", "request_human"),
    ("hello, need a person", "en", "request_human"),
    ("good morning, human please", "en", "request_human"),
    ("witam, powtórzyć", "pl", "repeat"),
    ("добрий день, мої візити", "uk", "ask_visit"),
    ("hi, my visits", "en", "ask_visit"),
    ("dzień dobry", "pl", "greet"),
    ("добрий день", "uk", "greet"),
]


def _read(interpreter: Interpreter, text: str, language: str = "pl", asked: Asked = "reminder") -> Reading:
    return interpreter.read(text, asked=asked, language=language, today=TODAY)


@pytest.mark.parametrize(("text", "language"), _FOR_THE_QUEUE)
def test_d7_a_visit_given_to_one_of_the_queue_is_a_visit(interpreter: Interpreter, text: str, language: str) -> None:
    """It was read as leaving the waiting room, which loses the place in it and keeps the visit."""
    assert _read(interpreter, text, language).intent == "cancel_visit"


@pytest.mark.parametrize(("text", "language"), [*_TWO_PERSONS, *_ONLY_WISHED])
def test_x8_of_two_visits_and_of_a_wish_is_asked_back(interpreter: Interpreter, text: str, language: str) -> None:
    """X8 D7: of two persons' visits the clerk asks which; "I would rather not" decides nothing."""
    assert _read(interpreter, text, language).question


@pytest.mark.parametrize(("text", "language"), _CRITERIA)
def test_d7_when_one_can_come_from_the_waiting_room_cancels_nothing(interpreter: Interpreter, text: str, language: str) -> None:
    reading = _read(interpreter, text, language)
    assert reading.intent == "edit_criteria" or reading.question, reading.why


@pytest.mark.parametrize("text", _NO_VISIT_OF_OURS)
def test_d7_other_things_words_and_wishes_end_no_visit(interpreter: Interpreter, text: str) -> None:
    reading = _read(interpreter, text)
    assert reading.question or reading.intent not in {"cancel_visit", "leave_waiting_room"}, reading.why


@pytest.mark.parametrize("text", _ANOTHER_DATE)
def test_r67_who_gives_a_date_up_and_asks_for_another_changes_it(interpreter: Interpreter, text: str) -> None:
    reading = _read(interpreter, text)
    assert reading.intent == "change_visit", reading.why


@pytest.mark.parametrize("text", _GIVEN_UP)
def test_d7_these_turns_give_a_visit_up_without_a_question(interpreter: Interpreter, text: str) -> None:
    reading = _read(interpreter, text)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize(("text", "language", "intent"), _BEHIND_A_GREETING)
def test_d7_a_greeting_beside_a_request_is_the_request(interpreter: Interpreter, text: str, language: str, intent: str) -> None:
    assert _read(interpreter, text, language, asked="nothing").intent == intent
