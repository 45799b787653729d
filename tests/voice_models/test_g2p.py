"""Spelling to sound: voicing, nasals, palatals, loan words, abbreviations, and the ways people differ."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_models.g2p import VOICED, VOICELESS, normalize, phones, pronounce, pronunciations
from voice_models.phones import PHONES

CAREFUL = {
    # plain
    "tak": "t a k",
    "nie": "ni e",
    "odwołuję": "o d v o w u j e",
    # final devoicing, and voicing that runs leftwards
    "chleb": "h l e p",
    "mróz": "m r u s",
    "mózg": "m u s k",
    "wtorek": "f t o r e k",
    "liczba": "l i drz b a",
    "prośba": "p r o zi b a",
    "także": "t a g rz e",
    "odprawa": "o t p r a v a",
    "bezpieczny": "b e s p j e cz n y",
    # w and rz follow the voiceless sound before them
    "kwiat": "k f j a t",
    "twój": "t f u j",
    "krzak": "k sz a k",
    "trzy": "t sz y",
    "świętokrzyskie": "si f j e n t o k sz y s k j e",
    "brzeg": "b rz e k",
    "rozwód": "r o z v u t",
    # nasal vowels by what follows
    "ząb": "z o m p",
    "kąt": "k o n t",
    "pięć": "p j e ni ci",
    "węch": "v e wn h",
    "są": "s o wn",
    "się": "si e",
    "wzięła": "v zi e w a",
    "będzie": "b e ni dzi e",
    # palatal letters
    "dzień": "dzi e ni",
    "siwy": "si i v y",
    "ciasto": "ci a s t o",
    "ziemia": "zi e m j a",
    "dziadek": "dzi a d e k",
    "maria": "m a r j a",
    # digraphs that a prefix or a stem takes apart
    "odzyskać": "o d z y s k a ci",
    "podziemny": "p o d zi e m n y",
    "podział": "p o dzi a w",
    "marznąć": "m a r z n o ni ci",
    "zamarzyć": "z a m a rz y ci",
    # au, eu
    "auto": "a w t o",
    "europa": "e w r o p a",
    "nauka": "n a u k a",
    "zaufać": "z a u f a ci",
    "muzeum": "m u z e u m",
    # ł that falls silent
    "jabłko": "j a p k o",
    "mógł": "m u k",
    "szedł": "sz e t",
    # loan words, letters, abbreviations
    "weekend": "w i k e n t",
    "mammografia": "m a m o g r a f j a",
    "sms": "e s e m e s",
    "rtg": "e r t e g j e",
    "dr": "d o k t o r",
    "w": "f",
    "b": "b e",
}


@pytest.mark.parametrize(("word", "said"), CAREFUL.items())
def test_careful_reading(word: str, said: str) -> None:
    assert " ".join(pronounce(word)) == said


@pytest.mark.parametrize(
    ("word", "also"),
    [
        ("są", "s o m"),
        ("trzy", "cz sz y"),
        ("lekki", "l e k i"),
        ("sześćset", "sz e j s e t"),
        ("pięćdziesiąt", "p j e ni dzi e si o n t"),
        ("pierwszy", "p j e r sz y"),
        ("wszystko", "f sz y s k o"),
    ],
)
def test_people_differ(word: str, also: str) -> None:
    ways = [" ".join(said) for said in pronunciations(word)]
    assert ways[0] == " ".join(pronounce(word))
    assert also in ways


def test_nothing_to_say() -> None:
    assert pronounce("123") == ()
    assert pronunciations("—") == ()


def test_normalize_keeps_words_only() -> None:
    assert normalize("Odwołuję, (proszę)  e-skierowanie 12!") == "odwołuję proszę e skierowanie"
    assert phones("tak, nie") == ("t", "a", "k", "ni", "e")


POLISH = st.text(alphabet="aąbcćdeęfghijklłmnńoóprsśtuwyzźż", min_size=1, max_size=14)
SINGLE_VOICED = frozenset(VOICELESS) - {"v"}
VOICELESS_SOUNDS = frozenset(VOICED) | {"h"}


@given(POLISH)
def test_every_spelling_gives_known_sounds(word: str) -> None:
    for said in pronunciations(word):
        assert set(said) <= set(PHONES)


@given(POLISH)
def test_no_word_ends_voiced(word: str) -> None:
    said = pronounce(word)
    assert not said or said[-1] not in VOICELESS


@given(POLISH)
def test_neighbours_agree_in_voice(word: str) -> None:
    """A voiced obstruent never stands before a voiceless one."""
    said = pronounce(word)
    assert not [pair for pair in pairwise(said) if pair[0] in VOICELESS and pair[1] in VOICELESS_SOUNDS]
