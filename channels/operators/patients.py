"""One patient as an operator needs him on the telephone: visits, offers, places in the waiting room, referrals; without a name (X33, X34).

A clinic's own people see a patient who has or had a visit there, and of him only what is about their clinic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from channels.operators import masking, seen, words
from registry import patient_names, people, privacy, prospects
from registry.catalogue import POLICY, Category, service
from registry.people import InvalidContact
from registry.pesel import NotAPesel, check
from registry.rules import WARSAW, keeps_place
from registry.waiting_room import Criteria, Entry, criteria_of

MOST: Final = 10
MOST_FOUND: Final = 20


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit or an offer of the last two months or to come; `open` can still be acted on. `returns` counts those given up before (D1).

    `kept`: it is cancelled, which is carried out when the clinic's schedules may change again (R119). `category` is that of its claim.
    """

    id: int
    version: int
    status: str
    service: str
    visit_type: str
    starts_at: datetime
    clinic: str
    address: str
    phone: str
    confirmed: bool
    expires_at: datetime | None
    returns: int
    open: bool
    kept: bool
    category: Category
    provider_id: int
    slot_id: int

    @property
    def seen(self) -> str:
        """What a form says that its page showed."""
        return seen.of_visit(self.version, self.status, confirmed=self.confirmed, kept=self.kept)

    @property
    def local_date(self) -> date:
        """Its Warsaw day."""
        return self.starts_at.astimezone(WARSAW).date()

    @property
    def state(self) -> str:
        """Its status in the words of the page: a confirmation and a kept cancellation are states of their own."""
        return self.seen.partition("-")[2]

    @property
    def movable(self) -> bool:
        """First visits and exams move here; a control visit is its clinic's to move (R75)."""
        return self.open and self.status == "booked" and self.visit_type in ("first", "screening")

    @property
    def loses_place(self) -> bool:
        """Whether the place in the queue is lost when this visit is cancelled (D1)."""
        return not keeps_place(self.returns + 1, POLICY)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place in the waiting room, with the dates that are expected (R64); None where none can be."""

    id: int
    service: str
    category: str
    joined_at: datetime
    returns: int
    expected: date | None
    latest: date | None
    criteria: Criteria
    seen: str


@dataclass(frozen=True, slots=True)
class Right:
    """A referral that gives a right to a first visit and is not used by one yet; of one who waits, with the category of the wait."""

    id: int
    service: str
    category: Category


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation of the patient's: his address is masked; what came of it last, and whether a person is needed."""

    id: int
    channel: str
    address: str
    at: datetime
    outcome: str | None
    needs_person: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """Who it is, as far as an operator may read it; nobody any more once `erased` (X34)."""

    id: int
    initials: str
    born: int
    died: bool
    erased: bool
    addresses: tuple[tuple[str, str], ...]
    talks: tuple[Talk, ...]
    visits: tuple[Visit, ...]
    waiting: tuple[Waiting, ...]
    rights: tuple[Right, ...]

    @property
    def called(self) -> str:
        """What pages call this patient: by initials, and once erased by number."""
        return words.name("persons", "erased").format(self.id) if self.erased else self.initials


SEEN = """(CAST(:provider_id AS bigint) IS NULL
           OR EXISTS (SELECT 1 FROM appointments s WHERE s.patient_id = p.id AND s.provider_id = :provider_id))"""
PERSON = text(f"""
SELECT p.id, left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS initials, extract(year FROM p.birth_date)::int AS born,
       p.died_at IS NOT NULL AS died, p.identifier_system = :erased AS erased FROM patients p WHERE p.id = :id AND {SEEN}
""")  # noqa: S608  our own words only
ADDRESSES = text("""
SELECT c.value, c.state FROM contact_points c WHERE c.patient_id = :id ORDER BY c.rank, c.id LIMIT 20
""")
# Those of his addresses, and those in which he said who he is (a chat has no address of his).
TALKS = text("""
SELECT v.id, v.channel, v.address, v.last_at, v.outcome, v.needs_person FROM conversations v
 WHERE v.id IN (SELECT a.id FROM contact_points c JOIN conversations a ON a.address = c.value WHERE c.patient_id = :id
                 UNION ALL SELECT o.id FROM conversations o WHERE o.patient_id = :id)
 ORDER BY v.last_at DESC, v.id DESC LIMIT 20
""")
VISITS = text("""
SELECT a.id, a.version, a.status, a.service, a.visit_type, a.starts_at, l.name AS clinic, l.street || ', ' || l.city AS address, l.phone,
       a.confirmed_at IS NOT NULL AS confirmed, a.expires_at, coalesce(e.returns, 0) AS returns, a.provider_id, a.slot_id,
       EXISTS (SELECT 1 FROM kept_cancellations k WHERE k.appointment_id = a.id) AS kept,
       CASE WHEN coalesce(e.category, r.category) = 'urgent' THEN 'urgent' ELSE 'stable' END AS category,
       (a.starts_at > :now AND (a.status = 'booked' OR (a.status = 'proposed' AND a.expires_at > :now))) AS open
  FROM appointments a JOIN places l ON l.id = a.place_id LEFT JOIN entries e ON e.id = a.entry_id
  LEFT JOIN referrals r ON r.id = a.referral_id
 WHERE a.patient_id = :id AND a.starts_at > :now - interval '60 days'
   AND (CAST(:provider_id AS bigint) IS NULL OR a.provider_id = :provider_id)
 ORDER BY (a.starts_at > :now AND a.status IN ('booked', 'proposed')) DESC, a.starts_at DESC, a.id LIMIT :most
""")
RIGHTS = text("""
SELECT r.id, r.service, CASE WHEN 'urgent' IN (w.category, r.category) THEN 'urgent' ELSE 'stable' END AS category
  FROM referrals r LEFT JOIN entries w ON w.patient_id = r.patient_id AND w.service = r.service AND w.state = 'waiting'
 WHERE r.patient_id = :id AND r.state = 'issued' AND (r.valid_until IS NULL OR r.valid_until >= :today)
   AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.patient_id = r.patient_id AND e.service = r.service AND e.state IN ('booked', 'offered'))
   AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.referral_id = r.id AND a.status IN ('proposed', 'booked', 'cancelling'))
 ORDER BY r.id
""")


def find(session: Session, patient_id: int, *, now: datetime, provider_id: int | None = None) -> Patient | None:
    """The patient with this number; None when there is none, or none whom this clinic may see."""
    today = now.astimezone(WARSAW).date()
    facts = {"id": patient_id, "provider_id": provider_id, "now": now, "most": MOST, "today": today, "erased": privacy.ERASED}
    row = session.execute(PERSON, facts).one_or_none()
    if row is None:
        return None
    addresses = dict.fromkeys((masking.address(one.value), one.state) for one in session.execute(ADDRESSES, facts))
    talks = tuple(
        Talk(one.id, one.channel, masking.address(one.address), one.last_at, one.outcome, one.needs_person)
        for one in session.execute(TALKS, facts)
    )
    visits = tuple(Visit(**one) for one in session.execute(VISITS, facts).mappings())
    rights = tuple(Right(*one) for one in session.execute(RIGHTS, facts) if service(one.service).visit_type == "first")
    waiting = _waiting(session, row.id, now)
    return Patient(row.id, row.initials, row.born, row.died, row.erased, tuple(addresses), talks, visits, waiting, rights)


def _waiting(session: Session, patient_id: int, now: datetime) -> tuple[Waiting, ...]:
    numbers = session.scalars(text("SELECT id FROM entries WHERE patient_id = :id AND state = 'waiting' ORDER BY id"), {"id": patient_id})
    found = []
    for entry in (session.get_one(Entry, number) for number in numbers):
        told = prospects.current(session, entry, now=now)
        found.append(Waiting(
            entry.id, entry.service, entry.category, entry.joined_at, entry.returns, told.p50, told.p90, criteria_of(entry),
            seen.of_entry(entry),
        ))  # fmt: skip
    return tuple(found)


BY_PESEL = text(f"SELECT p.id FROM patients p WHERE p.identifier = :given AND {SEEN}")  # noqa: S608
BY_ADDRESS = text(f"""
SELECT DISTINCT p.id FROM contact_points c JOIN patients p ON p.id = c.patient_id
 WHERE c.value = :given AND {SEEN} ORDER BY p.id LIMIT 20
""")  # noqa: S608  our own words only


CALLED: Final = f"""
SELECT f.id FROM (SELECT p.id, p.family_name, p.given_name, p.birth_date FROM patients p
                   WHERE {patient_names.WORDS} @@ CAST(:query AS tsquery) {{seen}} LIMIT :looked_at) f
 ORDER BY f.family_name, f.given_name, f.birth_date, f.id LIMIT :most
"""  # noqa: S608  our own words only
BY_NAME = text(CALLED.format(seen=""))
# A clinic has few of the patients whose names begin with "mar": the database chooses whether to begin with the name or with the clinic.
BY_NAME_THERE = text(CALLED.format(seen="AND p.id IN (SELECT s.patient_id FROM appointments s WHERE s.provider_id = :provider_id)"))
LISTED = text("""
SELECT p.id, left(p.given_name, 1) || '. ' || left(p.family_name, 1) || '.' AS initials, extract(year FROM p.birth_date)::int AS born,
       (SELECT c.value FROM contact_points c WHERE c.patient_id = p.id ORDER BY c.rank, c.id LIMIT 1) AS address
  FROM patients p WHERE p.id = ANY(:ids) ORDER BY array_position(:ids, p.id)
""")


@dataclass(frozen=True, slots=True)
class Listed:
    """One of several who were found, as far as an operator may read it; the address is masked."""

    id: int
    initials: str
    born: int
    address: str


def listed(session: Session, numbers: Sequence[int]) -> list[Listed]:
    """The patients with these numbers, in this order."""
    rows = session.execute(LISTED, {"ids": list(numbers)})
    return [Listed(row.id, row.initials, row.born, masking.address(row.address) if row.address else "") for row in rows]


def matching(session: Session, given: str, *, provider_id: int | None = None) -> Sequence[int]:
    """Patients with this PESEL, reached at this number or mail address (it may be several people's, X8), or called so.

    At most MOST_FOUND and one more, which says that there are others.
    """
    facts: dict[str, Any] = {"provider_id": provider_id}
    try:
        return session.scalars(BY_PESEL, {**facts, "given": check(given)}).all()
    except NotAPesel:
        pass
    if wanted := patient_names.words(given):
        patient_names.by_index_alone(session)
        more = {"query": patient_names.query(wanted), "looked_at": patient_names.LOOKED_AT, "most": MOST_FOUND + 1}
        if found := session.scalars(BY_NAME if provider_id is None else BY_NAME_THERE, {**facts, **more}).all():
            return found
    try:
        return session.scalars(BY_ADDRESS, {**facts, "given": people.classify(given)[0]}).all()
    except InvalidContact:
        return session.scalars(BY_PESEL, {**facts, "given": given.strip().upper()}).all()
