"""Random histories of everything that can happen to visits, slots and places in the queue, with a clock that moves.

After every step each sentence of `registry.invariants` must hold whatever came before; whom the queue should have chosen is the oracle's
word (R44, R53), and what the night would have decided of the same state is compared with it (X21). A million steps: `long_run`.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from registry.invariants import INVARIANTS
from tests.registry import long_run
from tests.registry.life import Life
from tests.registry.life_steps import STEPS

ALL = [step for step, weight in STEPS.items() for _ in range(weight)]
dice = st.randoms(use_true_random=False)


class History(RuleBasedStateMachine):
    """A life whose steps Hypothesis chooses, and shortens when something breaks."""

    sessions: sessionmaker[Session]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        """One transaction for the whole history; it is undone at the end."""
        super().__init__()
        self.session = self.sessions()

    def teardown(self) -> None:
        """Count what happened, and leave nothing for the next history."""
        self.seen.update(self.life.told())
        self.session.rollback()
        self.session.close()

    @initialize(dice=dice)
    def begin(self, dice: Random) -> None:
        """Clinics with slots, and people with referrals, three of whom wait already."""
        self.life = Life(self.session, dice)

    @rule(which=st.integers(0, len(ALL) - 1), dice=dice)
    def step(self, which: int, dice: Random) -> None:
        """Something happens."""
        self.life.dice = dice
        ALL[which](self.life, dice)

    @invariant()
    def every_sentence_holds(self) -> None:
        """All invariants, after every step."""
        assert self.life.broken() == []


def test_every_sentence_holds_through_random_histories(session_factory: sessionmaker[Session]) -> None:
    """R31 R44 R52 R56 R60-R62 R67 R71 R73 R75 R76 R100-R102 R122, X1-X7 X11 X12 X15 X18 X19 X24 X29, D1-D6 D17, step by step."""
    History.sessions = session_factory
    History.seen.clear()
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=int(os.environ.get("CER_TEST_HISTORIES", "12")), stateful_step_count=40, deadline=None,
            suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        ),
    )  # fmt: skip
    assert History.seen["slot.published"] > 0, "these histories show nothing of the waiting room"


def test_a_part_of_the_long_run(engine: Engine) -> None:
    """The same lives by plain dice, some thousand steps of the million: each choice is the oracle's and the night's (X21)."""
    counts = long_run.run(engine, first=77, steps=int(os.environ.get("CER_TEST_STEPS", "2000")), every=20)
    assert min(counts["visit.assigned"], counts["offer.made"], counts["visit.noshow"], counts["slot.moved"], counts["patient.died"]) > 0
    assert min(counts["choices compared with the oracle"], counts["choices compared with the night"]) > 0


def test_there_are_invariants_enough() -> None:
    """At least twenty-five named sentences, each of its own name, are checked."""
    assert len({one.name for one in INVARIANTS}) == len(INVARIANTS) >= 25
