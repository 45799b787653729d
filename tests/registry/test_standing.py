"""What stands open for an address, as a conversation needs it: one number may speak for several people and several visits."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry import allocation, appointments, cancellations, offers, people, standing
from registry.appointments import Appointment
from registry.catalogue import POLICY
from registry.standing import Addressee
from tests.registry import build
from tests.registry.build import PATIENT

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


def at(session: Session, address: str, now: datetime) -> Addressee:
    return standing.of_address(session, address, now=now)


def address_of(session: Session, visit: Appointment) -> str:
    return session.get_one(people.ContactPoint, visit.contact_point_id).value


def stands(session: Session, visit: Appointment, now: datetime) -> list[str]:
    return [one.standing for one in at(session, address_of(session, visit), now).visits]


def test_r102_an_unknown_number_is_unknown(session: Session, now: datetime) -> None:
    """R102."""
    build.visit(session, now + WEEK, now=now)
    assert at(session, "+48601999999", now) == Addressee(known=False)


def test_r102_a_known_number_without_anything_open(session: Session, now: datetime) -> None:
    """R102: known, and nothing to speak about."""
    person = build.patient(session, language="uk")
    here = at(session, build.contact(session, person).value, now)
    assert (here.known, here.visits, here.waiting, here.language, here.patient_id) == (True, (), (), "uk", person.id)


def test_r67_a_visit_is_open_until_it_begins_and_past_afterwards(session: Session, now: datetime) -> None:
    """R67, R102: a reply after the visit; after sixty days nobody means it any more."""
    visit = build.visit(session, now + WEEK, now=now)
    assert stands(session, visit, visit.starts_at - SECOND) == ["open"]
    assert stands(session, visit, visit.starts_at) == ["past"]
    assert stands(session, visit, visit.starts_at + timedelta(days=60)) == []


def test_d6_a_cancelled_visit_is_undoable_while_it_is_held(session: Session, now: datetime) -> None:
    """D6, R102: then it is only cancelled."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now, hold_for=POLICY.undo_hold)
    ends = now + POLICY.undo_hold
    assert (stands(session, visit, ends - SECOND), stands(session, visit, ends)) == (["undoable"], ["cancelled"])
    cancellations.release(session, *appointments.lock_visit(session, visit.id), actor=PATIENT, now=ends)
    assert stands(session, visit, ends) == ["cancelled"]
    assert len(at(session, address_of(session, visit), ends).waiting) == 1


@pytest.mark.parametrize("how", ["nothing", "declined", "accepted"])
def test_r61_an_offer_is_open_until_its_end(session: Session, now: datetime, how: str) -> None:
    """R61, D5: whether or not the worker has swept it."""
    build.waiting(session, now=now)
    slot = build.slot(session, now + timedelta(hours=60), state="pending")
    offer = session.get_one(Appointment, allocation.place(session, slot.id, now=now).appointment_id)
    ends = offer.expires_at or now
    assert stands(session, offer, ends - SECOND) == ["offer"]
    if how == "declined":
        offers.decline(session, offer.id, actor=PATIENT, now=now)
    if how == "accepted":
        offers.accept(session, offer.id, actor=PATIENT, now=now)
    assert stands(session, offer, ends) == (["open"] if how == "accepted" else ["offer_ended"])


def test_x8_two_patients_on_one_number_are_told_apart_by_initials(session: Session, now: datetime) -> None:
    """X8: soonest first, each with whose it is; no single patient to speak of."""
    shared = build.mobile()
    maria = build.patient(session, shared, given_name="Maria")
    adam = build.patient(session, shared, given_name="Adam")
    build.visit(session, now + 2 * WEEK, now=now, of=maria)
    build.visit(session, now + WEEK, now=now, of=adam)
    here = at(session, shared, now)
    assert [(one.initials, one.patient_id) for one in here.those("open")] == [("A. K.", adam.id), ("M. K.", maria.id)]
    assert here.patient_id is None


def test_r96_x9_a_contact_person_answers_for_the_patient_and_is_known_as_such(session: Session, now: datetime) -> None:
    """R96, X9: the neighbour's own number; the patient's own one is not marked."""
    person, number = build.patient(session), build.mobile()
    neighbour = people.add_contact_person(session, person.id, name="Anna Lis", relationship="sąsiadka")
    people.add_contact(session, person.id, number, now=now, person=neighbour)
    visit = build.visit(session, now + WEEK, now=now, of=person)
    (by_neighbour,), (by_patient,) = at(session, number, now).visits, at(session, address_of(session, visit), now).visits
    assert (by_neighbour.by_contact_person, by_neighbour.told_here) == (True, False)
    assert (by_patient.by_contact_person, by_patient.told_here) == (False, True)


def test_r39_who_opted_out_may_still_answer_but_is_not_told_there(session: Session, now: datetime) -> None:
    """R39, R102: an opt-out ends our messages, not the patient's."""
    visit = build.visit(session, now + WEEK, now=now)
    build.mark_address(session, address_of(session, visit), "opted_out")
    (one,) = at(session, address_of(session, visit), now).visits
    assert (one.standing, one.told_here) == ("open", False)


def test_r102_x9_a_strangers_number_reaches_nobodys_visits(session: Session, now: datetime) -> None:
    """R102, X9: he said that it is not his; his next word must not cancel anything."""
    visit, entry = build.visit(session, now + WEEK, now=now), build.waiting(session, now=now)
    waits_at = session.get_one(people.ContactPoint, entry.contact_point_id).value
    for number in (address_of(session, visit), waits_at):
        build.mark_address(session, number, "wrong_person")
        assert at(session, number, now) == Addressee(known=False)


def test_x6_the_dead_have_nothing_open(session: Session, now: datetime) -> None:
    """X6."""
    visit = build.visit(session, now + WEEK, now=now)
    session.get_one(people.Patient, visit.patient_id).died_at = now
    session.flush()
    assert at(session, address_of(session, visit), now) == Addressee(known=False)


def test_r55_a_waiting_patient_is_found_by_his_number(session: Session, now: datetime) -> None:
    """R55: POCZEKALNIA needs to know which place is meant; a closed one is none."""
    entry = build.waiting(session, now=now)
    number = session.get_one(people.ContactPoint, entry.contact_point_id).value
    (waits,) = at(session, number, now).waiting
    assert (waits.entry_id, waits.service) == (entry.id, "CARDIO_FIRST")
    entry.state = "closed"
    session.flush()
    assert at(session, number, now).waiting == ()


def test_d1_the_returns_so_far_are_known(session: Session, now: datetime) -> None:
    """D1: the patient is told beforehand what the third return costs."""
    visit = build.visit(session, now + WEEK, now=now)
    cancellations.cancel(session, visit.id, reason="sms", actor=PATIENT, now=now)
    again = build.slot(session, now + 2 * WEEK)
    appointments.book(session, visit.patient_id, again.id, actor=PATIENT, now=now, referral_id=visit.referral_id)
    assert [one.returns for one in at(session, address_of(session, visit), now).those("open")] == [1]
