"""Choosing one clinic by what somebody types: its code, or words of its name; without a script."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from dialogs.understanding.text import fold

MOST: Final = 20  # clinics offered at once


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic as it is chosen."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What was typed, and the clinic that is meant by it; none when several fit (`offered`, at most MOST) or nobody does."""

    said: str = ""
    clinic: Clinic | None = None
    offered: tuple[Clinic, ...] = ()
    more: bool = False

    @property
    def code(self) -> str:
        """The code of the clinic that is meant; empty when none is."""
        return self.clinic.code if self.clinic else ""


def chosen(session: Session, said: str) -> Choice:
    """The clinic of this code or this very name, or the only one whose name has all the words; case and Polish marks do not matter."""
    said = " ".join(said.split())
    if not said:
        return Choice()
    known = [Clinic(*row) for row in session.execute(text("SELECT id, code, name FROM providers ORDER BY name, code"))]
    words = fold(said).split()
    for fitting in (
        [one for one in known if one.code == said],
        [one for one in known if fold(one.name).split() == words],
        [one for one in known if all(word in fold(f"{one.name} {one.code}") for word in words)],
    ):
        if len(fitting) == 1:
            return Choice(said, fitting[0])
        if fitting:
            return Choice(said, None, tuple(fitting[:MOST]), len(fitting) > MOST)
    return Choice(said)
