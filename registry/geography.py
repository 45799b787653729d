"""How far apart two places are, as the database computes it."""

from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func

EARTH_KM = 6371.0088  # mean radius (IUGG)
KM_PER_DEGREE = 110.0  # of latitude, rounded down


def distance_km(latitude: Any, longitude: Any, to_latitude: Any, to_longitude: Any) -> ColumnElement[float]:
    """Great-circle kilometres between two points in degrees (haversine); columns or numbers."""
    a, b = (cast(value, Double) for value in (latitude, longitude))
    c, d = (cast(value, Double) for value in (to_latitude, to_longitude))
    chord = func.power(func.sin(func.radians(c - a) / 2), 2) + func.cos(func.radians(a)) * func.cos(func.radians(c)) * func.power(
        func.sin(func.radians(d - b) / 2), 2
    )
    return 2 * EARTH_KM * func.asin(func.sqrt(func.least(chord, 1.0)))
