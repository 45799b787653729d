"""A model from nothing, by one command: each step leaves its result in the work folder and is skipped when it
is there.

speak -> telephone -> train -> network -> graph -> calibrate -> judge. Delete a step's result to repeat it.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from voice_models.confidence import Calibration
from voice_models.manifest import write_manifest
from voice_models.training.calibrate import calibrate
from voice_models.training.clips import Clip, Part, clips
from voice_models.training.corpus_features import make_copy
from voice_models.training.evaluate import Judged, judge
from voice_models.training.export import Decoding, export
from voice_models.training.fit import Beginning, Plan, fit
from voice_models.training.graph import WordGraph, build_graph
from voice_models.training.network import Shape
from voice_models.training.report import table
from voice_models.training.speech import speak_corpus
from voice_models.training.texts import lexicon_words, lines_to_speak
from voice_models.training.trials import Material, trials
from voice_models.training.word_tree import Garbage
from voice_models.training.words import free_texts

Report = Callable[[str], None]
RECIPES: Final = Path(__file__).parent.parent / "recipes"


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a network is taught on: texts to speak by kind (`texts.lines_to_speak`), how often each clip is telephoned, and the share of
    numbers in groups that are joined besides (`strings`)."""

    lines: int
    copies: int
    strings: float
    lines_seed: int
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Teaching:
    """Lessons, and how long and how fast they are learned."""

    lessons: Lessons
    plan: Plan


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of one model, read from `recipes/<name>.toml`."""

    name: str
    first: Teaching
    further: Teaching
    """For a finished model that is taught further (`Kitchen.begin`)."""
    garbage: Garbage
    decoding: Decoding

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """Raises KeyError or TypeError for a recipe that lacks or invents a setting."""
        kept = tomllib.loads(path.read_text(encoding="utf-8"))
        garbage, decoding = Garbage(**kept.pop("garbage")), Decoding(**kept.pop("decoding"))
        shape, further = kept.pop("shape"), kept.pop("further")
        kept["shape"] = Shape(**shape | {"spacing": tuple(shape["spacing"])})
        return cls(path.stem, _teaching(kept), _teaching(kept | further), garbage, decoding)


def _teaching(settings: dict[str, Any]) -> Teaching:
    of_lessons = [field.name for field in fields(Lessons)]
    lessons = Lessons(**{name: settings[name] for name in of_lessons})
    return Teaching(lessons, Plan(**{name: value for name, value in settings.items() if name not in of_lessons}))


@dataclass(frozen=True, slots=True)
class Kitchen:
    """Where a recipe is carried out: corpus folders, dialogue files to read words from, work folder, processes, and the
    folder of a finished model to teach further (None: from nothing)."""

    corpora: tuple[Path, ...]
    dialogues: tuple[Path, ...]
    work: Path
    processes: int
    report: Report
    begin: Path | None = None

    @property
    def place(self) -> Path:
        """Where the steps' results stay: a further teaching's beside those of the first, which it must not take for its own."""
        return self.work / "further" if self.begin else self.work


def train(recipe: Recipe, kitchen: Kitchen, model: Path, against: Sequence[Path] = ()) -> None:
    """All steps -> the model folder with its report; `against`: older model folders judged beside it."""
    heard = teach(recipe, kitchen)
    export(heard, model, recipe.decoding, recipe.first.plan.shape)
    rebuild(recipe, kitchen, model)
    material = (*kitchen.corpora, kitchen.place / "espeak")
    chosen = choose(recipe, material, model, kitchen.report)
    judged = judge_part("test", material, (model, *against), kitchen.report)
    (model / "report.md").write_text(table(judged, chosen) + "\n", encoding="utf-8")
    write_manifest(model, RECIPES / f"{recipe.name}.toml")


def teach(recipe: Recipe, kitchen: Kitchen) -> Path:
    """Speak, telephone and train -> the checkpoint."""
    teaching = recipe.further if kitchen.begin else recipe.first
    learned = clips(_speak(teaching.lessons, kitchen), "training")
    copies = _telephone(teaching.lessons, kitchen, learned)
    checkpoint = kitchen.place / "checkpoint.pt"
    begin = Beginning(kitchen.begin, recipe.decoding.blank_penalty) if kitchen.begin else None
    fit(lambda: copies, checkpoint, teaching.plan, kitchen.report, begin=begin)
    return checkpoint


def _speak(lessons: Lessons, kitchen: Kitchen) -> list[Path]:
    """-> the corpus folders, those given and that of the lessons' own lines."""
    if not lessons.lines:
        return list(kitchen.corpora)
    spoken = kitchen.place / "espeak"
    if not (spoken / "corpus.tsv").exists():
        lines = lines_to_speak(lessons.lines, kitchen.dialogues, lessons.shares, seed=lessons.lines_seed)
        speak_corpus(lines, spoken, processes=kitchen.processes, report=kitchen.report)
    return [*kitchen.corpora, spoken]


def _telephone(lessons: Lessons, kitchen: Kitchen, learned: list[Clip]) -> list[Path]:
    copies = []
    for number in range(lessons.copies):
        copies.append(make_copy(learned, number, kitchen.place / "copies", processes=kitchen.processes, strings=lessons.strings))
        kitchen.report(f"copy {number + 1} of {lessons.copies}: {len(learned)} clips telephoned")
    return copies


def rebuild(recipe: Recipe, kitchen: Kitchen, model: Path) -> None:
    """The graph with all words, in seconds; the network is not touched."""
    words = tuple(lexicon_words(kitchen.dialogues))
    build_graph(WordGraph(words, {}, free_texts(kitchen.dialogues), recipe.garbage), model)
    kitchen.report(f"graph: {len(words)} words")


def choose(recipe: Recipe, corpora: Sequence[Path], model: Path, report: Report) -> Calibration:
    """Calibrate on the development part and keep what was chosen in the model folder."""
    judged = judge_part("development", corpora, (model,), report)[0]
    chosen = calibrate(judged.outcomes, recipe.decoding.lattice_beam)
    chosen.write(model)
    return chosen


def judge_part(part: Part, corpora: Sequence[Path], models: Sequence[Path], report: Report) -> list[Judged]:
    """Let models hear all trials of a part."""
    return judge(models, trials(Material(part, with_clips(corpora))), report)


def with_clips(corpora: Sequence[Path]) -> tuple[Path, ...]:
    """Those of the folders that hold a corpus."""
    return tuple(folder for folder in corpora if (folder / "corpus.tsv").exists())
