"""What a schedule is for: kinds that a verdict must name, and time that a doctor or a machine spends elsewhere (R1, R26, R27)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from channels.eligibility import LocalRegister
from registry import absence, allocation, appointments, eligibility, night, screening
from registry.absence import Absence
from registry.appointments import Appointment, NotBookable
from registry.eligibility import Answer, NotEligible, Question
from registry.people import Patient
from registry.schedules import InvalidSlot, Schedule, Slot
from registry.search import free_slots
from registry.tasks import Task
from registry.waiting_room import Criteria
from tests.registry import build
from tests.registry.build import DESK, PATIENT
from tests.registry.test_intake import CLINIC, outcomes, person, row, seats, sell, take

WEEK, HALF = timedelta(days=7), timedelta(minutes=30)


def found(session: Session, service: str, now: datetime, **how: Any) -> list[int]:
    return [hit.slot_id for hit in free_slots(session, service, Criteria(date(2026, 1, 1)), category="urgent", now=now, **how).found]


def states(session: Session, on: Schedule, name: str = "A1") -> list[str]:
    return [slot.state for slot in seats(session, on, name)]


# --- R26


class Register:
    """SIMP that answers with these kinds."""

    def __init__(self, *kinds: Any) -> None:
        self.kinds = kinds

    def ask(self, question: Question) -> Answer:
        return Answer(True, "qualified", "r-1", kinds=self.kinds)


def asked(session: Session, engine: Engine, now: datetime, *kinds: str) -> Patient:
    person = build.patient(session)
    session.commit()
    assert eligibility.ask(engine, Register(*kinds), person.id, "CYTO", actor=PATIENT, now=now) is not None
    return person


@pytest.mark.parametrize(
    ("named", "open_kinds"),
    [((), {"sample"}), (("sample",), {"sample"}), (("advice",), {"advice"}), (("sample", "advice"), {"sample", "advice"})],
)  # fmt: skip
def test_r26_who_qualifies_for_one_kind_is_neither_offered_nor_booked_the_other(
    session: Session, engine: Engine, now: datetime, named: tuple[str, ...], open_kinds: set[str]
) -> None:
    """R26: a verdict that names no kind is one for a sample; search and booking agree on each."""
    place = build.clinic(session)
    slots = {
        kind: build.slot(session, now + WEEK, on=build.schedule(session, place, service="CYTO", resource=kind, kind=kind)).id
        for kind in ("sample", "advice")
    }
    who = asked(session, engine, now, *named)
    kinds = eligibility.kinds_open(eligibility.todays_verdict(session, who.id, "CYTO", now=now))
    assert kinds == open_kinds
    assert set(found(session, "CYTO", now, kinds=kinds)) == {slots[kind] for kind in open_kinds}
    for kind in sorted({"sample", "advice"} - open_kinds):
        with pytest.raises(NotEligible, match="kind"):
            appointments.book(session, who.id, slots[kind], actor=DESK, now=now, visit_type="screening")
    chosen = slots[min(open_kinds)]
    assert appointments.book(session, who.id, chosen, actor=PATIENT, now=now, visit_type="screening").status == "booked"


def test_r26_without_a_verdict_search_shows_samples_only(session: Session, now: datetime) -> None:
    """R26: a schedule that says nothing of its kind is of the usual one."""
    usual = build.slot(session, now + WEEK, service="CYTO")
    build.slot(session, now + WEEK, on=build.schedule(session, service="CYTO", kind="advice"))
    assert found(session, "CYTO", now) == [usual.id]
    assert found(session, "CYTO", now, kinds=frozenset()) == []


def test_r26_r85_an_exam_is_not_moved_into_another_kind(session: Session, engine: Engine, now: datetime) -> None:
    """R26, R85: all or nothing, the old visit stays."""
    old = build.slot(session, now + WEEK, service="CYTO")
    advice = build.slot(session, now + 2 * WEEK, on=build.schedule(session, service="CYTO", kind="advice"))
    who = asked(session, engine, now)
    visit = appointments.book(session, who.id, old.id, actor=PATIENT, now=now, visit_type="screening")
    with pytest.raises(NotEligible):
        screening.change(session, visit.id, advice.id, actor=PATIENT, now=now)
    assert (session.get_one(Slot, advice.id).state, session.get_one(Appointment, visit.id).status) == ("free", "booked")


@pytest.mark.parametrize(("service", "kind"), [("CARDIO_FIRST", "sample"), ("MAMMO", "advice"), ("CYTO", "programme")])
def test_r26_a_schedule_of_a_kind_that_its_service_does_not_have_is_refused(
    session: Session, now: datetime, service: str, kind: str
) -> None:
    """R26, R28: row by row, with the reason."""
    on = build.schedule(session, service=service, kind=kind)
    pool: Any = "FIRST_STABLE" if service == "CARDIO_FIRST" else "SCREENING"
    (result,) = take(session, on, row(now + WEEK, pool=pool), now=now)
    assert (result.outcome, result.why) == ("refused", ("kind",))
    with pytest.raises(InvalidSlot):
        build.slot(session, now + WEEK, on=on, pool=pool)


# --- R1, R27: time that is not ours

ELSEWHERE = [("CARDIO_FIRST", "private", "FIRST_STABLE"), ("MAMMO", "other_contract", "SCREENING"), ("MAMMO", "private", "SCREENING")]


@pytest.mark.parametrize(("service", "kind", "pool"), ELSEWHERE)
def test_r1_r27_other_hours_are_never_sold_offered_or_given(
    session: Session, engine: Engine, now: datetime, service: str, kind: str, pool: Any
) -> None:
    """R1, R27, R40: not in search under any kind, not to the waiting room, not at the desk, not by the night."""
    on = build.schedule(session, service=service, kind=kind)
    take(session, on, row(now + WEEK, pool=pool), now=now)
    (slot,) = seats(session, on)
    entry = build.waiting(session, now=now)
    session.commit()
    assert slot.state == "blocked"
    assert found(session, service, now, kinds=frozenset({"programme", "other_contract", "private", "visit"})) == []
    assert allocation.due_slots(session, now=now) == []
    night.run(engine, clock=lambda: now)
    session.refresh(entry)
    assert entry.state == "waiting"
    who = build.patient(session)
    build.eligible(session, who, service, now=now)
    type_: Any = "first" if service == "CARDIO_FIRST" else "screening"
    for actor in (PATIENT, DESK):
        with pytest.raises(NotBookable):
            appointments.book(session, who.id, slot.id, actor=actor, now=now, visit_type=type_)


def test_r1_patients_of_other_hours_are_not_ours_to_know(session: Session, now: datetime) -> None:
    """R1, X34: no visit, no patient, and the repetition is a repetition all the same."""
    on = build.schedule(session, kind="private")
    said = row(now + WEEK, booked=(person(77),))
    (first,) = take(session, on, said, now=now)
    assert (first.outcome, first.visits) == ("accepted", ())
    assert session.scalars(select(Patient.id).where(Patient.identifier == person(77).identifier)).all() == []
    assert outcomes(take(session, on, said, now=now)) == ["unchanged"]


@pytest.mark.parametrize(("service", "kind", "pool"), ELSEWHERE)
def test_r1_r27_they_block_their_doctor_or_machine(session: Session, now: datetime, service: str, kind: str, pool: Any) -> None:
    """R1, R27, R123: a slot on sale goes off it, whichever came first; touching it does not matter; it comes back when they are gone."""
    place = build.clinic(session)
    ours, theirs = (build.schedule(session, place, service=service, resource="zasób 1", kind=one) for one in (None, kind))
    take(session, ours, row(now + WEEK, pool=pool), row(now + WEEK + HALF, pool=pool, name="next"), now=now)
    take(session, theirs, row(now + WEEK, pool=pool), now=now)
    assert (states(session, ours), states(session, ours, "next"), states(session, theirs)) == (["quarantined"], ["pending"], ["blocked"])
    later = take(session, ours, row(now + WEEK + HALF / 2, pool=pool, name="later"), now=now)
    assert later[0].quarantined
    take(session, ours, row(now + WEEK + HALF / 2, 2, pool=pool, name="later", withdrawn=True), now=now)
    take(session, theirs, row(now + WEEK, 2, pool=pool, withdrawn=True), now=now)
    assert states(session, ours) == ["pending"]


def test_r1_a_visit_in_hours_that_become_private_is_kept_and_a_person_decides(session: Session, now: datetime) -> None:
    """R1, R123: nobody is sent away by a timetable."""
    place = build.clinic(session)
    ours, theirs = (build.schedule(session, place, kind=kind) for kind in (None, "private"))
    take(session, ours, row(now + WEEK), now=now)
    visit = sell(session, seats(session, ours)[0], now)
    take(session, theirs, row(now + WEEK), now=now)
    assert session.get_one(Appointment, visit.id).status == "booked"
    assert session.scalars(select(Task.appointment_id).where(Task.kind == "sold_twice")).all() == [visit.id]


def test_r1_moved_private_hours_block_their_new_time(session: Session, now: datetime) -> None:
    """R1, X12: and free the old one."""
    place = build.clinic(session)
    ours, theirs = (build.schedule(session, place, kind=kind) for kind in (None, "private"))
    take(session, ours, row(now + WEEK), row(now + 2 * WEEK, name="B"), now=now)
    take(session, theirs, row(now + WEEK), now=now)
    take(session, theirs, row(now + 2 * WEEK, 2), now=now)
    assert (states(session, ours), states(session, ours, "B"), states(session, theirs)) == (["pending"], ["quarantined"], ["blocked"])


def test_r1_r122_a_doctor_with_private_hours_cannot_stand_in(session: Session, engine: Engine, now: datetime) -> None:
    """R1, R122: the substitute sees private patients then; the visit is not put upon him."""
    place = build.clinic(session)
    ours = build.schedule(session, place, resource="dr Nowak")
    theirs = build.schedule(session, place, resource="dr Lis", kind="private")
    take(session, ours, row(now + WEEK), now=now)
    take(session, theirs, row(now + WEEK), now=now)
    visit = sell(session, seats(session, ours)[0], now)
    session.commit()
    away = Absence(place.provider_id, "dr Nowak", now + WEEK, now + WEEK + HALF, substitute="dr Lis")
    steps = absence.apply(engine, away, actor=CLINIC, now=now)
    assert [step.fate for step in steps] == ["cancelled"]
    session.expire_all()
    assert session.get_one(Appointment, visit.id).cancel_reason == "clinic"


# --- R8, R84: the mobile unit


def test_r8_r84_a_mobile_unit_is_where_its_slot_is(session: Session, engine: Engine, now: datetime) -> None:
    """R8, R84: one machine, another address each day; search names that day's, and two addresses at one time overlap (R27)."""
    monday = build.clinic(session, name="Mammobus, Rynek 1")
    tuesday = build.place(session, monday.provider_id, name="Mammobus, Szkolna 2")
    here, there = (build.schedule(session, place, service="MAMMO", resource="mammobus") for place in (monday, tuesday))
    day = timedelta(days=1)
    take(session, here, row(now + WEEK, pool="SCREENING"), now=now)
    take(
        session, there, row(now + WEEK + day, pool="SCREENING"), row(now + WEEK + HALF / 2, pool="SCREENING", name="both"), now=now
    )  # fmt: skip
    assert (states(session, here), states(session, there), states(session, there, "both")) == (["pending"], ["pending"], ["quarantined"])
    session.commit()
    allocation.place_due(engine, now=now)
    hits = free_slots(session, "MAMMO", Criteria(date(2026, 1, 1)), category="stable", now=now).found
    assert [hit.clinic for hit in hits] == ["Mammobus, Rynek 1", "Mammobus, Szkolna 2"]


def test_r80_r26_the_local_register_names_no_kind() -> None:
    """R26: so its verdicts are for samples and for the programme."""
    answer = LocalRegister().ask(Question("PESEL", "70060110003", "CYTO", date(2026, 11, 18)))
    assert answer.kinds == ()
