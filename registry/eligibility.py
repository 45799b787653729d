"""Who may have a screening exam: the verdict of SIMP, which asks eWUS, as of the day of booking (R80, R83).

A verdict is asked for outside any transaction and stored with its moment; a booking rests on one of the same Warsaw day. When the
registers do not answer, nothing is booked: the question is asked again later, and somebody calls the patient back.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import CheckConstraint, Engine, ForeignKey, Index, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events, tasks
from registry.catalogue import NOT_OURS, Kind, service
from registry.database import Numbered, transaction
from registry.events import Actor
from registry.people import Patient
from registry.rules import local_date
from registry.schedules import Schedule, Slot

Reason = Literal["qualified", "too_early", "age", "not_in_programme", "not_insured", "other"]
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


class EligibilityUnavailable(Exception):
    """SIMP or eWUS did not answer, or not in words that can be trusted: nobody knows whether she qualifies (R80)."""


class NotEligible(Exception):
    """There is no verdict of today that she qualifies: refused, or not asked yet (R80, R83)."""


class OnlyThroughTheClinic(Exception):
    """Who has no PESEL is checked by the clinic, not by a patient's own channel (X35)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What SIMP is asked: whom, which exam, on which Warsaw day."""

    identifier_system: str
    identifier: str
    service: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Answer:
    """What SIMP said, with its own reference and, when it is too early, the day from which she qualifies."""

    qualified: bool
    reason: Reason
    reference: str
    qualifies_from: date | None = None
    kinds: tuple[Kind, ...] = ()  # of schedules, where it is not the usual one (R26)


class EligibilityPort(Protocol):
    """SIMP as we need it; `ask` raises `EligibilityUnavailable`."""

    def ask(self, question: Question) -> Answer:
        """The verdict as of the day in the question."""
        ...


class Verdict(Numbered):
    """One answer of SIMP, kept for good: the proof on which a booking rested (R80). Never changed after it was written."""

    __tablename__ = "verdicts"
    __table_args__ = (Index(None, "patient_id", "service", "as_of"),)

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    service: Mapped[str]
    as_of: Mapped[date]
    asked_at: Mapped[datetime]
    qualified: Mapped[bool]
    reason: Mapped[str]
    reference: Mapped[str]
    qualifies_from: Mapped[date | None]
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


class PendingQuestion(Numbered):
    """A question that the registers could not answer; asked again from `due_at` on (R80)."""

    __tablename__ = "pending_questions"
    __table_args__ = (
        Index("uq_pending_questions_open", "patient_id", "service", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_pending_questions_due", "due_at", postgresql_where=text("state = 'open'")),
        CheckConstraint("state IN ('open', 'answered')", name="state"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    service: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    tries: Mapped[int]
    state: Mapped[str]


def ask(
    engine: Engine, port: EligibilityPort, patient_id: int, service_code: str, *, actor: Actor, now: datetime
) -> Verdict | None:
    """Ask whether the patient qualifies today and store the verdict; None when nobody could say, which is then asked again (R80).

    No transaction is open while the registers are asked. Raises `OnlyThroughTheClinic`.
    """
    with transaction(engine) as session:
        question = _question(session, patient_id, service_code, actor, now)
    try:
        answer = port.ask(question)
    except EligibilityUnavailable:
        with transaction(engine) as session:
            ask_later(session, patient_id, service_code, actor=actor, now=now)
        return None
    with transaction(engine) as session:
        return _store(session, patient_id, question, answer, actor, now)


def _question(session: Session, patient_id: int, service_code: str, actor: Actor, now: datetime) -> Question:
    patient = session.get_one(Patient, patient_id)
    if patient.identifier_system != "PESEL" and actor.channel not in ("desk", "api", "worker"):
        raise OnlyThroughTheClinic(patient_id)
    return Question(patient.identifier_system, patient.identifier, service(service_code).code, local_date(now))


def _store(session: Session, patient_id: int, question: Question, answer: Answer, actor: Actor, now: datetime) -> Verdict:
    verdict = Verdict(
        patient_id=patient_id, service=question.service, as_of=question.as_of, asked_at=now, qualified=answer.qualified,
        reason=answer.reason, reference=answer.reference, qualifies_from=answer.qualifies_from,
        kinds=list(answer.kinds) or None,
    )  # fmt: skip
    session.add(verdict)
    open_ones = select(PendingQuestion).where(
        PendingQuestion.patient_id == patient_id, PendingQuestion.service == question.service, PendingQuestion.state == "open"
    )
    for pending in session.scalars(open_ones.with_for_update()):
        pending.state = "answered"
    session.flush()
    events.record(session, "eligibility.answered", now=now, actor=actor, verdict_id=verdict.id, reason=answer.reason)
    return verdict


def ask_later(session: Session, patient_id: int, service_code: str, *, actor: Actor, now: datetime) -> None:
    """Put the question off and the patient on the list of those to be called back; a growing pause between the tries."""
    first: dict[str, Any] = {
        "patient_id": patient_id, "service": service_code, "asked_at": now, "due_at": now + BACK_OFF[0], "tries": 1, "state": "open",
    }  # fmt: skip
    new = insert(PendingQuestion).values(first)
    session.execute(new.on_conflict_do_nothing(index_elements=["patient_id", "service"], index_where=text("state = 'open'")))
    row = session.scalars(
        select(PendingQuestion)
        .where(PendingQuestion.patient_id == patient_id, PendingQuestion.service == service_code, PendingQuestion.state == "open")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.asked_at != now:
        row.due_at, row.tries = now + BACK_OFF[min(row.tries, len(BACK_OFF) - 1)], row.tries + 1
        session.flush()
    cause = f"eligibility patient {patient_id} {service_code} asked {row.asked_at.isoformat()}"
    tasks.open_task(session, "call_back", cause, now=now, patient_id=patient_id)
    events.record(session, "eligibility.unavailable", now=now, actor=actor, tries=row.tries)


def ask_due(engine: Engine, port: EligibilityPort, *, actor: Actor, now: datetime, limit: int = 100) -> int:
    """Ask again what could not be answered (R80); how many were answered. For the worker."""
    due = select(PendingQuestion.patient_id, PendingQuestion.service).where(
        PendingQuestion.state == "open", PendingQuestion.due_at <= now
    )  # fmt: skip
    with Session(engine) as session:
        questions = session.execute(due.order_by(PendingQuestion.due_at, PendingQuestion.id).limit(limit)).all()
    answered = [ask(engine, port, one.patient_id, one.service, actor=actor, now=now) for one in questions]
    return sum(verdict is not None for verdict in answered)


def todays_verdict(session: Session, patient_id: int, service_code: str, *, now: datetime) -> Verdict | None:
    """The newest verdict of this Warsaw day: an older one does not count (R80)."""
    query = select(Verdict).where(
        Verdict.patient_id == patient_id, Verdict.service == service_code, Verdict.as_of == local_date(now), Verdict.asked_at <= now
    )
    return session.scalars(query.order_by(Verdict.asked_at.desc(), Verdict.id.desc()).limit(1)).first()


def kinds_open(verdict: Verdict | None) -> frozenset[str]:
    """The kinds of schedule that a patient may be booked into by this verdict (R26, R27); none without one."""
    if verdict is None or not verdict.qualified:
        return frozenset()
    offered = service(verdict.service).kinds
    return frozenset(verdict.kinds or offered[:1]) & frozenset(offered) - NOT_OURS


def require(session: Session, patient_id: int, slot: Slot, *, now: datetime) -> int:
    """The id of today's verdict that she qualifies for a slot of this kind; `NotEligible` without one (R26, R80)."""
    verdict = todays_verdict(session, patient_id, slot.service, now=now)
    if verdict is None or not verdict.qualified:
        raise NotEligible(slot.service if verdict is None else verdict.reason)
    kind = session.get_one(Schedule, slot.schedule_id).kind or service(slot.service).kinds[0]
    if kind not in kinds_open(verdict):
        raise NotEligible("kind")
    return verdict.id
