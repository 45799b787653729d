"""The judge is judged: intervals against known values, homophones, calibration on outcomes whose truth is known."""

import random

import pytest

np = pytest.importorskip("numpy", reason="the training extra is not installed")
for _library in ("torch", "soundfile", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.confidence import Alternative  # noqa: E402
from voice_models.training.calibrate import calibrate  # noqa: E402
from voice_models.training.clips import DEVELOPMENT, TEST, part_of  # noqa: E402
from voice_models.training.evaluate import Judged, Outcome, interval, sounds  # noqa: E402
from voice_models.training.report import Share, promises, spread, table  # noqa: E402

DESTRUCTIVE = frozenset({"nie"})


def outcome(said: str | None, *alternatives: tuple[str, float], question: str = "tak_nie") -> Outcome:
    found = tuple(Alternative(text, score) for text, score in alternatives)
    return Outcome(question, said, said or "pogoda", "es:pl+m7", found, DESTRUCTIVE)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(10, 10, 0.722, 1.0), (95, 100, 0.888, 0.978), (0, 200, 0.0, 0.019), (0, 0, 0.0, 1.0)],
)
def test_wilson_interval(hits: int, count: int, low: float, high: float) -> None:
    found = interval(hits, count)
    assert (round(found[0], 3), round(found[1], 3)) == (low, high)


def test_homophones_are_no_error_of_an_ear() -> None:
    assert outcome("może", ("morze", -3.0)).right
    assert not outcome("tak", ("nie", -3.0)).right
    assert sounds("rzeka żaba") != sounds("rzeka")


def test_anything_unknown_is_no_reading() -> None:
    assert outcome(None, ("[unk] nie", -3.0)).right
    assert not outcome(None, ("nie", -3.0)).right
    assert not outcome("tak", ("[unk]", -3.0)).right


def test_no_voice_is_in_two_parts() -> None:
    assert not DEVELOPMENT & TEST
    assert {part_of(voice) for voice in TEST} == {"test"}
    assert (part_of("rh:magda"), part_of("es:pl+m1"), part_of("rh:alicja")) == ("training", "training", "test")


def simulated(count: int, seed: int) -> list[Outcome]:
    """Readings that are right with a chance known from their lead over unknown speech."""
    draw = random.Random(seed)
    outcomes = []
    for _ in range(count):
        lead = draw.uniform(0, 6)
        right = draw.random() < 1 / (1 + np.exp(-2 * (lead - 2)))
        outcomes.append(outcome("tak" if right else None, ("tak", -9.0), ("[unk]", -9.0 - lead)))
    return outcomes


def test_of_readings_called_sure_enough_are_right() -> None:
    """Of readings given at >= 0.95, >= 95% are right, on outcomes that the curve was not fitted on."""
    curve = calibrate(simulated(1500, 1), furthest=6.0)
    sure = [one for one in simulated(3000, 2) if one.confidence(curve) >= 0.95]
    assert len(sure) > 500
    assert sum(one.said is not None for one in sure) / len(sure) >= 0.95


def test_a_destructive_answer_is_believed_only_above_what_noise_reached() -> None:
    """R102, D7: no more than 0.5% of non-answers may be taken for one."""
    noise = [outcome(None, ("nie", -20.0), ("[unk]", -20.0 - lead / 100)) for lead in range(200)]
    clear = [outcome("nie", ("nie", -4.0), ("[unk]", -12.0)) for _ in range(200)]
    curve = calibrate([*noise, *clear], furthest=6.0)
    assert sum(one.confidence(curve) >= curve.believe for one in noise) <= 1
    assert all(one.confidence(curve) >= curve.believe for one in clear)


def test_promises_count_what_they_say() -> None:
    judged = Judged("ours")
    judged.outcomes += [outcome("tak", ("tak", -4.0)), outcome("nie", ("", 0.0)), outcome(None, ("nie", -6.0))]
    judged.outcomes += [outcome("jeden dwa", ("jeden trzy", -9.0), question="pesel_digits")]
    found = promises(judged, None)
    assert found["expected answers right"] == Share(1, 2)
    assert found["11 digits whole"] == Share(0, 1)
    assert found["words right"] == Share(2, 4)
    assert found["tak, nie rejected"] == Share(1, 2)
    assert found["non-answers taken for a destructive answer"] == Share(1, 1)
    assert "| tak_nie | 1/2 = 50.0% (9.5-90.5) |" in table([judged], None)


def test_spread_in_milliseconds() -> None:
    assert spread([at / 1000 for at in range(1, 101)]).startswith("p50 50 ms, p95 9")
