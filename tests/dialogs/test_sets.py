"""The labelled messages themselves: well-formed, apart from each other and from training, as their README says (D7)."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rapidfuzz import fuzz, process

from dialogs.project import known
from tests.dialogs.sets import FOLDER, HALVES, Message, files, guesses, held_out, load, noise, normalised, read, tally, trained, wording
from tests.dialogs.sets.judge import ENTITIES, INTENTS

NUMBERS = frozenset({"date_of_birth", "postcode", "pesel", "referral_code"})
ASKED = NUMBERS | {"reminder", "offer", "yes_no", "which_visit", "criteria", "nothing"}
FIELDS = frozenset({"text", "asked", "channel", "language", "today", "intent", "entities", "question", "class"})
MORE_FIELDS = frozenset({"optional", "topic", "noise"})
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
LEAST = {"dev": 10, "test": 25}
"""Messages of each hard class in a part; `dev` is half as large."""
LONG = 4
"""From so many words on, the wording itself tells messages apart; below, only together with what was asked."""


@pytest.fixture(scope="module")
def halves() -> dict[str, list[Message]]:
    return {half: list(read(half)) for half in HALVES}


@pytest.fixture(scope="module")
def everything(halves: dict[str, list[Message]]) -> list[Message]:
    return [message for half in HALVES for message in halves[half]]


def listed(value: Any) -> list[Any]:
    value = value["one_of"] if isinstance(value, dict) else value
    return value if isinstance(value, list) else [value]


def test_every_message_has_the_fields_and_known_values(everything: list[Message]) -> None:
    for message in everything:
        assert set(message) >= FIELDS, message
        assert set(message) <= FIELDS | MORE_FIELDS, message
        assert message["asked"] in ASKED, message
        assert message["channel"] in {"sms", "voice", "chat"}, message
        assert message["language"] in {"pl", "uk", "en"}, message
        assert message["question"] in (True, False, "either"), message
        assert set(listed(message["intent"])) <= INTENTS | {None}, message
        assert {*message["entities"], *message.get("optional", {})} <= set(ENTITIES), message
        assert all(guess.strip() for guess in guesses(message)), message
        date.fromisoformat(message["today"])


def pesel_is_valid(pesel: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(pesel, PESEL_WEIGHTS, strict=False))
    return len(pesel) == 11 and pesel.isdigit() and (10 - total % 10) % 10 == int(pesel[10])


FORMS_OF_VALUES: dict[str, Callable[[Any], bool]] = {
    "date": lambda value: bool(date.fromisoformat(value)),
    "hour": lambda value: value[2] == ":" and 0 <= int(value[:2]) < 24 and 0 <= int(value[3:]) < 60 and len(value) == 5,
    "weekday": lambda value: value in range(1, 8),
    "postcode": lambda value: value[2] == "-" and (value[:2] + value[3:]).isdigit() and len(value) == 6,
    "choice": lambda value: value in range(1, 10),
    "pesel": pesel_is_valid,
    "referral_code": lambda value: value.isdigit() and len(value) == 4,
}


def test_every_labelled_value_is_well_formed_and_a_pesel_has_its_checksum(everything: list[Message]) -> None:
    for message in everything:
        labels = [*message["entities"].items(), *message.get("optional", {}).items()]
        for name, value in [label for label in labels if label[1] is not None]:
            assert all(FORMS_OF_VALUES[name](each) for each in listed(value)), message


def test_a_weekday_beside_its_date_is_the_right_one(everything: list[Message]) -> None:
    both = [m["entities"] for m in everything if {"weekday", "date"} <= set(m["entities"])]
    plain = [e for e in both if isinstance(e["weekday"], int) and isinstance(e["date"], str)]
    assert plain
    assert all(date.fromisoformat(e["date"]).isoweekday() == e["weekday"] for e in plain)


def test_a_message_to_be_asked_back_never_promises_one_clear_harm_only(everything: list[Message]) -> None:
    """D7: where asking back is demanded, more than one reading is possible, or there is a form to repeat."""
    doubtful = [m for m in everything if m["question"] is True and m["asked"] in {"reminder", "offer"}]
    assert doubtful
    assert all(isinstance(m["intent"], list) and len(m["intent"]) > 1 for m in doubtful)


def test_there_are_at_least_two_thousand_most_of_them_by_hand(halves: dict[str, list[Message]]) -> None:
    everything = [m for half in HALVES for m in halves[half]]
    by_hand = {(wording(m), m["asked"]) for m in everything if not m.get("noise")}
    assert len(everything) >= 2000
    assert len(by_hand) >= 1300
    assert len(halves["dev"]) >= 700


def test_languages_have_their_share_polish_first(everything: list[Message]) -> None:
    """D16."""
    share = {language: n / len(everything) for language, n in Counter(m["language"] for m in everything).items()}
    assert 0.65 < share["pl"] < 0.75
    assert share["uk"] > 0.12
    assert share["en"] > 0.12


@pytest.mark.parametrize("half", HALVES)
def test_hard_classes_are_over_represented_in_each_half(halves: dict[str, list[Message]], half: str) -> None:
    counts = Counter(message["class"] for message in halves[half])
    hard = ("negation", "condition", "hypothetical", "question", "reported", "past", "multi", "context")
    assert all(counts[name] >= LEAST[half] for name in hard), counts
    assert sum(counts[name] for name in hard) > len(halves[half]) / 4


@pytest.mark.parametrize("half", HALVES)
def test_no_message_stands_twice_in_a_half(halves: dict[str, list[Message]], half: str) -> None:
    seen = Counter((str(message["text"]), message["asked"]) for message in halves[half])
    assert [key for key, times in seen.items() if times > 1] == []


def test_no_message_stands_in_both_halves(halves: dict[str, list[Message]]) -> None:
    dev, test = ({_identity(m) for m in halves[half]} for half in HALVES)
    assert dev & test == set()


def _identity(message: Message) -> tuple[str, str]:
    words = wording(message)
    return words, "" if len(words.split()) >= LONG else message["asked"]


def test_longer_messages_of_the_halves_are_not_near_copies(halves: dict[str, list[Message]]) -> None:
    dev, test = ([wording(m) for m in halves[half] if m["asked"] not in NUMBERS] for half in HALVES)
    dev, test = ([words for words in half if len(words.split()) >= LONG] for half in (dev, test))
    alike = [(words, process.extractOne(words, dev, scorer=fuzz.ratio, score_cutoff=92)) for words in test]
    assert [pair for pair in alike if pair[1]] == []


@pytest.mark.skipif(not trained.TRAINING.is_dir(), reason="no training data in this tree yet")
@pytest.mark.parametrize("path", [path for half in HALVES for path in files(half)], ids=lambda path: path.stem)
def test_no_message_also_stands_in_the_training_data(path: Any) -> None:
    """`python -m tests.dialogs.sets.trained` takes such messages out of the sets."""
    examples = trained.examples()
    assert examples
    assert [m["text"] for m in load(path) if trained.is_trained(m, examples)] == []


def test_annotations_of_training_examples_do_not_hide_a_copy(tmp_path: Any) -> None:
    (tmp_path / "nlu.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: cancel_visit\n  examples: |\n'
        '    - Odwołuję wizytę [17 marca](date)\n    - to [jutro]{"entity": "date"} odpada, niestety\n',
        encoding="utf-8",
    )
    assert trained.examples(tmp_path) == {"odwoluje wizyte 17 marca", "to jutro odpada niestety"}
    copied = {"text": "ODWOLUJE wizytę 17 marca!"}
    assert trained.is_trained(copied, trained.examples(tmp_path))
    assert not trained.is_trained({"text": "Odwołuję wizytę 18 marca"}, trained.examples(tmp_path))


@pytest.mark.parametrize("half", HALVES)
def test_the_misspelt_messages_are_what_the_script_makes(half: str) -> None:
    assert load(FOLDER / f"{half}_noise.jsonl") == noise.drawn(half)


def test_misspelling_keeps_short_words_figures_and_labels() -> None:
    """No slip may make or lose a "nie"."""
    for half in HALVES:
        whole = {m["text"]: m for path in files(half) for m in load(path) if isinstance(m["text"], str)}
        for message in filter(noise.worth_spoiling, whole.values()):
            spoilt = noise.slip(message["text"], message["language"], random.Random(1))
            pairs = zip(message["text"].split(" "), spoilt.split(" "), strict=True)
            assert all(old == new for old, new in pairs if len(old) < noise.SHORTEST_WORD or not old.isalpha())


def test_the_readme_counts_the_sets_as_they_are() -> None:
    assert tally.tables() in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_faq_messages_name_their_topic_and_the_readme_explains_it(everything: list[Message]) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    asked = [m for m in everything if m["class"] == "faq"]
    assert all(m.get("topic") for m in asked)
    assert [t for m in asked for t in listed(m["topic"]) if f"`{t}`" not in readme] == []


def test_normalising_keeps_bare_signs_apart() -> None:
    assert normalised("Odwołuję, wizytę!") == "odwoluje wizyte"
    assert normalised("👍") == "👍"
    assert normalised("?") != normalised("...")


def test_the_list_of_what_judges_is_up_to_date() -> None:
    """The console's export leaves out what stands in a set: `python -m tests.dialogs.sets.held_out` writes the list anew."""
    assert known.HELD_OUT.read_text(encoding="ascii") == known.digests(held_out.texts())
