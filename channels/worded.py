"""Claimed notices put into words before they go out: the same for every channel that sends what the outbox holds."""

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.orm import Session
from structlog.stdlib import BoundLogger

from registry import outbox
from registry.outbox import Claimed

Words = Callable[[Claimed], str]


def worded(session: Session, claimed: Iterable[Claimed], words: Words, log: BoundLogger, *, now: datetime) -> list[tuple[Claimed, str]]:
    """The messages with their words. These are kept before anything goes out: a lost message is later looked for by them. One that
    cannot be worded is given up, so that it holds nobody else up."""
    tried = [(message, _words_of(message, words, log)) for message in claimed]
    done = [(message, body) for message, body in tried if body is not None]
    outbox.keep_words(session, [(message.id, body) for message, body in done])
    outbox.give_up(session, [message.id for message, body in tried if body is None], now=now)
    return done


def _words_of(message: Claimed, words: Words, log: BoundLogger) -> str | None:
    if message.body is not None:
        return message.body
    try:
        return words(message)
    except Exception:
        log.exception("message cannot be worded", message_id=message.id, kind=message.kind)
        return None
