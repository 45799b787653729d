"""A child's vaccination: what its birthday allows, and where. Booking for a child takes a login (D12, L3), which no message brings.

So nothing of any child is told or booked here: the parent hears what the law's days allow and where to book, and a person helps who asks.
"""

from datetime import date

from dialogs.actions import searching
from dialogs.actions.turn import ANSWERED, ASKED, Done, Turn, answer, ask_slot
from registry import search
from registry.catalogue import vaccine_schema
from registry.rules import local_date
from registry.vaccination import first_dose_days
from registry.waiting_room import InvalidCriteria

SERVICE = "HPV_VACCINATION"


def ask_child_born(turn: Turn) -> Done:
    """How old the child is decides (R86)."""
    return ask_slot(turn, "ask_child_born", "child_born")


def ask_child_near(turn: Turn) -> Done:
    """Where a clinic is looked for (R87)."""
    return ask_slot(turn, "ask_where", "child_near")


def advise_vaccination(turn: Turn) -> Done:
    """Whether the first dose may be given, and the nearest clinic that has published a date (R86, R87); nothing of any child is told."""
    filled = turn.memory.filled
    first, last = first_dose_days(vaccine_schema(SERVICE, local_date(turn.now)), date.fromisoformat(str(filled["child_born"])))
    today = local_date(turn.now)
    if today > last:
        turn.memory = turn.memory.without_form()
        answer(turn, "vaccination_too_old")
        return ANSWERED
    turn.remember(criteria={"where": filled["child_near"], "when": {"date_from": max(first, today).isoformat()}})
    return _nearest(turn, first, last)


def _nearest(turn: Turn, first: date, last: date) -> Done:
    try:
        criteria = searching.criteria_of(turn)
    except searching.Nowhere:
        turn.remember(filled={key: value for key, value in turn.memory.filled.items() if key != "child_near"})
        return ask_slot(turn, "where_unknown", "child_near")
    except InvalidCriteria:
        return ask_slot(turn, "ask_child_born", "child_born")
    turn.memory = turn.memory.without_form()
    if first > local_date(turn.now):
        answer(turn, "vaccination_too_young", day=first)
        return ANSWERED
    found = search.free_slots(turn.session, SERVICE, criteria, category="stable", now=turn.now, order="distance", limit=1).found
    near = [hit for hit in found if local_date(hit.starts_at) <= last]
    if not near:
        answer(turn, "vaccination_ask_clinic")
        return _offer_help(turn)
    hit = near[0]
    answer(turn, "vaccination_near", start=hit.starts_at, clinic=hit.clinic, street=hit.street, city=hit.city, phone=hit.phone)
    return _offer_help(turn)


def _offer_help(turn: Turn) -> Done:
    """A clerk may look into a child's record, and find out who is asking (R94); a message may not."""
    answer(turn, "ask_call_back", asks="yes_no", purpose="call_back")
    return ASKED


def help_with_vaccination(turn: Turn) -> Done:
    """A person helps: the conversation with the birthday and the place is what he gets (R94, X33)."""
    turn.task("child_vaccination")
    answer(turn, "request_human")
    return ANSWERED
