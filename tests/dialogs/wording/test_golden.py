"""The texts word for word: a change of wording is seen in review as it will be read."""

from itertools import product

import pytest

from dialogs.wording import CHANNELS, LANGUAGES
from tests.dialogs.wording.golden import FOLDER, sample


@pytest.mark.parametrize(("language", "channel"), list(product(LANGUAGES, CHANNELS)))
def test_texts_are_worded_as_recorded_d16(language: str, channel: str) -> None:
    """D16: every language × channel; after a wanted change run `python -m tests.dialogs.wording.golden` and read the difference."""
    assert sample(language, channel) + "\n" == (FOLDER / f"{language}_{channel}.txt").read_text(encoding="utf-8")
