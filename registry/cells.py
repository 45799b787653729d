"""Where waiting entries want to go, in coarse classes: a freed slot looks only at those that may reach its place.

Each entry has one class, computed by the database: anywhere, a wide circle, or a narrower circle by its size and the cell of the map
that its middle lies in. Entries that only name places have none; those are found by the place. A class says who is worth a look, never
who suits: that is the distance's word (R29).
"""

from functools import lru_cache
from math import cos, floor, radians

from registry.geography import KM_PER_DEGREE

ANYWHERE, WIDE = -1, -2
SIZES = (10.0, 30.0, 50.0, 100.0)  # kilometres; larger circles are wide
ROWS, COLUMNS = 4.0, 2.5  # cells for each degree of latitude and longitude: some 28 km

# The class of an entry, as a generated column; the same arithmetic as `_key`.
OF_ENTRY = """CASE WHEN radius_km IS NULL THEN CASE WHEN place_ids IS NULL THEN -1 END WHEN radius_km > 100 THEN -2
ELSE CASE WHEN radius_km <= 10 THEN 0 WHEN radius_km <= 30 THEN 1 WHEN radius_km <= 50 THEN 2 ELSE 3 END * 1000000
+ (floor(latitude * 4) + 400) * 1000 + floor(longitude * 2.5) + 500 END::bigint"""


def _key(size: int, row: int, column: int) -> int:
    return size * 1_000_000 + (row + 400) * 1000 + column + 500


@lru_cache(maxsize=4096)
def reaching(latitude: float, longitude: float) -> tuple[int, ...]:
    """The classes in which an entry may be whose circle holds this point, in degrees."""
    found = [ANYWHERE, WIDE]
    for size, radius in enumerate(SIZES):
        height = radius / KM_PER_DEGREE + 0.001
        width = height / max(cos(radians(min(abs(latitude) + height, 90.0))), 0.01)
        rows = range(floor((latitude - height) * ROWS), floor((latitude + height) * ROWS) + 1)
        found += [_key(size, row, column) for row in rows for column in _columns(longitude, width)]
    return tuple(found)


def _columns(longitude: float, width: float) -> range:
    if abs(longitude) + width >= 180:  # across the date line
        return range(floor(-180 * COLUMNS), floor(180 * COLUMNS) + 1)
    return range(floor((longitude - width) * COLUMNS), floor((longitude + width) * COLUMNS) + 1)
