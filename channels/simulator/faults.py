"""Trouble on demand: what a carrier does to you on its bad days, for tests and for showing how the service
bears it.

Kept in memory: a restarted simulator is a healthy one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from channels.simulator.errors import CALL_REFUSALS, MISCARRIAGES, REFUSALS

Kind = Literal[
    "refuse",  # create answers with `code` (21610, 20429, …)
    "server_error",  # create answers 500; `accepted` tells whether the message goes out all the same
    "timeout",  # create answers nothing for `seconds`, then the connection is cut
    "drop",  # create's connection is cut; with `accepted` the message goes out and only the answer is lost
    "latency",  # create takes `seconds` longer
    "miscarry",  # the message ends with error `code` (30001 … 30008)
    "lose_receipts",  # no receipt ever comes
    "duplicate_receipts",  # every receipt comes `copies` times
    "disorder_receipts",  # the last receipt comes first, the earlier one `seconds` after it
    "delay_receipts",  # receipts come `seconds` late
    "duplicate_inbound",  # a patient's message comes `copies` times
    "delay_inbound",  # a patient's message comes `seconds` late
    "call_busy",  # the line is busy when it is rung
    "call_no_answer",  # nobody picks up (after `seconds`, else after the time that the service rings)
    "call_voicemail",  # an answering machine picks up
]
KINDS: tuple[str, ...] = get_args(Kind)
_NEEDS_SECONDS = {"timeout", "latency", "delay_receipts", "delay_inbound"}


@dataclass(slots=True)
class Fault:
    """One kind of trouble, for one telephone (`number`) or all, for `times` messages or until cleared."""

    kind: Kind
    number: str | None = None
    code: int | None = None
    seconds: float = 0.0
    copies: int = 2
    accepted: bool = False
    times: int | None = None

    def __post_init__(self) -> None:
        """Refuse a fault that would do nothing (ValueError with a Polish sentence to show)."""
        if not isinstance(self.seconds, int | float) or not isinstance(self.copies, int):
            raise TypeError("seconds i copies to liczby")
        if self.kind not in KINDS:
            raise ValueError(f"nieznany rodzaj usterki {self.kind!r}; znane: {', '.join(KINDS)}")
        known = [*REFUSALS, *CALL_REFUSALS]
        if self.kind == "refuse" and self.code not in known:
            raise ValueError(f"refuse wymaga kodu spośród: {', '.join(map(str, known))}")
        if self.kind == "miscarry" and self.code not in MISCARRIAGES:
            raise ValueError(f"miscarry wymaga kodu spośród: {', '.join(map(str, MISCARRIAGES))}")
        if self.kind in _NEEDS_SECONDS and self.seconds <= 0:
            raise ValueError(f"{self.kind} wymaga dodatniej liczby sekund (seconds)")
        if self.copies < 2 and self.kind.startswith("duplicate"):
            raise ValueError("copies musi wynosić co najmniej 2")
        if self.times is not None and self.times < 1:
            raise ValueError("times musi wynosić co najmniej 1 albo null")


class Faults:
    """The faults in force. Safe to change from another thread than the one that serves."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, fault: Fault) -> None:
        """Bring it into force after those already there."""
        self._faults = [*self._faults, fault]

    def clear(self) -> None:
        """A healthy carrier again."""
        self._faults = []

    def listed(self) -> list[dict[str, Any]]:
        """Those in force, with the times that are left."""
        return [asdict(fault) for fault in self._faults]

    def take(self, number: str, *kinds: str) -> Fault | None:
        """The first fault of these kinds that is meant for `number`, counted as used once."""
        for fault in self._faults:
            if fault.kind in kinds and fault.number in {None, number}:
                self._use(fault)
                return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if fault.times == 0:
            self._faults = [other for other in self._faults if other is not fault]
