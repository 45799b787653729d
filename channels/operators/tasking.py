"""The routes of tasks: the list, taking one, giving it to a colleague, its due time, and closing it with what came of it."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Query, Response
from starlette.responses import RedirectResponse

from channels.operators import pages, thread, todo, words
from channels.operators.doors import Acting, Here, Looking
from channels.operators.filters import address
from channels.operators.guarding import ConsoleRoute
from channels.operators.keys import key_of, written
from channels.operators.todo import WHOSE, NoDue, Wanted
from channels.operators.ways import is_ours
from registry.database import transaction

router = APIRouter(prefix="/console/tasks", route_class=ConsoleRoute)
Number = Annotated[int, Path(ge=1, lt=2**62)]
TaskOf = Annotated[int, Query(ge=0, lt=2**62)]
Back = Annotated[str, Form()]


@router.get("")
def task_list(
    here: Here, operator: Looking, after: str = "", done: str = "", task: TaskOf = 0, whose: str = "all", kind: str = ""
) -> Response:  # fmt: skip
    """Open tasks, those due first on top; `done` tells how the last act ended."""
    now = here.clock()
    wanted = Wanted(whose if whose in WHOSE else "all", kind if kind in words.texts()["tasks"] else "")
    with transaction(here.engine) as session:
        found, further = todo.page(session, operator, wanted, now=now, after=key_of(after))
        held = todo.holder(session, operator, task)
        tasks, colleagues = todo.waiting(session, operator.provider_id), todo.colleagues(session, operator)
    query = {key: value for key, value in (("whose", wanted.whose if wanted.whose != "all" else ""), ("kind", wanted.kind)) if value}
    return pages.page(
        "tasks.html", now=now, operator=operator, todos=found, tasks=tasks, done=done, held=held, first=not key_of(after), wanted=wanted,
        colleagues=colleagues, filtered=bool(query), newest=address("/console/tasks", query),
        further=further and address("/console/tasks", {**query, "after": written(further)}),
    )  # fmt: skip


@router.post("")
def make(
    here: Here, operator: Acting, conversation: Annotated[int, Form(ge=1, lt=2**62)], once: Annotated[str, Form(pattern="^[0-9a-f]{16}$")],
    kind: Annotated[str, Form(max_length=40)], patient: Annotated[int, Form(ge=0, lt=2**62)] = 0,
    at: Annotated[str, Form(max_length=40)] = "",
) -> Response:  # fmt: skip
    """A task out of a conversation that an operator reads; sent twice it is made once."""
    now, back = here.clock(), f"/console/conversations/{conversation}"
    try:
        due_at = todo.due_of(at, now=now) if at else None
    except NoDue as error:
        return _back(back, str(error))
    with transaction(here.engine) as session:
        opened = thread.find(session, conversation, provider_id=operator.provider_id)
        if opened is None or kind not in todo.BY_HAND or patient not in (opened.patient_ids or (0,)):
            raise HTTPException(404, "no such conversation, kind or person")
        made = todo.open_for(session, operator, opened, kind, once, now=now, patient_id=patient or None, due_at=due_at)
    return _back(back, "made" if made else "made_before")


@router.post("/{task_id}/take")
def take(here: Here, operator: Acting, task_id: Number, back: Back = "") -> Response:
    """Have a task; of two who take it at the same moment one has it."""
    with transaction(here.engine) as session:
        done = todo.own(session, operator, task_id, operator.operator_id, now=here.clock())
    return _back(back, "taken" if done else "others", task_id)


@router.post("/{task_id}/give")
def give(here: Here, operator: Acting, task_id: Number, to: Annotated[int, Form(ge=0, lt=2**62)] = 0, back: Back = "") -> Response:
    """Give it to a colleague, or put it back for all."""
    with transaction(here.engine) as session:
        known = to == 0 or to in dict(todo.colleagues(session, operator))
        done = known and todo.own(session, operator, task_id, to or None, now=here.clock())
    return _back(back, "given" if done else "others", task_id)


@router.post("/{task_id}/due")
def due(here: Here, operator: Acting, task_id: Number, at: Annotated[str, Form()] = "", back: Back = "") -> Response:
    """By when it is to be done: a Warsaw day and hour as a browser writes them, from now to a year ahead."""
    now = here.clock()
    try:
        moment = todo.due_of(at, now=now)
    except NoDue as error:
        return _back(back, str(error))
    with transaction(here.engine) as session:
        done = todo.set_due(session, operator, task_id, moment, now=now)
    return _back(back, "due" if done else "others", task_id)


@router.post("/{task_id}/close")
def close(here: Here, operator: Acting, task_id: Number, back: Back = "", result: Annotated[str, Form()] = "") -> Response:
    """Close a task; back to the page where the button was. Closing it twice closes it once."""
    with transaction(here.engine) as session:
        closed = todo.close(session, operator, task_id, now=here.clock(), result=result)
    return _back(back, "yes" if closed else "before", task_id)


def _back(back: str, done: str, task_id: int = 0) -> Response:
    """To the page where the button was; after a refusal it is told whose the task is."""
    where = back if is_ours(back) and "?" not in back else "/console/tasks"
    about = {"task": str(task_id)} if done in ("others", "before") else {}
    return RedirectResponse(address(where, {**about, "done": done}), 303)
