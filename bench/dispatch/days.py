"""Synthetic days of courier.md §6: where and when people ask for a courier.

Everything is invented on purpose (no personal data, no measured demand): the outline is hand-drawn around
the ten outlet points of courier.md §10, in local metres east and north of 106.545 E, 29.550 N.
"""

import hashlib
import math
import random
from dataclasses import dataclass
from functools import cache

DAY_S = 8 * 3600
ON_TIME_S = 3600
SERVICE_S = 180.0
SPEED_M_PER_S = 12_000 / 3600
DETOUR = 1.3
AREA_M2 = 19.2e6
TRAINING_SEED = 999
CLUSTERED_SHARE = 0.5
CLUSTER_SIGMA_M = 300.0
# (share, mean s, sigma s) of the two peaks; the rest of the day is even
PEAKS = ((0.3, 2.0 * 3600, 3000.0), (0.3, 6.0 * 3600, 3000.0))

# courier.md §10: two names are certain, all points are guesses within 0.5-1 km
OUTLETS = {
    "石油路": (-4067.0, -1719.0),
    "打铜街": (3680.0, 1220.0),
    "解放碑": (3099.0, 832.0),
    "两路口": (194.0, 333.0),
    "大坪": (-2615.0, -1054.0),
    "化龙桥": (-2905.0, 832.0),
    "上清寺": (-194.0, 1386.0),
    "菜园坝": (484.0, -111.0),
    "七星岗": (1840.0, 887.0),
    "朝天门": (4067.0, 1774.0),
}

# hand-drawn peninsula, clockwise from its eastern tip; scaled about its centre to AREA_M2
_SKETCH = (
    (4700.0, 2250.0),
    (4450.0, 1350.0),
    (3600.0, 550.0),
    (2600.0, 200.0),
    (1700.0, -50.0),
    (900.0, -500.0),
    (-200.0, -750.0),
    (-1300.0, -1250.0),
    (-2400.0, -1700.0),
    (-3500.0, -2200.0),
    (-4500.0, -2250.0),
    (-4850.0, -1600.0),
    (-4500.0, -600.0),
    (-3900.0, 300.0),
    (-3400.0, 1050.0),
    (-2500.0, 1450.0),
    (-1500.0, 1500.0),
    (-600.0, 1750.0),
    (400.0, 1750.0),
    (1500.0, 1500.0),
    (2600.0, 1550.0),
    (3700.0, 2100.0),
)


@dataclass(frozen=True)
class Visit:
    """One request of a day: place in metres, times in seconds after opening."""

    id: str
    x: float
    y: float
    released: float
    deadline: float
    service_s: float = SERVICE_S


@dataclass(frozen=True)
class Day:
    """A synthetic day: requests in order of release and where the couriers stand at opening."""

    seed: int
    visits: tuple[Visit, ...]
    starts: tuple[tuple[float, float], ...]
    speed_m_per_s: float = SPEED_M_PER_S

    def travel(self, x0: float, y0: float, x1: float, y1: float) -> float:
        """Seconds from one point to the other: straight line times detour."""
        return math.hypot(x1 - x0, y1 - y0) * DETOUR / self.speed_m_per_s


def area_m2(polygon: tuple[tuple[float, float], ...]) -> float:
    """Shoelace area."""
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def _scaled(polygon: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    factor = math.sqrt(AREA_M2 / area_m2(polygon))
    cx = sum(x for x, _ in polygon) / len(polygon)
    cy = sum(y for _, y in polygon) / len(polygon)
    return tuple((cx + (x - cx) * factor, cy + (y - cy) * factor) for x, y in polygon)


OUTLINE = _scaled(_SKETCH)


def inside(x: float, y: float, polygon: tuple[tuple[float, float], ...] = OUTLINE) -> bool:
    """Even-odd rule."""
    odd = False
    for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            odd = not odd
    return odd


def _anywhere(rng: random.Random) -> tuple[float, float]:
    xs, ys = [x for x, _ in OUTLINE], [y for _, y in OUTLINE]
    while True:
        x, y = rng.uniform(min(xs), max(xs)), rng.uniform(min(ys), max(ys))
        if inside(x, y):
            return x, y


def _near_outlet(rng: random.Random) -> tuple[float, float]:
    cx, cy = rng.choice(list(OUTLETS.values()))
    while True:
        x, y = rng.gauss(cx, CLUSTER_SIGMA_M), rng.gauss(cy, CLUSTER_SIGMA_M)
        if inside(x, y):
            return x, y


def _release(rng: random.Random) -> float:
    draw = rng.random()
    for share, mean, sigma in PEAKS:
        if draw < share:
            while True:
                moment = rng.gauss(mean, sigma)
                if 0 <= moment < DAY_S:
                    return moment
        draw -= share
    return rng.uniform(0, DAY_S)


def visits_of(seed: int, requests: int, service_s: float = SERVICE_S) -> tuple[Visit, ...]:
    """The requests of one day in order of release; times in whole seconds so that solvers see the same day."""
    rng = random.Random(f"day-{seed}-{requests}")
    drawn = []
    for _ in range(requests):
        clustered = rng.random() < CLUSTERED_SHARE
        x, y = _near_outlet(rng) if clustered else _anywhere(rng)
        drawn.append((float(round(_release(rng))), round(x, 1), round(y, 1)))
    drawn.sort()
    return tuple(
        Visit(f"r{place:03d}", x, y, released, released + ON_TIME_S, service_s)
        for place, (released, x, y) in enumerate(drawn)
    )


@cache
def courier_starts(couriers: int) -> tuple[tuple[float, float], ...]:
    """Start points by expected demand: k-means centres of the training day, never of the day itself."""
    points = [(v.x, v.y) for v in visits_of(TRAINING_SEED, 600)]
    rng = random.Random(f"starts-{couriers}")
    best: tuple[float, list[tuple[float, float]]] | None = None
    for _ in range(8):
        centres = rng.sample(points, couriers)
        for _ in range(30):
            centres = _moved(points, centres)
        spread = sum(min((x - a) ** 2 + (y - b) ** 2 for a, b in centres) for x, y in points)
        if best is None or spread < best[0]:
            best = (spread, centres)
    assert best is not None
    return tuple((round(x, 1), round(y, 1)) for x, y in sorted(best[1]))


def _moved(points: list[tuple[float, float]], centres: list[tuple[float, float]]) -> list[tuple[float, float]]:
    groups: list[list[tuple[float, float]]] = [[] for _ in centres]
    for x, y in points:
        distances = [(x - a) ** 2 + (y - b) ** 2 for a, b in centres]
        groups[distances.index(min(distances))].append((x, y))
    return [
        (sum(x for x, _ in g) / len(g), sum(y for _, y in g) / len(g)) if g else c
        for g, c in zip(groups, centres, strict=True)
    ]


def day(seed: int, requests: int, couriers: int, *, speed_km_per_h: float = 12.0, service_s: float = SERVICE_S) -> Day:
    """One synthetic day."""
    return Day(seed, visits_of(seed, requests, service_s), courier_starts(couriers), speed_km_per_h / 3.6)


def outlet_day(seed: int, requests: int) -> Day:
    """The same requests with one courier at each outlet, for the circles-as-walls baseline."""
    return Day(seed, visits_of(seed, requests), tuple(OUTLETS.values()))


@cache
def generator_hash() -> str:
    """SHA-256 of what the generator makes: a reference belongs to exactly one generator (decisions.md 19)."""
    made = (OUTLINE, visits_of(TRAINING_SEED, 600), visits_of(1, 150), courier_starts(3))
    return hashlib.sha256(repr(made).encode()).hexdigest()
