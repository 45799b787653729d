"""Who may do what for a patient, and how sure one must be of who is speaking (X9, X10, D12, R112): one table, as data."""

from enum import IntEnum
from types import MappingProxyType
from typing import Final, Literal, get_args

Role = Literal["patient", "parent", "proxy", "contact_person", "registrar"]
Operation = Literal["see", "confirm", "book", "change", "cancel", "remove", "edit", "verify_child"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)


class Level(IntEnum):
    """How well somebody is identified (D12)."""

    ANYONE = 0
    TOKEN = 1  # the number that was written to or called, and the open visit
    CODE = 2  # PESEL with the referral's code, or the birthday on a call that we made
    STRONG = 3  # a login


# The least level for each operation; what is not here is not allowed. A parent and a proxy act by their own login; a reply to a
# reminder needs none, whoever of them holds the telephone.
MATRIX: Final = MappingProxyType(
    {
        "patient": {
            "see": Level.CODE, "confirm": Level.TOKEN, "book": Level.CODE, "change": Level.CODE, "cancel": Level.TOKEN,
            "remove": Level.TOKEN, "edit": Level.CODE,
        },
        "parent": {
            "see": Level.STRONG, "confirm": Level.TOKEN, "book": Level.STRONG, "change": Level.STRONG, "cancel": Level.TOKEN,
            "remove": Level.TOKEN, "edit": Level.STRONG, "verify_child": Level.STRONG,
        },
        "proxy": {
            "see": Level.STRONG, "confirm": Level.STRONG, "book": Level.STRONG, "change": Level.STRONG, "cancel": Level.STRONG,
            "remove": Level.STRONG, "edit": Level.STRONG,
        },
        "contact_person": {"confirm": Level.TOKEN, "cancel": Level.TOKEN},
        "registrar": {
            "see": Level.STRONG, "confirm": Level.STRONG, "book": Level.STRONG, "change": Level.STRONG, "cancel": Level.STRONG,
            "remove": Level.STRONG, "edit": Level.STRONG,
        },
    }
)  # fmt: skip


class NotAllowed(PermissionError):
    """This person may not do this for the patient, however well identified (X9, R112)."""


class NotIdentified(PermissionError):
    """This person might do it, but must first show better who is speaking (X10, D12)."""


def require(role: Role, operation: Operation, level: Level) -> None:
    """Let an operation pass, or say why not: `NotAllowed` for the role, `NotIdentified` for too low a level."""
    needed = MATRIX[role].get(operation)
    if needed is None:
        raise NotAllowed(role, operation)
    if level < needed:
        raise NotIdentified(needed.name)
