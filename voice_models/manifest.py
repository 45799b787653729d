"""What a shipped model folder must be, file by file: its manifest, and the checks that keep it true.

A network and a graph that do not belong together give garbage without an error, so the hashes of all files
are kept together with the recipe they came from.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

FILE: Final = "manifest.json"
UNCHECKED: Final = frozenset((FILE, "README.md"))
GRAPH: Final = "graph/"


def write_manifest(model: Path, recipe: Path) -> None:
    """Keep the hashes of a finished model folder and of the recipe that made it."""
    kept = {"recipe": recipe.name, "recipe_sha256": digest(recipe), "files": dict(_digests(model))}
    (model / FILE).write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def problems(model: Path, recipes: Path) -> list[str]:
    """What is wrong with a model folder, in words; nothing for a true one."""
    if not (model / FILE).exists():
        return [f"{model.name} has no {FILE}"]
    kept = json.loads((model / FILE).read_text(encoding="utf-8"))
    found = dict(_digests(model))
    recipe = recipes / kept["recipe"]
    wrong = [f"{name} is not listed" for name in found.keys() - kept["files"].keys()]
    wrong += [f"{name} is missing" for name in kept["files"].keys() - found.keys()]
    wrong += [
        f"{name} is not the file of the manifest"
        for name, sha in kept["files"].items()
        if found.get(name, sha) != sha
    ]
    if not recipe.exists() or digest(recipe) != kept["recipe_sha256"]:
        wrong.append(f"the recipe {kept['recipe']} is not the one that made this model")
    return sorted(wrong)


def missing_words(known: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Words of these normalised texts that a lexicon lacks: Vosk would drop them from a word list without a word."""
    return sorted({word for text in texts for word in text.split()} - set(known))


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digests(model: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(model.rglob("*")):
        name = path.relative_to(model).as_posix()
        if path.is_file() and name not in UNCHECKED:
            yield name, digest(path)
