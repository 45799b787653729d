"""`python -m tests.stories.record` tells every script to the embedded engine and writes the stories anew, to be read in review.

A script says how its conversation has to end; one that ends otherwise is not recorded but told as an error.
"""

import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import yaml
from sqlalchemy import Engine

from registry import schema
from registry.database import create_engine
from registry.embedded import EmbeddedPostgres
from tests.conftest import CLEAN, TEST_SETTINGS
from tests.stories import worlds
from tests.stories.scripts import CHANNELS, LANGUAGES, SCRIPTS, Script
from tests.stories.talk import Talk

FOLDER = Path(__file__).parent
NUMBERS = {"ask_pesel": worlds.PESEL, "change_how": worlds.PESEL, "ask_referral_code": worlds.CODE}


def told(engine: Engine, script: Script, channel: str, language: str) -> dict[str, object]:
    """A script as a story; asked for his numbers the patient gives them."""
    talk = Talk(engine, script.world, channel)
    steps: list[dict[str, object]] = []
    lines = list(script.lines(channel, language))
    while lines:
        steps += talk.say(lines.pop(0))
        while script.identifies and (number := NUMBERS.get(talk.exchange.last() if talk.exchange.answers() else "")) is not None:
            steps += talk.say(number)
    ends = script.end(channel)
    if talk.outcomes[-1] != ends:
        said = [(kind, words) for kind, words in talk.exchange.answers()][-3:]
        raise AssertionError(f"{channel} {language} {script.name}: ends {talk.outcomes}, not {ends}; {said}")
    metadata = {"world": script.world, "channel": channel, "outcomes": talk.outcomes}
    return {"story": f"{channel} {language}: {script.name}", "metadata": metadata, "steps": steps}


def stories(engine: Engine, channel: str, language: str) -> Iterator[dict[str, object]]:
    """All stories of one channel and language; those that end otherwise are told on standard error."""
    for script in SCRIPTS:
        if not script.has(channel, language):
            continue
        _clean(engine)
        try:
            yield told(engine, script, channel, language)
        except AssertionError as error:
            print(error, file=sys.stderr)


def _clean(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(CLEAN)


def main(wanted: set[tuple[str, ...]]) -> None:
    """Write the files of these channels and languages, or all."""
    with tempfile.TemporaryDirectory(prefix="cer-server-") as directory:
        server = EmbeddedPostgres(Path(directory) / "postgres", settings=TEST_SETTINGS, dies_with_parent=True)
        server.start()
        try:
            server.ensure_database("stories")
            engine = create_engine(server.url("stories"))
            schema.upgrade(engine)
            for channel, language in product(CHANNELS, LANGUAGES):
                if (channel, language) in (wanted or set(product(CHANNELS, LANGUAGES))):
                    made = {"version": "3.1", "stories": list(stories(engine, channel, language))}
                    text = yaml.safe_dump(made, allow_unicode=True, sort_keys=False, width=140)
                    (FOLDER / f"test_{channel}_{language}.yml").write_text(text, encoding="utf-8")
            engine.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main({tuple(one.split("_")) for one in sys.argv[1:]})
