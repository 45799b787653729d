"""Long Polish names made short, always in the same way (D9, R101)."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.wording import shorten
from tests.dialogs.wording.polish_places import CITIES, CLINICS, STREETS


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Samodzielny Publiczny Zakład Opieki Zdrowotnej w Łęcznej", "SPZOZ w Łęcznej"),
        ("Samodzielny Publiczny Zespół Opieki Zdrowotnej", "SPZOZ"),
        ("Niepubliczny Zakład Opieki Zdrowotnej „Medyk” Spółka z ograniczoną odpowiedzialnością", "NZOZ Medyk"),
        ("Wojewódzki Szpital Specjalistyczny nr 3", "Woj. Szpital Spec. nr 3"),
        ("Uniwersyteckie Centrum Kliniczne", "UCK"),
        ("Przychodnia Podstawowej Opieki Zdrowotnej numer 2", "Przych. POZ nr 2"),
        ("Centrum Medyczne „Sanus” sp. z o.o.", "CM Sanus"),
    ],
)
def test_well_known_abbreviations_d9(name: str, short: str) -> None:
    """D9: as they stand on the clinic's door."""
    assert shorten.clinic(name) == short


@pytest.mark.parametrize(
    ("street", "second"),
    [
        ("ulica Generała Józefa Hallera 123A lokal 45", "ul. Hallera 123A lok. 45"),
        ("ul. Jana Pawła II 12", "ul. Jana Pawła II 12"),
        ("ul. Marii Skłodowskiej-Curie 3", "ul. Skłodowskiej-Curie 3"),
        ("ul. św. Jana Bożego 3", "ul. św. Jana Bożego 3"),
        ("ul. ks. prof. Józefa Tischnera 8", "ul. Tischnera 8"),
        ("ul. Armii Krajowej 5", "ul. Armii Krajowej 5"),
        ("al. 3 Maja 1", "al. 3 Maja 1"),
        ("ul. Dr. Jana Jonstona 7", "ul. Jonstona 7"),
    ],
)
def test_streets_lose_ranks_and_first_names_only_where_a_surname_stays_d9(street: str, second: str) -> None:
    """D9: what is left is still what the street sign says."""
    assert shorten.street_forms(street)[1] == second


@pytest.mark.parametrize("street", STREETS)
def test_the_house_number_and_the_town_are_never_lost_d9(street: str) -> None:
    """D9: in the least room a notice leaves, the house number stands whole and the town begins as it should."""
    number = street.split(" lok.", maxsplit=1)[0].split(" m.", maxsplit=1)[0].rsplit(maxsplit=1)[-1]
    for city, room in product(CITIES, (33, 44, 60, 90)):
        short = shorten.address(street, city, room)
        assert len(short) <= room
        assert re.search(rf"(?:^| ){re.escape(number)}(?:,| lok\.| m\.)", short)
        assert short.split(", ")[-1].startswith(city.split("-")[0].split(" ")[0])


@given(st.sampled_from(CLINICS), st.sampled_from(STREETS), st.sampled_from(CITIES), st.integers(30, 200))
def test_a_place_fits_its_room_and_is_cut_between_words_d9(name: str, street: str, city: str, room: int) -> None:
    """D9: never longer than the room, never ending in the middle of a word or in a lost preposition."""
    short = shorten.place(name, street, city, room)
    assert len(short) <= room
    assert not short.endswith((" w", " im.", ",", "-", " ul."))
    assert shorten.place(name, street, city, room) == short


@given(st.sampled_from(CLINICS), st.sampled_from(STREETS), st.sampled_from(CITIES), st.integers(30, 120))
def test_more_room_never_shows_less_of_the_address_d9(name: str, street: str, city: str, room: int) -> None:
    """D9: with all the room there is, nothing is cut at all."""
    whole = shorten.place(name, street, city, 10_000)
    assert whole == f"{shorten.clinic(name)}, {shorten.street_forms(street)[0]}, {city}"
    assert len(shorten.place(name, street, city, room)) <= len(whole)
