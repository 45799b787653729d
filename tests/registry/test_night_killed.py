"""`kill -9` of the nightly run, anywhere: the next start ends where an undisturbed run would have ended (X20, R50).

CER_KILLS sets how many times a run is killed (4 in `make test`, 200 for the long proof).
"""

import os
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry.decisions import Run
from tests.registry.night_process import run_and_die
from tests.registry.test_night import NOW, end, slot_by_slot, world

KILLS = int(os.environ.get("CER_KILLS", "4"))
SIGKILL = -9
BEYOND = 10_000_000  # statements


def killed(url: str, dice: Random) -> bool:
    """Start the night and kill it before some statement; False: it had ended before."""
    return run_and_die(url, NOW, 2, dice.randint(1, 90)) == SIGKILL


def test_killed_anywhere_the_night_ends_the_same(engine: Engine, database_url: str) -> None:
    """X20, R50: killed before random statements and commits, started again until it ends: one final state, one output."""
    dice, kills, seed = Random(20260915), 0, 100
    while kills < KILLS:
        seed += 1
        _emptied(engine)
        world(engine, seed)
        expected = slot_by_slot(engine)
        here = 0
        while kills < KILLS and killed(database_url, dice):
            kills += 1
            here += 1
        assert run_and_die(database_url, NOW, 2, BEYOND) == 0
        assert end(engine) == expected
        with Session(engine) as session:
            done = session.scalars(select(Run)).one()
        assert done.state == "finished"
        assert done.starts <= here + 2


def _emptied(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE providers, patients, runs CASCADE")
