"""What a patient can get done by writing: found out who it is, a visit booked, a place in the queue, another date (D12, R29-R35)."""

from datetime import date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, select

from registry import appointments, pesel
from registry.appointments import Appointment
from registry.communications import Conversation, Turn
from registry.database import transaction
from registry.events import Event
from registry.people import Patient
from registry.referrals import Referral
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.dialogs.exchange import Exchange
from tests.registry import build

DAY = timedelta(days=1)
CHANNELS = ["sms", "chat", "voice"]
_serial = count(100)


def known(session: object, *contacts: str, **more: object) -> tuple[Patient, str]:
    """A patient with a valid PESEL, and the PESEL."""
    patient = build.patient(session, *contacts, **more)  # type: ignore[arg-type]
    first_ten = f"500301{next(_serial):04}"
    patient.identifier = first_ten + pesel.checksum(first_ten)
    session.flush()  # type: ignore[attr-defined]
    return patient, patient.identifier


class World:
    """A patient with a referral and three free dates at one clinic."""

    def __init__(self, engine: Engine, now: datetime, channel: str = "sms", **referral: object) -> None:
        with transaction(engine) as session:
            patient, self.pesel = known(session)
            right = build.referral(session, patient, **referral)  # type: ignore[arg-type]
            right.code = "4711"
            clinic = build.clinic(session)
            self.days = [now + DAY * 7, now + DAY * 9, now + DAY * 12]
            self.slots = [build.slot(session, day, where=clinic).id for day in self.days]
            self.patient, self.referral, self.own = patient.id, right.id, build.contact(session, patient).value
        self.engine = engine
        self.talk = Exchange(engine, self.own if channel == "sms" else f"{channel}-session", now, channel)

    def visit(self) -> Appointment | None:
        with transaction(self.engine) as session:
            query = select(Appointment).where(Appointment.patient_id == self.patient, Appointment.status == "booked")
            return session.scalars(query).one_or_none()

    def identify(self, wish: str) -> str:
        """Say what is wanted and who one is; the kind of the last answer."""
        for words in (wish, self.pesel, "4711"):
            self.talk.write(words)
        return self.talk.last()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_first_visit_is_searched_for_and_booked_r29_r57(engine: Engine, now: datetime, channel: str) -> None:
    world = World(engine, now, channel)
    kinds = []
    for words in ("chcę się zapisać do kardiologa", world.pesel, "4711", "00-238", "jak najszybciej", "2", "tak"):
        world.talk.write(words)
        kinds.append(world.talk.last())
    assert kinds[:6] == ["ask_pesel", "ask_referral_code", "ask_where", "ask_when", "dates_found", "ask_book"]
    assert kinds[6] == "booked"
    visit = world.visit()
    assert visit is not None
    assert visit.slot_id == world.slots[1]
    assert visit.referral_id == world.referral


def test_nothing_is_booked_before_the_rules_were_told_and_a_yes_came_r57(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    assert world.identify("chcę się zapisać do kardiologa") == "ask_where"
    for words in ("00-238", "jak najszybciej", "1", "nie"):
        world.talk.write(words)
    assert world.talk.last() == "nothing_done"
    assert world.visit() is None
    asked = next(words for kind, words in world.talk.answers() if kind == "ask_book")
    assert "poczekalni" in asked
    assert "od nowa" in asked


@pytest.mark.parametrize("channel", CHANNELS)
def test_nothing_of_a_patient_is_said_before_he_is_known_d12(engine: Engine, now: datetime, channel: str) -> None:
    """A wrong code, five times over: never a word that tells the patient apart from nobody, then the lock."""
    world = World(engine, now, channel)
    world.talk.write("chcę się zapisać do kardiologa")
    for _ in range(5):
        world.talk.write(world.pesel)
        world.talk.write("0000")
    kinds = [kind for kind, _ in world.talk.answers()]
    assert set(kinds) == {"ask_pesel", "ask_referral_code", "identity_wrong", "identity_locked"}
    assert kinds[-1] == "identity_locked"
    for words in ("chcę się zapisać do kardiologa", world.pesel, "4711"):
        world.talk.write(words)
    assert world.talk.last() == "identity_locked"
    assert world.visit() is None


def test_a_mistyped_pesel_is_asked_again_and_costs_no_try_d12(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.talk.write("chcę się zapisać do kardiologa")
    wrong = world.pesel[:-1] + str((int(world.pesel[-1]) + 1) % 10)
    world.talk.write(wrong)
    assert world.talk.last() == "pesel_wrong"
    world.talk.write(world.pesel)
    assert world.talk.last() == "ask_referral_code"


@pytest.mark.parametrize("written", ["{0} {1} {2}", "mój pesel to {0}-{1}-{2}", "PESEL: {0}{1}{2}."])
def test_a_pesel_is_taken_however_it_is_written(engine: Engine, now: datetime, written: str) -> None:
    world = World(engine, now)
    world.talk.write("chcę się zapisać do kardiologa")
    world.talk.write(written.format(world.pesel[:3], world.pesel[3:7], world.pesel[7:]))
    assert world.talk.last() == "ask_referral_code"


def test_numbers_of_a_person_are_kept_neither_in_the_memory_nor_in_the_log_x34(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    with transaction(engine) as session:
        memory = session.scalars(select(Conversation.memory)).one()
        logged = session.scalars(select(Turn.entities)).all()
    assert world.pesel not in str(memory)
    assert world.pesel not in str(logged)
    assert "4711" not in str(memory) + str(logged)


def test_no_free_date_leads_to_the_waiting_room_in_the_same_turn_r30_r33(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    for words in ("00-238", "w styczniu 2027"):
        world.talk.write(words)
    assert world.talk.last() == "ask_join_instead"
    assert world.talk.write("tak").outcome == "joined"
    with transaction(engine) as session:
        entry = session.scalars(select(Entry)).one()
        assert (entry.state, entry.patient_id, entry.referral_id) == ("waiting", world.patient, world.referral)
        assert entry.radius_km == appointments.NEARBY_KM
        assert entry.date_from >= date(2027, 1, 1)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_waiting_room_can_be_joined_with_wishes_r48(engine: Engine, now: datetime, channel: str) -> None:
    world = World(engine, now, channel)
    assert world.identify("proszę mnie zapisać do poczekalni") == "ask_where"
    for words in ("gdziekolwiek", "obojętnie"):
        world.talk.write(words)
    assert world.talk.last() == "ask_join"
    assert world.talk.write("tak").outcome == "joined"
    with transaction(engine) as session:
        assert session.scalars(select(Entry)).one().radius_km is None


def test_wishes_can_be_changed_and_the_place_in_the_queue_stays_r49(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    with transaction(engine) as session:
        patient, right = session.get_one(Patient, world.patient), session.get_one(Referral, world.referral)
        entry = build.waiting(session, patient, now=now - DAY * 30, on=right)
    assert world.identify("chcę zmienić kryteria w poczekalni") == "ask_where"
    for words in ("Warszawa", "we wtorki po 15"):
        world.talk.write(words)
    assert world.talk.last() == "wishes_changed"
    with transaction(engine) as session:
        changed = session.get_one(Entry, entry.id)
        assert (changed.queue_at, changed.criteria_version, changed.weekdays) == (entry.queue_at, 2, 0b10)
        assert changed.hour_from is not None
        assert changed.hour_from.hour == 15


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_visit_is_moved_in_one_step_r69(engine: Engine, now: datetime, channel: str) -> None:
    world = World(engine, now, channel)
    with transaction(engine) as session:
        old = appointments.book(session, world.patient, world.slots[2], actor=build.DESK, now=now - DAY, referral_id=world.referral)
        build.slot(session, now + DAY * 20)  # somewhere else in time
    kinds = []
    for words in ("chcę inny termin", world.pesel, "4711"):
        world.talk.write(words)
        kinds.append(world.talk.last())
    assert kinds[-1] == "ask_when"
    for words in ("jak najszybciej", "1"):
        world.talk.write(words)
    assert world.talk.last() == "ask_change"
    assert world.talk.status(old.id) == "booked"
    assert world.talk.write("tak").outcome == "changed"
    moved = world.visit()
    assert moved is not None
    assert (moved.id, moved.slot_id) == (old.id, world.slots[0])


def test_a_date_taken_meanwhile_is_told_with_the_next_ones_r37(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    for words in ("00-238", "jak najszybciej", "1"):
        world.talk.write(words)
    with transaction(engine) as session:
        other = build.patient(session)
        appointments.book(
            session, other.id, world.slots[0], actor=build.DESK, now=now, referral_id=build.referral(session, other).id
        )  # fmt: skip
    world.talk.write("tak")
    assert world.talk.last() == "date_taken"
    for words in ("1", "tak"):
        world.talk.write(words)
    visit = world.visit()
    assert visit is not None
    assert visit.slot_id == world.slots[1]


def test_another_wish_in_answer_to_the_list_searches_again_r29(engine: Engine, now: datetime) -> None:
    world = World(engine, now)  # Wednesday, Friday, Monday
    world.identify("chcę się zapisać do kardiologa")
    for words in ("00-238", "jak najszybciej", "a może w poniedziałek?"):
        world.talk.write(words)
    assert world.talk.last() == "dates_found"
    for words in ("1", "tak"):
        world.talk.write(words)
    visit = world.visit()
    assert visit is not None
    assert visit.slot_id == world.slots[2]


def test_what_was_said_half_an_hour_ago_speaks_for_nobody_any_more_d12(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    for words in ("00-238", "jak najszybciej", "1"):
        world.talk.write(words)
    world.talk.now += timedelta(minutes=31)
    world.talk.write("tak")
    assert world.talk.last() == "ask_pesel"
    assert world.visit() is None


def test_a_yes_to_a_reminder_that_came_in_between_books_nothing_x8(engine: Engine, now: datetime) -> None:
    """The last thing that the telephone showed is a reminder: the yes is its answer, whatever was asked before."""
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    for words in ("00-238", "jak najszybciej", "1"):
        world.talk.write(words)
    with transaction(engine) as session:
        patient = session.get_one(Patient, world.patient)
        other = build.visit(session, now + DAY * 15, now=now, of=patient, service="MAMMO")
    world.talk.write("tak")
    assert world.visit() is not None
    with transaction(engine) as session:
        assert session.scalars(select(Appointment.service).where(Appointment.patient_id == world.patient)).all() == ["MAMMO"]
        assert session.get_one(Appointment, other.id).status == "booked"


@pytest.mark.parametrize("step", range(6))
def test_an_emergency_is_answered_in_the_middle_of_every_form(engine: Engine, now: datetime, step: int) -> None:
    world = World(engine, now)
    for words in ("chcę się zapisać do kardiologa", world.pesel, "4711", "00-238", "jak najszybciej", "1")[: step + 1]:
        world.talk.write(words)
    world.talk.write("mam silny ból w klatce piersiowej i nie mogę oddychać")
    assert "112" in world.talk.answers()[-1][1]
    assert world.visit() is None


@pytest.mark.parametrize("wish", ["chcę się zapisać do kardiologa", "proszę mnie zapisać do poczekalni"])
def test_without_a_referral_the_patient_is_told_what_he_needs_r42(engine: Engine, now: datetime, wish: str) -> None:
    """A code of a referral for another thing proves who it is, and gives no right to a specialist."""
    world = World(engine, now, service="MAMMO")
    assert world.identify(wish) == "no_referral"


def test_who_has_a_visit_already_is_told_of_it_x3(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    with transaction(engine) as session:
        appointments.book(session, world.patient, world.slots[0], actor=build.DESK, now=now - DAY, referral_id=world.referral)
    assert world.identify("chcę się zapisać do kardiologa") == "where_when"


def test_the_chat_asks_who_it_is_before_it_cancels_d6_d12(engine: Engine, now: datetime) -> None:
    world = World(engine, now, "chat")
    with transaction(engine) as session:
        visit = appointments.book(session, world.patient, world.slots[0], actor=build.DESK, now=now - DAY, referral_id=world.referral)
    assert world.identify("odwołuję wizytę") == "ask_cancel"
    assert world.talk.status(visit.id) == "booked"
    world.talk.write("tak")
    assert world.talk.status(visit.id) == "cancelled"  # read back, so no hold (D6)


def test_a_town_that_nobody_knows_is_asked_for_again(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    world.talk.write("Xyzów Wielki")
    assert world.talk.last() == "where_unknown"
    world.talk.write("w Warszawie")
    assert world.talk.last() == "ask_when"


def test_giving_up_a_form_changes_nothing(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.talk.write("chcę się zapisać do kardiologa")
    world.talk.write("nie")
    assert world.talk.last() == "identity_needed"
    world.talk.write(world.pesel)
    assert world.talk.last() != "ask_referral_code"


def test_a_screening_exam_is_booked_on_todays_verdict_r80_r83(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    with transaction(engine) as session:
        patient = session.get_one(Patient, world.patient)
        slot = build.slot(session, now + DAY * 8, service="MAMMO")
        build.eligible(session, patient, "MAMMO", now=now)
    assert world.identify("chcę się zapisać na mammografię") == "ask_where"
    for words in ("gdziekolwiek", "obojętnie", "1", "tak"):
        world.talk.write(words)
    visit = world.visit()
    assert visit is not None
    assert (visit.slot_id, visit.visit_type) == (slot.id, "screening")


def test_without_a_verdict_nothing_is_booked_and_somebody_calls_back_r80(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    assert world.identify("chcę się zapisać na mammografię") == "screening_later"
    with transaction(engine) as session:
        assert session.scalars(select(Task.kind)).all() == ["call_back"]


@pytest.mark.parametrize(
    ("born", "told"),
    [("18.11.2017", "vaccination_near"), ("19.11.2017", "vaccination_too_young"), ("19.11.2012", "vaccination_near"),
     ("18.11.2012", "vaccination_too_old")],
)  # fmt: skip
def test_a_parent_is_told_whether_and_where_a_child_is_vaccinated_r86_r87(engine: Engine, now: datetime, born: str, told: str) -> None:
    """On the ninth birthday yes, on the fourteenth not any more."""
    with transaction(engine) as session:
        clinic = build.clinic(session, name="Przychodnia POZ")
        build.slot(session, now + timedelta(hours=8), where=clinic, service="HPV_VACCINATION", pool="VACCINATION")
    talk = Exchange(engine, "+48600111222", now)
    for words in ("chcę zaszczepić dziecko przeciw HPV", born, "00-238"):
        talk.write(words)
    assert told in [kind for kind, _ in talk.answers()]


@pytest.mark.parametrize(("slot", "lines"), [
    ("pesel", ("chcę się zapisać do kardiologa", "tak")), ("child_born", ("chcę zaszczepić dziecko przeciw HPV", "tak")),
    ("child_near", ("chcę zaszczepić dziecko przeciw HPV", "8.02.2016", "tak")),
])  # fmt: skip
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_yes_to_a_question_for_a_fact_is_asked_again_in_every_form_d7(
    engine: Engine, now: datetime, channel: str, slot: str, lines: tuple[str, ...]
) -> None:  # fmt: skip
    talk = Exchange(engine, "+48600111222" if channel != "chat" else "chat-session", now, channel)
    for words in lines:
        done = talk.write(words)
    assert (done.action, done.outcome) == ("ask_again", "asked")
    assert talk.last() == {"child_near": "ask_where"}.get(slot, f"ask_{slot}")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("said", "kind"), [("tak", "request_human"), ("nie", "nothing_done")])
def test_a_person_helps_a_parent_who_wants_it_and_nothing_of_a_child_is_told_r94_d12(
    engine: Engine, now: datetime, channel: str, said: str, kind: str
) -> None:  # fmt: skip
    """No message is a strong login (L3): the registry's children are not looked up, whatever the birthday."""
    with transaction(engine) as session:
        child = build.without_contact(session, given_name="Zosia", family_name="Kowalska")
        child.birth_date = date(2016, 2, 8)
        build.clinic(session)
    talk = Exchange(engine, "+48600111222" if channel != "chat" else "chat-session", now, channel)
    for words in ("chcę zaszczepić dziecko przeciw HPV", "8.02.2016", "00-238", said):
        talk.write(words)
    kinds = [one for one, _ in talk.answers()]
    assert kinds[-2:] == ["ask_call_back", kind]
    assert not any("Zosia" in words or "Kowalska" in words for _, words in talk.answers())
    with transaction(engine) as session:
        tasks = [task.kind for task in session.scalars(select(Task))]
    assert tasks == (["child_vaccination"] if said == "tak" else [])


def test_a_visit_that_the_clinic_does_not_see_is_put_in_writing_and_looked_into_r116(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    with transaction(engine) as session:
        appointments.book(session, world.patient, world.slots[0], actor=build.DESK, now=now - DAY, referral_id=world.referral)
    world.talk.write("w rejestracji mówią że nie widzą mojej wizyty w systemie")
    assert world.talk.last() == "not_seen_reported"
    with transaction(engine) as session:
        assert "visit_not_seen" in session.scalars(select(Task.kind)).all()
        assert session.scalar(select(Event.kind).where(Event.kind == "visit.cancelled")) is None


def test_a_repeated_message_fills_a_form_once_r102(engine: Engine, now: datetime) -> None:
    world = World(engine, now)
    world.talk.write("chcę się zapisać do kardiologa")
    for _ in range(3):
        done = world.talk.write(world.pesel, wire_id="SMpesel")
    assert done.repeated
    world.talk.write("4711")
    assert world.talk.last() == "ask_where"




@pytest.mark.parametrize("words", ["nie mam kodu", "nie mam skierowania", "nie podam", "nie"])
def test_who_has_no_code_is_told_where_else_to_turn_d12(engine: Engine, now: datetime, words: str) -> None:
    world = World(engine, now)
    with transaction(engine) as session:
        visit = build.visit(session, now + DAY * 3, now=now - DAY, of=session.get_one(Patient, world.patient), service="MAMMO")
    world.talk.write("chcę się zapisać do kardiologa")
    world.talk.write(world.pesel)
    world.talk.write(words)
    assert world.talk.last() == "identity_needed"
    assert world.talk.status(visit.id) == "booked"


@pytest.mark.parametrize("words", ["żaden", "poproszę o inne terminy", "nie"])
def test_the_next_dates_follow_when_none_of_the_listed_ones_suits_r29(engine: Engine, now: datetime, words: str) -> None:
    world = World(engine, now)
    world.identify("chcę się zapisać do kardiologa")
    for said in ("00-238", "jak najszybciej", words, "1", "tak"):
        world.talk.write(said)
    visit = world.visit()
    assert visit is not None
    assert visit.slot_id == world.slots[2]
