"""Writes the digests of all messages of the sets for the console's export of training messages, which must not repeat one.

`python -m tests.dialogs.sets.held_out` writes the list anew; nobody need read the sets for it.
"""

from collections.abc import Iterator

from dialogs.project.known import HELD_OUT, digests
from tests.dialogs.sets import PARTS, guesses, read


def texts() -> Iterator[str]:
    """Every wording of every part, `fresh` included."""
    for part in PARTS:
        for message in read(part):
            yield from guesses(message)


if __name__ == "__main__":
    HELD_OUT.write_text(digests(texts()), encoding="ascii")
