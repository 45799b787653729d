"""What a message does to a visit: cancels, keeps or moves it, and whether that is beyond doubt (D7).

Every reason to doubt (a question, a condition, somebody else's words, a past event, a loose or mistyped "nie", an object
that is no visit) takes the certainty away from a cancellation; nothing ever gives it back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from dialogs.understanding.clauses import ATTEND, CANCEL, Clause, Word, clauses
from dialogs.understanding.lexicon import Lexicon
from dialogs.understanding.text import Sentence
from dialogs.understanding.visit_acts.act import SOMEBODY, Act, absence_doubted, doubted_for
from dialogs.understanding.visit_acts.cancelling import cancelling
from dialogs.understanding.visit_acts.coming import able, being, coming, in_time, managing, other_one_comes, wishing
from dialogs.understanding.visit_acts.doubts import doubted, note_doubts, weakened
from dialogs.understanding.visit_acts.others import accepting, changing, confirming, declining, invalid, undoing, valid

__all__ = ["SOMEBODY", "Act", "Parsed", "absence_doubted", "doubted_for", "parsed"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message taken apart: its acts in order, and its clauses with the doubts that stand in them."""

    acts: list[Act]
    clauses: list[Clause]
    asks: bool

    @property
    def words(self) -> list[Word]:
        """All words, clause after clause."""
        return [word for clause in self.clauses for word in clause.words]

    @property
    def denies(self) -> bool:
        """Whether any word denies: "nie", "nigdy", "don't"."""
        return any(clause.any("neg", "never", "no") for clause in self.clauses)


def parsed(sentences: Iterable[Sentence], lexicon: Lexicon, names: frozenset[str] = frozenset()) -> Parsed:
    """Every act of a message in order; `names` are its words with a capital letter inside a sentence."""
    found: list[Act] = []
    everything: list[Clause] = []
    asks = False
    for sentence in sentences:
        parts = clauses(sentence, lexicon, names)
        note_doubts(parts, asks=sentence.asks)
        for clause in parts:
            own = [doubted(act, clause, parts, asks=sentence.asks) for act in _clause_acts(clause)]
            turns = _turns(clause) or _follows_a_turn(clause)
            whose, stray, reason = clause.any("family"), _stray(clause), clause.words[0].has("because")
            marked = [replace(act, contrast=turns, other_person=whose, stray=stray, reason=reason) for act in own]
            found += [_instead(act, clause, found) for act in marked]
            found += _left_over(clause, found)
            found += _asks_for_another(clause, found, asks=sentence.asks)
        everything += parts
        asks = asks or sentence.asks
    return Parsed(found, everything, asks)


def _asks_for_another(clause: Clause, found: list[Act], *, asks: bool) -> list[Act]:
    """ "Nie przyjdę, a kiedy będzie następny wolny?": a question for another date behind an absence is a wish to change."""
    if clause.before is None or not found or found[-1].what != "cancel" or not (asks or clause.any("ask")):
        return []
    if clause.loose or any(word.negs or (word.has(*ATTEND, *CANCEL, "if", "doubt") and word.text != "moze") for word in clause.words):
        return []
    other = any(word.has("other.date", "other.time") or word.text.startswith(("woln", "вільн", "free")) for word in clause.words)
    return [Act("change", True, "asks for another date")] if other else []


def _left_over(clause: Clause, found: list[Act]) -> list[Act]:
    """What a clause without a verb adds: "ja nie", "tylko kardiologa" after "nie odwołuję", "zmieniłam zdanie"."""
    if clause.any("turn"):
        return [Act("turn", True, "a change of mind")]
    if found and found[-1].what == "cancel" and other_one_comes(clause):
        return [Act("unfit", False, SOMEBODY)]
    if _here_then(clause):
        return [Act("keep", True, "jestem")]
    if any(word.verbal for word in clause.words) or clause.before is None or not found:
        return []
    if clause.words[0].has("but") and _names_a_day(clause) and found[-1].what == "cancel" and not found[-1].verb:
        return [Act("change", True, "another day instead")]
    if clause.any("neg", "no") and any(_names_another(word) for word in clause.words):
        return [Act("unfit", False, SOMEBODY)]
    if clause.words[0].has("but") and found[-1].why.startswith("not ") and clause.any("visit.noun"):
        return [Act("cancel", False, "something else instead")]
    return []


def _clause_acts(clause: Clause) -> list[Act]:
    heads = [word for word in clause.words if word.verbal and word.governs is None]
    found = [act for word in heads if (act := _act_of(word, clause)) is not None]
    asks_for_one = (not found or clause.any("please", "want.1")) and not any(word.text.startswith(_OWN_WAY) for word in clause.words)
    if asks_for_one and _another_day(clause) and not clause.loose and not clause.any("have", "pool"):
        found.append(Act("change", True, "another date"))
    return [weakened(act, clause) for act in found]


def _here_then(clause: Clause) -> bool:
    """ "Jutro jestem", "jestem na 10:20": where and how somebody is, is not told, only when."""
    words = clause.words
    here, when = any(word.text in _HERE for word in words), any(word.has("time") or word.text.isdigit() for word in words)
    return (
        here
        and when
        and all(
            word.has("time", "clitic", "filler", "self", "yes", "ok", "thanks", "surely") or word.text in _THERE or word.text.isdigit()
            for word in words
        )
    )


_HERE = {"jestem", "jestesmy"}
_THERE = {*_HERE, "na", "o", "punktualnie"}


def _names_a_day(clause: Clause) -> bool:
    """ "Tylko w piątek", "ale w piontke": a day, or one word that may be one, and nothing else is told."""
    beside = ("time", "clitic", "filler", "but", "visit", "date.noun")
    rest = [word for word in clause.words if not word.has(*beside) and not word.text.isdigit()]
    unknown = [word for word in rest if word.strange]
    return len(rest) == len(unknown) <= 1 and (bool(unknown) or any(word.has("time") for word in clause.words))


_OWN_WAY = ("zadzwoni", "umowie", "zglosze", "zapisze", "подзвон", "зателефон")  # "o nowy termin zadzwonię sama"
_OTHER_ONE = ("visit", "other.date")
_NOBODY = {"to", "mnie", "nas", "go", "tego"}


def _names_another(word: Word) -> bool:
    """ "Ja nie", "ta nie"; in "zdrowie nie to" nobody is set against anybody."""
    return word.has("self", "family", *_OTHER_ONE) and word.text not in _NOBODY


_CONTRAST = {
    "ale", "lecz", "jednak", "jednakze", "niestety", "natomiast", "but", "however", "unfortunately", "sadly", "але", "проте", "однак",
    "но", "жаль", "нажаль",
}  # fmt: skip


def _turns(clause: Clause) -> bool:
    """Whether a clause opens against what was said before it: "ale nie mogę", "jednak przyjdę"."""
    return any(word.text in _CONTRAST for word in clause.words[:4])


def _instead(act: Act, clause: Clause, found: list[Act]) -> Act:
    """ "Nie dam rady na 10, mogę po 15": who can come at another time asks for it."""
    able = act.what == "keep" and not act.sure and clause.any("can.1") and not clause.any(*ATTEND)
    when = any(word.has("time") or word.text.isdigit() or word.text == "dopiero" for word in clause.words)
    stays_away = bool(found) and found[-1].what == "cancel" and not found[-1].verb
    return replace(act, what="change", sure=True, why="another time instead") if able and when and stays_away else act


def _follows_a_turn(clause: Clause) -> bool:
    """ "…, ale nie mam transportu, więc odwołuję": what is concluded from a turn that says nothing of coming itself."""
    before = clause.before
    if before is None or not _turns(before):
        return False
    denied = all(word.has("but", "neg", "no", "filler") for word in before.words)  # "ale nie, przychodzę"
    return denied or (clause.words[0].text in _SO and not before.any(*ATTEND, *CANCEL))


_SO = {"wiec", "dlatego", "zatem", "so", "therefore", "тому"}


def _stray(clause: Clause) -> bool:
    """Whether a clause holds a word without a sense: "nie chcę iść prywatnie" is no cancellation, and no list knows why."""
    return any((not word.tags or word.tags == {"plain"}) and not word.text.isdigit() for word in clause.words if len(word.text) > 1)


def _another_day(clause: Clause) -> bool:
    """ "Inny termin", "another day": the noun close behind, so that "another patient" is none; not "nie chcę innego terminu"."""
    if any(word.negs and word.has("want.1", "need.1", "please", "must.1") for word in clause.words):
        return False
    places = [place for place, word in enumerate(clause.words) if word.has("other.date")]
    return any(
        other.has("date.noun")
        for place in places
        if not (place and clause.words[place - 1].text in _WITH) and not _of_people(clause.words[place + 1 : place + 2])
        for other in clause.words[max(0, place - 1) : place + 3]
    )


def _of_people(behind: list[Word]) -> bool:
    return any(word.text.startswith(("pacjent", "osob", "chor", "potrzeb", "patient", "people")) for word in behind)


_WITH = {"z", "ze", "with", "із", "з"}  # "koliduje mi z inną wizytą"


def _act_of(word: Word, clause: Clause) -> Act | None:
    for tags, reader in _READERS:
        if word.has(*tags):
            return reader(word, clause)
    return None


_Reader = Callable[[Word, Clause], Act | None]
_READERS: tuple[tuple[tuple[str, ...], _Reader], ...] = (
    (("undo",), undoing),
    (("decline",), declining),
    (ATTEND, coming),  # before accepting: "przyjdc" may be either, and who answers a reminder speaks of coming
    (("accept", "accept.inf"), accepting),
    (CANCEL, cancelling),
    (("bedzie",), being),
    (("zdaze",), in_time),
    (("want.1", "need.1"), wishing),
    (("can.1", "can.fut", "dam", "uda", "bede"), able),
    (("da",), managing),
    (("change.1", "change.inf", "change.imp", "change.noun"), changing),
    (("confirm.1",), confirming),
    (("invalid",), invalid),
    (("valid", "fits"), valid),
)
