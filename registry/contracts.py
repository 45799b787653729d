"""What a clinic is contracted for at which address, and whether that address takes part yet: compliance is measured by it (R2, R5, R8)."""

from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry import events
from registry.catalogue import service
from registry.database import Numbered
from registry.events import Actor
from registry.schedules import Place

Stage = Literal["basic", "deepened", "diagnostic"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)


class OutOfScope(ValueError):
    """Only the basic stage of a programme goes through the central registration (R8)."""


class Contract(Numbered):
    """A service that the health fund pays a clinic for at one place, from a Warsaw day through another, both inside."""

    __tablename__ = "contracts"
    __table_args__ = (
        Index(None, "place_id", "service", "since", unique=True),
        CheckConstraint("until IS NULL OR until >= since", name="span"),
    )

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"))
    service: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]


class Activation(Numbered):
    """From which Warsaw day a place of service (MUŚ) is active in the central registration (R5)."""

    __tablename__ = "activations"

    place_id: Mapped[int] = mapped_column(ForeignKey("places.id"), unique=True)
    since: Mapped[date]


def sign(
    session: Session, place_id: int, service_code: str, *, since: date, actor: Actor, now: datetime, until: date | None = None,
    stage: str = "basic",
) -> Contract:  # fmt: skip
    """Note a contract; `UnknownService`, and `OutOfScope` for the deepened and diagnostic stages of a programme (R8)."""
    if stage not in STAGES:
        raise ValueError(f"{stage} is none of {', '.join(STAGES)}")
    if stage != "basic":
        raise OutOfScope(stage)
    made = Contract(place_id=place_id, service=service(service_code).code, since=since, until=until)
    session.add(made)
    session.flush()
    _tell(session, "contract.signed", place_id, actor, now, service=service_code)
    return made


def activate(session: Session, place_id: int, *, since: date, actor: Actor, now: datetime) -> Activation:
    """Note from which day a place takes part (R5); saying it again corrects the day."""
    found = session.scalars(select(Activation).where(Activation.place_id == place_id)).one_or_none()
    made = found or Activation(place_id=place_id)
    made.since = since
    session.add(made)
    session.flush()
    _tell(session, "place.activated", place_id, actor, now, since=since.isoformat())
    return made


def _tell(session: Session, kind: str, place_id: int, actor: Actor, now: datetime, **facts: Any) -> None:
    provider_id = session.get_one(Place, place_id).provider_id
    events.record(session, kind, now=now, actor=actor, provider_id=provider_id, place_id=place_id, **facts)
