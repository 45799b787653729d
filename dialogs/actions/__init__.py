"""What a conversation can do: each action runs a use case of the registry and says what came of it.

An action that only says something is called `action_say_` with the key of its text, and needs no function of its own.
"""

from collections.abc import Callable

from dialogs.actions import asking, booking, contacts, identity, journeys, offers, searching, telling, vaccination, visits
from dialogs.actions.turn import Done, Turn

SAY = "action_say_"

ACTIONS: dict[str, Callable[[Turn], Done]] = {
    f"action_{function.__name__}": function
    for function in (
        visits.cancel_visit, visits.confirm_visit, visits.undo_cancellation, visits.leave_after_cancelling,
        visits.leave_waiting_room, offers.accept_offer, offers.decline_offer, contacts.opt_out, contacts.opt_in,
        contacts.opted_out_by_carrier, contacts.wrong_person, contacts.report_death, contacts.hand_over, contacts.request_human,
        contacts.pass_on_leaving, contacts.report_not_seen, asking.ask_cancel, asking.ask_confirm_or_cancel, asking.ask_offer,
        asking.ask_leave, asking.ask_which_to_cancel, asking.ask_which_to_confirm, asking.ask_which_to_tell, asking.not_understood,
        asking.ask_again, asking.nothing, telling.tell_visit, telling.tell_waiting, telling.answer_question, identity.ask_pesel,
        identity.ask_referral_code, identity.identify, journeys.begin_booking, journeys.begin_joining, journeys.begin_editing,
        journeys.begin_change, searching.ask_where, searching.ask_when, searching.search, searching.choose_date, booking.book,
        booking.join, booking.change_visit, vaccination.ask_child_born, vaccination.ask_child_near, vaccination.advise_vaccination,
        vaccination.help_with_vaccination,
    )
}  # fmt: skip
