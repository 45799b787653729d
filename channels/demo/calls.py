"""What was said in a telephone's last call, for `cer call` and the telephone page. For the demonstration only."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from registry.database import transaction

LAST = text("""
SELECT id, coalesce(answered_at, at) AS since, at, ended_at, direction, outcome, timings FROM calls WHERE address = :address
 ORDER BY id DESC LIMIT 1
""")
SAID = text("""
SELECT direction, kind, body, state FROM messages
 WHERE channel = 'voice' AND address = :address AND coalesce(sent_at, at) >= :since AND body IS NOT NULL
   AND state NOT IN ('queued', 'sending', 'accepted')
 ORDER BY coalesce(sent_at, at), id
""")


def route(engine: Engine) -> Route:
    """GET /demo/call?number=+48…: the last call of that telephone, with its words, outcome and timings (milliseconds)."""

    async def last_call(request: Request) -> Response:
        number = "+" + request.query_params.get("number", "").strip().lstrip("+")
        found = await run_in_threadpool(_last_call, engine, number)
        return JSONResponse({"detail": "Z tego numeru jeszcze nie rozmawiano."}, 404) if found is None else JSONResponse(found)

    return Route("/demo/call", last_call)


def _last_call(engine: Engine, number: str) -> dict[str, Any] | None:
    with transaction(engine) as session:
        call = session.execute(LAST, {"address": number}).one_or_none()
        if call is None:
            return None
        said = session.execute(SAID, {"address": number, "since": call.since}).all()
    return {
        "call": call.id, "began": _iso(call.at), "ended": _iso(call.ended_at), "outcome": call.outcome, "timings": call.timings,
        "said": [{"who": "caller" if row.direction == "in" else "we", "kind": row.kind, "words": row.body} for row in said],
    }  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")
