"""A model trained from nothing in under two minutes loads in stock Vosk and tells two words apart.

The whole recipe runs: espeak-ng speaks, the telephone distorts, the network learns, the graph is built; then voices
that were not trained on are heard.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy", reason="the training extra is not installed")
for _library in ("torch", "soundfile", "scipy"):
    pytest.importorskip(_library, reason="the training extra is not installed")

from voice_models.espeak import Espeak  # noqa: E402
from voice_models.hearing import lexicon, listen, load  # noqa: E402
from voice_models.manifest import problems, write_manifest  # noqa: E402
from voice_models.training.clips import clips  # noqa: E402
from voice_models.training.corpus_features import make_copy  # noqa: E402
from voice_models.training.export import Decoding, export  # noqa: E402
from voice_models.training.fit import Beginning, Plan, fit  # noqa: E402
from voice_models.training.graph import WordGraph, build_graph, tools_installed  # noqa: E402
from voice_models.training.network import Shape  # noqa: E402
from voice_models.training.speech import Line, speak, speak_corpus  # noqa: E402
from voice_models.training.telephone import line  # noqa: E402
from voice_models.training.word_tree import Garbage  # noqa: E402

pytestmark = pytest.mark.skipif(not tools_installed(), reason="libfst-tools and libfst22-plugins-base are not installed")

SHAPE = Shape(width=64, spacing=(1, 1, 2), even=2)
VOICES = ("", "m1", "m2", "m3", "m4", "m6", "f1", "f2", "f3", "Andy", "linda", "belinda")
HELD_OUT = ("m7", "f4", "m5", "f5")
TEXTS = ("tak", "nie", "kot", "ani", "tak nie", "nie tak", "taki", "nitka")


def spoken(folder: Path) -> Path:
    draw = random.Random(1)
    lines = [
        Line(f"{at:04}.wav", draw.choice(TEXTS), f"es:pl+{voice}".rstrip("+"), draw.randint(130, 190), 50, 50)
        for at, voice in enumerate(VOICES * 20)
    ]
    return speak_corpus(lines, folder, processes=1, report=str).parent


def heard_by(ears: Any, word: str, voice: str) -> str:
    call = line(speak(Espeak(), Line("", word, f"es:pl+{voice}", 160, 50, 50)), np.random.default_rng(3), decibels=30)
    return listen(ears, call.astype(np.int16).tobytes(), ["tak", "nie"]).text


def test_from_nothing_to_two_words(tmp_path: Path) -> None:
    corpus = spoken(tmp_path / "corpus")
    copy = make_copy(clips([corpus], "training"), 0, tmp_path / "copies")
    checkpoint = tmp_path / "checkpoint.pt"
    training = fit(lambda: [copy], checkpoint, Plan(350, threads=1, shape=SHAPE, half=False), str)
    assert training.steps == 350

    model = tmp_path / "tiny"
    export(checkpoint, model, Decoding(blank_penalty=0.0), SHAPE)
    build_graph(WordGraph(("nie", "tak"), {}, ("tak", "nie"), Garbage()), model)
    assert lexicon(model) == {"tak", "nie", "[unk]"}

    heard = [(word, heard_by(load(model), word, voice)) for voice in HELD_OUT for word in ("tak", "nie")]
    assert sum(word == text for word, text in heard) >= len(heard) - 1, heard
    assert not [pair for pair in heard if set(pair) == {"tak", "nie"}], "one word was taken for the other"

    recipe = tmp_path / "tiny.toml"
    recipe.write_text("steps = 350\n")
    write_manifest(model, recipe)
    assert problems(model, tmp_path) == []
    (model / "conf" / "model.conf").write_text("--beam=1\n")
    assert problems(model, tmp_path) == ["conf/model.conf is not the file of the manifest"]


def test_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    corpus = spoken(tmp_path / "corpus")
    copy = make_copy(clips([corpus], "training")[:60], 0, tmp_path / "copies")
    checkpoint = tmp_path / "checkpoint.pt"
    first = fit(lambda: [copy], checkpoint, Plan(3, threads=1, shape=SHAPE, half=False), str)
    again = fit(lambda: [copy], checkpoint, Plan(5, threads=1, shape=SHAPE, half=False), str)
    assert (first.steps, again.steps) == (3, 5)
    assert again.epochs > first.epochs


def test_a_finished_model_is_taught_further_from_where_it_was(tmp_path: Path) -> None:
    """Put back from the 8 bits of a model folder, the network hears what it heard: its loss is that of the end, not of a beginning."""
    corpus = spoken(tmp_path / "corpus")
    copy = make_copy(clips([corpus], "training"), 0, tmp_path / "copies")
    plan = Plan(150, threads=1, shape=SHAPE, half=False)
    from_nothing = losses(lambda report: fit(lambda: [copy], tmp_path / "first.pt", plan, report))
    export(tmp_path / "first.pt", tmp_path / "model", Decoding(blank_penalty=2.0), SHAPE)
    begin = Beginning(tmp_path / "model", 2.0)
    further = Plan(6, threads=1, shape=SHAPE, half=False, rate=1e-4)
    taken_up = losses(lambda report: fit(lambda: [copy], tmp_path / "second.pt", further, report, begin=begin))
    assert taken_up[0] < 1.3 * from_nothing[-1] < from_nothing[0]


def losses(train: Callable[[Callable[[str], None]], object]) -> list[float]:
    """Nats per sound as reported epoch by epoch."""
    told: list[str] = []
    train(told.append)
    return [float(line.split()[2]) for line in told if line.startswith("epoch")]
