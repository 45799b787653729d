"""Mammography and cytology: who qualifies by the programmes' figures, the change of an exam, and what SIMP is told of it (R78-R85)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Protocol

from sqlalchemy import Engine, ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import appointments, eligibility, events, notices, pesel
from registry.appointments import Appointment, NotBookable, NotHeld, TooLate, hold
from registry.cancellations import free
from registry.catalogue import screening_rule
from registry.database import Numbered, transaction
from registry.eligibility import Answer
from registry.events import Actor
from registry.rules import months_later
from registry.schedules import Slot


@dataclass(frozen=True, slots=True)
class Exam:
    """A programme exam that took place: its kind (MAMMO, CYTO_CLASSIC, HPV_HR) and Warsaw day."""

    kind: str
    day: date


def judge(service_code: str, *, born: date, sex: pesel.Sex, exams: Sequence[Exam], insured: bool, as_of: date, reference: str) -> Answer:
    """What the programme's figures say on a day (R78, R79): the register of the demonstration answers by it.

    On the very anniversary of the last programme exam she qualifies again. Exams outside the programme are not in `exams`.
    """
    rule = screening_rule(service_code, as_of)
    if sex != rule.sex:
        return Answer(False, "not_in_programme", reference)
    if not rule.age_from <= as_of.year - born.year <= rule.age_to:
        return Answer(False, "age", reference)
    if not insured:
        return Answer(False, "not_insured", reference)
    done = [months_later(exam.day, rule.months_after[exam.kind]) for exam in exams if exam.kind in rule.months_after]
    if done and as_of < max(done):
        return Answer(False, "too_early", reference, max(done))
    return Answer(True, "qualified", reference)


def change(session: Session, appointment_id: int, new_slot_id: int, *, actor: Actor, now: datetime) -> Appointment:
    """Another date for an exam (R85): a new visit, then the old one cancelled, two records, eligibility of today asked for anew.

    All or nothing: if the new date cannot be had, the old visit stays as it was. Raises what `appointments.book` raises.
    """
    with session.begin_nested():
        old, old_slot, new_slot = appointments.lock_move(session, appointment_id, new_slot_id)
        _check(old, new_slot, now)
        appointments.check_bookable(new_slot, "screening", actor, now)
        verdict_id = eligibility.require(session, old.patient_id, new_slot, now=now)
        appointments.check_time(session, old.patient_id, new_slot, moving=old.id)
        _cancel(session, old, actor, now)
        new = hold(
            session, new_slot, old.patient_id, old.contact_point_id,
            entry=None, visit_type="screening", status="booked", origin=actor.kind, now=now,
        )  # fmt: skip
        new.moved_from, new.verdict_id = old.starts_at, verdict_id
        session.flush()
        free(session, old_slot, actor=actor, now=now)
    _tell(session, "visit.booked", new, actor, now, replaces=old.id)
    notices.notify(session, "changed", new.id, actor=actor, now=now)
    return new


def _check(old: Appointment, new_slot: Slot, now: datetime) -> None:
    if old.status != "booked":
        raise NotHeld(old.id)
    if old.starts_at <= now:
        raise TooLate(old.id)
    if old.visit_type != "screening" or new_slot.service != old.service:
        raise NotBookable(old.visit_type)


def _cancel(session: Session, old: Appointment, actor: Actor, now: datetime) -> None:
    old.status, old.cancelled_at, old.cancel_reason, old.confirmed_at = "cancelled", now, "date_does_not_suit", None
    old.version += 1
    session.flush()
    _tell(session, "visit.cancelled", old, actor, now, reason="date_does_not_suit")


def _tell(session: Session, kind: str, visit: Appointment, actor: Actor, now: datetime, **facts: Any) -> None:
    events.record(
        session, kind, now=now, actor=actor, provider_id=visit.provider_id, slot_id=visit.slot_id, appointment_id=visit.id,
        version=visit.version, **facts,
    )  # fmt: skip


# --- what SIMP is told (R81)


@dataclass(frozen=True, slots=True)
class Report:
    """One change of an exam as SIMP is told it; `event_id` makes a repeated telling harmless."""

    event_id: int
    kind: str
    appointment_id: int
    service: str
    identifier_system: str
    identifier: str
    starts_at: datetime
    provider: str
    at: datetime


class ReportPort(Protocol):
    """SIMP's ear; `tell` raises `EligibilityUnavailable` when it did not take the report."""

    def tell(self, report: Report) -> None:
        """Hand one change over; the same event twice is the same change."""
        ...


class ReportedEvent(Numbered):
    """An event that SIMP has taken (R81)."""

    __tablename__ = "reported_events"

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    at: Mapped[datetime]


# Per exam the oldest untold change: a cancellation never overtakes its booking, and one exam's trouble holds no other up. A no-show that
# is taken back (X24), and an exam that nobody's fault kept from taking place, are told by what they come to.
NEXT = text("""
SELECT DISTINCT ON (a.id) e.id,
       CASE WHEN e.kind = 'visit.noshow_reversed' AND (e.facts ->> 'came')::boolean THEN 'visit.fulfilled'
            WHEN e.kind IN ('visit.noshow_reversed', 'visit.excused') THEN 'visit.cancelled' ELSE e.kind END,
       a.id, a.service, p.identifier_system, p.identifier, a.starts_at, v.code, e.at
  FROM events e JOIN appointments a ON a.id = e.appointment_id AND a.visit_type = 'screening'
  JOIN patients p ON p.id = a.patient_id JOIN providers v ON v.id = a.provider_id
 WHERE e.kind IN ('visit.booked', 'visit.changed', 'visit.moved', 'visit.cancelled', 'visit.restored', 'visit.fulfilled', 'visit.noshow',
                  'visit.noshow_reversed', 'visit.excused')
   AND NOT EXISTS (SELECT 1 FROM reported_events r WHERE r.event_id = e.id)
   AND a.id <> ALL(CAST(:set_aside AS bigint[]))
 ORDER BY a.id, e.id LIMIT :limit
""")


PATIENCE: Final = 5  # exams in a row that SIMP does not take before it is left alone until the next time


def report_due(engine: Engine, port: ReportPort, *, now: datetime, limit: int = 200) -> int:
    """Tell SIMP every change of an exam, in its order (R81); how many were taken. What it does not take is told next time."""
    told = 0
    set_aside: set[int] = set()
    while True:
        with Session(engine) as session:
            reports = [Report(*row) for row in session.execute(NEXT, {"set_aside": sorted(set_aside), "limit": limit})]
        if not reports or len(set_aside) >= PATIENCE:
            return told
        for report in reports:
            if _told(engine, port, report, now):
                told += 1
            else:
                set_aside.add(report.appointment_id)
            if len(set_aside) >= PATIENCE:
                break


def _told(engine: Engine, port: ReportPort, report: Report, now: datetime) -> bool:
    try:
        port.tell(report)
    except eligibility.EligibilityUnavailable:
        return False
    with transaction(engine) as session:
        session.execute(MARK, {"event_id": report.event_id, "now": now})
    return True


MARK = text("INSERT INTO reported_events (event_id, at) VALUES (:event_id, :now) ON CONFLICT DO NOTHING")
