"""Many patients with visits in a week and mobile telephones, put straight into the tables: building them is not what is measured."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from registry.database import transaction
from registry.rules import WARSAW

DAY = timedelta(days=1)
FIRST_NUMBER = 600_000_001  # patient n has +48 and this plus n

CLINIC = """
WITH p AS (INSERT INTO providers (code, name, phone) VALUES ('BENCH', 'Poradnia Kardiologiczna Bulwar', '+48566220202') RETURNING id),
     l AS (INSERT INTO places (provider_id, name, street, postcode, city, phone, latitude, longitude)
           SELECT id, 'Poradnia Kardiologiczna Bulwar', 'ul. Bulwar Filadelfijski 3', '87-100', 'Toruń', '+48566220202', 53.010, 18.604
             FROM p RETURNING id)
INSERT INTO schedules (place_id, service, resource) SELECT id, 'CARDIO_FIRST', 'gabinet ' || n FROM l, generate_series(1, :rooms) n
"""
PEOPLE = """
INSERT INTO patients (identifier_system, identifier, given_name, family_name, birth_date, created_at)
SELECT 'BENCH', n::text, 'Janina', 'Kowalska-Nowak', date '1944-02-08', :booked_at FROM generate_series(1, :people) n
"""
CONTACTS = """
INSERT INTO contact_points (patient_id, value, channel, rank, state, created_at)
SELECT id, '+48' || (:first + identifier::int), 'sms', 0, 'active', :booked_at FROM patients WHERE identifier_system = 'BENCH'
"""
REFERRALS = """
INSERT INTO referrals (patient_id, service, code, category, state, issued_at)
SELECT id, 'CARDIO_FIRST', '1234', 'stable', 'issued', :booked_at FROM patients WHERE identifier_system = 'BENCH'
"""
ENTRIES = """
INSERT INTO entries (patient_id, referral_id, contact_point_id, service, category, privileged, rank, joined_at, queue_at, returns, state,
                     criteria_version, date_from, weekdays)
SELECT p.id, r.id, c.id, 'CARDIO_FIRST', 'stable', false, 3, :booked_at, :booked_at + make_interval(secs => p.identifier::int), 0,
       CASE WHEN p.identifier::int <= :visits THEN 'booked' ELSE 'waiting' END, 1, CAST(:visit_day AS date) - 60, 127
  FROM patients p JOIN referrals r ON r.patient_id = p.id JOIN contact_points c ON c.patient_id = p.id
 WHERE p.identifier_system = 'BENCH'
"""
SLOTS = """
INSERT INTO slots (schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at, local_date, state, version)
SELECT s.id, s.place_id, l.provider_id, 'S' || n, 1, 'CARDIO_FIRST', 'FIRST_STABLE', at, at + interval '20 minutes',
       CAST(:visit_day AS date), 'taken', 1
  FROM (SELECT n, (n - 1) / 24 AS room,
               (CAST(:visit_day AS date) + time '09:00' + ((n - 1) % 24) * interval '20 minutes') AT TIME ZONE 'Europe/Warsaw' AS at
          FROM generate_series(1, :visits) n) t
  JOIN (SELECT id, place_id, row_number() OVER (ORDER BY id) - 1 AS room FROM schedules) s USING (room)
  JOIN places l ON l.id = s.place_id
"""
VISITS = """
INSERT INTO appointments (patient_id, slot_id, entry_id, referral_id, contact_point_id, place_id, provider_id, service, visit_type, origin,
                          status, version, moves, criteria_version, starts_at, ends_at, local_date, booked_at)
SELECT e.patient_id, s.id, e.id, e.referral_id, e.contact_point_id, s.place_id, s.provider_id, s.service, 'first', 'registrar',
       'booked', 1, 0, 1, s.starts_at, s.ends_at, s.local_date, :booked_at
  FROM slots s JOIN patients p ON p.identifier_system = 'BENCH' AND p.identifier = substr(s.clinic_slot_id, 2)
  JOIN entries e ON e.patient_id = p.id
"""


def number(patient: int) -> str:
    """The telephone of the patient with this number, from 1 on."""
    return f"+48{FIRST_NUMBER + patient}"


def populate(engine: Engine, *, visits: int, waiting: int = 0, now: datetime, days: int = 7) -> None:
    """`visits` patients with a booked visit so many days from now, and after them `waiting` ones in the waiting room."""
    facts = {
        "visits": visits, "people": visits + waiting, "rooms": visits // 24 + 1, "first": FIRST_NUMBER,
        "booked_at": now.replace(microsecond=0) - 21 * DAY, "visit_day": (now.astimezone(WARSAW) + days * DAY).date(),
    }  # fmt: skip
    with transaction(engine) as session:
        for statement in (CLINIC, PEOPLE, CONTACTS, REFERRALS, ENTRIES, SLOTS, VISITS):
            session.execute(text(statement), facts)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
