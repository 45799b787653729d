"""The dialogues' own words, read from their files as data: this room imports nothing of ours.

NLU examples in Rasa's YAML, wordings, anything else in YAML that holds text which may be said on the
telephone.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from voice_models.g2p import normalize


def dialogue_texts(paths: Iterable[Path]) -> list[str]:
    """Examples of NLU files and every text of wording files under these files or folders, normalised, in file order."""
    files = [file for path in paths for file in (sorted(path.rglob("*.yml")) if path.is_dir() else [path])]
    found = [text for file in files for text in _strings(yaml.safe_load(file.read_text(encoding="utf-8")))]
    return [text for text in map(normalize, found) if text]


def _strings(node: Any) -> Iterator[str]:
    """Texts of a YAML tree: the lines of `examples` blocks without their annotations, `text` and plain strings."""
    if isinstance(node, str):
        for line in node.splitlines():
            spoken = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line.strip().removeprefix("- "))
            yield re.sub(r"\{[^}]*\}", " ", spoken)
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in ("intent", "version", "lookup", "regex", "synonym", "source"):
                yield from _strings(value)
