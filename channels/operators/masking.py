"""What an operator may see of a person: initials, the end of a number, and texts without what identifies anybody (X33, X34).

Masking errs on the side of hiding. A clinic's own telephone number is public and stays.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import phonenumbers

GAP: Final = "···"

# A date is no number of anybody; what looks like one but goes on with digits is taken for a number (a PESEL written with dots).
_NO_MORE = r"(?![./-]?\d)(?!(?:[ .\-/()]{0,3}\d){5})"
_DATE = rf"(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])(?:[./-](?:\d{{4}}|\d{{2}}))?{_NO_MORE}"
_ISO_DATE = rf"(?<!\d)\d{{4}}-(?:0[1-9]|1[0-2])-\d{{2}}{_NO_MORE}"
_NUMBER = r"\+?\(?\d(?:[ .\-/()\u00a0\u2011-\u2013]{0,3}\d){8,}|(?<!\d)\d(?:[ \-]?\d){6,}"
_MAIL = r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
_SEARCH = re.compile(f"(?P<keep>{_DATE}|{_ISO_DATE})|(?P<mail>{_MAIL})|(?P<number>{_NUMBER})")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# How people introduce themselves: a name that the registry does not know follows.
_BIG, _SMALL = "A-ZĄĆĘŁŃÓŚŹŻ", "a-ząćęłńóśźż"
_INTRODUCED = re.compile(
    rf"\b((?i:nazywam si[eę]|na imi[eę]|nazwisko)[:,]?\s+)([^\W\d_]+(?:[ -][{_BIG}][^\W\d_]*){{0,2}})"
    rf"|\b((?:[Tt]u|[Tt]utaj|[Jj]estem|[Mm][óo]wi|[Pp]isze|[Zz] tej strony|[Pp]ozdrawiam|[Pp]ani?|[Dd]la|[Zz]a)[:,]?\s+)"
    rf"([{_BIG}][{_SMALL}]+(?:[ -][{_BIG}][{_SMALL}]+){{0,2}})"
)
_ENDING: Final = 4  # letters that a Polish case may add to a name's stem: Kowalski, Kowalskiego

HIDDEN: Final = frozenset({"pesel", "referral_code", "date_of_birth", "postcode"})


def address(value: str) -> str:
    """A telephone number as `+48 ··· ··· 123`, an e-mail address as `j···@···`, anything else by its last three letters."""
    if "@" in value:
        return f"{value[:1]}{GAP}@{GAP}"
    code = _country(value) if value.startswith("+") else None
    return f"+{code} {GAP} {GAP} {value[-3:]}" if code else f"{GAP} {value[-3:]}"


def _country(value: str) -> int | None:
    """The country's code of an international number, None where there is none."""
    if _E164.fullmatch(value):  # as numbers are stored; no code begins with another, so that nothing else of the number need be read
        codes = (int(value[1:end]) for end in (2, 3, 4))
        return next((code for code in codes if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), None)
    try:
        return phonenumbers.parse(value).country_code
    except phonenumbers.NumberParseException:
        return None


def text(body: str, *, names: Iterable[str] = (), identifiers: Iterable[str] = (), public: Iterable[str] = ()) -> str:
    """A message's words without numbers, e-mail addresses, and the names and identifiers of these people, in any case ending.

    `public` are numbers that may stay, as they are stored.
    """
    for identifier in identifiers:
        body = re.sub(re.escape(identifier), GAP, body, flags=re.IGNORECASE)
    shown = {_digits(number)[-9:] for number in public}
    body = _SEARCH.sub(lambda match: _hidden(match, shown), body)
    body = _INTRODUCED.sub(lambda match: (match[1] or match[3]) + _WORD.sub(_cut, match[2] or match[4]), body)
    stems = [_stem(part) for name in names for part in _WORD.findall(name) for part in part.split("-")]
    return _WORD.sub(lambda match: _nameless(match[0], stems), body) if stems else body


def entities(found: Mapping[str, Any], *, names: Iterable[str] = (), identifiers: Iterable[str] = ()) -> dict[str, str | None]:
    """What a message told, ready to show; None where it was told but is not to be seen."""
    masked = {key: text(_plain(value), names=names, identifiers=identifiers) for key, value in found.items()}
    return {key: None if key in HIDDEN else value for key, value in masked.items()}


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _hidden(match: re.Match[str], shown: set[str]) -> str:
    if match["keep"]:
        return match[0]
    if match["mail"]:
        return address(match[0])
    digits = _digits(match[0])
    if digits[-9:] in shown:
        return match[0]
    return GAP if len(digits) == 11 and not match[0].startswith("+") else f"{GAP} {digits[-3:]}"


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())


def _cut(word: re.Match[str]) -> str:
    return "-".join(_initial(part) for part in word[0].split("-"))


def _nameless(word: str, stems: list[str]) -> str:
    return "-".join(_initial(part) if _is_name(part, stems) else part for part in word.split("-"))


def _initial(name: str) -> str:
    return f"{name[0]}{GAP}"


def _is_name(word: str, stems: list[str]) -> bool:
    folded = _folded(word)
    return any(folded.startswith(stem) and len(folded) - len(stem) <= _ENDING and (len(stem) > 3 or word[0].isupper()) for stem in stems)


def _stem(name: str) -> str:
    """What all case forms of a name begin with: Anna, Anny, Annie; short names whole but for a closing vowel."""
    folded = _folded(name)
    for ending in ("ska", "cka", "dzka", "ski", "cki", "dzki"):
        if folded.endswith(ending) and len(folded) > len(ending) + 2:
            return folded[:-1]
    return folded[:-1] if folded[-1:] in "aeiouy" and len(folded) > 2 else folded


def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold().replace("ł", "l"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
