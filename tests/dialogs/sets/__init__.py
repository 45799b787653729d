"""Labelled messages of patients, kept apart from what the understanding was trained on, to judge it by (issue: How good).

README.md beside this file says how they were made and what the labels mean; `judge` says what counts as right.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
HALVES = ("dev", "test")
REPLIES = ("replies", "unseen", "voices", "hands")
PARTS = (*HALVES, "fresh", *REPLIES)
"""`fresh` was written later, by another author and blind: see FRESH.md; `replies` and `unseen` answer a reminder only: see README.md."""
WITHOUT_MARKS = str.maketrans("ąćęłńóśźżґё'’ʼ", "acelnoszzге   ")

Message = dict[str, Any]


def files(part: str) -> list[Path]:
    return sorted(FOLDER.glob(f"{part}_*.jsonl"))


def load(path: Path) -> list[Message]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read(part: str) -> Iterator[Message]:
    """All messages of `dev` and `test` (to tune by), of `fresh` (to judge by only), or of a file that somebody brings."""
    for path in files(part) if part in PARTS else [Path(part)]:
        yield from load(path)


def write(path: Path, messages: list[Message]) -> None:
    lines = [json.dumps(message, ensure_ascii=False) + "\n" for message in messages]
    path.write_text("".join(lines), encoding="utf-8")


def guesses(message: Message) -> list[str]:
    """What was written, or what a recogniser believes it heard, best first."""
    text = message["text"]
    return text if isinstance(text, list) else [text]


def normalised(text: str) -> str:
    """Lower case, no accents, no punctuation: what makes two wordings the same. Bare signs stay as they are."""
    plain = text.lower().translate(WITHOUT_MARKS)
    return " ".join(re.sub(r"[^\w]+", " ", plain).split()) or plain


def wording(message: Message) -> str:
    return normalised(" ".join(guesses(message)))
