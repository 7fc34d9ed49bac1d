"""Points on the map (坐标): always with a datum, converted and never mixed.

GCJ-02 is WGS-84 with the offset that Chinese maps carry, BD-09 a second offset on top; in Yuzhong mixing
the first two moves a point by 479 m and changes the nearest outlet for a fifth of the requests
(courier.md §1). Forward formulas are the public ones; the inverses are iterated to the precision of a
double, because the usual closed inverse is metres off.
"""

import math
from collections.abc import Callable

from geopy.distance import geodesic
from pydantic import Field

from domain.model import Frozen
from domain.terms import Datum

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS-84, metres

_GCJ_AXIS_M = 6_378_245.0  # Krasovsky 1940, on which GCJ-02 is built
_GCJ_ECCENTRICITY2 = 0.006_693_421_622_965_943
_BD_ANGLE = math.pi * 3000.0 / 180.0

# An equirectangular plane over the district: 0.01 m off per kilometre, enough for travel times.
_PLANE_LAT = 29.5500
_PLANE_LON = 106.5450


class DatumMixedError(ValueError):
    """Two points of different datum met without a conversion."""


class Point(Frozen):
    """A place (点位): degrees north and east, and the datum that they are in."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    datum: Datum

    def to(self, datum: Datum) -> "Point":
        """The same place in another datum; the identity outside China, where GCJ-02 has no offset."""
        if datum is self.datum:
            return self
        wgs = _TO_WGS[self.datum](self.lat, self.lon)
        lat, lon = _FROM_WGS[datum](*wgs)
        return Point(lat=lat, lon=lon, datum=datum)


def haversine_m(one: Point, other: Point) -> float:
    """Great-circle distance in metres; within 0.32 % of the ellipsoid here (courier.md §6). For ranking.

    Raises:
        DatumMixedError: the points are in different datums.
    """
    if one.datum is not other.datum:
        raise DatumMixedError(f"{one.datum} met {other.datum}: convert first")
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    half_lat = math.sin((lat2 - lat1) / 2)
    half_lon = math.sin(math.radians(other.lon - one.lon) / 2)
    chord = half_lat * half_lat + math.cos(lat1) * math.cos(lat2) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))


def geodesic_m(one: Point, other: Point) -> float:
    """Distance on the WGS-84 ellipsoid in metres, converting both. 200 times slower: for stored values."""
    here, there = one.to(Datum.WGS84), other.to(Datum.WGS84)
    return float(geodesic((here.lat, here.lon), (there.lat, there.lon)).meters)


def plane_m(point: Point) -> tuple[float, float]:
    """(x east, y north) in metres on the dispatcher's plane; its origin lies in the middle of the district."""
    wgs = point.to(Datum.WGS84)
    x = math.radians(wgs.lon - _PLANE_LON) * EARTH_RADIUS_M * math.cos(math.radians(_PLANE_LAT))
    return x, math.radians(wgs.lat - _PLANE_LAT) * EARTH_RADIUS_M


_Pair = tuple[float, float]


def _same(lat: float, lon: float) -> _Pair:
    return lat, lon


def _in_china(lat: float, lon: float) -> bool:
    """The rectangle in which the offset is applied, as in every public implementation."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def _wgs_to_gcj(lat: float, lon: float) -> _Pair:
    if not _in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    ripple = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    sine = math.sin(math.radians(lat))
    bulge = 1 - _GCJ_ECCENTRICITY2 * sine * sine
    meridian = _GCJ_AXIS_M * (1 - _GCJ_ECCENTRICITY2) / (bulge * math.sqrt(bulge))
    parallel = _GCJ_AXIS_M / math.sqrt(bulge) * math.cos(math.radians(lat))
    return lat + math.degrees(north / meridian), lon + math.degrees(east / parallel)


def _gcj_to_bd(lat: float, lon: float) -> _Pair:
    radius = math.hypot(lat, lon) + 0.00002 * math.sin(lat * _BD_ANGLE)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _BD_ANGLE)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


def _inverse(forward: Callable[[float, float], _Pair], lat: float, lon: float) -> _Pair:
    """The place that `forward` carries to (lat, lon), by fixed-point iteration (contracts by > 100 a step)."""
    guess_lat, guess_lon = lat, lon
    for _ in range(12):
        hit_lat, hit_lon = forward(guess_lat, guess_lon)
        miss_lat, miss_lon = lat - hit_lat, lon - hit_lon
        guess_lat, guess_lon = guess_lat + miss_lat, guess_lon + miss_lon
        if abs(miss_lat) < 1e-13 and abs(miss_lon) < 1e-13:
            break
    return guess_lat, guess_lon


def _gcj_to_wgs(lat: float, lon: float) -> _Pair:
    return _inverse(_wgs_to_gcj, lat, lon)


def _bd_to_wgs(lat: float, lon: float) -> _Pair:
    return _gcj_to_wgs(*_inverse(_gcj_to_bd, lat, lon))


def _wgs_to_bd(lat: float, lon: float) -> _Pair:
    return _gcj_to_bd(*_wgs_to_gcj(lat, lon))


_TO_WGS: dict[Datum, Callable[[float, float], _Pair]] = {
    Datum.WGS84: _same,
    Datum.GCJ02: _gcj_to_wgs,
    Datum.BD09: _bd_to_wgs,
}
_FROM_WGS: dict[Datum, Callable[[float, float], _Pair]] = {
    Datum.WGS84: _same,
    Datum.GCJ02: _wgs_to_gcj,
    Datum.BD09: _wgs_to_bd,
}
