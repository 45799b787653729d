"""What time alone changes, for the worker: words that are kept no longer, referrals and rights that run out, children who come of age,
SIMP's answers and reports, freeze days, published dates for those who have come into the queue since, the figures of days that are over.
"""

from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from channels.eligibility import LocalRegister, Simp
from channels.jobs import Job
from channels.operators.indexing import index_due
from channels.policy import policy
from channels.recordings import delete_due
from channels.settings import Settings, recordings_folder
from registry import departures, eligibility, lifecycle, mandates, night, out_of_turn, published, retention, rollup, screening, thaw
from registry.catalogue import Policy
from registry.database import transaction
from registry.events import SYSTEM

MINUTE = 60.0  # seconds


def jobs(settings: Settings) -> list[Job]:
    """The jobs, with the seconds between two looks. Without SIMP's address in production nothing is asked of it or told to it."""
    port = simp(settings)
    with_simp = [] if port is None else [
        Job("ask_simp_again", MINUTE, partial(_ask_again, port=port)), Job("report_exams", 10.0, partial(_report, port=port)),
    ]  # fmt: skip
    return [
        Job("index_words", 2.0, index_due),
        Job("redact_old_words", 10 * MINUTE, _redact),
        Job("delete_recordings", MINUTE, partial(delete_due, folder=recordings_folder(settings))),
        Job("end_expired_referrals", MINUTE, _expire_referrals),
        Job("end_lapsed_rights", MINUTE, _lapse),
        Job("end_freezes", MINUTE, partial(_thaw, rules=policy(settings))),
        Job("give_published_slots", 1.0, partial(_give_published, rules=policy(settings))),
        Job("ask_who_waits_for_a_place_that_left", 10 * MINUTE, _ask_for_another_clinic),
        Job("count_past_days", MINUTE, _count),
        Job("switch_contacts_at_18", 10 * MINUTE, _come_of_age),
        *with_simp,
    ]


def simp(settings: Settings) -> Simp | LocalRegister | None:
    """The register to ask: SIMP where its address is set, a small one of our own in the demonstration, else none."""
    if settings.simp_url is not None and settings.simp_token is not None:
        return Simp(settings.simp_url, settings.simp_token.get_secret_value())
    return LocalRegister() if settings.mode == "demo" else None


def _expire_referrals(engine: Engine, now: datetime) -> int:
    return lifecycle.expire_referrals(engine, now=now)


def _redact(engine: Engine, now: datetime) -> int:
    return retention.redact_due(engine, now=now)


def _ask_for_another_clinic(engine: Engine, now: datetime) -> int:
    return departures.ask_due(engine, now=now)
def _count(engine: Engine, now: datetime) -> int:
    return rollup.count_due(engine, now=now)


def _lapse(engine: Engine, now: datetime) -> int:
    with transaction(engine) as session:
        return out_of_turn.lapse(session, now=now)


def _thaw(engine: Engine, now: datetime, rules: Policy) -> int:
    return thaw.thaw(engine, now=now, policy=rules)


def _give_published(engine: Engine, now: datetime, rules: Policy) -> int:
    """Not into a night at work, which decides by what it has read."""
    return 0 if night.at_work(engine) else published.give_due(engine, now=now, policy=rules)


def _come_of_age(engine: Engine, now: datetime) -> int:
    with transaction(engine) as session:
        return mandates.come_of_age(session, now=now)


def _ask_again(engine: Engine, now: datetime, port: Simp | LocalRegister) -> int:
    return eligibility.ask_due(engine, port, actor=SYSTEM, now=now)


def _report(engine: Engine, now: datetime, port: Simp | LocalRegister) -> int:
    return screening.report_due(engine, port, now=now)
