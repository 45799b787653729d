"""Saved views: filters and searches that are wanted again and again, under a name; one's own, or shared with everybody by who may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators.filters import parsed, query_of
from channels.operators.sessions import SignedIn

LONGEST_NAME: Final = 40
MOST: Final = 30  # of one person


@dataclass(frozen=True, slots=True)
class View:
    """A view as it is offered: its name and where it leads; `own` ones can be taken away."""

    id: int
    name: str
    address: str
    shared: bool
    own: bool


VIEWS = text("""
SELECT v.id, v.name, v.query, v.shared, v.operator_id = :operator_id AS own FROM saved_views v JOIN operators o ON o.id = v.operator_id
 WHERE v.operator_id = :operator_id OR (v.shared AND o.active) ORDER BY v.operator_id <> :operator_id, lower(v.name), v.id
""")
SAVE = text("""
INSERT INTO saved_views (operator_id, name, query, shared, created_at)
SELECT :operator_id, :name, :query, :shared, :now
 WHERE (SELECT count(*) FROM saved_views WHERE operator_id = :operator_id AND name <> :name) < :most
    ON CONFLICT (operator_id, name) DO UPDATE SET query = excluded.query, shared = excluded.shared
""")
REMOVE = text("DELETE FROM saved_views WHERE id = :id AND operator_id = :operator_id")


def offered(session: Session, operator: SignedIn) -> list[View]:
    """What this person may choose from, his own first."""
    rows = session.execute(VIEWS, {"operator_id": operator.operator_id})
    return [View(row.id, row.name, address_of(row.query), row.shared, row.own) for row in rows]


def save(session: Session, operator: SignedIn, name: str, query: str, *, shared: bool, now: datetime) -> bool:
    """Keep a view; one of the same name is replaced. False without a name or filters, or when there are too many."""
    name, kept = " ".join(name.split())[:LONGEST_NAME], cleaned(query)
    if not name or not kept:
        return False
    facts = {"operator_id": operator.operator_id, "name": name, "query": urlencode(kept), "shared": shared and operator.may("share")}
    done = session.execute(SAVE, {**facts, "now": now, "most": MOST})
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an INSERT's result


def remove(session: Session, operator: SignedIn, view_id: int) -> None:
    """Take one's own view away; nothing happens to anybody else's."""
    session.execute(REMOVE, {"id": view_id, "operator_id": operator.operator_id})


def cleaned(query: str) -> Mapping[str, str]:
    """Of what stood in an address only what the console knows."""
    given = dict(parse_qsl(query[:2000]))
    said = given.get("q", "").strip()[:200]
    return {**query_of(parsed(given)), **({"q": said} if said else {})}


def address_of(query: str) -> str:
    """Where a view leads: to the search, or to the list."""
    return f"/console/search?{query}" if "q" in dict(parse_qsl(query)) else f"/console?{query}"
