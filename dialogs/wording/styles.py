"""Three ways to put a fact into words: short for SMS, in full for the eye, spoken for the ear."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from dialogs.wording import shorten, speech, texts, written
from dialogs.wording.facts import Facts, FreeDate, Language, Option
from dialogs.wording.gsm import to_gsm
from dialogs.wording.written import Forms

NO_LIMIT: Final = 10_000
ADDRESS_IN_LIST: Final = 24  # letters of an address among several dates in one message


class Style(ABC):
    """How one channel says moments, numbers and places."""

    def word(self, name: str, facts: Facts, language: Language) -> str:
        """The placeholder `name`, with its grammatical forms where it has them."""
        return _WORDS[name](self, facts, language)

    @abstractmethod
    def moment(self, at: datetime, language: Language) -> Forms:
        """A visit's day and hour."""

    @abstractmethod
    def until(self, at: datetime, language: Language) -> str:
        """A deadline as it stands after "do", "до", "by"."""

    @abstractmethod
    def phone(self, number: str, language: Language) -> str:
        """A telephone number."""

    @abstractmethod
    def duration(self, seconds: int, language: Language) -> str:
        """A span of time as it stands after "w ciągu", "протягом", "within"."""

    @abstractmethod
    def options(self, choices: Sequence[Option], language: Language) -> str:
        """Several visits told apart (X8)."""

    @abstractmethod
    def dates(self, choices: Sequence[FreeDate], language: Language) -> str:
        """Free dates to choose from (R29)."""

    def day(self, day: date, language: Language) -> str:
        """A day as it stands after "od", "від", "from"."""
        return written.full_day(day, language)

    @abstractmethod
    def where(self, name: str, facts: Facts, language: Language, room: int) -> str:
        """The placeholders place, address and clinic, in `room` letters where that is a limit."""

    def about(self, day: date, language: Language) -> str:
        """A forecast (R65)."""
        return written.about(day, language)

    def initials(self, text: str, _language: Language) -> str:
        """A person's initials."""
        return text

    def answer(self, text: str, _language: Language) -> str:
        """An answer from the knowledge base."""
        return text


class Full(Style):
    """Chat and e-mail: everything in full."""

    def moment(self, at: datetime, language: Language) -> Forms:
        return written.full_moment(at, language)

    def until(self, at: datetime, language: Language) -> str:
        return written.full_deadline(at, language)

    def phone(self, number: str, _language: Language) -> str:
        return written.phone(number, grouped=True)

    def duration(self, seconds: int, language: Language) -> str:
        return written.duration(seconds, language)

    def options(self, choices: Sequence[Option], language: Language) -> str:
        return written.options(choices, language, short=False)

    def dates(self, choices: Sequence[FreeDate], language: Language) -> str:
        lines = (f"{written.full_moment(one.start, language)}, {one.clinic}, {one.street}, {one.city}" for one in choices)
        return "\n".join(f"{number}: {line}" for number, line in enumerate(lines, 1))

    def where(self, name: str, facts: Facts, _language: Language, _room: int) -> str:
        if name == "clinic":
            return facts["clinic"]
        where = f"{facts['street']}, {facts['city']}"
        return where if name == "address" else f"{facts['clinic']}, {where}"


class Short(Full):
    """SMS: abbreviated days, telephones without spaces, places cut to the room that is left (D9)."""

    def moment(self, at: datetime, language: Language) -> Forms:
        return written.short_moment(at, language)

    def until(self, at: datetime, language: Language) -> str:
        return written.short_moment(at, language)

    def phone(self, number: str, _language: Language) -> str:
        return written.phone(number, grouped=False)

    def options(self, choices: Sequence[Option], language: Language) -> str:
        return written.options(choices, language, short=True)

    def dates(self, choices: Sequence[FreeDate], language: Language) -> str:
        lines = (f"{written.short_moment(one.start, language)}, {_short_address(one, language)}" for one in choices)
        return "; ".join(f"{number}: {line}" for number, line in enumerate(lines, 1))

    def day(self, day: date, language: Language) -> str:
        return written.short_day(day, language)

    def where(self, name: str, facts: Facts, language: Language, room: int) -> str:
        if name == "clinic":
            return next(form for form in shorten.clinic_forms(_spelled(facts["clinic"], language)) if len(form) <= room)
        street, city = _spelled(facts["street"], language), _spelled(facts["city"], language)
        if name == "address":
            return shorten.address(street, city, room)
        return shorten.place(_spelled(facts["clinic"], language), street, city, room)


class Spoken(Style):
    """Voice: nothing that is not a word."""

    def moment(self, at: datetime, language: Language) -> Forms:
        return speech.moment(at, language)

    def until(self, at: datetime, language: Language) -> str:
        return speech.until(at, language)

    def phone(self, number: str, language: Language) -> str:
        return speech.phone(number, language)

    def duration(self, seconds: int, language: Language) -> str:
        return speech.duration(seconds, language)

    def options(self, choices: Sequence[Option], language: Language) -> str:
        return speech.options(choices, language)

    def about(self, day: date, language: Language) -> str:
        return speech.about(day, language)

    def dates(self, choices: Sequence[FreeDate], language: Language) -> str:
        return speech.dates(choices, language)

    def day(self, day: date, language: Language) -> str:
        return speech.day(day, language)

    def initials(self, text: str, language: Language) -> str:
        return speech.initials(text, language)

    def answer(self, text: str, language: Language) -> str:
        return speech.read_out(text, language)

    def where(self, name: str, facts: Facts, language: Language, _room: int) -> str:
        if name == "clinic":
            return speech.clinic(facts["clinic"], language)
        if name == "address":
            return speech.address(facts["street"], facts["city"], language)
        return speech.place(facts["clinic"], facts["street"], facts["city"], language)


STYLES: Final[Mapping[str, Style]] = {"sms": Short(), "voice": Spoken(), "chat": Full(), "email": Full()}


def _short_address(one: FreeDate, language: Language) -> str:
    return shorten.address(_spelled(one.street, language), _spelled(one.city, language), ADDRESS_IN_LIST)


def _service(code: str, language: Language) -> Forms:
    """The service's name; one that the texts do not know yet is "wizyta", which is never wrong."""
    names = texts.services(language)
    forms = names.get(code) or names["other"]
    return Forms(forms["nom"], gen=forms["gen"], acc=forms["acc"], loc=forms["loc"])


def _forecast(day: date | None) -> date:
    if day is None:
        raise ValueError("a forecast is only worded when there is one")
    return day


_WORDS: Final[Mapping[str, Callable[[Style, Facts, Language], str]]] = {
    "when": lambda style, facts, language: style.moment(facts["start"], language),
    "old_when": lambda style, facts, language: style.moment(facts["old_start"], language),
    "until": lambda style, facts, language: style.until(facts["deadline"], language),
    "phone": lambda style, facts, language: style.phone(facts["phone"], language),
    "service": lambda _style, facts, language: _service(facts["service"], language),
    "initials": lambda style, facts, language: style.initials(facts["initials"], language),
    "options": lambda style, facts, language: style.options(facts["options"], language),
    "dates": lambda style, facts, language: style.dates(facts["dates"], language),
    "day": lambda style, facts, language: style.day(facts["day"], language),
    "undo": lambda style, facts, language: style.duration(facts["undo_seconds"] or 0, language),
    "about": lambda style, facts, language: style.about(_forecast(facts["estimate"]), language),
    "latest": lambda style, facts, language: style.about(_forecast(facts["estimate_late"]), language),
    "lock": lambda style, facts, language: style.duration(60 * facts["lock_minutes"], language),
    "answer": lambda style, facts, language: style.answer(facts["answer"], language),
}


def _spelled(name: str, language: Language) -> str:
    """A name in signs that cost one letter each when it is sent, so that what fits when cut still fits when spelled."""
    if language == "uk":
        return "".join(sign for sign in name if ord(sign) <= 0xFFFF)
    plain = name.translate(str.maketrans("[]{}|\\^~€", "()()/-- E"))
    return "".join(sign if len(to_gsm(sign)) == 1 else to_gsm(sign) for sign in plain)
