"""Whether a patient comes for the first time or continues a treatment, by whose word, and why (R36).

The centre judges by the visits that took place and the referral; a clinic may say otherwise for its own patients. Both words are kept.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events, tasks
from registry.database import Numbered
from registry.events import SYSTEM, Actor

Kind = Literal["first", "continuing"]
Reason = Literal["no_earlier_visit", "new_referral", "seen_here", "seen_elsewhere", "clinics_word"]


class Classification(Numbered):
    """One judgement on one patient and service; the newest of each source counts, the older ones stay as the history."""

    __tablename__ = "classifications"
    __table_args__ = (
        Index(None, "patient_id", "service", "id"),
        CheckConstraint("kind IN ('first', 'continuing')", name="kind"),
        CheckConstraint("source IN ('centre', 'clinic')", name="source"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    service: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    source: Mapped[str]
    provider_id: Mapped[int] = mapped_column(ForeignKey("providers.id"))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"))
    at: Mapped[datetime]


# A referral issued after the last visit begins a new episode of treatment.
LAST_VISIT = text("""
SELECT a.provider_id = :provider_id AS here, coalesce(r.issued_at > a.starts_at AND r.id IS DISTINCT FROM a.referral_id, false) AS anew
  FROM appointments a LEFT JOIN referrals r ON r.id = CAST(:referral_id AS bigint)
 WHERE a.patient_id = :patient_id AND a.service = :service AND a.status = 'fulfilled'
 ORDER BY a.starts_at DESC, a.id DESC LIMIT 1
""")


def classify(
    session: Session, patient_id: int, service_code: str, *, provider_id: int, referral_id: int | None, now: datetime
) -> Classification:
    """The centre's judgement for a visit at this clinic, stored with its reason (R36)."""
    kind, reason = _judge(session, patient_id, service_code, provider_id, referral_id)
    made = Classification(
        patient_id=patient_id, service=service_code, kind=kind, reason=reason, source="centre", provider_id=provider_id,
        referral_id=referral_id, at=now,
    )  # fmt: skip
    return _store(session, made, SYSTEM)


def _judge(session: Session, patient_id: int, service_code: str, provider_id: int, referral_id: int | None) -> tuple[Kind, Reason]:
    facts = {"patient_id": patient_id, "service": service_code, "provider_id": provider_id, "referral_id": referral_id}
    last = session.execute(LAST_VISIT, facts).one_or_none()
    if last is None:
        return "first", "no_earlier_visit"
    if last.anew:
        return "first", "new_referral"
    return "continuing", "seen_here" if last.here else "seen_elsewhere"


def clinics_word(
    session: Session, patient_id: int, service_code: str, kind: Kind, *, provider_id: int, referral_id: int | None, actor: Actor,
    now: datetime,
) -> Classification:  # fmt: skip
    """What the clinic says of its patient (R36). It stands for this clinic; where the centre sees it otherwise a person looks."""
    centre = classify(session, patient_id, service_code, provider_id=provider_id, referral_id=referral_id, now=now)
    made = Classification(
        patient_id=patient_id, service=service_code, kind=kind, reason="clinics_word", source="clinic", provider_id=provider_id,
        referral_id=referral_id, at=now,
    )  # fmt: skip
    word = _store(session, made, actor)
    if centre.kind != kind:
        cause = f"patient {patient_id} {service_code} clinic {provider_id} referral {referral_id}"
        tasks.open_task(session, "classification_differs", cause, now=now, patient_id=patient_id)
    return word


def _store(session: Session, made: Classification, actor: Actor) -> Classification:
    session.add(made)
    session.flush()
    events.record(
        session, "patient.classified", now=made.at, actor=actor, provider_id=made.provider_id, classification_id=made.id,
        verdict=made.kind,
    )  # fmt: skip
    return made


def in_force(session: Session, patient_id: int, service_code: str, *, provider_id: int, referral_id: int | None) -> Classification | None:
    """What counts at this clinic for this referral: the clinic's own newest word before the centre's; None when nobody judged yet."""
    said = select(Classification).where(
        Classification.patient_id == patient_id, Classification.service == service_code, Classification.provider_id == provider_id,
        Classification.referral_id.is_not_distinct_from(referral_id),
    )  # fmt: skip
    return session.scalars(said.order_by((Classification.source == "clinic").desc(), Classification.id.desc()).limit(1)).first()
