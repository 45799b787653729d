"""Whose telephones there are, what kind each line is, and who has opted out of whose messages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import phonenumbers

from channels.simulator.config import E164
from channels.simulator.store import Store

Line = Literal["mobile", "landline"]
_TAKES_SMS = {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone on the shelf: its number (E.164), its kind, whose it is, and a word about that person."""

    number: str
    kind: Line
    whose: str
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no telephone (ValueError with a Polish sentence)."""
        if not E164.fullmatch(self.number):
            raise ValueError(f"{self.number!r} nie jest numerem w zapisie międzynarodowym (+48…)")
        if self.kind not in {"mobile", "landline"}:
            raise ValueError(f"rodzaj telefonu to mobile albo landline, nie {self.kind!r}")
        if not isinstance(self.whose, str) or not isinstance(self.note, str):
            raise TypeError("whose i note to napisy")


@lru_cache(maxsize=65_536)
def line_by_plan(number: str) -> Line | None:
    """The kind of line that the numbering plan gives a number; None for one that it does not know."""
    if not E164.fullmatch(number):
        return None
    parsed = _parsed(number)
    if parsed is None:
        return None
    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return None
    return "mobile" if kind in _TAKES_SMS else "landline"


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    if number.startswith("+48") and len(number) == 12 and number[3] != "0":
        # the usual case needs no parsing, which would cost as much as all the rest of taking a message on
        return phonenumbers.PhoneNumber(country_code=48, national_number=int(number[3:]))
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None


class Subscribers:
    """The telephones in the order they were registered, and the opt-outs; on file and in memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._telephones = {
            row[0]: Telephone(*row)
            for row in store.rows("SELECT number, kind, whose, note FROM telephones ORDER BY place")
        }
        self.version = 0  # counts the changes of the shelf since the start
        self._opted_out = set(store.rows("SELECT service, number FROM optouts"))

    def register(self, telephones: Iterable[Telephone]) -> None:
        """These are the telephones now; messages of those that are gone stay on file."""
        wanted = {telephone.number: telephone for telephone in telephones}
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM telephones")
            connection.executemany(
                "INSERT INTO telephones VALUES (?, ?, ?, ?, ?)",
                [(t.number, t.kind, t.whose, t.note, place) for place, t in enumerate(wanted.values())],
            )
        self._telephones = wanted
        self.version += 1

    def all(self) -> list[Telephone]:
        """The shelf, in its order."""
        return list(self._telephones.values())

    def get(self, number: str) -> Telephone | None:
        """The telephone with this number, if it is on the shelf."""
        return self._telephones.get(number)

    def line(self, number: str) -> Line | None:
        """The kind of a line as registered, else by the numbering plan (D13); None for no number."""
        telephone = self._telephones.get(number)
        return telephone.kind if telephone else line_by_plan(number)

    def opted_out(self, service: str, number: str) -> bool:
        """Whether `number` has told the service number to stop."""
        return (service, number) in self._opted_out

    def opt(self, connection: sqlite3.Connection, service: str, number: str, *, out: bool) -> None:
        """Write an opt-out or its end; `remember` makes it count once the transaction is through."""
        if out:
            connection.execute("INSERT OR IGNORE INTO optouts VALUES (?, ?)", (service, number))
        else:
            connection.execute("DELETE FROM optouts WHERE service = ? AND number = ?", (service, number))

    def remember(self, service: str, number: str, *, out: bool) -> None:
        """Let a written opt-out, or its end, count."""
        if out:
            self._opted_out.add((service, number))
        else:
            self._opted_out.discard((service, number))
