"""What patients write and say, understood: text or a recogniser's guesses in, intent and entities out. Pure but for load."""

from dialogs.understanding.interpreter import Interpreter
from dialogs.understanding.reading import ASKED, Asked, Reading

__all__ = ["ASKED", "Asked", "Interpreter", "Reading"]
