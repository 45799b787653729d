"""What is due to whom: reminders seven days and one day before the visit, found by asking the visits (R101, X30).

Nothing is scheduled ahead: at any moment the reminders that are due follow from the booked visits and the messages written so far.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.catalogue import POLICY, Policy, Window
from registry.notices import WRITE_NOTICES
from registry.rules import day_window, local_date, reminder_day, visit_days_reminded_on

CATCH_UP_DAYS = {7: 2, 1: 0}  # a D-7 reminder missed by an outage still helps for two days, a D-1 reminder only on its day

# Spread over the contact hours by the visit's number: the same visit gets the same minute, no instant gets them all (D10).
DUE = """greatest(:now, CAST(:opens AS timestamptz) + (CAST(:closes AS timestamptz) - CAST(:opens AS timestamptz))
                                * (mod(a.id * 2654435761, 4294967296) / 4294967296.0))"""
DUE_AT_ONCE = ":now"

# Not for visits made or moved after the mark: their confirmation says it all; nor for one that its patient has given up while the
# clinic's schedules stand still (R119). A reminder of a contact class goes by that class's days.
WHICH = """a.status = 'booked' AND a.local_date = ANY(CAST(:days AS date[])) AND a.starts_at > :now AND c.channel = :channel
       AND a.booked_at < (SELECT d.mark FROM unnest(CAST(:days AS date[]), CAST(:marks AS timestamptz[])) AS d(day, mark)
                           WHERE d.day = a.local_date)
       AND NOT EXISTS (SELECT 1 FROM messages r WHERE r.appointment_id = a.id AND r.kind = :kind AND r.visit_version = a.moves)
       AND NOT EXISTS (SELECT 1 FROM kept_cancellations k WHERE k.appointment_id = a.id)"""

WRITE_SPREAD = text(WRITE_NOTICES.format(version="a.moves", due=DUE, which=WHICH))
WRITE_AT_ONCE = text(WRITE_NOTICES.format(version="a.moves", due=DUE_AT_ONCE, which=WHICH))


def write_due(session: Session, *, now: datetime, policy: Policy = POLICY) -> int:
    """Write the reminders that are due today and not written yet, for every channel; how many. Repeating it writes nothing new.

    Only within the contact hours: what is written after them would go out on another day than it is meant for.
    """
    marks = [(days, channel) for days in policy.reminder_days for channel in ("sms", "voice", "email")]
    return sum(_write(session, days, channel, now, policy) for days, channel in marks)


def _write(session: Session, days_before: int, channel: str, now: datetime, policy: Policy) -> int:
    window = policy.hours(channel)
    visit_days = due_visit_days(local_date(now), days_before, window)
    opens, closes = day_window(local_date(now), window)
    if not visit_days or not opens <= now < closes:
        return 0
    marks = [day_window(reminder_day(day, days_before, window), window)[0] for day in visit_days]
    facts = {
        "now": now, "kind": f"reminder_d{days_before}", "asks": "reminder", "address": None, "message_id": None, "opens": opens,
        "closes": closes, "days": visit_days, "marks": marks, "channel": channel,
    }  # fmt: skip
    statement = WRITE_SPREAD if policy.spread_reminders else WRITE_AT_ONCE
    return len(session.execute(statement, facts).all())


def due_visit_days(today: date, days_before: int, window: Window) -> list[date]:
    """The visit days whose reminder goes out today, or went amiss on one of the last days and still helps."""
    behind = (today - timedelta(days=days) for days in range(CATCH_UP_DAYS.get(days_before, 0) + 1))
    return sorted({day for sent_on in behind for day in visit_days_reminded_on(sent_on, days_before, window) if day > today})
