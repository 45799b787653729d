"""How long a text message is on the wire, and how to keep it in the cheap alphabet (D9, R101).

A message of GSM 03.38 letters carries 160 of them in one segment, or 153 in each of several; one letter outside that
alphabet turns the whole message into UCS-2 with 70 and 67. Letters of the extension table cost two. No Polish letter
with a tail, stroke or accent is in the alphabet, ó included, so texts for SMS are transliterated here and nowhere else.
"""

import unicodedata
from typing import Final, Literal, NamedTuple

Encoding = Literal["GSM-7", "UCS-2"]

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION: Final = frozenset("\f^{}\\[~]|€")
GSM_SINGLE, GSM_PART = 160, 153
UCS2_SINGLE, UCS2_PART = 70, 67

# What Unicode does not decompose: struck letters, typography, and the Ukrainian alphabet by the romanisation
# of the Ukrainian government's resolution no. 55 of 2010 (its letters inside a word, without the initial forms).
_PLAIN: Final = str.maketrans({
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "ð": "d",
    "„": '"', "”": '"', "“": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "`": "'", "´": "'", "ʼ": "'",
    "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "…": "...", "•": "-", "·": "-", "×": "x", "№": "nr", "⁄": "/",
    "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u202f": " ", "\t": " ",
    "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None,
    "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z", "и": "y",
    "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s",
    "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": None, "ю": "iu",
    "я": "ia",
    "А": "A", "Б": "B", "В": "V", "Г": "H", "Ґ": "G", "Д": "D", "Е": "E", "Є": "Ye", "Ж": "Zh", "З": "Z", "И": "Y",
    "І": "I", "Ї": "Yi", "Й": "Y", "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S",
    "Т": "T", "У": "U", "Ф": "F", "Х": "Kh", "Ц": "Ts", "Ч": "Ch", "Ш": "Sh", "Щ": "Shch", "Ь": None, "Ю": "Yu",
    "Я": "Ya",
})  # fmt: skip


class Size(NamedTuple):
    """What a carrier will bill: the encoding, the units used (septets or UTF-16 units) and the segments."""

    encoding: Encoding
    units: int
    segments: int


def is_gsm(text: str) -> bool:
    """Whether every letter is in GSM 03.38 or its extension table."""
    return all(letter in BASIC or letter in EXTENSION for letter in text)


def measure(text: str) -> Size:
    """Encoding, units and segments of a message as a carrier counts them (D9)."""
    if is_gsm(text):
        return _size("GSM-7", [2 if letter in EXTENSION else 1 for letter in text], GSM_SINGLE, GSM_PART)
    return _size("UCS-2", [2 if ord(letter) > 0xFFFF else 1 for letter in text], UCS2_SINGLE, UCS2_PART)


def _size(encoding: Encoding, costs: list[int], single: int, part: int) -> Size:
    units = sum(costs)
    if units <= single:
        return Size(encoding, units, 1)
    # Neither an escape pair nor a surrogate pair may be torn, so a part can end one unit early.
    segments, room = 1, part
    for cost in costs:
        if cost > room:
            segments, room = segments + 1, part
        room -= cost
    return Size(encoding, units, segments)


def to_gsm(text: str) -> str:
    """The same text in GSM 03.38 letters only: Polish letters lose their marks, unknown signs become "?" (D9).

    Letters that the alphabet has (é, ü, ñ …) stay as they are. Applying it twice changes nothing.
    """
    return unicodedata.normalize("NFC", text).translate(_SPELLING)


class _Spelling(dict[int, str]):
    """What each letter becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _plain(chr(code))
        return self[code]


_SPELLING: Final = _Spelling()


def _plain(letter: str) -> str:
    if letter in BASIC or letter in EXTENSION:
        return letter
    mapped = letter.translate(_PLAIN)
    if mapped != letter:
        return mapped
    if unicodedata.combining(letter):
        return ""
    base = unicodedata.normalize("NFKD", letter)
    known = "".join(sign for sign in base.translate(_PLAIN) if sign in BASIC or sign in EXTENSION)
    return known or "?"
