"""Outlets and the district's outline: data complete, ranking, ties, datums."""

import math
import random
from pathlib import Path

import pytest

import logistics.outlets as outlets_module
from domain.errors import Misconfigured
from domain.terms import Datum
from logistics.geo import EARTH_RADIUS_M, Point, geodesic_m, haversine_m, plane_m
from logistics.outlets import Outlet, in_district, load_district, load_outlets, nearest

FILE = Path(outlets_module.__file__).parent / "data" / "outlets.toml"


def wgs(lat: float, lon: float) -> Point:
    return Point(lat=lat, lon=lon, datum=Datum.WGS84)


def moved(outlet: Outlet, id_: str, point: Point) -> Outlet:
    return outlet.model_copy(update={"id": id_, "point": point})


def test_ten_centres_of_which_two_names_are_known() -> None:
    outlets = load_outlets()
    assert len(outlets) == 10
    assert {each.name for each in outlets if each.confirmed} == {"石油路", "打铜街"}
    assert all(each.surveyed_at is None and each.accuracy_m >= 500 for each in outlets)


@pytest.mark.parametrize("line", ["accuracy_m", "datum", "radius_m", "hours", "source"])
def test_an_outlet_with_a_gap_is_not_loaded(tmp_path: Path, line: str) -> None:
    rows = FILE.read_text(encoding="utf-8").splitlines()
    at = next(i for i, row in enumerate(rows) if row.startswith(f"{line} ="))
    broken = tmp_path / "outlets.toml"
    broken.write_text("\n".join(rows[:at] + rows[at + 1 :]), encoding="utf-8")
    with pytest.raises(Misconfigured):
        load_outlets(broken)


def test_an_empty_file_or_an_id_twice_is_not_loaded(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    (tmp_path / "twice.toml").write_text(text + text[text.index("[[outlet]]") :], encoding="utf-8")
    (tmp_path / "empty.toml").write_text("", encoding="utf-8")
    (tmp_path / "broken.toml").write_text("[[outlet", encoding="utf-8")
    for name in ("twice", "empty", "broken", "missing"):
        with pytest.raises(Misconfigured):
            load_outlets(tmp_path / f"{name}.toml")


def test_the_nearest_carries_the_ellipsoids_distance() -> None:
    here = wgs(29.5600, 106.5800)
    first, second = nearest(here, 2)
    assert first.outlet.id == "datongjie"
    assert first.distance_m == pytest.approx(geodesic_m(here, first.outlet.point), abs=0.06)
    assert first.distance_m < second.distance_m


def test_ranking_agrees_with_the_ellipsoid_everywhere() -> None:
    rng = random.Random(7)
    for _ in range(200):
        here = wgs(rng.uniform(29.525, 29.572), rng.uniform(106.49, 106.59))
        best = min(load_outlets(), key=lambda each: (geodesic_m(here, each.point), each.id))
        assert nearest(here, 1)[0].outlet.id == best.id


def test_a_tie_goes_to_the_smaller_id_whatever_the_order() -> None:
    base = load_outlets()[0]
    here = wgs(29.55, 106.55)
    pair = [moved(base, "b-east", wgs(29.55, 106.56)), moved(base, "a-west", wgs(29.55, 106.54))]
    assert nearest(here, 1, pair)[0].outlet.id == "a-west"
    assert nearest(here, 1, pair[::-1])[0].outlet.id == "a-west"


def metres_from(here: Point, east_m: float, north_m: float) -> Point:
    """On the sphere, as the ranking measures."""
    lat = here.lat + math.degrees(north_m / EARTH_RADIUS_M)
    return wgs(lat, here.lon + math.degrees(east_m / EARTH_RADIUS_M / math.cos(math.radians(here.lat))))


def test_near_ties_are_decided_on_the_ellipsoid() -> None:
    """On the ellipsoid a way north is shorter here than on the sphere, a way east longer."""
    base, here = load_outlets()[0], wgs(29.55, 106.55)
    east, north = moved(base, "east", metres_from(here, 2990, 0)), moved(base, "north", metres_from(here, 0, 3000))
    assert haversine_m(here, east.point) < haversine_m(here, north.point)
    assert nearest(here, 1, [east, north])[0].outlet.id == "north"
    far_north = moved(base, "north", metres_from(here, 0, 3040))
    assert nearest(here, 1, [east, far_north])[0].outlet.id == "east"


def test_the_answer_does_not_depend_on_the_datum_of_the_question() -> None:
    here = wgs(29.5560, 106.5705)
    ids = {tuple(each.outlet.id for each in nearest(here.to(datum), 10)) for datum in Datum}
    assert len(ids) == 1


def test_a_closed_outlet_is_passed_over() -> None:
    here = load_outlets()[0].point
    closed = [each.model_copy(update={"open": each.id != "shiyoulu"}) for each in load_outlets()]
    assert nearest(here, 1, closed)[0].outlet.id == "daping"
    assert nearest(here, 0) == []


def test_a_circle_is_told_but_does_not_refuse() -> None:
    far = nearest(wgs(29.40, 106.30), 1)[0]
    assert not far.inside_circle
    assert nearest(load_outlets()[1].point, 1)[0].inside_circle


def test_all_centres_lie_in_the_district() -> None:
    assert all(in_district(each.point) for each in load_outlets())


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(29.5660, 106.5600 + 0.06), (29.5750, 106.5300), (29.5300, 106.5600), (29.5600, 106.4700), (30.6500, 104.0700)],
)
def test_the_other_banks_and_districts_lie_outside(lat: float, lon: float) -> None:
    assert not in_district(wgs(lat, lon))


def test_the_outline_is_asked_in_its_own_datum() -> None:
    here = wgs(29.5569, 106.5851)  # inside, close to the bank; 479 m further it would be in the river
    assert in_district(here)
    assert in_district(here.to(Datum.GCJ02))
    assert not in_district(here.to(Datum.GCJ02).model_copy(update={"datum": Datum.WGS84}))


def test_the_outline_has_about_the_districts_area() -> None:
    corners = [plane_m(wgs(lat, lon)) for lat, lon in load_district().outline]
    twice = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True))
    assert 20e6 < abs(twice) / 2 < 26e6  # 23 km² with its waters
