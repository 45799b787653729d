"""A small world to look at from the console: a clinic, its patients, and what they wrote, made by the registry's own use cases."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from dialogs.conversation import take_turn
from dialogs.understanding import Interpreter
from registry import allocation, appointments, people, schedules, waiting_room
from registry.catalogue import POLICY
from registry.communications import Received
from registry.database import transaction
from registry.events import Actor
from registry.referrals import Referral
from registry.schedules import NewSlot, Place, Provider, Schedule
from registry.waiting_room import Criteria

DESK = Actor("registrar", "desk")
SCRIPT = "<script>document.title='złamane'</script><img src=x onerror=\"document.title='złamane'\">"


@dataclass(frozen=True)
class Someone:
    """A made-up patient; the PESEL has a wrong check digit on purpose."""

    given_name: str
    family_name: str
    pesel: str
    number: str


JANINA = Someone("Janina", "Kowalczyk", "44020861983", "+48601200301")
STANISLAW = Someone("Stanisław", "Nowakowski", "58111207635", "+48601200302")
BARBARA = Someone("Barbara", "Wiśniewska", "71063014207", "+48601200303")
MAREK = Someone("Marek", "Zieliński", "66040709811", "+48601200304")
EVERYBODY = (JANINA, STANISLAW, BARBARA, MAREK)
STRANGER = "+48695111222"
CLINIC_PHONE = "+48523570101"


TOUCH = text("""
INSERT INTO conversations (channel, address, last_at, last_intent, outcome, needs_person, memory)
VALUES (:channel, :address, :at, :intent, :outcome, :needs_person, '{}')
    ON CONFLICT (channel, address) DO UPDATE SET last_at = excluded.last_at, last_intent = excluded.last_intent,
       outcome = excluded.outcome, needs_person = excluded.needs_person
""")


class World:
    """Acts at a moment that the caller names; every step is a transaction of its own."""

    def __init__(self, engine: Engine, interpreter: Interpreter, now: datetime) -> None:
        self.engine, self.interpreter, self.now = engine, interpreter, now
        self._wires = count()
        self.ids: dict[Someone, int] = {}
        with transaction(engine) as session:
            self.schedule = _clinic(session)
            for one in EVERYBODY:
                self.ids[one] = _enrol(session, one, now - timedelta(days=30))

    def book(self, one: Someone, starts_at: datetime, *, booked_at: datetime | None = None) -> int:
        """A visit made at the desk; its number."""
        at = booked_at or self.now
        with transaction(self.engine) as session:
            slot = NewSlot(f"{starts_at.isoformat()} {next(self._wires)}", starts_at, starts_at + timedelta(minutes=20), "FIRST_STABLE")
            (slot_id,) = schedules.publish(session, self.schedule, [slot], now=at)
            allocation.place(session, slot_id, now=at)
            return appointments.book(session, self.ids[one], slot_id, actor=DESK, now=at, referral_id=_referral(session, self.ids[one])).id

    def publish(self, starts_at: datetime) -> int:
        """A free date that nobody waits for; its slot's number."""
        with transaction(self.engine) as session:
            slot = NewSlot(f"{starts_at.isoformat()} {next(self._wires)}", starts_at, starts_at + timedelta(minutes=20), "FIRST_STABLE")
            (slot_id,) = schedules.publish(session, self.schedule, [slot], now=self.now)
            session.execute(text("UPDATE slots SET state = 'free' WHERE id = :id"), {"id": slot_id})
        return slot_id

    def entry(self, one: Someone) -> int:
        """The number of a patient's place in the waiting room."""
        with transaction(self.engine) as session:
            found = text("SELECT id FROM entries WHERE patient_id = :p AND state = 'waiting'")
            return int(session.execute(found, {"p": self.ids[one]}).scalar_one())

    def wait(self, one: Someone) -> None:
        """Into the waiting room, with no wish but a date."""
        with transaction(self.engine) as session:
            contact = people.preferred_contact(session, self.ids[one])
            assert contact is not None
            waiting_room.join(
                session, self.ids[one], "CARDIO_FIRST", _referral(session, self.ids[one]), Criteria(date(2026, 1, 1)),
                contact_point_id=contact.id, actor=DESK, now=self.now - timedelta(days=9),
            )  # fmt: skip

    def writes(self, number: str, body: str, *, after: timedelta = timedelta(0)) -> str:
        """A text message comes in; the turn's outcome."""
        received = Received("sms", number, f"SM{next(self._wires):032x}", body, {})
        with transaction(self.engine) as session:
            return take_turn(session, received, self.interpreter, now=self.now + after, undo_hold=POLICY.undo_hold).outcome

    def pass_on(self, *, after: timedelta = timedelta(minutes=6)) -> None:
        """The time to take a cancellation back goes by; the slot goes to the next patient (D6, R60)."""
        allocation.release_due(self.engine, now=self.now + after)

    def deliver(self) -> None:
        """What is queued has gone out and arrived, as a carrier would tell; words are kept as they were sent."""
        with transaction(self.engine) as session:
            session.execute(
                text("""UPDATE messages SET state = 'delivered', sent_at = at, done_at = at, wire_id = 'SM-out-' || id
                         WHERE state = 'queued' AND direction = 'out'""")
            )

    def conversation(self, number: str) -> int:
        """The number of the conversation with this address."""
        with transaction(self.engine) as session:
            return int(session.execute(text("SELECT id FROM conversations WHERE address = :a"), {"a": number}).scalar_one())

    def touch(self, address: str, *, at: datetime, intent: str = "thank", outcome: str = "noted", needs_person: bool = False) -> None:
        """A conversation changes, as a turn changes it."""
        with transaction(self.engine) as session:
            touch(session, address, at=at, intent=intent, outcome=outcome, needs_person=needs_person)

    def populate(self) -> None:
        """The story: Janina cancels and Stanisław gets her slot; Barbara's message is full of data; a stranger; a call for a person."""
        self.book(JANINA, self.now + timedelta(days=7), booked_at=self.now - timedelta(days=20))
        self.book(MAREK, self.now + timedelta(days=2), booked_at=self.now - timedelta(days=20))
        self.wait(STANISLAW)
        self.deliver()
        assert self.writes(JANINA.number, "nie dam rady, proszę odwołać") == "cancelled"
        self.pass_on()
        self.writes(MAREK.number, f"Tu Marek Zieliński, PESEL {MAREK.pesel}, tel. 601 200 304. Proszę o kontakt z człowiekiem")
        self.writes(STRANGER, SCRIPT)
        self.writes(STRANGER, f"Nazywam się Zielińska, dzwonić do mamy {JANINA.number} albo jan.kowalczyk@poczta.pl")


def touch(
    session: Session, address: str, *, at: datetime, intent: str = "thank", outcome: str = "noted", needs_person: bool = False
) -> None:
    """The same inside somebody's open transaction."""
    session.execute(
        TOUCH, {"channel": "sms", "address": address, "at": at, "intent": intent, "outcome": outcome, "needs_person": needs_person}
    )


def _clinic(session: Session) -> Schedule:
    provider = Provider(code="040701", name="Przychodnia Solanki", phone=CLINIC_PHONE)
    session.add(provider)
    session.flush()
    place = Place(
        provider_id=provider.id, name="Przychodnia Solanki", street="ul. Solankowa 12", postcode="88-100", city="Inowrocław",
        phone=CLINIC_PHONE, latitude=52.793, longitude=18.243,
    )  # fmt: skip
    session.add(place)
    session.flush()
    schedule = Schedule(place_id=place.id, service="CARDIO_FIRST", resource="gabinet 1")
    session.add(schedule)
    session.flush()
    return schedule


def _enrol(session: Session, one: Someone, at: datetime) -> int:
    patient = people.register_patient(
        session, identifier=one.pesel, given_name=one.given_name, family_name=one.family_name, birth_date=date(1950, 1, 1), now=at
    )
    people.add_contact(session, patient.id, one.number, now=at)
    session.add(Referral(patient_id=patient.id, service="CARDIO_FIRST", code="1234", category="stable", issued_at=at, state="issued"))
    session.flush()
    return patient.id


def _referral(session: Session, patient_id: int) -> int:
    return int(session.execute(text("SELECT id FROM referrals WHERE patient_id = :id"), {"id": patient_id}).scalar_one())
