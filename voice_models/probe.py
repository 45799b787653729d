"""Whether a model hears on this machine: a few recorded words that any Polish model must name.

A network that does not fit its graph, or matrix routines that compute wrongly on this processor, give garbage without an error. A service
that went on with such ears would ask old people to repeat themselves, call after call; one that knows goes on with keys and says so.
"""

import wave
from pathlib import Path
from typing import Any, Final

from voice_models.hearing import listen

PROBES: Final = Path(__file__).parent / "probes"
"""By language a folder of WAV files (16 bits, 8 kHz), each named by the word spoken in it, by espeak-ng."""


def misheard(loaded: Any, language: str) -> list[str]:
    """Words of this language's probe that a loaded Vosk model hears as others, each as `tak: nie`; none where there is no probe.

    Takes about 20 ms a word.
    """
    clips = sorted((PROBES / language).glob("*.wav"))
    words = [clip.stem for clip in clips]
    heard = {clip.stem: listen(loaded, _samples(clip), words).text for clip in clips}
    return [f"{word}: {text or '-'}" for word, text in heard.items() if text != word]


def _samples(clip: Path) -> bytes:
    with wave.open(str(clip), "rb") as recording:
        return recording.readframes(recording.getnframes())
