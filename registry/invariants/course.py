"""What came of what: places in the queue through returns and no-shows, the waiting room before the public, each night once."""

from registry.invariants.sentence import Invariant

INVARIANTS = (
    # Counted from the visits that were given up, not from the entry's own count. What a reversed no-show gave back is X24's.
    Invariant("the_place_is_kept_until_the_third_return", "D1 R55 R56 X11", "entries", """
        SELECT e.id FROM entries e
          LEFT JOIN (SELECT entry_id, min(at) AS began FROM events WHERE entry_id IS NOT NULL GROUP BY entry_id) AS b ON b.entry_id = e.id
          LEFT JOIN (SELECT entry_id, count(*) AS own FROM appointments
                      WHERE status = 'cancelled' AND cancel_reason <> 'clinic' GROUP BY entry_id) AS g ON g.entry_id = e.id
         WHERE (e.joined_at <> b.began OR (e.queue_at <> e.joined_at AND coalesce(g.own, 0) <= :returns))
           AND NOT EXISTS (SELECT FROM events x WHERE x.entry_id = e.id AND x.kind = 'entry.restored')"""),
    Invariant("who_missed_a_visit_queues_last", "R73", "entries", """
        SELECT e.id FROM events n JOIN entries o ON o.id = n.entry_id
          JOIN entries e ON e.patient_id = o.patient_id AND e.service = o.service AND e.id > o.id
         WHERE n.kind = 'visit.noshow' AND least(e.joined_at, e.queue_at) < n.at
           AND NOT EXISTS (SELECT FROM events x WHERE x.entry_id = e.id AND x.kind = 'entry.restored')"""),
    Invariant("a_missed_visit_ends_its_claim", "R73", "appointments", """
        SELECT a.id FROM appointments a JOIN entries e ON e.id = a.entry_id
         WHERE a.status IN ('noshow', 'fulfilled') AND e.state <> 'closed'"""),
    Invariant("nobody_gets_back_what_he_gave_up", "X18", "entries", """
        SELECT e.entry_id AS id FROM events e JOIN appointments a ON a.id = e.appointment_id
         WHERE e.kind IN ('visit.assigned', 'offer.made') GROUP BY e.entry_id, e.slot_id, a.criteria_version HAVING count(*) > 1"""),
    Invariant("the_waiting_room_is_asked_before_the_public", "R52 R32", "slots", """
        SELECT s.id FROM slots s JOIN {services} ON service.code = s.service AND service.waiting_room
          LEFT JOIN (SELECT DISTINCT ON (slot_id) slot_id, kind FROM events
                      WHERE kind IN ('slot.published', 'slot.freed', 'slot.relabelled', 'slot.restored') ORDER BY slot_id, id DESC) AS l
            ON l.slot_id = s.id
         WHERE s.state = 'free' AND s.pool <> 'CONTROL' AND l.kind IS DISTINCT FROM 'slot.published'"""),
    Invariant("every_gift_has_its_decision", "X22 X20", "events", """
        SELECT e.id FROM events e
         WHERE e.kind IN ('visit.assigned', 'offer.made')
           AND NOT EXISTS (SELECT FROM decisions d WHERE d.slot_id = e.slot_id AND d.entry_id = e.entry_id AND d.at = e.at)"""),
    Invariant("every_decision_was_carried_out", "X22 X20", "decisions", """
        SELECT d.id FROM decisions d
         WHERE d.entry_id IS NOT NULL AND NOT EXISTS (SELECT FROM appointments a WHERE a.slot_id = d.slot_id AND a.entry_id = d.entry_id)
           AND NOT EXISTS (SELECT FROM events e JOIN appointments a ON a.id = e.appointment_id AND a.entry_id = d.entry_id
                            WHERE e.slot_id = d.slot_id)"""),
    Invariant("a_night_is_done_once_and_adds_up", "R50 X20", "runs", """
        SELECT r.id FROM runs r LEFT JOIN (SELECT run_id, count(*) AS number FROM decisions GROUP BY run_id) AS d ON d.run_id = r.id
         WHERE r.state = 'finished' AND (r.slots <> coalesce(d.number, 0) OR r.output_hash IS NULL OR r.input_hash IS NULL)
         UNION ALL
        SELECT max(id) FROM runs GROUP BY local_date HAVING count(*) > 1"""),
    Invariant("one_night_decides_a_slot_once", "X20", "runs", """
        SELECT run_id AS id FROM decisions WHERE run_id IS NOT NULL GROUP BY run_id, slot_id HAVING count(*) > 1"""),
)  # fmt: skip
