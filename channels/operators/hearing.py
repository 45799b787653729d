"""The recording of a call, for those who may look behind the mask and have said why (X33, X34, D14): a voice tells who speaks."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Response
from fastapi import Path as InPath
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.responses import FileResponse

from channels.operators import telephony, thread, unmasking
from channels.operators.doors import Here, Listening
from channels.operators.guarding import ConsoleRoute
from channels.operators.sessions import SignedIn
from channels.operators.thread import Opened
from channels.recordings import file_of
from registry.database import transaction

Number = Annotated[int, InPath(ge=1, lt=2**62)]
router = APIRouter(prefix="/console", route_class=ConsoleRoute)

# A player asks for one recording in many pieces: the first of them is noted, with every patient whose telephone it is.
HEARD: Final = text("""
INSERT INTO audit (at, operator_id, act, conversation_id, patient_id, facts)
SELECT :now, :operator_id, 'call_heard', :conversation_id, p.id, jsonb_build_object('call', CAST(:call_id AS bigint))
  FROM unnest(CAST(:patient_ids AS bigint[])) AS p(id)
 WHERE NOT EXISTS (SELECT 1 FROM audit WHERE operator_id = :operator_id AND conversation_id = :conversation_id
                      AND patient_id IS NOT DISTINCT FROM p.id AND act = 'call_heard' AND at > :since AND at <= :now
                      AND facts ->> 'call' = CAST(:call_id AS text))
""")


@router.get("/conversations/{conversation_id}/calls/{call_id}/sound")
def sound(here: Here, operator: Listening, conversation_id: Number, call_id: Number) -> Response:
    """The sound of a call while its conversation is unmasked for this operator; any part of it (Range). Listening is noted (X34)."""
    now = here.clock()
    with transaction(here.engine) as session:
        if unmasking.until(session, operator, conversation_id, now=now) is None:
            raise HTTPException(404, "masked")
        opened = thread.find(session, conversation_id, provider_id=operator.provider_id)
        name = opened and telephony.recording(session, opened, call_id)
        file = name and here.recordings and file_of(here.recordings, name)
        if opened is None or not file or not Path(file).is_file():
            raise HTTPException(404, "no such recording")
        _note(session, operator, opened, call_id, now)
    return FileResponse(file, media_type="audio/wav")


def _note(session: Session, operator: SignedIn, opened: Opened, call_id: int, now: datetime) -> None:
    about: list[int | None] = [*opened.patient_ids] or [None]
    facts = {"now": now, "since": now - unmasking.LASTS, "operator_id": operator.operator_id, "conversation_id": opened.id}
    session.execute(HEARD, {**facts, "call_id": call_id, "patient_ids": about})
