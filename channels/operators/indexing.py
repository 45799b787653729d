"""Makes what was said findable, within seconds: masked first, so that a search finds no more than an operator may read (X33, X34)."""

from datetime import datetime
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from channels.operators.lexemes import lexemes
from channels.operators.names import known_at
from registry import message_words
from registry.database import in_transaction

SET: Final = 500  # messages of one transaction


def index_due(engine: Engine, _now: datetime) -> int:
    """Index all messages that have gained words; how many. Any number of workers may do it at once, and again after a crash."""
    done = 0
    while found := in_transaction(engine, _index_some):
        done += found
        if found < SET:
            break
    return done


def _index_some(session: Session) -> int:
    rows = message_words.due(session, limit=SET)
    known = known_at(session, {row.address for row in rows})
    message_words.write(session, {row.id: (row.at, lexemes(known[row.address].masked(row.body))) for row in rows})
    return len(rows)
