"""A million steps of random histories: `python -m tests.registry.long_run --steps 1000000 --seed 1`. Progress to stderr.

A history is some hundred steps in one transaction; every choice of the registry is compared with the oracle's and with the night's, and
every sentence of `registry.invariants` is asked every few steps and at the end. A history is known by its seed: `--only SEED` lives it
again, asking after each step. Several runs with different seeds add up; the last line is one JSON object.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from registry import schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from tests.registry.life import Life
from tests.registry.life_steps import STEPS

QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}  # nothing here must survive a power cut
A_HISTORY = 250  # steps


class Broke(AssertionError):
    """A history came to a state that must not be; the seed lives it again."""


def live(session: Session, seed: int, steps: int, every: int, counts: Counter[str]) -> None:
    """One history. Raises `Broke` with the last steps' names."""
    dice = Random(seed)
    kinds, weights = list(STEPS), list(STEPS.values())
    lived: list[str] = []
    try:
        life = Life(session, dice)
        for number in range(1, steps + 1):
            step = dice.choices(kinds, weights)[0]
            lived.append(step.__name__)
            step(life, dice)
            if number % every == 0 or number == steps:
                broken = life.broken()
                assert not broken, broken
    except Exception as error:
        raise Broke(f"history {seed}, step {len(lived)}: {error!r}; last steps {lived[-12:]}") from error
    counts.update(life.told())
    counts.update({"steps": steps, "choices compared with the oracle": life.compared, "choices compared with the night": life.rehearsed})


def run(engine: Engine, *, first: int, steps: int, every: int, each: int = A_HISTORY, told: Any = None) -> Counter[str]:
    """Histories with the seeds `first`, `first` + 1, … until so many steps are lived; what happened in them."""
    counts: Counter[str] = Counter()
    began, seed = perf_counter(), first
    while counts["steps"] < steps:
        with Session(engine, autoflush=False, expire_on_commit=False) as session:
            live(session, seed, min(each, steps - counts["steps"]), every, counts)
            session.rollback()
        seed += 1
        counts["histories"] += 1
        if told is not None and counts["histories"] % 20 == 0:
            told(seed, counts["steps"], perf_counter() - began)
    return counts


def main() -> int:
    """Live, and say what came of it; exit code 1 when something broke."""
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("--steps", type=int, default=1_000_000)
    asks.add_argument("--seed", type=int, default=1, help="the first history's; they are seed × 1,000,000 and those after it")
    asks.add_argument("--every", type=int, default=10, help="steps between two looks at the invariants")
    asks.add_argument("--only", type=int, help="live this one history, looking after each step")
    given = asks.parse_args()
    with tempfile.TemporaryDirectory(prefix="cer-life-") as directory, EmbeddedPostgres(Path(directory), settings=QUICK) as server:
        engine = create_engine(server.url())
        schema.upgrade(engine)
        began = perf_counter()
        first, steps, every = (given.seed * 1_000_000, given.steps, given.every) if given.only is None else (given.only, A_HISTORY, 1)
        try:
            counts = run(engine, first=first, steps=steps, every=every, told=_tell)
        except Broke as broke:
            sys.stderr.write(f"{broke}\n")
            sys.stdout.write(json.dumps({"seed": first, "broken": str(broke)}) + "\n")
            return 1
        finally:
            engine.dispose()
    sys.stdout.write(json.dumps({"seed": first, "seconds": round(perf_counter() - began), "broken": None, **counts}) + "\n")
    return 0


def _tell(seed: int, steps: int, seconds: float) -> None:
    sys.stderr.write(f"{steps} steps, {steps / seconds:.0f} a second, next history {seed}\n")


if __name__ == "__main__":
    sys.exit(main())
