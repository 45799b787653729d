"""Stock Vosk computes rightly on every processor, and a model that mishears is found out before it takes a call (R98)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from channels.voice.listening import build_ears
from voice_models import probe
from voice_models.cli import DEFAULT, HOME, models_app
from voice_models.hearing import load
from voice_models.stock import CHOICE, SAFE, told, trusted_routines
from voice_models.usable import usable

AVX = "processor : 0\nmodel name : Intel Core\nflags : fpu sse2 avx\n"
AVX2 = "processor : 0\nmodel name : AMD EPYC\nflags : fpu sse2 avx avx2 fma\n"
AVX512 = "processor : 0\nmodel name : Intel Xeon\nflags : fpu sse2 avx avx2 fma avx512f avx512vl avx512_bf16\n"


def test_processors_of_today_use_the_same_routines() -> None:
    assert trusted_routines(AVX512) == trusted_routines(AVX2) == SAFE
    assert trusted_routines(AVX) is None  # it cannot run them
    assert trusted_routines("processor : 0\nFeatures : fp asimd\n") is None  # ARM has no flags line
    assert trusted_routines("") is None


@pytest.mark.parametrize("before", [None, "SkylakeX"])
def test_the_choice_lasts_for_the_load_only(before: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """numpy has an OpenBLAS of its own, which is newer: it keeps what it would have taken."""
    monkeypatch.delenv(CHOICE, raising=False)
    if before:
        monkeypatch.setenv(CHOICE, before)
    with told(SAFE):
        assert os.environ[CHOICE] == SAFE
    assert os.environ.get(CHOICE) == before
    with told(None):
        assert os.environ.get(CHOICE) == before


def test_the_library_follows_what_it_is_told() -> None:
    """OpenBLAS reads the variable when Vosk is imported, not later: proven by what it says of itself."""
    assert "Core: Nehalem" in _loading("import os; os.environ[stock_choice] = 'Nehalem'; import vosk")


@pytest.mark.skipif(trusted_routines(Path("/proc/cpuinfo").read_text()) is None, reason="this processor has no AVX2")
@pytest.mark.parametrize("outside", ["Nehalem", None])
def test_vosk_from_here_uses_the_trusted_routines(outside: str | None) -> None:
    assert f"Core: {SAFE}" in _loading("import voice_models.stock", outside)


def _loading(program: str, outside: str | None = None) -> str:
    said = {"OPENBLAS_VERBOSE": "2"} | ({CHOICE: outside} if outside else {})
    kept = {name: value for name, value in os.environ.items() if name != CHOICE}
    asked = f"stock_choice = {CHOICE!r}; {program}"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, env=kept | said)
    return done.stdout + done.stderr


def test_the_shipped_model_hears_its_probe() -> None:
    assert probe.misheard(load(HOME / DEFAULT), "pl") == []


def test_a_language_without_a_probe_is_not_judged() -> None:
    assert probe.misheard(load(HOME / DEFAULT), "uk") == []


def test_ears_that_mishear_take_no_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The recordings are swapped: what is heard is then wrong, as it is when the processor computes wrongly."""
    _swapped(tmp_path / "pl")
    monkeypatch.setattr(probe, "PROBES", tmp_path)
    with pytest.raises(OSError, match="mishears plain words on this machine"):
        build_ears({"pl": HOME / DEFAULT})


def test_one_bad_model_leaves_the_other_languages_their_ears_and_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _swapped(tmp_path / "uk")
    monkeypatch.setattr(probe, "PROBES", tmp_path)
    models, unheard = usable({"pl": HOME / DEFAULT, "uk": HOME / DEFAULT, "en": tmp_path})
    assert models.keys() == {"pl"}
    assert [(one.language, one.why, one.model) for one in unheard] == [("uk", "broken", DEFAULT), ("en", "broken", tmp_path.name)]
    assert "mishears plain words" in next(iter(unheard.values()))


def test_polish_without_a_model_is_told_and_the_extra_languages_are_not() -> None:
    assert [(one.language, one.why) for one in usable({})[1]] == [("pl", "missing")]


def test_check_tells_that_a_model_in_use_mishears_and_leaves_calls_to_the_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A model of one's own (CER_VOICE_MODELS) is tried as the service tries it, not only found."""
    _swapped(tmp_path / "probes" / "pl")
    ours = tmp_path / "models" / "pl-ours"
    shutil.copytree(HOME / DEFAULT, ours)
    monkeypatch.setattr(probe, "PROBES", tmp_path / "probes")
    found = CliRunner().invoke(models_app, ["check", "--folder", str(ours.parent)])
    assert found.exit_code == 1
    assert "pl: pl-ours nie nadaje się do użytku, rozmowy tylko na klawisze" in found.output


def _swapped(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "tak.wav").write_bytes((probe.PROBES / "pl" / "nie.wav").read_bytes())
    (folder / "nie.wav").write_bytes((probe.PROBES / "pl" / "tak.wav").read_bytes())
