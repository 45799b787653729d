"""One person's own data handed over and erased, at the console and at the command line alike: what is done, and its trace (X34).

What belongs to a person, and what an erasure takes, `registry.privacy` decides.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from channels.operators import pages, sessions
from channels.operators.anonymous import anonymous
from channels.plain_json import plain
from channels.recordings import delete_due, file_of
from registry import privacy, schema
from registry.privacy import Erased

SHORTEST: Final = 10  # letters of a reason
LONGEST: Final = 300


class NoReason(ValueError):
    """The reason is too short to be one."""


class Stale(Exception):
    """Since this form was drawn the person's data were handed over or erased: the form is used up."""


def reason(said: str) -> str:
    """A reason as it is kept. Raises NoReason."""
    kept = " ".join(said.split())[:LONGEST]
    if sum(letter.isalpha() for letter in kept) < SHORTEST:
        raise NoReason(kept)
    return kept


LAST = text("""
SELECT coalesce(max(id), 0) FROM audit WHERE patient_id = :id AND act IN ('person_exported', 'person_erased')
""")
LOCKED = text("SELECT 1 FROM patients WHERE id = :id FOR UPDATE")


def mark(session: Session, patient_id: int) -> int:
    """What a form carries so that it counts once: the number of the last trace of handing over or erasing this person's data."""
    return int(session.execute(LAST, {"id": patient_id}).scalar_one())


def fresh(session: Session, patient_id: int, seen: int) -> None:
    """Take the person for this transaction; of two that bring the same form the second is Stale."""
    session.execute(LOCKED, {"id": patient_id})
    if mark(session, patient_id) != seen:
        raise Stale(patient_id)


def handed_over(session: Session, patient_id: int, *, who: int | None, now: datetime, why: str = "") -> dict[str, list[dict[str, Any]]]:
    """Every row about a person by table, this handing over among them; `who` is an operator, None at the command line."""
    sessions.audit(session, who, "person_exported", now=now, patient_id=patient_id, facts={"reason": why} if why else {})
    return privacy.everything(session, patient_id, schema.metadata())


def written(found: dict[str, list[dict[str, Any]]], folder: Path | None) -> str:
    """The same as JSON, each recording with its sound from the folder of recorded calls."""
    if folder is not None:
        _with_sound(found.get("recordings", []), folder)
    return json.dumps(found, ensure_ascii=False, indent=2, default=plain)


def _with_sound(rows: Iterable[dict[str, Any]], folder: Path) -> None:
    """Add to each recording its sound: a WAV file in base64, None where the call ended before there was any."""
    for row in rows:
        file = file_of(folder, row["name"])
        row["wav"] = b64encode(file.read_bytes()).decode() if file.exists() and row["erased_at"] is None else None


def erased(session: Session, patient_id: int, *, who: int | None, now: datetime, why: str = "") -> Erased:
    """Make a person unrecognisable. Raises LegalHold and AlreadyErased.

    The reason stays in the trace without what tells of anybody; `given_up` is to follow once this is committed.
    """
    nameless = why and _nameless(session, patient_id, why)
    done = privacy.erase(session, patient_id, now=now)
    sessions.audit(session, who, "person_erased", now=now, patient_id=patient_id, facts={"reason": nameless} if nameless else {})
    return done


def given_up(engine: Engine, *, now: datetime, folder: Path | None) -> None:
    """After an erasure: delete its recordings where their folder is, and forget the lines that were drawn of anybody's conversations."""
    if folder is not None:
        delete_due(engine, now, folder=folder)
    pages.forget_rows()


NAMES = text("""
SELECT p.identifier, p.given_name, p.family_name,
       ARRAY(SELECT h.name FROM contact_persons h WHERE h.patient_id = p.id) AS helpers,
       ARRAY(SELECT c.value FROM contact_points c WHERE c.patient_id = p.id) AS addresses
  FROM patients p WHERE p.id = :id
""")


def _nameless(session: Session, patient_id: int, why: str) -> str:
    row = session.execute(NAMES, {"id": patient_id}).one()
    names = [name for name in (row.given_name, row.family_name, *row.helpers) if name]
    return anonymous(why, names=names, identifiers=[one for one in (row.identifier, *row.addresses) if one])
