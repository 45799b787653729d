"""The word tree against a naive reading of CTC: collapse what was heard, look it up in the dictionary."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from voice_models.g2p import pronunciations
from voice_models.phones import BETWEEN, INSIDE, KALDI_OUTPUT, KALDI_PHONE, OUTPUT, SILENT
from voice_models.training.word_tree import UNKNOWN, Garbage, entered, held, word_tree

WORDS = ("tak", "nie", "taka", "może", "morze", "anna", "ta", "a", "i")
LEXICON: dict[tuple[str, ...], list[int]] = {}
for number, word in enumerate(WORDS, start=UNKNOWN + 1):
    for said in pronunciations(word):
        LEXICON.setdefault(said, []).append(number)


class Walker:
    """Follows the transducer's arcs: outputs of the network in, word sequences out."""

    def __init__(self, lines: list[str]) -> None:
        self.arcs: dict[int, list[tuple[int, int, int, float]]] = {}
        self.finals = set()
        for line in lines:
            parts = line.split()
            if len(parts) == 1:
                self.finals.add(int(parts[0]))
            else:
                price = float(parts[4]) if len(parts) > 4 else 0.0
                row = (int(parts[1]), int(parts[2]), int(parts[3]), price)
                self.arcs.setdefault(int(parts[0]), []).append(row)

    def read(self, frames: list[int]) -> set[tuple[int, ...]]:
        """Every word sequence that ends well on these frames of network outputs."""
        at = self._rest({(0, ())})
        for output in frames:
            heard = {
                (target, (*words, word) if word else words)
                for state, words in at
                for target, transition, word, _ in self.arcs.get(state, ())
                if transition and KALDI_OUTPUT[(transition - 1) // 2] == output
            }
            at = self._rest(heard)
        return {words for state, words in at if state in self.finals}

    def _rest(self, at: set[tuple[int, tuple[int, ...]]]) -> set[tuple[int, tuple[int, ...]]]:
        found, edge = set(at), list(at)
        while edge:
            state, words = edge.pop()
            for target, transition, word, _ in self.arcs.get(state, ()):
                item = (target, (*words, word) if word else words)
                if not transition and item not in found:
                    found.add(item)
                    edge.append(item)
        return found


WALKER = Walker(word_tree(LEXICON, Garbage()))
KNOWN = {tuple(OUTPUT[sound] for sound in said): ids for said, ids in LEXICON.items()}


def without_unknown(sequences: set[tuple[int, ...]]) -> set[tuple[int, ...]]:
    return {words for words in sequences if UNKNOWN not in words}


def naive(frames: list[int]) -> set[tuple[int, ...]]:
    """Cut the frames into pauses and words in every way; a word is a stretch that collapses to a pronunciation.

    A sound held across the border of two words may belong to both, as in "zero osiem".
    """
    readings: list[set[tuple[int, ...]]] = [{()}]
    for end in range(1, len(frames) + 1):
        readings.append(set(readings[-1]) if frames[end - 1] in (0, 1, 2) else set())
        for start in range(end):
            stretch = frames[start:end]
            sounds = tuple(output for output, _ in itertools.groupby(stretch) if output)
            if stretch[0] and stretch[-1]:
                readings[end] |= {(*before, word) for word in KNOWN.get(sounds, ()) for before in readings[start]}
    return readings[-1]


@st.composite
def heard(draw: st.DrawFn) -> list[int]:
    """Frames of some words: each sound held for a while, blanks where CTC wants them and by chance, silences between."""
    frames: list[int] = []
    for said in draw(st.lists(st.sampled_from(sorted(LEXICON)), min_size=1, max_size=3)):
        frames += draw(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=2))
        for before, sound in zip((None, *said), said, strict=False):
            frames += [0] * draw(st.integers(1 if sound == before else 0, 2))
            frames += [OUTPUT[sound]] * draw(st.integers(1, 3))
    return frames


@settings(max_examples=60, deadline=None)
@given(heard())
def test_reads_what_a_naive_reader_reads(frames: list[int]) -> None:
    assert without_unknown(WALKER.read(frames)) == naive(frames)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, *OUTPUT.values()]), min_size=1, max_size=10))
def test_anything_can_be_unknown(frames: list[int]) -> None:
    """Noise and other speech have a reading of their own, and [unk] never follows itself."""
    read = WALKER.read(frames)
    assert any(set(words) <= {UNKNOWN} for words in read)
    assert not [words for words in read if (UNKNOWN, UNKNOWN) in itertools.pairwise(words)]


def test_unknown_has_its_price() -> None:
    prices = [price for rows in WALKER.arcs.values() for _, _, _, price in rows if price]
    assert set(prices) == {1.8, 2.8}


def test_transitions_as_kaldi_numbers_them() -> None:
    """Phone k owns 2k - 1 (stay) and 2k (enter); every position of a sound shares its output."""
    assert (entered(BETWEEN), held(BETWEEN)) == (2, 1)
    assert {KALDI_OUTPUT[phone - 1] for phone in (BETWEEN, INSIDE)} == {0}
    assert KALDI_OUTPUT[SILENT - 1] == 1
    for (sound, _), phone in KALDI_PHONE.items():
        assert KALDI_OUTPUT[phone - 1] == OUTPUT[sound]
