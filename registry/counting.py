"""Counting what happened on one Warsaw day, from the rows themselves: of all clinics together, of each, or of one.

What was said belongs to every clinic that its people have or had a visit at, unless it is about a visit at another; what happened to a
visit or a slot, to its clinic. The same questions serve the night, which keeps the answers, and the day that is still going on.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from registry.figures import CLASS, DOUBTFUL, Counted
from registry.rules import WARSAW

Whose = Literal["all", "each", "one"]

SPOKEN: Final = ("sent", "received", "talks", "readings", "doubtful", "latency", "calls")
"""What is counted of messages and calls; everything else is counted of visits, slots and places in the queue."""
BY_A_PERSON: Final = "('operator', 'taken_over', 'given_back')"  # messages that an operator wrote or caused
THEMSELVES: Final = "('patient', 'contact_person', 'parent', 'proxy')"
TAKES: Final = "('visit.booked', 'visit.assigned', 'offer.accepted', 'visit.changed')"  # a slot gets its next holder


def _class(seconds: str) -> str:
    """The class of a duration: it grows by a twentieth; a thousandth of a second is the least."""
    return f"CAST(floor(ln(greatest({seconds}, 0.001)) / {CLASS}) AS int)"


# Who may see what was said at the addresses of the day; in words of `channels.operators.scope`, but for all clinics at once.
SEEN: Final = """
seen AS MATERIALIZED (
    SELECT DISTINCT w.channel, w.address, a.provider_id
      FROM (SELECT k.channel, k.address, p.patient_id FROM talked k JOIN contact_points p ON p.value = k.address
             UNION SELECT k.channel, k.address, c.patient_id FROM talked k JOIN conversations c USING (channel, address)
                    WHERE c.patient_id IS NOT NULL) w
      JOIN appointments a ON a.patient_id = w.patient_id),"""
# The same for one clinic, found from its visits: it has few of a day's addresses.
SEEN_BY_ONE: Final = """
theirs AS MATERIALIZED (
    SELECT DISTINCT a.patient_id, l.provider_id FROM places l JOIN appointments a ON a.place_id = l.id WHERE l.provider_id = :provider_id),
seen AS MATERIALIZED (
    SELECT k.channel, k.address, a.provider_id
      FROM theirs a JOIN contact_points p ON p.patient_id = a.patient_id JOIN talked k ON k.address = p.value
     UNION
    SELECT k.channel, k.address, a.provider_id
      FROM theirs a JOIN conversations c ON c.patient_id = a.patient_id
      JOIN talked k ON k.channel = c.channel AND k.address = c.address),"""
TALKED: Final = """
talked AS MATERIALIZED (
    SELECT channel, address FROM messages WHERE at >= :since AND at < :until
     UNION SELECT 'voice', address FROM calls WHERE at >= :since AND at < :until),"""
OF_CLINICS: Final = """
      JOIN seen v ON v.channel = m.channel AND v.address = m.address
      LEFT JOIN appointments x ON x.id = m.appointment_id LEFT JOIN appointments y ON y.id = t.appointment_id"""
ABOUT_IT: Final = "AND coalesce(x.provider_id, v.provider_id) = v.provider_id AND coalesce(y.provider_id, v.provider_id) = v.provider_id"

# A conversation of a day needed staff when something of it was handed over, a task was made of it, or a person wrote in it.
SAID: Final = f"""
WITH {{before}}
said AS MATERIALIZED (
    SELECT {{provider}} AS provider_id, m.id, m.at, m.direction, m.channel, m.address, m.kind, m.state, t.outcome, t.confidence,
           t.confidence > 0 OR t.action NOT LIKE 'call%' AS was_read
      FROM messages m LEFT JOIN turns t ON t.message_id = m.id {{clinics}}
     WHERE m.at >= :since AND m.at < :until {{about}}),
rung AS MATERIALIZED (
    SELECT {{provider}} AS provider_id, m.direction, m.outcome, m.timings
      FROM (SELECT k.*, 'voice' AS channel FROM calls k WHERE k.at >= :since AND k.at < :until) m {{of_calls}}),
answered AS (
    SELECT m.provider_id, m.channel, extract(epoch FROM a.sent_at - m.at) AS seconds
      FROM said m JOIN LATERAL (SELECT min(sent_at) AS sent_at FROM messages
                                 WHERE in_reply_to = m.id AND direction = 'out' AND kind NOT IN {BY_A_PERSON}) a ON a.sent_at IS NOT NULL
     WHERE m.direction = 'in' AND m.channel <> 'voice' AND (m.channel <> 'chat' OR a.sent_at > m.at)  -- older chats were not timed
     UNION ALL
    SELECT r.provider_id, 'voice', (CAST(i.timing ->> 'decided_ms' AS float) - CAST(i.timing ->> 'ended_ms' AS float)
                                    + CAST(i.timing ->> 'think_ms' AS float)) / 1000
      FROM rung r CROSS JOIN LATERAL jsonb_array_elements(r.timings) i (timing)),
talks AS (
    SELECT m.provider_id, m.channel, bool_or(m.kind IN {BY_A_PERSON} OR (m.direction = 'in' AND (m.outcome IN ('handed_over', 'held')
               OR EXISTS (SELECT 1 FROM tasks k WHERE k.message_id = m.id)))) IS TRUE AS by_staff
      FROM said m GROUP BY m.provider_id, m.channel, m.address HAVING bool_or(m.direction = 'in'))
SELECT provider_id, 'sent', channel, state, count(*), 0 FROM said WHERE direction = 'out' AND channel <> 'voice' GROUP BY 1, 3, 4
 UNION ALL
SELECT provider_id, 'received', channel, coalesce(outcome, 'unread'), count(*), 0 FROM said
 WHERE direction = 'in' AND channel <> 'voice' GROUP BY 1, 3, 4
 UNION ALL
SELECT provider_id, 'talks', channel, CASE WHEN by_staff THEN 'staff' ELSE 'alone' END, count(*), 0 FROM talks GROUP BY 1, 3, 4
 UNION ALL
SELECT provider_id, 'readings', channel, '', count(*), sum(confidence) FROM said
 WHERE confidence IS NOT NULL AND was_read AND channel <> 'email' GROUP BY 1, 3
 UNION ALL
SELECT provider_id, 'doubtful', channel, '', count(*), 0 FROM said
 WHERE confidence < {DOUBTFUL} AND was_read AND channel <> 'email' GROUP BY 1, 3
 UNION ALL
SELECT provider_id, 'latency', channel, CAST({_class("seconds")} AS text), count(*), 0 FROM answered GROUP BY 1, 3, 4
 UNION ALL
SELECT provider_id, 'calls', direction, coalesce(outcome, 'open'), count(*), 0 FROM rung GROUP BY 1, 3, 4
"""  # noqa: S608  our own words only

# R74: what patients gave up, by channel. Not what was taken back (D6), nor an exam that was only moved (R85), nor an offer that ended.
CANCELLED: Final = f"""
SELECT {{provider}}, 'cancelled', e.channel,
       CASE WHEN e.facts ->> 'reason' = 'clinic' THEN 'clinic'
            WHEN e.facts ->> 'reason' IN ('death', 'referral_cancelled') OR e.actor = 'system' THEN 'ended'
            WHEN e.actor IN {THEMSELVES} THEN 'self' ELSE 'staff' END, count(*), 0
  FROM events e JOIN appointments a ON a.id = e.appointment_id AND a.status <> 'expired'
 WHERE e.kind = 'visit.cancelled' AND e.at >= :since AND e.at < :until AND {{mine}}
   AND NOT EXISTS (SELECT 1 FROM events r WHERE r.appointment_id = e.appointment_id AND r.kind = 'visit.restored' AND r.id > e.id)
   AND NOT EXISTS (SELECT 1 FROM appointments n WHERE n.patient_id = a.patient_id AND n.service = a.service
                      AND n.visit_type = 'screening' AND n.booked_at = e.at AND n.moved_from = a.starts_at)
 GROUP BY 1, 3, 4
"""  # noqa: S608

# R131: a slot that a patient's visit gave free, for others: not a control slot (D17), none that was withdrawn, none whose offer ended.
FREED: Final = f"""
WITH freed AS MATERIALIZED (
    SELECT {{provider}} AS provider_id, extract(epoch FROM n.at - e.at) AS seconds
      FROM events e JOIN slots s ON s.id = e.slot_id AND s.pool <> 'CONTROL' AND s.state <> 'withdrawn' AND s.starts_at > e.at
      LEFT JOIN LATERAL (SELECT x.at FROM events x WHERE x.slot_id = e.slot_id AND x.id > e.id AND x.kind IN {TAKES}
                          ORDER BY x.id LIMIT 1) n ON true
     WHERE e.kind = 'slot.freed' AND e.at >= :since AND e.at < :until AND {{mine}}
       AND NOT EXISTS (SELECT 1 FROM events o JOIN appointments a ON a.id = o.appointment_id
                        WHERE o.slot_id = e.slot_id AND o.at = e.at AND a.status IN ('declined', 'expired')))
SELECT provider_id, 'freed', '', CASE WHEN seconds IS NULL THEN 'open' ELSE 'refilled' END, count(*), 0 FROM freed GROUP BY 1, 4
 UNION ALL
SELECT provider_id, 'refill', '', CAST({_class("seconds")} AS text), count(*), 0 FROM freed WHERE seconds IS NOT NULL GROUP BY 1, 4
"""  # noqa: S608

# By the day of the visit: a no-show that is taken back (X24) is none any more when the day is counted again.
ATTENDED: Final = """
SELECT {provider}, 'attendance', '', e.status, count(*), 0 FROM appointments e
 WHERE e.local_date = :day AND e.status IN ('fulfilled', 'noshow') AND {mine} GROUP BY 1, 4
"""

# R64: of all dates that fall due on this day, how many were kept. Who left or found a date himself before is not counted.
PROMISED: Final = """
SELECT CAST(NULL AS bigint), 'promise', p.which, CASE WHEN f.given AND f.local_date <= :day THEN 'kept' ELSE 'missed' END, count(*), 0
  FROM (SELECT 'p50' AS which, entry_id, told_at FROM promises WHERE p50 = :day
         UNION ALL SELECT 'p90', entry_id, told_at FROM promises WHERE p90 = :day) p
  LEFT JOIN LATERAL (
    SELECT e.at, e.kind IN ('visit.assigned', 'offer.accepted') AS given, s.local_date FROM events e LEFT JOIN slots s ON s.id = e.slot_id
     WHERE e.entry_id = p.entry_id AND e.kind IN ('visit.assigned', 'offer.accepted', 'visit.booked', 'entry.closed') AND e.at >= p.told_at
     ORDER BY e.id LIMIT 1) f ON true
 WHERE f.given IS NOT FALSE OR f.at >= :until
 GROUP BY 3, 4
"""


def _said(whose: Whose) -> TextClause:
    if whose == "all":
        return text(SAID.format(before="", provider="CAST(NULL AS bigint)", clinics="", about="", of_calls=""))
    seen = TALKED + (SEEN if whose == "each" else SEEN_BY_ONE)
    of_calls = "JOIN seen v ON v.channel = 'voice' AND v.address = m.address"
    return text(SAID.format(before=seen, provider="v.provider_id", clinics=OF_CLINICS, about=ABOUT_IT, of_calls=of_calls))


def _happened(query: str, whose: Whose) -> TextClause:
    provider = "CAST(NULL AS bigint)" if whose == "all" else "e.provider_id"
    mine = {"all": "true", "each": "e.provider_id IS NOT NULL", "one": "e.provider_id = :provider_id"}[whose]
    return text(query.format(provider=provider, mine=mine))


ABOUT_SPEECH: Final[Mapping[Whose, TextClause]] = {whose: _said(whose) for whose in ("all", "each", "one")}
ABOUT_VISITS: Final[Mapping[Whose, tuple[TextClause, ...]]] = {
    whose: tuple(_happened(query, whose) for query in (CANCELLED, FREED, ATTENDED)) for whose in ("all", "each", "one")
}
ABOUT_PROMISES: Final = text(PROMISED)


def span(day: date) -> tuple[datetime, datetime]:
    """A Warsaw day's first instant, and the next day's: 23, 24 or 25 hours later."""
    begins, ends = (datetime.combine(one, time(), WARSAW).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return begins, ends


def spoken(session: Session, day: date, whose: Whose, *, provider_id: int | None = None) -> list[Counted]:
    """The figures of messages and calls of one day; `provider_id` is for `one`."""
    return _counted(session, ABOUT_SPEECH[whose], _facts(day, provider_id))


def happened(session: Session, day: date, whose: Whose, *, provider_id: int | None = None) -> list[Counted]:
    """The figures of visits and slots of one day; `provider_id` is for `one`."""
    return [one for query in ABOUT_VISITS[whose] for one in _counted(session, query, _facts(day, provider_id))]


def promised(session: Session, day: date) -> list[Counted]:
    """How the estimated dates that fell due on a day have come out; to be asked when the day is over. They are no single clinic's."""
    return _counted(session, ABOUT_PROMISES, _facts(day, None))


def _facts(day: date, provider_id: int | None) -> dict[str, Any]:
    since, until = span(day)
    return {"day": day, "since": since, "until": until, "provider_id": provider_id}


def _counted(session: Session, query: TextClause, facts: Mapping[str, Any]) -> list[Counted]:
    return [Counted(*row) for row in session.execute(query, facts)]
