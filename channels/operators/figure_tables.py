"""The figures put together: for each thing that is counted a table by day, week or month, what is drawn of it, and its sum in a line."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from channels.operators.charts import Chart, Series
from channels.operators.csv_file import Cell
from channels.operators.words import name
from registry.figures import Told, quantile

Unit = Literal["text", "period", "count", "share", "mean", "seconds", "hours"]

WRITTEN: Final = ("sms", "email", "chat")
READ: Final = ("sms", "voice", "chat")
ANSWERED: Final = ("sms", "email", "voice", "chat")
BESIDE_SMS: Final = ("voice", "chat", "email", "api")  # where patients cancel themselves, beside SMS; api: IKP and mojeIKP
HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and what its cells are: shares between 0 and 1, durations in the unit that is named."""

    name: str
    unit: Unit = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `key` is its name in an address."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that is counted: its sum over the whole span, the table, and what is drawn."""

    key: str
    sums: Sequence[tuple[str, Cell, Unit]]
    table: Table
    chart: Chart | None = None
    empty: bool = False


Kinds = dict[str, int]


class Counts:
    """Figures by period, measure and channel; a period of None is the whole span, a channel of None all of them."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._by: dict[tuple[date | None, str, str], Kinds] = defaultdict(dict)
        self._sums: dict[tuple[date | None, str, str], int] = defaultdict(int)
        self._channels: dict[str, set[str]] = defaultdict(set)
        self._totals: dict[tuple[date | None, str, str], float] = defaultdict(float)
        by, sums, channels = self._by, self._sums, self._channels
        for begins, measure, channel, kind, number, total in told:
            here, whole = by[begins, measure, channel], by[None, measure, channel]
            here[kind] = here.get(kind, 0) + number
            whole[kind] = whole.get(kind, 0) + number
            sums[begins, measure, channel] += number
            sums[None, measure, channel] += number
            channels[measure].add(channel)
            if total:
                self._totals[begins, measure, channel] += total
                self._totals[None, measure, channel] += total

    def _kinds(self, measure: str, at: date | None, channel: str | None) -> Iterator[tuple[str, Kinds]]:
        for one in self._channels.get(measure, ()) if channel is None else (channel,):
            found = self._by.get((at, measure, one))
            if found:
                yield one, found

    def number(self, measure: str, at: date | None, channel: str | None = None, kind: str | None = None) -> int:
        """How many."""
        if kind is not None:
            return sum(kinds.get(kind, 0) for _, kinds in self._kinds(measure, at, channel))
        if channel is not None:
            return self._sums.get((at, measure, channel), 0)
        return sum(self._sums.get((at, measure, one), 0) for one in self._channels.get(measure, ()))

    def share(self, measure: str, at: date | None, kind: str, channel: str | None = None) -> float | None:
        """The share of one kind among all of a measure; None of nothing."""
        return _share(self.number(measure, at, channel, kind), self.number(measure, at, channel))

    def seconds(self, measure: str, at: date | None, share: float, channel: str) -> float | None:
        """The duration that this share does not exceed."""
        classes = self._by.get((at, measure, channel), {})
        return quantile(((int(kind), number) for kind, number in classes.items()), share)

    def by_kind(self, measure: str, at: date | None) -> dict[tuple[str, str], int]:
        """How many, by channel and kind."""
        return {(one, kind): number for one, kinds in self._kinds(measure, at, None) for kind, number in kinds.items()}

    def mean(self, measure: str, at: date | None, channel: str) -> float | None:
        """The mean of what was summed."""
        number = self.number(measure, at, channel)
        return self._totals[at, measure, channel] / number if number else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / HOUR


Periods = Sequence[date]
Sums = list[tuple[str, Cell, Unit]]


def sections(counts: Counts, periods: Periods, *, everywhere: bool) -> list[Section]:
    """Everything that is counted, in its order. What is of no single clinic is shown to those alone who see all of them."""
    made = [make(counts, periods) for make in MAKERS]
    return made if everywhere else [one for one in made if one.key != "promises"]


def _table(key: str, columns: Sequence[Column], periods: Periods, row: Callable[[date], Sequence[Cell]]) -> Table:
    return Table(key, [Column(name("figure_columns", "period"), "period"), *columns], [(at, *row(at)) for at in periods])


def _column(key: str, unit: Unit = "count", channel: str = "") -> Column:
    said = name("figure_columns", key)
    return Column(f"{name('figure_channels', channel)}: {said}" if channel else said, unit)


def _volume(counts: Counts, at: date | None, channel: str) -> int:
    if channel == "voice":
        return counts.number("calls", at)
    return counts.number("sent", at, channel) + counts.number("received", at, channel)


def volume(counts: Counts, at: date | None) -> int:
    """Messages in writing and calls together."""
    return sum(_volume(counts, at, channel) for channel in (*WRITTEN, "voice"))


def traffic(counts: Counts, periods: Periods) -> Section:
    """Messages out and in, and calls, by channel."""
    parts = [("sent", one) for one in WRITTEN] + [("received", one) for one in WRITTEN] + [("calls", "out"), ("calls", "in")]
    columns = [_column(measure, channel=one) if measure != "calls" else _column(f"calls_{one}") for measure, one in parts]
    table = _table("traffic", columns, periods, lambda at: [counts.number(measure, at, one) for measure, one in parts])
    drawn = [Series(name("figure_channels", one), [_volume(counts, at, one) for at in periods]) for one in (*WRITTEN, "voice")]
    sums: Sums = [(name("figure_channels", one), _volume(counts, None, one), "count") for one in (*WRITTEN, "voice")]
    return Section("traffic", sums, table, Chart("bars", drawn), empty=not volume(counts, None))


def outcomes(counts: Counts, periods: Periods) -> Section:
    """What messages and calls came to; no periods: in the whole span."""
    columns = [*(_column(one, "text") for one in ("channel", "direction", "outcome")), _column("number")]
    if periods:
        columns.insert(0, _column("period", "period"))
    rows: list[Sequence[Cell]] = []
    spans: Sequence[date | None] = periods or [None]
    for at in spans:
        for measure, kinds in (("sent", "states"), ("received", "outcomes"), ("calls", "call_ends")):
            for (channel, kind), number in sorted(counts.by_kind(measure, at).items(), key=lambda one: (one[0][0], -one[1], one[0][1])):
                where, way = ("voice", channel) if measure == "calls" else (channel, "out" if measure == "sent" else "in")
                ended = name("figure_columns" if kind == "unread" else kinds, kind)
                rows.append((*([at] if at else []), name("figure_channels", where), name("directions", way), ended, number))
    return Section("outcomes", [], Table("outcomes", columns, rows), empty=not rows)


def alone(counts: Counts, periods: Periods) -> Section:
    """Conversations that no member of staff had to see to."""
    columns = [_column("talks"), _column("alone"), _column("alone_share", "share")]
    table = _table("alone", columns, periods, lambda at: [
        counts.number("talks", at), counts.number("talks", at, None, "alone"), counts.share("talks", at, "alone"),
    ])  # fmt: skip
    sums: Sums = [(name("figure_columns", "alone_share"), counts.share("talks", None, "alone"), "share")]
    sums += [(name("figure_channels", one), counts.share("talks", None, "alone", one), "share") for one in (*WRITTEN, "voice")]
    drawn = [Series(name("figure_columns", "alone_share"), [counts.share("talks", at, "alone") for at in periods])]
    return Section("alone", sums, table, Chart("lines", drawn, 1.0, "share"), empty=not counts.number("talks", None))


def cancelled(counts: Counts, periods: Periods) -> Section:
    """R74: cancellations by SMS and elsewhere that patients made themselves; the others beside."""
    others = ("staff", "clinic", "ended")

    def row(at: date | None) -> list[int]:
        return [counts.number("cancelled", at, one, "self") for one in ("sms", *BESIDE_SMS)]

    columns = [*(_column("themselves", channel=one) for one in ("sms", *BESIDE_SMS)), _column("themselves_all")]
    columns += [_column(f"cancelled_{one}") for one in others]
    table = _table("cancelled", columns, periods, lambda at: [
        *row(at), counts.number("cancelled", at, None, "self"), *(counts.number("cancelled", at, None, one) for one in others),
    ])  # fmt: skip
    by_sms, together = row(None)[0], counts.number("cancelled", None, None, "self")
    sums: Sums = [
        (name("figure_columns", "by_sms"), by_sms, "count"), (name("figure_columns", "beside_sms"), together - by_sms, "count"),
        (name("figure_columns", "themselves_all"), together, "count"),
        (name("figure_columns", "by_sms_share"), _share(by_sms, together), "share"),
    ]  # fmt: skip
    drawn = [
        Series(name("figure_columns", "by_sms"), [row(at)[0] for at in periods]),
        Series(name("figure_columns", "beside_sms"), [counts.number("cancelled", at, None, "self") - row(at)[0] for at in periods]),
    ]
    return Section("cancelled", sums, table, Chart("bars", drawn), empty=not counts.number("cancelled", None))


def freed(counts: Counts, periods: Periods) -> Section:
    """Freed slots that somebody got again, and how soon (R131)."""
    columns = [
        _column("refilled"), _column("open"), _column("refilled_share", "share"), _column("refill_p50", "hours"),
        _column("refill_p90", "hours"),
    ]  # fmt: skip

    def row(at: date | None) -> list[Cell]:
        return [
            counts.number("freed", at, None, "refilled"), counts.number("freed", at, None, "open"), counts.share("freed", at, "refilled"),
            _hours(counts.seconds("refill", at, 0.5, "")), _hours(counts.seconds("refill", at, 0.9, "")),
        ]  # fmt: skip

    sums = [(column.name, cell, column.unit) for column, cell in zip(columns, row(None), strict=True)]
    drawn = [Series(name("figure_columns", one), [counts.number("freed", at, None, one) for at in periods]) for one in ("refilled", "open")]
    return Section("freed", sums, _table("freed", columns, periods, row), Chart("bars", drawn), empty=not counts.number("freed", None))


def attendance(counts: Counts, periods: Periods) -> Section:
    """No-shows that stand (X24), among the visits of which a clinic has said what became."""
    columns = [_column("noshow"), _column("fulfilled"), _column("noshow_share", "share")]

    def row(at: date | None) -> list[Cell]:
        kinds = [counts.number("attendance", at, None, one) for one in ("noshow", "fulfilled")]
        return [*kinds, counts.share("attendance", at, "noshow")]

    sums = [(column.name, cell, column.unit) for column, cell in zip(columns, row(None), strict=True)]
    drawn = [Series(columns[0].name, [counts.share("attendance", at, "noshow") for at in periods])]
    empty = not counts.number("attendance", None)
    return Section("attendance", sums, _table("attendance", columns, periods, row), Chart("lines", drawn, unit="share"), empty=empty)


def promises(counts: Counts, periods: Periods) -> Section:
    """How many of the estimated dates that fell due came true (R64)."""
    columns = [_column(f"promise_{one}_{what}", unit) for one in ("p50", "p90") for what, unit in _OF_PROMISES]

    def row(at: date | None) -> list[Cell]:
        return [cell for one in ("p50", "p90") for cell in (counts.number("promise", at, one), counts.share("promise", at, "kept", one))]

    sums = [(column.name, cell, column.unit) for column, cell in zip(columns, row(None), strict=True)]
    drawn = [Series(name("figure_columns", f"promise_{one}_kept"), [counts.share("promise", at, "kept", one) for at in periods])
             for one in ("p50", "p90")]  # fmt: skip
    empty = not counts.number("promise", None)
    return Section("promises", sums, _table("promises", columns, periods, row), Chart("lines", drawn, 1.0, "share"), empty=empty)


_OF_PROMISES: Final[tuple[tuple[str, Unit], ...]] = (("due", "count"), ("kept", "share"))


def readings(counts: Counts, periods: Periods) -> Section:
    """How sure the readings were, by channel."""
    columns = [_column(what, unit, one) for one in READ for what, unit in _OF_READINGS]

    def doubtful(at: date | None, channel: str) -> float | None:
        return _share(counts.number("doubtful", at, channel), counts.number("readings", at, channel))

    def row(at: date | None) -> list[Cell]:
        return [
            cell for one in READ
            for cell in (counts.number("readings", at, one), counts.mean("readings", at, one), doubtful(at, one))
        ]  # fmt: skip

    sums = [(column.name, cell, column.unit) for column, cell in zip(columns, row(None), strict=True) if column.unit != "count"]
    drawn = [Series(name("figure_channels", one), [doubtful(at, one) for at in periods]) for one in READ]
    empty = not counts.number("readings", None)
    return Section("readings", sums, _table("readings", columns, periods, row), Chart("lines", drawn, unit="share"), empty=empty)


_OF_READINGS: Final[tuple[tuple[str, Unit], ...]] = (("readings", "count"), ("confidence", "mean"), ("doubtful", "share"))


def latency(counts: Counts, periods: Periods) -> Section:
    """How soon an answer goes out, by channel."""
    columns = [_column(f"latency_{share}", "seconds", one) for one in ANSWERED for share in ("p50", "p95")]

    def row(at: date | None) -> list[Cell]:
        return [counts.seconds("latency", at, share, one) for one in ANSWERED for share in (0.5, 0.95)]

    sums = [(column.name, cell, column.unit) for column, cell in zip(columns, row(None), strict=True)]
    drawn = [Series(name("figure_channels", one), [counts.seconds("latency", at, 0.95, one) for at in periods]) for one in ANSWERED]
    empty = not counts.number("latency", None)
    return Section("latency", sums, _table("latency", columns, periods, row), Chart("lines", drawn, unit="seconds"), empty=empty)


MAKERS: Final = (traffic, outcomes, alone, cancelled, freed, attendance, promises, readings, latency)
KEYS: Final = tuple(make.__name__ for make in MAKERS)
