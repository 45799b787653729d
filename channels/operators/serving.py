"""The routes by which an operator serves a patient who is on the telephone: find, look, and act in his name (R9, X33)."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import behalf, patients, seen, served, sessions, wishes
from channels.operators.doors import Acting, Console, Here, Looking, LookingForm
from channels.operators.guarding import ConsoleRoute
from channels.operators.seen import Wanted
from channels.operators.served import AsSeen, Field, Number, Picked
from channels.operators.sessions import SignedIn
from channels.operators.wishes import Given, Unclear
from registry import catalogue, freeze
from registry.catalogue import CancelReason, Category
from registry.database import transaction
from registry.schedules import Place, Slot
from registry.search import Hit, free_slots

router = APIRouter(prefix=served.PREFIX, route_class=ConsoleRoute)


@router.get("")
def finder(here: Here, operator: Looking) -> Response:
    """The form by which a patient is found; nobody is listed."""
    return served.page(here, operator, "patients.html", asked=False, found=(), more=False)


@router.post("")
def find(here: Here, operator: LookingForm, given: Field = "") -> Response:
    """By PESEL, telephone, mail or name; in a form and not in an address, which would be kept in logs (X34)."""
    with transaction(here.engine) as session:
        numbers = patients.matching(session, given, provider_id=operator.provider_id)
        sessions.audit(session, operator.operator_id, "patient_search", now=here.clock(), facts={"found": len(numbers)})
        found = patients.listed(session, numbers[: patients.MOST_FOUND]) if len(numbers) > 1 else []
        for one in found:
            sessions.audit(session, operator.operator_id, "patient_viewed", now=here.clock(), patient_id=one.id)
    if len(numbers) == 1:
        return RedirectResponse(f"{served.PREFIX}/{numbers[0]}", 303)
    return served.page(here, operator, "patients.html", asked=True, found=found, more=len(numbers) > len(found) > 0)


@router.get("/{patient_id}")
def patient(here: Here, operator: Looking, patient_id: Number, done: str = "") -> Response:
    """Everything that stands open for one patient, and what can be done."""
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
    return served.page(here, operator, "patient.html", patient=one, done=done, may_wait=behalf.may_change_wait(operator))


# --- visits


@router.get("/{patient_id}/visits/{visit_id}/cancel")
def ask_cancel(here: Here, operator: Looking, patient_id: Number, visit_id: Number) -> Response:
    """What a cancellation would mean for the patient, before it is made (D1, R55, R56, R119)."""
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        visit = next((visit for visit in one.visits if visit.id == visit_id and visit.open), None)
        thaw = visit and freeze.thaws_on(session, visit.provider_id, now=here.clock())
    if visit is None or visit.status != "booked":
        return RedirectResponse(f"{served.PREFIX}/{patient_id}?done=not_held", 303)
    later = thaw if thaw and visit.local_date >= thaw else None
    return served.page(here, operator, "cancel.html", patient=one, visit=visit, reasons=behalf.REASONS, later=later)


@router.get("/{patient_id}/visits/{visit_id}/changed")
def visit_changed(here: Here, operator: Looking, patient_id: Number, visit_id: Number, done: str = "") -> Response:
    """Why nothing was done: the visit had changed since it was seen, by whom and how."""
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        visit = next((visit for visit in one.visits if visit.id == visit_id), None)
        if visit is None:
            raise HTTPException(404, "no such visit")
        changes = seen.visit_changes(session, visit_id)
    return served.page(here, operator, "changed.html", patient=one, visit=visit, waiting=None, changes=changes, done=done)


@router.post("/{patient_id}/visits/{visit_id}/{act}")
def act_on_visit(
    here: Here, operator: Acting, patient_id: Number, visit_id: Number, act: str, as_seen: AsSeen, reason: Field = "", leave: Field = "",
) -> Response:  # fmt: skip
    """Confirm, cancel, accept or decline, as the page showed the visit."""
    if act not in ("confirm", "cancel", "accept", "decline") or (act == "cancel" and reason not in behalf.REASONS):
        raise HTTPException(404, "no such act")
    why: CancelReason = next((one for one in behalf.REASONS if one == reason), "other")
    wanted = Wanted(act, leave=act == "cancel" and leave == "1")
    return served.acted(
        here, operator, patient_id,
        lambda session: behalf.with_visit(session, operator, patient_id, visit_id, wanted, as_seen, now=here.clock(), reason=why),
        about=f"visits/{visit_id}",
    )  # fmt: skip


# --- free dates: for a new visit on a referral, or to move one


@router.get("/{patient_id}/dates")
def dates(request: Request, here: Here, operator: Looking, patient_id: Number, referral: Picked = 0, visit: Picked = 0) -> Response:
    """Free dates by the patient's wishes, for a visit of a referral or instead of a visit that he has."""
    form = wishes.given(dict(request.query_params), request.query_params.getlist("days"))
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        service, category = served.sought(one, referral, visit)
        hits, unclear = _hits(session, here, operator, form, service, category)
    joinable = bool(referral) and catalogue.service(service).waiting_room and not any(place.service == service for place in one.waiting)
    return served.page(
        here, operator, "dates.html", patient=one, form=form, hits=hits, unclear=unclear, referral=referral, visit=visit, code=service,
        joinable=joinable,
    )  # fmt: skip


def _hits(
    session: Session, here: Console, operator: SignedIn, form: Given, service: str, category: Category
) -> tuple[tuple[Hit, ...], str]:  # fmt: skip
    try:
        criteria = wishes.search_criteria(session, form, now=here.clock(), provider_id=operator.provider_id)
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
        one = served.shown(session, here, operator, patient_id)
        served.sought(one, referral, visit)
        slot = session.get(Slot, slot_id)
        if slot is None or not behalf.may_sell(operator, slot):
            raise HTTPException(404, "no such date")
        place, starts_at, service = session.get_one(Place, slot.place_id), slot.starts_at, slot.service
        where = {"clinic": place.name, "address": f"{place.street}, {place.city}"}
    moved = next((old for old in one.visits if old.id == visit), None)
    return served.page(
        here, operator, "booking.html", patient=one, slot_id=slot_id, starts_at=starts_at, code=service, moved=moved,
        referral=referral, **where,
    )  # fmt: skip


@router.post("/{patient_id}/dates/{slot_id}")
def take_date(
    here: Here, operator: Acting, patient_id: Number, slot_id: Number, referral: Annotated[int, Form(ge=0, lt=2**62)] = 0,
    visit: Annotated[int, Form(ge=0, lt=2**62)] = 0, as_seen: AsSeen = "",
) -> Response:  # fmt: skip
    """Book, or move in one step, as the page showed the visit that is moved (R69)."""

    def act(session: Session) -> str | None:
        if not visit:
            return behalf.book(session, operator, patient_id, referral, slot_id, now=here.clock(), policy=here.policy)
        slot = session.get(Slot, slot_id)
        if slot is None or not behalf.may_sell(operator, slot):
            return None
        wanted = Wanted("move", slot_id=slot_id)
        return behalf.with_visit(session, operator, patient_id, visit, wanted, as_seen, now=here.clock(), policy=here.policy)

    return served.acted(here, operator, patient_id, act, about=f"visits/{visit}" if visit else "")
