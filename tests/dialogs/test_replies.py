"""The sets `replies` and `unseen` are well-formed, apart from training and from every other set, and as README.md tells (D7)."""

from collections import Counter
from collections.abc import Callable

import pytest
from rapidfuzz import fuzz, process

from tests.dialogs import test_sets as of_halves
from tests.dialogs.sets import FOLDER, PARTS, REPLIES, Message, read, trained, wording

Check = Callable[[list[Message]], None]
SHORTEST = 3


@pytest.mark.parametrize("part", REPLIES)
@pytest.mark.parametrize(
    "check",
    [
        of_halves.test_every_message_has_the_fields_and_known_values,
        of_halves.test_every_labelled_value_is_well_formed_and_a_pesel_has_its_checksum,
        of_halves.test_a_message_to_be_asked_back_never_promises_one_clear_harm_only,
    ],
    ids=lambda check: check.__name__.removeprefix("test_"),
)
def test_a_rule_of_the_halves_holds_here_too(check: Check, part: str) -> None:
    check(list(read(part)))


@pytest.mark.parametrize("part", REPLIES)
def test_no_message_stands_twice_or_in_the_training_data(part: str) -> None:
    messages = list(read(part))
    seen = Counter((wording(message), message["asked"]) for message in messages)
    assert [key for key, times in seen.items() if times > 1] == []
    examples = trained.examples()
    assert [message["text"] for message in messages if trained.is_trained(message, examples)] == []


@pytest.mark.parametrize("part", REPLIES)
def test_no_message_copies_one_of_another_set(part: str) -> None:
    others = {wording(message) for other in PARTS if other != part for message in read(other)}
    mine = [wording(message) for message in read(part)]
    assert [words for words in mine if len(words.split()) >= SHORTEST and words in others] == []
    long_others = [words for words in others if len(words.split()) >= of_halves.LONG]
    long_mine = [words for words in mine if len(words.split()) >= of_halves.LONG]
    assert [words for words in long_mine if process.extractOne(words, long_others, scorer=fuzz.ratio, score_cutoff=92)] == []


@pytest.mark.parametrize("part", REPLIES)
def test_the_readme_tells_how_many_there_are(part: str) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"`{part}` ({len(list(read(part)))} messages" in readme
