"""The way of one message: which statuses it will pass, when, and what its receipts will look like."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from channels.simulator.config import SimulatorConfig
from channels.simulator.errors import MISCARRIAGES
from channels.simulator.faults import Faults


class Step(NamedTuple):
    """At `due` the message becomes `status`; `late` seconds after, its receipt is posted `copies` times."""

    due: float
    status: str
    error_code: int | None
    late: float
    copies: int


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans messages with this carrier's delays and the faults in force."""

    config: SimulatorConfig
    faults: Faults
    random: Random

    def plan(self, number: str, now: float, validity: float | None) -> list[Step]:
        """The steps of a message accepted at `now` that may wait `validity` seconds to be sent."""
        sent = now + self.random.uniform(*self.config.sent_after)
        if validity is not None and sent - now > validity:
            steps = [Step(now + validity, "failed", 30036, 0.0, 1)]
        else:
            last = sent + self.random.uniform(*self.config.delivered_after)
            steps = self._outcome(number, sent, last)
        return self._with_receipt_faults(number, steps) if self.faults else steps

    def _outcome(self, number: str, sent: float, last: float) -> list[Step]:
        fault = self.faults.take(number, "miscarry") if self.faults else None
        if fault is None or fault.code is None:
            return [Step(sent, "sent", None, 0.0, 1), Step(last, "delivered", None, 0.0, 1)]
        status = MISCARRIAGES[fault.code][0]
        if status == "failed":
            return [Step(sent, "failed", fault.code, 0.0, 1)]
        return [Step(sent, "sent", None, 0.0, 1), Step(last, status, fault.code, 0.0, 1)]

    def _with_receipt_faults(self, number: str, steps: list[Step]) -> list[Step]:
        if delay := self.faults.take(number, "delay_receipts"):
            steps = [step._replace(late=step.late + delay.seconds) for step in steps]
        if disorder := self.faults.take(number, "disorder_receipts"):
            behind = (disorder.seconds or 0.3) + steps[-1].due - steps[0].due
            steps = [step._replace(late=step.late + behind) for step in steps[:-1]] + steps[-1:]
        if repeated := self.faults.take(number, "duplicate_receipts"):
            steps = [step._replace(copies=repeated.copies) for step in steps]
        if self.faults.take(number, "lose_receipts"):
            steps = [step._replace(copies=0) for step in steps]
        return steps


def written(steps: list[Step]) -> str:
    """The steps as they stand in the store; "" when none is left."""
    return json.dumps(steps) if steps else ""


def read(course: str) -> list[Step]:
    """The reverse of `written`."""
    return [Step(*step) for step in json.loads(course)] if course else []
