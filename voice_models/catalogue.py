"""Which models there are for which language, which of them are here, and how to bring the others.

A model is fetched to its end or not at all: what was downloaded is kept and taken up again, the digest is compared, the zip is unpacked
beside and put in place in one step.
"""

import hashlib
import shutil
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

HOME: Final = Path(__file__).parent
SHIPPED: Final = "shipped"
DIGEST: Final = "zip.sha256"
Report = Callable[[int, int], None]


class FetchError(Exception):
    """A model could not be brought; the message says why, what was downloaded is kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the catalogue."""

    name: str
    language: str
    source: str
    licence: str
    megabytes: int
    sha256: str | None = None
    recommended: bool = False


def catalogue(file: Path = HOME / "catalogue.toml") -> dict[str, Entry]:
    """All models by name."""
    return {name: Entry(name, **entry) for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items()}


def is_model(folder: Path) -> bool:
    """Whether Vosk would find a model there."""
    return (folder / "am" / "final.mdl").is_file()


def models_in(folder: Path | None, entries: Iterable[Entry] = ()) -> dict[str, Path]:
    """The model to use for each language: the shipped one, and those of the folder before it, catalogued ones by their names and others
    by the language that their names begin with (`pl-ours`). A folder that is itself a model is the Polish one."""
    found = {entry.language: HOME / entry.name for entry in catalogue().values() if entry.source == SHIPPED and is_model(HOME / entry.name)}
    if folder is None:
        return found
    if is_model(folder):
        return {**found, "pl": folder}
    known = {entry.name: entry.language for entry in (*catalogue().values(), *entries)}
    for place in sorted(path for path in folder.glob("*") if is_model(path)):
        language = known.get(place.name, place.name.split("-")[0])
        found[language] = place
    return found


def fetch(entry: Entry, folder: Path, report: Report, client: httpx.Client | None = None) -> Path:
    """Download, check and unpack a model into `folder`; -> its own folder. `report` is told bytes done and expected. Raises FetchError."""
    if entry.source == SHIPPED:
        raise FetchError(f"{entry.name} is shipped with the program")
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{entry.name}.zip.part"
    try:
        with client or httpx.Client(timeout=30, follow_redirects=True) as ours:
            _download(ours, entry.source, part, report)
    except httpx.HTTPError as error:
        raise FetchError(f"{entry.source}: {error!r}; what was downloaded is kept, try again") from error
    placed = install(entry, part, folder)
    part.unlink()
    return placed


def install(entry: Entry, brought: Path, folder: Path) -> Path:
    """Put a model that is here as a zip or a folder in its place. -> its own folder. Raises FetchError."""
    target, beside = folder / entry.name, folder / f".{entry.name}.new"
    shutil.rmtree(beside, ignore_errors=True)
    if brought.is_dir():
        shutil.copytree(brought, beside)
    else:
        _unpack(entry, brought, beside)
    if not is_model(beside):
        shutil.rmtree(beside)
        raise FetchError(f"{brought.name} holds no Vosk model (am/final.mdl)")
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return target


def _download(client: httpx.Client, address: str, part: Path, report: Report) -> None:
    done = part.stat().st_size if part.exists() else 0
    with client.stream("GET", address, headers={"Range": f"bytes={done}-"} if done else {}) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it was here already
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            done = 0
        expected = done + int(answer.headers.get("Content-Length", 0))
        with part.open("ab" if done else "wb") as file:
            for piece in answer.iter_bytes():
                done += file.write(piece)
                report(done, expected)


def _unpack(entry: Entry, brought: Path, beside: Path) -> None:
    with brought.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if entry.sha256 not in (None, digest):
        brought.unlink(missing_ok=True) if brought.suffix == ".part" else None
        raise FetchError(f"{entry.name}: the file is not the one of the catalogue (sha256 {digest})")
    try:
        with zipfile.ZipFile(brought) as packed:
            for member in packed.infolist():
                _extract(packed, member, beside)
    except zipfile.BadZipFile as error:
        raise FetchError(f"{brought.name}: {error}") from error
    (beside / DIGEST).write_text(digest + "\n", encoding="utf-8")


def _extract(packed: zipfile.ZipFile, member: zipfile.ZipInfo, beside: Path) -> None:
    """One file, without the folder that all of them lie in; a path that leads out of the model is an attack."""
    inside = Path(*Path(member.filename).parts[1:])
    target = (beside / inside).resolve()
    if not target.is_relative_to(beside.resolve()):
        raise FetchError(f"the zip holds a path that leads out of it: {member.filename}")
    if member.is_dir() or not inside.parts:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
