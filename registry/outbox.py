"""The outbox: what is due is claimed in sets, handed to a carrier, and settled in one statement.

Any number of workers may claim. A claim is a lease: whoever holds it past its end has lost it, and what became of the message is then
asked of the carrier before anything is sent again. No message is sent twice on purpose.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.catalogue import POLICY, Policy, Window
from registry.rules import day_window, is_contact_day, local_date

LEASE = timedelta(seconds=30)
CLAIM_LOCK = 0x636572  # one claim at a time: otherwise two workers could send two messages of one address out of order

Meaning = Literal["retry", "other_contact", "not_by_us", "opted_out", "landline", "unsendable", "stop"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker alone may send until its lease ends."""

    id: int
    address: str
    kind: str
    body: str | None
    language: str
    facts: dict[str, Any]
    tries: int
    claimed_at: datetime
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed message: `state` accepted with its wire id, failed with a code, or queued again until `due_at`.

    `doubts` is how often its outcome was unknown and the carrier, asked later, had never heard of it.
    """

    id: int
    state: Literal["accepted", "failed", "queued"]
    wire_id: str | None = None
    error_code: int | None = None
    due_at: datetime | None = None
    doubts: int | None = None


# A notice is true as long as the visit has not changed since it was written; a reminder, while the visit is booked, unmoved and not
# given up on a freeze day (R119); news of a place in the queue, while it is held.
HOLDS = """CASE WHEN m.entry_id IS NOT NULL
                THEN EXISTS (SELECT 1 FROM entries e WHERE e.id = m.entry_id AND e.state IN ('waiting', 'offered')) ELSE
               m.visit_version IS NULL OR a.id IS NULL OR CASE WHEN m.kind IN ('reminder_d7', 'reminder_d1')
               THEN a.status = 'booked' AND a.moves = m.visit_version AND a.starts_at > :now
                    AND NOT EXISTS (SELECT 1 FROM kept_cancellations k WHERE k.appointment_id = a.id)
               ELSE a.version = m.visit_version AND (m.kind <> 'offer' OR a.expires_at > :now) END END"""

# A reminder that was held up: D-7 until the day of D-1, which says the same; D-1 on the day itself only while it can help (R101, D10).
IN_TIME = """CASE m.kind WHEN 'reminder_d7' THEN a.local_date - 1 > :today
                           WHEN 'reminder_d1' THEN a.local_date > :today OR a.starts_at >= :helps ELSE true END"""

CLAIM = text(f"""
WITH due AS (
    SELECT m.id,
           ({HOLDS}) AND {IN_TIME} AS holds
      FROM messages m LEFT JOIN appointments a ON a.id = m.appointment_id
     WHERE m.state = 'queued' AND m.due_at <= :now AND m.channel = :channel
       AND (:open OR m.in_reply_to IS NOT NULL
            OR (:near_open AND m.visit_starts_at < :near AND m.kind NOT IN ('reminder_d7', 'reminder_d1')))
       AND NOT EXISTS (SELECT 1 FROM messages s WHERE s.address = m.address
                          AND (s.state = 'sending' OR (s.state = 'queued' AND s.id < m.id AND s.tries > 0 AND s.due_at > :now)))
     ORDER BY m.due_at, m.id LIMIT :limit
       FOR UPDATE OF m SKIP LOCKED)
UPDATE messages m
   SET state = CASE WHEN due.holds THEN 'sending' ELSE 'suppressed' END, claimed_at = :now, lease_until = :lease_until,
       leased_by = :worker, tries = m.tries + 1, done_at = CASE WHEN due.holds THEN NULL ELSE CAST(:now AS timestamptz) END
  FROM due WHERE m.id = due.id
RETURNING m.id, m.address, m.kind, m.body, m.language, m.facts, m.tries, m.claimed_at, m.state
""")  # noqa: S608  a constant of ours


def claim(
    session: Session, channel: str, *, worker: str, now: datetime, limit: int = 200, policy: Policy = POLICY
) -> list[Claimed]:
    """Take up to `limit` due messages of a channel, oldest first, as far as contact hours allow (D10, X30).

    A message whose news is no longer true is suppressed instead (R101). Never two unsettled claims for one address but in one set,
    and none that overtakes an older one whose sending was put off (R100).
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CLAIM_LOCK})
    rows = session.execute(
        CLAIM,
        {
            "now": now, "channel": channel, "limit": limit, "worker": worker, "lease_until": now + LEASE,
            "open": _is_open(now, policy.hours(channel)), "near_open": _is_open(now, policy.near_hours),
            "near": now + policy.near_visit, "today": local_date(now), "helps": now + policy.reminder_helps,
        },
    )  # fmt: skip
    taken = [row for row in rows if row.state == "sending"]
    return [Claimed(*row[:8]) for row in sorted(taken, key=lambda row: row.id)]


def _is_open(now: datetime, window: Window) -> bool:
    day = local_date(now)
    opens, closes = day_window(day, window)
    return is_contact_day(day, window) and opens <= now < closes


KEEP_WORDS = text("""
UPDATE messages m SET body = w.body FROM unnest(CAST(:ids AS bigint[]), CAST(:bodies AS text[])) AS w(id, body)
 WHERE m.id = w.id AND m.body IS NULL
""")


def keep_words(session: Session, bodies: Sequence[tuple[int, str]]) -> None:
    """Write down the words of claimed notices before they are sent."""
    if bodies:
        session.execute(KEEP_WORDS, {"ids": [message_id for message_id, _ in bodies], "bodies": [body for _, body in bodies]})


UNWRITABLE = text("""
WITH ended AS (UPDATE messages SET state = 'failed', done_at = :now WHERE id = ANY(:ids) RETURNING id, patient_id, appointment_id)
INSERT INTO tasks (at, kind, cause, state, patient_id, appointment_id, message_id)
SELECT :now, 'unwritable', 'message ' || id, 'open', patient_id, appointment_id, id FROM ended ON CONFLICT DO NOTHING
""")


def give_up(session: Session, message_ids: Sequence[int], *, now: datetime) -> None:
    """End messages that could not be put into words, as tasks for a person."""
    if message_ids:
        session.execute(UNWRITABLE, {"ids": list(message_ids), "now": now})


SETTLE = text("""
UPDATE messages m
   SET state = CASE WHEN m.state = 'sending' OR (m.state = 'queued' AND r.state = 'accepted') THEN r.state ELSE m.state END,
       wire_id = coalesce(m.wire_id, r.wire_id), error_code = coalesce(r.error_code, m.error_code),
       due_at = coalesce(r.due_at, m.due_at), doubts = coalesce(r.doubts, m.doubts),
       sent_at = CASE WHEN r.state = 'accepted' THEN coalesce(m.sent_at, :now) ELSE m.sent_at END,
       done_at = CASE WHEN m.state = 'sending' AND r.state = 'failed' THEN coalesce(m.done_at, :now) ELSE m.done_at END,
       lease_until = NULL, leased_by = NULL
  FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:wire_ids AS text[]), CAST(:codes AS bigint[]),
              CAST(:due AS timestamptz[]), CAST(:doubts AS bigint[])) AS r(id, state, wire_id, error_code, due_at, doubts)
 WHERE m.id = r.id AND (m.leased_by = :worker OR m.state <> 'sending')
RETURNING m.id
""")


def settle(session: Session, results: Sequence[Settled], *, worker: str, now: datetime) -> list[int]:
    """Write what became of claimed messages, in one statement; ids that were still this worker's to settle.

    A receipt that overtook the settlement keeps its greater state; a message that its sender had been given up for and that was queued
    again is taken out of the queue, if it is still there, when the late sender does report it as accepted.
    """
    if not results:
        return []
    columns = {
        "ids": [one.id for one in results], "states": [one.state for one in results], "wire_ids": [one.wire_id for one in results],
        "codes": [one.error_code for one in results],
        "due": [one.due_at for one in results], "doubts": [one.doubts for one in results], "worker": worker, "now": now,
    }  # fmt: skip
    return list(session.scalars(SETTLE, columns))


STRANDED = text("""
UPDATE messages m SET lease_until = :lease_until, leased_by = :worker
  FROM (SELECT id FROM messages WHERE state = 'sending' AND channel = :channel AND lease_until < :now
         ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) s
 WHERE m.id = s.id
RETURNING m.id, m.address, m.kind, m.body, m.language, m.facts, m.tries, m.claimed_at, coalesce(m.doubts, 0)
""")


def claim_stranded(
    session: Session, channel: str, *, worker: str, now: datetime, limit: int = 200, lease: timedelta = LEASE
) -> list[Claimed]:
    """Messages whose sender died between sending and settling: their outcome is unknown and must be asked of the carrier.

    Oldest first; `lease` is how long the asking may take.
    """
    facts = {"channel": channel, "worker": worker, "now": now, "limit": limit, "lease_until": now + lease}
    return sorted((Claimed(*row) for row in session.execute(STRANDED, facts)), key=lambda one: one.id)


def known_wire_ids(session: Session, wire_ids: Sequence[str]) -> set[str]:
    """Those of a carrier's ids that some message already bears."""
    query = text("SELECT wire_id FROM messages WHERE wire_id = ANY(:ids)")
    return set(session.scalars(query, {"ids": list(wire_ids)}))


def waiting(session: Session, *, now: datetime) -> tuple[int, float]:
    """How many messages are due and not sent, and the age of the oldest in seconds: what operators watch."""
    row = session.execute(
        text("""SELECT count(*), coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(due_at)), 0)
                  FROM messages WHERE state = 'queued' AND due_at <= :now"""),
        {"now": now},
    ).one()
    return int(row[0]), float(row[1])
