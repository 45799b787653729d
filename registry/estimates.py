"""The tables of the estimated date: what was told of each entry, and what the futures of each service gave (R64, R66)."""

from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.database import Base, Numbered

Basis = Literal["published", "extrapolated"]
Reason = Literal[
    "no_forecast",  # the service's futures have not been played yet, or not for a week
    "not_entitled",  # nothing can be given now: nobody can be reached, or the referral has ended
    "days_past",  # the wished days are over
    "no_place",  # no place in reach offers the service
    "no_supply",  # the places in reach have had no slot for this class of patients, and have announced none
    "never_match",  # there are slots, but never on such days and hours
    "too_little_history",  # what is announced does not reach so far, and there is too little past to go by
    "too_far",  # so many stand before that no visit comes within the days that are looked at
]


class Estimate(Base):
    """What was last told of an entry: the likely day of its visit and the one that nine of ten keep, or why there is none.

    `basis`: whether the later day lies within what clinics have published or within what is extrapolated from their past. It is of the
    wishes with the number `criteria_version`.
    """

    __tablename__ = "estimates"
    __table_args__ = (
        CheckConstraint("(p50 IS NULL) = (reason IS NOT NULL) AND (p50 IS NULL) = (p90 IS NULL)", name="told_or_why_not"),
        CheckConstraint("p50 <= p90", name="in_order"),
        CheckConstraint(f"basis IN {get_args(Basis)}", name="basis"),
        CheckConstraint(f"reason IN {get_args(Reason)}", name="reason"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    p50: Mapped[date | None]
    p90: Mapped[date | None]
    basis: Mapped[str | None]
    reason: Mapped[str | None]
    criteria_version: Mapped[int]
    computed_at: Mapped[datetime]
    told: Mapped[date | None]  # the likely day that the patient was last told (R66)
    told_at: Mapped[datetime | None]
    slips: Mapped[int | None] = mapped_column(SmallInteger)  # how often a slip was told


class Forecast(Base):
    """The newest playing of a service's futures; its days are counted from `local_date`, `published_until` is the last published."""

    __tablename__ = "forecasts"

    service: Mapped[str] = mapped_column(primary_key=True)
    local_date: Mapped[date]
    computed_at: Mapped[datetime]
    futures: Mapped[int]
    history_weeks: Mapped[int]
    published_until: Mapped[int]
    waiting: Mapped[int]
    estimated: Mapped[int]


class ForecastTrace(Numbered):
    """What a place gave in one future (`traces.Trace`); without a place, what all places gave together."""

    __tablename__ = "forecast_traces"
    __table_args__ = (
        Index("uq_forecast_traces_place", "service", "place_id", "future", unique=True, postgresql_where=text("place_id IS NOT NULL")),
        Index("uq_forecast_traces_anywhere", "service", "future", unique=True, postgresql_where=text("place_id IS NULL")),
    )

    service: Mapped[str] = mapped_column(ForeignKey("forecasts.service"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id"))
    future: Mapped[int] = mapped_column(SmallInteger)
    packed: Mapped[bytes]
