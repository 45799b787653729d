"""The pages on which one person's own data are handed over as a file, or erased, by an administrator of every clinic (X34)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import own_data, served, words
from channels.operators.doors import Console, Here, Releasing, ReleasingForm
from channels.operators.guarding import ConsoleRoute
from channels.operators.own_data import NoReason, Stale
from channels.operators.served import Number
from channels.operators.sessions import SignedIn
from registry import privacy
from registry.database import transaction
from registry.privacy import AlreadyErased, LegalHold

Reason = Annotated[str, Form(max_length=1000)]
Seen = Annotated[int, Form(ge=0, lt=2**62)]
STATUS: Final = {"short": 422, "unconfirmed": 422, "stale": 409, "held": 409}

router = APIRouter(prefix=served.PREFIX, route_class=ConsoleRoute)


@router.get("/{patient_id}/export")
def ask_export(here: Here, operator: Releasing, patient_id: Number) -> Response:
    """What is in the file, and the form that asks why it is handed over."""
    return _page(here, operator, "export.html", patient_id)


@router.post("/{patient_id}/export")
def export(here: Here, operator: ReleasingForm, patient_id: Number, seen: Seen = 0, reason: Reason = "") -> Response:
    """Everything that is kept of the person as JSON, the same as `cer person export`; noted with the reason. A form counts once."""
    try:
        why = own_data.reason(reason)
        with transaction(here.engine) as session:
            served.found(session, here, operator, patient_id)
            own_data.fresh(session, patient_id, seen)
            found = own_data.handed_over(session, patient_id, who=operator.operator_id, now=here.clock(), why=why)
    except NoReason:
        return _page(here, operator, "export.html", patient_id, problem="short", said=reason)
    except Stale:
        return _page(here, operator, "export.html", patient_id, problem="stale", said=reason)
    name = f"{words.name('files', 'person')}-{patient_id}.json"  # a number tells nothing to whoever finds the file's name
    return Response(
        own_data.written(found, here.recordings), media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


@router.get("/{patient_id}/erasure")
def ask_erasure(here: Here, operator: Releasing, patient_id: Number) -> Response:
    """What an erasure takes, what stays and why; the form where nothing stands open."""
    return _page(here, operator, "erasure.html", patient_id)


@router.post("/{patient_id}/erasure")
def erase(
    here: Here, operator: ReleasingForm, patient_id: Number, seen: Seen = 0, reason: Reason = "", sure: Annotated[str, Form()] = ""
) -> Response:  # fmt: skip
    """Make the person unrecognisable for good, the same as `cer person erase`; noted with the reason. A form counts once."""
    try:
        why = own_data.reason(reason)
        if sure != "1":
            return _page(here, operator, "erasure.html", patient_id, problem="unconfirmed", said=reason)
        with transaction(here.engine) as session:
            served.found(session, here, operator, patient_id)
            own_data.fresh(session, patient_id, seen)
            own_data.erased(session, patient_id, who=operator.operator_id, now=here.clock(), why=why)
    except NoReason:
        return _page(here, operator, "erasure.html", patient_id, problem="short", said=reason)
    except (Stale, LegalHold, AlreadyErased) as error:
        return _page(here, operator, "erasure.html", patient_id, problem="held" if isinstance(error, LegalHold) else "stale", said=reason)
    own_data.given_up(here.engine, now=here.clock(), folder=here.recordings)
    return RedirectResponse(f"{served.PREFIX}/{patient_id}?done=erased", 303)


def _page(here: Console, operator: SignedIn, template: str, patient_id: int, *, problem: str = "", said: str = "") -> Response:
    with transaction(here.engine) as session:
        one = served.shown(session, here, operator, patient_id)
        facts = _facts(session, here, patient_id)
    return served.page(
        here, operator, template, patient=one, problem=problem, said=said, told=words.own_data(), longest=own_data.LONGEST,
        status=STATUS.get(problem, 200), **facts,
    )  # fmt: skip


def _facts(session: Session, here: Console, patient_id: int) -> dict[str, Any]:
    return {"seen": own_data.mark(session, patient_id), "holds": privacy.held(session, patient_id, now=here.clock())}
