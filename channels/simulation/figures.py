"""What a simulated pilot came to: counts beside the source's, freed slots, waiting times, messages. Read from its database."""

from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from channels.simulation.size import Size

VISITS = text("""
SELECT count(*) AS made, count(*) FILTER (WHERE status = 'fulfilled') AS fulfilled, count(*) FILTER (WHERE status = 'noshow') AS no_shows,
       count(*) FILTER (WHERE status IN ('booked', 'cancelling')) AS ahead,
       count(*) FILTER (WHERE status IN ('cancelled', 'cancelling')) AS cancelled,
       count(*) FILTER (WHERE status IN ('cancelled', 'cancelling') AND cancel_reason = 'sms') AS by_sms,
       count(*) FILTER (WHERE status IN ('cancelled', 'cancelling') AND cancel_reason NOT IN ('sms', 'clinic', 'death')) AS elsewhere,
       count(*) FILTER (WHERE status IN ('cancelled', 'cancelling') AND cancel_reason = 'clinic') AS by_clinics
  FROM appointments WHERE status NOT IN ('proposed', 'declined', 'expired')
""")

# A freed slot is used again when somebody had it afterwards, whoever it was.
FREED = text("""
SELECT CASE WHEN s.starts_at - f.at > interval '72 hours' THEN 'above_72_h' WHEN s.starts_at - f.at >= interval '48 hours' THEN '48_to_72_h'
            ELSE 'below_48_h' END AS lead,
       count(*) AS freed,
       count(*) FILTER (WHERE n.kind IS NOT NULL) AS used_again,
       count(*) FILTER (WHERE n.kind = 'visit.assigned') AS assigned, count(*) FILTER (WHERE n.kind = 'offer.accepted') AS accepted,
       count(*) FILTER (WHERE n.kind IN ('visit.booked', 'visit.changed')) AS booked
  FROM events f
  JOIN slots s ON s.id = f.slot_id AND s.pool <> 'CONTROL' AND s.state <> 'withdrawn'
  LEFT JOIN LATERAL (SELECT e.kind FROM events e WHERE e.slot_id = f.slot_id AND e.id > f.id
                        AND e.kind IN ('visit.assigned', 'offer.accepted', 'visit.booked', 'visit.changed') ORDER BY e.id LIMIT 1) n ON true
 WHERE f.kind = 'slot.freed' AND s.starts_at > f.at AND s.starts_at < :until
 GROUP BY 1 ORDER BY 1
""")

WAITING = text("""
SELECT CASE WHEN e.privileged THEN 'entitled' ELSE e.category END AS class, count(*) AS served,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM v.at - e.joined_at) / 86400)::numeric, 1)::float AS p50_days,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM v.at - e.joined_at) / 86400)::numeric, 1)::float AS p90_days,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM v.starts_at - e.joined_at) / 86400)::numeric, 1)::float
           AS p50_days_to_the_visit
  FROM entries e
  JOIN LATERAL (SELECT x.at, s.starts_at FROM appointments a JOIN events x ON x.appointment_id = a.id
                   AND x.kind IN ('visit.assigned', 'offer.accepted', 'visit.booked') JOIN slots s ON s.id = x.slot_id
                 WHERE a.entry_id = e.id AND x.entry_id = e.id ORDER BY x.id LIMIT 1) v ON true
 WHERE EXISTS (SELECT FROM referrals r WHERE r.id = e.referral_id)
 GROUP BY 1 ORDER BY 1
""")

STILL = text("""
SELECT CASE WHEN privileged THEN 'entitled' ELSE category END AS class, count(*) AS waiting
  FROM entries WHERE state = 'waiting' GROUP BY 1 ORDER BY 1
""")

MESSAGES = text("""
SELECT channel, count(*) FILTER (WHERE direction = 'out') AS written,
       count(*) FILTER (WHERE state = 'delivered') AS delivered, count(*) FILTER (WHERE state IN ('failed', 'undelivered')) AS lost,
       count(*) FILTER (WHERE state = 'suppressed') AS suppressed, count(*) FILTER (WHERE direction = 'in') AS received
  FROM messages GROUP BY channel ORDER BY channel
""")

NIGHTS = text("""
SELECT count(*) AS nights, coalesce(sum(slots), 0)::bigint AS slots, coalesce(sum(assigned), 0)::bigint AS assigned,
       coalesce(sum(offered), 0)::bigint AS offered, coalesce(sum(published), 0)::bigint AS published FROM runs
""")


def read(session: Session, size: Size, *, until: Any, seconds: float) -> dict[str, Any]:
    """All figures; `until` is the end of the last day that was lived, `seconds` what it took."""
    visits = dict(session.execute(VISITS).mappings().one())
    freed = _by(session, FREED, "lead", until=until)
    for one in freed.values():
        one["refill_rate"] = round(one["used_again"] / one["freed"], 3) if one["freed"] else None
    return {
        "scale": size.scale, "seed": size.seed, "days": size.days, "clinics": size.clinics,
        "visits": visits, "visits_of_the_source": size.visits,
        "cancellations_of_the_source": {
            "by_sms": round(size.sms_share * size.visits), "elsewhere": round(size.elsewhere_share * size.visits),
            "by_clinics": round(size.clinic_share * size.visits),
        },
        "freed_slots": freed, "waiting_days": _by(session, WAITING, "class"),
        "still_waiting": {name: one["waiting"] for name, one in _by(session, STILL, "class").items()},
        "messages": _by(session, MESSAGES, "channel"), "nightly_runs": dict(session.execute(NIGHTS).mappings().one()),
        "seconds": round(seconds, 1), "seconds_per_100k_visits": round(100_000 * seconds / max(1, visits["made"])),
    }  # fmt: skip


def _by(session: Session, query: TextClause, key: str, **values: Any) -> dict[str, dict[str, Any]]:
    rows = [dict(row) for row in session.execute(query, values).mappings()]
    return {row.pop(key): row for row in rows}
