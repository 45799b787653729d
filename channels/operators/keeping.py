"""The administrator's and the auditor's routes: the accounts of those who work here, and what each of them looked at or did."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Path, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from channels.operators import footprints, pages, staff_list, todo, words
from channels.operators.doors import Auditing, Console, Here, Keeping, KeepingForm
from channels.operators.footprints import Sought
from channels.operators.guarding import ConsoleRoute
from channels.operators.keys import key_of, written
from channels.operators.sessions import SignedIn
from channels.operators.staff_list import LastAdministrator, LoginTaken, NotYours, Unclear
from registry.database import transaction

Number = Annotated[int, Path(ge=1, lt=2**62)]
Field = Annotated[str, Form()]

router = APIRouter(prefix="/console", route_class=ConsoleRoute)

BLANK = {"login": "", "name": "", "role": "operator", "clinic": ""}
PROBLEMS: Final[dict[type[Exception], str]] = {
    LoginTaken: "login_taken", LastAdministrator: "last_administrator", Unclear: "unclear",
}  # fmt: skip


def _problem(error: Exception) -> str:
    return words.name("account_problems", PROBLEMS[type(error)])


@router.get("/staff")
def staff(here: Here, keeper: Keeping) -> Response:
    """Everybody who works here, and the form for one more."""
    return _list(here, keeper)


@router.post("/staff")
def add(here: Here, keeper: KeepingForm, login: Field = "", name: Field = "", role: Field = "", clinic: Field = "") -> Response:
    """A new account; its password is on the page that answers, and nowhere else."""
    given = {"login": login, "name": name, "role": role, "clinic": clinic}
    try:
        with transaction(here.engine) as session:
            number, password = staff_list.add(session, keeper, **given, now=here.clock())
    except (LoginTaken, Unclear) as error:
        return _list(here, keeper, problem=_problem(error), given=given, status=422)
    return _one(here, keeper, number, password=password)


def _list(here: Console, keeper: SignedIn, *, problem: str = "", given: dict[str, str] | None = None, status: int = 200) -> Response:
    with transaction(here.engine) as session:
        facts = {
            "everybody": staff_list.everybody(session, keeper), "clinics": staff_list.clinics(session, keeper),
            "tasks": todo.waiting(session, keeper.provider_id),
        }  # fmt: skip
    return pages.page("staff.html", now=here.clock(), status=status, operator=keeper, problem=problem, given=given or BLANK, **facts)


@router.get("/staff/{account_id}")
def account(here: Here, keeper: Keeping, account_id: Number) -> Response:
    """One account with what can be done with it."""
    return _one(here, keeper, account_id)


@router.post("/staff/{account_id}")
def change(here: Here, keeper: KeepingForm, account_id: Number, name: Field = "", role: Field = "", clinic: Field = "") -> Response:
    """Another name, role or clinic."""
    return _done(
        here, keeper, account_id,
        lambda session: staff_list.change(session, keeper, account_id, name=name, role=role, clinic=clinic, now=here.clock()),
    )  # fmt: skip


@router.post("/staff/{account_id}/active")
def set_active(here: Here, keeper: KeepingForm, account_id: Number, active: Field = "") -> Response:
    """Close an account or open it again."""
    return _done(
        here, keeper, account_id,
        lambda session: staff_list.set_active(session, keeper, account_id, active=active == "1", now=here.clock()),
    )  # fmt: skip


@router.post("/staff/{account_id}/reset")
def reset(here: Here, keeper: KeepingForm, account_id: Number) -> Response:
    """A new password to come in with once; the second factor is set up anew. The password is on the page that answers."""
    try:
        with transaction(here.engine) as session:
            password = staff_list.start_anew(session, keeper, account_id, now=here.clock())
    except NotYours as error:
        raise HTTPException(404, "no such account") from error
    return _one(here, keeper, account_id, password=password)


def _done(here: Console, keeper: SignedIn, account_id: int, act: Callable[[Session], None]) -> Response:
    try:
        with transaction(here.engine) as session:
            act(session)
    except NotYours as error:
        raise HTTPException(404, "no such account") from error
    except (LastAdministrator, Unclear) as error:
        return _one(here, keeper, account_id, problem=_problem(error), status=422)
    return RedirectResponse(f"/console/staff/{account_id}", 303)


def _one(here: Console, keeper: SignedIn, account_id: int, *, password: str = "", problem: str = "", status: int = 200) -> Response:
    try:
        with transaction(here.engine) as session:
            facts = {
                "account": staff_list.one(session, keeper, account_id), "clinics": staff_list.clinics(session, keeper),
                "tasks": todo.waiting(session, keeper.provider_id),
            }  # fmt: skip
    except NotYours as error:
        raise HTTPException(404, "no such account") from error
    return pages.page("account_of.html", now=here.clock(), status=status, operator=keeper, password=password, problem=problem, **facts)


# --- the audit


@router.get("/audit")
def audit(here: Here, reader: Auditing, who: str = "", act: str = "", patient: str = "", day: str = "", before: str = "") -> Response:
    """What everybody looked at and did, newest first."""
    sought = Sought(_number(who), act if act in words.texts()["acts"] else None, _number(patient), _day(day))
    with transaction(here.engine) as session:
        found, further = footprints.page(session, reader, sought, before=key_of(before))
        everybody = staff_list.everybody(session, reader)
        tasks = todo.waiting(session, reader.provider_id)
    given: dict[str, Any] = {"who": sought.operator_id, "act": sought.act, "patient": sought.patient_id, "day": sought.day}
    query = {name: str(value) for name, value in given.items() if value is not None}
    return pages.page(
        "audit.html", now=here.clock(), operator=reader, tasks=tasks, found=found, sought=sought, everybody=everybody, filtered=bool(query),
        older=further and f"/console/audit?{urlencode({**query, 'before': written(further)})}",
    )  # fmt: skip


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else None


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
