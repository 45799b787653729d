"""When something may happen: 72 and 48 hours, the open days, the beginning of a visit; and that days are Warsaw's."""

from registry.invariants.sentence import Invariant

INVARIANTS = (
    Invariant("nothing_is_assigned_at_72_hours_or_less", "R60 X15 D4", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id
         WHERE e.kind = 'visit.assigned' AND s.starts_at - e.at <= :assign_above"""),
    Invariant("nothing_is_proposed_outside_72_to_48_hours", "R61 X15 D4", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id
         WHERE e.kind = 'offer.made' AND s.starts_at - e.at NOT BETWEEN :propose_from AND :assign_above"""),
    Invariant("nothing_is_given_inside_48_hours", "R62", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id
         WHERE e.kind IN ('visit.assigned', 'offer.made', 'offer.accepted') AND s.starts_at - e.at < :propose_from"""),
    Invariant("no_offer_reaches_into_the_last_48_hours", "D5 R61", "appointments", """
        SELECT id FROM appointments
         WHERE expires_at IS NOT NULL AND NOT (booked_at < expires_at AND expires_at <= starts_at - :propose_from)"""),
    # What a clinic has booked in its own system is taken in as it is (R16); its desk may go further where the policy says so (R31).
    Invariant("nothing_is_booked_beyond_its_horizon", "R31 R82 D4", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id JOIN appointments a ON a.id = e.appointment_id
          JOIN {services} ON service.code = s.service
         WHERE e.kind IN ('visit.booked', 'visit.changed', 'visit.assigned', 'offer.made') AND a.visit_type <> 'control'
           AND s.local_date > (e.at AT TIME ZONE 'Europe/Warsaw')::date + service.horizon_days
           AND e.facts ->> 'by' IS DISTINCT FROM 'clinic'
           AND NOT (e.facts ? 'beyond_horizon' AND e.channel IN ('desk', 'api', 'console') AND a.visit_type = 'first')"""),
    Invariant("nothing_is_published_before_its_day", "R31 R32 R40", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id JOIN {services} ON service.code = s.service
         WHERE e.kind = 'slot.published' AND s.local_date > (e.at AT TIME ZONE 'Europe/Warsaw')::date + service.horizon_days"""),
    Invariant("no_service_is_given_before_its_stage", "R4", "appointments", """
        SELECT a.id FROM appointments a JOIN {services} ON service.code = a.service WHERE a.local_date < service.since"""),
    Invariant("nothing_happens_to_a_visit_after_it_began", "R67", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id
         WHERE e.kind IN ('visit.booked', 'visit.confirmed', 'visit.cancelled', 'visit.changed', 'visit.restored', 'visit.assigned',
                          'offer.accepted')
           AND s.starts_at - e.at <= :none AND e.facts ->> 'reason' IS DISTINCT FROM 'death'"""),
    Invariant("a_visit_is_where_and_when_its_slot_is", "R28 X17", "appointments", """
        SELECT a.id FROM appointments a JOIN slots s ON s.id = a.slot_id
         WHERE (a.starts_at, a.ends_at, a.local_date, a.place_id, a.provider_id)
               IS DISTINCT FROM (s.starts_at, s.ends_at, s.local_date, s.place_id, s.provider_id)"""),
    Invariant("a_slots_day_is_warsaws", "X17 R28", "slots", """
        SELECT id FROM slots WHERE local_date <> (starts_at AT TIME ZONE 'Europe/Warsaw')::date"""),
    Invariant("a_no_show_is_noted_after_the_beginning", "R73", "events", """
        SELECT e.id FROM events e JOIN slots s ON s.id = e.slot_id WHERE e.kind = 'visit.noshow' AND e.at < s.starts_at"""),
)  # fmt: skip
