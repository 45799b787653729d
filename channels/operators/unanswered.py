"""What patients asked and got no answer to: what the documents do not tell, and what was not understood; the same questions together."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, scope
from channels.operators.learning import People
from channels.operators.lexemes import lexemes
from channels.operators.tongues import READ_IN

LOOKED: Final = 1000  # of the newest readings of these kinds; what is older was seen or does not come back
SHOWN: Final = 50
LINKED: Final = 5

# Of a clinic the newest are looked for among its own: other clinics' questions must not push them out of sight.
NEWEST: Final = "SELECT t.* FROM turns t WHERE t.intent IN ('ask_faq', 'nlu_fallback') ORDER BY t.message_id DESC LIMIT :looked"
NEWEST_OF_CLINIC: Final = f"""
SELECT t.* FROM conversations c JOIN messages m ON m.channel = c.channel AND m.address = c.address JOIN turns t ON t.message_id = m.id
 WHERE {scope.CONVERSATIONS} AND t.intent IN ('ask_faq', 'nlu_fallback') ORDER BY t.message_id DESC LIMIT :looked
"""  # noqa: S608  our own words only

# A question of the rules without an answer has become a task (R113). What two machines write to each other is no question, and while a
# person has the conversation, the person answers.
UNANSWERED: Final = f"""
SELECT t.intent, m.id AS message_id, m.at, m.channel, m.body, c.id AS conversation_id, {READ_IN} AS language
  FROM ({{newest}}) t
  JOIN messages m ON m.id = t.message_id JOIN conversations c ON c.channel = m.channel AND c.address = m.address
 WHERE m.body IS NOT NULL AND t.action NOT IN ('nothing', 'held') AND {scope.MESSAGE}
   AND (t.intent = 'nlu_fallback' OR EXISTS (SELECT 1 FROM tasks k WHERE k.kind = 'question' AND k.cause = 'message ' || m.id))
   AND NOT EXISTS (SELECT 1 FROM reading_marks k WHERE k.message_id = m.id AND k.state <> 'withdrawn')
 ORDER BY m.id DESC
"""  # noqa: S608  our own words only
OF_ALL, OF_CLINIC = text(UNANSWERED.format(newest=NEWEST)), text(UNANSWERED.format(newest=NEWEST_OF_CLINIC))


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the times that a question was put: where it stands."""

    conversation_id: int
    message_id: int
    at: datetime
    channel: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question in the newest of its wordings, masked; how often it was put, and the newest of these."""

    said: str
    intent: str
    language: str
    times: int
    asked: tuple[Asked, ...]

    @property
    def at(self) -> datetime:
        """When it was put last."""
        return self.asked[0].at


def questions(session: Session, provider_id: int | None, *, looked: int = LOOKED) -> list[Question]:
    """Up to SHOWN questions without an answer of one clinic or of all, that asked last on top; among the newest `looked` turns.

    Those that say the same words, in whatever order and with whatever endings, are one. A message that was marked as read wrongly is
    on the other list.
    """
    people = People(session, provider_id)
    groups: dict[tuple[str, ...], list[tuple[Any, str]]] = {}
    query = OF_ALL if provider_id is None else OF_CLINIC
    for row in session.execute(query, {"looked": looked, "provider_id": provider_id}):
        said = masking.text(row.body, **people.of(row.conversation_id))
        groups.setdefault(_meaning(said), []).append((row, said))
    return [_question(group) for group in list(groups.values())[:SHOWN]]


def _meaning(said: str) -> tuple[str, ...]:
    return tuple(sorted(lexemes(said))) or (said.strip(),)


def _question(group: list[tuple[Any, str]]) -> Question:
    newest, said = group[0]
    put = tuple(Asked(row.conversation_id, row.message_id, row.at, row.channel) for row, _ in group[:LINKED])
    return Question(said, newest.intent, newest.language, len(group), put)
