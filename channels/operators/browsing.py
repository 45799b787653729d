"""The routes of search and saved views, and the filters of every list as they come with a request."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import pages, searching, sessions, todo, views
from channels.operators.doors import Here, Looking, LookingForm
from channels.operators.filters import NO_CLINIC, Filter, address, parsed, query_of
from channels.operators.guarding import ConsoleRoute
from channels.operators.keys import key_of, written
from channels.operators.lexemes import searched
from registry.database import transaction

router = APIRouter(prefix="/console", route_class=ConsoleRoute)
Number = Annotated[int, Path(ge=1, lt=2**62)]
LONGEST: Final = 200  # letters of a search; what is pasted beyond them is not looked for, and the page says so


def wanted_of(request: Request, here: Here, operator: Looking) -> Filter:
    """The filter that an address asks for, within the operator's clinic."""
    wanted = parsed(dict(request.query_params))
    if operator.provider_id is not None:
        return replace(wanted, clinic=None, provider_id=operator.provider_id)
    if wanted.clinic is None:
        return wanted
    with transaction(here.engine) as session:
        return replace(wanted, provider_id=_clinic(session, wanted.clinic))


def _clinic(session: Session, code: str) -> int:
    found = session.scalar(text("SELECT id FROM providers WHERE code = :code"), {"code": code})
    return NO_CLINIC if found is None else int(found)


Wanted = Annotated[Filter, Depends(wanted_of)]


@router.get("/search")
def search(here: Here, operator: Looking, wanted: Wanted, q: str = "", before: str = "") -> Response:
    """Messages by their words. That somebody searched is noted, and how much was found; not the words, which may name somebody (X34)."""
    now, said = here.clock(), q.strip()[:LONGEST]
    words = searched(said)
    with transaction(here.engine) as session:
        found = searching.search(session, words, wanted, now=now, before=key_of(before))
        if words:
            sessions.audit(session, operator.operator_id, "search", now=now, facts={"found": len(found.hits)})
        facts: dict[str, Any] = {"tasks": todo.waiting(session, operator.provider_id), "saved": views.offered(session, operator)}
    query = {**query_of(wanted), **({"q": said} if said else {})}
    return pages.page(
        "search.html", now=now, operator=operator, wanted=wanted, said=said, words=words, found=found, first=not key_of(before),
        longest=LONGEST, cut=len(q.strip()) > LONGEST,
        newest=address("/console/search", query), query=address("", query)[1:], filtered=bool(query_of(wanted)), **facts,
        older=found.further and address("/console/search", {**query, "before": written(found.further)}),
    )  # fmt: skip


@router.post("/views")
def save_view(
    here: Here, operator: LookingForm, name: Annotated[str, Form()] = "", query: Annotated[str, Form()] = "",
    shared: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Keep the filters of a page under a name, and go on with it."""
    with transaction(here.engine) as session:
        views.save(session, operator, name, query, shared=shared == "1", now=here.clock())
    return RedirectResponse(views.address_of(address("", views.cleaned(query))[1:]), 303)


@router.post("/views/{view_id}/remove")
def remove_view(here: Here, operator: LookingForm, view_id: Number) -> Response:
    """Take one's own view away."""
    with transaction(here.engine) as session:
        views.remove(session, operator, view_id)
    return RedirectResponse("/console", 303)
