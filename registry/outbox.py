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

from registry import addresses
from registry.catalogue import POLICY, Policy, Window
from registry.events import SYSTEM
from registry.people import ContactState
from registry.rules import day_window, is_contact_day, local_date

LEASE = timedelta(seconds=30)
MAX_ATTEMPTS = 4
CLAIM_LOCK = 0x636572  # one claim at a time: otherwise two workers could send two messages of one address out of order

# What the registry believes a delivery state is worth: receipts come in any order, the greatest wins (a delivery is final).
LOST = ("failed", "undelivered")
ORDER = ("queued", "sending", "accepted", "sent", "failed", "undelivered", "delivered")

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


# A notice is true as long as the visit has not changed since it was written; a reminder, while the visit is booked and unmoved; news of
# a place in the queue, while it is held.
HOLDS = """CASE WHEN m.entry_id IS NOT NULL
                THEN EXISTS (SELECT 1 FROM entries e WHERE e.id = m.entry_id AND e.state IN ('waiting', 'offered')) ELSE
               m.visit_version IS NULL OR a.id IS NULL OR CASE WHEN m.kind IN ('reminder_d7', 'reminder_d1')
               THEN a.status = 'booked' AND a.moves = m.visit_version AND a.starts_at > :now
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


def unheard_of(message: Claimed, *, now: datetime) -> Settled:
    """The carrier, asked, does not have it: again after a growing pause, and at last never again (a task, by `follow_up`)."""
    doubts = message.doubts + 1
    if doubts >= MOST_DOUBTS:
        return Settled(message.id, "failed", doubts=doubts)
    pause = timedelta(0) if doubts == 1 else BACK_OFF[min(doubts - 2, len(BACK_OFF) - 1)]
    return Settled(message.id, "queued", due_at=now + pause, doubts=doubts)


def known_wire_ids(session: Session, wire_ids: Sequence[str]) -> set[str]:
    """Those of a carrier's ids that some message already bears."""
    query = text("SELECT wire_id FROM messages WHERE wire_id = ANY(:ids)")
    return set(session.scalars(query, {"ids": list(wire_ids)}))


RECEIPT = text("""
WITH before AS (
    SELECT id, state, array_position(CAST(:order AS text[]), :state) > array_position(CAST(:order AS text[]), state) AS news
      FROM messages
     WHERE (wire_id = :wire_id OR (id = :message_id AND wire_id IS NULL)) AND direction = 'out' AND state <> 'suppressed'
       FOR UPDATE)
UPDATE messages m
   SET state = CASE WHEN before.news THEN :state ELSE m.state END,
       error_code = CASE WHEN before.news THEN CAST(:code AS bigint) ELSE m.error_code END,
       wire_id = :wire_id, sent_at = coalesce(m.sent_at, :now), done_at = CASE WHEN :final THEN coalesce(m.done_at, :now) ELSE m.done_at END
  FROM before WHERE m.id = before.id
RETURNING m.id, m.state, before.state AS was
""")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A message that a carrier reported on: its state now and before; a repeated or late report changes nothing."""

    message_id: int
    state: str
    was: str

    @property
    def lost(self) -> bool:
        """Whether this report is the first to say that the message did not arrive."""
        return self.state in LOST and self.was not in LOST

    @property
    def arrived(self) -> bool:
        """Whether this report is the first to say that it did."""
        return self.state == "delivered" != self.was


def receipt(
    session: Session, wire_id: str, state: str, *, message_id: int | None, error_code: int | None, now: datetime
) -> Receipt | None:
    """Take a carrier's word on a message (X29); None for a message that is not ours.

    Any order and any number of receipts end in the same state. `message_id` is ours, echoed by the carrier: it names the message even
    when the carrier's id never reached us.
    """
    final = state in ("delivered", "undelivered", "failed")
    facts = {"wire_id": wire_id, "state": state, "message_id": message_id, "code": error_code, "now": now, "final": final}
    row = session.execute(RECEIPT, {**facts, "order": list(ORDER)}).one_or_none()
    return None if row is None else Receipt(*row)


# A further attempt is a row of its own: each row is one message on the wire, with one id and one end. A call is no answer any more:
# whoever was on the line has hung up, and contact hours hold again.
TRY_AGAIN = text("""
INSERT INTO messages (at, direction, channel, address, kind, state, body, language, facts, asks, patient_id, contact_point_id,
                      appointment_id, entry_id, visit_version, visit_starts_at, in_reply_to, attempt, retry_of, due_at, tries)
SELECT :now, 'out', coalesce(c.channel, m.channel), coalesce(c.value, m.address), m.kind, 'queued',
       CASE WHEN m.visit_version IS NULL AND m.entry_id IS NULL AND m.channel <> 'push' THEN m.body END, m.language,
       m.facts || CASE WHEN c.contact_person_id IS NULL THEN '{}' ELSE '{"shared": true}' END::jsonb, m.asks,
       m.patient_id, coalesce(c.id, m.contact_point_id), m.appointment_id, m.entry_id, m.visit_version, m.visit_starts_at,
       CASE WHEN m.channel <> 'voice' THEN m.in_reply_to END, m.attempt + 1, m.id, :due_at, 0
  FROM messages m
  LEFT JOIN contact_points c ON :elsewhere AND c.id = (
       SELECT n.id FROM contact_points n
        WHERE n.patient_id = m.patient_id AND n.state = 'active' AND (n.value <> m.address OR n.channel <> m.channel)
        ORDER BY m.channel = 'push' AND n.id <> m.contact_point_id, n.rank, n.id LIMIT 1)
 WHERE m.id = :id AND m.state IN ('failed', 'undelivered') AND m.attempt < :most AND (c.id IS NOT NULL OR NOT :elsewhere)
   AND NOT EXISTS (SELECT 1 FROM patients p WHERE p.id = m.patient_id AND p.died_at IS NOT NULL)
    ON CONFLICT DO NOTHING
RETURNING id
""")

GIVE_UP = text("""
INSERT INTO tasks (at, kind, cause, state, patient_id, appointment_id, message_id)
SELECT :now, 'undelivered', 'message ' || m.id, 'open', m.patient_id, m.appointment_id, m.id FROM messages m
 WHERE m.id = :id AND m.state IN ('failed', 'undelivered') AND NOT EXISTS (SELECT 1 FROM messages n WHERE n.retry_of = m.id)
   AND NOT EXISTS (SELECT 1 FROM patients p WHERE p.id = m.patient_id AND p.died_at IS NOT NULL)
    ON CONFLICT DO NOTHING
""")

ADDRESS_STATE: dict[str, ContactState] = {"other_contact": "invalid", "opted_out": "opted_out"}
MOST_DOUBTS = 6  # times in a row that a carrier neither took nor refused a message: then a person sees to it
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def follow_up(session: Session, message_id: int, meaning: Meaning, *, now: datetime) -> None:
    """After a final failure: again later, by another address, as a call, or by a person (R54, R98). Repeated, it changes nothing."""
    row = session.execute(text("SELECT address, attempt FROM messages WHERE id = :id"), {"id": message_id}).one()
    if meaning in ADDRESS_STATE:
        addresses.close(session, row.address, ADDRESS_STATE[meaning], actor=SYSTEM, now=now, usable_only=True)
    if meaning == "landline":
        session.execute(text("UPDATE contact_points SET channel = 'voice' WHERE value = :value"), {"value": row.address})
    due_at = now + BACK_OFF[min(row.attempt, len(BACK_OFF)) - 1] if meaning == "retry" else now
    if meaning not in ("stop", "unsendable"):  # a fault of our own, or of the text: another address would meet it too
        facts = {"id": message_id, "now": now, "due_at": due_at, "most": MAX_ATTEMPTS, "elsewhere": meaning != "retry"}
        session.execute(TRY_AGAIN, facts)
    session.execute(GIVE_UP, {"id": message_id, "now": now})


WITHDRAW_RETRY = text("""
WITH RECURSIVE later AS (
    SELECT id FROM messages WHERE retry_of = :id
     UNION ALL SELECT n.id FROM messages n JOIN later ON n.retry_of = later.id)
UPDATE messages SET state = 'suppressed', done_at = :now FROM later WHERE messages.id = later.id AND messages.state = 'queued'
""")


def delivered_after_all(session: Session, message_id: int, *, now: datetime) -> None:
    """A message given up for lost did arrive: its further attempts that have not gone out are withdrawn."""
    session.execute(WITHDRAW_RETRY, {"id": message_id, "now": now})


def waiting(session: Session, *, now: datetime) -> tuple[int, float]:
    """How many messages are due and not sent, and the age of the oldest in seconds: what operators watch."""
    row = session.execute(
        text("""SELECT count(*), coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(due_at)), 0)
                  FROM messages WHERE state = 'queued' AND due_at <= :now"""),
        {"now": now},
    ).one()
    return int(row[0]), float(row[1])
