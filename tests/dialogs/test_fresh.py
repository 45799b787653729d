"""The blind set `fresh` is well-formed, apart from training and from the halves, and as large as its FRESH.md says (D7)."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from tests.dialogs import test_sets as of_halves
from tests.dialogs.sets import FOLDER, HALVES, Message, files, load, read, trained, wording

Check = Callable[[list[Message]], None]
ASKED_ITEMS = ("reminder", "offer", "yes_no", "which_visit", "nothing")
SHORTEST = 3
"""Of answers of one or two words there are only so many: they may stand in several sets."""


@pytest.fixture(scope="module")
def fresh() -> list[Message]:
    return list(read("fresh"))


@pytest.mark.parametrize(
    "check",
    [
        of_halves.test_every_message_has_the_fields_and_known_values,
        of_halves.test_every_labelled_value_is_well_formed_and_a_pesel_has_its_checksum,
        of_halves.test_a_weekday_beside_its_date_is_the_right_one,
        of_halves.test_a_message_to_be_asked_back_never_promises_one_clear_harm_only,
        of_halves.test_faq_messages_name_their_topic_and_the_readme_explains_it,
    ],
    ids=lambda check: check.__name__.removeprefix("test_"),
)
def test_a_rule_of_the_halves_holds_here_too(check: Check, fresh: list[Message]) -> None:
    check(fresh)


def test_there_are_enough_messages_and_hard_ones_over_represented(fresh: list[Message]) -> None:
    counts = Counter(message["class"] for message in fresh)
    assert len(fresh) >= 1200
    hard = ("negation", "condition", "hypothetical", "question", "reported", "past", "multi", "context")
    assert all(counts[name] >= 20 for name in hard), counts


def test_no_message_stands_twice(fresh: list[Message]) -> None:
    seen = Counter((str(message["text"]), message["asked"], message["language"]) for message in fresh)
    assert [key for key, times in seen.items() if times > 1] == []


def test_no_message_copies_one_of_the_halves(fresh: list[Message]) -> None:
    old = {wording(message) for half in HALVES for message in read(half)}
    long_old = [words for words in old if len(words.split()) >= of_halves.LONG]
    mine = [wording(message) for message in fresh if message["asked"] in ASKED_ITEMS]
    long_mine = [words for words in mine if len(words.split()) >= of_halves.LONG]
    alike = [(words, process.extractOne(words, long_old, scorer=fuzz.ratio, score_cutoff=92)) for words in long_mine]
    assert [pair for pair in alike if pair[1]] == []
    assert [words for words in mine if len(words.split()) >= SHORTEST and words in old] == []


@pytest.mark.parametrize("path", files("fresh"), ids=lambda path: path.stem)
def test_no_message_also_stands_in_the_training_data(path: Path) -> None:
    """`python -m tests.dialogs.sets.trained` takes such messages out."""
    examples = trained.examples()
    assert [message["text"] for message in load(path) if trained.is_trained(message, examples)] == []


def test_fresh_md_tells_how_it_was_made(fresh: list[Message]) -> None:
    assert f"{len(fresh)} messages" in (FOLDER / "FRESH.md").read_text(encoding="utf-8")
