"""A clinic's own people see only their clinic: the conditions that say so, for every query of the console (X33).

A conversation belongs to each clinic that its people have or had a visit at; a task, to the clinic of its visit, or of its patient.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

SMALL: Final = 5000
"""Visits up to which a clinic's messages are looked at one by one; of a larger clinic's there are some among any thousand."""

# Each needs :provider_id; None sees everything.
CONVERSATION: Final = """(CAST(:provider_id AS bigint) IS NULL OR EXISTS (
    SELECT 1 FROM (SELECT patient_id FROM contact_points WHERE value = c.address UNION ALL SELECT c.patient_id) sp
      JOIN appointments sa ON sa.patient_id = sp.patient_id JOIN places sl ON sl.id = sa.place_id
     WHERE sl.provider_id = :provider_id))"""

# The same for a list, found from the clinic's visits: among a year's conversations a clinic has few, and they lie far apart.
CONVERSATIONS: Final = """c.id IN (
    SELECT sc.id FROM places sl JOIN appointments sa ON sa.place_id = sl.id JOIN contact_points sp ON sp.patient_id = sa.patient_id
      JOIN conversations sc ON sc.address = sp.value WHERE sl.provider_id = :provider_id
    UNION ALL
    SELECT sc.id FROM places sl JOIN appointments sa ON sa.place_id = sl.id JOIN conversations sc ON sc.patient_id = sa.patient_id
     WHERE sl.provider_id = :provider_id)"""

# Of a conversation that several clinics see, each sees what is about its own visits or about none.
MESSAGE: Final = """(CAST(:provider_id AS bigint) IS NULL OR NOT EXISTS (
    SELECT 1 FROM appointments sa JOIN places sl ON sl.id = sa.place_id
     WHERE sa.id IN (m.appointment_id, t.appointment_id) AND sl.provider_id <> :provider_id))"""

TASK: Final = """(CAST(:provider_id AS bigint) IS NULL OR CASE WHEN t.appointment_id IS NOT NULL
    THEN EXISTS (SELECT 1 FROM appointments sa JOIN places sl ON sl.id = sa.place_id
                  WHERE sa.id = t.appointment_id AND sl.provider_id = :provider_id)
    ELSE EXISTS (SELECT 1 FROM appointments sa JOIN places sl ON sl.id = sa.place_id
                  WHERE sa.patient_id = t.patient_id AND sl.provider_id = :provider_id) END)"""

# Every clinic that a conversation belongs to, for pages that are told of changes.
PROVIDERS: Final = """ARRAY(
    SELECT DISTINCT sl.provider_id FROM (SELECT patient_id FROM contact_points WHERE value = c.address UNION ALL SELECT c.patient_id) sp
      JOIN appointments sa ON sa.patient_id = sp.patient_id JOIN places sl ON sl.id = sa.place_id)"""

VISITS = text("""
SELECT count(*) FROM (SELECT 1 FROM places sl JOIN appointments sa ON sa.place_id = sl.id WHERE sl.provider_id = :provider_id
                       LIMIT :most) few
""")


def is_small(session: Session, provider_id: int) -> bool:
    """Whether a clinic has had few visits."""
    return bool(session.execute(VISITS, {"provider_id": provider_id, "most": SMALL + 1}).scalar_one() <= SMALL)


OF_CLINIC = text(f"SELECT c.id FROM conversations c WHERE {CONVERSATIONS}")  # noqa: S608  our own words only


def conversations_of(session: Session, provider_id: int) -> list[int]:
    """Numbers of all conversations that belong to a clinic, in no order."""
    return list(session.scalars(OF_CLINIC, {"provider_id": provider_id}))
