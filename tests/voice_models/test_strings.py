"""Numbers in groups are joined with pauses from clips of one voice, and the network is told where the silences are (R112)."""

from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="the training extra is not installed")
soundfile = pytest.importorskip("soundfile", reason="the training extra is not installed")
for _library in ("torch", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.g2p import phones  # noqa: E402
from voice_models.phones import OUTPUT, SILENCE  # noqa: E402
from voice_models.training.clips import Clip  # noqa: E402
from voice_models.training.corpus_features import make_copy, read_copy, target  # noqa: E402
from voice_models.training.strings import HEARD_AS_SILENCE, LONGEST, Strings, is_group, joined  # noqa: E402

RATE = 16000
TEXTS = {"es:pl+m1": ("osiem dwa", "zero jeden", "trzy"), "es:pl+f1": ("sto dwa", "pięć", "tak"), "es:pl+f2": ("cztery", "nie")}


@pytest.fixture
def spoken(tmp_path: Path) -> list[Clip]:
    """A second of tone for each text, as long as a voice would take: what is said does not matter here."""
    made = []
    for voice, texts in TEXTS.items():
        for text in texts:
            path = tmp_path / f"{voice[3:]}-{text}.flac"
            soundfile.write(path, 0.5 * np.sin(np.arange(RATE) / 5), RATE)
            made.append(Clip(path, text, voice))
    return made


def test_groups_are_number_words_only() -> None:
    assert [text for text in ("osiem dwa", "dwieście trzydzieści", "zero", "kreska", "tak", "dwa razy", "") if is_group(text)] == [
        "osiem dwa", "dwieście trzydzieści", "zero", "kreska",
    ]  # fmt: skip


def test_a_pause_parts_groups_and_a_short_one_does_not(spoken: list[Clip]) -> None:
    string = joined(spoken[:3], [0.5, HEARD_AS_SILENCE / 2])
    assert string.groups == ("osiem dwa", "zero jeden trzy")
    assert len(string.samples) == pytest.approx(3.5 * RATE + HEARD_AS_SILENCE / 2 * RATE, abs=2)
    assert not string.samples[RATE : RATE + RATE // 2].any()


def test_strings_are_of_one_voice_and_no_longer_than_people_say(spoken: list[Clip]) -> None:
    """A voice with one group only ("cztery") has nothing to be joined with."""
    strings, draw = Strings(spoken), np.random.default_rng(1)
    voices = [{"osiem", "dwa", "zero", "jeden", "trzy"}, {"sto", "dwa", "pięć"}]
    for _ in range(200):
        said = " ".join(strings.drawn(draw).groups).split()
        assert len(said) <= LONGEST
        assert any(voice.issuperset(said) for voice in voices)


def test_the_network_is_told_of_the_silences_between_groups() -> None:
    first, second = ([OUTPUT[sound] for sound in phones(text)] for text in ("osiem dwa", "trzy"))
    assert target("osiem dwa", "trzy") == [SILENCE, *first, SILENCE, *second, SILENCE]
    assert target("osiem dwa") == [SILENCE, *first, SILENCE]
    assert target("") == [SILENCE]


def test_a_copy_holds_the_strings_beside_the_clips(spoken: list[Clip], tmp_path: Path) -> None:
    without = read_copy(make_copy(spoken, 0, tmp_path / "without"))
    copy = read_copy(make_copy(spoken, 0, tmp_path / "with", strings=0.5))
    assert len(copy) == len(without) + len(spoken) // 2
    assert all((copy[at].outputs == without[at].outputs).all() for at in range(len(without))), "the clips' own calls do not change"
    assert all((example.outputs == SILENCE).sum() >= 2 for example in copy[len(without) :])


def test_no_clips_to_join_is_no_fault(spoken: list[Clip], tmp_path: Path) -> None:
    alone = [clip for clip in spoken if clip.text in ("tak", "cztery")]
    assert not Strings(alone).any
    assert len(read_copy(make_copy(alone, 0, tmp_path / "copy", strings=1.0))) == len(alone)
