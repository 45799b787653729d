"""The routes of the waiting room for a patient who is on the telephone: the wishes read back, joining, other wishes, leaving (R47, R49)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import behalf, seen, served, wishes
from channels.operators.doors import Acting, Console, Here, Looking, NoRight
from channels.operators.guarding import ConsoleRoute
from channels.operators.served import AsSeen, Field, Number, Picked
from channels.operators.sessions import SignedIn
from channels.operators.wishes import Given, Unclear
from registry import catalogue
from registry.database import transaction
from registry.waiting_room import Criteria

router = APIRouter(prefix=served.PREFIX, route_class=ConsoleRoute)
REFUSED: Final = 422  # a form that cannot be followed, shown again as it was filled in


def filled_in(
    *, where: Field = "", km: Field = "", first: Field = "", last: Field = "", opens: Field = "", closes: Field = "",
    anywhere: Field = "", named: Field = "", days: Annotated[list[str], Form()] = [],  # noqa: B006  it is read only
) -> Given:  # fmt: skip
    """The wishes of a form."""
    said = {"where": where, "km": km, "first": first, "last": last, "opens": opens, "closes": closes}
    return wishes.given({**said, "anywhere": anywhere, "named": named}, days)


FilledIn = Annotated[Given, Depends(filled_in)]


@router.get("/{patient_id}/join")
def ask_join(request: Request, here: Here, operator: Looking, patient_id: Number, referral: Picked = 0) -> Response:
    """Every wish read back in words before the patient waits with them (R33, R57); nothing typed is lost on the way."""
    form = wishes.given(dict(request.query_params), request.query_params.getlist("days"))
    return _join_page(here, operator, patient_id, referral, form)


@router.post("/{patient_id}/entries")
def join(
    here: Here, operator: Acting, patient_id: Number, form: FilledIn, referral: Annotated[int, Form(ge=1, lt=2**62)]
) -> Response:  # fmt: skip
    """Into the waiting room with the wishes that were read back (R33, R47); without a place only where the whole country is ticked."""
    try:
        with transaction(here.engine) as session:
            criteria = wishes.waiting_criteria(session, form, now=here.clock())
    except Unclear as error:
        return _join_page(here, operator, patient_id, referral, form, str(error))
    return served.acted(
        here, operator, patient_id,
        lambda session: behalf.join(session, operator, patient_id, referral, criteria, now=here.clock()),
    )  # fmt: skip


def _join_page(here: Console, operator: SignedIn, patient_id: int, referral: int, form: Given, unclear: str = "") -> Response:
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        code, _ = served.sought(one, referral, 0)
        if not catalogue.service(code).waiting_room:
            raise HTTPException(404, "no waiting room")
        told, status = None, REFUSED if unclear else 200
        try:
            told = wishes.told(session, wishes.search_criteria(session, form, now=here.clock()), form.where)
        except Unclear as error:
            unclear = str(error)
    return served.page(
        here, operator, "join.html", patient=one, code=code, referral=referral, form=form, told=told, unclear=unclear,
        status=status,
    )  # fmt: skip


# --- a place that he has


@router.get("/{patient_id}/entries/{entry_id}")
def entry(here: Here, operator: Looking, patient_id: Number, entry_id: Number) -> Response:
    """A place in the waiting room with the wishes as they are kept: to change them, or to leave, with what follows."""
    return _entry_page(here, operator, patient_id, entry_id)


@router.post("/{patient_id}/entries/{entry_id}/wishes")
def change_wishes(
    here: Here, operator: Acting, patient_id: Number, entry_id: Number, form: FilledIn, as_seen: AsSeen = ""
) -> Response:  # fmt: skip
    """Other wishes instead of those that were seen; the place is kept (R49)."""
    if not behalf.may_change_wait(operator):
        raise NoRight
    try:
        with transaction(here.engine) as session:
            kept = _kept(session, here, operator, patient_id, entry_id)
            criteria = wishes.waiting_criteria(session, form, now=here.clock(), kept=kept)
    except Unclear as error:
        return _entry_page(here, operator, patient_id, entry_id, form, as_seen, str(error))
    return _with_entry(here, operator, patient_id, entry_id, as_seen, criteria)


@router.post("/{patient_id}/entries/{entry_id}/leave")
def leave(here: Here, operator: Acting, patient_id: Number, entry_id: Number, as_seen: AsSeen = "") -> Response:
    """Out of the waiting room (R55)."""
    if not behalf.may_change_wait(operator):
        raise NoRight
    return _with_entry(here, operator, patient_id, entry_id, as_seen, None)


def _with_entry(
    here: Console, operator: SignedIn, patient_id: int, entry_id: int, as_seen: str, criteria: Criteria | None
) -> Response:  # fmt: skip
    return served.acted(
        here, operator, patient_id,
        lambda session: behalf.with_entry(session, operator, patient_id, entry_id, as_seen, now=here.clock(), criteria=criteria),
        about=f"entries/{entry_id}",
    )  # fmt: skip


@router.get("/{patient_id}/entries/{entry_id}/changed")
def entry_changed(here: Here, operator: Looking, patient_id: Number, entry_id: Number, done: str = "") -> Response:
    """Why nothing was done: the place or its wishes had changed since they were seen, by whom and how."""
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        if not behalf.has_entry(session, patient_id, entry_id):
            raise HTTPException(404, "no such place")
        changes = seen.entry_changes(session, entry_id)
        waiting = next((place for place in one.waiting if place.id == entry_id), None)
        told = waiting and wishes.told(session, waiting.criteria)
    return served.page(
        here, operator, "changed.html", patient=one, visit=None, waiting=waiting, told=told, changes=changes, done=done
    )  # fmt: skip


def _kept(session: Session, here: Console, operator: SignedIn, patient_id: int, entry_id: int) -> Criteria | None:
    one = served.found(session, here, operator, patient_id)
    return next((place.criteria for place in one.waiting if place.id == entry_id), None)


def _entry_page(
    here: Console, operator: SignedIn, patient_id: int, entry_id: int, form: Given | None = None, as_seen: str = "", unclear: str = ""
) -> Response:  # fmt: skip
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        waiting = next((place for place in one.waiting if place.id == entry_id), None)
        if waiting is None:
            return RedirectResponse(f"{served.PREFIX}/{patient_id}?done=not_waiting", 303)
        facts: dict[str, Any] = {
            "told": wishes.told(session, waiting.criteria), "form": form or wishes.form_of(session, waiting.criteria),
        }  # fmt: skip
    return served.page(
        here, operator, "entry.html", patient=one, waiting=waiting, as_seen=as_seen or waiting.seen, unclear=unclear,
        may_wait=behalf.may_change_wait(operator), status=REFUSED if unclear else 200, **facts,
    )  # fmt: skip
