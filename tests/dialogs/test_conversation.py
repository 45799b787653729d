"""Whole exchanges by text message, from the reminder to what became of the visit (R102, D6, D7, X8)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text

from dialogs.conversation import take_turn
from registry import allocation, appointments, people
from registry.appointments import Appointment
from registry.communications import Message, Received, Turn
from registry.database import transaction
from registry.events import Event
from registry.people import ContactPoint, Patient
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.dialogs.exchange import Exchange, interpreter
from tests.registry import build

WEEK = timedelta(days=7)


@pytest.fixture
def booked(engine: Engine, now: datetime) -> tuple[Exchange, int]:
    """A patient with a visit in a week, who has just been told of it."""
    with transaction(engine) as session:
        patient = build.patient(session)
        visit = build.visit(session, now + WEEK, now=now - WEEK, of=patient)
        address = build.contact(session, patient).value
    return Exchange(engine, address, now), visit.id


@pytest.mark.parametrize("words", ["nie dam rady, proszę odwołać", "ODWOLAJ", "odwoluje wizyte", "Odwołuję", "nie przyjde, prosze odwolac"])
def test_an_unmistakable_cancellation_cancels_at_once_and_says_so_r102(booked: tuple[Exchange, int], words: str) -> None:
    """R102, R72: by text message alone, without the clinic."""
    talk, visit = booked
    assert talk.write(words).outcome == "cancelled"
    assert talk.status(visit) == "cancelling"
    assert talk.last() == "cancelled"


@pytest.mark.parametrize(
    "words",
    [
        "nie odwołuję", "prosze nie odwolywac", "Nie chcę odwoływać wizyty", "nie", "czy mogę odwołać?", "a jak odwołać wizytę?",
        "jeśli nie dostanę urlopu to odwołam", "Córka mówiła żeby odwołać, ale ja przyjdę", "chyba nie dam rady", "?", "",
        "w zeszłym roku odwołałem wizytę", "co będzie jak odwołam",
    ],
)  # fmt: skip
def test_a_doubtful_message_never_cancels_d7(booked: tuple[Exchange, int], words: str) -> None:
    talk, visit = booked
    talk.write(words)
    assert talk.status(visit) == "booked"


def test_a_bare_no_is_asked_back_and_then_cancels_on_a_clear_word_d7(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    talk.write("nie")
    assert talk.last() in ("ask_confirm_or_cancel", "ask_cancel")
    talk.write("odwołuję")
    assert talk.status(visit) == "cancelling"


def test_a_question_about_cancelling_that_is_answered_no_keeps_the_visit_d7(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    talk.write("chyba nie dam rady przyjść")
    talk.write("nie")
    assert talk.status(visit) == "booked"


def test_yes_confirms_and_repeating_it_changes_nothing_d8(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    assert talk.write("TAK").outcome == "confirmed"
    assert talk.write("tak").outcome == "confirmed"
    with transaction(engine) as session:
        assert session.get_one(Appointment, visit).confirmed_at is not None


def test_cofnij_within_five_minutes_restores_the_visit_d6(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    talk.write("odwołuję")
    assert talk.write("COFNIJ").outcome == "restored"
    assert talk.status(visit) == "booked"
    assert talk.last() == "undone"


def test_cofnij_after_five_minutes_is_told_that_it_is_too_late_d6(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    talk.write("odwołuję")
    talk.now += timedelta(minutes=5)
    allocation.release_due(engine, now=talk.now)
    talk.write("cofnij")
    assert talk.status(visit) == "cancelled"
    assert talk.last() == "undo_too_late"


def test_cancelling_again_after_an_undo_is_a_new_cancellation_with_a_new_answer_x29(booked: tuple[Exchange, int]) -> None:
    talk, _visit = booked
    for words in ("odwołuję", "cofnij", "odwołuję"):
        talk.write(words)
    assert [kind for kind, _ in talk.answers()].count("cancelled") == 2


def test_a_second_cancellation_changes_nothing_and_is_answered_sensibly_r102(booked: tuple[Exchange, int]) -> None:
    talk, _visit = booked
    talk.write("odwołuję")
    talk.write("odwołuję")
    assert talk.last() == "already_cancelled"
    assert [kind for kind, _ in talk.answers()].count("cancelled") == 1


def test_the_carrier_bringing_a_message_three_times_is_one_turn_r102(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, _visit = booked
    first, *again = [talk.write("odwołuję", wire_id="SMsame") for _ in range(3)]
    assert first.outcome == "cancelled"
    assert [one.repeated for one in again] == [True, True]
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).where(Turn.action == "cancel_visit")) == 1


def test_the_same_message_brought_at_the_same_moment_is_one_turn_x14(booked: tuple[Exchange, int]) -> None:
    talk, _visit = booked
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda _: Exchange(talk.engine, talk.address, talk.now).write("odwołuję", wire_id="SMx"), range(8)))
    assert sorted(one.repeated for one in done) == [False] + [True] * 7
    assert [kind for kind, _ in talk.answers()].count("cancelled") == 1


def test_an_unknown_number_gets_a_polite_answer_and_a_log_entry_r102(engine: Engine, now: datetime) -> None:
    talk = Exchange(engine, "+48600999888", now)
    assert talk.write("odwołuję wizytę").outcome == "answered"
    assert talk.last() == "unknown_number"
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(Turn)) == 1


def test_a_reply_after_the_visit_changes_nothing_r67(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    talk.now += WEEK + timedelta(minutes=1)
    talk.write("odwołuję")
    assert talk.status(visit) == "booked"
    assert talk.last() == "visit_past"


def test_an_answer_to_last_months_reminder_is_asked_about_before_it_touches_another_visit_r102(engine: Engine, now: datetime) -> None:
    """The last thing said to this number was about a visit that is over: a cancellation must not fall on the next one unasked."""
    with transaction(engine) as session:
        patient = build.patient(session)
        later = build.visit(session, now + timedelta(days=30), now=now - timedelta(days=5), of=patient)
        past = build.visit(session, now - timedelta(days=1), now=now - timedelta(days=30), of=patient, service="MAMMO")
        address = build.contact(session, patient).value
    talk = Exchange(engine, address, now)
    talk.write("odwołuję")
    assert talk.status(later.id) == "booked"
    assert talk.last() == "ask_cancel"
    talk.write("tak")
    assert talk.status(later.id) == "cancelling"
    assert talk.status(past.id) == "booked"


@pytest.fixture
def shared(engine: Engine, now: datetime) -> tuple[Exchange, int, int]:
    """Mother and daughter on one telephone, each with a visit next week (X8)."""
    with transaction(engine) as session:
        daughter = build.patient(session, given_name="Anna", family_name="Dąbrowska")
        address = build.contact(session, daughter).value
        mother = build.without_contact(session, given_name="Helena", family_name="Dąbrowska")
        helper = people.add_contact_person(session, mother.id, name="Anna Dąbrowska", relationship="córka")
        people.add_contact(session, mother.id, address, now=now, person=helper)
        first = build.visit(session, now + WEEK, now=now - WEEK, of=mother)
        second = build.visit(session, now + WEEK + timedelta(hours=2), now=now - WEEK, of=daughter)
    return Exchange(engine, address, now), first.id, second.id


def test_two_visits_on_one_number_are_asked_apart_by_initials_and_date_x8(shared: tuple[Exchange, int, int]) -> None:
    talk, first, second = shared
    talk.write("odwołuję")
    kind, words = talk.answers()[-1]
    assert kind == "which_visit"
    assert "H. D." in words
    assert "A. D." in words
    assert (talk.status(first), talk.status(second)) == ("booked", "booked")


@pytest.mark.parametrize(("answer", "gone"), [("1", 0), ("2", 1), ("ta druga", 1), ("pierwsza", 0)])
def test_the_choice_cancels_that_visit_and_no_other_x8(shared: tuple[Exchange, int, int], answer: str, gone: int) -> None:
    talk, *visits = shared
    talk.write("proszę odwołać")
    talk.write(answer)
    assert [talk.status(one) for one in visits] == ["cancelling" if place == gone else "booked" for place in (0, 1)]


@pytest.mark.parametrize("answer", ["3", "obie", "tak", "nie wiem", "obydwie proszę"])
def test_anything_but_one_clear_choice_cancels_neither_x8(shared: tuple[Exchange, int, int], answer: str) -> None:
    talk, *visits = shared
    talk.write("proszę odwołać")
    talk.write(answer)
    assert [talk.status(one) for one in visits] == ["booked", "booked"]


def test_a_contact_person_may_cancel_by_reply_and_the_log_says_who_x9(shared: tuple[Exchange, int, int], engine: Engine) -> None:
    talk, mothers, _ = shared
    talk.write("odwołuję")
    talk.write("1")
    with transaction(engine) as session:
        actor = session.scalar(select(Event.actor).where(Event.kind == "visit.cancelled", Event.appointment_id == mothers))
    assert actor == "contact_person"


@pytest.fixture
def offered(engine: Engine, now: datetime) -> tuple[Exchange, int, int]:
    """A waiting patient who has just been offered a date in 60 hours (R61)."""
    with transaction(engine) as session:
        entry = build.waiting(session, now=now - WEEK)
        slot = build.slot(session, now + timedelta(hours=60), state="pending")
        placed = allocation.place(session, slot.id, now=now)
        assert placed.outcome == "offered"
        assert placed.appointment_id is not None
        address = session.get_one(ContactPoint, entry.contact_point_id).value
    return Exchange(engine, address, now), placed.appointment_id, entry.id


@pytest.mark.parametrize("words", ["tak", "TAK", "biorę", "poproszę ten termin"])
def test_yes_takes_the_offered_date_r61(offered: tuple[Exchange, int, int], words: str) -> None:
    talk, offer, _ = offered
    assert talk.write(words).outcome == "accepted"
    assert talk.status(offer) == "booked"
    assert talk.last() == "offer_accepted"


def test_no_declines_and_keeps_the_place_d5(offered: tuple[Exchange, int, int], engine: Engine) -> None:
    talk, offer, entry_id = offered
    assert talk.write("nie").outcome == "declined"
    assert talk.status(offer) == "declined"
    with transaction(engine) as session:
        entry = session.get_one(Entry, entry_id)
        assert (entry.state, entry.queue_at) == ("waiting", entry.joined_at)


def test_yes_after_the_offer_has_ended_is_told_kindly_r61(offered: tuple[Exchange, int, int], engine: Engine) -> None:
    talk, offer, _ = offered
    talk.now += timedelta(hours=5)
    allocation.expire_due(engine, now=talk.now)
    talk.write("tak")
    assert talk.status(offer) == "expired"
    assert talk.last() == "offer_gone"


def test_the_cancelling_patient_can_leave_the_waiting_room_too_r55(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, _visit = booked
    talk.write("odwołuję")
    talk.now += timedelta(minutes=6)
    allocation.release_due(engine, now=talk.now)
    talk.write("WYPISZ")
    with transaction(engine) as session:
        entry = session.scalars(select(Entry)).one()
    assert (entry.state, entry.closed_because) == ("closed", "left")


def test_the_word_poczekalnia_explains_and_changes_nothing_d8(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        entry = build.waiting(session, now=now - WEEK)
        address = session.get_one(ContactPoint, entry.contact_point_id).value
    talk = Exchange(engine, address, now)
    talk.write("POCZEKALNIA")
    assert talk.last() in ("poczekalnia_help", "waiting_room_status")
    with transaction(engine) as session:
        assert session.get_one(Entry, entry.id).state == "waiting"


def test_the_third_return_is_warned_of_before_it_happens_d1(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    with transaction(engine) as session:
        entry_id = session.get_one(Appointment, visit).entry_id
        session.get_one(Entry, entry_id).returns = 2
    talk.write("odwołuję")
    assert talk.last() == "returns_warning"
    assert talk.status(visit) == "booked"
    talk.write("odwołuję")
    assert talk.status(visit) == "cancelling"
    assert "od końca" in talk.answers()[-1][1] or "od konca" in talk.answers()[-1][1]


def test_a_cancelled_control_visit_says_to_call_the_clinic_r75(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        patient = build.patient(session)
        slot = build.slot(session, now + WEEK, pool="CONTROL")
        visit = appointments.book(session, patient.id, slot.id, actor=build.DESK, now=now - WEEK, visit_type="control")
        address = build.contact(session, patient).value
    talk = Exchange(engine, address, now)
    talk.write("odwołuję")
    kind, words = talk.answers()[-1]
    assert kind == "cancelled_control"
    assert "224410000" in words
    assert talk.status(visit.id) == "cancelling"


def test_an_emergency_is_answered_with_112_in_any_state(offered: tuple[Exchange, int, int], engine: Engine) -> None:
    talk, offer, _ = offered
    talk.write("mam silny ból w klatce piersiowej i nie mogę oddychać")
    assert "112" in talk.answers()[-1][1]
    assert talk.status(offer) == "proposed"


def test_a_reported_death_ends_the_messages_and_becomes_a_task_x6(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    talk.write("mama zmarła w zeszłym tygodniu")
    with transaction(engine) as session:
        assert session.scalars(select(Task.kind)).all() == ["report_death"]
        assert session.scalar(select(ContactPoint.state).where(ContactPoint.value == talk.address)) == "reported_death"
    assert talk.status(visit) == "booked"


def test_a_strangers_number_is_not_written_to_again_and_no_visit_is_touched_x8(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    talk.write("to pomyłka, nie znam takiej osoby")
    with transaction(engine) as session:
        assert session.scalar(select(ContactPoint.state).where(ContactPoint.value == talk.address)) == "wrong_person"
    assert talk.status(visit) == "booked"


def test_two_machines_do_not_write_to_each_other_for_ever(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, visit = booked
    for number in range(6):
        talk.write(f"xqz wvk {number} jjj")
    answered = [kind for kind, _ in talk.answers() if kind in ("not_understood", "ask_confirm_or_cancel")]
    assert len(answered) <= 3
    assert talk.status(visit) == "booked"


def test_who_is_handed_to_a_person_is_told_so_once_x33(booked: tuple[Exchange, int]) -> None:
    """Silence after a third question would be taken for a fault; and what is understood afterwards is answered as ever."""
    talk, visit = booked
    for number in range(5):
        talk.write(f"xqz wvk {number} jjj")
    kinds = [kind for kind, _ in talk.answers()]
    assert kinds[-1] == "handed_over"
    assert kinds.count("handed_over") == 1
    talk.write("o której mam tę wizytę?")
    assert talk.last() == "where_when"
    assert talk.status(visit) == "booked"


def test_a_stranger_is_handed_to_a_person_once_too_x33(engine: Engine, now: datetime) -> None:
    talk = Exchange(engine, "+48600999888", now)
    for _ in range(6):
        talk.write("xqz wvk jjj")
    assert [kind for kind, _ in talk.answers()] == ["not_understood", "not_understood", "handed_over"]


def test_another_date_is_explained_and_the_visit_stays_r69(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    talk.write("czy można prosić inny termin?")
    assert talk.status(visit) == "booked"
    assert talk.last() == "change_how"


def test_where_and_when_is_answered(booked: tuple[Exchange, int]) -> None:
    talk, _visit = booked
    talk.write("o której mam wizytę?")
    assert talk.last() == "where_when"


def test_a_reply_in_ukrainian_is_answered_in_ukrainian_d16(booked: tuple[Exchange, int], engine: Engine) -> None:
    talk, _visit = booked
    talk.write("о котрій годині мій візит?")
    with transaction(engine) as session:
        language = session.scalar(select(Message.language).where(Message.direction == "out").order_by(Message.id.desc()).limit(1))
    assert language == "uk"


def test_an_answer_to_a_patient_of_another_address_reaches_the_writer_too(engine: Engine, now: datetime) -> None:
    """The visit's notices go to the e-mail; who cancels from the telephone is told on the telephone."""
    with transaction(engine) as session:
        patient = build.patient(session, "jan@example.pl", "+48601777888")
        visit = build.visit(session, now + WEEK, now=now - WEEK, of=patient)
    talk = Exchange(engine, "+48601777888", now)
    talk.write("odwołuję wizytę")
    if talk.status(visit.id) == "booked":
        talk.write("tak")
    assert talk.status(visit.id) == "cancelling"
    assert talk.last() == "cancelled"


@pytest.mark.parametrize(("returns", "expected"), [(0, "cancelled"), (2, "cancelled_end_of_queue")])
def test_who_cancels_is_told_what_follows_though_the_notice_goes_elsewhere_r55_r56(
    engine: Engine, now: datetime, returns: int, expected: str
) -> None:
    """Told before: "jest już odwołana", and nothing of the waiting room or of COFNIJ (D6)."""
    with transaction(engine) as session:
        patient = build.patient(session, "jan@example.pl", "+48601777888")
        visit = build.visit(session, now + WEEK, now=now - WEEK, of=patient)
        session.get_one(Entry, visit.entry_id).returns = returns
    talk = Exchange(engine, "+48601777888", now)
    talk.write("odwołuję wizytę")
    for _ in range(2):
        if talk.status(visit.id) == "booked":
            talk.write("tak")
    assert talk.status(visit.id) == "cancelling"
    assert talk.last() == expected
    assert "COFNIJ" in talk.answers()[-1][1]


def test_leaving_and_dead_patients_have_no_open_visits_here_x6(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        patient = build.patient(session)
        build.visit(session, now + WEEK, now=now - WEEK, of=patient)
        address = build.contact(session, patient).value
        session.get_one(Patient, patient.id).died_at = now
    talk = Exchange(engine, address, now)
    talk.write("odwołuję")
    assert talk.last() == "unknown_number"




@pytest.mark.parametrize(
    ("word", "intent", "asked_back"),
    [("ODWOLAJ", "cancel_visit", False), ("Cofnij.", "undo", False), ("wypisz", "leave_waiting_room", False),
     ("WZNÓW", "opt_in", False), ("Poczekalnia", "leave_waiting_room", True)],
)  # fmt: skip
def test_a_printed_reply_word_means_what_the_message_said_d8(word: str, intent: str, asked_back: bool, now: datetime) -> None:
    reading = interpreter().read(word, asked="reminder", today=now.date())
    assert (reading.intent, reading.question) == (intent, asked_back)


@pytest.mark.parametrize("answer", ["ta w środę", "środa", "25.11"])
def test_the_visit_may_be_named_by_its_day_x8(engine: Engine, now: datetime, answer: str) -> None:
    with transaction(engine) as session:
        patient = build.patient(session)
        first = build.visit(session, now + WEEK, now=now - WEEK, of=patient)
        other = build.visit(session, now + WEEK + timedelta(days=2), now=now - WEEK, of=patient, service="MAMMO")
        address = build.contact(session, patient).value
    talk = Exchange(engine, address, now)
    talk.write("proszę odwołać")
    talk.write(answer)
    assert (talk.status(first.id), talk.status(other.id)) == ("cancelling", "booked")


def test_a_cancellation_that_names_another_day_is_asked_back_d7(booked: tuple[Exchange, int]) -> None:
    """The only visit is on Wednesday the 25th; whoever cancels "the 3rd of December" may mean something else altogether."""
    talk, visit = booked
    talk.write("odwołuję wizytę 3 grudnia")
    assert talk.status(visit) == "booked"
    assert talk.last() == "ask_cancel"


def test_an_automatic_reply_is_not_answered(booked: tuple[Exchange, int]) -> None:
    talk, visit = booked
    before = len(talk.answers())
    talk.write("Odpowiedź automatyczna: prowadzę samochód, oddzwonię później")
    assert len(talk.answers()) == before
    assert talk.status(visit) == "booked"


def test_a_question_for_medical_advice_is_declined_kindly(booked: tuple[Exchange, int]) -> None:
    talk, _ = booked
    talk.write("czy mam odstawić leki na nadciśnienie przed badaniem?")
    assert talk.last() in ("medical_advice", "question_unanswered")


def _said(engine: Engine, address: str, now: datetime, words: str, wire_id: str) -> str:
    """One spoken turn; the outcome. What is answered in a call is heard in it."""
    received = Received("voice", address, wire_id, words, {})
    with transaction(engine) as session:
        done = take_turn(session, received, interpreter(), now=now, undo_hold=timedelta(0))
        session.execute(text("UPDATE messages SET state = 'sent' WHERE address = :a AND state = 'queued'"), {"a": address})
    return done.outcome


@pytest.mark.parametrize("words", ["odwołuję", "proszę odwołać wizytę", "nie przyjdę, proszę odwołać"])
def test_a_spoken_cancellation_is_read_back_and_only_then_done_d6_d7(engine: Engine, now: datetime, words: str) -> None:
    with transaction(engine) as session:
        patient = build.patient(session, "+48523570111")
        visit = build.visit(session, now + WEEK, now=now - WEEK, of=patient).id
    talk = Exchange(engine, "+48523570111", now)
    talk.reach()
    assert _said(engine, talk.address, now, words, "CA1.1") == "asked"
    assert (talk.status(visit), talk.last()) == ("booked", "ask_cancel")
    assert _said(engine, talk.address, now, "tak, odwołuję", "CA1.2") == "cancelled"
    assert talk.status(visit) == "cancelled"  # no hold: what was confirmed aloud is not kept back for an undo


def test_a_spoken_no_to_the_read_back_keeps_the_visit_d6_d7(engine: Engine, now: datetime) -> None:
    with transaction(engine) as session:
        patient = build.patient(session, "+48523570112")
        visit = build.visit(session, now + WEEK, now=now - WEEK, of=patient).id
    talk = Exchange(engine, "+48523570112", now)
    talk.reach()
    _said(engine, talk.address, now, "odwołuję", "CA2.1")
    _said(engine, talk.address, now, "nie", "CA2.2")
    assert (talk.status(visit), talk.last()) == ("booked", "kept")
