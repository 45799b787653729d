"""Notices: what patients are told of changes of visits, of their places in the queue and of themselves (R100, R103, X29).

A notice is written in the transaction of the change that caused it, with facts; the edge turns them into words when it sends them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry import tasks
from registry.catalogue import POLICY
from registry.communications import Message
from registry.events import Actor

ASKS = {"reminder_d7": "reminder", "reminder_d1": "reminder", "offer": "offer"}

# News goes to the patient's own application first, by D13's address when it cannot (R104). What asks for an answer goes where a word
# answers it, what answers somebody goes to where he waits, what is near goes where it is surely seen.
PUSHED_TO = "'device ' || d.id"  # `devices.address_of`
DEVICE = """
      LEFT JOIN LATERAL (SELECT d.id FROM devices d WHERE d.patient_id = p.id AND d.state = 'active' AND c.contact_person_id IS NULL
                            AND c.value IS DISTINCT FROM CAST(:address AS text) AND @only ORDER BY d.id DESC LIMIT 1) d ON true"""
# Whoever is written to has a conversation, and it is as new as the message.
TOUCHED = """
, touched AS (
    INSERT INTO conversations (channel, address, patient_id, last_at, needs_person, memory)
    SELECT DISTINCT ON (channel, address) channel, address, patient_id, CAST(:now AS timestamptz), false, jsonb_build_object() FROM written
        ON CONFLICT (channel, address) DO UPDATE SET last_at = excluded.last_at)
SELECT id FROM written
"""
# Whom of several at one address it is for (X8).
WHOM = """'initials', left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.',
                              'shared', c.contact_person_id IS NOT NULL OR EXISTS (
                                  SELECT 1 FROM contact_points o WHERE o.value = c.value AND o.patient_id <> c.patient_id)"""
NEAR = f"interval '{int(POLICY.near_visit.total_seconds())} seconds'"


def _to_applications(words: str, *, only: str = "true") -> str:
    """A whole statement of one that writes to the address `c`, or to the application `d` of the patient `p`."""
    words = words.replace("@channel", "CASE WHEN d.id IS NULL THEN c.channel ELSE 'push' END")
    words = words.replace("@address", f"CASE WHEN d.id IS NULL THEN c.value ELSE {PUSHED_TO} END")
    return words.replace("@whom", WHOM).replace("@device", DEVICE).replace("@only", only) + TOUCHED


# The recipient is the visit's own address while it is usable, else the patient's next one (R39, R54, D13). Of many, who is to come first
# is written to first: a message's number is its turn.
WRITE_NOTICES = _to_applications("""
WITH written AS (
    INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, asks, patient_id, contact_point_id,
                          appointment_id, visit_version, visit_starts_at, in_reply_to, attempt, due_at, tries)
    SELECT :now, 'out', @channel, @address, :kind, 'queued', coalesce(p.language, 'pl'),
           jsonb_build_object('starts_at', a.starts_at, 'service', a.service, 'visit_type', a.visit_type, 'clinic', l.name,
                              'street', l.street, 'city', l.city, 'phone', l.phone, 'expires_at', a.expires_at,
                              'held_until', a.held_until, 'cancelled_at', a.cancelled_at, 'moved_from', a.moved_from,
                              @whom,
                              'returns', e.returns),
           CAST(:asks AS text), a.patient_id, c.id, a.id, {version}, a.starts_at,
           CASE WHEN c.value = CAST(:address AS text) THEN CAST(:message_id AS bigint) END, 1, {due}, 0
      FROM appointments a
      JOIN patients p ON p.id = a.patient_id
      JOIN places l ON l.id = a.place_id
      LEFT JOIN entries e ON e.id = a.entry_id
      JOIN LATERAL (SELECT * FROM contact_points c WHERE c.patient_id = a.patient_id AND c.state = 'active'
                     ORDER BY c.id <> a.contact_point_id, c.rank, c.id LIMIT 1) c ON true @device
     WHERE {which} AND p.died_at IS NULL
     ORDER BY a.starts_at, a.id
        ON CONFLICT DO NOTHING
    RETURNING id, channel, address, patient_id)
""", only=f"CAST(:asks AS text) IS NULL AND a.starts_at > CAST(:now AS timestamptz) + {NEAR}")
WRITE_ONE = text(WRITE_NOTICES.format(version="a.version", due=":now", which="a.id = :appointment_id"))
WRITE_MANY = text(WRITE_NOTICES.format(version="a.version", due=":now", which="a.id = ANY(CAST(:appointment_ids AS bigint[]))"))


def notify(session: Session, kind: str, appointment_id: int, *, actor: Actor, now: datetime) -> int | None:
    """Tell the patient of a change of a visit (R100); the message's id, or None when it was told before.

    Nobody reachable makes a task for an operator (R54).
    """
    facts = {"kind": kind, "asks": ASKS.get(kind), "appointment_id": appointment_id, "now": now}
    written = session.scalar(WRITE_ONE, {**facts, "address": actor.address, "message_id": actor.message_id})
    if written is None:
        tasks.unreachable(session, appointment_id, now=now)
    return None if written is None else int(written)


# News that concern no visit: of the waiting room, of a referral. The change that causes them happens once, and so do they.
WRITE_TO_PATIENT = text(_to_applications("""
WITH written AS (
    INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, patient_id, contact_point_id, in_reply_to,
                          attempt, due_at, tries)
    SELECT :now, 'out', @channel, @address, :kind, 'queued', coalesce(p.language, 'pl'), '{}', p.id, c.id,
           CASE WHEN c.value = CAST(:address AS text) THEN CAST(:message_id AS bigint) END, 1, :now, 0
      FROM patients p JOIN LATERAL (SELECT * FROM contact_points c WHERE c.patient_id = p.id AND c.state = 'active'
                                     ORDER BY c.rank, c.id LIMIT 1) c ON true @device
     WHERE p.id = :patient_id AND p.died_at IS NULL
    RETURNING id, channel, address, patient_id)
"""))


def notify_patient(session: Session, kind: str, patient_id: int, *, actor: Actor, now: datetime) -> int | None:
    """Tell a patient of something that is about no visit; the message's id, or None when nobody can be reached."""
    facts = {"kind": kind, "patient_id": patient_id, "now": now, "address": actor.address, "message_id": actor.message_id}
    written = session.scalar(WRITE_TO_PATIENT, facts)
    return None if written is None else int(written)


# News of a place in the queue, told with its estimate (R66); once for each entry and kind (X29).
WRITE_OF_ENTRY = _to_applications("""
WITH written AS (
    INSERT INTO messages (at, direction, channel, address, kind, state, language, facts, patient_id, contact_point_id, entry_id,
                          visit_version, in_reply_to, attempt, due_at, tries)
    SELECT :now, 'out', @channel, @address, :kind, 'queued', coalesce(p.language, 'pl'),
           jsonb_build_object('service', e.service, 'estimate', x.p50, 'estimate_late', x.p90,
                              @whom),
           p.id, c.id, e.id, {version}, CASE WHEN c.value = CAST(:address AS text) THEN CAST(:message_id AS bigint) END, 1, {due}, 0
      FROM entries e
      JOIN patients p ON p.id = e.patient_id
      LEFT JOIN estimates x ON x.entry_id = e.id
      JOIN LATERAL (SELECT * FROM contact_points c WHERE c.patient_id = e.patient_id AND c.state = 'active'
                     ORDER BY c.id <> e.contact_point_id, c.rank, c.id LIMIT 1) c ON true @device
     WHERE {which} AND p.died_at IS NULL
     ORDER BY e.id
        ON CONFLICT DO NOTHING
    RETURNING id, channel, address, patient_id)
""")
WRITE_ENTRY = text(WRITE_OF_ENTRY.format(version="CAST(NULL AS int)", due=":now", which="e.id = :entry_id"))
# To many at once, spread over the contact hours by the entry's number (D10).
WRITE_ENTRIES = text(WRITE_OF_ENTRY.format(version="x.slips", which="e.id = ANY(CAST(:entry_ids AS bigint[]))", due="""
           greatest(:now, CAST(:opens AS timestamptz) + (CAST(:closes AS timestamptz) - CAST(:opens AS timestamptz))
                          * (mod(e.id * 2654435761, 4294967296) / 4294967296.0))"""))


def notify_entry(session: Session, kind: str, entry_id: int, *, actor: Actor, now: datetime) -> int | None:
    """Tell the patient of a place in the queue (R103); the message's id, or None when it was told before or nobody can be reached."""
    facts = {"kind": kind, "entry_id": entry_id, "now": now, "address": actor.address, "message_id": actor.message_id}
    written = session.scalar(WRITE_ENTRY, facts)
    return None if written is None else int(written)


def told(session: Session, kind: str, entry_id: int, address: str) -> bool:
    """Whether this news of a place in the queue goes, or went, to this address."""
    found = select(Message.id).where(Message.entry_id == entry_id, Message.kind == kind, Message.address == address)
    return session.scalar(found.limit(1)) is not None


def notify_all(session: Session, kind: str, appointment_ids: Sequence[int], *, now: datetime) -> int:
    """Tell the patients of many visits of the same kind of change (R100), in a few statements; how many messages were written."""
    if not appointment_ids:
        return 0
    facts = {"kind": kind, "asks": ASKS.get(kind), "appointment_ids": list(appointment_ids), "now": now}
    written = session.execute(WRITE_MANY, {**facts, "address": None, "message_id": None}).all()
    if len(written) < len(appointment_ids):
        tasks.unreachable_all(session, appointment_ids, now=now)
    return len(written)
