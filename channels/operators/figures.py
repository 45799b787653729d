"""The page of figures: today so far, and over time; each table also as a file.

Past days are read as the night has counted them, today is counted when somebody looks. Whoever belongs to a clinic sees the figures of
that clinic alone (X33).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Response
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from channels.operators import charts, clinics, csv_file, figure_tables, moments, pages, todo
from channels.operators.clinics import Choice
from channels.operators.doors import Console, Counting, Here, Today
from channels.operators.figure_tables import KEYS, Column, Counts, Section, Table
from channels.operators.guarding import ConsoleRoute
from channels.operators.sessions import SignedIn
from channels.operators.words import amount, name, pointed, texts
from registry import counting, figures
from registry.database import transaction
from registry.figures import Standing, Told, Unit
from registry.rules import local_date

router = APIRouter(prefix="/console/figures", route_class=ConsoleRoute)

CHOICES: Final = (7, 30, 90, 365)
USUAL: Final = 30
BY_DAY: Final = 92
BY_WEEK: Final = 731
"""Up to so many days a page shows each day, each week; beyond, each month. A file always has the days."""
FRESH: Final = timedelta(seconds=20)
FIRST: Final = date(2020, 1, 1)  # nothing is older than the system

Given = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, slots=True)
class Span:
    """The Warsaw days that are wanted, both inside; `days` when they were chosen by their number. `wrong` when no such days can be.

    `clinic` is the code of the clinic that was chosen, if one was.
    """

    first: date
    last: date
    days: int | None = None
    wrong: bool = False
    clinic: str = ""

    @property
    def unit(self) -> Unit:
        """What stands for one bar and one row on the page."""
        length = (self.last - self.first).days + 1
        return "day" if length <= BY_DAY else "week" if length <= BY_WEEK else "month"

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return urlencode({"from": self.first.isoformat(), "to": self.last.isoformat()}) + self.at_clinic

    @property
    def at_clinic(self) -> str:
        """What follows in an address so that the clinic stays chosen."""
        return f"&{urlencode({'clinic': self.clinic})}" if self.clinic else ""


def span_of(days: str, first: str, last: str, today: date) -> Span:
    """The days that an address asks for: from one to another, or so many up to today. What lies ahead is cut off."""
    if not first and not last:
        number = int(days) if days in map(str, CHOICES) else USUAL
        return Span(today - timedelta(days=number - 1), today, number, wrong=bool(days) and days not in map(str, CHOICES))
    try:
        begins = date.fromisoformat(first) if first else FIRST
        ends = min(date.fromisoformat(last), today) if last else today
    except ValueError:
        return Span(today - timedelta(days=USUAL - 1), today, USUAL, wrong=True)
    if not FIRST <= begins <= ends:
        return Span(today - timedelta(days=USUAL - 1), today, USUAL, wrong=True)
    return Span(begins, ends)


def begins(day: date, unit: Unit) -> date:
    """The first day of a day's week or month, or the day itself."""
    return {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[unit]


def periods(span: Span, unit: Unit) -> list[date]:
    """The first days of all days, weeks or months that the span touches, in order."""
    days = (span.first + timedelta(days=ahead) for ahead in range((span.last - span.first).days + 1))
    return list(dict.fromkeys(begins(day, unit) for day in days))


def counts(session: Session, span: Span, unit: Unit, now_on: Today, provider_id: int | None) -> Counts:
    """What is kept of the past days, and of today what has been counted now."""
    today = local_date(now_on.at)
    told = figures.read(session, span.first, min(span.last, today - timedelta(days=1)), unit=unit, provider_id=provider_id)
    if span.last >= today:
        told += _told(now_on, begins(today, unit))
    return Counts(told)


def _told(now_on: Today, at: date) -> list[Told]:
    return [Told(at, *one[1:]) for one in now_on.figures]


def today_of(here: Console, session: Session, provider_id: int | None) -> Today:
    """The day that goes on, counted anew unless somebody of the same clinic has just looked: many may have the page open at once."""
    now, kept = here.clock(), here.counted.get(provider_id)
    if kept is None or now - kept.at >= FRESH or local_date(now) != local_date(kept.at):
        whose: counting.Whose = "all" if provider_id is None else "one"
        found = counting.spoken(session, local_date(now), whose, provider_id=provider_id)
        found += counting.happened(session, local_date(now), whose, provider_id=provider_id)
        kept = here.counted[provider_id] = Today(now, found)
    return kept


# --- the page


@dataclass(frozen=True, slots=True)
class Drawn:
    """A section as the page shows it: sums and cells in words, the drawing with the marks beside it."""

    key: str
    sums: Sequence[tuple[str, str]]
    table: Table
    rows: Sequence[Markup]
    svg: Markup | None
    kind: str
    scale: Sequence[str]
    legend: Sequence[tuple[int, str]]
    empty: bool


def whose(session: Session, operator: SignedIn, said: str) -> tuple[Choice, int | None]:
    """The clinic whose figures are wanted: to a clinic's own people theirs, whatever they ask for (X33); None for all together."""
    if operator.provider_id is not None:
        return Choice(), operator.provider_id
    choice = clinics.chosen(session, said)
    return choice, choice.clinic.id if choice.clinic else None


@router.get("")
def figures_page(
    here: Here, operator: Counting, days: Given = "", first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
    clinic: Annotated[str, Query(max_length=120)] = "",
) -> Response:  # fmt: skip
    """Today so far, and the chosen span."""
    now = here.clock()
    today = local_date(now)
    span = span_of(days, first, last, today)
    with transaction(here.engine) as session:
        choice, provider_id = whose(session, operator, clinic)
        now_on = today_of(here, session, provider_id)
        found = counts(session, span, span.unit, now_on, provider_id)
        standing = figures.standing(session, span.first, min(span.last, today - timedelta(days=1)))
        tasks = todo.waiting(session, operator.provider_id)
    span = replace(span, clinic=choice.code)
    marks = periods(span, span.unit)
    made = figure_tables.sections(found, marks, everywhere=provider_id is None)
    made = [figure_tables.outcomes(found, ()) if one.key == "outcomes" else one for one in made]
    return pages.page(
        "figures.html", now=now, operator=operator, tasks=tasks, span=span, choices=CHOICES, counted_at=now_on.at,
        today=_today(Counts(_told(now_on, today)), today),
        sections=[_drawn(one, span) for one in made], marks=_marks(marks, span.unit), nothing=all(one.empty for one in made),
        standing=_waiting(standing, span, today), first_day=FIRST, last_day=today, choice=choice, unheard=here.unheard,
    )  # fmt: skip


def _today(found: Counts, today: date) -> list[tuple[str, str]]:
    """The day in a few figures."""
    told: list[tuple[str, Any, figure_tables.Unit]] = [
        ("volume", figure_tables.volume(found, today), "count"), ("alone_share", found.share("talks", today, "alone"), "share"),
        ("themselves_all", found.number("cancelled", today, None, "self"), "count"),
        ("refilled", found.number("freed", today, None, "refilled"), "count"),
        ("open", found.number("freed", today, None, "open"), "count"),
        ("noshow", found.number("attendance", today, None, "noshow"), "count"),
        ("latency_sms", found.seconds("latency", today, 0.5, "sms"), "seconds"),
    ]  # fmt: skip
    return [(name("figure_columns", key), amount(value, unit)) for key, value, unit in told]


def _waiting(standing: Standing, span: Span, today: date) -> Standing | None:
    """What to say of days that are still to be counted: nothing when all are, or when there are none in the span."""
    return standing if standing.missing and span.first < today else None


def _drawn(section: Section, span: Span) -> Drawn:
    chart, table = section.chart, section.table
    rows = _rows(table, span.unit)
    sums = [(said, _shown(cell, unit, span.unit)) for said, cell, unit in section.sums if cell is not None]
    if chart is None or section.empty:
        return Drawn(section.key, sums, table, rows, None, "", (), (), section.empty)
    top = charts.top_of(chart)
    described = name("figures_drawn", section.key) + " " + "; ".join(f"{said}: {value}" for said, value in sums)
    return Drawn(
        section.key, sums, table, rows, charts.draw(chart, section.key, name("figures", section.key), described), chart.kind,
        [_round(value, chart.unit) for value in (top, top / 2, 0)],
        [(number, one.name) for number, one in enumerate(chart.series, 1) if any(value is not None and value >= 0 for value in one.values)],
        empty=False,
    )  # fmt: skip


def _round(value: float, unit: charts.Unit) -> str:
    """A mark of a scale, without a nought after the decimal mark; a thousand's mark is none."""
    said = amount(value, unit)
    return said if unit == "count" else said.replace(pointed(".0"), "")


def _rows(table: Table, each: Unit) -> list[Markup]:
    """The table's rows as they stand on the page, made here and not in the template: of a quarter's days there are thousands of cells."""
    units = [column.unit for column in table.columns]
    cells = "".join("<td>%s</td>" if unit in ("text", "period") else '<td class="right">%s</td>' for unit in units[1:])
    line = f'<tr><th scope="row">%s</th>{cells}</tr>'
    return [Markup(line % tuple(_cell(cell, unit, each) for cell, unit in zip(row, units, strict=True))) for row in table.rows]  # noqa: S704


def _cell(cell: csv_file.Cell, unit: figure_tables.Unit, each: Unit) -> str:
    """Ready for the page: words are escaped, and the numbers' own signs need not be."""
    return escape(cell) if isinstance(cell, str) else _shown(cell, unit, each)


def _shown(cell: csv_file.Cell, unit: figure_tables.Unit, each: Unit) -> str:
    return period(cell, each) if isinstance(cell, date) else amount(cell, unit)


def period(day: date, unit: Unit) -> str:
    """A row's name: the day, the week by its first day, the month."""
    if unit == "month":
        return moments.month(day)
    return f"{name('amounts', 'since')} {moments.day(day)}" if unit == "week" else f"{moments.weekdays()[day.weekday()]} {moments.day(day)}"


def _marks(marks: Sequence[date], unit: Unit) -> list[str]:
    """What stands below a drawing: its first, middle and last period."""
    chosen = dict.fromkeys((marks[0], marks[(len(marks) - 1) // 2], marks[-1])) if len(marks) > 2 else marks
    if unit == "month":
        return [moments.month(day) for day in chosen]
    years = marks[0].year != marks[-1].year
    return [moments.short(day, years=years) for day in chosen]


# --- the files


@router.get("/{key}.csv")
def figures_file(
    here: Here, operator: Counting, key: str, first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
    clinic: Annotated[str, Query(max_length=120)] = "",
) -> Response:  # fmt: skip
    """One table by days, for a spreadsheet."""
    today = local_date(here.clock())
    span = span_of("", first, last, today)
    if key not in KEYS or span.wrong:
        raise HTTPException(404, "no such table")
    with transaction(here.engine) as session:
        choice, provider_id = whose(session, operator, clinic)
        if clinic and operator.provider_id is None and choice.clinic is None:
            raise HTTPException(404, "no such clinic")
        found = counts(session, span, "day", today_of(here, session, provider_id), provider_id)
    return _file(found, replace(span, clinic=choice.code), key, everywhere=provider_id is None)


def _headed(column: Column) -> str:
    """A column's name, with the unit of its numbers."""
    unit = name("figure_units", column.unit) if column.unit in texts()["figure_units"] else ""
    return f"{column.name} ({unit})" if unit else column.name


def _in_name(code: str) -> str:
    """A clinic's code as it may stand in a file's name."""
    kept = "".join(letter for letter in code if letter.isascii() and letter.isalnum())
    return f"-{kept}" if kept else ""


def _file(found: Counts, span: Span, key: str, *, everywhere: bool) -> Response:
    made: Mapping[str, Section] = {one.key: one for one in figure_tables.sections(found, periods(span, "day"), everywhere=everywhere)}
    if key not in made:
        raise HTTPException(404, "no such table for a clinic")
    table = made[key].table
    named = f"{name('figure_files', key)}{_in_name(span.clinic)}-{span.first}-{span.last}.csv"
    return Response(
        csv_file.written([_headed(column) for column in table.columns], table.rows), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{named}"'},
    )  # fmt: skip
