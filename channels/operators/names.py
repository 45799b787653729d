"""Whose names and numbers must not be read in what was said at an address: everybody who gave it, and their helpers (X8, X34)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking

PEOPLE = text("""
SELECT w.value AS address, p.given_name, p.family_name, p.identifier, h.name AS helper
  FROM (SELECT value, patient_id, contact_person_id FROM contact_points WHERE value = ANY(:addresses)
         UNION SELECT address, patient_id, NULL FROM conversations WHERE address = ANY(:addresses) AND patient_id IS NOT NULL) w
  JOIN patients p ON p.id = w.patient_id LEFT JOIN contact_persons h ON h.id = w.contact_person_id
""")


@dataclass(slots=True)
class Known:
    """Names and identifiers that are hidden."""

    names: set[str] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)

    def masked(self, body: str) -> str:
        """A text without them."""
        return masking.text(body, names=self.names, identifiers=self.identifiers)


def known_at(session: Session, addresses: Iterable[str]) -> dict[str, Known]:
    """By address what is to be hidden; every address asked for has an entry."""
    wanted = {address: Known() for address in addresses}
    for row in session.execute(PEOPLE, {"addresses": list(wanted)}):
        known = wanted[row.address]
        known.names |= {part for part in (row.given_name, row.family_name, row.helper) if part}
        known.identifiers.add(row.identifier)
    return wanted
