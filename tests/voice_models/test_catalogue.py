"""Issue 5: models are fetched whole or not at all, taken up where they stopped, or brought by hand."""

import hashlib
import io
import zipfile
from pathlib import Path

import httpx
import pytest

from voice_models.catalogue import DIGEST, Entry, FetchError, catalogue, fetch, install, is_model, models_in


def packed(name: str = "vosk-model/am/final.mdl", content: bytes = b"\0B" * 5000) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, content)
    return file.getvalue()


ZIP = packed()


def entry(sha256: str | None = None) -> Entry:
    return Entry("vosk-model-pl", "pl", "https://models.example/pl.zip", "Apache-2.0", 1, sha256)


def makers(content: bytes, asked: list[str], *, cut: int | None = None) -> httpx.Client:
    """Their site, which may break off after some bytes."""

    def answer(request: httpx.Request) -> httpx.Response:
        wanted = request.headers.get("Range", "")
        asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        if start >= len(content):
            return httpx.Response(416)
        if cut is not None:
            return httpx.Response(206 if start else 200, stream=Broken(content[start:cut]))
        return httpx.Response(206 if start else 200, content=content[start:])

    return httpx.Client(transport=httpx.MockTransport(answer))


class Broken(httpx.SyncByteStream):
    """A connection that breaks."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self):  # type: ignore[no-untyped-def]  # an iterator of bytes
        yield self._content
        raise httpx.ReadError("broken off")


def nobody(_done: int, _expected: int) -> None:
    pass


def test_a_model_is_fetched_checked_and_put_in_place(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    digest = hashlib.sha256(ZIP).hexdigest()
    placed = fetch(entry(digest), tmp_path, lambda done, expected: told.append((done, expected)), makers(ZIP, []))
    assert is_model(placed)
    assert (placed / DIGEST).read_text().strip() == digest
    assert told[-1] == (len(ZIP), len(ZIP))
    assert [path.name for path in tmp_path.iterdir()] == ["vosk-model-pl"]


def test_a_broken_download_is_taken_up_again(tmp_path: Path) -> None:
    asked: list[str] = []
    with pytest.raises(FetchError, match="kept"):
        fetch(entry(), tmp_path, nobody, makers(ZIP, asked, cut=60))
    assert not (tmp_path / "vosk-model-pl").exists()
    assert is_model(fetch(entry(hashlib.sha256(ZIP).hexdigest()), tmp_path, nobody, makers(ZIP, asked)))
    assert asked == ["", "bytes=60-"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="not the one"):
        fetch(entry("0" * 64), tmp_path, nobody, makers(ZIP, []))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [packed("vosk-model/../../out.txt"), packed("vosk-model/readme"), b"no zip"])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    brought = tmp_path / "brought.zip"
    brought.write_bytes(content)
    with pytest.raises(FetchError):
        install(entry(), brought, tmp_path / "models")
    assert brought.exists()
    assert not (tmp_path / "out.txt").exists()
    assert not (tmp_path / "models" / "vosk-model-pl").exists()


def test_a_folder_can_be_brought_and_is_used(tmp_path: Path) -> None:
    """A catalogued name tells the language; another folder's does by its beginning; no model leaves the shipped one."""
    made = tmp_path / "made"
    (made / "am").mkdir(parents=True)
    (made / "am" / "final.mdl").write_bytes(b"\0B")
    models = tmp_path / "models"
    install(catalogue()["vosk-model-small-uk-v3-small"], made, models)
    install(Entry("en-ours", "en", "https://models.example", "ours", 1), made, models)
    assert {language: path.name for language, path in models_in(models).items()} == {
        "pl": "pl-telephone", "uk": "vosk-model-small-uk-v3-small", "en": "en-ours",
    }  # fmt: skip
    assert models_in(made)["pl"] == made
    assert models_in(None).keys() == {"pl"}


def test_every_entry_says_where_from_and_under_what_licence() -> None:
    for one in catalogue().values():
        assert one.licence
        assert one.megabytes > 0
        assert one.language in ("pl", "uk", "en")
        assert one.source == "shipped" or one.source.startswith("https://")
