"""Proxies and parents: whose word counts for a patient, from when, and until when."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry import mandates, people
from registry.mandates import Account, NoActiveAccount, NotTheInsuringParent, ParentalCover
from registry.people import Patient
from registry.permissions import Level, NotAllowed, NotIdentified
from registry.tasks import Task
from tests.registry import build
from tests.registry.build import DESK, PATIENT, warsaw

DAY = timedelta(days=1)
BORN = date(2008, 11, 19)  # eighteen on the day after the tests' `now`


def account(session: Session, of: Patient, *, active: bool = True) -> Patient:
    session.add(Account(patient_id=of.id, active=active))
    session.flush()
    return of


def child(session: Session, *, born: date = BORN) -> Patient:
    made = build.patient(session)
    made.birth_date = born
    session.flush()
    return made


def family(session: Session, now: datetime) -> tuple[Patient, Patient, Patient]:
    """A child, the parent who insures it, and the other one."""
    kid, mother, father = child(session), build.patient(session), build.patient(session)
    mandates.insure(session, kid.id, mother.id, since=date(2020, 1, 1), actor=DESK, now=now)
    return kid, mother, father


# --- proxies


def test_r107_a_proxy_needs_an_active_account(session: Session, now: datetime) -> None:
    """R107: none, an inactive one, an active one."""
    patient, proxy = build.patient(session), build.patient(session)
    with pytest.raises(NoActiveAccount):
        mandates.appoint_proxy(session, patient.id, proxy.id, actor=PATIENT, now=now)
    account(session, proxy, active=False)
    with pytest.raises(NoActiveAccount):
        mandates.appoint_proxy(session, patient.id, proxy.id, actor=PATIENT, now=now)
    session.scalars(select(Account)).one().active = True
    session.flush()
    mandates.appoint_proxy(session, patient.id, proxy.id, actor=PATIENT, now=now)
    assert mandates.role_of(session, proxy.id, patient.id, now=now) == "proxy"
    assert mandates.role_of(session, patient.id, proxy.id, now=now) is None
    session.scalars(select(Account)).one().active = False
    session.flush()
    assert mandates.role_of(session, proxy.id, patient.id, now=now) is None


def test_r107_a_revocation_holds_in_the_middle_of_a_conversation(session: Session, now: datetime) -> None:
    """R107: each act asks anew."""
    patient, proxy = build.patient(session), account(session, build.patient(session))
    mandate = mandates.appoint_proxy(session, patient.id, proxy.id, actor=PATIENT, now=now)
    assert mandates.authorise(session, patient.id, "book", holder_id=proxy.id, level=Level.STRONG, now=now) == "proxy"
    for _ in range(2):
        mandates.revoke(session, mandate.id, actor=PATIENT, now=now + DAY)
    assert mandate.revoked_at == now + DAY
    with pytest.raises(NotAllowed):
        mandates.authorise(session, patient.id, "book", holder_id=proxy.id, level=Level.STRONG, now=now + DAY)


def test_r107_several_proxies_and_the_last_day_of_one(session: Session, now: datetime) -> None:
    """R107, X17: two act side by side; a mandate holds through its last Warsaw day; the same is not granted twice."""
    patient = build.patient(session)
    first, second = (account(session, build.patient(session)) for _ in range(2))
    mandates.appoint_proxy(session, patient.id, first.id, actor=PATIENT, now=now, valid_until=date(2026, 11, 18))
    mandates.appoint_proxy(session, patient.id, second.id, actor=PATIENT, now=now)
    last = warsaw(date(2026, 11, 18), 23, 59, 59)
    roles = [mandates.role_of(session, one.id, patient.id, now=at) for at in (last, last + timedelta(seconds=1)) for one in (first, second)]
    assert roles == ["proxy", "proxy", None, "proxy"]
    with pytest.raises(IntegrityError), session.begin_nested():
        mandates.appoint_proxy(session, patient.id, second.id, actor=PATIENT, now=now)


def test_x9_a_stranger_may_do_nothing_and_a_proxy_logs_in(session: Session, now: datetime) -> None:
    """X9, X10."""
    patient, proxy, stranger = (account(session, build.patient(session)) for _ in range(3))
    mandates.appoint_proxy(session, patient.id, proxy.id, actor=PATIENT, now=now)
    with pytest.raises(NotAllowed):
        mandates.authorise(session, patient.id, "see", holder_id=stranger.id, level=Level.STRONG, now=now)
    with pytest.raises(NotIdentified):
        mandates.authorise(session, patient.id, "see", holder_id=proxy.id, level=Level.CODE, now=now)
    assert mandates.authorise(session, patient.id, "see", holder_id=patient.id, level=Level.CODE, now=now) == "patient"


# --- parents


def test_r109_access_follows_the_insurance_and_its_grant(session: Session, now: datetime) -> None:
    """R109: the insuring parent has it, the second by grant of the first and of nobody else."""
    kid, mother, father = family(session, now)
    assert mandates.role_of(session, mother.id, kid.id, now=now) == "parent"
    assert mandates.role_of(session, father.id, kid.id, now=now) is None
    with pytest.raises(NotTheInsuringParent):
        mandates.share_child(session, kid.id, father.id, granted_by=father.id, actor=PATIENT, now=now)
    mandates.share_child(session, kid.id, father.id, granted_by=mother.id, actor=PATIENT, now=now)
    assert mandates.role_of(session, father.id, kid.id, now=now) == "parent"


def test_r109_a_change_of_the_insuring_parent_flips_access(session: Session, now: datetime) -> None:
    """R109: with the new employer's report the other parent has it, and the grants of the first are worth nothing."""
    kid, mother, father = family(session, now)
    aunt = build.patient(session)
    mandates.share_child(session, kid.id, aunt.id, granted_by=mother.id, actor=PATIENT, now=now)
    mandates.insure(session, kid.id, father.id, since=date(2026, 11, 19), actor=DESK, now=now)
    today = [mandates.role_of(session, one.id, kid.id, now=now) for one in (mother, aunt, father)]
    assert today == ["parent", "parent", None]
    kid.birth_date = date(2015, 1, 1)
    session.flush()
    tomorrow = [mandates.role_of(session, one.id, kid.id, now=now + DAY) for one in (mother, aunt, father)]
    assert tomorrow == [None, None, "parent"]
    mandates.insure(session, kid.id, father.id, since=date(2026, 12, 1), actor=DESK, now=now)
    assert len(session.scalars(select(ParentalCover)).all()) == 2


def test_r109_between_jobs_nobody_has_access(session: Session, now: datetime) -> None:
    """R109, R111."""
    kid, mother, _ = family(session, now)
    mandates.uninsure(session, kid.id, until=date(2026, 11, 17), actor=DESK, now=now)
    assert mandates.role_of(session, mother.id, kid.id, now=now) is None


@pytest.mark.parametrize(
    ("born", "last_day"),
    [(date(2008, 11, 19), date(2026, 11, 18)), (date(2008, 2, 29), date(2026, 2, 27)), (date(2008, 1, 1), date(2025, 12, 31))],
)
def test_r108_on_the_eighteenth_birthday_the_parent_loses_access(session: Session, born: date, last_day: date) -> None:
    """R108, X17: at Warsaw midnight; born on 29 February one comes of age on the 28th (Civil Code, art. 112)."""
    last = warsaw(last_day, 23, 59, 59)
    kid, mother, father = family(session, last)
    kid.birth_date = born
    session.flush()
    mandates.share_child(session, kid.id, father.id, granted_by=mother.id, actor=PATIENT, now=last)
    for parent in (mother, father):
        assert mandates.role_of(session, parent.id, kid.id, now=last) == "parent"
        assert mandates.role_of(session, parent.id, kid.id, now=last + timedelta(seconds=1)) is None
    assert mandates.role_of(session, kid.id, kid.id, now=last) == "patient"


def test_r112_only_a_parent_verifies_a_childs_data(session: Session, now: datetime) -> None:
    """R112, D12: by login; a grandmother whose number is the contact may not."""
    kid, mother, grandmother = family(session, now)
    assert mandates.authorise(session, kid.id, "verify_child", holder_id=mother.id, level=Level.STRONG, now=now) == "parent"
    with pytest.raises(NotIdentified):
        mandates.authorise(session, kid.id, "verify_child", holder_id=mother.id, level=Level.CODE, now=now)
    with pytest.raises(NotAllowed):
        mandates.authorise(session, kid.id, "verify_child", holder_id=grandmother.id, level=Level.STRONG, now=now)


@pytest.mark.parametrize("relationship", ["mother", "father", "guardian", "neighbour"])
def test_r108_the_contacts_of_who_comes_of_age_are_switched(session: Session, now: datetime, relationship: str) -> None:
    """R108: the visits stay; one task for each that still goes to a parent; the day before none."""
    kid = build.without_contact(session)
    kid.birth_date = BORN
    near = people.add_contact_person(session, kid.id, name="Anna", relationship=relationship)
    people.add_contact(session, kid.id, build.mobile(), now=now, person=near)
    visit = build.visit(session, now + 7 * DAY, now=now, of=kid)
    expected = 0 if relationship == "neighbour" else 1
    assert mandates.come_of_age(session, now=now) == 0
    assert mandates.come_of_age(session, now=now + DAY) == expected
    assert mandates.come_of_age(session, now=now + DAY) == 0
    assert visit.status == "booked"
    assert list(session.scalars(select(Task.appointment_id).where(Task.kind == "switch_contact"))) == [visit.id] * expected


# --- the answer to "why do I not see my child"


def test_r110_r111_the_answer_that_helps(session: Session, now: datetime) -> None:
    """R110: within 21 days look again, on day 22 the health fund's branch; R111: the child's own title; R109: the other parent."""
    kid, mother, father = family(session, now)
    orphan = child(session, born=date(2015, 1, 1))
    today = date(2026, 11, 18)

    def why(
        parent: Patient, of: Patient, days_ago: int = 0, titles: frozenset[mandates.OwnTitle] = frozenset(), at: datetime = now
    ) -> str | None:
        return mandates.obstacle(session, parent.id, of.id, reported=today - days_ago * DAY, titles=titles, now=at)

    assert why(mother, kid) is None
    assert why(father, kid) == "ask_the_insuring_parent"
    assert (why(father, orphan, 21), why(father, orphan, 22)) == ("data_lag", "nfz_branch")
    assert why(father, orphan, 30, frozenset({"young_employee", "survivors_pension"})) == "own_title"
    assert why(mother, kid, at=now + DAY) == "adult"
