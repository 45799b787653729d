"""What a clinic says of one slot, in the form in which it says it, and what was last heard (R15, R16).

The clinic's own slot id and version name a saying. Only a digest is kept of what was said: enough to tell a repetition from a
contradiction, and nothing of the patients.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.catalogue import Category, Pool
from registry.database import Numbered
from registry.schedules import InvalidSlot, NewSlot


@dataclass(frozen=True, slots=True)
class Person:
    """The patient of a slot that the clinic has booked (R16); `contact` is a telephone number or an e-mail address.

    `contact_person` is the name and the relationship of whoever answers there instead of the patient (R96).
    """

    identifier: str
    given_name: str
    family_name: str
    birth_date: date
    contact: str | None = None
    category: Category = "stable"
    contact_person: tuple[str, str] | None = None
    identifier_system: str = "PESEL"


@dataclass(frozen=True, slots=True)
class Announced:
    """One slot as the clinic has it: aware instants, `capacity` patients at once (R25), of whom `booked` are there already."""

    clinic_slot_id: str
    version: int
    starts_at: datetime
    ends_at: datetime
    pool: Pool
    capacity: int = 1
    withdrawn: bool = False
    booked: tuple[Person, ...] = ()

    def in_utc(self) -> Self:
        """The same with UTC instants. `InvalidSlot` for a time without a zone, or one that the clock of its zone skips (R28)."""
        return replace(self, starts_at=_utc(self.clinic_slot_id, self.starts_at), ends_at=_utc(self.clinic_slot_id, self.ends_at))

    def slot(self, capacity: int) -> NewSlot:
        """So many seats of it."""
        return NewSlot(self.clinic_slot_id, self.starts_at, self.ends_at, self.pool, capacity)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads back."""
        return dict(json.loads(json.dumps(asdict(self), default=lambda moment: moment.isoformat())))

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        """An announcement that was kept for later."""
        moments = {key: datetime.fromisoformat(said[key]) for key in ("starts_at", "ends_at")}
        return cls(**{**said, **moments, "booked": tuple(_person(person) for person in said["booked"])})

    @property
    def digest(self) -> str:
        """The same for the same words, whatever their order."""
        words = json.dumps({**self.as_json(), "booked": sorted(map(str, self.as_json()["booked"]))}, sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()


def _person(said: dict[str, Any]) -> Person:
    near = said["contact_person"]
    return Person(**{**said, "birth_date": date.fromisoformat(said["birth_date"]), "contact_person": tuple(near) if near else None})


def _utc(clinic_slot_id: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise InvalidSlot(clinic_slot_id, "no_zone")
    instant = moment.astimezone(UTC)
    if instant.astimezone(moment.tzinfo).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise InvalidSlot(clinic_slot_id, "no_such_hour")
    return instant


class Heard(Numbered):
    """The newest version of a slot that was taken in, and what it said."""

    __tablename__ = "heard"
    __table_args__ = (Index(None, "schedule_id", "clinic_slot_id", unique=True),)

    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"))
    clinic_slot_id: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    at: Mapped[datetime]


def heard(session: Session, schedule_id: int, clinic_slot_ids: list[str]) -> dict[str, tuple[int, str]]:
    """Version and digest of what was last taken in, by the clinic's slot id."""
    query = select(Heard.clinic_slot_id, Heard.version, Heard.digest)
    rows = session.execute(query.where(Heard.schedule_id == schedule_id, Heard.clinic_slot_id.in_(clinic_slot_ids)))
    return {row.clinic_slot_id: (row.version, row.digest) for row in rows}


def remember_all(session: Session, schedule_id: int, rows: Sequence[Announced], *, now: datetime) -> None:
    """Note that these versions were taken in, each slot once."""
    if not rows:
        return
    news = [
        {"schedule_id": schedule_id, "clinic_slot_id": row.clinic_slot_id, "version": row.version, "digest": row.digest, "at": now}
        for row in rows
    ]
    write = insert(Heard).values(news)
    said = {name: write.excluded[name] for name in ("version", "digest", "at")}
    session.execute(write.on_conflict_do_update(index_elements=["schedule_id", "clinic_slot_id"], set_=said))
