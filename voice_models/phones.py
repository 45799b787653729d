"""The sounds of Polish, as the acoustic model, the lexicon and the graph count them.

Everything that must agree between a trained network and a word graph is decided here and nowhere else: the
order of the network's outputs and the numbers of the Kaldi phones. Changing either makes every older model
unusable.

The network's outputs ("pdfs"): 0 is the CTC blank, then silence, then noise, then one output for each sound.
Kaldi phones: 1 is the blank between words, 2 the blank inside a word, 3 silence, 4 noise, 5 and 6 the same
inside a stretch of unknown speech, then four copies of each sound (beginning, end, inside, whole word), which
share an output so that word times can be told.
"""

from typing import Final

VOWELS: Final = ("a", "e", "i", "o", "u", "y")
CONSONANTS: Final = (
    *("p", "b", "t", "d", "k", "g", "f", "v", "s", "z", "sz", "rz", "si", "zi", "h"),
    *(
        "c",
        "dz",
        "cz",
        "drz",
        "ci",
        "dzi",
        "m",
        "n",
        "ni",
        "l",
        "r",
        "w",
        "j",
        "wn",
    ),  # wn: the nasal glide of "są"
)
PHONES: Final = VOWELS + CONSONANTS

BLANK, SILENCE, NOISE = 0, 1, 2
OUTPUT: Final[dict[str, int]] = {phone: index + 3 for index, phone in enumerate(PHONES)}
OUTPUTS: Final = len(PHONES) + 3

POSITIONS: Final = "BEIS"
BETWEEN, INSIDE, SILENT, NOISY, SILENT_INSIDE, NOISY_INSIDE = 1, 2, 3, 4, 5, 6
WORDLESS: Final = (BETWEEN, INSIDE, SILENT, NOISY, SILENT_INSIDE, NOISY_INSIDE)
"""Kaldi phones that are no sound of a word: after enough of them, Vosk thinks that the caller has finished."""

KALDI_PHONE: Final[dict[tuple[str, str], int]] = {
    (phone, position): len(WORDLESS) + 1 + 4 * index + offset
    for index, phone in enumerate(PHONES)
    for offset, position in enumerate(POSITIONS)
}
KALDI_OUTPUT: Final[tuple[int, ...]] = (
    *(BLANK, BLANK, SILENCE, NOISE, SILENCE, NOISE),
    *(OUTPUT[phone] for phone in PHONES for _ in POSITIONS),
)
"""Output of Kaldi phone k, at index k - 1."""
