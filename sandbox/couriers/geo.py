"""Where things are, for people who travel: metres on the ground and seconds on the way."""

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True)
class Place:
    """A point; the played world lives in one datum at a time, the one of the address."""

    lat: float
    lon: float

    def metres_to(self, other: "Place") -> float:
        """Great-circle distance."""
        lat0, lat1 = math.radians(self.lat), math.radians(other.lat)
        half_lat, half_lon = (lat1 - lat0) / 2, math.radians(other.lon - self.lon) / 2
        a = math.sin(half_lat) ** 2 + math.cos(lat0) * math.cos(lat1) * math.sin(half_lon) ** 2
        return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(a))

    def moved(self, north_m: float, east_m: float) -> "Place":
        """This point, a few metres away."""
        lat = self.lat + math.degrees(north_m / EARTH_RADIUS_M)
        lon = self.lon + math.degrees(east_m / (EARTH_RADIUS_M * math.cos(math.radians(self.lat))))
        return Place(lat, lon)


@dataclass(frozen=True)
class Pace:
    """How couriers move in a mountain city: speed as the crow flies, stretched by a detour, plus door time."""

    speed_kmh: float = 12
    detour: float = 1.3
    door_s: float = 180
    hall_s: float = 60

    def travel_s(self, start: Place, end: Place) -> float:
        """Business seconds from one place to another."""
        return start.metres_to(end) * self.detour / (self.speed_kmh / 3.6)
