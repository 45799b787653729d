"""Every figure that the registry decides by, as it holds on one day, with the requirement or decision that it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, time, timedelta
from typing import Any

from registry import catalogue, legal, permissions
from registry.catalogue import POLICY, Policy, ScreeningRule, Service, VaccineSchema, Window
from registry.legal import Standing

SERVICE_COLUMNS = ("name", "visit_type", "first_pools", "horizon_days", "waiting_room", "needs_referral", "kinds")


@dataclass(frozen=True, slots=True)
class Value:
    """One value in force: a dotted name, a plain value (numbers, text, lists and tables of them), its sources, and since when.

    `basis` are the documents that the sources were read in, the newest first, and `standing` what they are worth that day (R13, X36).
    """

    name: str
    value: Any
    sources: tuple[str, ...]
    since: date | None = None
    basis: tuple[str, ...] = ()
    standing: Standing = "own"


def values(day: date, policy: Policy = POLICY) -> list[Value]:
    """What is in force on a Warsaw day: policy, services, deadlines, pools, screening, vaccines, permissions."""
    bare = [
        *_policy(policy), *_services(day), *_deadlines(), *_pools(day), *_screening(day), *_vaccines(day), *_permissions(),
    ]  # fmt: skip
    return [replace(value, basis=_basis(value), standing=legal.standing(value.sources, day)) for value in bare]


def _basis(value: Value) -> tuple[str, ...]:
    return tuple(document.code for document in legal.documents(value.sources))


def _deadlines() -> Iterator[Value]:
    for one in catalogue.DEADLINES:
        days = {"schedules_before": one.schedules, "places_before": one.places, "paid_only_here_from": one.paid_only_here}
        plain_days = {name: None if day is None else day.isoformat() for name, day in days.items()}
        yield Value(f"deadlines.{one.stage}", plain_days, one.sources, one.stage)


def _policy(policy: Policy) -> Iterator[Value]:
    for one in fields(policy):
        yield Value(f"policy.{one.name}", plain(getattr(policy, one.name)), catalogue.POLICY_SOURCES.get(one.name, ()))


def _services(day: date) -> Iterator[Value]:
    for one in catalogue.SERVICES.values():
        if one.since <= day:
            yield from _of(f"service.{one.code}", one, SERVICE_COLUMNS)


def _of(name: str, row: Service | ScreeningRule | VaccineSchema, columns: tuple[str, ...]) -> Iterator[Value]:
    for column in columns:
        yield Value(f"{name}.{column}", plain(getattr(row, column)), row.sources, row.since)


def _pools(day: date) -> Iterator[Value]:
    for one in catalogue.SERVICES.values():
        if one.since <= day:
            table = catalogue.matrix(one.code, day)
            who = {pool: sorted(table.who[pool]) for pool in one.first_pools}
            yield Value(f"pools.{one.code}", {"version": table.version, "who_may_take": who}, ("D2", "R24", "X25"), table.since)


def _screening(day: date) -> Iterator[Value]:
    for code in sorted({one.service for one in catalogue.SCREENING_RULES if one.since <= day}):
        rule = catalogue.screening_rule(code, day)
        yield from _of(f"screening.{code}", rule, ("sex", "age_from", "age_to", "months_after"))


def _vaccines(day: date) -> Iterator[Value]:
    columns = ("product", "doses", "age_from", "age_before", "gap_from_months", "gap_to_months", "late_birth_years")
    for code in sorted({one.service for one in catalogue.VACCINES if one.since <= day}):
        yield from _of(f"vaccine.{code}", catalogue.vaccine_schema(code, day), columns)


def _permissions() -> Iterator[Value]:
    for role, row in permissions.MATRIX.items():
        needed = {operation: f"L{int(level)}" for operation, level in row.items()}
        yield Value(f"permission.{role}", needed, ("X9", "X10", "D12", "R112"))


def plain(value: Any) -> Any:
    """A value as JSON can hold it and a person can read it: spans in words, hours of contact as a table."""
    if isinstance(value, timedelta):
        return _span(value)
    if isinstance(value, time | date):
        return value.isoformat()
    if isinstance(value, Window):
        return {
            "from": value.opens.isoformat("minutes"), "to": value.closes.isoformat("minutes"), "iso_weekdays": sorted(value.days),
            "on_holidays": value.on_holidays,
        }  # fmt: skip
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return dict(value) if hasattr(value, "items") else value


def _span(value: timedelta) -> str:
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    if seconds:
        return f"{int(value.total_seconds())} s"
    return f"{minutes // 60} h" if minutes and minutes % 60 == 0 else f"{minutes} min"
