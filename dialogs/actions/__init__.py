"""What a conversation can do: each action runs a use case of the registry and says what came of it."""

from collections.abc import Callable

from dialogs.actions.contacts import hand_over, opt_in, opt_out, opted_out_by_carrier, report_death, wrong_person
from dialogs.actions.offers import accept_offer, decline_offer
from dialogs.actions.turn import Done, Turn, nothing, say_only
from dialogs.actions.visits import cancel_visit, confirm_visit, leave_after_cancelling, leave_waiting_room, undo_cancellation

ACTIONS: dict[str, Callable[[Turn], Done]] = {
    "say": say_only,
    "nothing": nothing,
    "cancel_visit": cancel_visit,
    "confirm_visit": confirm_visit,
    "undo_cancellation": undo_cancellation,
    "leave_after_cancelling": leave_after_cancelling,
    "leave_waiting_room": leave_waiting_room,
    "accept_offer": accept_offer,
    "decline_offer": decline_offer,
    "opt_out": opt_out,
    "opt_in": opt_in,
    "opted_out_by_carrier": opted_out_by_carrier,
    "wrong_person": wrong_person,
    "report_death": report_death,
    "hand_over": hand_over,
}
