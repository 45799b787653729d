"""What is said, in the words of a good clerk: a key and facts become a text for one language and channel.

Facts and placeholders are listed in `facts`, the texts themselves stand in dialogs/texts/<language>/<channel>.yml.
"""

from dialogs.wording.facts import CHANNELS, LANGUAGES, Channel, Facts, FreeDate, Language, MissingFact, Option, UnknownText
from dialogs.wording.rendering import opening, render, subject
from dialogs.wording.texts import facts_needed, keys

__all__ = [
    "CHANNELS",
    "LANGUAGES",
    "Channel",
    "Facts",
    "FreeDate",
    "Language",
    "MissingFact",
    "Option",
    "UnknownText",
    "facts_needed",
    "keys",
    "opening",
    "render",
    "subject",
]
