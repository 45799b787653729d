"""Numbers, names and PESEL are hidden in whatever people write (X33, X34); dates, hours and the clinic's telephone stay."""

import re

import phonenumbers
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from channels.operators import masking

NAMES = ("Anna", "Kowalska-Zięba", "Łukasz", "Ewa")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+48601200301", "+48 ··· ··· 301"), ("+380501234567", "+380 ··· ··· 567"), ("anna@poczta.pl", "a···@···"),
        ("chat-9f31", "··· f31"), ("+0", "··· +0"),
    ],
)  # fmt: skip
def test_addresses(value: str, shown: str) -> None:
    assert masking.address(value) == shown


@settings(deadline=None)  # the first one reads the countries
@given(st.from_regex(r"\+[0-9]{0,17}", fullmatch=True))
def test_a_country_is_read_as_the_whole_number_would_be(value: str) -> None:
    try:
        expected = f"+{phonenumbers.parse(value).country_code} ··· ···"
    except phonenumbers.NumberParseException:
        expected = "···"
    assert masking.address(value) == f"{expected} {value[-3:]}"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("mój PESEL 44020861983", "mój PESEL ···"),
        ("pesel 440208 61983", "pesel ···"),
        ("pesel 44.02.08.61983", "pesel ···"),
        ("44-02-08-61983", "···"),
        ("dzwonić +48 601 200 301!", "dzwonić ··· 301!"),
        ("601-200-301 albo (52) 357 01 02", "··· 301 albo ··· 102"),
        ("601.200.301", "··· 301"),
        ("urodziny 8.02.1944, tel. 601200301", "urodziny 8.02.1944, tel. ··· 301"),
        ("44-02 08 61983", "···"),
        ("355-12-12", "··· 212"),
        ("jan.kowalski+x@poczta.com.pl", "j···@···"),
        ("wizyta 25.11.2026 10:20", "wizyta 25.11.2026 10:20"),
        ("śr 25.11 godz. 10.20, 88-100 Inowrocław", "śr 25.11 godz. 10.20, 88-100 Inowrocław"),
        ("2026-11-25 o 10", "2026-11-25 o 10"),
        ("tel. 52 357 01 01", "tel. 52 357 01 01"),
        ("Annie Kowalskiej nie pasuje, Łukaszowi też", "A··· K··· nie pasuje, Ł··· też"),
        ("pani Zięby, KOWALSKA-ZIĘBA, lukasz", "pani Z···, K···-Z···, l···"),
        ("Ewo, nie ewentualnie", "E···, nie ewentualnie"),
        ("Nazywam się nowak", "Nazywam się n···"),
        ("Tu Piotr Nowak-Lis, nie przyjdę", "Tu P··· N···-L···, nie przyjdę"),
        ("JESTEM CHORA", "JESTEM CHORA"),
        ("jestem w szpitalu. Tu automat", "jestem w szpitalu. Tu automat"),
    ],
)  # fmt: skip
def test_texts(written: str, shown: str) -> None:
    assert masking.text(written, names=NAMES, public=["+48523570101"]) == shown


def test_identifiers_of_any_system_are_hidden() -> None:
    """X35: people without a PESEL have other numbers."""
    assert masking.text("paszport ab123 ok", identifiers=["AB123"]) == "paszport ··· ok"


def test_entities_that_identify_are_never_shown() -> None:
    found = {"pesel": "44020861983", "date_of_birth": "1944-02-08", "referral_code": "1234", "date": "2026-11-25", "weekdays": [1, 3]}
    assert masking.entities(found) == {
        "pesel": None, "date_of_birth": None, "referral_code": None, "date": "2026-11-25", "weekdays": "1, 3",
    }  # fmt: skip


SEPARATORS = st.sampled_from(["", " ", "-", ".", "/", "  ", " - "])


# A busy machine may take a second for the first draw; that says nothing about masking.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 9), min_size=9, max_size=14), st.data(), st.sampled_from(["", "tel. ", "tel:", "Nr "]))
def test_no_run_of_nine_digits_survives_whatever_stands_between(digits: list[int], data: st.DataObject, before: str) -> None:
    """Whatever the grouping, no more than the end of a number stays readable (a day followed by an hour is no number)."""
    written = str(digits[0]) + "".join(data.draw(SEPARATORS) + str(digit) for digit in digits[1:])
    assume(not re.search(f"{masking._DATE}|{masking._ISO_DATE}", written))
    shown = masking.text(before + written)
    assert "".join(letter for letter in shown if letter.isdigit()) != "".join(map(str, digits))
