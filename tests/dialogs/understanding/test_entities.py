"""Dates, hours, numbers, postcodes, PESEL, codes and choices in digits and words (D12, R29)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from dialogs.understanding.entities import facts
from dialogs.understanding.entities.codes import pesel_valid
from dialogs.understanding.text import plain
from tests.dialogs.understanding.conftest import TODAY

MONTHS = [
    "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
    "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
]  # fmt: skip


def found(text: str, asked: str) -> dict[str, object]:
    return facts(plain(text), asked=asked, today=TODAY).entities


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("ósmego lutego tysiąc dziewięćset sześćdziesiątego szóstego", "1966-02-08"),
        ("02 05 1995", "1995-05-02"),
        ("3110 1990", "1990-10-31"),
        ("31101990", "1990-10-31"),
        ("8 luty 66", "1966-02-08"),
        ("urodziłam się 8.02.1966 r.", "1966-02-08"),
        ("osiem dwa sześćdziesiąt sześć", "1966-02-08"),
        ("dwudziestego piątego maja pięćdziesiątego roku", "1950-05-25"),
        ("zero dwa zero pięć tysiąc dziewięćset dziewięćdziesiąt pięć", "1995-05-02"),
        ("8 lutego tysiąc dziewięćset 66", "1966-02-08"),
        ("3 maja dwutysięcznego", "2000-05-03"),
        ("3 XI 1938", "1938-11-03"),
        ("7 pazdziernka 1950", "1950-10-07"),
        ("nie 12 maja tylko 21 maja 1971", "1971-05-21"),
        ("February 8th, 1966", "1966-02-08"),
        ("восьмого лютого тисяча дев'ятсот шістдесят шостого", "1966-02-08"),
    ],
)
def test_d12_dates_of_birth(text: str, day: str) -> None:
    """D12: a date of birth as it is written, said, or written down by a recogniser."""
    assert found(text, "date_of_birth")["date_of_birth"] == day


def _ordinal(number: int) -> str:
    """The genitive that Polish uses in dates, made by another library than the one under test."""
    return " ".join(
        word[:-1] + "ego" if word.endswith("y") else word + "go" if word.endswith("i") else word
        for word in num2words(number, lang="pl", to="ordinal").split()
    )


@given(st.dates(date(1930, 1, 1), date(2019, 12, 31)))
def test_d12_every_spoken_date_comes_back(day: date) -> None:
    """D12: day in words, month by name, year in cardinal words: any date is found again."""
    text = f"{_ordinal(day.day)} {MONTHS[day.month - 1]} {num2words(day.year, lang='pl')}"
    assert found(text, "date_of_birth").get("date_of_birth") == day.isoformat(), text


@given(
    st.dates(date(1920, 1, 1), date(2019, 12, 31)), st.sampled_from(["%d.%m.%Y", "%d %m %Y", "%d-%m-%Y", "%d%m %Y", "%d%m%Y", "%Y-%m-%d"])
)
def test_d12_every_written_date_comes_back(day: date, form: str) -> None:
    """D12: all usual ways to write a date of birth in figures."""
    assert found(day.strftime(form), "date_of_birth").get("date_of_birth") == day.isoformat()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("88-100", "88-100"), ("osiemdziesiąt osiem sto", "88-100"), ("88100", "88-100"), ("88 sto", "88-100"),
        ("zero zero dziewięćset pięćdziesiąt", "00-950"), ("osiem osiem jeden zero zero", "88-100"),
        ("dwadzieścia pięć myślnik zero jeden dwa", "25-012"), ("nie 88-100 tylko 88-150", "88-150"),
        ("osiemdziesiąt osiem jeden dwa zera", "88-100"),
    ],
)  # fmt: skip
def test_r29_postcodes(text: str, code: str) -> None:
    """R29: a postcode in digits or words."""
    assert found(text, "postcode") == {"postcode": code}


@given(st.integers(0, 99), st.integers(1, 999))
def test_r29_every_spoken_postcode_comes_back(area: int, office: int) -> None:
    """R29: said as two numbers, with the zeroes that belong before them."""

    def said(number: int, digits: int) -> str:
        zeroes = digits - len(str(number))
        return "zero " * zeroes + num2words(number, lang="pl")

    assert found(f"{said(area, 2)} {said(office, 3)}", "postcode").get("postcode") == f"{area:02}-{office:03}"


def test_d12_pesel_in_any_grouping_by_its_checksum() -> None:
    """D12: eleven digits however grouped or spoken; a wrong checksum is asked back and not passed on as a PESEL."""
    for text in (
        "44051401359",
        "44 05 14 01 359",
        "4 4 0 5 1 4 0 1 3 5 9",
        "mój pesel to 440514 01359",
        "czterdzieści cztery zero pięć czternaście zero jeden trzysta pięćdziesiąt dziewięć",
    ):
        assert found(text, "pesel") == {"pesel": "44051401359"}
    wrong = facts("44051401358", asked="pesel", today=TODAY)
    assert (wrong.entities, wrong.doubtful) == ({"pesel_invalid": "44051401358"}, True)


@given(st.integers(0, 10**11 - 1))
def test_d12_the_checksum_catches_every_single_wrong_digit(number: int) -> None:
    """D12: a PESEL with one digit changed is never valid."""
    digits = f"{number:011}"
    if pesel_valid(digits):
        for place in range(11):
            changed = digits[:place] + str((int(digits[place]) + 1) % 10) + digits[place + 1 :]
            assert not pesel_valid(changed)


@pytest.mark.parametrize(
    ("text", "code"),
    [("4321", "4321"), ("czterdzieści trzy dwadzieścia jeden", "4321"), ("cztery trzy dwa jeden", "4321"), ("kod to 0042", "0042"),
     ("zero zero cztery dwa", "0042"), ("tysiąc dwieście trzydzieści cztery", "1234")],
)  # fmt: skip
def test_d12_referral_codes(text: str, code: str) -> None:
    """D12: the four digits of a referral."""
    assert found(text, "referral_code") == {"referral_code": code}


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("w przyszły piątek po piętnastej", {"date": "2026-11-27", "weekday": 5, "hour": "15:00", "hour_from": "15:00"}),
        ("między 9 a 12", {"hour": ["09:00", "12:00"], "hour_from": "09:00", "hour_to": "12:00"}),
        ("rano", {"hour_to": "12:00"}),
        ("wpół do trzeciej", {"hour": "14:30"}),
        ("o dziesiątej trzydzieści", {"hour": "10:30"}),
        ("w poniedziałki i środy", {"weekday": [1, 3]}),
        ("od poniedziałku do środy", {"weekday": [1, 2, 3]}),
        ("w grudniu", {"date_from": "2026-12-01", "date_to": "2026-12-31"}),
        ("dwunastego grudnia", {"date": "2026-12-12"}),
        ("za dwa tygodnie", {"date": "2026-12-04"}),
        ("88-100, do 30 km", {"postcode": "88-100", "radius_km": 30}),
        ("у понеділок після п'ятнадцятої", {"date": "2026-11-23", "weekday": 1, "hour": "15:00", "hour_from": "15:00"}),
    ],
)
def test_r29_criteria(text: str, entities: dict[str, object]) -> None:
    """R29: days, hours, weekdays and places of a search, relative to Friday 20 November 2026."""
    given_by = found(text, "criteria")
    assert {key: given_by.get(key) for key in entities} == entities


@given(st.integers(0, 3000))
def test_r29_relative_days_count_from_today(offset: int) -> None:
    """R29: "jutro" and "pojutrze" move with the day, over months, years and leap days."""
    today = TODAY + timedelta(days=offset)
    assert facts("jutro", asked="criteria", today=today).entities["date"] == (today + timedelta(days=1)).isoformat()
    assert facts("pojutrze", asked="criteria", today=today).entities["date"] == (today + timedelta(days=2)).isoformat()


def test_greetings_are_no_hours() -> None:
    """R29: "dobry wieczór" is a greeting and "na 100 procent" a promise."""
    for text in ("dobry wieczór", "good morning", "będę na 100 procent", "po dwóch latach"):
        assert not {"hour", "hour_from", "hour_to"} & found(text, "reminder").keys()
