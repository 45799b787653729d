"""A doctor is away: every visit takes place if it can, and nobody loses by it (R122, X13)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import absence, cancellations, invariants
from registry.absence import Absence, InvalidAbsence, Step
from registry.appointments import Appointment
from registry.communications import Message
from registry.database import in_transaction, transaction
from registry.events import Event
from registry.schedules import Place, Schedule, Slot
from registry.waiting_room import Entry
from tests.registry import build
from tests.registry.build import DESK

HALF = timedelta(minutes=30)
WEEK = timedelta(days=7)
HOURS = timedelta(hours=4)


class Clinic:
    """Two doctors at one place; the first one is away for four hours in a week."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now, self.start = session, now, now + WEEK
        self.place = build.clinic(session)
        self.ill, self.other = (build.schedule(session, self.place, resource=name) for name in ("dr Nowak", "dr Lis"))

    def absence(self, substitute: str | None = None) -> Absence:
        return Absence(self.place.provider_id, "dr Nowak", self.start, self.start + HOURS, substitute)

    def visits(self, count: int, on: Schedule | None = None) -> list[Appointment]:
        """Visits one after another from the beginning of the absence."""
        starts = (self.start + HALF * number for number in range(count))
        return [build.visit(self.session, start, now=self.now - WEEK, on=on or self.ill) for start in starts]

    def run(self, substitute: str | None = None) -> list[Step]:
        """Every step in the test's own transaction."""
        what = self.absence(substitute)
        ids = absence.left(self.session, what, now=self.now)
        done = [absence.settle_one(self.session, what, slot_id, actor=DESK, now=self.now) for slot_id in ids]
        return [step for step in done if step is not None]

    def entry(self, visit: Appointment) -> Entry:
        return self.session.get_one(Entry, visit.entry_id)


@pytest.fixture
def clinic(session: Session, now: datetime) -> Clinic:
    return Clinic(session, now)


def fates(steps: list[Step]) -> list[str]:
    return [step.fate for step in steps]


def kinds(step: Step) -> list[str]:
    return [notice.kind for notice in step.notices]


def broken(session: Session) -> list[str]:
    """All but what misses the publication of slots that `build` makes free."""
    return sorted(set(invariants.broken(session)) - {"the_waiting_room_is_asked_before_the_public"})


def test_r122_a_substitute_keeps_every_visit_at_its_time(clinic: Clinic, session: Session) -> None:
    """R122: nothing moves, nobody is cancelled, everybody is told who will see him."""
    visits = clinic.visits(4)
    before = [(visit.starts_at, visit.version, visit.slot_id) for visit in visits]
    steps = clinic.run("dr Lis")
    assert fates(steps) == ["substituted"] * 4
    assert [(visit.starts_at, visit.version, visit.slot_id) for visit in visits] == before
    assert {visit.status for visit in visits} == {"booked"}
    assert [kinds(step) for step in steps] == [["substituted"]] * 4
    assert broken(session) == []


def test_r122_r123_a_substitute_who_has_a_patient_then_cannot(clinic: Clinic, session: Session) -> None:
    """R122, R123: only that visit is not kept."""
    visits = clinic.visits(2)
    build.visit(session, clinic.start + HALF, now=clinic.now - WEEK, on=clinic.other)
    assert fates(clinic.run("dr Lis")) == ["substituted", "cancelled"]
    session.refresh(visits[1])
    assert (visits[1].cancel_reason, clinic.entry(visits[1]).returns) == ("clinic", 0)


def test_r122_r123_the_substitutes_own_free_slots_are_taken_off_sale(clinic: Clinic, session: Session) -> None:
    """R122, R123: touching ones stay."""
    clinic.visits(1)
    clash = build.slot(session, clinic.start + HALF / 2, on=clinic.other)
    touching = build.slot(session, clinic.start + HALF, on=clinic.other)
    clinic.run("dr Lis")
    session.expire_all()
    assert (clash.state, touching.state) == ("quarantined", "free")


def test_r122_without_a_substitute_a_colleague_at_nearly_the_same_time(clinic: Clinic, session: Session) -> None:
    """R122, X12: at most half an hour, at the same place: told, not asked."""
    (visit,) = clinic.visits(1)
    build.slot(session, clinic.start + 2 * HALF, on=clinic.other)
    near = build.slot(session, clinic.start + HALF, on=clinic.other)
    (step,) = clinic.run()
    assert (step.fate, step.new_start, visit.slot_id, visit.status) == ("moved", clinic.start + HALF, near.id, "booked")
    assert kinds(step) == ["changed"]
    assert broken(session) == []


def test_r122_a_colleague_at_the_same_hour_is_told_as_such(clinic: Clinic, session: Session) -> None:
    """R122: "a new date" that is the old one would only confuse."""
    (visit,) = clinic.visits(1)
    build.slot(session, clinic.start, on=clinic.other)
    (step,) = clinic.run()
    assert (step.fate, visit.starts_at, kinds(step)) == ("moved", clinic.start, ["substituted"])


def test_r122_x12_a_far_date_is_asked_for_and_the_place_kept(clinic: Clinic, session: Session) -> None:
    """R122, X12, D1: the nearest of the clinic's, before anybody else who waits."""
    (visit,) = clinic.visits(1)
    joined = clinic.entry(visit).queue_at
    build.slot(session, clinic.start + timedelta(days=9), on=clinic.other)
    nearest = build.slot(session, clinic.start + timedelta(days=2), on=clinic.other)
    (step,) = clinic.run()
    session.expire_all()
    entry = clinic.entry(visit)
    assert (step.fate, step.new_start, nearest.state) == ("asked", nearest.starts_at, "taken")
    assert (entry.state, entry.queue_at, entry.returns) == ("offered", joined, 0)
    assert kinds(step) == ["cancelled_by_clinic", "offer"]
    assert broken(session) == []


def test_r122_two_patients_are_never_sent_to_one_free_slot(clinic: Clinic, session: Session) -> None:
    """R122, X1."""
    clinic.visits(3)
    build.slot(session, clinic.start + HALF, on=clinic.other)
    assert sorted(fates(clinic.run())) == ["cancelled", "cancelled", "moved"]
    assert broken(session) == []


def test_r122_r24_another_label_or_clinic_is_no_way_out(clinic: Clinic, session: Session) -> None:
    """R24: a slot of another pool, and one of another clinic."""
    clinic.visits(1)
    build.slot(session, clinic.start, on=clinic.other, pool="FIRST_URGENT")
    build.slot(session, clinic.start)
    assert fates(clinic.run()) == ["cancelled"]


def test_x13_unsold_slots_are_withdrawn_or_go_to_an_idle_substitute(clinic: Clinic, session: Session) -> None:
    """X13, R123: what would overlap the substitute's own is withdrawn; what lies outside stays."""
    first, second = (build.slot(session, clinic.start + HALF * number, on=clinic.ill) for number in (0, 1))
    outside = build.slot(session, clinic.start + HOURS, on=clinic.ill)
    build.slot(session, clinic.start, on=clinic.other)
    assert sorted(fates(clinic.run("dr Lis"))) == ["substituted", "withdrawn"]
    assert (first.state, second.state, second.substitute, outside.state) == ("withdrawn", "free", "dr Lis", "free")


def test_r73_an_absence_is_never_a_no_show(clinic: Clinic, session: Session) -> None:
    """R73, R122: nothing is counted against anybody."""
    clinic.visits(3)
    clinic.run()
    session.expire_all()
    assert {(entry.returns, entry.state) for entry in session.scalars(select(Entry))} == {(0, "waiting")}
    assert "noshow" not in set(session.scalars(select(Appointment.status)))


def everything(session: Session) -> list[Any]:
    tables = (Slot, Appointment, Entry, Message, Event)
    return [sorted(map(tuple, session.execute(select(*table.__table__.columns)).all()), key=str) for table in tables]


def test_x13_a_preview_says_what_is_then_done_and_does_nothing(engine: Engine, now: datetime) -> None:
    """X13: the same fates, the same times, the same words to the same people."""
    with transaction(engine) as session:
        clinic = Clinic(session, now)
        clinic.visits(5)
        build.visit(session, clinic.start + HALF, now=now - WEEK, on=clinic.other)
        build.slot(session, clinic.start + timedelta(days=2), on=clinic.other)
        plan = clinic.absence("dr Lis")
    with transaction(engine) as session:
        before = everything(session)
        shown = absence.preview(session, plan, actor=DESK, now=now)
    with transaction(engine) as session:
        assert everything(session) == before
    done = absence.apply(engine, plan, actor=DESK, now=now)
    assert fates(done) == ["substituted", "asked", "substituted", "substituted", "substituted"]

    def sayings(steps: list[Step]) -> list[Any]:
        plain = [[(one.kind, one.channel, one.facts["starts_at"]) for one in step.notices] for step in steps]
        return [(step.slot_id, step.fate, step.new_start, said) for step, said in zip(steps, plain, strict=True)]

    assert sayings(shown) == sayings(done)


@pytest.mark.parametrize("substitute", [None, "dr Lis"])
@pytest.mark.parametrize("after", range(4))
def test_x13_it_goes_on_where_it_ended(engine: Engine, now: datetime, after: int, substitute: str | None) -> None:
    """X13: a crash after any step and the same command again: every visit once, every message once."""
    with transaction(engine) as session:
        clinic = Clinic(session, now)
        clinic.visits(4)
        plan = clinic.absence(substitute)

    class Crash(Exception):
        pass

    seen: list[Step | None] = []

    def crash(step: Step | None) -> None:
        seen.append(step)
        if len(seen) > after:
            raise Crash

    with pytest.raises(Crash):
        absence.apply(engine, plan, actor=DESK, now=now, done=crash)
    rest = absence.apply(engine, plan, actor=DESK, now=now + timedelta(minutes=1))
    assert (len(seen), len(rest)) == (after + 1, 3 - after)
    assert absence.apply(engine, plan, actor=DESK, now=now + timedelta(minutes=2)) == []
    with transaction(engine) as session:
        kind = "substituted" if substitute else "cancelled_by_clinic"
        assert len(build.messages(session, kind=kind)) == 4
        assert broken(session) == []


def test_x14_a_patient_who_cancels_meanwhile_is_passed_over(engine: Engine, now: datetime) -> None:
    """X14, X13: between the list and the step."""
    with transaction(engine) as session:
        clinic = Clinic(session, now)
        (visit,) = clinic.visits(1)
        plan = clinic.absence()
        (slot_id,) = absence.left(session, plan, now=now)
    with transaction(engine) as session:
        cancellations.cancel(session, visit.id, reason="illness", actor=DESK, now=now)
    step = in_transaction(engine, lambda session: absence.settle_one(session, plan, slot_id, actor=DESK, now=now))
    assert (step and step.fate, step and step.appointment_id) == ("withdrawn", None)


def test_r122_what_makes_no_sense_is_refused(clinic: Clinic) -> None:
    """R122."""
    for ends, substitute in ((clinic.start, None), (clinic.start + HALF, "dr Nowak")):
        with pytest.raises(InvalidAbsence):
            Absence(clinic.place.provider_id, "dr Nowak", clinic.start, ends, substitute)
    assert clinic.session.get_one(Place, clinic.place.id).provider_id == clinic.place.provider_id
