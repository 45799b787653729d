"""Screening exams: who qualifies, what a booking rests on, what an outage does, and what SIMP hears."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from channels.eligibility import LocalRegister, Simp
from registry import appointments, attendance, cancellations, eligibility, pesel, screening
from registry.appointments import Appointment, NotBookable
from registry.eligibility import (
    Answer,
    EligibilityUnavailable,
    NotEligible,
    OnlyThroughTheClinic,
    PendingQuestion,
    Question,
    Verdict,
)
from registry.people import Patient
from registry.schedules import Slot, SlotTaken
from registry.screening import Exam, Report
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

WEEK, DAY, MINUTE = timedelta(days=7), timedelta(days=1), timedelta(minutes=1)
TODAY = date(2026, 11, 18)


def woman(session: Session, *, born: date = date(1970, 6, 1), serial: int = 1000) -> Patient:
    """A patient whose PESEL says when she was born and that she is a woman."""
    ten = f"{born.year % 100:02}{born.month:02}{born.day:02}{serial:04}"
    made = build.patient(session, given_name="Ewa", family_name="Lis")
    made.identifier, made.birth_date = ten + pesel.checksum(ten), born
    session.flush()
    return made


def judge(service: str, *exams: Exam, born: date = date(1970, 6, 1), sex: pesel.Sex = "female", insured: bool = True) -> Answer:
    return screening.judge(service, born=born, sex=sex, exams=exams, insured=insured, as_of=TODAY, reference="x")


# --- the programmes' figures


@pytest.mark.parametrize(
    ("service", "kind", "last_exam"),
    [
        ("MAMMO", "MAMMO", date(2024, 11, 18)), ("CYTO", "CYTO_CLASSIC", date(2023, 11, 18)), ("CYTO", "HPV_HR", date(2021, 11, 18)),
    ],
)  # fmt: skip
def test_r78_on_the_anniversary_she_qualifies_again(service: str, kind: str, last_exam: date) -> None:
    """R78, R79: after 2, 3 and 5 years, the very day included; a day sooner she hears from when."""
    assert judge(service, Exam(kind, last_exam)).qualified
    early = judge(service, Exam(kind, last_exam + DAY))
    assert (early.qualified, early.reason, early.qualifies_from) == (False, "too_early", TODAY + DAY)


def test_r78_the_latest_exam_counts_and_another_programmes_does_not() -> None:
    """R78, R79: an HPV test of four years ago weighs more than a smear of ten; a mammography says nothing of the cervix."""
    assert judge("CYTO", Exam("CYTO_CLASSIC", date(2016, 1, 1)), Exam("HPV_HR", date(2022, 1, 1))).qualifies_from == date(2027, 1, 1)
    assert judge("CYTO", Exam("MAMMO", date(2026, 1, 1))).qualified


@pytest.mark.parametrize(("service", "youngest", "oldest"), [("MAMMO", 45, 74), ("CYTO", 25, 64)])
def test_r78_ages_go_by_the_calendar_year(service: str, youngest: int, oldest: int) -> None:
    """R78 (the limits are the programmes' own): 1 January and 31 December of a year are one."""
    for age, qualifies in ((youngest - 1, False), (youngest, True), (oldest, True), (oldest + 1, False)):
        for born in (date(2026 - age, 1, 1), date(2026 - age, 12, 31)):
            assert judge(service, born=born).qualified == qualifies


def test_r83_who_does_not_qualify_hears_why() -> None:
    """R83: a man's PESEL, no insurance; she may qualify for one exam and not for the other."""
    assert judge("MAMMO", sex="male").reason == "not_in_programme"
    assert judge("MAMMO", insured=False).reason == "not_insured"
    recent = Exam("MAMMO", date(2026, 1, 1))
    assert (judge("MAMMO", recent).qualified, judge("CYTO", recent).qualified) == (False, True)


# --- verdicts and bookings


def committed_woman(session: Session, **more: Any) -> Patient:
    made = woman(session, **more)
    session.commit()
    return made


def test_r80_a_verdict_is_stored_with_its_moment_and_carries_the_booking(session: Session, engine: Engine, now: datetime) -> None:
    """R80: as of the day of booking, with SIMP's reference, tied to the visit."""
    patient, free = woman(session), build.slot(session, now + WEEK, service="MAMMO")
    session.commit()
    verdict = eligibility.ask(engine, LocalRegister(), patient.id, "MAMMO", actor=PATIENT, now=now)
    assert verdict is not None
    assert (verdict.qualified, verdict.as_of, verdict.asked_at, verdict.reference) == (True, TODAY, now, "local-MAMMO-2026-11-18")
    visit = appointments.book(session, patient.id, free.id, actor=PATIENT, now=now + MINUTE, visit_type="screening")
    assert (visit.status, visit.verdict_id) == ("booked", verdict.id)


@pytest.mark.parametrize("what", ["none", "refused", "yesterday's", "another's", "of another exam", "refused since"])
def test_r80_without_a_verdict_of_today_nothing_is_booked(session: Session, now: datetime, what: str) -> None:
    """R80, X17: whoever books; the Warsaw day counts, and the newest word."""
    patient, free = woman(session), build.slot(session, now + WEEK, service="MAMMO")
    whose = woman(session, serial=1001) if what == "another's" else patient
    if what != "none":
        asked = warsaw(TODAY - DAY, 23, 59) if what == "yesterday's" else warsaw(TODAY, 0)
        verdict = build.eligible(session, whose, "CYTO" if what == "of another exam" else "MAMMO", now=asked)
        verdict.qualified = what != "refused"
    if what == "refused since":
        build.eligible(session, patient, "MAMMO", now=now).qualified = False
    session.flush()
    for actor in (PATIENT, DESK):
        with pytest.raises(NotEligible):
            appointments.book(session, patient.id, free.id, actor=actor, now=now, visit_type="screening")
    assert session.get_one(Slot, free.id).state == "free"


def test_r80_a_verdict_of_the_same_warsaw_day_carries_until_midnight(session: Session) -> None:
    """R80, X17: asked at 00:00, booked at 23:59:59; a second later it is another day."""
    patient, free = woman(session), build.slot(session, warsaw(TODAY) + WEEK, service="MAMMO")
    build.eligible(session, patient, "MAMMO", now=warsaw(TODAY, 0))
    last = warsaw(TODAY, 23, 59, 59)
    assert eligibility.require(session, patient.id, free, now=last)
    with pytest.raises(NotEligible):
        eligibility.require(session, patient.id, free, now=last + timedelta(seconds=1))


def test_x35_who_has_no_pesel_is_checked_by_the_clinic(session: Session, engine: Engine, now: datetime) -> None:
    """X35."""
    patient = woman(session)
    patient.identifier_system, patient.identifier = "PASSPORT", "FE123456"
    session.commit()
    with pytest.raises(OnlyThroughTheClinic):
        eligibility.ask(engine, LocalRegister(), patient.id, "MAMMO", actor=PATIENT, now=now)
    verdict = eligibility.ask(engine, LocalRegister(), patient.id, "MAMMO", actor=DESK, now=now)
    assert verdict is not None
    assert not verdict.qualified


# --- outage


@dataclass
class Wire:
    """A real HTTP server that answers as SIMP might: what it heard, and what it says next."""

    url: str = ""
    heard: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    says: Callable[[str, dict[str, Any]], tuple[int, bytes]] = lambda path, body: (200, b"")


@contextmanager
def simp_wire() -> Iterator[Wire]:
    wire = Wire()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            wire.heard.append((self.path, body, dict(self.headers.items())))
            status, answer = wire.says(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    wire.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with simp_wire() as one:
        yield one


@pytest.fixture
def simp(wire: Wire) -> Iterator[Simp]:
    port = Simp(wire.url, "token")
    yield port
    port.close()


def good(path: str, body: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps({"qualified": True, "reason": "qualified", "reference": "S-1", "asOf": body["asOf"]}).encode()


QUESTION = Question("PESEL", "70060110007", "MAMMO", TODAY)


def test_r80_simp_is_asked_over_http(simp: Simp, wire: Wire) -> None:
    """R80: whom, which exam, as of which day; with the token; the answer with its reference."""
    wire.says = good
    assert simp.ask(QUESTION) == Answer(True, "qualified", "S-1")
    path, body, headers = wire.heard[0]
    assert (path, headers["authorization" if "authorization" in headers else "Authorization"]) == ("/eligibility", "Bearer token")
    assert body == {"identifierSystem": "PESEL", "identifier": "70060110007", "service": "MAMMO", "asOf": "2026-11-18"}


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""), (404, b"{}"), (200, b""), (200, b"no JSON"), (200, b"[]"), (200, b"{}"), (302, b""),
        (200, b'{"qualified": true, "reason": "qualified", "reference": "S", "asOf": "2026-11-17"}'),
        (200, b'{"qualified": true, "reason": "age", "reference": "S", "asOf": "2026-11-18"}'),
        (200, b'{"qualified": "yes", "reason": "qualified", "reference": "S", "asOf": "2026-11-18"}'),
        (200, b'{"qualified": false, "reason": "qualified", "reference": "S", "asOf": "2026-11-18"}'),
    ],
)  # fmt: skip
def test_r80_what_is_no_answer_beyond_doubt_is_none(simp: Simp, wire: Wire, answer: tuple[int, bytes]) -> None:
    """R80: an error, an unreadable answer, one for another day, one that contradicts itself."""
    wire.says = lambda path, body: answer
    with pytest.raises(EligibilityUnavailable):
        simp.ask(QUESTION)


def test_r80_a_reason_that_we_do_not_know_is_still_a_refusal(simp: Simp, wire: Wire) -> None:
    """R80, R83."""
    wire.says = lambda path, body: (200, b'{"qualified": false, "reason": "moon", "reference": "S", "asOf": "2026-11-18"}')
    assert simp.ask(QUESTION) == Answer(False, "other", "S")


def test_r80_an_outage_books_nothing_asks_again_and_has_her_called_back(
    session: Session, engine: Engine, now: datetime, simp: Simp, wire: Wire
) -> None:
    """R80: one open question and one task however often she tries; the pauses grow; the answer then carries a booking."""
    patient, free = woman(session), build.slot(session, now + WEEK, service="MAMMO")
    session.commit()
    wire.says = lambda path, body: (503, b"")
    for moment in (now, now + MINUTE):
        assert eligibility.ask(engine, simp, patient.id, "MAMMO", actor=PATIENT, now=moment) is None
    with pytest.raises(NotEligible):
        appointments.book(session, patient.id, free.id, actor=PATIENT, now=now + MINUTE, visit_type="screening")
    session.rollback()
    (pending,) = session.scalars(select(PendingQuestion)).all()
    assert (pending.asked_at, pending.tries, pending.due_at) == (now, 2, now + 11 * MINUTE)
    assert list(session.scalars(select(Task.kind).where(Task.patient_id == patient.id))) == ["call_back"]
    wire.says = good
    assert eligibility.ask_due(engine, simp, actor=DESK, now=now + 10 * MINUTE) == 0
    assert eligibility.ask_due(engine, simp, actor=DESK, now=now + 11 * MINUTE) == 1
    assert eligibility.ask_due(engine, simp, actor=DESK, now=now + WEEK) == 0
    visit = appointments.book(session, patient.id, free.id, actor=DESK, now=now + 12 * MINUTE, visit_type="screening")
    assert session.get_one(Verdict, visit.verdict_id).reference == "S-1"


def test_r80_nobody_there_at_all_is_an_outage(session: Session, engine: Engine, now: datetime) -> None:
    """R80: the connection is refused."""
    with simp_wire() as gone:
        port = Simp(gone.url, "token")
    patient = committed_woman(session)
    assert eligibility.ask(engine, port, patient.id, "MAMMO", actor=PATIENT, now=now) is None
    port.close()


# --- change


def booked(session: Session, now: datetime, patient: Patient) -> Appointment:
    return build.visit(session, now + WEEK, now=now, of=patient, service="MAMMO")


def test_r85_a_change_is_two_records_and_one_message(session: Session, now: datetime) -> None:
    """R85, R100: the new visit, then the old one cancelled and its slot free for others; the patient hears of one change."""
    patient = woman(session)
    old, new_slot = booked(session, now, patient), build.slot(session, now + 2 * WEEK, service="MAMMO")
    new = screening.change(session, old.id, new_slot.id, actor=PATIENT, now=now + MINUTE)
    assert new.id != old.id
    assert (old.status, new.status, new.moved_from) == ("cancelled", "booked", old.starts_at)
    assert [session.get_one(Slot, one).state for one in (old.slot_id, new.slot_id)] == ["pending", "taken"]
    assert build.kinds(session, appointment_id=new.id) == ["changed"]
    assert build.kinds(session, appointment_id=old.id) == ["booked"]


@pytest.mark.parametrize("why", ["no verdict", "taken", "day 91", "another service"])
def test_r85_a_change_that_fails_leaves_the_old_visit(session: Session, now: datetime, why: str) -> None:
    """R85, R82: reserve the new one first; the horizon is counted from today, eligibility asked for anew."""
    patient = woman(session)
    old = booked(session, now, patient)
    days = 90 if why == "day 91" else 14  # asked on the day after
    new_slot = build.slot(session, warsaw(TODAY + timedelta(days=days + 2)), service="CYTO" if why == "another service" else "MAMMO")
    at = now + DAY
    if why != "no verdict":
        build.eligible(session, patient, "MAMMO", now=at)
    if why == "taken":
        new_slot.state = "taken"
    session.flush()
    expected = {"no verdict": NotEligible, "taken": SlotTaken, "day 91": NotBookable, "another service": NotBookable}[why]
    with pytest.raises(expected):
        screening.change(session, old.id, new_slot.id, actor=PATIENT, now=at)
    session.refresh(old)
    assert old.status == "booked"
    assert session.scalars(select(Appointment.id)).all() == [old.id]


# --- R81


def test_r81_simp_hears_each_change_once_and_in_order(session: Session, engine: Engine, now: datetime) -> None:
    """R81: booked before cancelled; the change of an exam is two exams; nothing of other services."""
    register, patient = LocalRegister(), woman(session)
    old = booked(session, now, patient)
    new = screening.change(session, old.id, build.slot(session, now + 2 * WEEK, service="MAMMO").id, actor=PATIENT, now=now)
    build.visit(session, now + WEEK, now=now)
    session.commit()
    assert screening.report_due(engine, register, now=now) == 3
    assert screening.report_due(engine, register, now=now) == 0
    told = [(report.appointment_id, report.kind) for report in sorted(register.told, key=lambda one: one.event_id)]
    assert told == [(old.id, "visit.booked"), (old.id, "visit.cancelled"), (new.id, "visit.booked")]
    assert {report.identifier for report in register.told} == {patient.identifier}


@pytest.mark.parametrize(("came", "told"), [(True, "visit.fulfilled"), (False, "visit.cancelled"), (None, "visit.cancelled")])
def test_r81_simp_hears_what_became_of_an_exam_in_the_end(
    session: Session, engine: Engine, now: datetime, *, came: bool | None, told: str
) -> None:  # fmt: skip
    """R81, X24: a no-show that is taken back is no no-show there either, nor is an exam that did not take place by nobody's fault."""
    exam = booked(session, now, woman(session))
    after = exam.starts_at + timedelta(hours=1)
    if came is None:
        attendance.excuse(session, exam.id, actor=DESK, now=after)
        assert build.kinds(session, appointment_id=exam.id)[-1] == "cancelled_by_clinic_no_waiting_room"
    else:
        attendance.miss(session, exam.id, actor=DESK, now=after)
        attendance.reverse(session, exam.id, came=came, actor=DESK, now=after)
    session.commit()
    register = LocalRegister()
    screening.report_due(engine, register, now=after)
    kinds = [report.kind for report in sorted(register.told, key=lambda one: one.event_id)]
    assert kinds == ["visit.booked", *(["visit.noshow"] if came is not None else []), told]


def test_r81_while_simp_is_down_no_cancellation_overtakes_its_booking(
    session: Session, engine: Engine, now: datetime, simp: Simp, wire: Wire
) -> None:
    """R81: what is not taken waits with all that follows it; another exam's reports go on; a lost answer repeats the same key."""
    first, second = booked(session, now, woman(session)), booked(session, now, woman(session, serial=1002))
    cancellations.cancel(session, first.id, reason="other", actor=PATIENT, now=now)
    session.commit()
    wire.says = lambda path, body: (503 if body["examId"] == first.id else 200, b"")
    assert screening.report_due(engine, simp, now=now) == 1
    wire.says = lambda path, body: (200, b"")
    assert screening.report_due(engine, simp, now=now) == 2
    heard = [(body["examId"], body["kind"]) for _, body, _ in wire.heard]
    assert heard.count((first.id, "visit.booked")) == 2
    assert heard[-2:] == [(first.id, "visit.booked"), (first.id, "visit.cancelled")]
    assert (second.id, "visit.booked") in heard
    keys = {next(value for name, value in headers.items() if name.lower() == "idempotency-key") for _, _, headers in wire.heard}
    assert len(keys) == 3


def test_r81_a_dead_simp_is_not_asked_for_every_exam(session: Session, engine: Engine, now: datetime, simp: Simp, wire: Wire) -> None:
    """R81: after a few refusals it is left alone until the next time, and every report is still there then."""
    for serial in range(8):
        booked(session, now, woman(session, serial=2000 + 2 * serial))
    session.commit()
    wire.says = lambda path, body: (503, b"")
    assert screening.report_due(engine, simp, now=now) == 0
    assert len(wire.heard) == screening.PATIENCE
    register = LocalRegister()
    assert screening.report_due(engine, register, now=now) == 8
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM reported_events")) == 8


def test_r81_the_register_keeps_a_repeated_report_once(now: datetime) -> None:
    """R81: exactly-once in effect."""
    register = LocalRegister()
    report = Report(7, "visit.booked", 1, "MAMMO", "PESEL", "70060110007", now, "P1", now)
    register.tell(report)
    register.tell(report)
    assert register.told == [report]
