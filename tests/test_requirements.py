"""Every requirement of the registry's groups A to M, Q and T has a test that names it, or a reason why not; an id that loses its test
fails here by name."""

import re
import tomllib
from pathlib import Path

import pytest

from tests import trace

LISTED = tomllib.loads((trace.TESTS / "requirements.toml").read_text())
IDS = [one for group in LISTED.values() for one in group]
WORDS = {one: words for group in LISTED.values() for one, words in group.items()}


def unproven(root: Path, excepted: set[str]) -> list[str]:
    """The listed ids that no test under a folder cites and that have no reason."""
    cited = {one for proof in trace.proofs(root) for one in proof.ids}
    return [f"{one} {WORDS[one]}" for one in IDS if one not in cited and one not in excepted]


def test_every_listed_id_has_a_test_or_a_reason() -> None:
    assert unproven(trace.TESTS, set(trace.exceptions())) == []


def test_an_id_that_has_a_test_needs_no_reason() -> None:
    """A reason that is no longer true would hide the loss of the test."""
    cited = {one for proof in trace.proofs() for one in proof.ids}
    assert sorted(set(trace.exceptions()) & cited) == []


def test_the_list_is_whole() -> None:
    """Each group from its first to its last number, none twice, none of another group; each with words of ours."""
    for group, (first, last) in trace.GROUPS.items():
        if group in LISTED:
            assert list(LISTED[group]) == [f"R{number}" for number in range(first, last + 1)], group
    assert list(LISTED["T"]) == [f"X{number}" for number in range(1, 37)]
    assert list(LISTED) == [*"ABCDEFGHIJKLM", "Q", "T"]
    assert [one for one, words in WORDS.items() if not 1 < len(words.split()) < 12] == []


@pytest.mark.parametrize("lost", ["R66", "R104", "X29"])
def test_an_id_that_loses_its_tests_fails_by_name(tmp_path: Path, lost: str) -> None:
    """The check is tried on these very tests, with every citation of one id taken out."""
    for file in trace.TESTS.rglob("test_*.py"):
        copy = tmp_path / file.relative_to(trace.TESTS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        source = re.sub(r"\b([RX])(\d+)\s*[-–]\s*\1?(\d+)\b", _members, file.read_text())
        copy.write_text(re.sub(rf"\b{lost}\b|(?<=_){lost.lower()}(?=_|\()", "xx", source))
    assert unproven(tmp_path, set(trace.exceptions())) == [f"{lost} {WORDS[lost]}"]


def _members(span: re.Match[str]) -> str:
    kind, first, last = span[1], int(span[2]), int(span[3])
    return " ".join(f"{kind}{number}" for number in range(first, last + 1))
