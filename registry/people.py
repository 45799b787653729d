"""Who waits and how they are reached: patients, the people who speak for them, and the addresses that messages go to."""

from datetime import date, datetime
from typing import Literal

import phonenumbers
from sqlalchemy import CheckConstraint, ForeignKey, Index, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import patient_names
from registry.database import Numbered

ContactClass = Literal["mobile", "landline", "foreign", "email"]
ContactState = Literal["active", "opted_out", "invalid", "wrong_person", "reported_death"]

CHANNEL_OF: dict[ContactClass, str] = {"mobile": "sms", "foreign": "sms", "landline": "voice", "email": "email"}


class NoContact(Exception):
    """Neither a telephone number nor an e-mail address to reach the patient by (R95)."""


class InvalidContact(ValueError):
    """This is no telephone number or e-mail address that messages can go to (R95)."""


class PatientDied(Exception):
    """The patient has died: nothing can be booked any more (X6)."""


class Patient(Numbered):
    """A person who is treated. `identifier` is the PESEL, or a number of another system for people without one (X35)."""

    __tablename__ = "patients"
    __table_args__ = (
        Index(None, "identifier_system", "identifier", unique=True),
        Index("ix_patients_names", text(patient_names.WORDS), postgresql_using="gin"),
    )

    identifier_system: Mapped[str] = mapped_column(default="PESEL")
    identifier: Mapped[str]
    given_name: Mapped[str]
    family_name: Mapped[str]
    birth_date: Mapped[date]
    language: Mapped[str | None]  # D16: what the patient has chosen; None answers in the language that he writes
    died_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def initials(self) -> str:
        """How a message names the patient on a shared telephone (X8): "J. K."."""
        return f"{self.given_name[:1]}. {self.family_name[:1]}."


class ContactPerson(Numbered):
    """Somebody near the patient whose number may be used instead (R96): gets minimised texts and may answer them (X9)."""

    __tablename__ = "contact_persons"

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    name: Mapped[str]
    relationship: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class ContactPoint(Numbered):
    """An address of a patient or of a contact person, classed by the numbering plan, with the clinic's override (D13)."""

    __tablename__ = "contact_points"
    __table_args__ = (
        Index(None, "patient_id", "value", unique=True),
        Index(None, "value"),
        CheckConstraint("channel IN ('sms', 'voice', 'email')", name="channel"),
        CheckConstraint("state IN ('active', 'opted_out', 'invalid', 'wrong_person', 'reported_death')", name="state"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    contact_person_id: Mapped[int | None] = mapped_column(ForeignKey("contact_persons.id"))
    value: Mapped[str]
    channel: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[datetime]


def classify(value: str) -> tuple[str, ContactClass]:
    """An address as it is stored (E.164, or e-mail in lower case) and its class (R95); `InvalidContact` for anything else."""
    text = value.strip()
    if "@" in text:
        return _email(text), "email"
    try:
        number = phonenumbers.parse(text, "PL")
    except phonenumbers.NumberParseException as error:
        raise InvalidContact(text) from error
    if not phonenumbers.is_valid_number(number):
        raise InvalidContact(text)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), _class_of(number)


def _email(text: str) -> str:
    name, _, domain = text.rpartition("@")
    if not name or "." not in domain or any(letter.isspace() for letter in text):
        raise InvalidContact(text)
    return text.lower()


def _class_of(number: phonenumbers.PhoneNumber) -> ContactClass:
    kind = phonenumbers.number_type(number)
    types = phonenumbers.PhoneNumberType
    if kind in (types.PREMIUM_RATE, types.SHARED_COST, types.UAN):
        raise InvalidContact("premium")
    if number.country_code != 48:
        return "foreign"
    return "mobile" if kind in (types.MOBILE, types.FIXED_LINE_OR_MOBILE) else "landline"


def register_patient(
    session: Session, *, identifier: str, given_name: str, family_name: str, birth_date: date, now: datetime,
    language: str | None = None, identifier_system: str = "PESEL",
) -> Patient:  # fmt: skip
    """A new patient; the store refuses a second one with the same identifier."""
    patient = Patient(
        identifier_system=identifier_system, identifier=identifier, given_name=given_name, family_name=family_name,
        birth_date=birth_date, language=language, created_at=now,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    return patient


def add_contact(
    session: Session, patient_id: int, value: str, *, now: datetime, person: ContactPerson | None = None,
    channel: str | None = None,
) -> ContactPoint:  # fmt: skip
    """A further address of the patient, after those there are; `channel` is the clinic's override of the class (D13)."""
    address, kind = classify(value)
    rank = session.scalar(select(func.count()).where(ContactPoint.patient_id == patient_id)) or 0
    point = ContactPoint(
        patient_id=patient_id, contact_person_id=person and person.id, value=address, rank=rank,
        channel=channel or CHANNEL_OF[kind], created_at=now, state="active",
    )  # fmt: skip
    session.add(point)
    session.flush()
    return point


def add_contact_person(session: Session, patient_id: int, *, name: str, relationship: str) -> ContactPerson:
    """A relative or neighbour through whom the patient is reached (R96)."""
    person = ContactPerson(patient_id=patient_id, name=name, relationship=relationship)
    session.add(person)
    session.flush()
    return person


def preferred_contact(session: Session, patient_id: int, *, after: ContactPoint | None = None) -> ContactPoint | None:
    """The first usable address of a patient, or the next one after an address that failed (R54, D13)."""
    points = select(ContactPoint).where(ContactPoint.patient_id == patient_id, ContactPoint.state == "active")
    if after is not None:
        points = points.where(ContactPoint.id != after.id, ContactPoint.rank > after.rank)
    return session.scalars(points.order_by(ContactPoint.rank, ContactPoint.id).limit(1)).first()


def own_contact(session: Session, patient_id: int, contact_point_id: int | None) -> ContactPoint:
    """The address that news of a visit go to: the one named, or the patient's first usable one (R39).

    One named that cannot be used now stands for the others, which the news go to until it can. `NoContact` when there is none that can,
    or when the one named is somebody else's.
    """
    usable = preferred_contact(session, patient_id)
    point = usable if contact_point_id is None else session.get(ContactPoint, contact_point_id)
    if usable is None or point is None or point.patient_id != patient_id:
        raise NoContact(patient_id)
    return point


LOCK = select(Patient.id).where(Patient.id == bindparam("patient_id")).with_for_update(key_share=True)


def lock_patient(session: Session, patient_id: int) -> None:
    """Lock a patient until the transaction ends: one change at a time for one patient (X14)."""
    session.execute(LOCK, {"patient_id": patient_id}).one()


LOCK_AT_ONCE = (
    select(Patient.id).where(Patient.id == bindparam("patient_id")).with_for_update(key_share=True, skip_locked=True)
)  # fmt: skip


def lock_patient_at_once(session: Session, patient_id: int) -> bool:
    """Lock a patient if nobody else has; whether that was so. Never waits."""
    return session.scalar(LOCK_AT_ONCE, {"patient_id": patient_id}) is not None


def lock_living(session: Session, patient_id: int) -> None:
    """Lock a patient for whom something new is to be booked; `PatientDied` when it is too late for that (X6)."""
    lock_patient(session, patient_id)
    if has_died(session, patient_id):
        raise PatientDied(patient_id)


def has_died(session: Session, patient_id: int) -> bool:
    """Whether the patient is known to have died (X6)."""
    return session.scalar(select(Patient.died_at).where(Patient.id == patient_id)) is not None
