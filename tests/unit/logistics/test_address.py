"""Chongqing's forms of address, floors on slopes, and when a person must help."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import Datum
from logistics.address import GeocodeLevel, Obstacle, floor_index, parse, place
from logistics.geo import Point

INSIDE = Point(lat=29.5575, lon=106.5770, datum=Datum.WGS84)
OUTSIDE = Point(lat=29.60, lon=106.50, datum=Datum.WGS84)


@pytest.mark.parametrize(
    "prefix",
    [
        "重庆市渝中区",
        "渝中区",
        "重庆渝中区",
        "重庆市市辖区渝中区",
        "重庆市重庆市渝中区",
        "中国重庆市渝中区",
        "重庆市 渝中区 ",
    ],
)
def test_province_is_city_in_every_form(prefix: str) -> None:
    found = parse(f"{prefix}中山三路131号")
    assert (found.district, found.road, found.number) == ("渝中区", "中山三路", "131号")
    assert found.level is GeocodeLevel.DOOR
    assert found.original == f"{prefix}中山三路131号"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("渝中区长江二路172号附5号", {"road": "长江二路", "number": "172号附5号"}),
        ("重庆市渝中区石油路街道长江二路172号", {"street_office": "石油路街道", "road": "长江二路", "number": "172号"}),
        ("渝中区大坪街道办事处大坪正街160号", {"street_office": "大坪街道", "road": "大坪正街", "number": "160号"}),
        ("渝中区打铜街16号2楼", {"road": "打铜街", "number": "16号", "floor_text": "2楼", "floor": 2}),
        ("渝中区民族路188号环球金融中心A座12-3", {"number": "188号", "building": "A座", "room": "12-3", "floor": 12}),
        (
            "渝中区人和街74号3栋2单元12-3",
            {"road": "人和街", "building": "3栋", "unit": "2单元", "room": "12-3", "floor": 12},
        ),
        ("渝中区学田湾正街12号负二楼", {"road": "学田湾正街", "number": "12号", "floor_text": "负二楼", "floor": -2}),
        ("渝中区枇杷山正街72号平街层", {"road": "枇杷山正街", "floor_text": "平街层", "floor": 1}),
        ("渝中区经纬大道780号2号楼23F", {"road": "经纬大道", "number": "780号", "building": "2号楼", "floor": 23}),
        ("渝中区嘉陵桥西村58号", {"road": "嘉陵桥西村", "number": "58号"}),
        ("渝中区张家花园62号5-1", {"road": "张家花园", "number": "62号", "room": "5-1"}),
        ("渝中区中山三路１３１号", {"road": "中山三路", "number": "131号"}),
        ("重庆路12号", {"road": "重庆路", "number": "12号"}),
        ("江北区建新北路38号", {"district": "江北区", "road": "建新北路"}),
    ],
)
def test_parts(text: str, expected: dict[str, object]) -> None:
    found = parse(text).model_dump()
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("渝中区中山三路131号", GeocodeLevel.DOOR),
        ("渝中区中山三路", GeocodeLevel.ROAD),
        ("渝中区较场口轻轨站2号出口", GeocodeLevel.LANDMARK),
        ("渝中区龙湖时代天街", GeocodeLevel.LANDMARK),
        ("解放碑步行街", GeocodeLevel.LANDMARK),
        ("渝中区石油路街道", GeocodeLevel.STREET_OFFICE),
        ("重庆市渝中区", GeocodeLevel.DISTRICT),
        ("家里", GeocodeLevel.NONE),
        ("", GeocodeLevel.NONE),
    ],
)
def test_levels(text: str, level: GeocodeLevel) -> None:
    assert parse(text).level is level


@pytest.mark.parametrize(
    ("text", "floor"),
    [
        ("负二楼", -2),
        ("负2楼", -2),
        ("-2楼", -2),
        ("B2", -2),
        ("地下一层", -1),
        ("吊一层", -1),
        ("吊层2", -2),
        ("平街层", 1),
        ("平街二层", 2),
        ("二十三楼", 23),
        ("十楼", 10),
        ("一百零二层".replace("零", ""), 102),
        ("23F", 23),
        ("顶楼", None),
    ],
)
def test_floors_are_counted_from_the_street(text: str, floor: int | None) -> None:
    assert floor_index(text) == floor


@pytest.mark.parametrize(
    ("text", "point", "obstacle"),
    [
        ("渝中区中山三路131号", INSIDE, None),
        ("渝中区中山三路", INSIDE, None),
        ("渝中区中山三路131号", None, Obstacle.NO_POINT),
        ("渝中区龙湖时代天街", INSIDE, Obstacle.TOO_COARSE),
        ("渝中区石油路街道", INSIDE, Obstacle.TOO_COARSE),
    ],
)
def test_who_places_an_address(text: str, point: Point | None, obstacle: Obstacle | None) -> None:
    placed = place(text, point)
    assert placed.obstacle is obstacle
    assert placed.needs_person is (obstacle is not None)
    assert placed.address.original == text


def test_the_point_decides_about_the_district_not_the_text() -> None:
    assert place("渝中区中山三路131号", OUTSIDE).in_district is False
    assert place("渝中区中山三路131号", INSIDE).in_district is True
    assert place("渝中区中山三路131号", None).in_district is None


@given(st.text(max_size=80))
def test_any_text_is_taken_and_kept(text: str) -> None:
    assert parse(text).original == text
