"""Datum conversions against independent values, exact inverses, distances."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.terms import Datum
from logistics.geo import DatumMixedError, Point, geodesic_m, haversine_m, plane_m

LATS = st.floats(18.5, 53.0)
LONS = st.floats(75.0, 134.0)


def wgs(lat: float, lon: float) -> Point:
    return Point(lat=lat, lon=lon, datum=Datum.WGS84)


def test_no_point_without_datum() -> None:
    with pytest.raises(ValidationError):
        Point.model_validate({"lat": 29.55, "lon": 106.57})


@pytest.mark.parametrize(
    ("point", "datum", "lat", "lon"),
    [
        # values published with a widely used independent implementation (Beijing)
        (wgs(39.915, 116.404), Datum.GCJ02, 39.91640428150164, 116.41024449916938),
        (Point(lat=39.915, lon=116.404, datum=Datum.GCJ02), Datum.BD09, 39.92133699351021, 116.41036949371029),
    ],
)
def test_forward_values(point: Point, datum: Datum, lat: float, lon: float) -> None:
    there = point.to(datum)
    assert there.datum is datum
    assert there.lat == pytest.approx(lat, abs=1e-9)
    assert there.lon == pytest.approx(lon, abs=1e-9)


@given(LATS, LONS, st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_inverse_is_exact_to_a_micrometre(lat: float, lon: float, datum: Datum) -> None:
    back = wgs(lat, lon).to(datum).to(Datum.WGS84)
    assert haversine_m(back, wgs(lat, lon)) < 1e-6


def test_the_offset_in_the_district_is_what_the_study_measured() -> None:
    here = wgs(29.5575, 106.5770)
    as_if_wgs = here.to(Datum.GCJ02).model_copy(update={"datum": Datum.WGS84})
    assert haversine_m(here, as_if_wgs) == pytest.approx(479, abs=15)


def test_outside_china_gcj_has_no_offset() -> None:
    assert wgs(48.8566, 2.3522).to(Datum.GCJ02).lat == 48.8566


def test_datums_are_never_mixed() -> None:
    with pytest.raises(DatumMixedError):
        haversine_m(wgs(29.55, 106.55), wgs(29.55, 106.55).to(Datum.GCJ02))


@given(st.floats(29.5, 29.6), st.floats(106.4, 106.7), st.floats(29.5, 29.6), st.floats(106.4, 106.7))
def test_haversine_is_close_to_the_ellipsoid(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    one, other = wgs(lat1, lon1), wgs(lat2, lon2)
    assert haversine_m(one, other) == pytest.approx(geodesic_m(one, other), rel=0.005, abs=0.01)


def test_the_plane_is_flat_enough() -> None:
    point = wgs(29.5610, 106.5830)
    x, y = plane_m(point)
    ox, oy = plane_m(wgs(29.5345, 106.5030))
    flat = ((x - ox) ** 2 + (y - oy) ** 2) ** 0.5
    assert flat == pytest.approx(haversine_m(point, wgs(29.5345, 106.5030)), rel=0.001)
