"""A date that slips is told: whoever was told an estimated date learns that it has moved far back, and not too often (R66).

What counts is what the patient was last told, on joining, on a change of wishes, or by an earlier notice, not what the night before said.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.catalogue import POLICY, Policy
from registry.notices import WRITE_ENTRIES
from registry.rules import day_window, local_date

# A date that can no longer be estimated has slipped too; the end of a right to wait is told by other notices.
SLIPPED = text("""
UPDATE estimates x SET told = x.p50, told_at = :now, slips = coalesce(x.slips, 0) + 1
  FROM entries e
 WHERE e.id = x.entry_id AND e.service = :service AND e.state = 'waiting' AND x.computed_at = :now AND x.told_at <= :told_before
   AND (x.p50 > x.told + CAST(:days AS int) OR (x.p50 IS NULL AND x.told IS NOT NULL AND x.reason <> 'not_entitled'))
RETURNING x.entry_id, x.p50 IS NULL AS lost
""")


KINDS = {"estimate_slipped": False, "estimate_lost": True}


def tell(session: Session, service: str, *, now: datetime, policy: Policy = POLICY) -> int:
    """After a night's estimates at `now`: tell those whose date slipped by more than `policy.slip_tells` since they were told it.

    Nobody twice within `policy.slip_pause`. How many messages were written; they are spread over the contact hours, so that no offer
    waits behind them.
    """
    facts = {"service": service, "now": now, "told_before": now - policy.slip_pause, "days": policy.slip_tells.days}
    slipped = session.execute(SLIPPED, facts).all()
    kinds = {kind: [row.entry_id for row in slipped if row.lost is lost] for kind, lost in KINDS.items()}
    opens, closes = day_window(local_date(now), policy.sms_hours)
    written = 0
    for kind, entry_ids in kinds.items():
        about = {"kind": kind, "entry_ids": entry_ids, "now": now, "opens": opens, "closes": closes, "address": None, "message_id": None}
        written += len(session.execute(WRITE_ENTRIES, about).all()) if entry_ids else 0
    return written
