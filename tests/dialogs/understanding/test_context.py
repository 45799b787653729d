"""What was asked bends the reading (R102, R61, X8); alarms and machines come before (X6)."""

import pytest

from dialogs.understanding import Interpreter
from tests.dialogs.understanding.conftest import TODAY


@pytest.mark.parametrize(
    ("asked", "text", "intent", "question"),
    [
        ("reminder", "tak", "confirm_visit", False),
        ("reminder", "nie", "deny", True),
        ("reminder", "ok", "confirm_visit", False),
        ("reminder", "1", "inform", True),
        ("reminder", "dziękuję", "thank", False),
        ("offer", "tak", "accept_offer", False),
        ("offer", "nie", "decline_offer", False),
        ("offer", "biorę", "accept_offer", False),
        ("offer", "nie pasuje mi", "decline_offer", False),
        ("offer", "nie dam rady", "decline_offer", False),
        ("yes_no", "tak", "affirm", False),
        ("yes_no", "nie chcę", "deny", False),
        ("yes_no", "odwołuję wizytę", "cancel_visit", False),
        ("yes_no", "no pewnie", "affirm", False),
        ("nothing", "nie przyjdę, proszę inny termin", "change_visit", False),
        ("nothing", "odwołuję odwołanie", "undo", False),
        ("nothing", "COFNIJ", "undo", False),
        ("reminder", "wypisz mnie z powiadomień", "opt_out", False),
        ("nothing", "proszę usunąć mnie z poczekalni", "leave_waiting_room", False),
        ("nothing", "nie wypisujcie mnie z poczekalni", "join_waiting_room", True),
    ],
)
def test_r102_r61_context_bends_short_answers(interpreter: Interpreter, asked: str, text: str, intent: str, question: bool) -> None:
    """R102 R61 D6 D7: the same word confirms, accepts or affirms, by the question before it."""
    reading = interpreter.read(text, asked=asked, today=TODAY)
    assert (reading.intent, reading.question) == (intent, question), reading.why


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("ta druga", {"choice": 2}),
        ("1", {"choice": 1}),
        ("nie pierwsza tylko druga", {"choice": 2}),
        ("ostatnia", {"choice": -1}),
        ("ta o 15", {"hour": "15:00"}),
    ],
)
def test_x8_which_of_two_visits(interpreter: Interpreter, text: str, entities: dict[str, object]) -> None:
    """X8: two visits on one number are told apart by number, order, day or hour."""
    reading = interpreter.read(text, asked="which_visit", today=TODAY)
    assert (reading.intent, reading.question) == ("inform", False)
    assert reading.entities == entities


def test_x8_both_visits_are_never_cancelled_unasked(interpreter: Interpreter) -> None:
    """X8: "obie" and a cancellation that does not say which are asked back."""
    for text in ("obie", "odwołuję", "nie przyjdę"):
        assert interpreter.read(text, asked="which_visit", today=TODAY).question


@pytest.mark.parametrize("asked", ["reminder", "offer", "yes_no", "pesel", "date_of_birth", "criteria", "nothing"])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("boli mnie w klatce piersiowej i nie mogę przyjść", "emergency"),
        ("nie mogę oddychać", "emergency"),
        ("chcę się zabić", "emergency"),
        ("I have chest pain", "emergency"),
        ("не можу дихати", "emergency"),
        ("mąż zmarł w lipcu", "report_death"),
        ("pacjentka nie żyje, proszę nie pisać", "report_death"),
    ],
)
def test_x6_alarms_come_first_in_every_state(interpreter: Interpreter, asked: str, text: str, intent: str) -> None:
    """X6: 112 and a reported death are heard whatever was asked."""
    assert interpreter.read(text, asked=asked, today=TODAY).intent == intent


@pytest.mark.parametrize("text", ["jestem po zawale, przyjdę", "pies mi umarł", "umrę z nudów w tej kolejce", "nic mnie nie boli, przyjdę"])
def test_x6_no_false_alarm(interpreter: Interpreter, text: str) -> None:
    """X6: an old heart attack and a figure of speech are no alarm."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert reading.intent not in {"emergency", "report_death"}


def test_x6_a_death_that_explains_a_cancellation_cancels_only_the_writers_visit(interpreter: Interpreter) -> None:
    """X6 D7: who cancels because of a funeral is alive."""
    reading = interpreter.read("zmarła mi siostra i mam pogrzeb, odwołuję wizytę", asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False)


@pytest.mark.parametrize(
    "text",
    [
        "Nie mogę teraz rozmawiać. Oddzwonię później.",
        "Prowadzę samochód, odpowiem później",
        "To jest automatyczna odpowiedź. Jestem na urlopie do 15 sierpnia.",
        "Promocja! -50% na wszystko, kliknij www.sklep.pl",
        "I'm driving, call you later",
    ],
)
def test_r102_machines_start_nothing(interpreter: Interpreter, text: str) -> None:
    """R102: automatic answers and advertising are not understood, and not asked back into a loop."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question, reading.entities.get("automatic")) == ("nlu_fallback", False, True)


def test_guesses_the_first_valid_wins_and_contradictions_are_asked(interpreter: Interpreter) -> None:
    """D7 D12: of a recogniser's guesses the valid PESEL wins; "odwołuję" beside "nie odwołuję" is asked back."""
    valid = interpreter.read(["44051401358", "44051401359"], asked="pesel", channel="voice", today=TODAY)
    assert valid.entities == {"pesel": "44051401359"}
    torn = interpreter.read(["odwołuję", "nie odwołuję"], asked="reminder", channel="voice", today=TODAY)
    assert (torn.intent, torn.question) == ("cancel_visit", True)


def test_r102_a_refused_and_a_named_day_ask_for_a_change(interpreter: Interpreter) -> None:
    """R69: a day named in reply to a reminder asks for that day; the refused one is not taken."""
    reading = interpreter.read("we wtorek nie mogę, ale w środę owszem", asked="reminder", today=TODAY)
    assert reading.entities["weekday"] == 3
    assert not (reading.intent == "cancel_visit" and not reading.question)
