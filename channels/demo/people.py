"""Who lives in the demonstration. Every name, number and clinic is made up; no message leaves this machine.

The PESEL numbers have wrong check digits on purpose: they are nobody's. Only who is to identify himself has a right one, that of textbooks.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from channels.simulator.subscribers import Telephone
from registry.catalogue import Category


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic with one place and one cardiologist; the point in degrees."""

    code: str
    name: str
    street: str
    postcode: str
    city: str
    phone: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Person:
    """A patient; `helper` is the contact person whose telephone `number` is (R96), `code` that of his referral where it is told."""

    pesel: str
    given_name: str
    family_name: str
    born: date
    number: str
    note: str
    category: Category = "stable"
    helper: tuple[str, str] | None = None
    code: str | None = None


CLINICS: Final = (
    Clinic("040701", "Przychodnia Specjalistyczna Solanki", "ul. Solankowa 12", "88-100", "Inowrocław", "+48523570101", 52.793, 18.243),
    Clinic("046301", "Poradnia Kardiologiczna Bulwar", "ul. Bulwar Filadelfijski 3", "87-100", "Toruń", "+48566220202", 53.010, 18.604),
)

WEEK_AHEAD: Final = Person(
    "44020861983", "Janina", "Kowalczyk", date(1944, 2, 8), "+48601200301",
    "82 lata. Za tydzień ma wizytę u kardiologa. Od niej zaczyna się historia: prosimy odpisać, że nie przyjdzie.",
)  # fmt: skip
FIRST_WAITING: Final = Person(
    "58111207635", "Stanisław", "Nowak", date(1958, 11, 12), "+48601200302",
    "Czeka w poczekalni, skierowanie pilne: pierwszy w kolejce.", "urgent",
)  # fmt: skip
SECOND_WAITING: Final = Person(
    "71063014207", "Barbara", "Wiśniewska", date(1971, 6, 30), "+48601200303",
    "Czeka w poczekalni, skierowanie stabilne: druga w kolejce.",
)  # fmt: skip
IN_TWO_DAYS: Final = Person(
    "66040709811", "Marek", "Zieliński", date(1966, 4, 7), "+48601200304",
    "Wizyta za dwa do trzech dni: termin oddany tak późno jest kolejnej osobie tylko proponowany.",
)  # fmt: skip
TOMORROW: Final = Person(
    "80122003349", "Ewa", "Lewandowska", date(1980, 12, 20), "+48601200305",
    "Wizyta jutro: terminu oddanego tak późno poczekalnia już nie bierze, zobaczą go wszyscy.",
)  # fmt: skip
SHARED_NUMBER: Final = "+48601200306"
MOTHER: Final = Person(
    "39051500488", "Helena", "Dąbrowska", date(1939, 5, 15), SHARED_NUMBER, "", helper=("Anna Dąbrowska", "córka")
)
DAUGHTER: Final = Person("69090911326", "Anna", "Dąbrowska", date(1969, 9, 9), SHARED_NUMBER, "")

LANDLINE: Final = Person(
    "38091705624", "Zofia", "Kamińska", date(1938, 9, 17), "+48523570110",
    "88 lat, tylko telefon stacjonarny. Zadzwoni do niej automat: prosimy odebrać i odpowiedzieć głosem albo klawiszami.",
)  # fmt: skip

WITHOUT_VISIT: Final = Person(
    "44051401359", "Henryk", "Wójcik", date(1944, 5, 14), "+48601200307",
    "Ma skierowanie, a wizyty jeszcze nie. Umówi ją tu albo w czacie: PESEL 44051401359, kod skierowania 4812. Wolne terminy są w Toruniu.",
    code="4812",
)  # fmt: skip

E_MAIL: Final = Person(
    "52071412968", "Irena", "Mazur", date(1952, 7, 14), "irena.mazur@poczta.example",
    "Nie ma telefonu, tylko e-mail. Jej listy są w skrzynce pocztowej: wizytę odwołuje się przyciskiem z listu.",
)  # fmt: skip

PEOPLE: Final = (WEEK_AHEAD, FIRST_WAITING, SECOND_WAITING, IN_TWO_DAYS, TOMORROW, WITHOUT_VISIT, MOTHER, DAUGHTER, LANDLINE, E_MAIL)

TELEPHONES: Final = (
    *(Telephone(one.number, "mobile", f"{one.given_name} {one.family_name}", one.note) for one in PEOPLE[:6]),
    Telephone(
        SHARED_NUMBER, "mobile", "Anna Dąbrowska",
        "Jeden telefon, dwie wizyty: jej własna i jej mamy Heleny. System musi zapytać, o którą chodzi.",
    ),
    Telephone(LANDLINE.number, "landline", f"{LANDLINE.given_name} {LANDLINE.family_name}", LANDLINE.note),
)  # fmt: skip
