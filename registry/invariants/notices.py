"""What people are told: of every change, once, while they live, by day, and nothing that is no longer true."""

from registry.invariants.sentence import Invariant

INVARIANTS = (
    Invariant("no_notice_is_written_twice", "X29", "messages", """
        SELECT max(id) AS id FROM messages WHERE direction = 'out' AND visit_version IS NOT NULL
         GROUP BY appointment_id, entry_id, visit_version, kind, address, attempt HAVING count(*) > 1"""),
    Invariant("no_message_comes_twice", "X29 R102", "messages", """
        SELECT max(id) AS id FROM messages WHERE wire_id IS NOT NULL GROUP BY wire_id HAVING count(*) > 1"""),
    # Who cannot be reached is a task instead (R54). What a clinic booked, or moved without changing the hour, it tells itself.
    Invariant("every_change_is_told", "R100 R54", "events", """
        SELECT e.id FROM events e JOIN appointments a ON a.id = e.appointment_id JOIN patients p ON p.id = a.patient_id
         WHERE e.kind IN ('visit.booked', 'visit.assigned', 'visit.cancelled', 'visit.restored', 'visit.changed', 'visit.noshow',
                          'visit.excused', 'offer.made', 'offer.accepted', 'offer.declined', 'offer.expired')
           AND p.died_at IS NULL AND e.facts ->> 'by' IS DISTINCT FROM 'clinic'
           AND NOT EXISTS (SELECT FROM messages m WHERE m.patient_id = a.patient_id AND m.direction = 'out' AND m.at = e.at)
           AND NOT EXISTS (SELECT FROM tasks t WHERE t.patient_id = a.patient_id AND t.kind = 'unreachable')"""),
    Invariant("nobody_writes_to_the_dead", "X6", "messages", """
        SELECT m.id FROM events e JOIN messages m ON m.patient_id = (e.facts ->> 'patient_id')::bigint AND m.direction = 'out'
         WHERE e.kind = 'patient.died' AND (m.at > e.at OR m.state = 'queued' OR m.claimed_at > e.at)
           AND m.state <> 'suppressed'"""),
    Invariant("a_cancelled_visit_is_not_reminded_of", "R101", "messages", """
        SELECT m.id FROM messages m JOIN appointments a ON a.id = m.appointment_id
         WHERE m.kind IN ('reminder_d7', 'reminder_d1') AND m.state IN ('accepted', 'sent', 'delivered')
           AND a.status = 'cancelled' AND m.claimed_at > a.cancelled_at"""),
    Invariant("no_reminder_comes_after_its_visit", "R101", "messages", """
        SELECT id FROM messages
         WHERE kind IN ('reminder_d7', 'reminder_d1') AND claimed_at >= visit_starts_at AND state <> 'suppressed'"""),
    # Answers go out at any hour; what concerns a visit of the next day, in a wider window.
    Invariant("nobody_is_written_to_at_night", "D10 X30", "messages", """
        SELECT id FROM (SELECT id, (claimed_at AT TIME ZONE 'Europe/Warsaw')::time AS hour,
                               visit_starts_at < claimed_at + :near AND kind NOT IN ('reminder_d7', 'reminder_d1') AS near
                          FROM messages
                         WHERE channel = 'sms' AND direction = 'out' AND in_reply_to IS NULL AND retry_of IS NULL
                           AND state IN ('accepted', 'sent', 'delivered', 'failed', 'undelivered')) AS m
         WHERE NOT (hour >= CASE WHEN near THEN least(:near_opens, :opens) ELSE :opens END
                    AND hour < CASE WHEN near THEN greatest(:near_closes, :closes) ELSE :closes END)"""),
)  # fmt: skip
