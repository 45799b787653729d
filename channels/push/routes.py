"""What the gateway posts: applications that patients install and remove, and what became of notices. Every request bears its token."""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry import devices, outcomes, privacy
from registry.database import in_transaction
from registry.devices import Device
from registry.events import Actor
from registry.people import PatientDied
from registry.privacy import NoSuchPerson

LONGEST_BODY: Final = 16_384  # bytes
APPLICATION: Final = Actor("patient", "push")


class Installed(BaseModel):
    """A patient, whom the gateway has identified, wants notices in this application."""

    model_config = ConfigDict(extra="ignore", strict=True)
    identifier: str = Field(min_length=1, max_length=64)
    identifier_system: str = Field(default="PESEL", alias="identifierSystem", max_length=64)
    token: str = Field(min_length=1, max_length=4096)


class Removed(BaseModel):
    """This application wants no more."""

    model_config = ConfigDict(extra="ignore", strict=True)
    token: str = Field(min_length=1, max_length=4096)


class Told(BaseModel):
    """What became of a notice; `gone`: the application is no more."""

    model_config = ConfigDict(extra="ignore", strict=True)
    message: int = Field(ge=1, lt=2**62)
    state: Literal["delivered", "failed", "gone"]


Body = TypeVar("Body", bound=BaseModel)


class Routes:
    """The routes of one application."""

    def __init__(self, engine: Engine, token: str, clock: Callable[[], datetime]) -> None:
        self._engine, self._token, self._clock = engine, token, clock

    def routes(self) -> list[Route]:
        """The routes to mount."""
        return [
            Route("/push/devices", self._endpoint(Installed, self._install), methods=["POST"]),
            Route("/push/devices/removed", self._endpoint(Removed, self._remove), methods=["POST"]),
            Route("/push/receipts", self._endpoint(Told, self._note), methods=["POST"]),
        ]

    def _endpoint(self, form: type[Body], act: Callable[[Session, Body], int]) -> Callable[..., object]:
        """401 without the token, 413 and 422 for what is no such body, else what the act says; in one transaction."""

        async def answer(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return JSONResponse({"detail": "a bearer token is needed"}, 401, {"WWW-Authenticate": "Bearer"})
            if int(request.headers.get("content-length") or LONGEST_BODY + 1) > LONGEST_BODY:
                return JSONResponse({"detail": "too long"}, 413)
            try:
                asked = form.model_validate_json(await request.body())
            except ValidationError as error:
                return JSONResponse({"detail": [f"{one['loc'][0] if one['loc'] else 'body'}: {one['msg']}" for one in error.errors()]}, 422)
            return Response(status_code=await run_in_threadpool(in_transaction, self._engine, lambda session: act(session, asked)))

        return answer

    def _install(self, session: Session, asked: Installed) -> int:
        try:
            patient_id = privacy.find(session, asked.identifier, system=asked.identifier_system)
            devices.register(session, patient_id, asked.token, actor=APPLICATION, now=self._clock())
        except (NoSuchPerson, PatientDied):
            return 404
        return 204

    def _remove(self, session: Session, asked: Removed) -> int:
        found = session.scalar(select(Device.id).where(Device.token == asked.token, Device.state == "active"))
        if found is not None:
            devices.remove(session, found, actor=APPLICATION, now=self._clock())
        return 204

    def _note(self, session: Session, asked: Told) -> int:
        state = "delivered" if asked.state == "delivered" else "undelivered"
        found = outcomes.push_receipt(session, asked.message, state, gone=asked.state == "gone", now=self._clock())
        return 404 if found is None else 204
