"""Writes training messages as a Rasa 3.1 NLU file: any text may stand in one, and is read back as it was written."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from dialogs.project.domain import VERSION
from dialogs.understanding.text import plain, words

# What YAML's readers refuse. Line ends of all kinds are blanks to str.split already.
_UNWRITABLE: Final = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# Rasa takes brackets that touch for a marked entity: [jutro](date), [jutro]{"entity": "date"}, [a][b].
_ANNOTATION: Final = re.compile(r"\](?=[(\[{])")


def clean(text: str) -> str:
    """A text as one line of a training file: blanks folded, what YAML cannot hold left out, a blank between brackets that touch.

    Empty when nothing is left. Cleaning twice changes nothing; every sign that can be seen stays.
    """
    line = _UNWRITABLE.sub("", " ".join(text.split()))  # blanks first: some line ends are unwritable, and must not join two words
    return _ANNOTATION.sub("] ", " ".join(line.split()))


def normalised(text: str) -> str:
    """What makes two wordings the same: letters without case and marks, no punctuation; bare signs stay as they are."""
    return " ".join(words(plain(text))) or text.strip()


def written(sections: Mapping[tuple[str, str], Iterable[str]], comments: Iterable[str] = ()) -> str:
    """A file of sections (intent, what had been asked or "nothing") with their texts, in the order given; `comments` stand on top."""
    head = [f"# {line}" for line in comments]
    parts = [_section(intent, asked, texts) for (intent, asked), texts in sections.items()]
    return "\n".join([*head, f'version: "{VERSION}"', "", "nlu:", *parts]) + "\n"


def _section(intent: str, asked: str, texts: Iterable[str]) -> str:
    """`asked` goes into Rasa's metadata, as in dialogs/data/nlu/written."""
    metadata = [f"  metadata: {{asked: {asked}}}"] if asked != "nothing" else []
    examples = [f"    - {line}" for text in texts if (line := clean(text))]
    return "\n".join(["", f"- intent: {intent}", *metadata, "  examples: |", *examples])
