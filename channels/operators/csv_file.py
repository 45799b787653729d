"""A table as a file for a Polish spreadsheet: semicolons, decimal commas, a mark that says UTF-8; and nothing in it is ever a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from typing import Final

Cell = str | int | float | date | None

MARK: Final = "\ufeff"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def written(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file. Nothing known (None) is an empty cell; text that a spreadsheet would carry out gets an apostrophe before it."""
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_text(name) for name in header])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return (MARK + out.getvalue()).encode()


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.4f}".rstrip("0").rstrip(".").replace(".", ",")
    return _text(cell) if isinstance(cell, str) else str(cell)


def _text(said: str) -> str:
    return f"'{said}" if said.startswith(FORMULA) else said
