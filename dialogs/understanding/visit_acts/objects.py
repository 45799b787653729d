"""What a word of cancelling is said of: our visit, or something that no list of ours knows (D7)."""

from dialogs.understanding.clauses import Word

SURNAMES = ("ska", "ski", "cka", "cki", "zka", "zki", "wicz", "czyk", "iak", "skiej", "skiego", "ckiej")
_PLACED = {"w", "we", "u", "na", "do", "przy", "od", "dla", "przez", "in", "at", "for", "on", "в", "у", "на", "до", "для"}
_WHOSE = {
    "my", "our", "the", "a", "an", "this", "that", "moj", "moja", "moje", "mojego", "mojej", "moich", "swoj", "swoja", "swoje",
    "z", "ze", "мій", "моя", "моє", "мою", "мого", "моєї", "від",
}  # fmt: skip


def object_is_visit(word: Word, after: list[Word]) -> bool:
    """Whether it is a visit, or nothing said, that is cancelled; an unknown thing right after the verb is something else."""
    for place, other in enumerate(after):
        behind = after[place - 1] if place else None
        if other.has("visit.noun"):
            return not _of_a_thing(after[place + 1 :]) and not _of_who_knows_what(other, after[place + 1 : place + 2])
        if a_thing(other, behind):
            return False
        if _unexplained(other, behind, after[place + 1 :]):
            place_named = behind is not None and behind.text in _PLACED and not word.text.startswith(("rezygn", "zrezygn"))
            return place_named or any(later.has("visit.noun") for later in after)
        if other.has("because", "reason", "attend.inf") or (other.verbal and not other.has("please")):
            return not (other.has("attend.inf") and _somebodys_arrival(after[place + 1 :]))
    return True


def _somebodys_arrival(behind: list[Word]) -> bool:
    """ "Przyjazd montera": of a thing or a trade, or of who knows whom."""
    unknown = bool(behind) and not behind[0].tags and not behind[0].text.isdigit() and not behind[0].text.endswith(SURNAMES)
    return unknown or _of_a_thing(behind)


def _of_who_knows_what(noun: Word, behind: list[Word]) -> bool:
    """ "Rezerwację stolika": a noun that serves every trade, with a word right behind it that no list knows."""
    if noun.text.startswith(_ANY_TRADE) and behind and behind[0].text in _NUMBERED:
        return True
    return noun.text.startswith(_ANY_TRADE) and any(
        not word.tags and not word.text.isdigit() and len(word.text) > _SHORT and not word.text.endswith(SURNAMES) for word in behind
    )


_NUMBERED = {"pod", "numer", "nr", "number", "under", "номер"}  # "rezerwację pod nazwiskiem Nowak"
_ANY_TRADE = ("rezerwacj", "zamowien", "booking", "reservation", "бронюванн", "замовленн")
_SHORT = 3


def _of_a_thing(rest: list[Word]) -> bool:
    """ "Wizytę u fryzjera", "miejsce na kursie": a known thing or place that is not ours belongs to the visit named before it."""
    for place, word in enumerate(rest):
        if word.has("because", "reason", "please", "visit.noun", "be", "neg") or (word.verbal and not word.has("other.thing")):
            return False
        if word.has("other.thing") or word.text in _NEVER_A_VISIT or (word.has("other.place") and 0 < place <= _NEAR):
            return True
    return False


_NEAR = 2
_NEVER_A_VISIT = {"auto", "prad", "pradu", "jazdy", "jazde", "ksiedza"}


def a_thing(word: Word, behind: Word | None) -> bool:
    """A thing or an occasion that is no visit; an occasion after "w" or "na" only says where somebody is."""
    named = word.text in _NEVER_A_VISIT and (behind is None or behind.text in _WHOSE)
    elsewhere = word.has("other.place") and (behind is None or behind.text not in _PLACED)
    return word.has("other.thing") or named or elsewhere


def _unexplained(word: Word, behind: Word | None, rest: list[Word]) -> bool:
    """Without a sense, a lone capital ("Netflixa") that no other name follows, or after "my" what elsewhere is a verb ("my book")."""
    owned = behind is not None and behind.text in _WHOSE
    if word.text.isdigit() or word.text.endswith(SURNAMES):
        return False
    first_name = not owned and any(other.has("name", "capital") for other in (*rest[:1], *([behind] if behind is not None else [])))
    if word.has("capital"):
        return not first_name
    return not word.tags or (owned and word.verbal and not word.has("attend.inf", "please"))
