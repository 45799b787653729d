"""Counts the sets for their README: `python -m tests.dialogs.sets.tally`."""

from collections import Counter

from tests.dialogs.sets import HALVES, read


def tables() -> str:
    """Markdown tables of messages by language, question asked, class and way of making, for dev and test."""
    halves = [list(read(half)) for half in HALVES]
    blocks = [_table(title, *[Counter(m[title] for m in half) for half in halves]) for title in ("language", "asked", "class")]
    made = [Counter("noise" if m.get("noise") else "by hand" for m in half) for half in halves]
    return "\n".join([*blocks, _table("made", *made)])


def _table(title: str, dev: Counter[str], test: Counter[str]) -> str:
    rows = [f"| {name} | {dev[name]} | {test[name]} |" for name in sorted(dev | test, key=lambda n: (-dev[n] - test[n], n))]
    total = f"| **all** | {dev.total()} | {test.total()} |"
    return "\n".join([f"| {title} | dev | test |", "|---|---|---|", *rows, total, ""])


if __name__ == "__main__":
    import sys

    sys.stdout.write(tables())
