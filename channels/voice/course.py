"""When each thing happened in a call, for whoever reads the call afterwards: who spoke when and for how long, what cut us off, who kept
silent. All times are audio time (milliseconds since the stream began); no word and no key is kept, so nothing personal is (X34).

An entry of the caller bears the number of his turn (`turn`), one of ours the mark of its line (`line`) and its message if it has one.
"""

from time import perf_counter
from typing import Any, Literal

from channels.voice.ports import FRAME_MS, Answer

Cause = Literal["speech", "key", "end"]


class Course:
    """The entries of one call, in the order in which they began."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.timings: list[dict[str, int]] = []
        self._lines: dict[str, dict[str, Any]] = {}  # of ours, not yet at an end
        self._keys: dict[str, Any] | None = None  # keys of an entry that goes on
        self._acting: dict[str, Any] | None = None  # what the caller did, that is answered now
        self._thought_about: dict[str, Any] | None = None
        self._awaited: tuple[dict[str, Any], float] | None = None  # since when the caller waits for a sound of ours

    def heard(self, answer: Answer) -> None:
        """The caller has said something."""
        entry = {"began_ms": answer.began_ms, "ended_ms": answer.ended_ms, "decided_ms": answer.at_ms}
        self._caller(entry)

    def key(self, at_ms: int) -> None:
        """The caller has pressed a key; several of one entry are counted together."""
        if self._keys is None:
            self._keys = {"began_ms": at_ms, "keys": 0}
            self._caller(self._keys)
        self._keys |= {"keys": self._keys["keys"] + 1, "ended_ms": at_ms, "decided_ms": at_ms}
        self._acting, self._awaited = self._keys, (self._keys, perf_counter())

    def _caller(self, entry: dict[str, Any]) -> None:
        self.entries.append(entry)
        self._acting, self._awaited = entry, (entry, perf_counter())

    def thinks(self) -> None:
        """What the caller did is being thought about; he may go on meanwhile."""
        self._thought_about, self._keys = self._acting, None

    def thought(self) -> None:
        """What was thought about is answered now."""
        self._acting = self._thought_about

    def turn(self, number: int) -> None:
        """What the caller did is written down as this turn of the call."""
        if self._acting is not None:
            self._acting.setdefault("turn", number)

    def sounds(self, mark: str, message_id: int | None, *, at_ms: int, after_silence_ms: int = 0) -> None:
        """A piece of a line of ours has been sent, to be on the ear at `at_ms`."""
        self._keys = None
        if mark not in self._lines:
            self._lines[mark] = {"line": mark, "began_ms": at_ms}
            self._lines[mark] |= {"message": message_id} if message_id is not None else {}
            self._lines[mark] |= {"silence_ms": after_silence_ms} if after_silence_ms else {}
            self.entries.append(self._lines[mark])
        if self._awaited is not None:
            entry, since = self._awaited
            self._awaited = None
            entry["think_ms"] = int((perf_counter() - since) * 1000)
            if "keys" not in entry:
                self.timings.append({name: entry[name] for name in ("ended_ms", "decided_ms", "think_ms")})

    def played(self, mark: str, at_ms: int) -> None:
        """A line has been heard to its end."""
        line = self._lines.get(mark)
        if line is not None:
            line.setdefault("ended_ms", at_ms)

    def hushed(self, at_ms: int, cause: Cause) -> None:
        """We fell silent: the line on the ear was cut off, what stood behind it was never heard."""
        for line in self._lines.values():
            if "ended_ms" not in line:
                line |= {"ended_ms": max(at_ms, line["began_ms"]), "cut": cause if line["began_ms"] < at_ms else "unheard"}


def on_the_ear(at_ms: int, frames_before: int) -> int:
    """When a frame is heard before which so many others wait."""
    return at_ms + frames_before * FRAME_MS
