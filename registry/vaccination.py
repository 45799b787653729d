"""Vaccination of children: which dose may be given on which day, by birthdays and calendar months (R86-R94).

The day of the vaccination decides, not that of the booking. A second dose rests on a first one whose visit the clinic has closed (R90).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events, tasks
from registry.catalogue import VaccineSchema, vaccine_schema
from registry.database import Numbered
from registry.events import Actor
from registry.people import Patient
from registry.rules import birthday, months_later

Hindrance = Literal[
    "no_such_dose", "already_given", "too_young", "too_old", "ask_a_person", "earlier_dose_missing", "earlier_dose_not_closed",
    "other_product", "too_early", "too_late",
]  # fmt: skip

# Not refusals of ours to give: a clinic, or somebody of the service, decides (R88, R89, R90, R93, R94).
FOR_A_PERSON: frozenset[Hindrance] = frozenset({"ask_a_person", "earlier_dose_not_closed", "other_product", "too_late"})


class NotThisDose(Exception):
    """This dose cannot be booked for that day; the hindrance says why (R86-R91)."""


class VaccinationRecord(Numbered):
    """A dose as the vaccination record shows it, with its product (R93); a visit that was never closed may have one too (R90)."""

    __tablename__ = "vaccination_records"
    __table_args__ = (
        Index(None, "patient_id", "service", "dose", unique=True),
        CheckConstraint("dose > 0", name="dose"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    service: Mapped[str]
    dose: Mapped[int]
    given_on: Mapped[date]
    product: Mapped[str]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"))


@dataclass(frozen=True, slots=True)
class Given:
    """An earlier dose whose visit the clinic closed."""

    dose: int
    day: date
    product: str


def first_dose_days(schema: VaccineSchema, born: date) -> tuple[date, date]:
    """The first and the last day for dose 1 (R86): from the birthday on, through the day before the one that ends it."""
    return birthday(born, schema.age_from), birthday(born, schema.age_before) - timedelta(days=1)


def next_dose_days(schema: VaccineSchema, earlier: date) -> tuple[date, date]:
    """The first and the last day for the dose after an earlier one (R89), both inside."""
    return months_later(earlier, schema.gap_from_months), months_later(earlier, schema.gap_to_months)


def hindrance(
    schema: VaccineSchema, *, born: date, dose: int, day: date, given: dict[int, Given], shown: frozenset[int] = frozenset()
) -> Hindrance | None:
    """Why this dose may not be given on this day, or None (R86-R91). `shown` are doses that the record shows, closed or not."""
    if not 1 <= dose <= schema.doses:
        return "no_such_dose"
    if dose in given:
        return "already_given"
    if dose == 1:
        first, last = first_dose_days(schema, born)
        return "too_young" if day < first else "too_old" if day > last else None
    if dose - 1 not in given:
        return "earlier_dose_not_closed" if dose - 1 in shown else "earlier_dose_missing"
    return _later(schema, born, day, given[dose - 1])


def _later(schema: VaccineSchema, born: date, day: date, earlier: Given) -> Hindrance | None:
    if earlier.product != schema.product:
        return "other_product"
    first, last = next_dose_days(schema, earlier.day)
    if day < first:
        return "too_early"
    if day > last:
        return "too_late"
    in_time = earlier.day < birthday(born, schema.age_before)
    excepted = born.year in schema.late_birth_years and in_time  # R88
    return None if day < birthday(born, schema.age_before) or excepted else "ask_a_person"


HISTORY = text("""
SELECT a.dose, a.local_date, coalesce(r.product, CAST(:product AS text))
  FROM appointments a
  LEFT JOIN vaccination_records r ON r.patient_id = a.patient_id AND r.service = a.service AND r.dose = a.dose
 WHERE a.patient_id = :patient_id AND a.service = :service AND a.visit_type = 'vaccination' AND a.status = 'fulfilled'
 ORDER BY a.local_date
""")
SHOWN = text("SELECT dose FROM vaccination_records WHERE patient_id = :patient_id AND service = :service")


def assess(session: Session, patient_id: int, service_code: str, dose: int, day: date) -> Hindrance | None:
    """Why this child may not have this dose on this Warsaw day, by its birth date and the doses it has had; None if it may."""
    schema = vaccine_schema(service_code, day)
    facts = {"patient_id": patient_id, "service": service_code, "product": schema.product}
    given = {row[0]: Given(*row) for row in session.execute(HISTORY, facts)}
    shown = frozenset(session.scalars(SHOWN, facts))
    born = session.get_one(Patient, patient_id).birth_date
    return hindrance(schema, born=born, dose=dose, day=day, given=given, shown=shown)


def next_dose(session: Session, patient_id: int, service_code: str, day: date) -> int:
    """The dose that a vaccination which the clinic itself has booked for this day will be, by what was given or shown before (R91)."""
    schema = vaccine_schema(service_code, day)
    facts = {"patient_id": patient_id, "service": service_code, "product": schema.product}
    before = {row[0] for row in session.execute(HISTORY, facts)} | set(session.scalars(SHOWN, facts))
    return min(max(before, default=0) + 1, schema.doses)


def require(session: Session, patient_id: int, service_code: str, dose: int | None, day: date) -> None:
    """Let the booking of a dose pass, or raise `NotThisDose` with the hindrance. The patient is locked by the caller."""
    found = assess(session, patient_id, service_code, dose or 0, day)
    if found is not None:
        raise NotThisDose(found)


def explain(
    session: Session, patient_id: int, service_code: str, dose: int, day: date, *, actor: Actor, now: datetime
) -> Hindrance | None:
    """The hindrance, for the answer that the parent gets; where a person must decide, it is put on the list, once (R90, R94)."""
    found = assess(session, patient_id, service_code, dose, day)
    if found in FOR_A_PERSON:
        cause = f"{found} patient {patient_id} {service_code} dose {dose}"
        tasks.open_task(session, "vaccination", cause, now=now, patient_id=patient_id)
        point = _where(session, patient_id, service_code)
        events.record(session, "vaccination.hindered", now=now, actor=actor, provider_id=point, because=found, dose=dose)
    return found


LAST_POINT = text("""
SELECT provider_id FROM vaccination_records WHERE patient_id = :patient_id AND service = :service AND provider_id IS NOT NULL
 ORDER BY given_on DESC LIMIT 1
""")


def _where(session: Session, patient_id: int, service_code: str) -> int | None:
    """The vaccination point that gave the last dose on record: it is the one to close the visit (R90)."""
    found = session.scalar(LAST_POINT, {"patient_id": patient_id, "service": service_code})
    return None if found is None else int(found)
