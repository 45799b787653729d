"""Recorded and synthetic clips as one list, and which voices a model may learn from.

A corpus folder holds `corpus.tsv` (file, text, voice, rate, pitch, seconds) and 16 kHz clips. Voices are
split once and for all: a voice in DEVELOPMENT or TEST is never trained on, whatever it says.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from voice_models.training.libraries import soundfile

Part = Literal["training", "development", "test"]

DEVELOPMENT: Final = frozenset(("es:pl+Alicia", "es:pl+m5", "es:pl+f5", "es:pl+edward2", "es:pl+klatt3"))
TEST: Final = frozenset(
    (
        "rh:alicja",
        "es:pl+Annie",
        "es:pl+Michael",
        "es:pl+f4",
        "es:pl+m7",
        "es:pl+marcelo",
        "es:pl+victor",
        "es:pl+klatt2",
    )
)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording: its file, its words (normalised), and who speaks, as `rh:name` or `es:variant`."""

    path: Path
    text: str
    voice: str

    def samples(self) -> Any:
        """Floats within ±1 at 16 kHz."""
        return soundfile.read(self.path, dtype="float32")[0]


def part_of(voice: str) -> Part:
    """Which part a voice belongs to; an unknown voice may be trained on."""
    if voice in TEST:
        return "test"
    return "development" if voice in DEVELOPMENT else "training"


def clips(folders: list[Path], part: Part) -> list[Clip]:
    """The clips of these corpus folders whose voices are in the part, in file order."""
    return [clip for folder in folders for clip in _listed(folder) if part_of(clip.voice) == part]


def _listed(folder: Path) -> list[Clip]:
    with (folder / "corpus.tsv").open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t")
        return [Clip(folder / row["file"], row["text"], row["voice"]) for row in rows]
