"""Which test proves which requirement: every id of the registry's groups, and the tests that cite it.

`python -m tests.trace` prints the table; with ids as arguments only those. An id without a test needs a line in
`trace_exceptions.toml` that says why; `tests/test_trace.py` fails for one that has neither.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent
EXCEPTIONS = TESTS / "trace_exceptions.toml"
GROUPS = {  # groups of the requirements: the numbers of R, both inside
    "A": (1, 14), "B": (15, 23), "C": (24, 28), "D": (29, 41), "E": (42, 45), "F": (46, 59), "G": (60, 63), "H": (64, 66),
    "I": (67, 74), "J": (75, 77), "K": (78, 85), "L": (86, 94), "M": (95, 106), "N": (107, 112), "P": (119, 121), "Q": (122, 126),
}  # fmt: skip
CITED = re.compile(r"\b([RXD])(\d+)(?:\s*(?:-|–|to)\s*\1?(\d+))?\b")  # R42, and R86-R93 with all between
NAMED = re.compile(r"(?<=_)([rxd])(\d+)(?=_|$)")


@dataclass(frozen=True, slots=True)
class Proof:
    """One test, or one state machine, and the ids that it cites in its name, docstring or comments."""

    file: str
    name: str
    ids: frozenset[str]


def required() -> list[str]:
    """Every id of the groups, in their order."""
    rules = [f"R{number}" for first, last in GROUPS.values() for number in range(first, last + 1)]
    return [*rules, *(f"X{number}" for number in range(1, 37)), *(f"D{number}" for number in range(1, 21))]


def ids_in(text: str) -> frozenset[str]:
    """The ids that a text cites; a range means each of its members."""
    found: set[str] = set()
    for kind, first, last in CITED.findall(text):
        found.update(f"{kind}{number}" for number in range(int(first), int(last or first) + 1))
    return frozenset(found)


def proofs(root: Path = TESTS) -> Iterator[Proof]:
    """Every test under a folder that cites anything."""
    for file in sorted(root.rglob("test_*.py")):
        source = file.read_text()
        for node in ast.parse(source).body:
            if _is_test(node):
                proof = _proof(str(file.relative_to(root)), node, source.splitlines())
                if proof.ids:
                    yield proof


def _is_test(node: ast.stmt) -> bool:
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    return function or isinstance(node, ast.ClassDef)


def _proof(file: str, node: ast.stmt, lines: list[str]) -> Proof:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    named = {f"{kind.upper()}{number}" for kind, number in NAMED.findall(node.name)}
    return Proof(file, node.name, ids_in(text) | named)


def exceptions() -> dict[str, str]:
    """The ids that no test proves, each with the reason."""
    return dict(tomllib.loads(EXCEPTIONS.read_text())["unproven"])


def table() -> dict[str, list[Proof]]:
    """Every required id with its tests."""
    found = list(proofs())
    return {one: [proof for proof in found if one in proof.ids] for one in required()}


def main(wanted: list[str]) -> int:
    """Print the table; 1 when an id has neither a test nor a reason."""
    excepted, rows = exceptions(), table()
    for one in wanted or rows:
        print(f"{one}  {excepted.get(one, '') if not rows[one] else ''}".rstrip())
        for proof in rows[one]:
            print(f"    {proof.file}::{proof.name}")
    stale = [one for one in excepted if rows.get(one)]
    if stale:
        print(f"no longer exceptions: {' '.join(stale)}")
    bare = [one for one, found in rows.items() if not found and one not in excepted]
    print(f"{len(rows)} ids, {sum(map(bool, rows.values()))} cited by tests, {len(excepted)} excepted, without either: {bare or 'none'}")
    return 1 if bare else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
