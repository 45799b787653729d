"""The routes of learning: marking a turn that was read wrongly, the list of marks and of questions without an answer, the export."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import examples, learning, pages, sessions, thread, todo, unanswered, words
from channels.operators.doors import Acting, Here, Looking, Teaching
from channels.operators.filters import address
from channels.operators.guarding import ConsoleRoute
from channels.operators.keys import key_of, written
from channels.operators.learning import STATES, Wanted
from channels.operators.sessions import SignedIn
from channels.operators.thread import Opened, Said
from registry.database import transaction

router = APIRouter(prefix="/console", route_class=ConsoleRoute)
Number = Annotated[int, Path(ge=1, lt=2**62)]
Version = Annotated[int, Form(ge=0, lt=2**31)]
HOME = "/console/learning"


# --- one message


@router.get("/conversations/{conversation_id}/messages/{message_id}/reading")
def reading(here: Here, operator: Looking, conversation_id: Number, message_id: Number, done: str = "") -> Response:
    """What a message was read as, and the form to say what was meant. The look is noted (X33)."""
    now = here.clock()
    with transaction(here.engine) as session:
        opened, said = _turn(session, operator, conversation_id, message_id)
        sessions.audit_view(session, operator.operator_id, opened.id, opened.patient_ids, now=now)
        mark = learning.of_message(session, message_id)
        tasks = todo.waiting(session, operator.provider_id)
    return pages.page(
        "reading.html", now=now, operator=operator, tasks=tasks, opened=opened, message=said, done=done,
        mark=mark, intents=learning.intents(), longest=learning.LONGEST_NOTE,
    )  # fmt: skip


def _turn(session: Session, operator: SignedIn, conversation_id: int, message_id: int) -> tuple[Opened, Said]:
    """A message of a conversation that was read; 404 for any other, and in another clinic's conversation."""
    opened = thread.find(session, conversation_id, provider_id=operator.provider_id)
    shown = thread.messages(session, opened, before=message_id + 1)[0][-1:] if opened else []
    if opened is None or not shown or shown[0].id != message_id or shown[0].reading is None:
        raise HTTPException(404, "no such turn")
    return opened, shown[0]


@router.post("/conversations/{conversation_id}/messages/{message_id}/reading")
def mark(
    here: Here, operator: Acting, conversation_id: Number, message_id: Number, version: Version, intent: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """It was read wrongly: what was meant. Back to the message where it worked, else the form again with what stands now."""
    with transaction(here.engine) as session:
        opened, _ = _turn(session, operator, conversation_id, message_id)
        done = learning.mark(session, operator, opened, message_id, intent, note, version, now=here.clock())
    return _to_turn(conversation_id, message_id, done)


@router.post("/conversations/{conversation_id}/messages/{message_id}/reading/withdraw")
def withdraw(here: Here, operator: Acting, conversation_id: Number, message_id: Number, version: Version) -> Response:
    """It was read rightly after all."""
    with transaction(here.engine) as session:
        opened, _ = _turn(session, operator, conversation_id, message_id)
        done = learning.take_back(session, operator, opened, message_id, version, now=here.clock())
    return _to_turn(conversation_id, message_id, done)


def _to_turn(conversation_id: int, message_id: int, done: str) -> Response:
    return RedirectResponse(f"/console/conversations/{conversation_id}/messages/{message_id}/reading?done={done}", 303)


# --- the list


def wanted_of(request: Request) -> Wanted:
    """The filter that an address asks for; what the console does not know is left out."""
    known, given = words.texts(), request.query_params
    names = {"read": known["intents"], "meant": known["intents"], "channel": known["channels"], "language": known["languages"]}
    chosen = {name: given[name] for name, kinds in {**names, "state": STATES}.items() if given.get(name) in kinds}
    return Wanted(**chosen)


@router.get("/learning")
def learning_list(
    here: Here, operator: Looking, wanted: Annotated[Wanted, Depends(wanted_of)], before: str = "", done: str = ""
) -> Response:  # fmt: skip
    """Marked readings, the newest first; and questions without an answer. That somebody looked is noted, and at how much."""
    now = here.clock()
    with transaction(here.engine) as session:
        lines, further = learning.page(session, operator, wanted, before=key_of(before))
        asked = unanswered.questions(session, operator.provider_id)
        facts = {"found": len(lines) + len(asked)}
        sessions.audit(session, operator.operator_id, "learning_viewed", now=now, facts=facts)
        tasks = todo.waiting(session, operator.provider_id)
    query = {name: value for name in learning.FILTERS if (value := getattr(wanted, name))}
    return pages.page(
        "learning.html", now=now, operator=operator, tasks=tasks, lines=lines, questions=asked, wanted=wanted, done=done,
        intents=learning.intents(), states=STATES, filtered=bool(query), newest=address(HOME, query), first=not key_of(before),
        older=further and address(HOME, {**query, "before": written(further)}),
    )  # fmt: skip


@router.post("/learning/{mark_id}/{act}")
def judge(here: Here, operator: Teaching, mark_id: Number, act: str, version: Version) -> Response:
    """Dismiss a mark, or have it among the new ones again."""
    if act not in ("dismiss", "reopen"):
        raise HTTPException(404, "no such act")
    with transaction(here.engine) as session:
        done = learning.judge(session, operator, mark_id, version, keep=act == "reopen", now=here.clock())
    return RedirectResponse(address(HOME, {"done": done}), 303)


@router.post("/learning/export")
def export(here: Here, operator: Teaching, language: Annotated[str, Form()] = "pl", again: Annotated[str, Form()] = "") -> Response:
    """The new marks of a language as Rasa training data, to be reviewed; nothing is trained by it."""
    if language not in words.texts()["languages"]:
        raise HTTPException(404, "no such language")
    now = here.clock()
    with transaction(here.engine) as session:
        made = examples.export(
            session, Wanted(language=language), provider_id=operator.provider_id, operator_id=operator.operator_id, again=again == "1",
            now=now,
        )  # fmt: skip
    if not made.examples:
        return RedirectResponse(address(HOME, {"done": "nothing"}), 303)
    name = f"{language}_marked_{now:%Y%m%d}.yml"
    return Response(made.file, media_type="application/yaml", headers={"Content-Disposition": f'attachment; filename="{name}"'})
