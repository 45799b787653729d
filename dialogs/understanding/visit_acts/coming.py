""" "Przyjdę" and "nie przyjdę": coming, staying away, being able to, wishing to."""

from dataclasses import replace
from itertools import pairwise

from dialogs.understanding.clauses import CANCEL, Clause, Word
from dialogs.understanding.visit_acts.act import Act
from dialogs.understanding.visit_acts.objects import SURNAMES

_NO_STRENGTH = {"mozliwosci", "sil", "sily", "змоги", "сил", "можливості"}
_MAY = ("mog", "moz", "мож", "мог")
_LEADS = {"na", "po", "do", "u", "z", "w", "we", "на", "до", "в", "у", "з", "to", "the", "for", "come", "at"}


def absent_or(word: Word, label: str, *, sure: bool = True) -> Act:
    """Staying away when negated once, coming when not; doubtful when negated twice or by a mistyped word."""
    if word.negs > 1:
        return Act("cancel", False, f"nie + nie + {label}")
    if word.negs:
        return Act("cancel", sure and not word.slipped, f"nie + {label}")
    return Act("keep", sure, label)


def coming(word: Word, clause: Clause) -> Act | None:
    governors = word.chain[1:]
    if word.has("attend.past", "attend.cond", "can.past") and not any(link.has("bede") for link in governors):
        return Act("past", False, f"past or supposed ({word.text})")
    if clause.any("pool"):
        of_queue = not clause.any("time") and any(other.has("pool") and other.text not in {*_A_LINE, "queue"} for other in clause.words)
        return Act("leave", of_queue and not word.slipped, f"nie + {word.text} in the queue") if word.negs == 1 else None
    if word.negs and _of_a_queue(clause):
        return Act("cancel", False, f"nie + {word.text}; of the waiting room")
    elsewhere = _elsewhere(clause.after(word)) or (bool(word.negs) and _bound_elsewhere(clause.ahead_of(word)))
    if word.has("attend.inf") and not word.has("attend.1"):
        return _able_to_come(word, clause, governors, elsewhere=elsewhere)
    if not word.negs and (elsewhere or _somewhere_else(clause.after(word)) or _another_time(clause)):
        return None
    third = word.has("attend.3") and not word.has("attend.1")
    if third and not word.negs and not clause.any("family"):
        return None
    if word.negs and (reason := _qualified(word, clause)) is not None:
        return Act("cancel", False, f"nie + {'nie + ' * (word.negs > 1)}{word.text}; {reason}")
    act = absent_or(word, word.text, sure=not elsewhere and (not third or _about_family(clause)))
    return replace(act, why=f"{act.why}; elsewhere") if elsewhere and word.negs else act


def _qualified(word: Word, clause: Clause) -> str | None:
    """Why it is not the visit itself from which somebody stays away: half a word, one that commands, a manner, an end of its own."""
    if word.text in _CUT_OR_TOLD:
        return "told to somebody, or half a word"
    told = any(other.text in _FOR for other in clause.ahead_of(word)[-2:-1])
    after = _before_a_joint(clause.after(word))
    return "in one way, or for one end" if told or any(other.has("manner") or _purpose(other) for other in after) else None


_A_LINE = {"kolejka", "черга"}  # "kolejka na dobę": who stands in one tells why he is late
_FOR = {"for", "of", "about", "by"}  # "a fine for not coming"
_CUT_OR_TOLD = {
    "przyj", "przyjd", "przyja", "przyjad", "przyjed", "przych", "przycho", "przychod", "przychodz", "przyjdz", "przyjdzcie",
    "przychodzcie", "przyjezdzaj", "przyjezdzajcie",
}  # fmt: skip
"""Half a word, or somebody told to stay away: "nie przyj", "nie przychodź jutro"; one slip from "przyjdę" and not meant as it."""


def _before_a_joint(after: list[Word]) -> list[Word]:
    """What belongs to the coming itself: "nie przyjdę, żeby nie zarażać" without its comma gives a reason behind the "żeby"."""
    return after[: next((place for place, word in enumerate(after) if word.has("aby", "because")), len(after))]


def _purpose(word: Word) -> bool:
    """ "Nie przyjdę odebrać paczki": what one would have come for is no visit."""
    return word.by is None and (word.unknown_infinitive or (word.has("other.verb") and word.text.endswith("c")))


def _about_family(clause: Clause | None) -> bool:
    """Whether a relative is spoken of here or earlier in the sentence, and nobody from the clinic."""
    while clause is not None:
        if clause.any("family"):
            return True
        if any(word.has("doctor") and not word.has("visit.noun", "clitic", "filler") for word in clause.words):
            return False
        clause = clause.before
    return False


def _able_to_come(word: Word, clause: Clause, governors: list[Word], *, elsewhere: bool) -> Act | None:
    """An infinitive of coming under "mogę", "dam radę", "uda się", "chcę": what the modal says of it."""
    willing = [
        link
        for link in governors
        if link.has("can.1", "can.fut", "can.3", "want.1", "dam", "da", "uda", "bede", "planned", "aux", "must.1")
    ]
    if not willing:
        no_means = any(link.has("have", "have.3") and link.negs for link in governors)
        by_what = any(other.has("manner") for other in clause.after(word))
        sure = any(other.text in _NO_STRENGTH for other in clause.ahead_of(word)) and not elsewhere and not by_what
        return Act("cancel", sure, f"no means to {word.text}") if no_means else None
    if any(link.has("must.1") for link in willing) and word.negs:
        return None
    if not word.negs and (elsewhere or _somewhere_else(clause.after(word))):
        return None
    if any(other.has("cancel.done") for other in clause.after(word)):
        return Act("keep", False, f"not {word.text} struck off") if word.negs else None
    third = any(link.has("can.3", "have.3", "da", "bedzie") and not link.has("can.1") for link in governors)
    elsewhere = elsewhere or bool(word.negs and any(other.has("manner") for other in clause.after(word)))
    # "Mogę nie przyjść" is "I may stay away"; in English the negation always follows the verb.
    may = bool(word.negs) and any(link.text.startswith(_MAY) and not link.negs for link in governors)
    supposed = may or any(link.has("wish") for link in (*governors, *clause.ahead_of(word)))
    act = absent_or(word, word.text, sure=not elsewhere and not supposed and (not third or _about_family(clause)))
    reason = "a doubt (only wished)" if supposed else "elsewhere" if elsewhere else None
    return replace(act, why=f"{act.why}; {reason}") if reason and word.negs else act


def _elsewhere(after: list[Word]) -> bool:
    """Whether somebody stays away from something that is no visit: "na kawę", "w robocie", "po okulary"."""
    for place, word in enumerate(after):
        if word.has("visit.noun", "doctor", "because", "reason", "please") or (word.verbal and not word.has("present")):
            return False
        if word.has("other.thing", "other.place"):
            return True
        behind = after[place - 1].text if place else ""
        if not word.tags and not word.text.isdigit() and behind in _LEADS:
            described = any(other.has("visit.noun") for other in after[place + 1 : place + 3])  # "na umówionej wizycie"
            return not described and not word.text.endswith(SURNAMES)
    return False


def _bound_elsewhere(ahead: list[Word]) -> bool:
    """ "Na brydża nie przyjdę", "na wycieczkę do Lichenia nie jadę": whither, told before the verb, is no visit of ours."""
    if any(word.has("visit.noun", "doctor") for word in ahead):
        return False
    near = [word for word in ahead if not word.has("neg", "time")][-_NEAR:]
    bound = [second for first, second in pairwise(near) if first.text in _WHITHER and (_away_from_us(second) or not _where(second))]
    because = any(word.text in {"uwagi", "wzgledu"} or word.has("because", "reason") for word in ahead)
    return not because and any(word.has("other.thing", "other.place") or not (word.tags or word.text.isdigit()) for word in bound)


def _away_from_us(word: Word) -> bool:
    """A known thing or occasion; "na urlopie", "na weselu" only say why somebody stays away."""
    return word.has("other.thing", "other.place") and not word.has("reason") and not word.text.endswith(_BEING_THERE)


def _where(word: Word) -> bool:
    return word.text.endswith(_WHERE)


_NEAR = 4
_BEING_THERE = ("u", "ach", "ym", "ej", "і", "ах")
_WHITHER = {"na", "do", "на", "до"}
_WHERE = ("u", "e", "ach", "ym", "ej", "і", "ах")  # "na dachu nie przyjadę": where somebody is, not whither


def _at_anothers(ahead: list[Word]) -> bool:
    """ "U kosmetyczki nie będę"."""
    return any(first.text == "u" and second.has("other.thing") for first, second in pairwise(ahead))


def _somewhere_else(after: list[Word]) -> bool:
    """ "Będę w szpitalu", "jadę do Krakowa": a place or a state that keeps somebody away, and no visit named with it."""
    if any(word.has("visit.noun", "doctor") for word in after):
        return False
    return any(first.text in _INTO and _a_place(second) for first, second in pairwise(after)) or any(word.text in _AWAY for word in after)


def _another_time(clause: Clause) -> bool:
    """ "Przyjdę innym razem", "I will come another day": no promise for this visit."""
    return any(first.has("other.date") and (second.text in _TIME or second.has("date.noun")) for first, second in pairwise(clause.words))


_TIME = {"razem", "raz", "indziej", "time", "day", "разом", "разу"}


def _a_place(word: Word) -> bool:
    unknown = not word.tags and not word.text.isdigit()
    return unknown or word.has("capital") or (word.has("reason") and not word.has("because"))


_AWAY = {"abroad", "away", "zagranica", "granica", "prywatnie", "закордоном"}


_INTO = {"w", "we", "na", "do", "po", "в", "у", "на", "до", "in", "at", "to"}


def being(word: Word, clause: Clause) -> Act | None:
    absent = any(other.text in _SOMEBODY_ABSENT for other in clause.words) and _about_family(clause)
    if word.negs and (absent or clause.any("mnie", "family")):
        return Act("cancel", word.negs == 1 and not word.slipped and not _elsewhere(clause.after(word)), "nie + bedzie mnie")
    if _elsewhere(clause.after(word)) or _somewhere_else(clause.after(word)):
        return None
    return Act("keep", True, "bedzie") if clause.any("family") and not word.negs else None


_SOMEBODY_ABSENT = {"jej", "go", "jego", "ich", "її", "його", "їх"}


def able(word: Word, clause: Clause) -> Act | None:
    """A modal that governs nothing: "nie mogę", "nie dam rady", "nie uda mi się", "będę"."""
    after = clause.after(word)
    if any((other.verbal and not other.has("please")) or other.unknown_infinitive for other in after):
        return None
    stray = any(not other.tags and not other.text.isdigit() and not other.text.endswith(SURNAMES) for other in after)
    sure = (not stray or bool(word.negs and object_named(after))) and not any(other.has("other.place", "other.thing") for other in after)
    if word.has("dam"):
        return absent_or(word, "dam rade", sure=sure) if clause.any("rada") else None
    if word.has("bede"):
        so = bool(word.negs) and any(other.has("manner") for other in after)  # "nie będę sama"
        gone = _elsewhere(after) or _somewhere_else(after)
        away = _elsewhere(after) or (bool(word.negs) and _at_anothers(clause.ahead_of(word)))
        act = absent_or(word, word.text, sure=sure and not away and not so)
        return None if gone and not word.negs else replace(act, why=f"{act.why}; elsewhere") if away else act
    future = word.has("can.fut") and any(link.has("bede") for link in word.chain[1:])
    if word.has("uda") or future or word.text in _WILL_BE_ABLE:
        return absent_or(word, word.text, sure=sure)
    if word.negs and _of_a_queue(clause):
        return Act("cancel", False, f"nie + {word.text}; of the waiting room")
    if word.negs == 1 and word.text in _CANNOT and (_only_this_day(word, clause) or _said_alone(clause)):
        return Act("cancel", not word.slipped, f"nie + {word.text} that day")
    hedge = word.has("can.3") and not word.negs
    return absent_or(word, word.text, sure=False) if word.has("can.1") and not hedge else None


def managing(word: Word, clause: Clause) -> Act | None:
    """ "Babcia nie da rady": a relative stays away; of anybody else nothing is known."""
    after = clause.after(word)
    unclear = any(other.verbal or other.unknown_infinitive or other.has("manner") or not other.tags for other in after)
    if not clause.any("rada") or not word.negs:
        return None
    return absent_or(word, "da rade", sure=_about_family(clause) and not unclear)


def _only_this_day(word: Word, clause: Clause) -> bool:
    """ "Nie mogę w ten wtorek", "w tym dniu nie mogę": the day and nothing else, no other date wished for anywhere behind it."""
    said = [other for other in clause.words if other is not word and not other.has("neg")]
    day = any(other.has("time") or other.text in _THAT_DAY for other in said)
    follows = clause.after_clause
    alone = follows is None or not follows.any("change.inf", "change.1", "change.imp", "other.date", "want.1", "time", "please", "can.3")
    return day and alone and all(other.has("time", "clitic", "filler", "visit", "visit.noun", "thanks", "date.noun") for other in said)


def _of_a_queue(clause: Clause | None) -> bool:
    """ "Na liście oczekujących: już tylko popołudnia, rano nie mogę": when somebody can come is told for the queue."""
    named = False
    while clause is not None:
        if clause.any("visit.noun", *CANCEL):
            return False
        named = named or any(word.has("pool") and word.text not in _A_LINE for word in clause.words)
        clause = clause.before
    return named


def _said_alone(clause: Clause) -> bool:
    """ "Nie mogę", "niestety nie mogę, przepraszam": the whole message, in words that our reminders suggest."""
    beside = (clause.before, clause.after_clause)
    polite = all(word.has("filler", "thanks", "greet") for end in beside if end is not None for word in end.words)
    return polite and all(word.has("filler", "thanks", "greet", "self", "neg", "can.1") for word in clause.words)


_CANNOT = {"moge", "mozemy", "можу", "можемо"}
_THAT_DAY = {"wtedy", "dzien", "dniu", "terminie", "termin", "день", "тоді"}
_WILL_BE_ABLE = {"зможу", "зможемо", "смогу", "сможем"}  # said of the visit's own day, as "nie dam rady" is


def object_named(after: list[Word]) -> bool:
    return any(other.has("visit.noun") for other in after)


def wishing(word: Word, clause: Clause) -> Act | None:
    """ "Nie chcę tej wizyty", "nie potrzebuję już wizyty"; a wish for a visit is left to the learned model."""
    if not word.negs:
        return None
    if any(other.has("messages") for other in clause.words):
        return Act("opt_out", not word.slipped, f"nie + {word.text} messages")
    if any(other.has("pool") for other in clause.words):
        return Act("leave", False, f"nie + {word.text} the queue")
    others = any((other.verbal and other is not word) or other.unknown_infinitive for other in clause.words)
    unwanted = object_named(clause.words) and not any(other.text.startswith(_PEOPLE) for other in clause.words)
    wishes = clause.after_clause is not None and clause.after_clause.any("want.1", "other.date")
    return Act("cancel", unwanted and not wishes and not others and not word.slipped and word.negs == 1, f"nie + {word.text}")


_PEOPLE = ("kardiolog", "lekarz", "doktor", "лікар", "кардіолог", "врач", "doctor", "cardiologist")  # whom, not what, is not wanted


def _yes_of_another(said: list[Word]) -> bool:
    """ "Ale mtż tak", "ale na kardiologa tak": whoever it is that comes, or whatever to."""
    opens, ends = said[0].has("but"), said[-1].has("yes", "surely")
    return opens and ends and _TWO < len(said) <= _FEW and not any(word.verbal or word.has("neg") for word in said)


_TWO = 2
_FEW = 6


def other_one_comes(clause: Clause) -> bool:
    """ "Syn nie przyjdzie, ale ja tak", "but I will", "tylko ja": somebody is set against the one who stays away."""
    said = clause.words
    while said and said[-1].has("filler", "thanks") and not said[-1].has("yes", "ok", "surely"):
        said = said[:-1]
    if said and _yes_of_another(said):
        return True
    if len(said) > 1 and _somebody(said[-2]):
        return not said[-1].negs and (said[-1].has("yes", "surely", "aux", "be", "can.1") or said[-1].text in _GLADLY)
    return len(said) > 1 and said[0].has("but") and _somebody(said[-1]) and not any(word.verbal or word.has("neg") for word in said)


_GLADLY = {"chetnie", "owszem", "do", "does", "залюбки"}


def _somebody(word: Word) -> bool:
    return word.has("self", "family.nom") or word.text in {"he", "she", "they", "on", "ona", "oni", "він", "вона", "вони"}


def in_time(word: Word, _clause: Clause) -> Act | None:
    return absent_or(word, word.text, sure=False)
