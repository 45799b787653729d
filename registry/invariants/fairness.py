"""Who gets what: the matrix of pools, the order of the queue, and that nobody who came before was passed over."""

from registry.invariants.sentence import Invariant

# Somebody who stood before the winner then, stands there still as he stood then, and whom the slot suits. Whoever has moved since, or
# may have been busy, unreachable or asked about another slot at that moment, is left out: the sentence accuses nobody on a guess.
ENVY = """
    WITH newest AS MATERIALIZED (
        SELECT d.id, d.at, d.slot_id, d.entry_id, d.rank, d.queue_at, s.service, s.pool, s.starts_at, s.ends_at, s.local_date,
               p.id AS place_id, p.latitude, p.longitude, (s.starts_at AT TIME ZONE 'Europe/Warsaw')::time AS hour,
               1 << (extract(isodow FROM s.local_date)::int - 1) AS weekday
          FROM decisions d JOIN slots s ON s.id = d.slot_id JOIN places p ON p.id = s.place_id
         WHERE d.entry_id IS NOT NULL AND d.run_id IS {which} NULL AND d.outcome IN ('assigned', 'offered')
         ORDER BY d.id DESC LIMIT 300),
    moved AS MATERIALIZED (
        SELECT entry_id, max(at) AS at FROM events WHERE entry_id IS NOT NULL AND at >= (SELECT min(at) FROM newest) GROUP BY entry_id)
    SELECT n.id FROM newest n
     WHERE EXISTS (
        SELECT FROM entries e
         WHERE e.state = 'waiting' AND e.service = n.service AND (e.rank, e.queue_at, e.id) < (n.rank, n.queue_at, n.entry_id)
           AND e.joined_at < n.at
           AND EXISTS (SELECT FROM {matrix} WHERE matrix.pool = n.pool AND matrix.service = n.service
                          AND n.local_date >= matrix.since AND n.local_date < matrix.until
                          AND (matrix.who = e.category OR (matrix.who = 'privileged' AND e.privileged)))
           AND e.date_from <= n.local_date AND (e.date_to IS NULL OR e.date_to >= n.local_date)
           AND (e.hour_from IS NULL OR e.hour_from <= n.hour) AND (e.hour_to IS NULL OR e.hour_to >= n.hour)
           AND e.weekdays & n.weekday <> 0
           AND (e.place_ids IS NULL OR n.place_id = ANY(e.place_ids))
           AND (e.radius_km IS NULL OR e.radius_km - 0.000001 > 2 * 6371.0088 * asin(sqrt(least(1.0,
                power(sin(radians(n.latitude - e.latitude) / 2), 2)
                + cos(radians(e.latitude)) * cos(radians(n.latitude)) * power(sin(radians(n.longitude - e.longitude) / 2), 2)))))
           AND NOT EXISTS (SELECT FROM moved v WHERE v.entry_id = e.id AND v.at >= n.at)
           AND NOT EXISTS (SELECT FROM appointments a WHERE a.patient_id = e.patient_id
                              AND ((a.starts_at < n.ends_at AND a.ends_at > n.starts_at) OR a.expires_at > n.at OR a.booked_at >= n.at))
           AND NOT EXISTS (SELECT FROM events g WHERE g.slot_id = n.slot_id AND g.entry_id = e.id)
           AND NOT EXISTS (SELECT FROM referrals r WHERE r.id = e.referral_id
                              AND (r.state <> 'issued' OR r.valid_until < (n.at AT TIME ZONE 'Europe/Warsaw')::date))
           AND EXISTS (SELECT FROM contact_points c WHERE c.patient_id = e.patient_id AND c.state = 'active' AND c.created_at < n.at
                          AND NOT EXISTS (SELECT FROM messages m WHERE m.channel = c.channel AND m.address = c.value
                                             AND m.direction = 'in' AND m.at >= n.at))
           AND EXISTS (SELECT FROM patients p WHERE p.id = e.patient_id AND p.died_at IS NULL))"""

INVARIANTS = (
    Invariant("the_night_passes_nobody_over", "R44 R50 R53 D3", "decisions", ENVY.replace("{which}", "NOT")),
    Invariant("a_freed_slot_passes_nobody_over", "R44 R51 R53 D3 X21", "decisions", ENVY.replace("{which}", "")),
    # The class of a winner as the decision keeps it: rank 0 and 1 are entitled, an odd rank is stable (D3).
    Invariant("the_waiting_room_gives_within_the_matrix", "D2 R24 R44 X25", "decisions", """
        SELECT d.id FROM decisions d JOIN slots s ON s.id = d.slot_id
         WHERE d.entry_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM {matrix} WHERE matrix.pool = s.pool AND matrix.service = s.service
                              AND s.local_date >= matrix.since AND s.local_date < matrix.until
                              AND (matrix.who = CASE WHEN d.rank % 2 = 1 THEN 'stable' ELSE 'urgent' END
                                   OR (matrix.who = 'privileged' AND d.rank < 2)))
           AND NOT EXISTS (SELECT FROM events x WHERE x.slot_id = s.id AND x.kind = 'slot.relabelled')"""),
    # Privileged slots are the clinic's to sell (R76); a category or a label that changed afterwards leaves the visit alone (R24, R43).
    Invariant("nobody_books_outside_the_matrix", "D2 R24 R76", "appointments", """
        SELECT a.id FROM appointments a JOIN entries e ON e.id = a.entry_id JOIN slots s ON s.id = a.slot_id
         WHERE a.status IN {active} AND a.visit_type = 'first' AND s.pool <> 'FIRST_PRIVILEGED'
           AND NOT EXISTS (SELECT FROM {matrix} WHERE matrix.pool = s.pool AND matrix.service = s.service
                              AND s.local_date >= matrix.since AND s.local_date < matrix.until
                              AND (matrix.who = e.category OR (matrix.who = 'privileged' AND e.privileged)))
           AND NOT EXISTS (SELECT FROM events x WHERE x.entry_id = e.id AND x.kind IN ('entry.recategorised', 'entry.reranked'))
           AND NOT EXISTS (SELECT FROM events x WHERE x.slot_id = s.id AND x.kind = 'slot.relabelled')
           AND NOT EXISTS (SELECT FROM events x WHERE x.appointment_id = a.id AND x.facts ->> 'by' = 'clinic')"""),
    Invariant("privileged_slots_are_the_clinics_to_sell", "R76 R40", "appointments", """
        SELECT a.id FROM appointments a JOIN slots s ON s.id = a.slot_id AND s.pool = 'FIRST_PRIVILEGED'
          JOIN events x ON x.appointment_id = a.id AND x.slot_id = s.id AND x.kind = 'visit.booked' AND x.channel NOT IN ('desk', 'api')
         WHERE NOT EXISTS (SELECT FROM events r WHERE r.slot_id = s.id AND r.kind = 'slot.relabelled')"""),
    Invariant("control_slots_never_go_through_the_waiting_room", "R75 D17 D2 R35", "appointments", """
        SELECT a.id FROM appointments a JOIN slots s ON s.id = a.slot_id
         WHERE (s.pool = 'CONTROL') <> (a.visit_type = 'control') OR (a.visit_type = 'control' AND
               (a.entry_id IS NOT NULL OR a.origin IN ('waiting_room', 'patient', 'parent', 'proxy', 'contact_person')))
        EXCEPT
        SELECT a.id FROM appointments a JOIN events r ON r.slot_id = a.slot_id AND r.kind = 'slot.relabelled'"""),
    Invariant("a_class_is_what_the_category_says", "D3 R43 R53", "entries", """
        SELECT id FROM entries WHERE rank <> CASE WHEN privileged THEN 0 ELSE 2 END + CASE category WHEN 'urgent' THEN 0 ELSE 1 END"""),
)  # fmt: skip
