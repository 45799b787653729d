"""A conversation as Rasa's test stories tell it: what was said, how it was read, what stood, which actions followed."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from dialogs import project
from dialogs.conversation import Outcome
from dialogs.memory import Memory, recalled
from registry import communications
from registry.database import transaction
from tests.dialogs.exchange import Exchange
from tests.stories import worlds

Step = dict[str, Any]
ADDRESSES = {"sms": worlds.NUMBER, "voice": worlds.NUMBER, "chat": "story-session"}


@dataclass
class Talk:
    """One story told to the embedded engine, turn by turn."""

    engine: Engine
    world: str
    channel: str
    outcomes: list[str] = field(default_factory=list)
    loop: str | None = None

    def __post_init__(self) -> None:
        worlds.make(self.engine, self.world)
        self.exchange = Exchange(self.engine, ADDRESSES[self.channel], worlds.NOW, self.channel)
        self.exchange.reach()

    def say(self, words: str) -> list[Step]:
        """The steps of one turn."""
        done = self.exchange.write(words)
        self.outcomes.append(done.outcome)
        self.exchange.reach()
        return self._steps(words, done)

    def _steps(self, words: str, done: Outcome) -> list[Step]:
        decision = done.decision
        if decision is None:
            raise AssertionError("a repeated turn has no story")
        situation = decision.situation
        heard: Step = {"user": words, "intent": situation.intent}
        used = {slot for rule in project.shipped().rules.by_intent[situation.intent] for slot in rule.when}
        facts = [{slot: value} for slot, value in situation.facts.items() if slot in used]
        steps: list[Step] = [heard, *([{"slot_was_set": facts}] if facts else [])]
        memory, live = self._memory()
        if decision.form is None:
            steps.append({"action": decision.action})
        else:
            filled = [{slot: True} for slot in decision.form.filled]
            steps += [{"slot_was_set": filled}] if filled else []
            steps.append({"action": decision.form.form})
            if decision.begins:
                steps.append({"active_loop": decision.form.form})
                self.loop = decision.form.form
            if decision.form.requested is None:
                steps += [{"active_loop": None}, {"slot_was_set": [{"requested_slot": None}]}, {"action": decision.action}]
                self.loop = None
        return steps + self._after(memory, live=live, detour=decision.form is None)

    def _after(self, memory: Memory, *, live: bool, detour: bool) -> list[Step]:
        """What an action says of forms by itself: one given up, or one begun, which Rasa then runs and finds its question asked."""
        now = memory.form if live else None
        if now == self.loop and not (now and detour):
            return [{"slot_was_set": [{"requested_slot": memory.requested}]}] if now else []
        self.loop = now
        if now is None:
            return [{"active_loop": None}]  # given up, or its question is no longer the last one
        return [{"active_loop": now}, {"action": now}, {"slot_was_set": [{"requested_slot": memory.requested}]}]

    def _memory(self) -> tuple[Memory, bool]:
        with transaction(self.engine) as session:
            memory = recalled(communications.remembered(session, self.channel, self.exchange.address))
            seen = communications.last_seen(session, self.channel, self.exchange.address)
        return memory, memory.live(seen and seen.id, self.exchange.now)
