"""From a key and facts to the words that a patient reads or hears.

SMS (D9, R101): Polish and English go out in GSM-7, every mark and tail transliterated, and the place is shortened until
the whole fits one segment of 160. Ukrainian goes out in Cyrillic: a Latin spelling of Ukrainian is nobody's habit and is
worst for the old, so its texts pay for UCS-2 and are held to two segments (134); Polish names of clinics and streets then
keep their letters, as they stand on the door.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from dialogs.wording import texts
from dialogs.wording.facts import FRAGMENTS, INSTEAD, PLACEHOLDERS, Facts, Language, check
from dialogs.wording.gsm import GSM_SINGLE, UCS2_PART, to_gsm
from dialogs.wording.styles import NO_LIMIT, STYLES
from dialogs.wording.texts import ELASTIC

SMS_ROOM: Final[Mapping[Language, int]] = {"pl": GSM_SINGLE, "uk": 2 * UCS2_PART, "en": GSM_SINGLE}
_DOUBLE_STOP: Final = re.compile(r"(?<!\.)\.\.(?!\.)")
_EMPTY_LINES: Final = re.compile(r"\n{3,}")
_STAND_IN: Final = "x"
_SELF_INTRODUCED: Final = frozenset({"system_disclosure", "greeting"})


def render(
    key: str, facts: Mapping[str, Any], *, language: str = "pl", channel: str = "sms", first_turn: bool = False
) -> str:
    """The text `key` with its facts in words (R100, R101); for e-mail the body.

    `facts` are those of `Facts`; more than the text needs may be given. On the first turn of a call or chat the sentence
    that an automated system speaks goes before it (X32). Raises MissingFact and UnknownText.
    """
    text = _filled(key, texts.find(key, language, channel).body, facts, language, channel)
    if channel == "email":
        return texts.frame(language)["body"].format(body=text)
    if first_turn and channel in ("voice", "chat") and key not in _SELF_INTRODUCED:
        return f"{opening(language=language, channel=channel)} {text}"
    return text


def subject(key: str, facts: Mapping[str, Any], *, language: str = "pl") -> str:
    """The subject line of the e-mail `key`: no service and no name of a person in it (X34)."""
    return _filled(key, texts.find(key, language, "email").subject, facts, language, "email")


def opening(*, language: str = "pl", channel: str = "chat") -> str:
    """The sentence that says who speaks and that it is an automated system (X32)."""
    return texts.find("system_disclosure", language, channel).body


def _filled(key: str, template: str, given: Mapping[str, Any], language: str, channel: str) -> str:
    names = texts.placeholders(template)
    check(key, names, given)
    facts, language, style = cast(Facts, given), cast(Language, language), STYLES[channel]
    words: dict[str, str] = {name: style.word(name, facts, language) for name in names - FRAGMENTS - ELASTIC}
    words |= {name: _fragment(name, facts, language, channel) for name in names & FRAGMENTS}
    words |= dict.fromkeys(names & ELASTIC, _STAND_IN)
    if names & ELASTIC:
        room = _room(template.format_map(words), language) if channel == "sms" else NO_LIMIT
        words |= {name: style.where(name, facts, language, room) for name in names & ELASTIC}
    return _finished(template.format_map(words), language, channel)


def _fragment(name: str, facts: Mapping[str, Any], language: str, channel: str) -> str:
    """A sentence that is only said when there is something to say."""
    if any(facts[fact] is None for fact in PLACEHOLDERS[name]):
        if name not in INSTEAD:
            return ""
        name = INSTEAD[name]
    return _filled(name, texts.find(name, language, channel).body, facts, language, channel)


def _room(with_stand_in: str, language: Language) -> int:
    """What a text leaves for its place, in letters, measured around a stand-in of one letter."""
    return SMS_ROOM[language] - len(_finished(with_stand_in, language, "sms")) + len(_STAND_IN)




def _finished(text: str, language: str, channel: str) -> str:
    """Tidy spaces and full stops (one is enough after "J. K."), and for SMS the letters that it is sent in."""
    text = _DOUBLE_STOP.sub(".", text)
    if channel in ("chat", "email"):
        return _EMPTY_LINES.sub("\n\n", "\n".join(" ".join(line.split()) for line in text.splitlines())).strip()
    tidy = " ".join(text.split())
    return tidy if channel == "voice" or language == "uk" else to_gsm(tidy)
