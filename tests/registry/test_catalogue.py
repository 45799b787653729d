"""What is offered, from which day, and under which figures: the catalogue as dated data, and its printing."""

import json
from dataclasses import fields
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from channels.registry_cli.policy import app
from registry import allocation, appointments, catalogue, explanations, in_force, legal, night
from registry.appointments import Appointment, NotBookable
from registry.catalogue import FIRST, POLICY, SERVICES, WHO_MAY_TAKE, NotInForce
from registry.database import transaction
from registry.schedules import InvalidSlot, Slot
from registry.search import free_slots
from registry.waiting_room import Criteria
from tests.registry import build
from tests.registry.build import DESK, warsaw

# R2, R3: the scopes as the source lists them.
STAGE_1 = {"CARDIO_FIRST", "MAMMO", "CYTO"}
STAGE_2 = {
    "VASCULAR_FIRST", "INFECTIOUS_FIRST", "ENDOCRINOLOGY_FIRST", "HEPATOLOGY_FIRST", "IMMUNOLOGY_FIRST", "CYSTIC_FIBROSIS_FIRST",
    "NEPHROLOGY_FIRST", "NEONATOLOGY_FIRST", "PULMONOLOGY_FIRST",
}  # fmt: skip


def offered(day: date) -> set[str]:
    return {value.name.split(".")[1] for value in in_force.values(day) if value.name.startswith("service.")}


@pytest.mark.parametrize(
    ("day", "services"),
    [
        (date(2025, 12, 31), set()), (date(2026, 1, 1), STAGE_1), (date(2026, 7, 31), STAGE_1), (date(2026, 8, 1), STAGE_1 | STAGE_2),
    ],
)  # fmt: skip
def test_r2_r3_r4_the_stages_begin_on_their_days(day: date, services: set[str]) -> None:
    """R2, R3, R4, D19: three services from 1 January 2026, nine more from 1 August; vaccination has its own beginning (R86)."""
    assert offered(day) == services | {"HPV_VACCINATION"}


@pytest.mark.parametrize("code", sorted(STAGE_2))
def test_r3_a_scope_of_stage_2_inherits_the_rules_of_first_visits(code: str) -> None:
    """R3: 40 days, a referral, the waiting room, the same pools."""
    service = SERVICES[code]
    assert (service.horizon_days, service.needs_referral, service.waiting_room, service.first_pools) == (40, True, True, FIRST)


def test_r4_a_visit_before_its_stage_can_be_neither_offered_nor_booked(session: Session) -> None:
    """R4, D19: the day of the visit decides, in Warsaw, not the day of booking."""
    now = warsaw(date(2026, 7, 20))
    first_day, too_early = warsaw(date(2026, 8, 1), 0), warsaw(date(2026, 8, 1), 0) - timedelta(seconds=1)
    person, where = build.patient(session), build.schedule(session, service="NEPHROLOGY_FIRST")
    right = build.referral(session, person, service="NEPHROLOGY_FIRST")
    with pytest.raises(InvalidSlot):
        build.slot(session, too_early, pool="FIRST_STABLE", on=where)
    free = build.slot(session, first_day, pool="FIRST_STABLE", on=where)
    assert appointments.book(session, person.id, free.id, actor=DESK, now=now, referral_id=right.id).status == "booked"
    early = build.slot(session, first_day + timedelta(days=1), pool="FIRST_STABLE", on=where)
    early.starts_at, early.local_date = too_early, date(2026, 7, 31)
    session.flush()
    other = build.patient(session)
    with pytest.raises(NotBookable):
        appointments.book(
            session, other.id, early.id, actor=DESK, now=now, referral_id=build.referral(session, other, service="NEPHROLOGY_FIRST").id
        )  # fmt: skip


@pytest.mark.parametrize(("service", "type_"), [("MAMMO", "first"), ("CARDIO_FIRST", "screening"), ("CARDIO_FIRST", "vaccination")])
def test_r2_a_service_is_booked_as_what_it_is(session: Session, now: datetime, service: str, type_: catalogue.VisitType) -> None:
    """R2, R78: no way around a service's own checks by another kind of visit."""
    free = build.slot(session, now + timedelta(days=7), service=service)
    with pytest.raises(NotBookable):
        appointments.book(session, build.patient(session).id, free.id, actor=DESK, now=now, visit_type=type_)


def test_x25_each_service_has_one_matrix_of_a_version() -> None:
    """X25, D2: none before the first stage of all, and no other until the law changes."""
    for code, service in SERVICES.items():
        matrix = catalogue.matrix(code, service.since)
        assert (matrix.version, dict(matrix.who)) == (1, WHO_MAY_TAKE)
        assert catalogue.matrix(code, date(2030, 1, 1)) == matrix
        with pytest.raises(NotInForce):
            catalogue.matrix(code, date(2024, 8, 31))


@pytest.fixture
def second_matrix(monkeypatch: pytest.MonkeyPatch) -> date:
    """The first day of a later version, by which stable patients may have urgent dates too."""
    day = date(2026, 12, 1)
    who = {**WHO_MAY_TAKE, "FIRST_URGENT": frozenset({"urgent", "stable", "privileged"})}
    later = catalogue.Matrix(2, day, frozenset({"CARDIO_FIRST"}), who)
    monkeypatch.setattr(catalogue, "MATRICES", (*catalogue.MATRICES, later))
    return day


def test_x25_search_goes_by_the_matrix_of_the_visits_day(session: Session, now: datetime, second_matrix: date) -> None:
    """X25, R4, R40: the last day of the old version and the first of the new one."""
    build.slot(session, warsaw(second_matrix, 0) - timedelta(seconds=1), pool="FIRST_URGENT")
    new = build.slot(session, warsaw(second_matrix, 0), pool="FIRST_URGENT")
    hits = free_slots(session, "CARDIO_FIRST", Criteria(date(2026, 1, 1)), category="stable", now=now)
    assert [hit.slot_id for hit in hits.found] == [new.id]


def test_x25_booking_goes_by_the_matrix_of_the_visits_day(session: Session, now: datetime, second_matrix: date) -> None:
    """X25, D2: the same two days."""
    person = build.patient(session)
    right = build.referral(session, person)
    old = build.slot(session, warsaw(second_matrix, 0) - timedelta(seconds=1), pool="FIRST_URGENT")
    new = build.slot(session, warsaw(second_matrix, 0), pool="FIRST_URGENT")
    with pytest.raises(NotBookable):
        appointments.book(session, person.id, old.id, actor=DESK, now=now, referral_id=right.id)
    assert appointments.book(session, person.id, new.id, actor=DESK, now=now, referral_id=right.id).status == "booked"


@pytest.mark.parametrize("whole_night", [False, True])
def test_x25_the_waiting_room_goes_by_the_matrix_of_the_visits_day(engine: Engine, second_matrix: date, *, whole_night: bool) -> None:
    """X25, X21: the freed slot and the night read the same version for each slot, and the explanation too (X22)."""
    now = warsaw(date(2026, 11, 18), 1)
    with transaction(engine) as session:
        where = build.clinic(session)
        new = build.slot(session, warsaw(second_matrix), pool="FIRST_URGENT", state="pending", where=where).id
        old = build.slot(session, warsaw(second_matrix - timedelta(days=1)), pool="FIRST_URGENT", state="pending", where=where).id
        first, second = (build.waiting(session, now=now - timedelta(days=days)).id for days in (2, 1))
    if whole_night:
        night.run(engine, clock=lambda: now)
    else:
        assert allocation.place_due(engine, now=now) == 2
    with transaction(engine) as session:
        assert session.get_one(Slot, old).state == "free"
        assert session.scalars(select(Appointment.slot_id).where(Appointment.entry_id == first)).all() == [new]
        assert explanations.explain(session, second).reasons == {"earlier": 1}


def test_r46_the_waiting_room_is_a_field_of_each_service() -> None:
    """R46, R3."""
    assert {code for code, service in SERVICES.items() if service.waiting_room} == STAGE_2 | {"CARDIO_FIRST"}


def test_every_value_in_force_names_its_source() -> None:
    """R13, X36: each printed figure has at least one id of a requirement or decision."""
    values = in_force.values(date(2026, 11, 18))
    assert {value.name for value in values if value.name.startswith("policy.")} == {f"policy.{one.name}" for one in fields(POLICY)}
    assert [value.name for value in values if not value.sources] == []
    assert len({value.name for value in values}) == len(values)


def test_r13_every_rule_has_a_document_and_a_standing() -> None:
    """R13, X36: none of unknown origin; every requirement of the catalogue's sources was read somewhere."""
    for value in in_force.values(date(2026, 11, 18)):
        assert set(value.basis) <= set(legal.DOCUMENTS), value.name
        assert value.basis, value.name
    for number in range(1, 143):
        assert legal.documents([f"R{number}"]), number


@pytest.mark.parametrize(
    ("day", "pilot", "law"),
    [
        (date(2025, 12, 31), "in_force", "not_yet"), (date(2026, 1, 1), "ended", "in_force"), (date(2024, 8, 5), "not_yet", "not_yet"),
    ],
)  # fmt: skip
def test_r13_the_law_follows_the_pilot(day: date, pilot: str, law: str) -> None:
    """R13: the four records of the source, dated; a draft stays one until somebody enters the act."""
    assert (legal.DOCUMENTS["DU/2024/1212"].standing(day), legal.DOCUMENTS["DU/2025/1537"].standing(day)) == (pilot, law)
    assert legal.DOCUMENTS["RCL/12403901"].standing(day) == "draft"


@pytest.mark.parametrize(
    ("sources", "standing"),
    [
        (("R6",), "in_force"), (("R31",), "guidance"), (("D5", "X19"), "own"), (("D4", "R60"), "guidance"), (("R99",), "in_force"),
        (("R4", "R31"), "guidance"), (("R6", "D19"), "in_force"),
    ],
)  # fmt: skip
def test_r13_x36_a_rule_says_what_it_is_worth(sources: tuple[str, ...], standing: str) -> None:
    """R13, X36: an act, guidance only, or our own decision."""
    assert legal.standing(sources, date(2026, 11, 18)) == standing


def test_x36_of_two_wordings_the_newer_official_one_holds() -> None:
    """X36, R5: "do 1 czerwca" (2025) against "do 31.05.2026" (2026), and an act against both; before it is out, the older one."""
    assert legal.newest(("webinar-2025", "answers-2026"), date(2026, 11, 18)).code == "answers-2026"
    assert legal.newest(("webinar-2025", "answers-2026"), date(2026, 4, 30)).code == "webinar-2025"
    assert legal.newest(("answers-2026", "DU/2025/1537"), date(2026, 11, 18)).code == "DU/2025/1537"
    assert catalogue.DEADLINES[0].schedules == date(2026, 6, 1)


def test_cer_policy_prints_one_json_object() -> None:
    """R4, D4, R78, R89: a program reads the same values that the registry decides by."""
    told = json.loads(CliRunner().invoke(app, ["--date", "2026-08-01", "--json"]).stdout)
    values = {value["name"]: value for value in told["values"]}
    assert told["date"] == "2026-08-01"
    assert (values["policy.assign_above"]["value"], values["policy.assign_above"]["sources"]) == ("72 h", ["D4", "R60"])
    assert values["service.PULMONOLOGY_FIRST.horizon_days"] == {
        "name": "service.PULMONOLOGY_FIRST.horizon_days", "value": 40, "sources": ["R3", "R4", "R31", "D19"], "since": "2026-08-01",
        "basis": ["decisions", "DU/2025/1537", "webinar-2025", "RCL/12403901"], "standing": "guidance",
    }  # fmt: skip
    assert values["screening.CYTO.months_after"]["value"] == {"CYTO_CLASSIC": 36, "HPV_HR": 60}
    assert (values["vaccine.HPV_VACCINATION.gap_from_months"]["value"], values["vaccine.HPV_VACCINATION.gap_to_months"]["value"]) == (6, 12)
    calls = values["policy.call_hours"]["value"]
    assert calls == {"from": "09:00", "to": "19:00", "iso_weekdays": [1, 2, 3, 4, 5, 6], "on_holidays": False}


@pytest.mark.parametrize(("given", "binds"), [("true", True), ("false", False)])
def test_r31_cer_policy_prints_the_desks_switch_as_it_is_set(monkeypatch: pytest.MonkeyPatch, given: str, *, binds: bool) -> None:
    """R31: whoever runs the installation sees whether day 40 binds the desks."""
    monkeypatch.setenv("CER_DESK_WITHIN_HORIZON", given)
    told = json.loads(CliRunner().invoke(app, ["--json"]).stdout)
    (value,) = (one for one in told["values"] if one["name"] == "policy.desk_within_horizon")
    assert (value["value"], value["sources"]) == (binds, ["R31", "D4"])
    monkeypatch.setenv("CER_DESK_WITHIN_HORIZON", "perhaps")
    assert CliRunner().invoke(app, []).exit_code == 2


def test_cer_policy_for_people() -> None:
    """R4: before the stage its services are not printed; a wrong date ends with one line and code 2."""
    printed = CliRunner().invoke(app, ["--date", "2026-07-31"])
    assert printed.exit_code == 0
    assert "policy.offer_lives = 4 h    [D5 X19; own: derived decisions]" in printed.stdout
    assert "projekt rozporządzenia Ministra Zdrowia" in printed.stdout
    assert "PULMONOLOGY" not in printed.stdout
    wrong = CliRunner().invoke(app, ["--date", "31.07.2026"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")
