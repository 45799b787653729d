"""What the readers of one message have made of it, before anybody decides: the grammar's acts and the learned models' shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialogs.understanding.acts import Act, Parsed


@dataclass(frozen=True, slots=True)
class Heard:
    """What the readers made of a message: the grammar's clauses and acts, the model's shares, strange words among all (0 to 1).

    `wordless` are the shares of the second learned reader, which sees the grammar's senses and no word; `withheld` why the message
    as a whole is not meant as it stands: a joke, taken back, broken off.
    """

    parts: Parsed
    acts: Sequence[Act]
    ranked: Sequence[tuple[str, float]]
    foreign: float
    wordless: Mapping[str, float] = field(default_factory=dict)
    withheld: Sequence[str] = ()

    @property
    def shares(self) -> Mapping[str, float]:
        return dict(self.ranked)
