"""Moments, numbers, telephones and addresses in words (issue: speech with numbers, dates and hours in words; X17, X31)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.wording import Option, speech
from dialogs.wording.facts import LANGUAGES, Language
from dialogs.wording.speech import polish

MOMENT = datetime(2026, 11, 26, 9, 20, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 # made aware here


@pytest.mark.parametrize(
    ("language", "plain", "on"),
    [
        (
            "pl",
            "czwartek, dwudziestego szóstego listopada, godzina dziesiąta dwadzieścia",
            "w czwartek, dwudziestego szóstego listopada, o godzinie dziesiątej dwadzieścia",
        ),
        (
            "uk",
            "четвер, двадцять шостого листопада, десята година двадцять хвилин",
            "у четвер, двадцять шостого листопада, о десятій годині двадцять хвилин",
        ),
        (
            "en",
            "Thursday, the twenty-sixth of November, at ten twenty in the morning",
            "on Thursday, the twenty-sixth of November, at ten twenty in the morning",
        ),
    ],
)
def test_a_moment_in_words(language: Language, plain: str, on: str) -> None:
    """A UTC instant is said as the clock in Warsaw shows it (X17)."""
    assert speech.moment(MOMENT, language) == plain
    assert f"{speech.moment(MOMENT, language):on}" == on


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "o godzinie zerowej"),
        (1, 5, "o godzinie pierwszej zero pięć"),
        (2, 15, "o godzinie drugiej piętnaście"),
        (3, 30, "o godzinie trzeciej trzydzieści"),
        (8, 1, "o godzinie ósmej zero jeden"),
        (20, 0, "o godzinie dwudziestej"),
        (21, 45, "o godzinie dwudziestej pierwszej czterdzieści pięć"),
        (23, 59, "o godzinie dwudziestej trzeciej pięćdziesiąt dziewięć"),
    ],
)
def test_polish_hours(hour: int, minute: int, said: str) -> None:
    """Ordinals agree with "godzina" in case; a small minute keeps its zero."""
    assert polish.at_hour(datetime(2026, 7, 1, hour, minute, tzinfo=UTC)) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(1966, 2, 8), "ósmego lutego tysiąc dziewięćset sześćdziesiątego szóstego roku"),
        (date(2000, 1, 1), "pierwszego stycznia dwutysięcznego roku"),
        (date(2026, 5, 3), "trzeciego maja dwa tysiące dwudziestego szóstego roku"),
        (date(2026, 10, 31), "trzydziestego pierwszego października dwa tysiące dwudziestego szóstego roku"),
        (date(2027, 6, 22), "dwudziestego drugiego czerwca dwa tysiące dwudziestego siódmego roku"),
    ],
)
def test_polish_dates_with_year(day: date, said: str) -> None:
    """Every part of a compound ordinal is inflected."""
    assert speech.day(day) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("pl", "poniedziałku, dwudziestego trzeciego listopada, do godziny szesnastej"),
        ("uk", "понеділка, двадцять третього листопада, до шістнадцятої години"),
        ("en", "Monday, the twenty-third of November, at four o'clock in the afternoon"),
    ],
)
def test_a_deadline_after_its_preposition_d5(language: Language, said: str) -> None:
    """D5: the last moment to answer an offer."""
    assert speech.until(datetime(2026, 11, 23, 15, 0, tzinfo=UTC), language) == said


@pytest.mark.parametrize(
    ("seconds", "in_polish", "in_ukrainian", "in_english"),
    [
        (5, "pięciu sekund", "п'яти секунд", "five seconds"),
        (1, "jednej sekundy", "однієї секунди", "one second"),
        (60, "jednej minuty", "однієї хвилини", "one minute"),
        (120, "dwóch minut", "двох хвилин", "two minutes"),
        (300, "pięciu minut", "п'яти хвилин", "five minutes"),
        (1800, "trzydziestu minut", "тридцяти хвилин", "thirty minutes"),
        (22 * 60, "dwudziestu dwóch minut", "двадцяти двох хвилин", "twenty-two minutes"),
        (21 * 60, "dwudziestu jeden minut", "двадцяти однієї хвилини", "twenty-one minutes"),
    ],
)
def test_spans_of_time_d6_d12(seconds: int, in_polish: str, in_ukrainian: str, in_english: str) -> None:
    """D6, D12: as they stand after "w ciągu", "протягом", "within"."""
    assert speech.duration(seconds, "pl") == in_polish
    assert speech.duration(seconds, "uk") == in_ukrainian
    assert speech.duration(seconds, "en") == in_english


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("+48421234567", "czterdzieści dwa, sto dwadzieścia trzy, czterdzieści pięć, sześćdziesiąt siedem"),
        ("601 203 045", "sześćset jeden, dwieście trzy, zero czterdzieści pięć"),
        ("+48600000007", "sześćset, zero zero zero, zero zero siedem"),
        ("112", "sto dwanaście"),
        ("19 239", "dziewiętnaście, dwieście trzydzieści dziewięć"),
    ],
)
def test_telephones_in_groups(number: str, said: str) -> None:
    """Groups as they are printed in a telephone book; zeros are never lost."""
    assert speech.phone(number) == said


@pytest.mark.parametrize(
    ("street", "said"),
    [
        ("ul. Gen. Józefa Hallera 123A lok. 45", "ulica Generała Józefa Hallera sto dwadzieścia trzy A, lokal czterdzieści pięć"),
        ("al. Jerozolimskie 12/14", "Aleje Jerozolimskie dwanaście łamane przez czternaście"),
        ("al. Niepodległości 7", "aleja Niepodległości siedem"),
        ("ul. 3 Maja 5", "ulica Trzeciego Maja pięć"),
        ("ul. 11 Listopada 1-3", "ulica Jedenastego Listopada jeden trzy"),
        ("pl. Jana Pawła II 2", "plac Jana Pawła Drugiego dwa"),
        ("ul. św. Anny 12", "ulica Świętej Anny dwanaście"),
        ("ul. Św. Jana 4 m. 6", "ulica Świętego Jana cztery, lokal sześć"),
        ("os. 1000-lecia 15", "osiedle Tysiąclecia piętnaście"),
        ("ul. płk. Dąbka 8", "ulica Pułkownika Dąbka osiem"),
        ("Rąbień 7", "Rąbień siedem"),
        ("ul. Długa", "ulica Długa"),
    ],
)
def test_polish_addresses(street: str, said: str) -> None:
    """Abbreviations in full, ordinals in street names, house numbers in words."""
    assert speech.address(street, "Łódź") == f"{said}, Łódź"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SPZOZ w Łęcznej", "es pe zoz"),
        ("Szpital Powiatowy nr 2 im. św. Anny w Busku-Zdroju", "Szpital Powiatowy numer dwa"),
        ("NZOZ „Medyk” sp. z o.o.", "en zoz Medyk"),
        ("Centrum Medyczne LUX MED", "Centrum Medyczne LUX MED"),
    ],
)
def test_polish_clinic_names(name: str, said: str) -> None:
    """No legal form, no patron, no town that the address says anyway; abbreviations as they are spoken."""
    assert speech.clinic(name) == said


def test_other_languages_say_house_numbers_their_way() -> None:
    """The street stays Polish; for a Ukrainian voice it is spelled in Cyrillic."""
    assert speech.address("ul. 3 Maja 12 lok. 4", "Łódź", "en") == "ulica Trzeciego Maja twelve, flat four, Łódź"
    assert speech.address("ul. Szczecińska 12", "Łódź", "uk") == "уліца Щецінська дванадцять, Лудзь"


@settings(deadline=None)
@given(MOMENTS, st.sampled_from(LANGUAGES))
def test_speech_has_no_digits(moment: datetime, language: Language) -> None:
    """A synthesizer is given words only, whatever the moment."""
    said = speech.options([Option("J.K.", moment), Option("Ż.Ś.", moment + timedelta(days=1))], language)
    texts = [said, speech.until(moment, language), speech.day(moment.date(), language), speech.about(moment.date(), language)]
    assert not re.search(r"\d", " ".join(texts))
    assert all(f"{speech.moment(moment, language):{form}}" for form in ("", "on"))


@settings(deadline=None)
@given(st.integers(10**8, 10**9 - 1))
def test_a_telephone_is_said_completely(number: int) -> None:
    """Nine digits are nine digits: the groups spoken, written again as digits, are the number."""
    words = {speech.number(value): str(value) for value in range(1000)}
    digits = str(number)
    groups = [group.split(" ") for group in speech.phone(digits).split(", ")]
    heard = ""
    for group in groups:
        zeros = 0
        while group[zeros:] and group[zeros] == "zero":
            zeros += 1
        rest = " ".join(group[zeros:])
        heard += "0" * zeros + (words[rest] if rest else "")
    assert heard == digits


def test_an_answer_is_read_out_in_words() -> None:
    """Text from the knowledge base with dates, hours, telephones and numbers (X31)."""
    text = "Od 1.06.2026 w godz. 8:00 pod 801 002 003, 2 razy."
    assert speech.read_out(text) == (
        "Od pierwszego czerwca dwa tysiące dwudziestego szóstego roku w godz. ósma pod osiemset jeden, zero zero dwa, zero zero trzy, "
        "dwa razy."
    )


def test_a_moment_needs_its_time_zone() -> None:
    """A naive datetime is refused (house rule: aware UTC)."""
    with pytest.raises(ValueError, match="time zone"):
        speech.moment(datetime(2026, 1, 1, 12, 0))  # noqa: DTZ001 # that is the point
