"""Long Polish names made short enough for one SMS, always in the same way (D9, R101).

First the abbreviations every patient knows from the door of the clinic ("SPZOZ", "Szp. Woj.", "ul."), then what the
address already says (the patron, "w Łodzi"), then whole words from the end; a house number is never cut off.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

LEGAL_FORM: Final = re.compile(
    r",?\s*\b(?:spółk[aio]\w*\s+z\s+ograniczoną\s+odpowiedzialnością|spółk[aio]\w*\s+(?:komandytow|jawn|cywiln|partnersk|akcyjn)\w*"
    r"|sp\.?\s*z\s*o\.?\s*o\.?|sp\.\s*[kjp]\.|s\.\s*c\.|s\.\s*a\.)(?=\s|,|$)",
    re.IGNORECASE,
)
_NAMES: Final = tuple(
    (re.compile(rf"\b{pattern}(?!\w)", re.IGNORECASE), short)
    for pattern, short in (
        (r"samodzieln\w+ publiczn\w+ (?:zakład\w*|zespół|zespoł\w+)(?: \w+)? opieki zdrowotnej", "SPZOZ"),
        (r"niepubliczn\w+ (?:specjalistyczn\w+ )?zakład\w* opieki zdrowotnej", "NZOZ"),
        (r"(?:zakład\w*|zespół|zespoł\w+) opieki zdrowotnej", "ZOZ"),
        (r"podstawowej opieki zdrowotnej", "POZ"),
        (r"samodzieln\w+ publiczn\w+", "SP"),
        (r"uniwersyteck\w+ centrum kliniczn\w+", "UCK"),
        (r"uniwersyteck\w+ szpital\w* kliniczn\w+", "USK"),
        (r"centrum medyczn\w+", "CM"),
        (r"centrum", "Centr."),
        (r"wojewódzk\w+", "Woj."),
        (r"specjalistyczn\w+", "Spec."),
        (r"uniwersyteck\w+", "Uniw."),
        (r"kliniczn\w+", "Klin."),
        (r"powiatow\w+", "Pow."),
        (r"miejsk\w+", "Miej."),
        (r"regionaln\w+", "Reg."),
        (r"wielospecjalistyczn\w+", "Wielospec."),
        (r"rehabilitacyjn\w+", "Rehab."),
        (r"diagnostyczn\w+", "Diagn."),
        (r"szpital\w*", "Szpital"),
        (r"przychodni\w*", "Przych."),
        (r"poradni\w*", "Por."),
        (r"pracowni\w*", "Prac."),
        (r"imienia", "im."),
        (r"numer", "nr"),
    )
)
_RANKS: Final = tuple(
    (re.compile(rf"\b{word}(?!\w)", re.IGNORECASE), short)
    for word, short in (
        ("ulica", "ul."), ("aleja", "al."), ("aleje", "al."), ("plac", "pl."), ("osiedle", "os."), ("lokal", "lok."),
        ("mieszkania", "m."), ("mieszkanie", "m."), ("generała", "gen."), ("pułkownika", "płk."), ("profesora", "prof."),
        ("doktora", "dr."), ("księdza", "ks."), ("świętego", "św."), ("świętej", "św."), ("marszałka", "marsz."),
        ("kardynała", "kard."), ("biskupa", "bp."), ("kapitana", "kpt."), ("majora", "mjr."),
    )
)  # fmt: skip
_PATRON: Final = re.compile(r"\s+(?:im\.|pw\.|pod wezwaniem)\s.*?(?=\s+(?:w|we)\s+[A-ZĄĆĘŁŃÓŚŹŻ]|$)", re.IGNORECASE)
_IN_TOWN: Final = re.compile(r",?\s+(?:w|we)\s+[A-ZĄĆĘŁŃÓŚŹŻ][\w-]+(?:\s+[A-ZĄĆĘŁŃÓŚŹŻ][\w-]+)*\s*$")
_KIND_BEFORE: Final = re.compile(
    r"^(?:(?:samodzieln|niepubliczn)\w+(?: publiczn\w+)? (?:zakład\w*|zespół)(?: \w+)? opieki zdrowotnej|SP\s?ZOZ|NZOZ|ZOZ)"
    r"[\s,-]+(?=[„”\"]?[A-ZĄĆĘŁŃÓŚŹŻ][\w.]+\W+\w{4,})",
    re.IGNORECASE,
)
_RANK: Final = re.compile(
    r"\b(?:gen|płk|ppłk|mjr|kpt|por|ppor|rtm|marsz|prof|dr|ks|bp|abp|kard|inż|o|hab|adm|hetm)\.\s*", re.IGNORECASE
)
_FIRST_NAMES: Final = frozenset({
    "Adama", "Aleksandra", "Aleksandry", "Andrzeja", "Antoniego", "Bolesława", "Bronisława", "Cypriana", "Emilii",
    "Eugeniusza", "Feliksa", "Fryderyka", "Gabriela", "Gabrieli", "Grzegorza", "Henryka", "Heleny", "Ignacego", "Ireny",
    "Jacka", "Jana", "Janusza", "Jerzego", "Józefa", "Juliana", "Juliusza", "Kazimierza", "Konstantego", "Leona",
    "Leopolda", "Ludwika", "Marcina", "Marii", "Michała", "Mikołaja", "Pawła", "Piotra", "Romana", "Romualda",
    "Stanisława", "Stefana", "Szymona", "Tadeusza", "Tomasza", "Wacława", "Walerego", "Wincentego", "Wiktora",
    "Witolda", "Władysława", "Wojciecha", "Zbigniewa", "Zofii", "Zygmunta", "Elizy",
})  # fmt: skip
_NUMBER: Final = re.compile(
    r"\s+(\d+\s?[A-Za-z]?(?:\s?[/-]\s?\d+\s?[A-Za-z]?)?)(?:,?\s+((?:lok\.|m\.|bud\.|blok)\s*\w+))?\s*$"
)
_KIND: Final = re.compile(r"^ul\.\s+")
_ANY_KIND: Final = re.compile(r"^(?:ul|al|pl|os)\.\s+")
KNOWN: Final = 4096  # clinics and streets whose short forms are kept in memory: messages of a day repeat them
_TELLING: Final = 9  # letters; a shorter piece of a clinic's name tells nothing beside the address
_NO_END: Final = frozenset({
    "w", "we", "z", "ze", "i", "im.", "dla", "na", "nr", "do", "oraz", "pod", "przy", "a", "-", "św.", "gen.", "woj.",
    "spec.", "pow.", "miej.", "uniw.", "reg.", "klin.", "sp", "wielospec.", "rehab.", "diagn.", "samodzielny",
    "publiczny", "niepubliczny",
})  # fmt: skip


def clinic(name: str) -> str:
    """The clinic's name with the well-known abbreviations and without its legal form and quotation marks."""
    short = LEGAL_FORM.sub("", re.sub(r"[„”“\"«»]", "", name))
    for pattern, replacement in _NAMES:
        short = pattern.sub(replacement, short)
    return _tidy(short)


@lru_cache(KNOWN)
def clinic_forms(name: str) -> tuple[str, ...]:
    """The name ever shorter: abbreviated, then its core, then fewer and fewer words of it."""
    whole, short = clinic(name), clinic(core(name))
    return tuple(dict.fromkeys((whole, _tidy(_PATRON.sub("", whole)), short, *_fewer_words(short))))


def core(name: str) -> str:
    """A clinic's name without its patron, the town that the address repeats, and a legal kind before a real name."""
    bare = _tidy(_IN_TOWN.sub("", _PATRON.sub("", LEGAL_FORM.sub("", name)))) or name
    return _KIND_BEFORE.sub("", bare)


@lru_cache(KNOWN)
def street_forms(street: str) -> tuple[str, ...]:
    """The street ever shorter: abbreviated, without ranks and first names, without the flat; the number stays."""
    short = _abbreviated(street)
    plain = _without_people(_RANK.sub("", short))
    words, number, flat = _parted(plain)
    bare = _KIND.sub("", words)
    return short, plain, f"{words} {number}".strip(), f"{bare} {number} {flat}".strip(), f"{bare} {number}".strip()


def street_rests(street: str) -> Iterator[str]:
    """What is left of a street that is too long even then: clipped words, then its last ones, with the number."""
    words, number, _ = _parted(_ANY_KIND.sub("", _without_people(_RANK.sub("", _abbreviated(street)))))
    yield from (f"{_clipped(words, length)} {number}".strip() for length in (6, 4, 2))
    parts = words.split() or [""]
    yield from (f"{' '.join(parts[index:])} {number}".strip() for index in range(1, len(parts)))
    yield f"{parts[-1] if len(parts[-1]) <= 9 else parts[-1][:8] + '.'} {number}".strip()


def city_forms(city: str) -> Iterator[str]:
    """The town as it is, with all but its last word clipped, and its first word alone."""
    whole = _tidy(city)
    yield whole
    yield re.split(r"\s*-\s*", whole)[0]
    yield re.split(r"[\s-]", whole)[0]


def address(street: str, city: str, room: int) -> str:
    """Street and town in `room` letters: the first of the shortened forms that fits, words at their borders."""
    return next((form for form in _addresses(street, city) if len(form) <= room), _cut(_tidy(city), room))


def place(name: str, street: str, city: str, room: int) -> str:
    """Clinic, street and town in `room` letters; the address matters most, then as much of the name as fits.

    The address gives up ranks, first names and the flat where a telling piece of the clinic's name then has room.
    """
    names = [form for form in clinic_forms(name) if len(form) >= _TELLING] or [clinic_forms(name)[0]]
    for where in (f"{way}, {_tidy(city)}" for way in street_forms(street)):
        for who in names:
            if len(who) + 2 + len(where) <= room:
                return f"{who}, {where}"
    return address(street, city, room)


def _addresses(street: str, city: str) -> Iterator[str]:
    towns = list(dict.fromkeys(city_forms(city)))
    yield from (f"{way}, {towns[0]}" for way in street_forms(street))
    yield from (f"{way}, {town}" for town in towns[1:] for way in street_forms(street))
    yield from (f"{way}, {town}" for town in towns for way in street_rests(street))


def _parted(street: str) -> tuple[str, str, str]:
    """Words, house number and flat: "ul. Hallera 123A lok. 45" → ("ul. Hallera", "123A", "lok. 45")."""
    match = _NUMBER.search(street)
    return (street[: match.start()], match[1], match[2] or "") if match else (street, "", "")


def _abbreviated(street: str) -> str:
    for pattern, short in _RANKS:
        street = pattern.sub(short, street)
    return _tidy(street)


def _without_people(street: str) -> str:
    """Drop a first name when a surname follows: "Józefa Hallera" → "Hallera", but "Jana Pawła II" stays."""
    words = street.split()
    kept = [
        word
        for index, word in enumerate(words)
        if not (
            word in _FIRST_NAMES
            and (index == 0 or words[index - 1].lower() != "św.")
            and index + 1 < len(words)
            and words[index + 1] not in _FIRST_NAMES
            and re.fullmatch(r"[A-ZĄĆĘŁŃÓŚŹŻ][a-ząćęłńóśźż-]{2,}.*", words[index + 1])
        )
    ]
    return " ".join(kept)


def _clipped(words: str, length: int) -> str:
    """Clip every word but the last to `length` letters and a full stop: "Powstańców Śląskich" → "Powsta. Śląskich"."""
    *head, last = words.split() or [""]
    return " ".join([*(w if len(w) <= length + 2 else f"{w[:length]}." for w in head), last])


def _fewer_words(text: str) -> Iterator[str]:
    words = text.split()
    for count in range(len(words) - 1, 0, -1):
        if words[count - 1].lower() not in _NO_END:
            yield " ".join(words[:count]).rstrip(",-")


def _cut(text: str, room: int) -> str:
    """Whole words in `room` letters; a single longer word is cut hard."""
    fitting = next((part for part in [text, *_fewer_words(text)] if len(part) <= room), None)
    return text[: max(room, 0)] if fitting is None else fitting


def _tidy(text: str) -> str:
    return re.sub(r"\s+([,.])", r"\1", " ".join(text.split())).strip(" ,-")
