"""What a sentence about the registry is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """A sentence that must always hold: its name, the rules that it follows from, and a query for the rows that break it.

    The query gives their numbers as `id`, of the table `of`. It may use `{services}`, `{matrix}` and `{active}`, and the values of
    the policy as bound parameters.
    """

    name: str
    cites: str
    of: str
    query: str
