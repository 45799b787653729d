"""Who may do what at the console: one table of roles and rights, as data (X33).

An operator talks with patients and acts for them, masked, and marks what was read wrongly. A supervisor may also look behind the
mask, with a reason, save views of the list for everybody, take marked readings out for training, and sees the figures. An administrator
may all that, keeps the accounts, and hands over or erases what is kept of one person (X34); one confined to a clinic does not do the
last, for a person's data are of every clinic. An auditor reads what everybody did and the figures, changes nothing, and sees no more of
anybody than an operator.
"""

from types import MappingProxyType
from typing import Final, Literal, get_args

Right = Literal["look", "act", "share", "unmask", "teach", "figures", "accounts", "audit", "own_data"]
Role = Literal["operator", "supervisor", "administrator", "auditor"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
RIGHTS: Final = MappingProxyType(
    {
        "operator": frozenset[Right]({"look", "act"}),
        "supervisor": frozenset[Right]({"look", "act", "share", "unmask", "teach", "figures"}),
        "administrator": frozenset[Right]({"look", "act", "share", "unmask", "teach", "figures", "accounts", "audit", "own_data"}),
        "auditor": frozenset[Right]({"look", "figures", "audit"}),
    }
)
CENTRAL: Final = frozenset[Right]({"own_data"})
"""What nobody may who is confined to a clinic: a person's data are of every clinic."""


def may(role: str, right: Right, *, confined: bool = False) -> bool:
    """Whether a role has a right, or has it although confined to a clinic; a role that is not in the table has none."""
    return right in RIGHTS.get(role, frozenset()) and not (confined and right in CENTRAL)
