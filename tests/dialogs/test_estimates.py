"""Who waits is told the estimated date (R65), and honestly that there is none (R64); who joins is told once (R103)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine, select, text

from dialogs import notices
from dialogs.wording import CHANNELS, LANGUAGES, render
from registry import forecast, prospects
from registry.communications import Turn
from registry.database import transaction
from registry.estimates import Estimate
from registry.waiting_room import Entry
from tests.dialogs.exchange import Exchange
from tests.registry import build
from tests.registry.test_forecast import plan

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


def test_who_asks_how_long_is_told_which_wish_costs_most_and_can_change_it_r49(engine: Engine) -> None:
    """R49: mornings are rare there; with any hour the visit would be sooner, and the words that are proposed begin the change."""
    night = datetime(2026, 11, 18, 0, 30, tzinfo=UTC)
    with transaction(engine) as session:
        here = build.clinic(session)
        plan(session, here, each=1, weekdays=frozenset({1}))
        plan(session, here, each=2, hour=12)
        build.waiting(session, build.patient(session, "+48601700703"), now=night - timedelta(days=1), hour_to=time(10))
    forecast.refresh(engine, now=night)
    talk = Exchange(engine, "+48601700703", NOW)
    talk.write("jaki jest szacowany termin wizyty?")
    kinds = [kind for kind, _ in talk.answers()]
    assert kinds[-2:] == ["waiting_room_status", "nearer_hours"]
    talk.write(talk.answers()[-1][1].rpartition("odpisac: ")[2])
    assert talk.last() == "ask_pesel"  # who changes wishes says who he is (D12)
    with transaction(engine) as session:
        turn = session.scalars(select(Turn).order_by(Turn.id.desc()).limit(1)).one()
    assert turn.intent == "edit_criteria"


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
