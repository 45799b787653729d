"""Who may do what at the console: one table of roles and rights, as data (X33).

An operator talks with patients and acts for them, masked, and marks what was read wrongly. A supervisor may also look behind the
mask, with a reason, save views of the list for everybody, take marked readings out for training, and sees the figures. An administrator
may all that and keeps the accounts. An auditor reads what everybody did and the figures, changes nothing, and sees no more of anybody
than an operator.
"""

from types import MappingProxyType
from typing import Final, Literal, get_args

Right = Literal["look", "act", "share", "unmask", "teach", "figures", "accounts", "audit"]
Role = Literal["operator", "supervisor", "administrator", "auditor"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
RIGHTS: Final = MappingProxyType(
    {
        "operator": frozenset[Right]({"look", "act"}),
        "supervisor": frozenset[Right]({"look", "act", "share", "unmask", "teach", "figures"}),
        "administrator": frozenset[Right]({"look", "act", "share", "unmask", "teach", "figures", "accounts", "audit"}),
        "auditor": frozenset[Right]({"look", "figures", "audit"}),
    }
)


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; a role that is not in the table has none."""
    return right in RIGHTS.get(role, frozenset())
