"""One person's own data: everything that is kept of somebody, to hand over; and its erasure, once nothing stands open (X34).

What belongs to a person is found by the foreign keys of the tables themselves, so a table that is added tomorrow is handed over too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import MetaData, Table, or_, select, text
from sqlalchemy.orm import Session

from registry.people import Patient

# Nobody's own: who works here, places, what clinics announce. The way to a person's data never leads through them.
SHARED: Final = frozenset({"operators", "operator_sessions", "providers", "places", "schedules", "slots", "runs"})


class NoSuchPerson(LookupError):
    """Nobody is registered with this identifier."""


class LegalHold(Exception):
    """Something stands open for this person, so nothing may be erased yet; the argument names what."""


class AlreadyErased(Exception):
    """This person was erased before; nothing is left to be taken out."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to, in rows."""

    messages: int
    addresses: int


def find(session: Session, identifier: str, *, system: str = "PESEL") -> int:
    """The patient with this number. Raises NoSuchPerson."""
    query = select(Patient.id).where(Patient.identifier_system == system, Patient.identifier == identifier)
    found = session.scalar(query)
    if found is None:
        raise NoSuchPerson(system)
    return found


def everything(session: Session, patient_id: int, metadata: MetaData) -> dict[str, list[dict[str, Any]]]:
    """Every row about a person, by table: what was written to and from his addresses, and who looked at it (X34).

    Messages of an address that somebody else has too are only those that are known to be about this person.
    """
    known: dict[str, dict[Any, dict[str, Any]]] = {"patients": _rows(session, metadata.tables["patients"], [patient_id])}
    _add(known, "messages", _rows(session, metadata.tables["messages"], session.scalars(OWN_MESSAGES, {"patient_id": patient_id})))
    _add(known, "calls", _rows(session, metadata.tables["calls"], session.scalars(OWN_CALLS, {"patient_id": patient_id})))
    talks = session.scalars(OWN_CONVERSATIONS, {"patient_id": patient_id})
    _add(known, "conversations", _rows(session, metadata.tables["conversations"], talks))
    while any(_follow(session, table, known) for table in metadata.sorted_tables if table.name not in SHARED):
        continue  # a row that was found may lead to others: until nothing new is
    return {name: [rows[number] for number in sorted(rows)] for name, rows in sorted(known.items()) if rows}


def _follow(session: Session, table: Table, known: dict[str, dict[Any, dict[str, Any]]]) -> bool:
    """Add the rows of a table that point at rows that are known; whether there were new ones."""
    pointing = [
        key.parent.in_(list(known[key.column.table.name]))
        for key in table.foreign_keys
        if known.get(key.column.table.name) and key.column.table.name not in SHARED and key.column.name == "id"
    ]
    if not pointing or table.name == "patients":
        return False
    own = [column.name for column in table.primary_key]  # most have a number, some are known by what they join
    rows = session.execute(select(table).where(or_(*pointing))).mappings()
    found = {row["id"] if own == ["id"] else tuple(row[name] for name in own): dict(row) for row in rows}
    return _add(known, table.name, found)


def _rows(session: Session, table: Table, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    found = session.execute(select(table).where(table.c.id.in_(list(ids)))).mappings()
    return {row["id"]: dict(row) for row in found}


def _add(known: dict[str, dict[Any, dict[str, Any]]], name: str, rows: Mapping[Any, dict[str, Any]]) -> bool:
    before = len(known.setdefault(name, {}))
    known[name].update(rows)
    return len(known[name]) > before


# An address that this person alone has given: all that was said there is his.
ALONE: Final = """SELECT value FROM contact_points c WHERE c.patient_id = :patient_id AND NOT EXISTS (
    SELECT 1 FROM contact_points o WHERE o.value = c.value AND o.patient_id <> :patient_id)"""

OWN_MESSAGES: Final = text(f"""
SELECT m.id FROM messages m LEFT JOIN turns t ON t.message_id = m.id
  LEFT JOIN appointments a ON a.id = coalesce(m.appointment_id, t.appointment_id)
 WHERE m.patient_id = :patient_id OR a.patient_id = :patient_id OR m.address IN ({ALONE})
    OR (m.channel, m.address) IN (SELECT channel, address FROM conversations WHERE patient_id = :patient_id AND channel IN ('chat', 'push'))
""")  # noqa: S608  our own words only
OWN_CALLS: Final = text(f"SELECT id FROM calls WHERE address IN ({ALONE})")  # noqa: S608
OWN_CONVERSATIONS: Final = text(f"""
SELECT id FROM conversations WHERE address IN ({ALONE}) OR (patient_id = :patient_id AND channel IN ('chat', 'push'))
""")  # noqa: S608


# A recording cannot be redacted in part: it goes when anything in its call is this person's, also on a shared telephone.
OWN_RECORDINGS: Final = text("""
SELECT r.id FROM recordings r JOIN calls k ON k.id = r.call_id
 WHERE k.id = ANY(:calls) OR k.message_id = ANY(:messages) OR EXISTS (
    SELECT 1 FROM messages m WHERE m.channel = 'voice' AND m.address = k.address AND m.id = ANY(:messages)
       AND coalesce(m.sent_at, m.at) BETWEEN k.at AND coalesce(k.ended_at, 'infinity'))
""")


# --- erasure

ON_THE_WAY: Final = timedelta(days=7)  # a letter has no receipt; by then it has come back if it ever does

HOLDS: Final = {
    "visit": text("""SELECT EXISTS (SELECT 1 FROM appointments
                      WHERE patient_id = :patient_id AND status IN ('proposed', 'booked', 'cancelling'))"""),
    "waiting room": text("SELECT EXISTS (SELECT 1 FROM entries WHERE patient_id = :patient_id AND state <> 'closed')"),
    "task": text("SELECT EXISTS (SELECT 1 FROM tasks WHERE patient_id = :patient_id AND state = 'open')"),
    "message": text("""SELECT EXISTS (SELECT 1 FROM messages WHERE patient_id = :patient_id AND (state IN ('queued', 'sending')
                        OR (state IN ('accepted', 'sent') AND sent_at > :recently)))"""),
}

ERASED: Final = "ERASED"  # the identifier system of whom nobody can name any more

# The rows stay, for counts, for clinics' settlements and for the audit; nobody can be recognised in them. Order matters: addresses last.
ERASE: Final = (
    text("UPDATE recordings SET erased_at = :now WHERE id = ANY(:recordings)"),
    text("UPDATE turns SET entities = '{}' WHERE message_id = ANY(:messages)"),
    text("UPDATE reading_marks SET note = NULL WHERE message_id = ANY(:messages)"),
    text("UPDATE messages SET body = NULL, facts = '{}', redacted_at = :now WHERE id = ANY(:messages)"),
    text("UPDATE messages SET address = :nobody WHERE id = ANY(:messages) AND address = ANY(:alone)"),
    text("UPDATE calls SET address = :nobody WHERE id = ANY(:calls)"),
    text("""UPDATE conversations SET address = :nobody || ' ' || id, memory = '{}', patient_id = NULL WHERE id = ANY(:conversations)"""),
    text("UPDATE conversations SET patient_id = NULL, memory = '{}' WHERE patient_id = :patient_id"),
    text("UPDATE devices SET token = '', state = 'removed', ended_at = coalesce(ended_at, :now) WHERE patient_id = :patient_id"),
    text("UPDATE contact_persons SET name = '', relationship = '' WHERE patient_id = :patient_id"),
    text("UPDATE contact_points SET value = :nobody || ' ' || id, state = 'invalid' WHERE patient_id = :patient_id"),
    text("UPDATE events SET actor_name = NULL WHERE appointment_id IN (SELECT id FROM appointments WHERE patient_id = :patient_id)"),
    text("UPDATE events SET actor_name = NULL WHERE entry_id IN (SELECT id FROM entries WHERE patient_id = :patient_id)"),
    text("""UPDATE entries SET latitude = NULL, longitude = NULL, radius_km = NULL WHERE patient_id = :patient_id"""),
    text("UPDATE tasks SET result = NULL WHERE patient_id = :patient_id OR message_id = ANY(:messages)"),
    text("UPDATE referrals SET code = '' WHERE patient_id = :patient_id"),
    text("UPDATE audit SET facts = facts - 'reason' WHERE patient_id = :patient_id"),
    text("""UPDATE patients SET identifier_system = :erased, identifier = CAST(id AS text), given_name = '', family_name = '',
                   birth_date = date_trunc('year', birth_date), language = NULL WHERE id = :patient_id"""),
)


def held(session: Session, patient_id: int, *, now: datetime) -> list[str]:
    """What stands open for a person and keeps the data where they are: keys of HOLDS; empty when nothing does."""
    facts = {"patient_id": patient_id, "recently": now - ON_THE_WAY}
    return [name for name, query in HOLDS.items() if session.scalar(query, facts)]


def erase(session: Session, patient_id: int, *, now: datetime) -> Erased:
    """Make a person unrecognisable for good (X34). Raises LegalHold while a visit, a place in the queue or a task stands open, and
    AlreadyErased.

    What others said through an address that they share with this person stays theirs. Recordings are given up here; their files and
    rows are deleted by whoever keeps the files.
    """
    system = session.execute(text("SELECT identifier_system FROM patients WHERE id = :id FOR UPDATE"), {"id": patient_id}).scalar_one()
    if system == ERASED:
        raise AlreadyErased
    if open_still := held(session, patient_id, now=now):
        raise LegalHold(", ".join(open_still))
    about = {"patient_id": patient_id}
    facts: dict[str, Any] = {
        "patient_id": patient_id, "erased": ERASED, "now": now, "nobody": f"erased {patient_id}",
        "messages": list(session.scalars(OWN_MESSAGES, about)), "calls": list(session.scalars(OWN_CALLS, about)),
        "conversations": list(session.scalars(OWN_CONVERSATIONS, about)), "alone": list(session.scalars(text(ALONE), about)),
    }  # fmt: skip
    facts["recordings"] = list(session.scalars(OWN_RECORDINGS, {"calls": facts["calls"], "messages": facts["messages"]}))
    for statement in ERASE:
        session.execute(statement, facts)
    return Erased(len(facts["messages"]), len(facts["alone"]))
