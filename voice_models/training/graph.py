"""The word half of a Vosk model folder, built in seconds from a word list by Debian's OpenFst tools.

`graph/HCLr.fst` and `Gr.fst` share relabelled word ids (`words.txt`); both are always written together. The
words, the way they are said where the rules would not know, and the texts of the free grammar are kept beside
them, so that words can be added to a model without its recipe.
"""

import math
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from voice_models.g2p import normalize, pronounce, pronunciations
from voice_models.phones import BETWEEN, KALDI_OUTPUT, KALDI_PHONE, NOISY, SILENT, WORDLESS
from voice_models.training.word_tree import UNKNOWN, Garbage, Said, word_tree

TOOLS: Final = ("fstcompile", "fstencode", "fstminimize", "fstarcsort", "fstconvert")
PLUGINS: Final = "fst"  # Debian keeps the look-ahead types in <library folder>/fst/<version>, libfst22-plugins-base
UNKNOWN_WORD: Final = "[unk]"
_DISCOUNT: Final = 0.3


class ToolsMissing(RuntimeError):
    """OpenFst's command-line tools are missing: install libfst-tools and libfst22-plugins-base."""


@dataclass(frozen=True, slots=True)
class WordGraph:
    """What a graph is made from: words, how some of them are said (respelled), texts for the free grammar, [unk]'s price."""

    words: tuple[str, ...]
    said_as: dict[str, str]
    texts: tuple[str, ...]
    garbage: Garbage

    def with_words(self, added: Iterable[str]) -> "WordGraph":
        """With more words; `word=respelling` says how one is said. Raises ValueError when one cannot be said."""
        words, said_as = set(self.words), dict(self.said_as)
        for entry in added:
            written, _, respelled = entry.partition("=")
            for word in normalize(written).split():
                words.add(word)
                if respelled:
                    said_as[word] = normalize(respelled)
            if not normalize(written) or (respelled and not pronounce(normalize(respelled))):
                raise ValueError(f"cannot be said: {entry!r}")
        return replace(self, words=tuple(sorted(words)), said_as=said_as)

    def lexicon(self) -> dict[Said, list[str]]:
        """Every pronunciation with its words; a word that cannot be said is an error."""
        found: dict[Said, list[str]] = defaultdict(list)
        for word in self.words:
            ways = pronunciations(self.said_as.get(word, word).replace(" ", ""))
            if not ways:
                raise ValueError(f"cannot be said: {word!r}")
            for said in ways:
                found[said].append(word)
        return dict(found)


def read_graph(model: Path) -> WordGraph:
    """What the graph of a model folder was made from."""
    rows = (line.split(" ")[0] for line in (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines())
    words = tuple(sorted(word for word in rows if word not in ("<eps>", UNKNOWN_WORD)))
    said = _lines(model / "graph" / "said_as.tsv")
    garbage = Garbage(*map(float, (model / "graph" / "garbage.txt").read_text().split()))
    return WordGraph(words, dict(_pair(line) for line in said), tuple(_lines(model / "graph" / "texts.txt")), garbage)


def build_graph(graph: WordGraph, model: Path) -> None:
    """Write `graph/` of the model folder. Raises ToolsMissing."""
    if not tools_installed():
        raise ToolsMissing(ToolsMissing.__doc__)
    target = model / "graph"
    (target / "phones").mkdir(parents=True, exist_ok=True)
    ids = {word: index for index, word in enumerate(graph.words, start=UNKNOWN + 1)}
    lexicon = {said: [ids[word] for word in words] for said, words in graph.lexicon().items()}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tree.txt").write_text("\n".join(word_tree(lexicon, graph.garbage)) + "\n")
        _run(folder, _TREE)
        pairs = (line.split() for line in (folder / "relabel").read_text().splitlines())
        relabelled = {int(old): int(new) for old, new in pairs}
        numbers = {word: relabelled[index] for word, index in {UNKNOWN_WORD: UNKNOWN, **ids}.items()}
        (folder / "free.txt").write_text("\n".join(free_grammar(graph.texts, numbers)) + "\n")
        _run(folder, _FREE)
        for file in ("HCLr.fst", "Gr.fst"):
            shutil.copyfile(folder / file, target / file)
    _write_tables(graph, numbers, target)


def free_grammar(texts: Iterable[str], numbers: dict[str, int]) -> list[str]:
    """A back-off bigram over the texts as OpenFst lines; any word may follow any other, at the price of a rare one."""
    single: Counter[str] = Counter()
    follows: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        words = [word for word in text.split() if word in numbers]
        single.update([*words, "</s>"])
        for word, after in zip(["<s>", *words], [*words, "</s>"], strict=True):
            follows[word][after] += 1
    states = {"<s>": 0, "": 1} | {word: at for at, word in enumerate(sorted(set(follows) - {"<s>"}), start=2)}
    total = single.total() + len(numbers) + 1
    lines = [_arc(1, states.get(word, 1), number, (single[word] + 1) / total) for word, number in numbers.items()]
    finals = [f"1 {-math.log((single['</s>'] + 1) / total):.4f}"]
    for word, counts in sorted(follows.items()):
        seen = counts.total()
        kept = {after: count for after, count in counts.items() if count > 1 or word == "<s>"}
        lines += [
            _arc(states[word], states.get(after, 1), numbers[after], (1 - _DISCOUNT) * count / seen)
            for after, count in kept.items()
            if after != "</s>"
        ]
        lines.append(_arc(states[word], 1, 0, _DISCOUNT))
        if "</s>" in kept:
            finals.append(f"{states[word]} {-math.log((1 - _DISCOUNT) * kept['</s>'] / seen):.4f}")
    lines.sort(key=lambda line: not line.startswith("0 "))
    return lines + finals


_TREE: Final = (
    "fstcompile tree.txt tree.fst",
    "fstencode --encode_labels --encode_weights tree.fst codes encoded.fst",
    "fstminimize encoded.fst small.fst",
    "fstencode --decode small.fst codes decoded.fst",
    "fstarcsort --sort_type=olabel decoded.fst sorted.fst",
    "fstconvert --fst_type=olabel_lookahead --save_relabel_opairs=relabel sorted.fst HCLr.fst",
)
_FREE: Final = (
    "fstcompile free.txt free.fst",
    "fstarcsort --sort_type=ilabel free.fst ordered.fst",
    "fstconvert --fst_type=const ordered.fst Gr.fst",
)


def _write_tables(graph: WordGraph, numbers: dict[str, int], target: Path) -> None:
    rows = sorted([("<eps>", 0), *numbers.items()], key=lambda row: row[1])
    (target / "words.txt").write_text("".join(f"{word} {number}\n" for word, number in rows), encoding="utf-8")
    said = "".join(f"{word}\t{way}\n" for word, way in sorted(graph.said_as.items()))
    (target / "said_as.tsv").write_text(said, encoding="utf-8")
    (target / "texts.txt").write_text("".join(f"{text}\n" for text in graph.texts), encoding="utf-8")
    (target / "garbage.txt").write_text(f"{graph.garbage.per_sound} {graph.garbage.to_enter}\n")
    (target / "disambig_tid.int").write_text(f"{2 * len(KALDI_OUTPUT) + 1}\n")
    names = {"B": "begin", "E": "end", "I": "internal", "S": "singleton"}
    kinds = [f"{phone} {'nonword' if phone in (BETWEEN, SILENT, NOISY) else 'internal'}" for phone in WORDLESS]
    kinds += [f"{number} {names[position]}" for (_, position), number in KALDI_PHONE.items()]
    (target / "phones" / "word_boundary.int").write_text("\n".join(kinds) + "\n")


def _run(folder: Path, commands: Iterable[str]) -> None:
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(str(path) for path in _plugin_folders())}
    for command in commands:
        subprocess.run(command.split(), cwd=folder, env=environment, check=True)  # noqa: S603 - fixed commands


def tools_installed() -> bool:
    """Whether a graph can be built on this machine."""
    return all(shutil.which(tool) for tool in TOOLS) and bool(_plugin_folders())


def _plugin_folders() -> list[Path]:
    libraries = (Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu*"))
    return [path.parent for folder in libraries for path in folder.glob(f"{PLUGINS}/*/olabel_lookahead-fst.so")]


def _arc(source: int, target: int, number: int, probability: float) -> str:
    return f"{source} {target} {number} {number} {-math.log(probability):.4f}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _pair(line: str) -> tuple[str, str]:
    word, _, said = line.partition("\t")
    return word, said
