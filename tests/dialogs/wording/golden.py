"""Every text as it is sent, by language and channel: `python -m tests.dialogs.wording.golden` writes the files anew, to be read."""

from itertools import product
from pathlib import Path

from dialogs.wording import CHANNELS, LANGUAGES, Facts, keys, render, subject
from dialogs.wording.gsm import measure
from tests.dialogs.wording.samples import LONGEST, ORDINARY

FOLDER = Path(__file__).parent / "golden"


def sample(language: str, channel: str) -> str:
    """All texts of a file: with ordinary facts, and for SMS with the longest ones too, each with its segments and units."""
    sets = (ORDINARY, LONGEST) if channel == "sms" else (ORDINARY,)
    return "\n".join(_entry(key, facts, language, channel) for key, facts in product(keys(), sets))


def _entry(key: str, facts: Facts, language: str, channel: str) -> str:
    words = render(key, facts, language=language, channel=channel)
    if channel == "sms":
        size = measure(words)
        return f"{key} [{size.segments}/{size.units}]\n    {words}"
    heading = f"    [{subject(key, facts, language=language)}]\n" if channel == "email" else ""
    return f"{key}\n{heading}" + "\n".join(f"    {line}".rstrip() for line in words.splitlines())


def write() -> None:
    """Write all golden files."""
    FOLDER.mkdir(exist_ok=True)
    for language, channel in product(LANGUAGES, CHANNELS):
        (FOLDER / f"{language}_{channel}.txt").write_text(sample(language, channel) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
