"""How sure a reading is: rejection, on results shaped as Vosk gives them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_models.confidence import Alternative, Calibration, alternatives_of, evidence

CURVE = Calibration((-6.0, 1.0, 1.0, -0.5, 0.0), furthest=6.0, believe=0.9)


def result(*readings: tuple[str, float]) -> dict[str, object]:
    return {"alternatives": [{"text": text, "confidence": score} for text, score in readings]}


def test_a_clear_lead_is_surer_than_a_narrow_one() -> None:
    clear = CURVE.reading(result(("tak", -4.0), ("[unk]", -11.0)))
    narrow = CURVE.reading(result(("tak", -4.0), ("[unk]", -4.5)))
    assert clear.text == narrow.text == "tak"
    assert clear.confidence > 0.9 > narrow.confidence


def test_a_competitor_beyond_the_beam_counts_as_the_beam() -> None:
    beyond = CURVE.reading(result(("tak", -4.0), ("nie", -90.0)))
    alone = CURVE.reading(result(("tak", -4.0)))
    assert beyond.confidence == alone.confidence


@pytest.mark.parametrize("text", ["[unk]", "[unk] nie", "tak [unk]"])
def test_anything_with_unknown_speech_is_rejected(text: str) -> None:
    """R102, D7: "nie" inside other speech is no "nie"."""
    heard = CURVE.reading(json.dumps(result((text, -9.0), ("nie", -9.1))))
    assert heard.rejected
    assert heard.confidence == 0.0


def test_silence_is_nothing_and_no_rejection() -> None:
    heard = CURVE.reading(result(("", -1.2)))
    assert (heard.text, heard.confidence, heard.rejected) == ("", 0.0, False)
    assert not CURVE.reading({}).text


def test_a_repeated_reading_is_no_competitor() -> None:
    """Vosk may give one text twice, from two pronunciations."""
    assert alternatives_of(result(("trzy", -4.0), ("trzy ", -4.1), ("tak", -9.0))) == [
        Alternative("trzy", -4.0),
        Alternative("tak", -9.0),
    ]


@given(st.floats(0, 30), st.floats(0, 30), st.floats(0.1, 40))
def test_probability_grows_with_the_lead(first: float, second: float, cost: float) -> None:
    def sure(lead: float) -> float:
        found = evidence([Alternative("tak", -cost), Alternative("nie", -cost - lead)], CURVE.furthest)
        return CURVE.probability(found)

    low, high = sorted((first, second))
    assert 0.0 <= sure(low) <= sure(high) <= 1.0


def test_a_swallowed_small_word_is_restored() -> None:
    heard = result(("środę", -13.9), ("w środę", -14.3), ("[unk]", -20.0))
    assert CURVE.reading(heard, ["w środę", "w sobotę"]).text == "w środę"
    assert CURVE.reading(heard, ["w sobotę"]).text == "środę"
    assert CURVE.reading(heard).text == "środę"


def test_a_crackle_before_an_answer_is_no_competitor() -> None:
    """A "tak" beside its own "z tak" was believed at 0.16, asked four times and handed over."""
    heard = result(("tak", -4.0), ("z tak", -4.1), ("nie", -12.0))
    assert CURVE.reading(heard, ["tak", "nie"]) == CURVE.reading(result(("tak", -4.0), ("nie", -12.0)), ["tak", "nie"])
    rival = CURVE.reading(result(("tak", -4.0), ("nie tak", -4.1), ("nie", -12.0)), ["tak", "nie"])
    assert rival.confidence < CURVE.reading(heard, ["tak", "nie"]).confidence
    assert CURVE.reading(result(("z tak", -4.0), ("tak", -4.1)), ["tak", "nie"]).text == "z tak"


@pytest.mark.parametrize(
    "readings",
    [
        (("nie odwołuję", -14.0), ("odwołuję", -14.1)),
        (("środę", -13.9), ("w środę", -16.4)),
        (("nie", -4.0), ("nie odwołuj", -4.1)),
    ],
)
def test_nothing_heard_is_ever_dropped(readings: tuple[tuple[str, float], ...]) -> None:
    """R102, D7: "nie odwołuję" must not become "odwołuję"; an expected answer, or a far one, is left alone."""
    assert CURVE.reading(result(*readings), ["nie", "odwołuję", "w środę"]).text == readings[0][0]
