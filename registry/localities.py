"""Where a postcode or a town is, by the places that the registry itself knows: no list of towns is kept beside them."""

from typing import NamedTuple

from rapidfuzz import fuzz, process
from sqlalchemy import text
from sqlalchemy.orm import Session

ALIKE = 80.0  # of 100: "lodzi" is Łódź and "krakowie" Kraków, "radom" is not Radomsko

AROUND_CODE = text("""
SELECT avg(latitude), avg(longitude) FROM places
 WHERE length(postcode) = 6 AND left(postcode, :length) = left(CAST(:code AS text), :length)
HAVING count(*) > 0
""")
CITIES = text("SELECT DISTINCT city, translate(lower(city), 'ąćęłńóśźż', 'acelnoszz') AS folded FROM places")
AROUND_CITY = text("SELECT avg(latitude), avg(longitude) FROM places WHERE city = :city")
CODE_PARTS = (6, 4, 2)  # the very code, its delivery area, its district


NEAREST = text("""
SELECT postcode, city FROM places
 ORDER BY (latitude - :latitude) ^ 2 + ((longitude - :longitude) * cos(radians(:latitude))) ^ 2, id LIMIT 1
""")


class Point(NamedTuple):
    """A point in degrees."""

    latitude: float
    longitude: float


def of_postcode(session: Session, code: str) -> Point | None:
    """The middle of the places with this postcode NN-NNN, or of those that share most of its beginning; None for a code of nowhere."""
    for length in CODE_PARTS:
        row = session.execute(AROUND_CODE, {"code": code, "length": length}).one_or_none()
        if row is not None:
            return Point(*row)
    return None


def of_town(session: Session, name: str) -> Point | None:
    """The middle of a town's places; `name` is folded and may be inflected. None for a town without one."""
    towns = {row.folded: row.city for row in session.execute(CITIES)}
    found = process.extractOne(name, towns.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return None if found is None else Point(*session.execute(AROUND_CITY, {"city": towns[found[0]]}).one())


def nearest(session: Session, latitude: float, longitude: float) -> tuple[str, str] | None:
    """Postcode and town of the place nearest to a point in degrees: what a person calls it. None where there are no places at all."""
    row = session.execute(NEAREST, {"latitude": latitude, "longitude": longitude}).one_or_none()
    return None if row is None else (row.postcode, row.city)
