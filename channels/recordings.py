"""The sound of recorded calls as files: written while a call goes on, heard at the console, deleted in time (D14, D15, X34).

One stereo WAV a call (8 kHz mu-law, the caller left, we right). Sound is written by a thread of its own, never by the call, and after each
piece the header tells the new length: a file is whole at every moment, whenever the process dies.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from struct import pack
from typing import BinaryIO, Final

import structlog
from sqlalchemy import Engine

from registry import recordings
from registry.database import transaction

RATE: Final = 8000  # samples a second and side
SILENCE: Final = b"\xff"  # of mu-law
PIECE: Final = 2 * RATE  # bytes that are written at once: a second of both sides
HEADER: Final = 58  # bytes
SET: Final = 500  # recordings deleted in one transaction

log = structlog.get_logger("voice")


class Tapes:
    """Where one process's calls are recorded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="tape")

    def begin(self, name: str) -> "Tape":
        """A tape for one call."""
        return Tape(file_of(self._folder, name), self._writer)

    def close(self) -> None:
        """Write what is still to be written, and end."""
        self._writer.shutdown()


class Tape:
    """One call's recording. Nothing here waits for the disk; a disk that fails ends the recording and never the call."""

    def __init__(self, path: Path, writer: ThreadPoolExecutor) -> None:
        self._path, self._writer = path, writer
        self._waiting = bytearray()
        self._file: BinaryIO | None = None
        self._failed = False

    def put(self, caller: bytes, ours: bytes | None) -> None:
        """One frame of the caller's and what of ours was on his ear meanwhile."""
        pair = bytearray(2 * len(caller))
        pair[0::2] = caller
        pair[1::2] = (ours or b"")[: len(caller)].ljust(len(caller), SILENCE)
        self._waiting += pair
        if len(self._waiting) >= PIECE:
            self._pass_on()

    def close(self) -> None:
        """The call is over."""
        if self._waiting:
            self._pass_on()
        self._writer.submit(self._end)

    def _pass_on(self) -> None:
        piece, self._waiting = bytes(self._waiting), bytearray()
        self._writer.submit(self._write, piece)

    def _write(self, piece: bytes) -> None:
        if self._failed:
            return
        try:
            self._append(piece)
        except OSError:
            self._failed = True
            log.exception("recording broke off, the call goes on")

    def _append(self, piece: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=0)
            self._path.chmod(0o600)
            self._file.write(header(0))
        self._file.seek(0, 2)
        self._file.write(piece)
        length = self._file.tell() - HEADER
        self._file.seek(0)
        self._file.write(header(length))

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()


def header(length: int) -> bytes:
    """The head of a WAV file with so many bytes of stereo mu-law."""
    form = pack("<4sIHHIIHHH", b"fmt ", 18, 7, 2, RATE, 2 * RATE, 2, 8, 0)
    return b"".join((
        pack("<4sI4s", b"RIFF", HEADER - 8 + length, b"WAVE"), form, pack("<4sII", b"fact", 4, length // 2), pack("<4sI", b"data", length),
    ))  # fmt: skip


def file_of(folder: Path, name: str) -> Path:
    """The file of a recording."""
    return folder / f"{name}.wav"


def delete_due(engine: Engine, now: datetime, *, folder: Path) -> int:
    """Delete every recording whose time is over or whose person was erased, file first and row after; how many.

    To be run where the folder is.
    """
    if not folder.is_dir():
        return 0  # nothing was ever recorded, or the files are on another machine: a row without its file gone must stay
    done = 0
    while True:
        with transaction(engine) as session:
            due = recordings.due(session, now=now, limit=SET)
            for one in due:
                file_of(folder, one.name).unlink(missing_ok=True)
            recordings.forget(session, [one.id for one in due])
        done += len(due)
        if len(due) < SET:
            return done
