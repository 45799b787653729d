"""Patients by their names, as somebody at a desk types them: surname and first name in any order, also their beginnings, without Polish
letters and case. The words of a name are an index of the database's own, so no statement that writes a name can forget it.
"""

import re
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_MARKED: Final = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáâäàčçďéěëèíîľňôöőřšťúůüűýžÁÂÄÀČÇĎÉĚËÈÍÎĽŇÔÖŐŘŠŤÚŮÜŰÝŽ"
_PLAIN: Final = "acelnoszzACELNOSZZaaaaccdeeeeiilnooorstuuuuyzAAAACCDEEEEIILNOOORSTUUUUYZ"
_BARE: Final = f"lower(translate((family_name || ' '::text) || given_name, '{_MARKED}'::text, '{_PLAIN}'::text))"
WORDS: Final = rf"array_to_tsvector(array_remove(regexp_split_to_array({_BARE}, '[\s.,''’-]+'::text), ''::text))"

_FOLDED: Final = str.maketrans(_MARKED, _PLAIN)
SHORTEST: Final = 2  # letters of a word; a beginning has one more
MOST_WORDS: Final = 6
LOOKED_AT: Final = 1000  # of so many that are found some are listed, and whoever looks narrows it down


def words(given: str) -> list[str]:
    """What is looked for: the words of a name as the index has them; empty for what is no name."""
    parts = [part for part in re.split(r"[\s.,'’-]+", given.translate(_FOLDED).lower()) if part]
    return parts[:MOST_WORDS] if parts and all(part.isalpha() and len(part) >= SHORTEST for part in parts) else []


def query(wanted: Sequence[str]) -> str:
    """The same as PostgreSQL asks it: every word, and from three letters on also as a beginning."""
    return " & ".join(f"'{word}':*" if len(word) > SHORTEST else f"'{word}'" for word in wanted)


def by_index_alone(session: Session) -> None:
    """In this transaction names are looked up in their index, however many there seem to be."""
    session.execute(text("SELECT set_config('enable_seqscan', 'off', true)"))
