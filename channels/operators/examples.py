"""Marked readings as training messages of Rasa's, for somebody to review: nothing is trained by it (X33, X34).

A text that stands in the training data already or in a set that judges what was learnt is left out and counted; so is one that was
marked with two intents. What left here tells of nobody (`anonymous`), and so outlives the message it came from.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking
from channels.operators.anonymous import anonymous
from channels.operators.learning import MARKS, People, Wanted, facts_of
from channels.operators.sessions import audit
from dialogs.project import known, nlu_file
from dialogs.understanding.reading import ASKED

MOST: Final = 2000  # of one file: more than anybody reviews in a day
LEFT_OUT: Final = {
    "repeated": "repeat another one of this file",
    "trained": "stand in the training data already",
    "trained_otherwise": "stand in the training data under another intent: one of the two is wrong",
    "held_out": "stand in a set that judges what was learnt",
    "doubtful": "were marked with two intents: the marks contradict each other",
    "wordless": "have no words left that may be shown",
}
TAKEN = text(f"{MARKS} AND k.state = ANY(:states) AND k.body IS NOT NULL ORDER BY k.id LIMIT :most")
EXPORTED = text("""
UPDATE reading_marks SET state = 'exported', exported_at = :now, version = version + 1 WHERE id = ANY(:ids) AND state IN ('new', 'exported')
""")
LOCKED = text("SELECT id FROM reading_marks WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Exported:
    """A file, how many messages it holds, and how many were left out for which reason (the keys of LEFT_OUT)."""

    file: str
    examples: int
    left_out: Counter[str]


@dataclass(frozen=True, slots=True)
class _Example:
    mark_id: int
    intent: str
    asked: str
    said: str
    wording: str  # what makes two of them the same

    @property
    def key(self) -> tuple[str, str, str]:
        return self.intent, self.asked, self.wording


def export(
    session: Session, wanted: Wanted, *, provider_id: int | None, operator_id: int | None, again: bool, now: datetime
) -> Exported:  # fmt: skip
    """The new marks of one language as a file, and with `again` those taken before; they are exported from now on. Without any the
    file is empty and nothing changes.

    Without an operator: done at the command line. Marks that are left out stay as they are.
    """
    marked = _marked(session, wanted, provider_id, again=again)
    kept, left_out = _sifted(marked)
    if not kept:
        return Exported("", 0, left_out)
    keys = {one.key for one in kept}
    taken = [one.mark_id for one in marked if one.key in keys]
    session.execute(EXPORTED, {"ids": taken, "now": now})
    audit(session, operator_id, "marks_exported", now=now, facts={"examples": len(kept)})
    return Exported(_file(kept, left_out), len(kept), left_out)


def _marked(session: Session, wanted: Wanted, provider_id: int | None, *, again: bool) -> list[_Example]:
    facts = {**facts_of(provider_id, wanted), "states": ["new", "exported"] if again else ["new"], "most": MOST}
    session.execute(LOCKED, {"ids": [row.id for row in session.execute(TAKEN, facts)]})  # two exports at once: the later sees the first's
    people = People(session, provider_id)
    return [_example(row, people.of(row.conversation_id)) for row in session.execute(TAKEN, facts)]


def _example(row: Any, whose: dict[str, Sequence[str]]) -> _Example:
    told = [str(value) for key, value in row.entities.items() if key in masking.HIDDEN and value]
    said = nlu_file.clean(anonymous(row.body, names=whose["names"], identifiers=[*whose["identifiers"], *told]))
    return _Example(row.id, row.meant, row.asked if row.asked in ASKED else "nothing", said, nlu_file.normalised(said))


def _sifted(marked: Sequence[_Example]) -> tuple[list[_Example], Counter[str]]:
    """Those that go into the file, and how many do not for which reason."""
    meant: dict[tuple[str, str], set[str]] = {}
    for one in marked:
        meant.setdefault((one.asked, one.wording), set()).add(one.intent)
    kept: dict[tuple[str, str, str], _Example] = {}
    left_out: Counter[str] = Counter()
    for one in marked:
        why = _why_not(one, doubtful=len(meant[one.asked, one.wording]) > 1, repeated=one.key in kept)
        if why is None:
            kept[one.key] = one
        else:
            left_out[why] += 1
    return list(kept.values()), left_out


def _why_not(one: _Example, *, doubtful: bool, repeated: bool) -> str | None:
    trained = known.trained().get(one.wording)
    for why, holds in (
        ("wordless", not any(letter.isalpha() for letter in one.said)), ("held_out", known.is_held_out(one.said)),
        ("trained", trained is not None and one.intent in trained), ("trained_otherwise", trained is not None), ("doubtful", doubtful),
        ("repeated", repeated),
    ):  # fmt: skip
        if holds:
            return why
    return None


def _file(kept: Sequence[_Example], left_out: Counter[str]) -> str:
    sections: dict[tuple[str, str], list[str]] = {}
    for one in sorted(kept, key=lambda one: (one.intent, one.asked, one.mark_id)):
        sections.setdefault((one.intent, one.asked), []).append(one.said)
    return nlu_file.written(sections, [
        f"Patients' messages that were read wrongly, with the intent that was meant: {len(kept)}. Review each before it is learnt:",
        "whether the intent is right, and that nothing tells of a person. Then into dialogs/data/nlu/written.",
        *(f"Left out: {left_out[why]} {words}." for why, words in LEFT_OUT.items() if left_out[why]),
    ])  # fmt: skip
