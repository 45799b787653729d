"""Giving up and coming in words that name neither, and what two learned readers together may not believe (D7, R102)."""

import pytest

from dialogs.understanding import Interpreter
from dialogs.understanding.acts import Parsed
from dialogs.understanding.agreement import Heard, settled
from dialogs.understanding.clauses import Clause, Word
from dialogs.understanding.reading import Verdict
from tests.dialogs.understanding.conftest import TODAY

_GIVEN_UP = {
    "set phrases": ["z wizyty nici", "wizyta do kosza, mam grypę", "tym razem pas", "bez szans", "beze mnie w piątek"],
    "the place given away": [
        "moje miejsce proszę oddać komuś innemu", "dajcie ten termin komuś bardziej potrzebującemu", "zwracam termin",
        "proszę zwolnić moje okienko", "niech młodsi korzystają, ja zostaję w domu",
    ],
    "other verbs of coming": ["nie pofatyguję się w środę", "nie trafię do państwa jutro", "nie zobaczymy się w czwartek"],
    "brought by others": ["babci jutro nie przywiozę, ma gorączkę", "pacjentka Nowak nie zgłosi się na badanie"],
    "officialese": [
        "składam rezygnację z terminu", "oświadczam, że nie skorzystam z wizyty",
        "proszę odnotować, że nie przyjdę", "będę nieobecna na wizycie", "muszę odmówić przyjścia",
    ],
    "abbreviated": ["odwołuję wiz. u dr Maja", "rez. z wiz. u kardiologa"],
    "the reminder's own word": ["nie mogę", "niestety nie mogę, przepraszam", "niemogę"],
    "feared itself": ["boję się narkozy, odwołuję wizytę"],
    "compared": ["zdrowa jestem jak rydz, odwołuję wizytę"],
    "staying at home": ["mały ma 39 stopni, zostaję z nim w domu, proszę wykreślić naszą wizytę"],
    "English": ["I have to bail on my appointment", "don't expect me on Friday, I moved away"],
}  # fmt: skip
_COMING = [
    "już nie mogę się doczekać wizyty", "spóźnię się kwadrans, ale będę", "nie przyjdę sama, tylko z córką", "odpisuję TAK",
    "nie mogę tego przegapić, będę",
]  # fmt: skip
_LEFT_ALONE = {
    "bound elsewhere": ["dziś na brydża nie przyjdę", "na wycieczkę do Lichenia nie jadę, proszę zwrócić zaliczkę"],
    "a chief is told": ["kierowniku wypisz mnie z grafiku na niedzielę", "trenerze skreśl mnie z listy na mecz"],
    "one of two": [
        "wizyta moja bez zmian, a wizytę męża proszę anulować", "jedno z bliźniaków chore, to z nim nie przyjdę, z drugim tak",
        "mamy z żoną dwie wizyty, z jednej rezygnujemy", "będę sam żona nie przyjedzie",
    ],
    "another Ukrainian verb": ["Оксано, я сьогодні не вийду на зміну, підміни мене"],
    "told not to": ["не відписуйте мене з візиту", "niech nikt nie oddaje mojego miejsca"],
    "asks for something": ["nie będę przecież jechał w ciemno, podajcie proszę adres"],
    "broken off": ["prosze o odwolanie pod war", "nie przyj"],
    "no wish": ["wcale mi się nie chce tam jechać"],
    "feared, not known": ["boję się, że nie dotrę"],
    "put off": ["prosiłbym o odroczenie wizyty do końca delegacji"],
    "a condition": ["jak trzeba to odwołajcie", "jak trzeba będzie, to nie przyjdę"],
    "a queue at the border": ["nie przyjadę, stoję na granicy, kolejka na dobę"],
}  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in _GIVEN_UP.values() for text in texts])
def test_d7_giving_up_in_other_words_needs_no_question(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("text", _COMING)
def test_r102_coming_late_or_with_somebody_confirms(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("confirm_visit", False), reading.why


@pytest.mark.parametrize("asked", ["reminder", "nothing"])
@pytest.mark.parametrize("text", [text for texts in _LEFT_ALONE.values() for text in texts])
def test_d7_what_two_readers_might_believe_takes_no_visit(interpreter: Interpreter, asked: str, text: str) -> None:
    reading = interpreter.read(text, asked=asked, today=TODAY)

    if "granicy" in text:  # who stays away says so; the queue is no waiting room of ours
        assert reading.intent != "leave_waiting_room" or reading.question, reading.why
        return
    assert reading.intent not in {"cancel_visit", "leave_waiting_room"} or reading.question, reading.why


def test_d7_a_farewell_with_a_rope_goes_before_the_cancellation(interpreter: Interpreter) -> None:
    reading = interpreter.read("odwołuję wizytę, wzięłam sznur i żegnam się", asked="reminder", today=TODAY)
    assert reading.intent == "emergency", reading.why


@pytest.mark.parametrize("text", ["kolejka idzie jak krew z nosa", "z bólem serca oddaję ten termin", "wzięłam za dużo na głowę, odwołuję"])
def test_d7_a_figure_of_speech_is_no_emergency(interpreter: Interpreter, text: str) -> None:
    assert interpreter.read(text, asked="reminder", today=TODAY).intent != "emergency"


@pytest.mark.parametrize("text", ["jakie tabletki na zgagę mam brać?"])
def test_a_question_for_a_doctor_is_ours_to_decline_not_to_answer(interpreter: Interpreter, text: str) -> None:
    """R141: no topic of the knowledge base answers it; the dialogue knows it by its detail."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.entities.get("topic")) == ("nlu_fallback", "medical_advice"), reading.why


def test_d7_a_cancellation_that_only_the_models_read_needs_both(interpreter: Interpreter) -> None:
    """The grammar is silent; the model that sees the words is sure; the one without words decides whether it is believed."""
    parts = Parsed([], [Clause([Word(text, frozenset()) for text in ("miejsce", "dla", "innych")])], asks=False)
    silent = Verdict("cancel_visit", 0.6, True, ("model: cancel_visit 0.95, next cancel_unsure 0.01",))
    ranked = [("cancel_visit", 0.95), ("cancel_unsure", 0.01)]
    agreed = settled(silent, Heard(parts, [], ranked, 0.0, {"cancel_visit": 0.7}))
    assert not agreed.question
    assert agreed.why[-1] == "both models are sure 0.95, 0.70"
    assert settled(silent, Heard(parts, [], ranked, 0.0, {"cancel_visit": 0.2})).question
    assert settled(silent, Heard(Parsed([], [], asks=False), [], ranked, 0.0, {"cancel_visit": 0.7})).question
    assert settled(silent, Heard(parts, [], ranked, 0.0, {"cancel_visit": 0.7}, ["broken off"])).question
