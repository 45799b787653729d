"""What stands when a story begins, by the name that its metadata gives. One patient, always the same numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import allocation, appointments, people
from registry.database import transaction
from registry.people import Patient
from registry.referrals import Referral
from registry.schedules import Place
from registry.waiting_room import Entry
from tests.registry import build

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday
PESEL, CODE, NUMBER = "50030112345", "4711", "+48601234567"
DAY = timedelta(days=1)


@dataclass
class Made:
    """The patient, his referral, and the clinic with its free dates."""

    session: Session
    patient: Patient
    right: Referral
    clinic: Place
    now: datetime

    def dates(self) -> None:
        """Free dates in five, seven and nine days."""
        for days in (5, 7, 9):
            build.slot(self.session, self.now + DAY * days, where=self.clinic)

    def visit(self, days: float, *, returns: int = 0) -> None:
        """A first visit, booked a week ago."""
        slot = build.slot(self.session, self.now + DAY * days, where=self.clinic)
        made = appointments.book(
            self.session, self.patient.id, slot.id, actor=build.DESK, now=self.now - DAY * 7, referral_id=self.right.id
        )  # fmt: skip
        self.session.get_one(Entry, made.entry_id).returns = returns


def _booked(made: Made) -> None:
    made.visit(7)


def _third(made: Made) -> None:
    made.visit(7, returns=2)


def _moving(made: Made) -> None:
    made.visit(12)
    made.dates()


def _two(made: Made) -> None:
    made.visit(7)
    build.visit(made.session, made.now + DAY * 9, now=made.now - DAY * 7, of=made.patient, service="MAMMO")


def _control(made: Made) -> None:
    build.control_visit(made.session, made.now + DAY * 7, now=made.now - DAY * 7, of=made.patient)


def _offered(made: Made) -> None:
    build.waiting(made.session, made.patient, now=made.now - DAY * 7, on=made.right)
    slot = build.slot(made.session, made.now + timedelta(hours=60), state="pending", where=made.clinic)
    allocation.place(made.session, slot.id, now=made.now)


def _relative(made: Made) -> None:
    """The number is a daughter's: the patient has no other."""
    made.visit(7)
    daughter = people.add_contact_person(made.session, made.patient.id, name="Anna Kowalska", relationship="córka")
    build.contact(made.session, made.patient).contact_person_id = daughter.id


def _shared(made: Made) -> None:
    """A couple with one telephone; each has a visit."""
    made.visit(7)
    wife = build.patient(made.session, NUMBER, given_name="Ewa")
    build.visit(made.session, made.now + DAY * 9, now=made.now - DAY * 7, of=wife)


def _waiting(made: Made) -> None:
    build.waiting(made.session, made.patient, now=made.now - DAY * 7, on=made.right)


def _free(made: Made) -> None:
    made.dates()


def _full(_: Made) -> None:
    """No date is free anywhere."""


def _screening(made: Made) -> None:
    build.slot(made.session, made.now + DAY * 8, where=made.clinic, service="MAMMO")
    build.eligible(made.session, made.patient, "MAMMO", now=made.now)


def _vaccination(made: Made) -> None:
    build.slot(made.session, made.now + timedelta(hours=8), where=made.clinic, service="HPV_VACCINATION", pool="VACCINATION")


WORLDS: dict[str, Callable[[Made], None]] = {
    "booked": _booked, "third": _third, "moving": _moving, "two": _two, "control": _control, "offered": _offered, "waiting": _waiting,
    "relative": _relative, "shared": _shared,
    "free": _free, "full": _full, "screening": _screening, "vaccination": _vaccination,
}  # fmt: skip


def make(engine: Engine, name: str, now: datetime = NOW) -> None:
    """Put the world of this name, as it stands at `now`, into a clean database."""
    with transaction(engine) as session:
        patient = build.patient(session, NUMBER)
        patient.identifier = PESEL
        right = build.referral(session, patient)
        right.code = CODE
        session.flush()
        WORLDS[name](Made(session, patient, right, build.clinic(session), now))
