"""Training files that are written here are read by the loaders of the house, whatever a text holds (X33)."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialogs.project import domain, nlu_file
from dialogs.project.training import check_training
from dialogs.understanding import corpus

DOMAIN = domain.load(Path(domain.__file__).parents[1] / "domain")
AWKWARD = (
    "- myślnik", "# hasło", "a: b", "'", '"', "|", "> x", "%TAG", "@ &a *b", "{a: b}", "[jutro](date)", '[x]{"entity": "y"}', "[a][b]",
    "wiersz\nwiersz\r\n  trzeci", "tab\tulator", "a\x00b", "a\x85b\u2028c\u2029d", "\ufeffpoczątek", "--- ", "...",
    "👨‍👩‍👧 rodzina", "\x1b[31m",
    "version: \"2.0\"", "\\n", "- intent: greet\n  examples: |\n    - x", "<!-- -->", "\u200b", "  ", "", "-", "- ", "- -",
)  # fmt: skip


def read_back(folder: Path, texts: list[str], asked: str = "nothing") -> list[corpus.Example]:
    (folder / "pl_test.yml").write_text(nlu_file.written({("greet", asked): ["zawsze", *texts]}, ["uwaga: 1"]), encoding="utf-8")
    return list(corpus.examples(folder))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), max_size=8))
@example(list(AWKWARD))
def test_any_text_is_read_back_as_it_was_cleaned(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("nlu")
    found = read_back(folder, texts)
    assert [one.text for one in found] == list(dict.fromkeys(["zawsze", *(line for text in texts if (line := nlu_file.clean(text)))]))
    assert {(one.intent, one.language) for one in found} == {("greet", "pl")}
    check_training(folder, DOMAIN)  # Rasa's reading of it: no entity has come out of a patient's brackets


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\n".join(AWKWARD))
def test_cleaning_twice_changes_nothing_and_takes_no_sign_that_is_seen(text: str) -> None:
    cleaned = nlu_file.clean(text)
    assert nlu_file.clean(cleaned) == cleaned
    assert "".join(cleaned.split()) == "".join(sign for sign in "".join(text.split()) if not nlu_file._UNWRITABLE.match(sign))


@pytest.mark.parametrize("text", AWKWARD)
def test_what_can_be_seen_is_writable(text: str) -> None:
    assert [sign for sign in text if sign.isprintable() and nlu_file._UNWRITABLE.match(sign)] == []


def test_the_question_that_was_answered_goes_along(tmp_path: Path) -> None:
    assert {one.asked for one in read_back(tmp_path, ["tak, pasuje"], "offer")} == {"offer"}

