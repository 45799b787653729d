"""Every requirement of the registry's groups has a test that cites it, or a reason why not."""

from pathlib import Path

import pytest

from tests import trace


def test_every_id_has_a_test_or_a_reason() -> None:
    rows, excepted = trace.table(), trace.exceptions()
    assert [one for one, found in rows.items() if not found and one not in excepted] == []


def test_exceptions_name_ids_that_exist_and_say_why() -> None:
    assert set(trace.exceptions()) <= set(trace.required())
    assert [one for one, reason in trace.exceptions().items() if len(reason.split()) < 5] == []


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("R86-R88, X4", {"R86", "R87", "R88", "X4"}), ("(R1, D20)", {"R1", "D20"}), ("R60–R62", {"R60", "R61", "R62"}),
        ("R601x, XR2, D", set()), ("R2-3", {"R2", "R3"}),
    ],
)  # fmt: skip
def test_ids_are_found_in_words(words: str, ids: set[str]) -> None:
    assert trace.ids_in(words) == ids


def test_an_id_is_cited_by_the_test_that_names_it_and_by_no_neighbour(tmp_path: Path) -> None:
    lines = ['"""R1."""', "# R2", "def test_one_r3():", '    """R4."""', "    # R5", "    assert 1", "", "def helper():", '    """R6."""']
    source = "\n".join(lines)
    (tmp_path / "test_it.py").write_text(source)
    assert [(proof.name, proof.ids) for proof in trace.proofs(tmp_path)] == [("test_one_r3", {"R3", "R4", "R5"})]
