"""Outlets (邮政网点): ten circle centres as data, ranked by distance; the district's outline.

A circle is a preference, not a wall (courier.md §1.3): its radius is shown and ranks, it never refuses.
What may be promised is decided by the outline alone (decisions.md 12).
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from domain.errors import Misconfigured
from domain.model import Frozen
from domain.terms import Datum
from logistics.geo import Point, geodesic_m, haversine_m
from logistics.service_calendar import Hours, ServiceCalendar

_DATA = Path(__file__).parent / "data"
_TIE_M = 30.0  # closer than this the sphere can't tell two outlets apart (≤ 18 m off), so the ellipsoid decides


class Outlet(Frozen):
    """One circle centre (圆心网点).

    accuracy_m         how far off the position may be; never empty
    confirmed          the name was given by the customer, not guessed
    surveyed_at        when the position was measured on the spot; None: never
    radius_m           of the preferred circle
    hours              service hours on working days; `weekend_hours` on the others (empty: closed)
    couriers           on duty by default; `capacity_per_hour` in stops
    """

    id: str = Field(pattern=r"^[a-z0-9-]{2,32}\z")
    name: str = Field(min_length=1, max_length=40)
    point: Point
    accuracy_m: int = Field(gt=0, le=20_000)
    source: str = Field(min_length=1)
    confirmed: bool
    surveyed_at: date | None = None
    radius_m: int = Field(gt=0)
    hours: tuple[Hours, ...] = Field(min_length=1)
    weekend_hours: tuple[Hours, ...] = ()
    couriers: int = Field(ge=0)
    capacity_per_hour: int = Field(gt=0)
    open: bool = True

    @field_validator("hours", "weekend_hours", mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Accepts "09:00-18:00" as people write it."""
        return [Hours.parse(each) if isinstance(each, str) else each for each in value]

    def calendar(self, swapped: Mapping[date, bool] | None = None) -> ServiceCalendar:
        """Its service hours over the year's holidays and make-up days (date → is it a working day)."""
        working, resting = (
            [f"{hours.opens:%H:%M}-{hours.closes:%H:%M}" for hours in each] for each in (self.hours, self.weekend_hours)
        )
        return ServiceCalendar.from_working_days(working, resting, dict(swapped or {}))


class RankedOutlet(Frozen):
    """An outlet as seen from a point: `distance_m` on the ellipsoid for the first, on the sphere for the rest."""

    outlet: Outlet
    distance_m: float
    inside_circle: bool


class District(Frozen):
    """The area in which the promise is made (服务区域): a simple polygon in one datum."""

    name: str
    code: str = Field(pattern=r"^[0-9]{6}\z")
    datum: Datum
    accuracy_m: int = Field(gt=0)
    source: str
    outline: tuple[tuple[float, float], ...] = Field(min_length=3)

    def contains(self, point: Point) -> bool:
        """True when the point lies inside (crossing count; on the border either answer)."""
        return inside(point, self.outline, self.datum)


def inside(point: Point, outline: Sequence[tuple[float, float]], datum: Datum) -> bool:
    """Whether a point lies in a polygon of (lat, lon) corners in `datum`; the last corner joins the first."""
    here = point.to(datum)
    crossings = False
    for (lat1, lon1), (lat2, lon2) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (lat1 > here.lat) != (lat2 > here.lat):
            crossing_lon = lon1 + (here.lat - lat1) / (lat2 - lat1) * (lon2 - lon1)
            crossings ^= here.lon < crossing_lon
    return crossings


def nearest(point: Point, k: int = 1, outlets: Sequence[Outlet] | None = None) -> list[RankedOutlet]:
    """The `k` nearest outlets, nearest first; without `outlets` the ones of the data file.

    Ranked by haversine; among those less than 30 m behind the first the geodesic decides, then the id. The
    first one carries the geodesic distance, which is what is stored (courier.md §6). Closed outlets are left out.
    """
    here = point.to(Datum.WGS84)
    choice = load_outlets() if outlets is None else outlets
    ranked = sorted(
        ((haversine_m(here, each.point.to(Datum.WGS84)), each.id, each) for each in choice if each.open),
        key=lambda entry: entry[:2],
    )
    if not ranked or k < 1:
        return []
    first_m = ranked[0][0]
    tied = [entry for entry in ranked if entry[0] - first_m < _TIE_M]
    exact = sorted(((geodesic_m(here, each.point), id_, each) for _, id_, each in tied), key=lambda entry: entry[:2])
    order = [*exact, *ranked[len(tied) :]]
    return [
        RankedOutlet(outlet=each, distance_m=round(distance, 1), inside_circle=distance <= each.radius_m)
        for distance, _, each in order[:k]
    ]


@cache
def load_outlets(path: Path = _DATA / "outlets.toml") -> tuple[Outlet, ...]:
    """The outlets of a data file, in its order.

    Raises:
        Misconfigured: unreadable, an id twice, or a line without accuracy, circle or hours.
    """
    rows = _read(path).get("outlet", [])
    try:
        outlets = tuple(_outlet(row) for row in rows)
    except (ValidationError, KeyError) as fault:
        raise Misconfigured(f"网点数据有误，请补全坐标、坐标系与精度：{path.name}：{fault}") from fault
    if not outlets or len({each.id for each in outlets}) != len(outlets):
        raise Misconfigured(f"网点数据有误：{path.name} 为空或编号重复")
    return outlets


@cache
def load_district(path: Path = _DATA / "district.toml") -> District:
    """The district's outline.

    Raises:
        Misconfigured: unreadable or incomplete.
    """
    try:
        return District.model_validate(_read(path))
    except ValidationError as fault:
        raise Misconfigured(f"区域边界数据有误：{path.name}：{fault}") from fault


def in_district(point: Point) -> bool:
    """Whether the promise may be made at this point: it lies in the district (decisions.md 12)."""
    return load_district().contains(point)


def _outlet(row: dict[str, Any]) -> Outlet:
    point = Point(lat=row["lat"], lon=row["lon"], datum=row["datum"])
    return Outlet.model_validate({**row, "point": point})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured(f"无法读取数据文件 {path.name}：{fault}") from fault
