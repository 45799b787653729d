"""The actions for a Rasa server: it chooses by the same rules, and each action takes the turn here, in one transaction, by our own reading.

What Rasa is told are the words of the domain, never what a patient's numbers were. An action that comes too late, because the
embedded engine has taken the turn meanwhile, changes nothing: the message's id is known already (R102).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from rasa_sdk import Tracker
from rasa_sdk.endpoint import create_app
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from dialogs import conversation, project
from dialogs.conversing import Ask, converse
from dialogs.forms import step
from dialogs.memory import recalled
from dialogs.situation import situation_of
from registry import communications
from registry.communications import Received

GIVEN = "given"  # stands in Rasa's tracker for a number that it has no need to know

log = structlog.get_logger("actions")
Run = Callable[[CollectingDispatcher, Tracker, Any], list[EventType]]


@dataclass(frozen=True, slots=True)
class Actions:
    """Everything that an action needs; `clock` is the edge's."""

    engine: Engine
    interpreter: conversation.Understands
    undo_hold: timedelta
    clock: Callable[[], datetime]
    ask: Ask | None = None

    def executor(self) -> ActionExecutor:
        """The domain's actions as rasa-sdk runs them."""
        made = ActionExecutor()
        for name in project.shipped().domain.actions:
            made.register_function(name, self._function(name))
        return made

    def _function(self, name: str) -> Run:
        if name == "action_look_up":
            return self._look_up
        if name.startswith("validate_"):
            return lambda _dispatcher, tracker, _domain: self._validate(name.removeprefix("validate_"), tracker)
        return lambda dispatcher, tracker, _domain: self._act(name, dispatcher, tracker)

    def _look_up(self, _: CollectingDispatcher, tracker: Tracker, __: Any) -> list[EventType]:
        """The facts of the situation as slots: what the rules decide by."""
        with Session(self.engine) as session:
            case, _memory = conversation.look_up(session, received_of(tracker), self.interpreter, now=self.clock())
        return [SlotSet(slot, value) for slot, value in situation_of(case).facts.items()]

    def _validate(self, form: str, tracker: Tracker) -> list[EventType]:
        """Which slots of the form this message fills; one that it does not fill makes the form step aside for the rules."""
        with Session(self.engine) as session:
            case, memory = conversation.look_up(session, received_of(tracker), self.interpreter, now=self.clock())
        active = case.field is not None and memory.form == form
        reached = step(project.shipped(), form, memory.requested if active else None, memory.filled if active else {}, case.reading)
        if reached is None:
            return []
        return [SlotSet(slot, GIVEN if slot in reached.filled else None) for slot in project.shipped().domain.forms[form]]

    def _act(self, name: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Take the turn; what was answered, and where the forms stand after it."""
        received = received_of(tracker)
        done = converse(
            self.engine, received, self.interpreter, now=self.clock(), undo_hold=self.undo_hold, ask=self.ask, expected=name
        )  # fmt: skip
        if done.decision is not None and done.decision.action != name:
            log.warning("a Rasa server chose another action", chosen=name, taken=done.decision.action)
        with Session(self.engine) as session:
            for words in [] if done.repeated else communications.answers_to(session, received.wire_id):
                dispatcher.utter_message(text=words)
            memory = recalled(communications.remembered(session, received.channel, received.address))
        return _forms_after(memory.form if memory.question else None, memory.requested, tracker)


def _forms_after(form: str | None, requested: str | None, tracker: Tracker) -> list[EventType]:
    """The events that bring Rasa's forms to where the conversation stands; a form that goes on by itself needs none."""
    running = (tracker.active_loop or {}).get("name")
    if form == running:  # a form that stepped aside for a detour is told to go on
        return [ActiveLoop(form)] if form else []
    slots = [slot for slots in project.shipped().domain.forms.values() for slot in slots]
    cleared = [SlotSet(slot, None) for slot in slots if tracker.get_slot(slot) is not None]
    return [*cleared, ActiveLoop(form), SlotSet("requested_slot", requested if form else None)]


def received_of(tracker: Tracker) -> Received:
    """The message as its channel received it; a client of Rasa's own REST channel writes as in a chat."""
    latest = tracker.latest_message
    given = (latest.get("metadata") or {}).get("received")
    if given is not None:
        return Received(**given)
    wire_id = f"rasa {latest.get('message_id') or len(tracker.events)} {tracker.sender_id}"
    return Received("chat", tracker.sender_id, wire_id, latest.get("text") or "", {})


def serve(actions: Actions, *, host: str, port: int) -> None:
    """Answer a Rasa server until told to stop."""
    app = create_app(actions.executor(), cors_origins=[])
    app.run(host=host, port=port, single_process=True, access_log=False, motd=False)
