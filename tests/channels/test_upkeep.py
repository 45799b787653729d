"""The worker's upkeep: each job does its work on a real database, and a second look finds nothing."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from channels import upkeep
from channels.eligibility import LocalRegister, Simp
from channels.settings import Settings
from registry import out_of_turn
from registry.eligibility import PendingQuestion
from registry.events import Actor
from registry.screening import ReportedEvent
from registry.tasks import Task
from registry.waiting_room import Entry
from tests.registry import build

DAY = timedelta(days=1)


def test_each_job_finds_its_work_and_then_none(session: Session, engine: Engine, now: datetime) -> None:
    """X5, R76, R80, R81, R108: the names are those that the metrics show."""
    expiring = build.patient(session)
    lost = build.waiting(session, expiring, now=now, on=build.referral(session, expiring, valid_until=now.date()))
    entitled = build.waiting(session, now=now)
    out_of_turn.grant(
        session, entitled.patient_id, "blood_donor", provider_id=build.clinic(session).provider_id,
        actor=Actor("registrar", "api"), now=now, valid_until=now.date(),
    )  # fmt: skip
    exam = build.visit(session, now + 7 * DAY, now=now, service="MAMMO")
    session.add(
        PendingQuestion(patient_id=exam.patient_id, service="MAMMO", asked_at=now, due_at=now, tries=1, state="open")
    )  # fmt: skip
    person = build.patient(session)
    person.identifier = "70060110009"
    session.commit()
    jobs = upkeep.jobs(Settings())
    first = {job.name: job.run(engine, now + DAY) for job in jobs if job.name != "ask_simp_again"}
    assert first == {
        "index_words": 0, "redact_old_words": 0, "delete_recordings": 0,
        "end_expired_referrals": 1, "end_lapsed_rights": 1, "switch_contacts_at_18": 0,
        "end_freezes": 0, "give_published_slots": 0, "report_exams": 1, "ask_who_waits_for_a_place_that_left": 0,
        "count_past_days": 1,
    }  # fmt: skip
    assert {job.name: job.run(engine, now + DAY) for job in jobs if job.name != "ask_simp_again"} == dict.fromkeys(first, 0)
    session.expire_all()
    assert (session.get_one(Entry, lost.id).state, session.get_one(Entry, entitled.id).privileged) == ("closed", False)
    assert len(session.scalars(select(ReportedEvent.id)).all()) == 1
    assert session.scalars(select(Task.kind)).all() == []


def test_simp_is_asked_where_its_address_is_set() -> None:
    """R80: the demo has a register of its own; with an address and a token it is SIMP."""
    assert isinstance(upkeep.simp(Settings()), LocalRegister)
    real = upkeep.simp(Settings(simp_url="https://simp.example", simp_token="secret"))  # type: ignore[arg-type]  # read as from the environment
    assert isinstance(real, Simp)
    real.close()
