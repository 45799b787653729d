"""The routes of an operator who takes a conversation over, answers in it, and gives it back."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import taking, thread
from channels.operators.doors import Acting, Console, Here
from channels.operators.guarding import ConsoleRoute
from channels.operators.sessions import SignedIn
from channels.operators.thread import Opened
from registry.database import transaction

Number = Annotated[int, Path(ge=1, lt=2**62)]
router = APIRouter(prefix="/console/conversations", route_class=ConsoleRoute)


@router.post("/{conversation_id}/take")
def take(here: Here, operator: Acting, conversation_id: Number) -> Response:
    """From now on a person answers."""
    return _done(here, operator, conversation_id, lambda session, opened: taking.take(session, operator, opened, now=here.clock()))


@router.post("/{conversation_id}/reply")
def reply(
    here: Here, operator: Acting, conversation_id: Number, said: Annotated[str, Form()] = "", canned: Annotated[str, Form()] = ""
) -> Response:
    """A person's words."""
    return _done(
        here, operator, conversation_id, lambda session, opened: taking.reply(session, operator, opened, said, canned, now=here.clock())
    )


@router.post("/{conversation_id}/give-back")
def give_back(here: Here, operator: Acting, conversation_id: Number) -> Response:
    """From now on the automat answers again."""
    return _done(here, operator, conversation_id, lambda session, opened: taking.give_back(session, operator, opened, now=here.clock()))


def _done(here: Console, operator: SignedIn, conversation_id: int, act: Callable[[Session, Opened], bool]) -> Response:
    with transaction(here.engine) as session:
        opened = thread.find(session, conversation_id, provider_id=operator.provider_id)
        if opened is None:
            raise HTTPException(404, "no such conversation")
        done = act(session, opened)
    return RedirectResponse(f"/console/conversations/{conversation_id}{'' if done else '?talk=lost'}#rozmowa", 303)
