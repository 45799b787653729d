"""The routes by which an operator serves a patient who is on the telephone: find, look, and act in his name (R9, X33)."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import behalf, pages, patients, sessions, todo, wishes
from channels.operators.doors import Acting, Console, ConsoleRoute, Here, Looking, LookingForm
from channels.operators.patients import Patient
from channels.operators.sessions import SignedIn
from channels.operators.wishes import Given, Unclear
from registry.catalogue import CancelReason, Category
from registry.database import in_transaction, transaction
from registry.schedules import Place, Slot
from registry.search import Hit, free_slots
from registry.waiting_room import Criteria

router = APIRouter(prefix="/console/patients", route_class=ConsoleRoute)
Number = Annotated[int, Path(ge=1, lt=2**62)]
Picked = Annotated[int, Query(ge=0, lt=2**62)]
Field = Annotated[str, Form(max_length=200)]


@router.get("")
def finder(here: Here, operator: Looking) -> Response:
    """The form by which a patient is found; nobody is listed."""
    return _page(here, operator, "patients.html", asked=False, found=())


@router.post("")
def find(here: Here, operator: LookingForm, given: Field = "") -> Response:
    """By PESEL, telephone or mail; in a form and not in an address, which would be kept in logs (X34)."""
    with transaction(here.engine) as session:
        numbers = patients.matching(session, given, provider_id=operator.provider_id)
        sessions.audit(session, operator.operator_id, "patient_search", now=here.clock(), facts={"found": len(numbers)})
        found = [_seen(session, here, operator, number) for number in numbers] if len(numbers) > 1 else []
    if len(numbers) == 1:
        return RedirectResponse(f"/console/patients/{numbers[0]}", 303)
    return _page(here, operator, "patients.html", asked=True, found=found)


@router.get("/{patient_id}")
def patient(here: Here, operator: Looking, patient_id: Number, done: str = "") -> Response:
    """Everything that stands open for one patient, and what can be done. The look is noted (X34)."""
    with transaction(here.engine) as session:
        seen = _seen(session, here, operator, patient_id)
        sessions.audit(session, operator.operator_id, "patient_viewed", now=here.clock(), patient_id=patient_id)
    return _page(here, operator, "patient.html", patient=seen, done=done)


def _seen(session: Session, here: Console, operator: SignedIn, patient_id: int) -> Patient:
    found = patients.find(session, patient_id, now=here.clock(), provider_id=operator.provider_id)
    if found is None:
        raise HTTPException(404, "no such patient")
    return found


def _page(here: Console, operator: SignedIn, template: str, **facts: Any) -> Response:
    with transaction(here.engine) as session:
        tasks = todo.waiting(session, operator.provider_id)
    return pages.page(template, now=here.clock(), operator=operator, tasks=tasks, **facts)


def _acted(here: Console, operator: SignedIn, patient_id: int, act: Callable[[Session], str | None]) -> Response:
    """Do it in one transaction, tried again after a deadlock, and back to the patient with what came of it."""

    def work(session: Session) -> str | None:
        _seen(session, here, operator, patient_id)
        return act(session)

    result = in_transaction(here.engine, work)
    if result is None:
        raise HTTPException(404, "nothing of this patient's")
    return RedirectResponse(f"/console/patients/{patient_id}?done={result}", 303)


# --- visits


@router.get("/{patient_id}/visits/{visit_id}/cancel")
def ask_cancel(here: Here, operator: Looking, patient_id: Number, visit_id: Number) -> Response:
    """What a cancellation would mean for the patient, before it is made (D1, R55, R56)."""
    with transaction(here.engine) as session:
        seen = _seen(session, here, operator, patient_id)
    visit = next((one for one in seen.visits if one.id == visit_id and one.open), None)
    if visit is None:
        return RedirectResponse(f"/console/patients/{patient_id}?done=not_held", 303)
    return _page(here, operator, "cancel.html", patient=seen, visit=visit, reasons=behalf.REASONS)


@router.post("/{patient_id}/visits/{visit_id}/{act}")
def act_on_visit(
    here: Here, operator: Acting, patient_id: Number, visit_id: Number, act: str, version: Annotated[int, Form(ge=1, lt=2**31)],
    reason: Field = "", leave: Field = "",
) -> Response:  # fmt: skip
    """Confirm, cancel, accept or decline, as the page showed the visit."""
    if act not in ("confirm", "cancel", "accept", "decline") or (act == "cancel" and reason not in behalf.REASONS):
        raise HTTPException(404, "no such act")
    why: CancelReason = next((one for one in behalf.REASONS if one == reason), "other")
    return _acted(
        here, operator, patient_id,
        lambda session: behalf.with_visit(
            session, operator, act, patient_id, visit_id, version, now=here.clock(), reason=why, leave=leave == "1"
        ),
    )  # fmt: skip


# --- free dates: for a new visit on a referral, or to move one


@router.get("/{patient_id}/dates")
def dates(request: Request, here: Here, operator: Looking, patient_id: Number, referral: Picked = 0, visit: Picked = 0) -> Response:
    """Free dates by the patient's wishes, for a visit of a referral or instead of a visit that he has."""
    form = wishes.given(dict(request.query_params), request.query_params.getlist("days"))
    with transaction(here.engine) as session:
        seen = _seen(session, here, operator, patient_id)
        service, category = _for(seen, referral, visit)
        hits, unclear = _hits(session, here, operator, form, service, category)
    return _page(
        here, operator, "dates.html", patient=seen, form=form, hits=hits, unclear=unclear, referral=referral, visit=visit, code=service
    )


def _for(seen: Patient, referral: int, visit: int) -> tuple[str, Category]:
    """The service and category that dates are looked for; 404 for what is not this patient's."""
    for right in seen.rights:
        if right.id == referral:
            return right.service, "urgent" if right.category == "urgent" else "stable"
    for one in seen.visits:
        if one.id == visit and one.movable:
            return one.service, "stable"
    raise HTTPException(404, "no such right")


def _hits(
    session: Session, here: Console, operator: SignedIn, form: Given, service: str, category: Category
) -> tuple[tuple[Hit, ...], str]:  # fmt: skip
    try:
        criteria = wishes.criteria_of(session, form, now=here.clock(), provider_id=operator.provider_id)
    except Unclear as error:
        return (), str(error)
    order = "distance" if form.order == "distance" and criteria.latitude is not None else "date"
    beyond = not behalf.rules_of(operator, here.policy).desk_within_horizon
    found = free_slots(session, service, criteria, category=category, now=here.clock(), order=order, limit=20, beyond=beyond)  # type: ignore[arg-type]  # one of the two words
    return found.found, ""


@router.get("/{patient_id}/dates/{slot_id}")
def ask_booking(here: Here, operator: Looking, patient_id: Number, slot_id: Number, referral: Picked = 0, visit: Picked = 0) -> Response:
    """The date read back with what follows from it, before it is booked (R57)."""
    with transaction(here.engine) as session:
        seen = _seen(session, here, operator, patient_id)
        _for(seen, referral, visit)
        slot = session.get(Slot, slot_id)
        if slot is None or not behalf.may_sell(operator, slot):
            raise HTTPException(404, "no such date")
        place, starts_at, service = session.get_one(Place, slot.place_id), slot.starts_at, slot.service
        where = {"clinic": place.name, "address": f"{place.street}, {place.city}"}
    moved = next((one for one in seen.visits if one.id == visit), None)
    return _page(
        here, operator, "booking.html", patient=seen, slot_id=slot_id, starts_at=starts_at, code=service, moved=moved,
        referral=referral, **where,
    )  # fmt: skip


@router.post("/{patient_id}/dates/{slot_id}")
def take_date(
    here: Here, operator: Acting, patient_id: Number, slot_id: Number, referral: Annotated[int, Form(ge=0, lt=2**62)] = 0,
    visit: Annotated[int, Form(ge=0, lt=2**62)] = 0, version: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:  # fmt: skip
    """Book, or move in one step (R69)."""

    def act(session: Session) -> str | None:
        if not visit:
            return behalf.book(session, operator, patient_id, referral, slot_id, now=here.clock(), policy=here.policy)
        slot = session.get(Slot, slot_id)
        if slot is None or not behalf.may_sell(operator, slot):
            return None
        return behalf.with_visit(
            session, operator, "move", patient_id, visit, version, now=here.clock(), slot_id=slot_id, policy=here.policy
        )

    return _acted(here, operator, patient_id, act)


# --- the waiting room


def filled_in(
    where: Field = "", km: Field = "", first: Field = "", last: Field = "", opens: Field = "", closes: Field = "",
    days: Annotated[list[str], Form()] = [],  # noqa: B006  it is read only
) -> Given:  # fmt: skip
    """The wishes of a form."""
    said = {"where": where, "km": km, "first": first, "last": last, "opens": opens, "closes": closes}
    return wishes.given(said, days)


FilledIn = Annotated[Given, Depends(filled_in)]


@router.post("/{patient_id}/entries")
def join(
    here: Here, operator: Acting, patient_id: Number, form: FilledIn, referral: Annotated[int, Form(ge=1, lt=2**62)]
) -> Response:  # fmt: skip
    """Into the waiting room with the wishes of the search (R33, R47)."""
    return _with_wishes(
        here, operator, patient_id, form,
        lambda session, criteria: behalf.join(session, operator, patient_id, referral, criteria, now=here.clock()),
    )  # fmt: skip


@router.get("/{patient_id}/entries/{entry_id}")
def entry(here: Here, operator: Looking, patient_id: Number, entry_id: Number) -> Response:
    """A place in the waiting room: other wishes, or none any more, with what follows."""
    with transaction(here.engine) as session:
        seen = _seen(session, here, operator, patient_id)
    waiting = next((one for one in seen.waiting if one.id == entry_id), None)
    if waiting is None:
        return RedirectResponse(f"/console/patients/{patient_id}?done=not_waiting", 303)
    return _page(here, operator, "entry.html", patient=seen, waiting=waiting, form=Given())


@router.post("/{patient_id}/entries/{entry_id}/wishes")
def change_wishes(here: Here, operator: Acting, patient_id: Number, entry_id: Number, form: FilledIn) -> Response:
    """Other wishes; the place is kept (R49)."""
    return _with_wishes(
        here, operator, patient_id, form,
        lambda session, criteria: behalf.with_entry(
            session, operator, "wishes", patient_id, entry_id, now=here.clock(), criteria=criteria
        ),
    )  # fmt: skip


@router.post("/{patient_id}/entries/{entry_id}/leave")
def leave(here: Here, operator: Acting, patient_id: Number, entry_id: Number) -> Response:
    """Out of the waiting room (R55)."""
    return _acted(
        here, operator, patient_id,
        lambda session: behalf.with_entry(session, operator, "leave", patient_id, entry_id, now=here.clock()),
    )  # fmt: skip


def _with_wishes(
    here: Console, operator: SignedIn, patient_id: int, form: Given, act: Callable[[Session, Criteria], str | None]
) -> Response:  # fmt: skip
    def work(session: Session) -> str | None:
        try:
            criteria = wishes.criteria_of(session, form, now=here.clock(), provider_id=None)
        except Unclear as error:
            return f"unclear_{error}"
        return act(session, criteria)

    return _acted(here, operator, patient_id, work)
