"""Names of streets and clinics for the ear: abbreviations in full, initials letter by letter, numbers in words.

The names stay Polish in every language, with the ordinals that belong to them ("Trzeciego Maja"); only house numbers
and "flat" are said in the listener's language. A Ukrainian voice cannot read Latin letters, so for it the whole is
spelled in Cyrillic by the usual practical transcription.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final

from dialogs.wording.shorten import core
from dialogs.wording.speech import polish
from dialogs.wording.written import POLISH_MONTHS, phone_groups

Number = Callable[[int], str]

_LETTER_NAMES: Final = (
    "a", "be", "ce", "de", "e", "ef", "gie", "ha", "i", "jot", "ka", "el", "em", "en", "o", "pe", "ku", "er", "es",
    "te", "u", "fał", "wu", "iks", "igrek", "zet", "cie", "eł", "eń", "ó", "eś", "ziet", "żet",
)  # fmt: skip
_LETTERS: Final[Mapping[str, str]] = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZĆŁŃÓŚŹŻ", _LETTER_NAMES, strict=True))
_ROMAN: Final = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10,
                 "XI": 11, "XII": 12, "XV": 15, "XX": 20, "XXI": 21, "XXX": 30}  # fmt: skip
_AFTER_ORDINAL: Final = "|".join(
    (*(month.capitalize() for month in POLISH_MONTHS), "Pułku", "Batalionu", "Korpusu", "Wieków?", "Wieku")
)
_FULL: Final = tuple(
    (re.compile(rf"(?<!\w){pattern}(?!\w)", re.IGNORECASE), full)
    for pattern, full in (
        (r"ul\.", "ulica"),
        (r"al\.(?=\s+\w+ie\b)", "Aleje"),
        (r"al\.", "aleja"),
        (r"pl\.", "plac"),
        (r"os\.", "osiedle"),
        (r"im\.", "imienia"),
        (r"św\.(?=\s+\w+[yi]\b)", "Świętej"),
        (r"św\.", "Świętego"),
        (r"gen\.", "Generała"),
        (r"ppłk\.?", "Podpułkownika"),
        (r"płk\.?", "Pułkownika"),
        (r"mjr\.?", "Majora"),
        (r"kpt\.?", "Kapitana"),
        (r"por\.(?=\s+[A-Z]\w+[ao]\b)", "Porucznika"),
        (r"rtm\.", "Rotmistrza"),
        (r"marsz\.", "Marszałka"),
        (r"prof\.", "Profesora"),
        (r"dr\.?", "Doktora"),
        (r"ks\.", "Księdza"),
        (r"abp\.?", "Arcybiskupa"),
        (r"bp\.?", "Biskupa"),
        (r"kard\.", "Kardynała"),
        (r"inż\.", "Inżyniera"),
        (r"nr", "numer"),
        (r"przych\.", "Przychodnia"),
        (r"por\.", "Poradnia"),
        (r"woj\.", "Wojewódzki"),
        (r"spec\.", "Specjalistyczny"),
        (r"SPZOZ", "es pe zoz"),
        (r"NZOZ", "en zoz"),
        (r"ZOZ", "zoz"),
        (r"POZ", "pe o zet"),
        (r"MSWiA", "em es wu i a"),
    )
)
_CAPITALS: Final = re.compile(r"(?<!\w)[A-ZĆŁŃÓŚŹŻ]{2,5}(?!\w)")
_FLAT: Final = {"pl": "lokal", "uk": "квартира", "en": "flat"}
_SLASH: Final = {"pl": "łamane przez", "uk": "дріб", "en": "stroke"}
_HOUSE: Final = re.compile(r"(?P<number>\d+)\s?(?P<letter>[A-Za-z]\b(?!\.))?|(?P<slash>/)|(?P<flat>\b(?:lok|m)\.)|(?P<dash>-)")
_TAIL: Final = re.compile(r"\s\d+\s?[A-Za-z]?(?:\s?[/-]\s?\d+\s?[A-Za-z]?)*(?:,?\s+(?:lok\.|m\.)\s*\d+\s?[A-Za-z]?)?\s*$")


def street(text: str, number: Number, language: str) -> str:
    """A street with its house number in words: "ulica Trzeciego Maja sto dwadzieścia trzy A, lokal pięć"."""
    tail = _TAIL.search(f" {text}")
    head = text[: tail.start()] if tail and tail.start() > 0 else text if not tail else ""
    return f"{_named(head)} {_house(tail[0] if tail else '', number, language)}".strip()


def clinic(text: str, number: Number) -> str:
    """The core of a clinic's name without quotation marks, its abbreviations in full: a long name is lost on the ear."""
    plain = re.sub(r"[„”“\"«»]", "", core(text))
    return re.sub(r"\d+", lambda match: number(int(match[0])), _named(plain))


def _named(text: str) -> str:
    text = re.sub(rf"\b(\d{{1,2}})\.?(?=\s+(?:{_AFTER_ORDINAL})\b)", _ordinal_of, text)
    text = re.sub(r"\b1000-lecia\b", "Tysiąclecia", text)
    text = re.sub(r"(?<=\w\s)(?:[IVX]{1,5})\b(?!\.)", _roman, text)
    for pattern, full in _FULL:
        text = pattern.sub(full, text)
    return _CAPITALS.sub(_spelled, text)


def _ordinal_of(match: re.Match[str]) -> str:
    return polish.ordinal(int(match[1]), "masculine genitive").capitalize()


def _roman(match: re.Match[str]) -> str:
    value = _ROMAN.get(match[0])
    return polish.ordinal(value, "masculine genitive").capitalize() if value else match[0]


def _spelled(match: re.Match[str]) -> str:
    """Spell capitals that cannot be said as a word: "USK" has a vowel but is short, "LUX" is a name."""
    word = match[0]
    sayable = len(word) > 3 and re.search(r"[AEIOUY]", word)
    return word if sayable or word in {"LUX", "MED", "VITA"} else letters(word, "pl")


def _house(text: str, number: Number, language: str) -> str:
    words = []
    for part in _HOUSE.finditer(text):
        if part["number"]:
            words.append(number(int(part["number"])) + (f" {part['letter'].upper()}" if part["letter"] else ""))
        elif part["slash"]:
            words.append(_SLASH[language])
        elif part["flat"]:
            words.append(f", {_FLAT[language]}")
    return " ".join(words).replace(" ,", ",")


def letters(text: str, language: str) -> str:
    """Letters by their names: "J.K." → "jot ka"; in English and Ukrainian the letters themselves, one by one."""
    if language == "pl":
        return " ".join(_LETTERS.get(letter.upper(), letter) for letter in text)
    return spoken(" ".join(letter.upper() for letter in text), language)


def spoken(text: str, language: str) -> str:
    """Tidy, and for a Ukrainian voice in Cyrillic."""
    tidy = re.sub(r"\s+([,.])", r"\1", " ".join(text.split()))
    return cyrillic(tidy) if language == "uk" else tidy


def cyrillic(text: str) -> str:
    """Polish letters in Ukrainian ones, by the practical transcription: "Łódź" → "Лудзь", "Szczecin" → "Щецін"."""
    return _TRANSCRIBED.sub(_transcribed, text)


def _transcribed(match: re.Match[str]) -> str:
    sign = match[0]
    found = _CYRILLIC[sign.lower()]
    return found[:1].upper() + found[1:] if sign[0].isupper() else found


_CYRILLIC: Final[Mapping[str, str]] = {
    "ńsk": "нськ", "wsk": "вськ", "lsk": "льськ", "rsk": "рськ", "msk": "мськ",
    "szcz": "щ", "sz": "ш", "cz": "ч", "rz": "ж", "ch": "х", "dz": "дз", "dź": "дзь", "dż": "дж",
    "cia": "ця", "cie": "цє", "cio": "цьо", "ciu": "цю", "ci": "ці", "sia": "ся", "sie": "сє", "sio": "сьо",
    "siu": "сю", "si": "сі", "zia": "зя", "zie": "зє", "zio": "зьо", "ziu": "зю", "zi": "зі", "nia": "ня", "nie": "нє",
    "nio": "ньо", "niu": "ню", "ni": "ні", "ia": "я", "ie": "є", "io": "йо", "iu": "ю", "ja": "я", "je": "є",
    "jo": "йо", "ju": "ю", "la": "ля", "lo": "льо", "lu": "лю", "l": "ль", "le": "лє", "li": "лі",
    "a": "а", "ą": "он", "b": "б", "c": "ц", "ć": "ць", "d": "д", "e": "е", "ę": "ен", "f": "ф", "g": "г", "h": "г",
    "i": "і", "j": "й", "k": "к", "ł": "л", "m": "м", "n": "н", "ń": "нь", "o": "о", "ó": "у", "p": "п", "q": "к",
    "r": "р", "s": "с", "ś": "сь", "t": "т", "u": "у", "v": "в", "w": "в", "x": "кс", "y": "и", "z": "з", "ź": "зь",
    "ż": "ж",
}  # fmt: skip
_TRANSCRIBED: Final = re.compile("|".join(sorted(_CYRILLIC, key=len, reverse=True)), re.IGNORECASE)


def read_out(
    text: str, day_of_year: Callable[[date], str], hour: Callable[[datetime], str], number: Number
) -> str:
    """Free text with its dates (8.02.1966), hours (10:20), telephones and numbers in words."""
    text = re.sub(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b", lambda m: _date(m, day_of_year), text)
    text = re.sub(r"\b([01]?\d|2[0-3]):([0-5]\d)\b", lambda m: hour(_clock(m)), text)
    text = re.sub(r"\+?\d[\d ]{7,}\d", lambda m: _telephone(m[0], number), text)
    return re.sub(r"\d+", lambda m: number(int(m[0])), text)


def _date(match: re.Match[str], say: Callable[[date], str]) -> str:
    try:
        return say(date(int(match[3]), int(match[2]), int(match[1])))
    except ValueError:  # not a date after all: "1.40.2020" is read as numbers
        return match[0]


def _clock(match: re.Match[str]) -> datetime:
    return datetime(2000, 1, 1, int(match[1]), int(match[2]), tzinfo=UTC)


def _telephone(text: str, number: Number) -> str:
    return ", ".join(" ".join(number(int(digit)) for digit in group) if group[0] == "0" else number(int(group))
                     for group in phone_groups(text.strip()))  # fmt: skip
