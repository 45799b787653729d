"""The night: the day that unlocks is given to the waiting room, once for each Warsaw date (R32, R50, X20).

Read, decide in memory, write in sets: the same outcome as `allocation.place` for each slot in order, at the speed of sets. A run that is
broken off goes on from what it has written; whoever starts a second one finds the first at work, or done.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import snapshots
from registry.catalogue import POLICY, Policy
from registry.database import in_transaction
from registry.decisions import Decided, Run
from registry.matching import Decision, Matching
from registry.rules import local_date
from registry.settling import Settler, TooMuchChanged
from registry.snapshots import Snapshot

LOCK = 0x63657201  # "cer" and one: the advisory lock of the night
CHUNK = 1000  # slots in one transaction

Clock = Callable[[], datetime]
Progress = Callable[[str, int, int], None]


class NightRunning(Exception):
    """Another process is at the night's work now; nothing is to be done here (R50)."""


class WrongDate(ValueError):
    """Only the night of the present Warsaw date can be run: it takes in all that earlier ones left (R50)."""


def _unseen(_step: str, _done: int, _of: int) -> None:
    """Progress that nobody looks at."""


def run(
    engine: Engine, *, clock: Clock, day: date | None = None, policy: Policy = POLICY, chunk: int = CHUNK, progress: Progress = _unseen
) -> Run:
    """Do the night of the present Warsaw date, or what a broken run left of it; a finished one is only returned (R50, X20).

    `clock` is asked anew for each transaction (X15). Raises `NightRunning`, and `WrongDate` when `day` is not the present date.
    """
    today = local_date(clock())
    if day not in (None, today):
        raise WrongDate(f"the date in Warsaw is {today}")
    with _alone(engine):
        begun = in_transaction(engine, partial(_begin, day=today, now=clock()))
        if begun.state == "finished":
            return begun
        while not _once(engine, begun.id, clock, policy, chunk, progress):
            progress("again", 0, 0)
        return in_transaction(engine, partial(_finish, run_id=begun.id, now=clock()))


def run_due(engine: Engine, *, clock: Clock, now: datetime, policy: Policy = POLICY) -> bool:
    """Run the night of the date at `now` unless it is done or at work: after midnight, or later when it was missed (R50)."""
    with Session(engine) as session:
        finished = select(Run.id).where(Run.local_date == local_date(now), Run.state == "finished")
        if session.scalar(finished) is not None:
            return False
    try:
        run(engine, clock=clock, policy=policy)
    except NightRunning:
        return False
    return True


HELD = text("""
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :lock AND objsubid = 1
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
""")


def at_work(engine: Engine) -> bool:
    """Whether a night is being run now, by whatever process."""
    with engine.connect() as connection:
        return bool(connection.scalar(HELD, {"lock": LOCK}))


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Hold the night's lock on a connection of its own; it falls with the process that holds it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        if not guard.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            raise NightRunning
        try:
            yield
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})


def _begin(session: Session, day: date, now: datetime) -> Run:
    found = session.scalars(select(Run).where(Run.local_date == day)).one_or_none()
    if found is None:
        found = Run(local_date=day, state="running", started_at=now, starts=0)
        session.add(found)
    if found.state == "running":
        found.starts += 1
    session.flush()
    return found


def _once(engine: Engine, run_id: int, clock: Clock, policy: Policy, chunk: int, progress: Progress) -> bool:
    """One reading and what follows from it; False when so much changed meanwhile that it must be read again."""
    snapshot = read(engine, clock())
    in_transaction(engine, partial(_note_input, run_id=run_id, snapshot=snapshot))
    progress("read", len(snapshot.queue), len(snapshot.slots))
    matching = Matching(snapshot.queue, snapshot.hindrances, clock(), policy)
    planned = [matching.decide(slot) for slot in snapshot.slots]
    progress("matched", len(planned), len(planned))
    settler = Settler(snapshot, run_id, policy)
    try:
        _carry_out(engine, settler, planned, clock, chunk, progress)
    except TooMuchChanged:
        return False
    return True


def read(engine: Engine, now: datetime) -> Snapshot:
    """What a night at `now` would see; reading changes nothing."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, Session(connection) as session:
        return snapshots.take(session, now=now)


def _carry_out(
    engine: Engine, settler: Settler, planned: Sequence[Decision], clock: Clock, chunk: int, progress: Progress
) -> None:
    at = 0
    while at < len(planned):
        part = planned[at : at + chunk]
        settled = _settled(engine, settler, part, clock())
        at += settled
        if settled < len(part):
            in_transaction(engine, partial(settler.decide_again, planned=planned[at], now=clock()))
            at += 1
        progress("written", at, len(planned))


def _settled(engine: Engine, settler: Settler, part: Sequence[Decision], now: datetime) -> int:
    """How many of these were written together; none when an index refused the set, then they go one by one."""
    try:
        return in_transaction(engine, partial(settler.settle, planned=part, now=now))
    except IntegrityError:
        return 0


def _note_input(session: Session, run_id: int, snapshot: Snapshot) -> None:
    """The first reading is the night's input; what a restart reads is what the first left."""
    found = session.get_one(Run, run_id)
    if found.input_hash is None:
        found.input_hash, found.waiting = snapshot.digest, snapshot.waiting


HASH = text("""
SELECT encode(sha256(convert_to(coalesce(string_agg(slot_id || ' ' || outcome || ' ' || coalesce(entry_id::text, '-'), E'\\n'
              ORDER BY starts_at, slot_id, id), ''), 'UTF8')), 'hex')
  FROM decisions WHERE run_id = :run_id
""")


def _finish(session: Session, run_id: int, now: datetime) -> Run:
    found = session.get_one(Run, run_id)
    counts = select(Decided.outcome, func.count()).where(Decided.run_id == run_id).group_by(Decided.outcome)
    for outcome, number in session.execute(counts):
        setattr(found, outcome, number)
    found.slots = found.assigned + found.offered + found.published + found.lost
    found.output_hash = session.scalar(HASH, {"run_id": run_id})
    found.state, found.finished_at = "finished", now
    session.flush()
    return found
