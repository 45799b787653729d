"""A wish for a first visit as one step (R33, R34): the free dates that meet it, or a place in the waiting room with the same wishes.

A clinic or an import that asks on a patient's behalf gets the place at once; a patient's own channel asks first.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from registry import referrals, search, waiting_room
from registry.catalogue import Category, service
from registry.events import Actor
from registry.search import Hits
from registry.waiting_room import Criteria, Entry

AUTOMATIC: frozenset[str] = frozenset({"desk", "api"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Free dates to choose from (`dates`); a place in the waiting room (`waits`); or the question whether one is wanted (`ask`)."""

    what: Literal["dates", "waits", "ask", "nothing"]
    hits: Hits
    entry: Entry | None = None


def first_visit(
    session: Session, patient_id: int, service_code: str, referral_id: int | None, criteria: Criteria, *, contact_point_id: int,
    actor: Actor, now: datetime,
) -> Answer:  # fmt: skip
    """What there is for this patient under these wishes within the horizon (R31); raises what `waiting_room.join` raises.

    Without a free date: a clinic's request waits from now on and the patient is told (R34, D18), a patient's own is asked (R33);
    `nothing` for a service without a waiting room (R46).
    """
    referral = referrals.usable(session, patient_id, service_code, referral_id, now)
    category: Category = "urgent" if referral is not None and referral.category == "urgent" else "stable"
    hits = search.free_slots(session, service_code, criteria, category=category, now=now)
    if hits.found:
        return Answer("dates", hits)
    if not service(service_code).waiting_room:
        return Answer("nothing", hits)
    if actor.channel not in AUTOMATIC:
        return Answer("ask", hits)
    entry = waiting_room.join(
        session, patient_id, service_code, referral_id, criteria, contact_point_id=contact_point_id, actor=actor, now=now
    )  # fmt: skip
    return Answer("waits", hits, entry)
