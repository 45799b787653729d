"""Who waits is told the estimated date (R65), and honestly that there is none (R64); who joins is told once (R103)."""

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, text

from dialogs import notices
from dialogs.wording import CHANNELS, LANGUAGES, render
from registry import prospects
from registry.database import transaction
from registry.estimates import Estimate
from registry.waiting_room import Entry
from tests.dialogs.exchange import Exchange
from tests.registry import build

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
DATES = {"estimate": "2027-03-14", "estimate_late": "2027-04-28"}


def someone_waits(engine: Engine, address: str, told: tuple[date, date] | None) -> None:
    with transaction(engine) as session:
        entry = build.waiting(session, build.patient(session, address), now=NOW - timedelta(days=3))
        if told is not None:
            row = session.get_one(Estimate, entry.id)
            row.p50, row.p90, row.basis, row.reason, row.computed_at = *told, "extrapolated", None, NOW


def test_who_asks_how_long_is_told_both_dates_r65(engine: Engine) -> None:
    """R65: about, and at the latest; never a date to come on."""
    someone_waits(engine, "+48601700700", (date(2027, 3, 14), date(2027, 4, 28)))
    talk = Exchange(engine, "+48601700700", NOW)
    talk.write("jaki jest szacowany termin wizyty?")
    kind, words = talk.answers()[-1]
    assert kind == "waiting_room_status"
    assert "polowa marca 2027, najpozniej koniec kwietnia 2027" in words


def test_no_date_is_invented_r64(engine: Engine) -> None:
    someone_waits(engine, "+48601700701", None)
    talk = Exchange(engine, "+48601700701", NOW)
    talk.write("jaki jest szacowany termin wizyty?")
    assert "nie mozna jeszcze oszacowac" in talk.answers()[-1][1]


@pytest.mark.parametrize(("language", "channel"), list(product(LANGUAGES, CHANNELS)))
def test_the_notice_of_joining_has_words_everywhere_r103(language: str, channel: str) -> None:
    """R103, D16: with dates and without, in every language and channel; how to leave is said where one can answer."""
    with_dates = notices.words("joined_waiting_room", DATES, language=language, channel=channel)
    without = notices.words("joined_waiting_room", {"estimate": None, "estimate_late": None}, language=language, channel=channel)
    assert with_dates != without
    assert render("estimate_unknown", {}, language=language, channel="chat" if channel == "email" else channel) in without


def test_the_date_of_an_entry_that_was_changed_is_asked_for_anew_r49(engine: Engine) -> None:
    """R49: an estimate of other wishes is not told."""
    someone_waits(engine, "+48601700702", (date(2027, 3, 14), date(2027, 4, 28)))
    with transaction(engine) as session:
        session.execute(text("UPDATE entries SET criteria_version = 2"))
        entry = session.query(Entry).one()
        assert prospects.current(session, entry, now=NOW).reason == "no_forecast"
