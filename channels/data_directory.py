"""The directory that one running demo owns: locked while any of its processes lives, and never emptied by mistake."""

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import Self

MARK = "cer-data"  # a file that says: this directory is ours, everything in it may be deleted
LOCK = "lock"
LOADED = "loaded"  # a file that says: the demo's data are in the database
SECRETS = "secrets.json"  # keys and passwords of the demo, which all its processes and commands read
KEPT = frozenset({MARK, LOCK, SECRETS, "models"})  # what a reset leaves: who starts it has read the secrets already; models are downloads
LOCK_SECONDS = 3.0  # the processes of a killed start are gone within moments
POLL_SECONDS = 0.05


class DataDirectoryInUse(RuntimeError):
    """Another demo runs on this data directory."""


class NotOurDirectory(RuntimeError):
    """The directory has files of somebody else."""


def claim(path: Path) -> None:
    """Make the directory ours: create it, or mark it when it is empty. Raises NotOurDirectory before anything is written."""
    path.mkdir(parents=True, exist_ok=True)
    if not (path / MARK).exists() and any(path.iterdir()):
        raise NotOurDirectory(f"{path} has files that are not ours; choose another directory with DATA_DIR=…")
    (path / MARK).touch()


class DataDirectory:
    """Holds the directory's lock from enter to exit; children that inherit `lock` hold it with us."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.lock = -1

    def __enter__(self) -> Self:
        """Raises DataDirectoryInUse, NotOurDirectory."""
        claim(self.path)
        self.lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if not self._locked():
            os.close(self.lock)
            raise DataDirectoryInUse(f"cer already runs on {self.path}; stop it first, or choose another with DATA_DIR=…")
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.lock)

    @property
    def has_data(self) -> bool:
        """Whether an earlier start came as far as filling the database."""
        return (self.path / LOADED).exists()

    def note_data(self) -> None:
        """The database is filled."""
        (self.path / LOADED).touch()

    def folder(self, name: str) -> Path:
        """A folder in the directory, created when absent."""
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        return folder

    def clear(self, name: str) -> None:
        """Make the folder empty."""
        shutil.rmtree(self.path / name, ignore_errors=True)
        self.folder(name)

    def empty(self) -> None:
        """Delete everything but what KEPT names."""
        for entry in self.path.iterdir():
            if entry.name in KEPT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def _locked(self) -> bool:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(POLL_SECONDS)
            else:
                return True
