"""Replies to a reminder, kind by kind: what is plain is done without a question, what only looks like it is asked back (D7, R102)."""

import pytest

from dialogs.understanding import Interpreter
from tests.dialogs.understanding.conftest import TODAY

_CANCELLED = {
    "run together": ["proszeodwolac wizyte", "odwolujewizyte", "oddajemytermin"],
    "doubled letters": ["niestetyy nie dam rady przyjsc", "nie bedziee mnie"],
    "a neighbouring key": ["nir przyjde", "nue przyjde", "nke dam rady", "nie moge przyjdc"],
    "no chance": ["nie ma szans żebym jutro dojechał", "nie ma opcji żebym przyszła"],
    "absent": ["jutro mnie nie ma", "nie mam sił przyjechać jutro na wizytę", "przeziebilam sie i nie przyjde zeby nie zarazac"],
    "the day first": ["w tym dniu niestety nie mogę"],
    "elsewhere": ["nie przyjdę, będę w Krakowie", "odwołuję, idę do szpitala", "tata będzie wtedy w szpitalu, odwołujemy"],
    "its reason": ["nie przyjde bo przyjezdza do mnie syn z Anglii", "nie mogę przyjechać, bo będę w szpitalu"],
    "a turn": ["chciałbym przyjechać ale nie mam transportu, więc odwołuję", "nie przekładam, odwołuję"],
    "a later call": ["odwołuję, zgłoszę się jak wyzdrowieję", "odwołuję a potem zadzwonię po nową datę"],
    "relatives": [
        "córka nie będzie mogła przyjść na wizytę", "babcia nie da rady jutro", "żona prosi żeby ją wykreślić",
        "сестра не зможе прийти на огляд", "babcia Jadzia prosi o skreślenie",
    ],
    "another reader of Polish": ["niy przyjda jutro, mom gorączka", "proszę відмінити wizytę", "ne zmozhu pryity zavtra"],
    "foreigners' English": ["I not come tomorrow, child is sick", "no can come sorry, cancel please", "pls cancel visit tmrw"],
}  # fmt: skip
_CONFIRMED = ["jutro jestem", "jestem jutro na 10:20", "i come tomorrow thank you", "Korciło mnie żeby odwołać, ale nie, przychodzę"]
_KEPT = [
    "nie ma możliwości żebym nie przyszła", "nie ma szans żebym odwołała", "nir odwoluje", "proszenieodwolywac",
    "jutro mnie nie ma na liście", "nie ma mnie jutro w grafiku", "syn jest za granicą i nie ma mnie kto zawieźć",
    "Mum I can't come on Sunday", "imagine I don't come", "so I won't come, what then", "jutro nie przychodz bo mnie nie bedzie",
    "odwołuję wizytę je", "rezygnuję ale ty", "cancel my appointment, unless you call me", "odwołuję, jak nie zadzwonicie",
    "odwołuję wizytę w banku", "proszę odwołać wizytę kominiarza", "odwołuję przyjazd montera", "rezygnuję z miejsca na kursie",
    "odwołuję rezerwację na 19 dla 4 osób", "odwołuję rezerwację pod nazwiskiem Nowak", "please cancel my hair appointment",
    "скасуйте запис на курси", "odwołuję tylko kardiologa", "nie przyjdę na mammografię ale na kardiologa tak",
    "Panie Andrzeju jutro nie przyjadę z tym drewnem", "tu kurier, nie dojadę dzisiaj", "is there a fine for not coming",
    "odwołaj pana od kablówki", "mama rezygnuje a tata będzie", "nie mam możliwości przyjechać rowerem",
    "Panie dyrektorze, jutro mnie nie będzie, zwolnienie lekarskie", "kierowniczko w piątek nie przyjdę, biorę wolne",
]  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in _CANCELLED.values() for text in texts])
def test_d7_a_plain_cancellation_is_done_without_a_question(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("text", _CONFIRMED)
def test_r102_a_promise_to_be_there_confirms(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("confirm_visit", False), reading.why


@pytest.mark.parametrize("asked", ["reminder", "nothing"])
@pytest.mark.parametrize("text", _KEPT)
def test_d7_what_only_looks_like_a_cancellation_ends_no_visit(interpreter: Interpreter, asked: str, text: str) -> None:
    reading = interpreter.read(text, asked=asked, today=TODAY)
    assert reading.intent not in {"cancel_visit", "leave_waiting_room"} or reading.question, reading.why


@pytest.mark.parametrize("text", ["będę w szpitalu", "bede w czwartek w sanatorium", "nie chcę przyjeżdżać", "I will skip it"])
def test_d7_who_is_elsewhere_has_not_confirmed(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert reading.intent != "confirm_visit" or reading.question, reading.why


@pytest.mark.parametrize(
    "text",
    ["wykreślcie stary numer, mam nowy", "zmienilem numer telefonu, prosze wykreslic stary",
     "numer mamy sie zmienil, prosze usunac ten stary",
     "usuńcie mój stary numer i wpiszcie ten", "видаліть старий номер, ось новий"],
)  # fmt: skip
def test_x8_a_number_put_right_goes_to_a_person(interpreter: Interpreter, text: str) -> None:
    """X8 D7: neither the visit nor the consent to messages is withdrawn by it."""
    assert interpreter.read(text, asked="reminder", today=TODAY).intent == "request_human"


@pytest.mark.parametrize("text", ["zzz", "ZZZZZZ", "x", "zzz zz", "qq"])
def test_noise_is_not_understood(interpreter: Interpreter, text: str) -> None:
    """D7: of letters that say nothing, nothing is made."""
    assert interpreter.read(text, asked="reminder", today=TODAY).intent == "nlu_fallback"


@pytest.mark.parametrize(
    "text", ["nie przyjdę, mogę dopiero w listopadzie", "nie dam rady na 10, mogę po 15", "nie przyjadę, a kiedy będzie następny wolny?"]
)
def test_r67_who_can_come_at_another_time_asks_for_it(interpreter: Interpreter, text: str) -> None:
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("change_visit", False), reading.why


@pytest.mark.parametrize(
    "text", ["tata nie żyje, wizyta nieaktualna", "Dziadek umarł wczoraj, proszę odwołać wizytę", "мама померла, скасуйте"]
)
def test_x6_a_death_said_with_a_cancellation_is_a_death(interpreter: Interpreter, text: str) -> None:
    """X6: only a mourner's own words ("odwołuję", "nie przyjdę") leave open whose visit it is."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("report_death", False), reading.why
    own = interpreter.read("tata nie żyje, odwołuję wizytę", asked="reminder", today=TODAY)
    assert own.question or own.intent == "cancel_visit", own.why


def test_no_word_is_too_long_to_be_read_at_once(interpreter: Interpreter) -> None:
    """Words run together are parted in bounded time, however long they are."""
    for text in ("proszenie" * 400, "nieprzyjde" * 200, "odwoluje" * 3 + "q"):
        assert interpreter.read(text, asked="reminder", today=TODAY).intent
