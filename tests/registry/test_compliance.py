"""What the law asks of clinics by which day, which visits it pays for, and whose schedules have gone stale (R5, R6, R7, R8, R121)."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from channels.cli import app
from registry import allocation, attendance, cancellations, catalogue, compliance, contracts, offers
from registry.appointments import Appointment
from registry.catalogue import UnknownService
from registry.compliance import Finding
from registry.contracts import OutOfScope
from registry.events import Event
from registry.schedules import Place
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw
from tests.registry.test_intake import row, take

SECOND = timedelta(seconds=1)
JUNE, JULY = warsaw(date(2026, 6, 1), 0), warsaw(date(2026, 7, 1), 0)
LONG_BEFORE = warsaw(date(2026, 5, 4))
SLOT_DAY = warsaw(date(2026, 9, 1))


def contracted(session: Session, service: str = "CARDIO_FIRST") -> Place:
    place = build.clinic(session)
    contracts.sign(session, place.id, service, since=date(2026, 1, 1), actor=DESK, now=LONG_BEFORE)
    return place


def state(session: Session, now: datetime) -> compliance.State:
    (found,) = compliance.report(session, now=now)
    return found


# --- R5, R6


@pytest.mark.parametrize(
    ("delivered", "schedules", "findings"),
    [
        (JUNE - SECOND, "delivered", ()),
        (JUNE, "late", ("PAYMENT_HOLD_RISK",)),
        (None, "missing", ("PAYMENT_HOLD_RISK",)),
    ],
)  # fmt: skip
def test_r5_r6_the_last_moment_is_the_end_of_31_may(
    session: Session, delivered: datetime | None, schedules: str, findings: tuple[Finding, ...]
) -> None:
    """R5, R6, X17: 31 May 24:00 in Warsaw, of the two wordings of the sources the stricter one."""
    place = contracted(session)
    if delivered is not None:
        take(session, build.schedule(session, place), row(SLOT_DAY), now=delivered)
    found = state(session, JUNE + SECOND)
    assert (found.schedules, found.findings, found.delivered_at) == (schedules, findings, delivered)


def test_r6_before_the_deadline_nobody_is_flagged(session: Session) -> None:
    """R6: a second before 1 June nothing is late yet; what is missing is said all the same."""
    contracted(session)
    assert (state(session, JUNE - SECOND).schedules, state(session, JUNE - SECOND).findings) == ("missing", ())
    assert state(session, JUNE).findings == ("PAYMENT_HOLD_RISK",)


def test_r6_an_empty_schedule_is_none(session: Session) -> None:
    """R6: no rows, rows that withdraw, rows that are refused; the first real slot fills it, late or in time."""
    on = build.schedule(session, contracted(session))
    backwards = row(SLOT_DAY, ends_at=SLOT_DAY - SECOND)
    for rows in ((), (row(SLOT_DAY, withdrawn=True),), (backwards,)):
        take(session, on, *rows, now=LONG_BEFORE)
        assert state(session, JUNE).schedules == "empty"
    take(session, on, row(SLOT_DAY, 2), now=LONG_BEFORE + SECOND)
    assert (state(session, JUNE).schedules, state(session, JUNE).delivered_at) == ("delivered", LONG_BEFORE + SECOND)


def test_r6_a_schedule_that_was_delivered_and_taken_back_whole_is_flagged(session: Session) -> None:
    """R6: taking back a part is a clinic's right (R11)."""
    on = build.schedule(session, contracted(session))
    take(session, on, row(SLOT_DAY), row(SLOT_DAY + timedelta(days=1), name="B"), now=LONG_BEFORE)
    take(session, on, row(SLOT_DAY, 2, withdrawn=True), now=LONG_BEFORE)
    assert state(session, JUNE).findings == ()
    take(session, on, row(SLOT_DAY + timedelta(days=1), 2, name="B", withdrawn=True), now=LONG_BEFORE)
    assert (state(session, JUNE).schedules, state(session, JUNE).findings) == ("withdrawn", ("PAYMENT_HOLD_RISK",))


def test_r1_r6_private_hours_deliver_nothing(session: Session) -> None:
    """R1, R6."""
    take(session, build.schedule(session, contracted(session), kind="private"), row(SLOT_DAY), now=LONG_BEFORE)
    assert state(session, JUNE).schedules == "missing"


@pytest.mark.parametrize(
    ("since", "active", "findings"),
    [
        (date(2026, 6, 30), "active", ()), (date(2026, 7, 1), "late", ("PLACE_NOT_ACTIVE",)),
        (date(2026, 7, 20), "missing", ("PLACE_NOT_ACTIVE",)), (None, "missing", ("PLACE_NOT_ACTIVE",)),
    ],
)  # fmt: skip
def test_r5_a_place_must_be_active_by_its_own_deadline(
    session: Session, since: date | None, active: str, findings: tuple[Finding, ...]
) -> None:
    """R5: before 1 July 2026; an activation of the future is none yet."""
    place = contracted(session)
    take(session, build.schedule(session, place), row(SLOT_DAY), now=LONG_BEFORE)
    if since is not None:
        contracts.activate(session, place.id, since=since, actor=DESK, now=LONG_BEFORE)
    assert (state(session, JULY + SECOND).active, state(session, JULY + SECOND).findings) == (active, findings)
    assert state(session, JULY - SECOND).findings == ()


def test_r5_of_two_places_of_a_clinic_each_answers_for_itself(session: Session) -> None:
    """R5: one active, one not."""
    one = contracted(session)
    other = build.place(session, one.provider_id)
    contracts.sign(session, other.id, "CARDIO_FIRST", since=date(2026, 1, 1), actor=DESK, now=LONG_BEFORE)
    for place in (one, other):
        take(session, build.schedule(session, place, resource=f"dr {place.id}"), row(SLOT_DAY), now=LONG_BEFORE)
    contracts.activate(session, one.id, since=date(2026, 6, 1), actor=DESK, now=LONG_BEFORE)
    assert [(found.place_id, found.active) for found in compliance.report(session, now=JULY)] == [(one.id, "active"), (other.id, "missing")]


def test_r5_the_second_stage_has_its_own_deadlines(session: Session) -> None:
    """R5, R4: 1 January and 1 February 2027."""
    contracted(session, "NEPHROLOGY_FIRST")
    new_year, february = warsaw(date(2027, 1, 1), 0), warsaw(date(2027, 2, 1), 0)
    assert state(session, new_year - SECOND).findings == ()
    assert state(session, february - SECOND).findings == ("PAYMENT_HOLD_RISK",)
    assert state(session, february).findings == ("PAYMENT_HOLD_RISK", "PLACE_NOT_ACTIVE")


def test_r2_a_service_without_a_contract_is_found(session: Session) -> None:
    """R2: in the catalogue, on offer, and nobody has contracted it, or not any more."""
    place = build.clinic(session)
    take(session, build.schedule(session, place), row(SLOT_DAY), now=LONG_BEFORE)
    assert state(session, LONG_BEFORE).findings == ("NO_CONTRACT",)
    contracts.sign(
        session, place.id, "CARDIO_FIRST", since=date(2026, 1, 1), until=date(2026, 5, 31), actor=DESK, now=LONG_BEFORE
    )  # fmt: skip
    assert state(session, JUNE - SECOND).findings == ()
    assert state(session, JUNE).findings == ("NO_CONTRACT",)


@pytest.mark.parametrize("stage", ["deepened", "diagnostic"])
def test_r8_only_the_basic_stage_is_in_scope(session: Session, stage: str) -> None:
    """R8: the further stages of the cervical programme are refused."""
    place = build.clinic(session)
    with pytest.raises(OutOfScope):
        contracts.sign(session, place.id, "CYTO", since=date(2026, 1, 1), stage=stage, actor=DESK, now=LONG_BEFORE)
    with pytest.raises(UnknownService):
        contracts.sign(session, place.id, "COLPOSCOPY", since=date(2026, 1, 1), actor=DESK, now=LONG_BEFORE)
    assert compliance.report(session, now=JUNE) == []


def test_r5_deadlines_are_data_with_their_source() -> None:
    """R5, R6, R7, R13."""
    assert {one.stage for one in catalogue.DEADLINES} == {catalogue.STAGE_1, catalogue.STAGE_2}
    assert all(one.sources for one in catalogue.DEADLINES)


# --- R7


def took_place(session: Session, starts_at: datetime, booked_at: datetime) -> Appointment:
    visit = build.visit(session, starts_at, now=booked_at)
    return attendance.complete(session, visit.id, actor=DESK, now=starts_at + SECOND)


def judged(session: Session, first: date = date(2026, 1, 1), last: date = date(2026, 12, 31)) -> list[tuple[int, bool, str]]:
    return [(one.visit_id, one.payable, one.why) for one in compliance.payable(session, first=first, last=last)]


def test_r7_visits_are_judged_from_1_july_however_early_they_were_registered(session: Session) -> None:
    """R7: a visit of 30 June is outside the rule; one registered in June for July is paid."""
    took_place(session, JULY - timedelta(hours=10), JUNE)
    visit = took_place(session, JULY + timedelta(hours=10), JUNE)
    assert judged(session) == [(visit.id, True, "registered_before")]
    (row_,) = compliance.payable(session, first=date(2026, 7, 1), last=date(2026, 7, 1))
    event = session.get_one(Event, row_.registered_by)
    assert (event.kind, event.appointment_id, event.at, row_.registered_at, row_.channel) == ("visit.booked", visit.id, JUNE, JUNE, "desk")
    assert judged(session, last=date(2026, 6, 30)) == []


def test_r7_only_what_took_place_is_listed(session: Session) -> None:
    """R7, R129: booked, missed and cancelled visits are not."""
    starts = JULY + timedelta(hours=10)
    build.visit(session, starts, now=JUNE)
    missed = build.visit(session, starts, now=JUNE)
    attendance.miss(session, missed.id, actor=DESK, now=starts + SECOND)
    cancelled = build.visit(session, starts, now=JUNE)
    cancellations.cancel(session, cancelled.id, reason="illness", actor=PATIENT, now=JUNE)
    assert judged(session) == []


def entered_afterwards(session: Session, visit: Appointment, **facts: Any) -> None:
    """As the emergency procedure enters a visit when the system runs again: its registering event is younger than the visit."""
    booked = session.scalars(select(Event).where(Event.appointment_id == visit.id, Event.kind == "visit.booked")).one()
    booked.at, booked.facts = visit.starts_at + timedelta(hours=3), {**booked.facts, **facts}
    session.flush()


def test_r7_a_visit_entered_afterwards_counts_only_with_evidence_of_an_outage(session: Session) -> None:
    """R7: as the emergency procedure enters it."""
    starts = JULY + timedelta(hours=10)
    evident, bare, unknown = (took_place(session, starts + timedelta(hours=number), JUNE) for number in range(3))
    entered_afterwards(session, evident, outage="2026-07-01 08:00-15:00")
    entered_afterwards(session, bare)
    session.execute(text("DELETE FROM events WHERE appointment_id = :id"), {"id": unknown.id})
    assert judged(session) == [
        (evident.id, True, "registered_in_an_outage"), (bare.id, False, "registered_too_late"), (unknown.id, False, "not_registered"),
    ]  # fmt: skip


def test_r7_given_by_the_waiting_room_and_accepted_count_as_registered(session: Session) -> None:
    """R7, R47, R61: assigned above 72 hours; an offer only by its acceptance."""
    now = JULY + timedelta(hours=10)
    ids = []
    for lead in (timedelta(days=5), timedelta(hours=60)):
        build.waiting(session, now=now - timedelta(days=1))
        placed = allocation.place(session, build.slot(session, now + lead, state="pending").id, now=now)
        assert placed.appointment_id is not None
        ids.append(placed.appointment_id)
    offers.accept(session, ids[1], actor=PATIENT, now=now + SECOND)
    for visit_id in ids:
        attendance.complete(session, visit_id, actor=DESK, now=session.get_one(Appointment, visit_id).starts_at)
    found = {one.visit_id: one for one in compliance.payable(session, first=date(2026, 7, 1), last=date(2026, 7, 31))}
    assert {visit: session.get_one(Event, one.registered_by).kind for visit, one in found.items()} == {
        ids[0]: "visit.assigned", ids[1]: "offer.accepted",
    }  # fmt: skip


def test_r7_the_second_stage_has_no_such_rule_yet(session: Session) -> None:
    """R7: no source names a day for it."""
    assert catalogue.deadlines(catalogue.SERVICES["NEPHROLOGY_FIRST"]).paid_only_here is None  # type: ignore[union-attr]  # it is there


# --- R121


def test_r121_a_schedule_without_news_for_a_week_is_stale(session: Session, now: datetime) -> None:
    """R121: on the very border not yet; a repetition is news; without dates to come nothing is missing."""
    on = build.schedule(session)
    week = catalogue.POLICY.stale_after
    said = row(now + timedelta(days=30))
    take(session, on, said, now=now)
    assert compliance.stale(session, now=now + week) == []
    (found,) = compliance.stale(session, now=now + week + SECOND)
    assert (found.schedule_id, found.last_at, found.to_come) == (on.id, now, 1)
    take(session, on, said, now=now + week)
    assert compliance.stale(session, now=now + week + SECOND) == []
    assert compliance.stale(session, now=now + timedelta(days=31)) == []


# --- the command


@pytest.fixture
def world(session: Session, engine: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A clinic that has delivered nothing, in the database that the command reads."""
    monkeypatch.setenv("CER_DATABASE_URL", engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    place = contracted(session)
    session.commit()
    return place


def test_cer_compliance_reports_and_fails_with_findings(world: Place) -> None:
    """R5, R6: for people and for programs; exit code 1 when something was found."""
    result = CliRunner().invoke(app, ["compliance"])
    assert (result.exit_code, "PAYMENT_HOLD_RISK PLACE_NOT_ACTIVE [R5 R6 R7]" in result.stdout) == (1, True)
    told = json.loads(CliRunner().invoke(app, ["compliance", "--json"]).stdout)
    assert (told["kind"], told["place_id"], told["schedules"]) == ("state", world.id, "missing")
    assert CliRunner().invoke(app, ["compliance", "--clinic", "nobody"]).exit_code == 0


def test_cer_compliance_takes_contracts_and_activations(world: Place, session: Session) -> None:
    """R5, R8: and refuses what is out of scope in one line."""
    here = ["--place", str(world.id)]
    done = CliRunner().invoke(app, ["compliance", "activate", *here, "--since", "2026-06-30"])
    assert (done.exit_code, state(session, JULY).active) == (0, "active")
    sign = ["compliance", "contract", *here, "--service", "CYTO", "--since", "2026-01-01"]
    assert CliRunner().invoke(app, sign).exit_code == 0
    assert {one.service for one in compliance.report(session, now=JULY)} == {"CARDIO_FIRST", "CYTO"}
    refused = CliRunner().invoke(app, [*sign, "--stage", "diagnostic"])
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    for wrong in (["--service", "NONE"], ["--since", "1.6.2026"], ["--place", "999999"], ["--stage", "final"]):
        assert CliRunner().invoke(app, [*sign, *wrong]).exit_code == 2


def test_cer_compliance_payable_lists_visits(world: Place, session: Session) -> None:
    """R7."""
    visit = took_place(session, JULY + timedelta(hours=10), JUNE)
    session.commit()
    told = CliRunner().invoke(app, ["compliance", "payable", "--from", "2026-07-01", "--to", "2026-07-31", "--json"])
    assert (told.exit_code, json.loads(told.stdout)["visit_id"], "1 visits, 1 payable" in told.stderr) == (0, visit.id, True)
    assert CliRunner().invoke(app, ["compliance", "payable", "--from", "July", "--to", "2026-07-31"]).exit_code == 2
