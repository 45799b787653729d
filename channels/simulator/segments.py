"""How many SMS segments a text costs: the question that decides whether a reminder is one message or three
(D9).

Counting follows 3GPP TS 23.038: the GSM 7-bit default alphabet with its extension table, and UCS-2 for
everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
_PLAIN = frozenset(BASIC)
_SEPTETS = dict.fromkeys(BASIC, 1) | dict.fromkeys(EXTENSION, 2)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text costs on the air: alphabet, units (septets or UTF-16 code units), segments."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def measure(text: str) -> Measure:
    """Measure `text` as a carrier does: 160/153 septets or 70/67 code units (single / one part of several).

    An extension character (two septets) and a surrogate pair (two units) are never split over two parts.
    """
    if len(text) <= 160 and _PLAIN.issuperset(text):
        return Measure("GSM-7", len(text), 1)
    septets = [_SEPTETS.get(character, 0) for character in text]
    if all(septets):
        units = sum(septets)
        return Measure("GSM-7", units, 1 if units <= 160 else _parts(septets, 153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    units = sum(widths)
    return Measure("UCS-2", units, 1 if units <= 70 else _parts(widths, 67))


def _parts(widths: Iterable[int], room: int) -> int:
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
