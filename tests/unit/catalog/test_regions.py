"""Regions: the codes a clerk meets, dated, found by what a clerk types."""

import pytest

from catalog.regions import Level, Region, _table, find, outwards, search


def existing(code: str) -> Region:
    region = find(code)
    assert region is not None, code
    return region


@pytest.mark.parametrize(
    ("code", "full_name"),
    [
        ("500103", "重庆市渝中区"),
        ("500000", "重庆市"),
        ("511602", "四川省广安市广安区"),
        ("520102", "贵州省贵阳市南明区"),
        ("530102", "云南省昆明市五华区"),
        ("540102", "西藏自治区拉萨市城关区"),
        ("450103", "广西壮族自治区南宁市青秀区"),
        ("440103", "广东省广州市荔湾区"),
        ("469005", "海南省文昌市"),
        ("441900", "广东省东莞市"),
        ("653228", "新疆维吾尔自治区和田地区和康县"),
    ],
)
def test_known_codes(code, full_name):
    region = find(code)
    assert region is not None and region.in_force
    assert region.full_name == full_name


def test_every_division_has_its_province_and_a_sane_form():
    regions = tuple(_table().values())
    assert sum(r.level is Level.PROVINCE and r.in_force for r in regions) == 34
    assert sum(r.level is Level.COUNTY and r.in_force for r in regions) > 2840
    for region in regions:
        assert len(region.code) == 6 and region.code.isascii() and region.code.isdigit()
        assert existing(outwards(region.code)[-1]).level is Level.PROVINCE
        assert region.since is None or region.until is None or region.since <= region.until
        assert len(region.pinyin.split()) == len(region.name)
        if region.successor:
            assert existing(region.successor).in_force


def test_codes_are_dated():
    north = find("500105")
    assert north is not None and not north.in_force
    assert (north.until, north.successor) == (2024, "500157")
    assert existing("500157").since == 2025
    assert find("500100") is None  # 市辖区 names no authority


def test_unknown_code():
    assert find("999999") is None


def test_from_the_county_outwards():
    assert outwards("511602") == ("511602", "511600", "510000")
    assert outwards("510000") == ("510000",)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("500103", "500103"),
        ("500103000000", "500103"),
        ("渝中", "500103"),
        ("渝中区", "500103"),
        ("yzq", "500103"),
        ("YuZhong", "500103"),
        ("四川", "510000"),
        ("cd", "510100"),
        ("chengdu", "510100"),
        ("广安区", "511602"),
        ("四川省广安市", "511600"),
        ("锦江", "510104"),
        ("筠连", "511527"),
        ("junlian", "511527"),
    ],
)
def test_search_puts_the_meant_one_first(query, code):
    assert code in [region.code for region in search(query)[:3]]


def test_search_of_what_is_gone_or_nothing():
    assert search("渝北区")[0].code == "500112"
    assert "500112" not in [region.code for region in search("渝北", 50)]
    assert search("") == search("   ") == search("不存在的地方") == []
    assert len(search("县", 7)) == 7
