"""A country to measure in, made by the database itself: clinics where people live, a million who wait, one day of slots to unlock.

Invented data. Cities with their rough populations in thousands place clinics and patients; wishes are spread as the comments say.
"""

from datetime import date
from typing import Any

from sqlalchemy import Engine, text

# name is not needed: latitude, longitude, thousands of people
CITIES = (
    (52.23, 21.01, 1860), (50.06, 19.94, 800), (51.11, 17.03, 670), (51.76, 19.46, 650), (52.41, 16.93, 540), (54.35, 18.65, 480),
    (53.43, 14.55, 390), (53.12, 18.01, 330), (51.25, 22.57, 330), (53.13, 23.16, 290), (50.26, 19.02, 280), (54.52, 18.53, 240),
    (50.81, 19.12, 210), (51.40, 21.15, 200), (50.04, 22.00, 195), (53.01, 18.60, 195), (50.29, 19.13, 190), (50.87, 20.63, 185),
    (53.78, 20.48, 170), (50.30, 18.67, 170), (50.35, 18.91, 160), (49.82, 19.04, 165), (51.94, 15.50, 140), (50.10, 18.55, 135),
    (50.67, 17.92, 125), (52.73, 15.24, 118), (54.19, 16.18, 105), (54.17, 19.40, 115), (51.21, 16.16, 95), (52.55, 19.70, 115),
)  # fmt: skip

STATIONS = """
CREATE UNLOGGED TABLE stations AS
SELECT row_number() OVER () AS id, latitude, longitude FROM (
    SELECT c.latitude + (random() - 0.5) * 0.2 AS latitude, c.longitude + (random() - 0.5) * 0.3 AS longitude
      FROM unnest(CAST(:latitudes AS float[]), CAST(:longitudes AS float[]), CAST(:sizes AS int[])) AS c(latitude, longitude, size),
           generate_series(1, c.size)
    UNION ALL  -- as many people live in the country as in these cities
    SELECT 49.4 + random() * 5.0, 14.8 + random() * 8.7 FROM generate_series(1, :thousands)) AS everywhere
"""
CLINICS = """
INSERT INTO providers (id, code, name, phone, email)
SELECT n, 'P' || n, 'Poradnia ' || n, '+48224410000', NULL FROM generate_series(1, 637) n;
INSERT INTO places (id, provider_id, name, street, postcode, city, phone, latitude, longitude)
SELECT n, (n - 1) % 637 + 1, 'Poradnia Kardiologiczna ' || n, 'ul. Długa 5', '00-238', 'Warszawa', '+48224410000', s.latitude, s.longitude
  FROM (SELECT row_number() OVER () AS n, * FROM (SELECT latitude, longitude FROM stations ORDER BY random() LIMIT 700) s) s;
INSERT INTO schedules (id, place_id, service, resource) SELECT n, n, 'CARDIO_FIRST', 'dr Nowak' FROM generate_series(1, 700) n;
"""
PEOPLE = """
INSERT INTO patients (id, identifier_system, identifier, given_name, family_name, birth_date, created_at)
SELECT n, 'PESEL', lpad(n::text, 11, '0'), 'Jan', 'Kowalski', '1950-03-01', '2026-01-02' FROM generate_series({first}, {last}) n;
INSERT INTO contact_points (id, patient_id, value, channel, rank, state, created_at)
SELECT n, n, '+48' || (500000000 + n), 'sms', 0, 'active', '2026-01-02' FROM generate_series({first}, {last}) n;
INSERT INTO referrals (id, patient_id, service, code, category, state, issued_at)
SELECT n, n, 'CARDIO_FIRST', lpad((n % 10000)::text, 4, '0'), CASE WHEN n % 5 = 0 THEN 'urgent' ELSE 'stable' END, 'issued', '2026-01-02'
  FROM generate_series({first}, {last}) n;
"""
# Where: of 100, 12 named one clinic, 3 go anywhere, the rest in a circle of 10, 30, 50 or 100 km. Hours: 60 any; days: 70 any.
ENTRIES = """
INSERT INTO entries (id, patient_id, referral_id, contact_point_id, service, category, privileged, rank, joined_at, queue_at, returns,
                     state, criteria_version, date_from, date_to, hour_from, hour_to, weekdays, latitude, longitude, radius_km, place_ids)
SELECT n, n, n, n, 'CARDIO_FIRST', CASE WHEN urgent THEN 'urgent' ELSE 'stable' END, entitled,
       CASE WHEN entitled THEN 0 ELSE 2 END + CASE WHEN urgent THEN 0 ELSE 1 END, joined, joined, 0, 'waiting', 1, joined::date,
       CASE WHEN dates < 0.1 THEN joined::date + 30 + (dates * 3000)::int END,
       CASE WHEN hours < 0.2 THEN time '12:00' WHEN hours < 0.3 THEN time '14:00' END,
       CASE WHEN hours BETWEEN 0.3 AND 0.4 THEN time '11:00' END,
       CASE WHEN days < 0.1 THEN 31 WHEN days < 0.2 THEN 21 WHEN days < 0.3 THEN 10 ELSE 127 END,
       CASE WHEN place > 0.15 THEN s.latitude END, CASE WHEN place > 0.15 THEN s.longitude END,
       CASE WHEN place > 0.9 THEN 100 WHEN place > 0.7 THEN 50 WHEN place > 0.35 THEN 30 WHEN place > 0.15 THEN 10 END,
       CASE WHEN place <= 0.12 THEN ARRAY[1 + (random() * 699)::bigint] END
  FROM (SELECT n, random() AS place, random() AS hours, random() AS days, random() AS dates, n % 5 = 0 AS urgent, n % 50 = 0 AS entitled,
               date_trunc('second', timestamptz '2026-01-05' + random() * interval '240 days') AS joined,
               1 + (random() * (SELECT count(*) - 1 FROM stations))::int AS station
          FROM generate_series({first}, {last}) n OFFSET 0) AS p
  JOIN stations s ON s.id = p.station;
"""
SLOTS = """
INSERT INTO slots (id, schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at, local_date,
                   state, version)
SELECT n, 1 + n % 700, 1 + n % 700, n % 700 % 637 + 1, 'S' || n, 0, 'CARDIO_FIRST',
       CASE WHEN n % 10 < 2 THEN 'FIRST_URGENT' WHEN n % 10 < 9 THEN 'FIRST_STABLE' ELSE 'FIRST_PRIVILEGED' END,
       starts, starts + interval '15 min', (starts AT TIME ZONE 'Europe/Warsaw')::date, 'pending', 1
  FROM (SELECT n, timestamptz '{day} 06:00+00' + (n / 700 % 32) * interval '15 min' AS starts FROM generate_series(1, {slots}) n) t
"""
# Published to everyone, on the day before: to be fought for.
FREE = """
INSERT INTO slots (schedule_id, place_id, provider_id, clinic_slot_id, seat, service, pool, starts_at, ends_at, local_date, state, version)
SELECT 1 + n % 700, 1 + n % 700, n % 700 % 637 + 1, 'F' || n, 0, 'CARDIO_FIRST', 'FIRST_STABLE', starts, starts + interval '15 min',
       (starts AT TIME ZONE 'Europe/Warsaw')::date, 'free', 1
  FROM (SELECT n, timestamptz '{day} 06:00+00' - interval '1 day' + (n / 700 % 32) * interval '15 min' AS starts
          FROM generate_series(1, 20000) n) t
"""
ON = "SELECT setval(pg_get_serial_sequence('{0}', 'id'), (SELECT max(id) FROM {0}))"
NUMBERS = ("providers", "places", "schedules", "patients", "contact_points", "referrals", "entries", "slots")


def settle(engine: Engine, *, waiting: int, slots: int, day: date) -> None:
    """Fill an empty, migrated database: `waiting` patients, `slots` pending slots on one Warsaw day."""
    latitudes, longitudes, sizes = (list(column) for column in zip(*CITIES, strict=True))
    with engine.begin() as connection:
        driver: Any = connection.connection.driver_connection  # many statements at once, which SQLAlchemy cannot send
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # the data is whole by its making
        connection.execute(text("SELECT setseed(0.42)"))
        where = {"latitudes": latitudes, "longitudes": longitudes, "sizes": sizes, "thousands": sum(sizes)}
        connection.execute(text(STATIONS), where)
        for statements in (CLINICS, PEOPLE, ENTRIES, SLOTS):
            driver.execute(statements.format(first=1, last=waiting, slots=slots, day=day))
        for table in NUMBERS:
            connection.exec_driver_sql(ON.format(table))
    with engine.begin() as connection:
        connection.exec_driver_sql(FREE.format(day=day).replace("%", "%%"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
