"""What a call says of itself: the same in every language, words only, and nothing of a visit before the person is known."""

import re

import pytest

from dialogs.wording import LANGUAGES, UnknownText
from dialogs.wording.calls import load, phrase
from dialogs.wording.texts import placeholders

BEFORE = ("who", "who_again", "fetch", "waiting", "when_later", "called_later", "wrong_number", "silent", "unknown_person", "press_on")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_names_d16(language: str) -> None:
    ours, polish = load(language), load("pl")
    assert list(ours) == list(polish)
    assert {key: placeholders(text) for key, text in ours.items()} == {key: placeholders(text) for key, text in polish.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_synthesizer_gets_words_only(language: str) -> None:
    for key, text in load(language).items():
        assert not re.search(r"\d|[/()\"„”&%+*=_]", text), key
        assert language != "uk" or not re.search(r"[a-zA-Z]", text.replace("{name}", "")), key


@pytest.mark.parametrize("key", BEFORE)
def test_nothing_of_a_visit_of_theirs_is_said_before_the_person_is_known_x32(key: str) -> None:
    """That a medical registration calls may be said; that this person has a visit may not."""
    said = phrase(key, language="pl", name="Jan Nowak").replace("rejestracja na wizyty lekarskie", "")
    assert not re.search(r"wizyt|termin|lekarz|poradni|skierowan", said)


def test_an_unknown_text_or_language_is_refused() -> None:
    with pytest.raises(UnknownText):
        phrase("nonsense", language="pl")
    with pytest.raises(UnknownText):
        phrase("who", language="de", name="x")
    with pytest.raises(UnknownText):
        phrase("who", language="pl")
