"""Which languages this machine can hear, and why it cannot hear the others: so that whoever runs the service is told, not only its log.

A language that is not heard has its calls on keys alone; one bad model does not take the ears for the others away.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from voice_models.probe import misheard
from voice_models.recognizer import Model

NEEDED: Final = ("pl",)
"""Languages that every installation is meant to hear; others are extras, missed by nobody until their model is brought."""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A language whose calls run on keys alone: it has no model (`missing`), or one that cannot be used here (`broken`: `model`)."""

    language: str
    why: Literal["missing", "broken"]
    model: str = ""


def proven(folder: Path, language: str) -> Model:
    """Load a model and hear whether it hears. Raises OSError for one that Vosk cannot load or that mishears plain words here."""
    model = Model(folder)
    if wrong := misheard(model.loaded, language):
        raise OSError(f"{folder} mishears plain words on this machine ({', '.join(wrong)})")
    return model


def usable(folders: Mapping[str, Path]) -> tuple[dict[str, Model], dict[Unheard, str]]:
    """The models that can be used, by language; and what is not heard, each with the technical reason."""
    models: dict[str, Model] = {}
    unheard = {Unheard(language, "missing"): "no model" for language in NEEDED if language not in folders}
    for language, folder in folders.items():
        try:
            models[language] = proven(folder, language)
        except OSError as error:
            unheard[Unheard(language, "broken", folder.name)] = str(error)
    return models, unheard
