"""Keeps training and judging apart: finds, or takes out of the sets, what also stands in the training data.

`python -m tests.dialogs.sets.trained` removes such messages, so that nobody need read the sets to keep clear of them.
Afterwards run `noise` and put `tally`'s tables into README.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.dialogs.sets import FOLDER, PARTS, Message, files, guesses, load, normalised, write

TRAINING = FOLDER.parents[2] / "dialogs" / "data" / "nlu"
UNAVOIDABLE_WORDS = 2
"""Of answers this short ("tak", "odwołuję wizytę") there are only so many: they may stand in both."""


def examples(folder: Path = TRAINING) -> set[str]:
    """Training examples of all Rasa NLU files in the folder, normalised, without their annotations."""
    return {normalised(example) for path in sorted(folder.rglob("*.yml")) for example in _examples_of(path)}


def _examples_of(path: Path) -> Iterator[str]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for block in content.get("nlu", []):
        if "intent" in block:
            yield from _texts(block["examples"])


def _texts(written: str | list[dict[str, Any]]) -> Iterator[str]:
    """Rasa allows one block of "- text" lines, or a list of mappings with a `text` (and metadata)."""
    if isinstance(written, str):
        lines = [line.strip().removeprefix("- ") for line in written.splitlines() if line.strip()]
    else:
        lines = [each["text"].strip().removeprefix("- ") for each in written]
    for line in lines:
        yield re.sub(r"\[([^\]]*)\](\([^)]*\)|\{[^}]*\})", r"\1", line)


def is_trained(message: Message, trained: set[str]) -> bool:
    texts = [normalised(guess) for guess in guesses(message)]
    return any(len(text.split()) > UNAVOIDABLE_WORDS and text in trained for text in texts)


def main() -> None:
    trained = examples()
    for path in [path for part in PARTS for path in files(part)]:
        messages = load(path)
        kept = [message for message in messages if not is_trained(message, trained)]
        if len(kept) < len(messages):
            write(path, kept)


if __name__ == "__main__":
    main()
