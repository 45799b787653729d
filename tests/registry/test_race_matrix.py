"""Every use case against every other one, on the same people and slots at the same moment, in real transactions (X14).

The named races beside this file say what each answer must be; here the whole matrix is asked for what must never happen: a deadlock that
is not resolved, an error that is no refusal, or a sentence of the registry (`invariants`) that does not hold afterwards.
`CER_RACE_PAIRS=3` runs all pairs, three times each; without it, everything at once and the most dangerous pairs.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import combinations_with_replacement
from random import Random

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import invariants, night, withdrawal
from registry.attendance import NoClinic
from registry.database import transaction
from registry.night import NightRunning
from registry.privacy import AlreadyErased, LegalHold
from tests.registry import build
from tests.registry.build import DESK
from tests.registry.life import REFUSALS
from tests.registry.race import race
from tests.registry.race_acts import ACTS, DAY, set_up

MAY_SAY = (*REFUSALS, NoClinic, NightRunning, LegalHold, AlreadyErased)
ROUNDS = int(os.environ.get("CER_RACE_PAIRS", "0"))
# Without the variable, those that lock most differently: by set, by slot and patient, by patient alone, by transactions of their own.
DANGEROUS = [
    ("change", "withdraw"), ("change", "absence"), ("nightly", "withdraw"), ("nightly", "holder_dies"), ("nightly", "edit"),
    ("holder_dies", "withdraw"), ("holder_dies", "substitute"), ("holder_dies", "cancel_exam"), ("accept", "withdraw"),
    ("accept", "referral_used"), ("absence", "absence"), ("move_slot", "cancel"), ("move_slot", "absence"), ("book_waiting", "nightly"),
    ("join", "erase"), ("published", "edit"),
]  # fmt: skip
PAIRS = list(combinations_with_replacement(ACTS, 2)) if ROUNDS else DANGEROUS


def sound(engine: Engine, now: datetime, names: Sequence[str]) -> None:
    """These at once on one scene: answers and refusals only, and every sentence of the registry holds."""
    scene = set_up(engine, now)
    answers = race(engine, [ACTS[name](scene) for name in names])
    errors = {name: one for name, one in zip(names, answers, strict=True) if isinstance(one, Exception) and not isinstance(one, MAY_SAY)}
    assert errors == {}
    with Session(engine) as session:
        assert invariants.broken(session) == []


@pytest.mark.parametrize("seed", range(4))
def test_x14_everything_at_once(engine: Engine, now: datetime, seed: int) -> None:
    """X14: whoever comes first; each twice, as from a hand that presses again."""
    names = [*ACTS, *ACTS]
    Random(seed).shuffle(names)
    sound(engine, now, names)


@pytest.mark.parametrize("pair", PAIRS, ids=" ".join)
def test_x14_one_against_one(engine: Engine, now: datetime, pair: tuple[str, str]) -> None:
    """X14, X1, X2: both orders of the same two."""
    for _ in range(max(1, ROUNDS)):
        sound(engine, now, pair)


def test_x11_a_clinic_closes_for_weeks_while_the_night_works(engine: Engine, now: datetime) -> None:
    """X11, X14, R50: its visits end in one transaction while the night writes another; families share telephones, so messages meet too."""
    with transaction(engine) as session:
        phones = [build.mobile() for _ in range(3)]
        on = build.schedule(session)
        sold = [
            build.visit(session, now + (9 + day) * DAY, now=now - DAY, on=on, of=build.patient(session, phones[day % 3])).slot_id
            for day in range(12)
        ]
        for day in range(12):
            build.waiting(session, build.patient(session, phones[-day % 3]), now=now)
            build.slot(session, now + (9 + day) * DAY, state="pending")
    closing = partial(withdrawal.withdraw, slot_ids=sold, actor=DESK, now=now)
    withdrawn, done = race(engine, [closing, lambda _: night.run(engine, clock=lambda: now)])
    assert (len(withdrawn.visits), len(withdrawn.entries), done.slots, done.assigned) == (12, 12, 12, 12)
    with Session(engine) as session:
        assert invariants.broken(session) == []
        assert len(build.messages(session, kind="cancelled_by_clinic")) == 12
