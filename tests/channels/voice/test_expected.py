"""What a question of a call listens for: every short example of what may be said there, whatever letters it is written with (D7, X32)."""

import pytest

from channels.voice.words import answers
from dialogs.understanding.reading import Asked


@pytest.mark.parametrize("asked", ["reminder", "offer", "yes_no", "which_visit", "criteria", "nothing"])
@pytest.mark.parametrize("text", ["mam myśli samobójcze", "boli mnie w klatce piersiowej", "wezwijcie pogotowie"])
def test_an_emergency_is_listened_for_at_every_question_that_takes_words(asked: Asked, text: str) -> None:
    assert text in answers(asked, "pl")


@pytest.mark.parametrize(("asked", "text"), [
    ("reminder", "chciałabym odwołać termin"), ("reminder", "rezygnuję z wizyty"), ("offer", "nie pasuje mi"),
])  # fmt: skip
def test_words_are_counted_as_they_are_spoken(asked: Asked, text: str) -> None:
    """A letter with a mark ends no word: "chciałabym odwołać termin" is three words, not five."""
    assert text in answers(asked, "pl")


def test_what_is_longer_than_people_say_at_once_is_not_listened_for() -> None:
    assert all(len(text.split()) <= 6 for text in answers("reminder", "pl"))
    assert "nie przyjdę bo mam inne plany" not in answers("reminder", "pl")
