"""Every text message fits, whatever the clinic is called (D9, R101), and still says when and where."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.wording import Facts, FreeDate, Option, keys, render, texts
from dialogs.wording.facts import LANGUAGES, Language
from dialogs.wording.gsm import measure, to_gsm
from dialogs.wording.written import short_moment
from registry.catalogue import SERVICES
from tests.dialogs.wording.polish_places import CITIES, CLINICS, STREETS
from tests.dialogs.wording.samples import LONGEST, ORDINARY

NO_LIMIT = {"question_answered", "question_answered_kept", "dates_found", "date_taken", "dates_conflict"}  # as long as what they tell
LISTS = {"which_visit", "visits"}
BOUNDED = [key for key in keys() if key not in NO_LIMIT]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001 # made aware here
INITIALS = st.sampled_from(["J. K.", "Ł. Ś.", "W.Ż.", "M. M."])


@st.composite
def longest_facts(draw: st.DrawFn) -> Facts:
    """Realistic facts at the long end, in every combination."""
    start = draw(MOMENTS)
    return {
        **LONGEST,
        "start": start,
        "old_start": start - timedelta(days=draw(st.integers(1, 40))),
        "deadline": start - timedelta(hours=draw(st.integers(48, 72))),
        "clinic": draw(st.sampled_from(CLINICS)),
        "street": draw(st.sampled_from(STREETS)),
        "city": draw(st.sampled_from(CITIES)),
        "phone": draw(st.sampled_from(["+48421234567", "601 203 405", "(22) 123-45-67", "+380 44 123 45 67"])),
        "service": draw(st.sampled_from([*SERVICES, "OTHER"])),
        "initials": draw(INITIALS),
        "options": tuple(Option(draw(INITIALS), draw(MOMENTS)) for _ in range(draw(st.integers(2, 3)))),
        "undo_seconds": draw(st.sampled_from([None, 5, 300])),
    }


@settings(deadline=None, max_examples=80)
@given(longest_facts(), st.sampled_from(["pl", "en"]))
def test_polish_and_english_fit_one_gsm_segment_d9_r101(facts: Facts, language: str) -> None:
    """D9, R101: one segment of GSM-7, and all filled."""
    for key in BOUNDED:
        words = render(key, facts, language=language)
        size = measure(words)
        assert (size.encoding, size.segments) == ("GSM-7", 1), (key, size, words)
        assert not re.search(r"[{}]|\?\?|  ", words), words


@settings(deadline=None, max_examples=40)
@given(longest_facts())
def test_ukrainian_fits_two_segments_d9_d16(facts: Facts) -> None:
    """D9, D16: Cyrillic costs UCS-2; two segments of it are the most that a patient is sent."""
    for key in BOUNDED:
        words = render(key, facts, language="uk")
        assert measure(words).segments <= 2, (key, measure(words), words)


@settings(deadline=None, max_examples=80)
@given(longest_facts(), st.sampled_from(LANGUAGES))
def test_day_hour_and_place_stay_recognisable_r101(facts: Facts, language: Language) -> None:
    """R101: in each text that names them, day and hour are whole, the house number and the town's first word stand."""
    number = facts["street"].split(" lok.")[0].split(" m.")[0].split()[-1]
    town = re.split(r"[\s-]", facts["city"])[0]
    for key in BOUNDED:
        told = texts.find(key, language, "sms").placeholders
        words = render(key, facts, language=language)
        if "when" in told:
            moment = str(short_moment(facts["start"], language))
            assert (moment if language == "uk" else to_gsm(moment)) in words
        if told & {"place", "address"}:
            assert (town if language == "uk" else to_gsm(town)) in words, words
            assert re.search(rf"(?<!\w){re.escape(number)}(?!\w)", words), words


@pytest.mark.parametrize(("key", "count"), list(product(sorted(LISTS), range(2, 9))))
def test_a_list_of_visits_fits_one_segment_up_to_three_and_three_for_eight_x8(key: str, count: int) -> None:
    """X8: a neighbour with eight open visits gets a longer message, but gets them all."""
    choices = tuple(Option("W.Ż.", datetime(2026, 12, day, 19, 50, tzinfo=UTC)) for day in range(1, count + 1))
    words = render(key, {"options": choices})
    assert all(f"{number}: W.Z. " in words for number in range(1, count + 1))
    assert measure(words).segments <= (1 if count <= 3 else 2 if count <= 7 else 3)


@pytest.mark.parametrize("key", ["dates_found", "date_taken", "dates_conflict"])
@pytest.mark.parametrize("language", ["pl", "en"])
def test_two_dates_to_choose_from_fit_two_segments_d9(key: str, language: str) -> None:
    """D9: a list of dates is the one text that may take a second segment; the dates stand in it whole."""
    places = tuple(FreeDate(datetime(2026, 12, day, 19, 50, tzinfo=UTC), CLINICS[0], STREETS[0], CITIES[0]) for day in (1, 2))
    words = render(key, {"dates": places}, language=language)
    assert (measure(words).encoding, measure(words).segments <= 2) == ("GSM-7", True), words


def test_an_ordinary_clinic_keeps_its_name_r101() -> None:
    """Shortening stops as soon as it fits: an everyday reminder names clinic, street and town."""
    assert render("reminder_d1", ORDINARY) == (
        "e-Rejestracja przypomina: wizyta czw 26.11 godz. 10:20, Przych. Kardiologiczna Serce, ul. Hallera 12, Lodz. "
        "Prosze odpisac TAK (bede) lub ODWOLAJ (nie bede)."
    )


NOTICES = keys()[: keys().index("confirmed")]  # what comes unasked stands first in the files


@pytest.mark.parametrize(("language", "sender"), [("pl", "e-Rejestracja"), ("uk", "е-Реєстрація"), ("en", "e-Rejestracja")])
def test_a_notice_says_who_writes_r106(language: str, sender: str) -> None:
    """R106: one sender's name in every notice that comes unasked."""
    for key in NOTICES:
        assert render(key, LONGEST, language=language).startswith(sender), key


@pytest.mark.parametrize("key", BOUNDED)
def test_strange_letters_in_names_cannot_break_a_message_d9(key: str) -> None:
    """D9: brackets, typography, Cyrillic and emoji in a clinic's name neither change the encoding nor overflow."""
    odd: Facts = {**LONGEST, "clinic": "Центр [№ 5] „Życie” €^{}~|\\ 😀… " * 3, "street": "ul. „Щ” 5", "city": "Łódź—Ж"}
    assert measure(render(key, odd))[0::2] == ("GSM-7", 1)
    assert measure(render(key, odd, language="uk")).segments <= 2
