"""A model from nothing, by one command: each step leaves its result in the work folder and is skipped when it
is there.

speak -> telephone -> train -> network -> graph -> calibrate -> judge. Delete a step's result to repeat it.
"""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from voice_models.confidence import Calibration
from voice_models.manifest import write_manifest
from voice_models.training.calibrate import calibrate
from voice_models.training.clips import Part, clips
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
class Recipe:
    """The settings of one model, read from `recipes/<name>.toml`."""

    name: str
    lines: int
    copies: int
    plan: Plan
    further: Plan
    """For a finished model that is taught further (`Kitchen.begin`)."""
    garbage: Garbage
    decoding: Decoding

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """Raises KeyError or TypeError for a recipe that lacks or invents a setting."""
        kept = tomllib.loads(path.read_text(encoding="utf-8"))
        shape = kept["shape"] | {"spacing": tuple(kept["shape"]["spacing"])}
        plan = Plan(kept["steps"], kept["threads"], kept["seed"], kept["half"], kept["rate"], Shape(**shape))
        further = replace(plan, **kept["further"])
        garbage, decoding = Garbage(**kept["garbage"]), Decoding(**kept["decoding"])
        return cls(path.stem, kept["lines"], kept["copies"], plan, further, garbage, decoding)


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


def train(recipe: Recipe, kitchen: Kitchen, model: Path, against: Sequence[Path] = ()) -> None:
    """All steps -> the model folder with its report; `against`: older model folders judged beside it."""
    heard = teach(recipe, kitchen)
    export(heard, model, recipe.decoding, recipe.plan.shape)
    rebuild(recipe, kitchen, model)
    material = (*kitchen.corpora, kitchen.work / "espeak")
    chosen = choose(recipe, material, model, kitchen.report)
    judged = judge_part("test", material, (model, *against), kitchen.report)
    (model / "report.md").write_text(table(judged, chosen) + "\n", encoding="utf-8")
    write_manifest(model, RECIPES / f"{recipe.name}.toml")


def teach(recipe: Recipe, kitchen: Kitchen) -> Path:
    """Speak, telephone and train -> the checkpoint."""
    spoken = kitchen.work / "espeak"
    if recipe.lines and not (spoken / "corpus.tsv").exists():
        lines = lines_to_speak(recipe.lines, kitchen.dialogues)
        speak_corpus(lines, spoken, processes=kitchen.processes, report=kitchen.report)
    folders = [*kitchen.corpora, *([spoken] if recipe.lines else [])]
    learned = clips(folders, "training")
    copies = []
    for number in range(recipe.copies):
        copies.append(make_copy(learned, number, kitchen.work / "copies", processes=kitchen.processes))
        kitchen.report(f"copy {number + 1} of {recipe.copies}: {len(learned)} clips telephoned")
    checkpoint = kitchen.work / "checkpoint.pt"
    begin = Beginning(kitchen.begin, recipe.decoding.blank_penalty) if kitchen.begin else None
    fit(lambda: copies, checkpoint, recipe.further if begin else recipe.plan, kitchen.report, begin=begin)
    return checkpoint


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
