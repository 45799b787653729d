"""How much one window and one address may say: enough for any patient, too little to keep the machine busy."""

from hashlib import sha256
from typing import Final

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

SAYS: Final = RateLimitItemPerMinute(20)  # messages of one window
FROM_HERE: Final = RateLimitItemPerMinute(120)  # messages from one address: a clinic's patients may share one
BEGINS: Final = RateLimitItemPerHour(120)  # new chats from one address
CALLS: Final = RateLimitItemPerMinute(600)  # of one program over REST

log = structlog.get_logger("chat")


class Limits:
    """Counts; with a Redis address all processes count together, and without Redis for a while each counts alone."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        shared = storage_from_string(redis_url, wrap_exceptions=True) if redis_url else None
        self._shared = MovingWindowRateLimiter(shared) if shared else self._own

    def may_say(self, chat: str, host: str) -> bool:
        """Count a message and say whether it is taken."""
        return self._hit(SAYS, "chat", chat) and self._hit(FROM_HERE, "host", host)

    def may_begin(self, host: str) -> bool:
        """Count a new chat and say whether it may begin."""
        return self._hit(BEGINS, "begin", host)

    def may_call(self, host: str) -> bool:
        """Count a program's call."""
        return self._hit(CALLS, "rest", host)

    def _hit(self, limit: RateLimitItem, kind: str, key: str) -> bool:
        digest = sha256(key.encode()).hexdigest()  # a fixed length whatever was sent, and nobody's address in the store
        try:
            return self._shared.hit(limit, kind, digest)
        except StorageError as error:
            log.warning("shared counter unreachable, counting alone", error=str(error))
            return self._own.hit(limit, kind, digest)
