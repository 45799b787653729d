"""What is kept how long (D15): words go, the record that there was a conversation stays (who, when, channel, intent, outcome).

Redaction happens in place and in small sets, each a transaction of its own: it may be broken off at any moment and goes on from there.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, text

from registry.catalogue import POLICY, Policy
from registry.database import in_transaction

SET: Final = 1000
SESSIONS_LAST: Final = timedelta(days=1)  # a login that ended is not looked at again

# What a dialogue still needs of a message's facts when its words are gone; nothing of it tells of a person.
KEPT_FACTS: Final = ("purpose", "choices", "misunderstood", "shared")

# Each is repeated until it finds nothing; the limit bounds what one transaction holds locked. An answer, a patient's message and a turn
# of a call are dialogue; what the system sent of itself is a notice.
FORGET: Final = {
    "words": text("""
WITH due AS (
    SELECT id FROM messages
     WHERE redacted_at IS NULL AND at < :notices_before AND state NOT IN ('queued', 'sending')
       AND (at < :dialogue_before OR (direction = 'out' AND in_reply_to IS NULL))
     ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED),
emptied AS (UPDATE turns t SET entities = '{}' FROM due WHERE t.message_id = due.id),
unnoted AS (UPDATE reading_marks k SET note = NULL FROM due WHERE k.message_id = due.id)
UPDATE messages m SET body = NULL, redacted_at = :now,
       facts = coalesce((SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each(m.facts) f WHERE f.key = ANY(:kept)), '{}')
  FROM due WHERE m.id = due.id"""),
    "memories": text("""
UPDATE conversations SET memory = '{}' WHERE id IN (
    SELECT id FROM conversations WHERE last_at < :dialogue_before AND memory <> '{}' LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
    "results": text("""
UPDATE tasks SET result = NULL WHERE id IN (
    SELECT id FROM tasks WHERE closed_at < :dialogue_before AND result IS NOT NULL LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
    "tries": text("""
DELETE FROM identity_tries WHERE id IN (
    SELECT id FROM identity_tries WHERE last_at < :dialogue_before LIMIT :limit FOR UPDATE SKIP LOCKED)"""),
    "sessions": text("""
DELETE FROM operator_sessions WHERE id IN (SELECT id FROM operator_sessions WHERE ends_at < :sessions_before LIMIT :limit)"""),
    "audit": text("""
DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < :audit_before ORDER BY at, id LIMIT :limit)"""),
}  # fmt: skip


def redact_due(engine: Engine, *, now: datetime, policy: Policy = POLICY) -> int:
    """Take out all words whose time is over; how many rows were changed. Anybody may run it at any time, also twice at once."""
    facts = {
        "now": now, "dialogue_before": now - policy.keep_dialogue, "notices_before": now - policy.keep_notices,
        "audit_before": now - policy.keep_audit, "sessions_before": now - SESSIONS_LAST, "limit": SET, "kept": list(KEPT_FACTS),
    }  # fmt: skip
    return sum(_until_none(engine, statement, facts) for statement in FORGET.values())


def _until_none(engine: Engine, statement: Any, facts: dict[str, Any]) -> int:
    done = 0
    while changed := in_transaction(engine, lambda session: int(session.execute(statement, facts).rowcount)):  # type: ignore[attr-defined]  # an UPDATE's result
        done += changed
        if changed < SET:
            break
    return done
