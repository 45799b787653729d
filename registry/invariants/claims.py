"""Who holds what: one slot, one holder; one referral, one claim; a place in the queue agrees with its visit."""

from registry.invariants.sentence import Invariant

INVARIANTS = (
    Invariant("a_slot_has_one_holder", "X1", "slots", """
        SELECT slot_id AS id FROM appointments WHERE status IN {active} GROUP BY slot_id HAVING count(*) > 1"""),
    Invariant("a_held_slot_is_taken", "X1 R71", "slots", """
        SELECT s.id FROM slots s JOIN appointments a ON a.slot_id = s.id WHERE a.status IN {active} AND s.state <> 'taken'"""),
    # A visit that took place, or did not, keeps its slot for ever; so does a no-show that was nobody's fault (X24).
    Invariant("a_taken_slot_is_held", "X1 R71", "slots", """
        SELECT s.id FROM slots s
         WHERE s.state = 'taken'
           AND NOT EXISTS (SELECT FROM appointments a
                            WHERE a.slot_id = s.id AND a.status IN ('proposed', 'booked', 'cancelling', 'fulfilled', 'noshow'))
           AND NOT EXISTS (SELECT FROM events e WHERE e.slot_id = s.id AND e.kind = 'visit.noshow_reversed')"""),
    Invariant("a_referral_has_one_claim", "X2", "referrals", """
        SELECT referral_id AS id FROM entries WHERE state <> 'closed' AND referral_id IS NOT NULL
         GROUP BY referral_id HAVING count(*) > 1
         UNION ALL
        SELECT referral_id FROM appointments WHERE status IN {active} AND referral_id IS NOT NULL
         GROUP BY referral_id HAVING count(*) > 1"""),
    # Of somebody who died during a visit the place is closed and the visit left for the clinic to end (X6).
    Invariant("a_place_agrees_with_its_visit", "X2 R47", "entries", """
        SELECT e.id FROM entries e LEFT JOIN appointments a ON a.entry_id = e.id AND a.status IN {active}
         WHERE e.state <> CASE WHEN a.status = 'proposed' THEN 'offered' WHEN a.status IS NOT NULL THEN 'booked'
                               WHEN e.state = 'waiting' THEN 'waiting' ELSE 'closed' END
           AND NOT EXISTS (SELECT FROM patients p WHERE p.id = e.patient_id AND p.died_at IS NOT NULL AND e.state = 'closed')"""),
    Invariant("one_first_visit_of_a_service", "X3", "patients", """
        SELECT patient_id AS id FROM appointments WHERE status IN {active} AND visit_type <> 'control'
         GROUP BY patient_id, service HAVING count(*) > 1"""),
    Invariant("one_place_of_a_service", "X3 X2", "patients", """
        SELECT patient_id AS id FROM entries WHERE state <> 'closed' GROUP BY patient_id, service HAVING count(*) > 1"""),
    # What a clinic booked in its own system, or moved, is kept beside the patient's other visits: a person is told.
    Invariant("nobody_is_at_two_places_at_once", "X4", "appointments", """
        SELECT a.id FROM appointments a
          JOIN appointments o ON o.patient_id = a.patient_id AND o.id > a.id AND o.status IN {active}
           AND o.starts_at < a.ends_at AND a.starts_at < o.ends_at
         WHERE a.status IN {active}
           AND NOT EXISTS (SELECT FROM events e WHERE e.appointment_id IN (a.id, o.id) AND e.facts ->> 'by' = 'clinic')"""),
    Invariant("a_patient_has_one_open_offer", "X19", "patients", """
        SELECT patient_id AS id FROM appointments WHERE status = 'proposed' GROUP BY patient_id HAVING count(*) > 1"""),
    Invariant("a_referral_is_the_patients_own", "R42", "entries", """
        SELECT e.id FROM entries e JOIN referrals r ON r.id = e.referral_id
         WHERE r.patient_id <> e.patient_id OR r.service <> e.service"""),
    Invariant("a_visit_rests_on_its_place", "R42 X2", "appointments", """
        SELECT a.id FROM appointments a JOIN entries e ON e.id = a.entry_id
         WHERE a.patient_id <> e.patient_id OR a.service <> e.service OR a.referral_id IS DISTINCT FROM e.referral_id"""),
    Invariant("a_visit_has_its_patients_address", "R39 R95", "appointments", """
        SELECT a.id FROM appointments a JOIN contact_points c ON c.id = a.contact_point_id WHERE c.patient_id <> a.patient_id"""),
    Invariant("a_realised_visit_has_used_its_referral", "R42 R73", "appointments", """
        SELECT a.id FROM appointments a JOIN referrals r ON r.id = a.referral_id WHERE a.status = 'fulfilled' AND r.state = 'issued'"""),
    Invariant("only_services_with_a_waiting_room_have_a_queue", "R46", "entries", """
        SELECT e.id FROM entries e JOIN {services} ON service.code = e.service WHERE NOT service.waiting_room"""),
    Invariant("the_dead_hold_nothing", "X6", "patients", """
        SELECT p.id FROM patients p JOIN appointments a ON a.patient_id = p.id AND a.status IN {active}
          JOIN events e ON e.kind = 'patient.died' AND (e.facts ->> 'patient_id')::bigint = p.id AND a.starts_at > e.at
         UNION ALL
        SELECT p.id FROM patients p JOIN entries e ON e.patient_id = p.id AND e.state <> 'closed' WHERE p.died_at IS NOT NULL"""),
)  # fmt: skip
