"""What the pages of one patient share: who is looked at, with a trace; an act in one transaction, and where one is led after it."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Form, HTTPException, Path, Query, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import behalf, pages, patients, sessions, todo
from channels.operators.doors import Console
from channels.operators.patients import Patient
from channels.operators.sessions import SignedIn
from registry.catalogue import Category
from registry.database import in_transaction, transaction

Number = Annotated[int, Path(ge=1, lt=2**62)]
Picked = Annotated[int, Query(ge=0, lt=2**62)]
Field = Annotated[str, Form(max_length=200)]
AsSeen = Annotated[str, Form(alias="seen", max_length=60)]
PREFIX: Final = "/console/patients"


def found(session: Session, here: Console, operator: SignedIn, patient_id: int) -> Patient:
    """The patient, where this operator may see him; 404 otherwise."""
    one = patients.find(session, patient_id, now=here.clock(), provider_id=operator.provider_id)
    if one is None:
        raise HTTPException(404, "no such patient")
    return one


def shown(session: Session, here: Console, operator: SignedIn, patient_id: int) -> Patient:
    """The patient for a page that shows him: the look is noted (X34)."""
    one = found(session, here, operator, patient_id)
    sessions.audit(session, operator.operator_id, "patient_viewed", now=here.clock(), patient_id=patient_id)
    return one


def sought(patient: Patient, referral: int, visit: int) -> tuple[str, Category]:
    """The service and category that dates are looked for: of a referral, or of the visit that is moved; 404 for what is not his."""
    for right in patient.rights:
        if right.id == referral:
            return right.service, right.category
    for one in patient.visits:
        if one.id == visit and one.movable:
            return one.service, one.category
    raise HTTPException(404, "no such right")


def page(here: Console, operator: SignedIn, template: str, **facts: Any) -> Response:
    """A page with the number of open tasks."""
    with transaction(here.engine) as session:
        tasks = todo.waiting(session, operator.provider_id)
    return pages.page(template, now=here.clock(), operator=operator, tasks=tasks, **facts)


def acted(
    here: Console, operator: SignedIn, patient_id: int, act: Callable[[Session], str | None], *, about: str = ""
) -> Response:  # fmt: skip
    """Do it in one transaction, tried again after a deadlock, and to the patient with what came of it.

    `about` is what is acted on; when it has changed since it was seen, its page of changes follows.
    """

    def work(session: Session) -> str | None:
        found(session, here, operator, patient_id)
        return act(session)

    result = in_transaction(here.engine, work)
    if result is None:
        raise HTTPException(404, "nothing of this patient's")
    changed = f"/{about}/changed" if about and (result == behalf.STALE or result.startswith("already_")) else ""
    return RedirectResponse(f"{PREFIX}/{patient_id}{changed}?done={result}", 303)
