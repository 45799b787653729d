"""How often a login may be tried: per login and per address, so that nobody guesses his way in."""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

PER_LOGIN: Final = RateLimitItemPerMinute(10, 15)  # 10 tries in 15 minutes
PER_ADDRESS: Final = RateLimitItemPerMinute(40, 15)
ONCE: Final = RateLimitItemPerMinute(1, 15)

log = structlog.get_logger("console")


class Throttle:
    """Counts tries; with a Redis address all processes count together, and without Redis for a while each counts alone."""

    def __init__(
        self, redis_url: str | None = None, *, per_login: RateLimitItem = PER_LOGIN, per_address: RateLimitItem = PER_ADDRESS
    ) -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        shared = storage_from_string(redis_url, wrap_exceptions=True) if redis_url else None
        self._shared = MovingWindowRateLimiter(shared) if shared else self._own
        self._per_login, self._per_address = per_login, per_address

    def admits(self, login: str, address: str | None) -> bool:
        """Count a try and say whether it may be made. Counted before the password is looked at: parallel tries count too."""
        by_address = self.admits_address(address)
        return self._hit(self._per_login, "login", _key(login)) and by_address

    def admits_address(self, address: str | None) -> bool:
        """The same for a try of which nothing but its address is known; without one nobody is counted together with others."""
        return address is None or self._hit(self._per_address, "address", _network(address))

    def first_time(self, what: str) -> bool:
        """Whether something is shown for the first time within a quarter of an hour."""
        return self._hit(ONCE, "once", _key(what))

    def forget(self, login: str) -> None:
        """A login that succeeded starts anew."""
        for limiter in (self._shared, self._own):
            try:
                limiter.clear(self._per_login, "login", _key(login))
            except StorageError as error:
                log.warning("login counter not cleared", error=str(error))

    def _hit(self, limit: RateLimitItem, kind: str, key: str) -> bool:
        try:
            return self._shared.hit(limit, kind, key)
        except StorageError as error:
            log.warning("shared login counter unreachable, counting alone", error=str(error))
            return self._own.hit(limit, kind, key)


def _key(login: str) -> str:
    """A fixed length whatever was typed, and no login in the store."""
    return sha256(login.encode()).hexdigest()


def _network(address: str) -> str:
    """An IPv4 address itself, of an IPv6 address the network that one subscriber has."""
    try:
        parsed = ip_address(address)
    except ValueError:  # a unix socket, or a test's client
        return address
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else str(parsed)
