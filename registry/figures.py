"""The figures of past days, counted once a night and kept for good: what happened, by channel and outcome, and nothing of anybody (R74).

They outlive the rows that they were counted from (D15, X34). Spans of time are kept as counts in classes that grow by a twentieth, so
that days can be added up and a median of a year still be told, to within 2.5%.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil, exp
from typing import Final, Literal, NamedTuple

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.database import Base, Numbered

DOUBTFUL: Final = 0.6
"""A reading below this confidence is worth a person's eye."""
CLASS: Final = 0.05
"""The width of a class of durations, as a natural logarithm: class n holds what lies between exp(n/20) and exp((n + 1)/20) seconds."""

Unit = Literal["day", "week", "month"]


class Figure(Numbered):
    """How often something was counted on a Warsaw day, at all clinics together (no provider) or at one.

    `measure` says what is counted, `channel` and `kind` which of it; of durations `kind` is the class. `total` is a sum, where a mean
    is wanted.
    """

    __tablename__ = "figures"
    __table_args__ = (
        Index(
            "uq_figures_what", "provider_id", "local_date", "measure", "channel", "kind", unique=True, postgresql_nulls_not_distinct=True
        ),
        Index(None, "local_date"),
    )

    local_date: Mapped[date]
    provider_id: Mapped[int | None] = mapped_column(ForeignKey("providers.id"))
    measure: Mapped[str]
    channel: Mapped[str]
    kind: Mapped[str]
    number: Mapped[int]
    total: Mapped[float]


class CountedDay(Base):
    """A Warsaw day that has been counted, and when it was last."""

    __tablename__ = "counted_days"

    local_date: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime]


class Counted(NamedTuple):
    """One figure as it was counted."""

    provider_id: int | None
    measure: str
    channel: str
    kind: str
    number: int
    total: float


class Told(NamedTuple):
    """One figure of a day, week or month, by its first day."""

    begins: date
    measure: str
    channel: str
    kind: str
    number: int
    total: float


READ = """
SELECT CAST(date_trunc(:unit, CAST(local_date AS timestamp)) AS date), measure, channel, kind, CAST(sum(number) AS bigint), sum(total)
  FROM figures WHERE local_date BETWEEN :first AND :last AND {whose} GROUP BY 1, 2, 3, 4
"""
ALL = text(READ.format(whose="provider_id IS NULL"))
ONE = text(READ.format(whose="provider_id = :provider_id"))


def read(session: Session, first: date, last: date, *, unit: Unit = "day", provider_id: int | None = None) -> list[Told]:
    """The kept figures of these days, both inside, of all clinics together or of one."""
    facts = {"first": first, "last": last, "unit": unit, "provider_id": provider_id}
    return list(map(Told._make, session.execute(ALL if provider_id is None else ONE, facts)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the counting has come: days of the span that are still to be counted, and when it was last done."""

    missing: int
    counted_at: datetime | None


STANDING = text("""
SELECT greatest(0, CAST(:last AS date) - CAST(:first AS date) + 1 - count(*)) AS missing, max(counted_at) AS counted_at
  FROM counted_days WHERE local_date BETWEEN :first AND :last
""")


def standing(session: Session, first: date, last: date) -> Standing:
    """What of these past days has been counted."""
    return Standing(*session.execute(STANDING, {"first": first, "last": last}).one())


def quantile(classes: Mapping[int, int] | Iterable[tuple[int, int]], share: float) -> float | None:
    """The duration in seconds that this share does not exceed, from counts by class; None of nothing."""
    ordered = sorted(dict(classes).items())
    wanted = ceil(share * sum(number for _, number in ordered))
    for name, number in ordered:
        wanted -= number
        if wanted <= 0:
            return exp((name + 0.5) * CLASS)
    return None
