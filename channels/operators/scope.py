"""A clinic's own people see only their clinic: the conditions that say so, for every query of the console (X33).

A conversation belongs to each clinic that its people have or had a visit at; a task, to the clinic of its visit, or of its patient.
"""

from typing import Final

# Each needs :provider_id; None sees everything.
CONVERSATION: Final = """(CAST(:provider_id AS bigint) IS NULL OR EXISTS (
    SELECT 1 FROM (SELECT patient_id FROM contact_points WHERE value = c.address UNION ALL SELECT c.patient_id) sp
      JOIN appointments sa ON sa.patient_id = sp.patient_id JOIN places sl ON sl.id = sa.place_id
     WHERE sl.provider_id = :provider_id))"""

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
