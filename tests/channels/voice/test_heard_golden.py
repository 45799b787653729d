"""Issue 5: what the ears report of scripted callers, as a golden list: words exactly, times within three frames.

`heard.golden` is written anew by `python -m tests.channels.voice.test_heard_golden`.
"""

import asyncio
from pathlib import Path

from channels.voice.listening import build_ears
from channels.voice.ports import FRAME_BYTES, Onset
from dialogs.understanding.reading import Asked
from tests.channels.voice.callers import caller
from voice_models.catalogue import models_in

GOLDEN = Path(__file__).with_name("heard.golden")
TOLERANCE_MS = 60
SCRIPTS: tuple[tuple[str, Asked, bool, tuple[str | int, ...], float], ...] = (
    ("pl+m7", "reminder", False, ("tak",), 25),
    ("pl+f4", "reminder", False, ("nie", 900, "odwołuję wizytę"), 25),
    ("pl+Annie", "yes_no", False, ("tak odwołuję",), 15),
    ("pl+m7", "reminder", True, ("odwołuję",), 25),
    ("pl+f4", "reminder", True, ("słucham",), 25),
    ("pl+Annie", "date_of_birth", False, ("dwunastego", 600, "maja", 600, "tysiąc dziewięćset czterdziestego piątego"), 25),
    ("pl+m7", "pesel", False, ("cztery cztery zero pięć jeden", 700, "cztery zero jeden trzy pięć dziewięć"), 20),
    ("pl+f4", "which_visit", False, ("druga",), 12),
    ("pl+m7", "yes_no", False, ("kto tam dzwoni do drzwi",), 25),
    ("pl+m7", "yes_no", False, (2500,), 25),
)


def heard() -> list[list[str]]:
    """Each script's events: kind, milliseconds after speech began (onset) or ended (answer), and the best words."""
    ears = build_ears(models_in(None), threads=1)

    async def call(asked: Asked, over: bool, audio: bytes) -> list[object]:
        listener = ears.listener()
        listener.expect(asked, language="pl")
        listener.speaking(over)
        return [event for at in range(0, len(audio), FRAME_BYTES) for event in await listener.hear(audio[at : at + FRAME_BYTES])]

    found = []
    for voice, asked, over, script, noise in SCRIPTS:
        recorded = caller(script, voice=voice, noise_db=noise)
        lines = []
        for event in asyncio.run(call(asked, over, recorded.audio)):
            if isinstance(event, Onset):
                began = max((start for start, _ in recorded.spoken if start <= event.at_ms), default=0)
                lines.append(f"onset {event.at_ms - began}")
            else:
                ended = max((end for _, end in recorded.spoken if end <= event.at_ms), default=0)
                best = event.guesses[0] if event.guesses else None
                lines.append(f"answer {event.at_ms - ended} {'-' if best is None or best.rejected else best.text}")
        found.append([f"{asked}{' over the bot' if over else ''}: {' '.join(map(str, script))}", *lines])
    ears.close()
    return found


def test_what_is_heard_is_what_was_heard() -> None:
    heard_now = heard()
    written = [block.splitlines() for block in GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")]
    assert [list(map(_without_time, block)) for block in heard_now] == [list(map(_without_time, block)) for block in written]
    pairs = (pair for now, then in zip(heard_now, written, strict=True) for pair in zip(now[1:], then[1:], strict=True))
    assert [pair for pair in pairs if _apart(*pair)] == []


def _without_time(line: str) -> str:
    kind, _, rest = line.partition(" ")
    return f"{kind} {rest.partition(' ')[2]}" if kind in ("onset", "answer") else line


def _apart(now: str, then: str) -> bool:
    return abs(int(now.split()[1]) - int(then.split()[1])) > TOLERANCE_MS


if __name__ == "__main__":
    GOLDEN.write_text("\n\n".join("\n".join(block) for block in heard()) + "\n", encoding="utf-8")
