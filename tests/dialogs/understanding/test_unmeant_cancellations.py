"""D7: whole kinds of messages that speak of cancelling or staying away and cancel nothing unasked (R102)."""

from itertools import product

import pytest

from dialogs.understanding import Interpreter, Reading
from tests.dialogs.understanding.conftest import TODAY

ASKED = ("reminder", "nothing", "yes_no", "which_visit")
FORMS = ("pesel", "date_of_birth", "postcode", "referral_code", "criteria")


def unasked(reading: Reading) -> bool:
    return reading.intent in {"cancel_visit", "leave_waiting_room"} and not reading.question


def kept(interpreter: Interpreter, text: str) -> None:
    for asked in ASKED:
        reading = interpreter.read(text, asked=asked, today=TODAY)
        assert not unasked(reading), (text, asked, reading.why)


_CONDITIONAL = [
    *product(
        ["коли не знайду няню", "якщо не буде автобуса", "як не знайду няню", "якби був дощ", "если будет дождь"],
        ["то не прийду", "то не буду", "то скасовую", "скасуйте візит"],
    ),
    *product(["koly ne podzvonyte", "yakshcho ne znaidu nianiu"], ["to ne pryidu", "to ne budu"]),
    *product(
        ["gdybyś mnie nie zawiózł", "gdybyście mieli coś wcześniej", "gdybym dostała inny termin", "gdybyśmy wyjechali",
         "gdyby padało", "jakbyście mieli coś we wtorek", "jakbyś nie zadzwonił", "jeśliby padało", "jeżelibyście nie zadzwonili",
         "jak nie będzie autobusu", "kiedy nie znajdę opieki", "nie znajdę opieki"],
        ["to tę odwołam", "to odwołuję wizytę", "to nie przyjdę", "to zrezygnuję z tej wizyty"],
    ),
    *product(
        ["if it rains", "unless you call me", "in case it snows", "in case of snow", "supposing it rains", "when it rains"],
        ["I won't come", "cancel my appointment", "please cancel it"],
    ),
]  # fmt: skip


@pytest.mark.parametrize("comma", [", ", " "])
@pytest.mark.parametrize(("condition", "then"), _CONDITIONAL)
def test_d7_what_hangs_on_a_condition_is_asked_back(interpreter: Interpreter, condition: str, then: str, comma: str) -> None:
    """D7 R102: in three languages and in Latin letters; the condition may also follow."""
    kept(interpreter, f"{condition}{comma}{then}")
    if not condition.startswith("nie znajdę"):
        kept(interpreter, f"{then.removeprefix('to ').removeprefix('то ')}{comma}{condition}")


@pytest.mark.parametrize(
    "text",
    [
        *(f"{no} {what}" for no in ("ніякої", "жодної") for what in ("відміни", "відмііни", "відмови від візиту")),
        "ніяких скасувань", "жодного скасування візиту", "ніякого скасування запису", "никакой отмены",
        *(f"{no} {what}" for no in ("żadnego", "zadnego") for what in ("odwoływania", "odwołania wizyty", "anulowania")),
        "żadnej rezygnacji", "żadnej anulacji wizyty", "żadne odwołanie", "żadnych odwołań", "bez żadnego odwoływania",
        "no cancellation", "no cancellations please", "no cancellation of my visit", "no cancelling",
    ],
)  # fmt: skip
def test_d7_a_cancellation_ruled_out_cancels_nothing(interpreter: Interpreter, text: str) -> None:
    """D7: "żadnego", "ніякої", "no" before the noun deny it as a "nie" does."""
    kept(interpreter, text)


_AWAY = ("syn nie przyjdzie", "mama nie przyjdzie", "mąż nie dotrze", "ja nie przyjdę")
_TWO = [
    *product(_AWAY, ["ale ja tak", "ja tak", "ale ja owszem", "tylko ja", "za to ja tak", "ale żona tak", "ale ja przyjdę"]),
    *product(["син не прийде", "мама не прийде"], ["але я так", "а я так", "але я прийду"]),
    *product(["my husband won't come", "my son is not coming"], ["but I will", "but I am", "but I can", "I will"]),
]


@pytest.mark.parametrize("comma", [", ", " "])
@pytest.mark.parametrize(("away", "other"), _TWO)
def test_d7_of_two_people_one_comes(interpreter: Interpreter, away: str, other: str, comma: str) -> None:
    """D7: whose visit it is that stays, only a question can tell."""
    kept(interpreter, f"{away}{comma}{other}")


@pytest.mark.parametrize("asked", FORMS)
@pytest.mark.parametrize(
    "text",
    ["odpuszczam", "rezygnuję", "to rezygnuję", "dobra, odpuszczam", "rezygnuję z tego", "odwołuję", "anuluj", "proszę anulować",
     "dajmy spokój", "Dajmy spokój, odpuszczam", "cancel", "never mind", "I give up", "скасуйте", "відмовляюсь"],
)  # fmt: skip
def test_d7_a_bare_giving_up_in_a_form_gives_up_the_form(interpreter: Interpreter, asked: str, text: str) -> None:
    """D7: it may mean the question that was asked; no visit and no message is lost by it."""
    reading = interpreter.read(text, asked=asked, channel="chat", today=TODAY)
    assert (reading.intent, reading.question) == ("deny", True), reading.why


@pytest.mark.parametrize("asked", FORMS)
@pytest.mark.parametrize("text", ["odwołuję wizytę", "ODWOLAJ", "nie przyjdę", "cancel my appointment", "скасуйте візит"])
def test_d7_a_visit_named_in_a_form_is_asked_for(interpreter: Interpreter, asked: str, text: str) -> None:
    """D7 D8: who names the visit is asked whether it is to be cancelled."""
    reading = interpreter.read(text, asked=asked, today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", True), reading.why


@pytest.mark.parametrize(
    "text",
    [
        *(f"{call}{end}" for call in ("Zrezygnuj", "Zrezygnujcie", "Rezygnuj", "Rezygnujcie") for end in (
            "", ": NIE", " teraz", " z wizyt w banku", " z kolejek", " z wysokich rachunków", " z wizyty w salonie")),
        "Ubezpieczenie OC już od 399 zł. Zrezygnuj: NIE", "Aby zrezygnować, zrezygnuj",
    ],
)  # fmt: skip
def test_d7_an_imperative_to_the_reader_is_no_word_of_a_patient(interpreter: Interpreter, text: str) -> None:
    """D7 R102: nobody writes "zrezygnuj" to his clinic; whoever sells something writes it to everybody."""
    kept(interpreter, text)


_THINGS = (
    "korki z matmy", "pizzę", "korepetycje", "taksówkę", "netflixa", "trening", "lekcję", "grzejnik", "zamówienie nr 5", "Netflixa",
    "rezerwację hotelu", "wizytę u fryzjera",
)  # fmt: skip


@pytest.mark.parametrize("thing", _THINGS)
@pytest.mark.parametrize(
    "say", ["odwołuję {}", "odwołaj {}", "odwołaj proszę {}", "odwołaj, proszę, {}", "proszę odwołać {}", "anulujcie {}", "odwołaj mi {}"]
)
def test_d7_another_thing_is_cancelled_elsewhere(interpreter: Interpreter, say: str, thing: str) -> None:
    """D7: an object that no list of visits knows is asked back, whatever stands between it and the verb."""
    kept(interpreter, say.format(thing))


@pytest.mark.parametrize("thing", ["pizza", "Netflix", "gym", "order", "lesson", "book club", "hotel reservation", "delivery"])
@pytest.mark.parametrize("say", ["cancel my {}", "please cancel my {}", "cancel the {}", "please cancel the {}", "I want to cancel my {}"])
def test_d7_another_thing_in_english(interpreter: Interpreter, say: str, thing: str) -> None:
    """D7: as in Polish."""
    kept(interpreter, say.format(thing))


@pytest.mark.parametrize("text", ["скасуйте піцу", "скасуй урок", "прошу скасувати доставку", "скасуйте тренування", "відміни репетитора"])
def test_d7_another_thing_in_ukrainian(interpreter: Interpreter, text: str) -> None:
    """D7: as in Polish."""
    kept(interpreter, text)


@pytest.mark.parametrize(
    "text",
    ["odwołuję wizytę u kardiologa", "proszę odwołać termin na jutro", "anulujcie mi badanie", "cancel my exam please", "cancel it",
     "please cancel my reservation", "cancel my check-up", "скасуйте обстеження", "odwołaj proszę wizytę", "odwołuję bo mam pogrzeb",
     "odwołuję Bogumiła Żak", "odwołuję Maria Kowalska", "jestem chory, to nie przyjdę", "mama nie przyjdzie"],
)  # fmt: skip
def test_d7_a_visit_is_still_cancelled_at_once(interpreter: Interpreter, text: str) -> None:
    """D7 R102: an object that is a visit, or none, needs no question."""
    reading = interpreter.read(text, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("asked", [*ASKED, "offer", *FORMS])
@pytest.mark.parametrize(
    "text",
    ["Rezygnuję z miejsca w poczekalni", "rezygnuję z poczekalni", "rezygnuję z kolejki", "rezygnuję z miejsca w kolejce",
     "rezygnuję z miejsca na liście oczekujących", "Rezygnuję z miejsca w poczekalni, dziękuję. Leokadia Nowicka",
     "відмовляюся від черги", "відмовляюсь від місця в черзі"],
)  # fmt: skip
def test_d7_a_place_in_the_waiting_room_is_no_visit(interpreter: Interpreter, asked: str, text: str) -> None:
    """D7 R103: the queue is left, whatever was asked, and the visit stays."""
    reading = interpreter.read(text, asked=asked, today=TODAY)
    assert (reading.intent, reading.question) == ("leave_waiting_room", False), reading.why


@pytest.mark.parametrize(
    "words",
    [
        "odwołajcie lepiej te kolejki", "usuńcie wreszcie te kolejki", "skreślcie lepiej te kolejki, a nie ludzi",
        "wypiszcie się sami z tej kolejki", "cancel the queues instead", "краще скасуйте ці черги",
    ],
)  # fmt: skip
def test_who_complains_of_queues_does_not_lose_his_place_d7(interpreter: Interpreter, words: str) -> None:
    """Read before as a wish to leave the waiting room, and carried out."""
    reading = interpreter.read(words, asked="reminder", today=TODAY)
    assert reading.question or reading.intent not in {"leave_waiting_room", "cancel_visit"}


@pytest.mark.parametrize("words", ["proszę wypisać mnie z kolejki", "rezygnuję z kolejki", "usuńcie mnie z tej kolejki"])
def test_a_plain_wish_to_leave_is_still_understood_at_once(interpreter: Interpreter, words: str) -> None:
    """R55."""
    reading = interpreter.read(words, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("leave_waiting_room", False)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    "words",
    [
        "no pewnie, odwołajcie, i tak czekam trzy lata", "no jasne, odwołujcie sobie", "brawo, odwołajcie najlepiej wszystko",
        "jasne, skasujcie, przecież pacjent poczeka", "oczywiście, odwołajcie mi jeszcze tę jedną", "pięknie, anulujcie ludziom wizyty",
    ],
)  # fmt: skip
def test_bitter_consent_is_asked_back_d7(interpreter: Interpreter, asked: str, words: str) -> None:
    """Irony and consent look alike: one question tells them apart, a lost visit would not."""
    reading = interpreter.read(words, asked=asked, today=TODAY)
    assert reading.question or reading.intent != "cancel_visit"


@pytest.mark.parametrize("words", ["odwołajcie moją wizytę", "proszę odwołajcie, jestem chora", "tak, odwołajcie", "no dobrze, odwołajcie"])
def test_a_plain_order_to_cancel_needs_no_question_d7(interpreter: Interpreter, words: str) -> None:
    """R102."""
    reading = interpreter.read(words, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(
    "words",
    ["nie przyj", "nie przyjd", "nie przych", "nie przychodź jutro", "Krzysiu, nie przychodź", "nie przychodźcie w niedzielę",
     "nie przyjdę głodny", "nie będę sama", "nie przyjdę odebrać paczki", "nie przyjdę obejrzeć mieszkania", "nie przyjadę zabrać roweru"],
)  # fmt: skip
def test_half_a_word_somebody_told_and_another_purpose_are_asked_back_d7(interpreter: Interpreter, asked: str, words: str) -> None:
    """Each was read as "nie przyjdę" and carried out."""
    reading = interpreter.read(words, asked=asked, today=TODAY)
    assert reading.question or reading.intent != "cancel_visit", reading.why


@pytest.mark.parametrize(
    "words", ["nie przyjdę muszę pracować", "nie przyde", "nie przyjdę mam wyjechać służbowo", "nie mogę przyjść muszę iść do pracy"]
)
def test_a_reason_with_a_verb_of_its_own_needs_no_question_d7(interpreter: Interpreter, words: str) -> None:
    """R102."""
    reading = interpreter.read(words, asked="reminder", today=TODAY)
    assert (reading.intent, reading.question) == ("cancel_visit", False), reading.why


@pytest.mark.parametrize("words", ["rezygnuję z sms", "rezygnuję z SMS-ów", "rezygnuję z smsów"])
def test_who_wants_no_messages_keeps_the_visit_r104(interpreter: Interpreter, words: str) -> None:
    """ "Rezygnuję z sms" was read as a cancellation."""
    assert interpreter.read(words, asked="reminder", today=TODAY).intent == "opt_out"


_STRANGERS = [
    *product(["sama nie dojdę", "sam nie trafię", "sami nie przyjedziemy"], ["wnuk mnie przyprowadzi", "przyjadę z bratem"]),
    *product(["na dziewięćdziesiąt procent", "na 90 procent"], ["mnie nie będzie", "nie przyjdę"]),
    ("mama wczoraj upadła, ale nic jej nie jest", "i przyjdzie z laską"),
    ("Tomek jutro nie dam rady z tym lekarzem", "ogarnij odwołanie"),
    ("dzień dobry ja bude jutro", "na wizyta, dziękuję"),
]


@pytest.mark.parametrize("text", [", ".join(pair) for pair in _STRANGERS])
def test_who_only_comes_with_somebody_or_is_almost_sure_loses_no_visit_unasked(interpreter: Interpreter, text: str) -> None:
    """D7: found in replies of authors who knew nothing of the reader."""
    kept(interpreter, text)


@pytest.mark.parametrize(
    "text", ["lista oczekujących - rezygnacja", "babcię z tej listy na szybciej to zdejmijcie", "Oddaję kolejkę, pozdro",
             "wypadam z kolejki, mam zakaz wyjścia, wizyta nieważna", "Odstępuję swoją kolejkę następnej osobie, zostaję w domu"],
)  # fmt: skip
def test_a_queue_or_a_turn_after_a_reminder_is_asked_back(interpreter: Interpreter, text: str) -> None:
    """D7: the waiting room is not the visit, and one's turn may be either."""
    assert not unasked(interpreter.read(text, asked="reminder", today=TODAY))
