"""Invented patients: who they are, where they live, what they wish for. Nothing is kept of them here; a number makes them again."""

from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random

from sqlalchemy.orm import Session

from registry import out_of_turn, people
from registry.announcements import Person
from registry.catalogue import Category
from registry.events import Actor
from registry.people import ContactPoint, Patient
from registry.pesel import checksum
from registry.referrals import Referral
from registry.waiting_room import Criteria

DESK = Actor("registrar", "desk")
GIVEN = ("Anna", "Maria", "Jan", "Stanisław", "Zofia", "Krystyna", "Józef", "Andrzej", "Łucja", "Żaneta", "Paweł", "Grażyna")
FAMILY = ("Nowak", "Kowalska", "Wiśniewski", "Wójcik", "Kamińska", "Lewandowski", "Zielińska", "Szymański", "Dąbrowska", "Źrebiec")
# name, latitude, longitude, thousands of people
CITIES = (
    ("Warszawa", 52.23, 21.01, 1860), ("Kraków", 50.06, 19.94, 800), ("Wrocław", 51.11, 17.03, 670), ("Łódź", 51.76, 19.46, 650),
    ("Poznań", 52.41, 16.93, 540), ("Gdańsk", 54.35, 18.65, 480), ("Szczecin", 53.43, 14.55, 390), ("Bydgoszcz", 53.12, 18.01, 330),
    ("Lublin", 51.25, 22.57, 330), ("Białystok", 53.13, 23.16, 290), ("Katowice", 50.26, 19.02, 280), ("Rzeszów", 50.04, 22.00, 195),
    ("Kielce", 50.87, 20.63, 185), ("Olsztyn", 53.78, 20.48, 170), ("Opole", 50.67, 17.92, 125), ("Zielona Góra", 51.94, 15.50, 140),
)  # fmt: skip
URGENT, ENTITLED, LANDLINE, EMAIL_ONLY, SHARED = 0.18, 0.02, 0.08, 0.02, 0.03


class People:
    """Makes patients one after another; the same seed makes the same ones."""

    def __init__(self, dice: Random, cities: int) -> None:
        """The dice of this simulation, and how many cities its country has: a small country lives around its few clinics."""
        self._dice, self._cities = dice, CITIES[:cities]
        self._numbers = count(1)
        self._last_mobile = "+48500000000"

    def near(self) -> tuple[str, float, float]:
        """Where somebody lives: a city by its size, and a point in or around it, in degrees."""
        name, latitude, longitude, _ = self._dice.choices(self._cities, [city[3] for city in self._cities])[0]
        return name, latitude + self._dice.gauss(0, 0.08), longitude + self._dice.gauss(0, 0.12)

    def stranger(self) -> Person:
        """Somebody whom a clinic has booked in its own system."""
        number = next(self._numbers)
        born = date(1930, 1, 1) + timedelta(days=(number % 10_000 * 7919 + number // 10_000) % 25_550)  # no two share day and number
        category: Category = "urgent" if self._dice.random() < URGENT else "stable"
        return Person(pesel(born, number), self._dice.choice(GIVEN), self._dice.choice(FAMILY), born, self._contact(number), category)

    def _contact(self, number: int) -> str:
        chance = self._dice.random()
        if chance < LANDLINE:
            return f"+4822{number % 10_000_000:07}"
        if chance < LANDLINE + EMAIL_ONLY:
            return f"p{number}@example.com"
        if chance < LANDLINE + EMAIL_ONLY + SHARED:
            return self._last_mobile  # a spouse's (X8)
        self._last_mobile = f"+48{500_000_000 + number % 400_000_000}"
        return self._last_mobile

    def register(self, session: Session, *, provider_id: int, now: datetime) -> tuple[Patient, ContactPoint, Referral]:
        """A patient with a referral, who comes to the system for the first time; some with a right to be seen out of turn."""
        person = self.stranger()
        patient = people.register_patient(
            session, identifier=person.identifier, given_name=person.given_name, family_name=person.family_name,
            birth_date=person.birth_date, now=now,
        )  # fmt: skip
        contact = people.add_contact(session, patient.id, person.contact or "", now=now)
        referral = Referral(
            patient_id=patient.id, service="CARDIO_FIRST", code=f"{self._dice.randrange(10_000):04}", category=person.category,
            valid_until=None, state="issued", issued_at=now,
        )  # fmt: skip
        session.add(referral)
        session.flush()
        if self._dice.random() < ENTITLED:
            out_of_turn.grant(session, patient.id, "inwalida wojenny", provider_id=provider_id, actor=DESK, now=now)
        return patient, contact, referral

    def wishes(self, today: date) -> Criteria:
        """What somebody asks for: most within some tens of kilometres at any time, some only on certain days or hours."""
        _, latitude, longitude = self.near()
        chance, circle = self._dice.random(), self._dice.random()
        days = frozenset(self._dice.sample(range(1, 6), 3)) if self._dice.random() < 0.2 else frozenset(range(1, 8))
        return Criteria(
            today + timedelta(days=self._dice.choice((0, 0, 0, 7, 14))), today + timedelta(days=90) if self._dice.random() < 0.05 else None,
            time(12) if chance < 0.15 else None, time(11, 30) if 0.15 <= chance < 0.3 else None, days,
            None if circle < 0.1 else latitude, None if circle < 0.1 else longitude,
            None if circle < 0.1 else self._dice.choice((20.0, 30.0, 50.0, 100.0)),
        )  # fmt: skip


def pesel(born: date, number: int) -> str:
    """Eleven digits that are nobody's: the check digit is wrong on purpose."""
    month = born.month + (20 if born.year >= 2000 else 0)
    ten = f"{born.year % 100:02}{month:02}{born.day:02}{number % 10_000:04}"
    return f"{ten}{(int(checksum(ten)) + 1) % 10}"
