"""Where each rule comes from: acts and guidance as dated records, with their standing, and the requirements that rest on them (R13, X36).

A rule names requirements (R, X) and decisions (D); this names what those were read in. Where two documents differ, the newer one holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, get_args

Standing = Literal["in_force", "draft", "ended", "not_yet", "guidance", "own"]
STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)  # the best first


@dataclass(frozen=True, slots=True)
class Document:
    """An act, a draft, or what an office has published; `since` is the day of its force or of its state, `until` its last day."""

    code: str
    title: str
    where: str
    since: date
    kind: Literal["act", "draft", "guidance", "own"]
    until: date | None = None

    def standing(self, day: date) -> Standing:
        """What the document is worth on a day."""
        if self.kind != "act":
            return self.kind
        if day < self.since:
            return "not_yet"
        return "ended" if self.until is not None and day > self.until else "in_force"


PILOT_ENDS: Final = date(2025, 12, 31)
DOCUMENTS: Final = MappingProxyType({
    document.code: document
    for document in (
        Document("DU/2024/1212", "rozporządzenie Ministra Zdrowia z 6 sierpnia 2024 r. o programie pilotażowym centralnej e-rejestracji",
                 "dziennikustaw.gov.pl/DU/2024/1212", date(2024, 8, 6), "act", PILOT_ENDS),
        Document("DU/2025/840", "rozporządzenie Ministra Zdrowia z 26 czerwca 2025 r. zmieniające rozporządzenie o pilotażu",
                 "dziennikustaw.gov.pl/DU/2025/840", date(2025, 6, 26), "act", PILOT_ENDS),
        Document("DU/2025/1537", "ustawa o centralnej e-rejestracji, w tym art. 154a", "dziennikustaw.gov.pl/DU/2025/1537",
                 date(2026, 1, 1), "act"),
        Document("DU/2025/1461", "ustawa o świadczeniach opieki zdrowotnej, art. 19a ust. 4 pkt 1 i art. 20 ust. 2 pkt 3 lit. h",
                 "dziennikustaw.gov.pl/DU/2025/1461", date(2025, 1, 1), "act"),
        Document("RCL/12403901", "projekt rozporządzenia Ministra Zdrowia w sprawie centralnej elektronicznej rejestracji",
                 "legislacja.rcl.gov.pl/projekt/12403901", date(2025, 11, 14), "draft"),
        Document("webinar-2025", "Ministerstwo Zdrowia i Centrum e-Zdrowia: webinar dla świadczeniodawców", "gov.pl/web/zdrowie",
                 date(2025, 11, 14), "guidance"),
        Document("notice-2025", "inspekcja sanitarna: informacja o centralnej e-rejestracji", "gov.pl", date(2025, 11, 14), "guidance"),
        Document("leaflet-2026", "Ministerstwo Zdrowia: pytania i odpowiedzi o poczekalni", "pacjent.gov.pl/e-rejestracja",
                 date(2026, 1, 1), "guidance"),
        Document("answers-2026", "Ministerstwo Zdrowia: pytania i odpowiedzi dla świadczeniodawców", "gov.pl/web/zdrowie",
                 date(2026, 5, 1), "guidance"),
        Document("ikp-2026", "Internetowe Konto Pacjenta: odpowiadamy na Wasze pytania", "pacjent.gov.pl", date(2026, 6, 25), "guidance"),
        Document("decisions", "what the documents leave open, decided here", "the decisions D1 to D20 of this project",
                 date(2026, 1, 1), "own"),
        Document("derived", "what the documents imply, worded here", "the requirements X1 to X36 of this project", date(2026, 1, 1), "own"),
    )
})  # fmt: skip

Range = tuple[int, int]

# In which published document a requirement was read; numbers of R, both inside.
READ_IN: Final[MappingProxyType[str, tuple[Range, ...]]] = MappingProxyType({
    "leaflet-2026": ((10, 10), (43, 44), (50, 52), (73, 73), (95, 99), (135, 135)),
    "webinar-2025": (
        (1, 5), (9, 9), (11, 13), (15, 27), (29, 29), (31, 37), (39, 42), (45, 49), (53, 57), (59, 70), (72, 72), (74, 85), (100, 104),
        (106, 108), (117, 121), (127, 130), (134, 134), (137, 137), (142, 142),
    ),
    "notice-2025": ((14, 14), (30, 30), (38, 38), (58, 58), (71, 71), (105, 105), (131, 133)),
    "answers-2026": ((5, 8), (28, 28), (114, 116), (122, 126), (136, 136)),
    "ikp-2026": ((86, 94), (109, 113), (138, 141)),
})  # fmt: skip

# Which acts the documents themselves name for a requirement.
ACTS: Final[MappingProxyType[str, tuple[Range, ...]]] = MappingProxyType({
    "DU/2024/1212": ((2, 2), (13, 13)),
    "DU/2025/840": ((2, 2), (13, 13)),
    "DU/2025/1537": ((2, 8), (13, 14)),
    "DU/2025/1461": ((95, 96), (99, 99)),
    "RCL/12403901": ((3, 3), (13, 13)),
})  # fmt: skip


def documents(sources: Iterable[str]) -> tuple[Document, ...]:
    """The documents that requirements and decisions rest on, the newest first."""
    found = {code for source in sources for code in _of(source)}
    return tuple(sorted((DOCUMENTS[code] for code in found), key=lambda one: (one.since, one.code), reverse=True))


def _of(source: str) -> Iterable[str]:
    if source[0] in "DX":
        return ("decisions",) if source[0] == "D" else ("derived",)
    number = int(source[1:])
    tables = (*READ_IN.items(), *ACTS.items())
    return tuple(code for code, ranges in tables if any(first <= number <= last for first, last in ranges))


def standing(sources: Iterable[str], day: date) -> Standing:
    """What a rule is worth on a day, no more than its weakest requirement: an act in force only where each of them rests on one.

    Our own decisions and wordings count where there is nothing else.
    """
    named = list(sources)
    required = [source for source in named if source[0] == "R"] or named
    return max((_best(source, day) for source in required), key=STANDINGS.index)


def _best(source: str, day: date) -> Standing:
    return min((DOCUMENTS[code].standing(day) for code in _of(source)), key=STANDINGS.index)


def newest(codes: Iterable[str], day: date) -> Document:
    """Of documents that say different things, the one that holds on a day (X36): acts before guidance, then the newer."""
    known = [DOCUMENTS[code] for code in codes if DOCUMENTS[code].since <= day]
    return max(known, key=lambda one: (-STANDINGS.index(one.standing(day)), one.since))
