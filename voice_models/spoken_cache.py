"""Sentences spoken once and kept, by what was said, how, and by which voice.

All are kept in memory, up to a limit; on disk only those that a caller of `keep` names as fixed: what is said to a patient about a visit
stays nowhere.
"""

import hashlib
import os
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final

MEMORY_BYTES: Final = 32_000_000
UNUSED_DAYS: Final = 30


class SpokenCache:
    """mu-law by key; `folder` None keeps nothing on disk."""

    def __init__(self, folder: Path | None, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._folder = folder
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._room = memory_bytes
        self._held = 0

    def find(self, key: str) -> bytes | None:
        """What was kept, or None."""
        audio = self._memory.get(key)
        if audio is not None:
            self._memory.move_to_end(key)
        return audio

    def remember(self, key: str, audio: bytes) -> None:
        """Keep in memory; the longest unused ones make room."""
        self._held += len(audio) - len(self._memory.pop(key, b""))
        self._memory[key] = audio
        while self._held > self._room and len(self._memory) > 1:
            self._held -= len(self._memory.popitem(last=False)[1])

    def recall(self, key: str) -> bytes | None:
        """Bring a fixed sentence from disk to memory; None when it is not there."""
        if self._folder is None:
            return None
        file = self._folder / key
        try:
            audio = file.read_bytes()
            os.utime(file)
        except FileNotFoundError:
            return None
        self.remember(key, audio)
        return audio

    def keep(self, key: str, audio: bytes) -> None:
        """Remember, and keep on disk too: only what holds nothing personal. Whole or not at all, however many processes write."""
        self.remember(key, audio)
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / f".{key}.{os.getpid()}"
        unfinished.write_bytes(audio)
        unfinished.replace(self._folder / key)

    def forget_unused(self) -> int:
        """Delete from disk what nobody has wanted for a month. -> how many."""
        if self._folder is None or not self._folder.is_dir():
            return 0
        oldest = time.time() - UNUSED_DAYS * 86400
        unused = [file for file in self._folder.iterdir() if file.stat().st_mtime < oldest]
        for file in unused:
            file.unlink(missing_ok=True)
        return len(unused)


def key_of(*parts: object) -> str:
    """A name made of everything that the audio depends on."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
