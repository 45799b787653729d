"""Who is speaking, and what that lets him do: levels, locks, and the table of permissions cell by cell."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import cancellations, identity, lifecycle, people, permissions, pesel
from registry.database import in_transaction
from registry.identity import Identified, IdentityTry, InvalidIdentifier
from registry.people import Patient
from registry.permissions import OPERATIONS, ROLES, Level, NotAllowed, NotIdentified, Operation, Role
from tests.registry import build
from tests.registry.build import LONG_AGO, PATIENT

MINUTE, WEEK = timedelta(minutes=1), timedelta(days=7)
NUMBER = "44051401359"  # of a man born on 14 May 1944; its checksum was reckoned by hand
CALLER = "+48601200300"


def person(session: Session, number: str = NUMBER, *contacts: str) -> tuple[Patient, str]:
    """A patient with this PESEL and a referral; the referral's four digits."""
    made = people.register_patient(
        session, identifier=number, given_name="Jan", family_name="Kot", birth_date=pesel.birth_date(number), now=LONG_AGO
    )  # fmt: skip
    people.add_contact(session, made.id, contacts[0] if contacts else build.mobile(), now=LONG_AGO)
    return made, build.referral(session, made).code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10_000:04}"


# --- the number itself


def test_x10_the_checksum_and_the_date_of_a_pesel() -> None:
    """X10: what cannot be a PESEL is not looked up."""
    assert pesel.check("440514 01-359") == NUMBER
    assert (pesel.birth_date(NUMBER), pesel.sex(NUMBER)) == (date(1944, 5, 14), "male")
    for text in ("44051401358", "4405140135", "440514013590", "4405140135x", "", "٤٤٠٥١٤٠١٣٥٩"):
        with pytest.raises(pesel.NotAPesel):
            pesel.check(text)


@given(st.dates(date(1800, 1, 1), date(2299, 12, 31)), st.integers(0, 9999))
def test_x10_every_century_is_read_back(born: date, serial: int) -> None:
    """X10, X35: month + 20 for the 2000s, + 40, + 60, and + 80 for the 1800s; one changed digit is always noticed."""
    month = born.month + {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}[born.year // 100]
    ten = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    number = ten + pesel.checksum(ten)
    assert pesel.birth_date(pesel.check(number)) == born
    assert pesel.sex(number) == ("male" if serial % 2 else "female")
    for place in range(11):
        changed = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        with pytest.raises(pesel.NotAPesel):
            pesel.check(changed)


@pytest.mark.parametrize("number", ["44133201355", "44003101351"])
def test_x10_a_date_that_no_calendar_has_is_no_pesel(number: str) -> None:
    """X10: the month 13 with the day 32, the month 0; with the right checksum all the same."""
    with pytest.raises(pesel.NotAPesel):
        pesel.check(number[:10] + pesel.checksum(number[:10]))


def test_x35_people_without_a_pesel_have_another_number() -> None:
    """X35: kept as it is written on the document; a PESEL must agree with the date of birth."""
    assert identity.check_identifier("PASSPORT", " fe123456 ", date(1990, 1, 1)) == "FE123456"
    assert identity.check_identifier("PESEL", "440514 01359", date(1944, 5, 14)) == NUMBER
    for system, number in (("PESEL", NUMBER), ("LIBRARY_CARD", "1"), ("PASSPORT", "  ")):
        with pytest.raises(InvalidIdentifier):
            identity.check_identifier(system, number, date(1944, 5, 15))


# --- L2 by the referral's code


def test_d12_pesel_and_code_identify(session: Session, now: datetime) -> None:
    """D12, X10: L2."""
    patient, code = person(session)
    found = identity.by_code(session, NUMBER, f" {code} ", address=CALLER, now=now)
    assert found == Identified("recognised", Level.CODE, patient.id)


def test_d12_the_answer_never_says_what_was_wrong(session: Session, now: datetime) -> None:
    """D12, X34: somebody's PESEL with a wrong code and nobody's PESEL look the same, also in what is counted."""
    _, code = person(session)
    nobody = "90090515836"
    assert pesel.check(nobody)
    answers = [
        [identity.by_code(session, number, wrong(code), address=address, now=now) for _ in range(6)]
        for number, address in ((NUMBER, "+48601000001"), (nobody, "+48601000002"))
    ]
    assert answers[0] == answers[1]


def test_d12_five_wrong_tries_lock_for_thirty_minutes(session: Session, now: datetime) -> None:
    """D12: the right code does not help within the lock, and does at its end, to the second."""
    patient, code = person(session)
    addresses = [f"+4860100010{number}" for number in range(8)]  # so that no address is locked for its own part
    tries = [identity.by_code(session, NUMBER, wrong(code), address=address, now=now) for address in addresses[:5]]
    until = now + 30 * MINUTE
    assert [one.verdict for one in tries] == ["not_recognised"] * 4 + ["locked"]
    locked = identity.by_code(session, NUMBER, code, address=addresses[5], now=until - timedelta(seconds=1))
    assert locked == Identified("locked", until=until)
    assert identity.by_code(session, NUMBER, code, address=addresses[5], now=until).patient_id == patient.id


def test_d12_being_recognised_forgives_the_tries_before(session: Session, now: datetime) -> None:
    """D12: four slips, then right: the next four slips do not lock."""
    _, code = person(session)
    slips = [wrong(code)] * 4
    answers = [
        identity.by_code(session, NUMBER, one, address=f"+486010002{number:02}", now=now).verdict
        for number, one in enumerate([*slips, code, *slips])
    ]
    assert answers == ["not_recognised"] * 4 + ["recognised"] + ["not_recognised"] * 4


def test_x10_one_address_may_not_try_many_identities(session: Session, now: datetime) -> None:
    """X10, D12: five wrong tries from one number lock that number, whoever was meant; half an hour later they are forgotten."""
    patient, code = person(session)
    ten = "9009051583"
    numbers = [f"{ten[:6]}{serial:04}" for serial in range(5)]
    answers = [identity.by_code(session, one + pesel.checksum(one), "0000", address=CALLER, now=now) for one in numbers]
    assert [one.verdict for one in answers][-1] == "locked"
    assert identity.by_code(session, NUMBER, code, address=CALLER, now=now + MINUTE).verdict == "locked"
    assert identity.by_code(session, NUMBER, code, address="+48601200301", now=now + MINUTE).patient_id == patient.id


def test_x10_slips_of_a_shared_telephone_are_forgotten(session: Session, now: datetime) -> None:
    """X10, X8: a slip a day from the telephone of a home for the aged never locks it."""
    _, code = person(session)
    for day in range(12):
        at = now + timedelta(days=day)
        assert identity.by_code(session, NUMBER, wrong(code), address=CALLER, now=at).verdict == "not_recognised"
        assert identity.by_code(session, NUMBER, code, address=CALLER, now=at).verdict == "recognised"


def test_x10_digits_that_cannot_be_a_pesel_cost_no_try(session: Session, now: datetime) -> None:
    """X10, D12: an old man's slip of the finger is asked again, and nothing is looked up."""
    _, code = person(session)
    for _ in range(9):
        assert identity.by_code(session, "44051401358", code, address=CALLER, now=now).verdict == "unreadable"
    assert identity.by_code(session, NUMBER, code, address=CALLER, now=now).verdict == "recognised"


@pytest.mark.parametrize("what", ["expired", "used", "cancelled", "another's", "dead"])
def test_r42_only_a_usable_referral_of_a_living_patient_identifies(session: Session, now: datetime, what: str) -> None:
    """R42, D12, X6."""
    _, code = person(session)
    other, others_code = person(session, "90090515836")
    referral = build.referral(session, other, state=what if what in ("used", "cancelled") else "issued")
    if what == "expired":
        referral.valid_until = (now - timedelta(days=1)).date()
        session.flush()
    if what == "dead":
        lifecycle.died(session, other.id, at=now, actor=PATIENT, now=now)
    shown = code if what == "another's" else others_code if what == "dead" else referral.code
    assert identity.by_code(session, other.identifier, shown, address=CALLER, now=now).verdict == "not_recognised"


def test_x10_tries_at_the_same_moment_are_all_counted(engine: Engine, session: Session, now: datetime) -> None:
    """X10, D12: twenty guesses at once are not twenty first guesses: at most five are looked at."""
    _, code = person(session)
    session.commit()

    def guess(number: int) -> str:
        return in_transaction(
            engine, lambda one: identity.by_code(one, NUMBER, wrong(code), address=f"+486010003{number:02}", now=now).verdict
        )  # fmt: skip

    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(guess, range(20)))
    assert sorted(verdicts) == ["locked"] * 16 + ["not_recognised"] * 4


def test_x34_the_table_of_tries_holds_nobodys_number(session: Session, now: datetime) -> None:
    """X34: digests only."""
    _, code = person(session)
    identity.by_code(session, NUMBER, wrong(code), address=CALLER, now=now)
    keys = session.scalars(select(IdentityTry.key)).all()
    assert len(keys) == 2
    assert not any(NUMBER in key or CALLER in key for key in keys)


# --- L2 by birthday, L1 by number


def test_d12_on_our_own_call_the_birthday_identifies(session: Session, now: datetime) -> None:
    """D12: day and month, at the patient's own number; five wrong ones lock the identity for the code too."""
    patient, code = person(session, NUMBER, CALLER)

    def answer(day: int, address: str = CALLER) -> str:
        return identity.by_birthday(session, patient.id, day=day, month=5, address=address, now=now).verdict

    assert answer(14) == "recognised"
    assert answer(14, "+48601999999") == "not_recognised"
    assert [answer(15) for _ in range(5)][-1] == "locked"
    assert identity.by_code(session, NUMBER, code, address="+48601888888", now=now).verdict == "locked"


def test_r112_a_contact_persons_number_is_not_the_patients(session: Session, now: datetime) -> None:
    """R112, R96: who answers a neighbour's telephone is not identified by a birthday that the neighbour knows."""
    patient = build.without_contact(session)
    near = people.add_contact_person(session, patient.id, name="Anna", relationship="neighbour")
    people.add_contact(session, patient.id, CALLER, now=now, person=near)
    assert identity.by_birthday(session, patient.id, day=1, month=3, address=CALLER, now=now).verdict == "not_recognised"


def test_d12_a_reply_from_the_visits_number_is_a_token(session: Session, now: datetime) -> None:
    """D12, R102: L1 for an open visit of a patient reached at this number, and for nothing else."""
    patient = build.patient(session, CALLER)
    visit = build.visit(session, now + WEEK, now=now, of=patient)

    def level(address: str = CALLER, at: datetime = now) -> Level:
        return identity.by_number(session, visit.id, address=address, now=at).level

    assert level() == Level.TOKEN
    assert level("+48601999999") == Level.ANYONE
    assert level(at=now + WEEK) == Level.ANYONE
    cancellations.cancel(session, visit.id, reason="other", actor=PATIENT, now=now)
    assert level() == Level.ANYONE


# --- the table of permissions, written here from X9, D12 and R112, not from the code

NO, L1, L2, L3 = None, Level.TOKEN, Level.CODE, Level.STRONG
CELLS: dict[Role, list[Level | None]] = {
    #                  see confirm book change cancel remove edit verify_child
    "patient":        [L2, L1,     L2,  L2,    L1,    L1,    L2,  NO],
    "parent":         [L3, L1,     L3,  L3,    L1,    L1,    L3,  L3],
    "proxy":          [L3, L3,     L3,  L3,    L3,    L3,    L3,  NO],
    "contact_person": [NO, L1,     NO,  NO,    L1,    NO,    NO,  NO],
    "registrar":      [L3, L3,     L3,  L3,    L3,    L3,    L3,  NO],
}  # fmt: skip


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ROLES)
def test_x9_every_cell_of_the_table(role: Role, operation: Operation, level: Level) -> None:
    """X9, D12, R112: allowed from its level on, refused below it, refused at every level where the role may not."""
    needed = CELLS[role][OPERATIONS.index(operation)]
    if needed is not None and level >= needed:
        permissions.require(role, operation, level)
        return
    with pytest.raises(NotAllowed if needed is None else NotIdentified):
        permissions.require(role, operation, level)


def test_x17_locks_are_elapsed_time(session: Session) -> None:
    """X17: thirty minutes over the hour that comes twice."""
    _, code = person(session)
    autumn = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    tries = [identity.by_code(session, NUMBER, wrong(code), address=f"+4860100040{one}", now=autumn) for one in range(5)]
    assert tries[-1].until == autumn + 30 * MINUTE
