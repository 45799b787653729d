"""The project's files in Rasa's format, read once and strictly: what is written there and not read here would be a silent lie."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from dialogs.project import domain as domain_files
from dialogs.project import rules as rule_files
from dialogs.project.configuration import check_configuration
from dialogs.project.domain import Domain, MemorySlot, SlotMapping
from dialogs.project.located import Refused
from dialogs.project.rules import Rule, Rules
from dialogs.project.training import check_training

FOLDER: Final = Path(__file__).resolve().parent.parent

__all__ = ["FOLDER", "Domain", "MemorySlot", "Project", "Refused", "Rule", "Rules", "SlotMapping", "load", "shipped"]


@dataclass(frozen=True, slots=True)
class Project:
    """What the conversation consists of and how it decides."""

    domain: Domain
    rules: Rules


def load(folder: Path) -> Project:
    """The project of a folder; `Refused` with file and line for whatever of Rasa's format is not read here."""
    check_configuration(folder / "config.yml")
    domain = domain_files.load(folder / "domain")
    check_training(folder / "data" / "nlu", domain)
    return Project(domain, rule_files.load(folder / "data" / "rules", domain))


@cache
def shipped() -> Project:
    """The project of this package."""
    return load(FOLDER)
