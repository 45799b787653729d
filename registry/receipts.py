"""What a carrier says of a message that is out, and what follows a loss: again, elsewhere, as a call, or by a person (X29, R54)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from registry import addresses
from registry.events import SYSTEM
from registry.outbox import Claimed, Meaning, Settled
from registry.people import ContactState

MAX_ATTEMPTS = 4
ADDRESS_STATE: dict[str, ContactState] = {"other_contact": "invalid", "opted_out": "opted_out"}
MOST_DOUBTS = 6  # times in a row that a carrier neither took nor refused a message: then a person sees to it
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))

# What the registry believes a delivery state is worth: receipts come in any order, the greatest wins (a delivery is final).
LOST = ("failed", "undelivered")
ORDER = ("queued", "sending", "accepted", "sent", "failed", "undelivered", "delivered")


def unheard_of(message: Claimed, *, now: datetime) -> Settled:
    """The carrier, asked, does not have it: again after a growing pause, and at last never again (a task, by `follow_up`)."""
    doubts = message.doubts + 1
    if doubts >= MOST_DOUBTS:
        return Settled(message.id, "failed", doubts=doubts)
    pause = timedelta(0) if doubts == 1 else BACK_OFF[min(doubts - 2, len(BACK_OFF) - 1)]
    return Settled(message.id, "queued", due_at=now + pause, doubts=doubts)


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
