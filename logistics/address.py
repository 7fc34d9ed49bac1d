"""Chongqing's addresses (地址): taken apart for people and routes, the original always kept.

Chongqing has no city level between province and district, so "重庆市渝中区", "重庆市市辖区渝中区",
"重庆市重庆市渝中区" and plain "渝中区" are the same place (courier.md §5). Houses stand on slopes: a floor may be
below the street (负二楼, 吊一层) or level with it (平街层).
"""

import re
import unicodedata
from enum import StrEnum

from domain.model import Frozen
from logistics.geo import Point
from logistics.outlets import in_district

_DIGIT = "[0-9]"
_HAN = "[一-鿿]"
_NUMERAL = r"(?:[0-9]{1,3}|[一二三四五六七八九十百两]{1,5})"

_PROVINCE = re.compile(r"^(?:中国)?(?:重庆市|重庆(?!路|街|村|大道))(?:市辖区|重庆市|县(?=城口|丰都|垫江|忠县))?")
_DISTRICT = re.compile(
    r"^(渝中|万州|涪陵|大渡口|江北|沙坪坝|九龙坡|南岸|北碚|綦江|大足|渝北|巴南|黔江|长寿|江津|合川|永川|南川|"
    r"璧山|铜梁|潼南|荣昌|开州|梁平|武隆)区"
)
_DISTRICT_SHORT = re.compile(r"^渝中(?=" + _HAN + r"{1,8}(?:路|街|村|巷|大道))")
_STREET_OFFICE = re.compile(rf"^({_HAN}{{2,5}}?街道)(?:办事处|办)?(?:{_HAN}{{2,8}}?社区)?")
_ROAD = re.compile(
    rf"({_HAN}{{1,10}}?(?:大道|正街|支路|路(?!口)|(?<![天行])街(?!道)|巷)(?:[一二三四五六七八九十]+(?:村|巷|支路))?)"
)
# Words that end many other names too: a road only where a house number follows.
_LANE = re.compile(rf"({_HAN}{{1,10}}?(?:村|坡|坎|湾|里|园|坝|沟))(?={_NUMERAL}(?:-[0-9]{{1,4}})?号)")
_NUMBER = re.compile(rf"({_NUMERAL}(?:[-—][0-9]{{1,4}})?号(?!楼|馆|线|出)(?:附[0-9]{{1,4}}号?(?:[-—][0-9]{{1,4}})?)?)")
_BUILDING = re.compile(
    r"((?:[0-9]{1,3}|[A-Za-z]|[一二三四五六七八九十]{1,3}|[A-Za-z][0-9]{1,2})(?:号楼|号馆|栋|幢|座|馆))"
)
_UNIT = re.compile(rf"({_NUMERAL}单元)")
_FLOOR = re.compile(
    r"(平街[一二三四五六七八九十0-9]*[层楼]|吊(?:脚)?[一二三四五六七八九十0-9]+[层楼]|吊层[一二三四五六七八九十0-9]+[层楼]?|"
    r"(?:负|地下)[一二三四五六七八九十0-9]+[层楼]?|(?<![0-9A-Za-z])(?:-[0-9]+[层楼]|B[0-9]+(?:[层楼Ff]|$))|"
    r"[一二三四五六七八九十百]+[层楼]|[0-9]{1,3}(?:[层楼]|[Ff](?![A-Za-z0-9])))"
)
_ROOM = re.compile(r"([0-9A-Za-z]{1,5}(?:[-—][0-9]{1,4}){0,2}(?:号房|室|号)?)$")
_LANDMARK = re.compile(
    rf"({_HAN}{{2,12}}?(?:轻轨站|地铁站|站|广场|时代天街|天街|步行街|商圈|中心|大厦|商场|公寓|小区|大院))"
)


class GeocodeLevel(StrEnum):
    """How closely a text says where the door is (定位精度), closest first."""

    DOOR = "door"  # 门牌: road and number
    ROAD = "road"  # 道路
    LANDMARK = "landmark"  # 地标、商圈、轻轨站: no door
    STREET_OFFICE = "street_office"  # 街道
    DISTRICT = "district"  # 区县
    NONE = "none"


_PLACEABLE = frozenset({GeocodeLevel.DOOR, GeocodeLevel.ROAD})


class ParsedAddress(Frozen):
    """An address taken apart. `original` is what the applicant wrote, untouched; parts that are not said are None.

    floor   as counted from the street: 1 is level with it (平街层), −2 is 负二楼
    level   how closely the text says where the door is
    """

    original: str
    district: str | None = None
    street_office: str | None = None
    road: str | None = None
    number: str | None = None
    landmark: str | None = None
    building: str | None = None
    unit: str | None = None
    floor_text: str | None = None
    floor: int | None = None
    room: str | None = None
    level: GeocodeLevel = GeocodeLevel.NONE


class Obstacle(StrEnum):
    """Why a person must place an address before anything is promised (转人工原因)."""

    NO_POINT = "no_point"
    TOO_COARSE = "too_coarse"


class Placement(Frozen):
    """What may be done with an address.

    in_district   None while there is no point
    obstacle      None: couriers may be sent at once
    """

    address: ParsedAddress
    point: Point | None
    in_district: bool | None
    obstacle: Obstacle | None

    @property
    def needs_person(self) -> bool:
        """True when nobody is sent and nothing promised until a person has placed it."""
        return self.obstacle is not None


def place(text: str, point: Point | None) -> Placement:
    """Judge an address with the point that came with it; without a point or below road level: a person."""
    address = parse(text)
    obstacle = None
    if point is None:
        obstacle = Obstacle.NO_POINT
    elif address.level not in _PLACEABLE:
        obstacle = Obstacle.TOO_COARSE
    within = in_district(point) if point is not None else None
    return Placement(address=address, point=point, in_district=within, obstacle=obstacle)


def parse(text: str) -> ParsedAddress:
    """Take a Chongqing address apart, from the left; what is not understood stays in `original` alone."""
    rest = re.sub(r"[\s,，。;；、()（）]", "", unicodedata.normalize("NFKC", text)).replace("－", "-")
    rest = _PROVINCE.sub("", rest, count=1)
    parts: dict[str, str | int | None] = {}
    rest = _take_district(rest, parts)
    found = _STREET_OFFICE.match(rest)
    if found:
        parts["street_office"] = found[1]
        rest = rest[found.end() :]
    found = _ROAD.search(rest) or _LANE.search(rest)
    if found:
        parts["road"] = found[1]
        rest = rest[found.end() :]
        rest = _cut(_NUMBER, rest, parts, "number", at_start=True)
    rest = _cut(_BUILDING, rest, parts, "building")
    rest = _cut(_UNIT, rest, parts, "unit")
    rest = _cut(_FLOOR, rest, parts, "floor_text")
    rest = _cut(_ROOM, rest, parts, "room")
    _cut(_LANDMARK, rest, parts, "landmark")
    floor_text = parts.get("floor_text")
    floor = floor_index(floor_text) if isinstance(floor_text, str) else _floor_of_room(parts.get("room"))
    return ParsedAddress.model_validate({"original": text, **parts, "floor": floor, "level": _level(parts)})


def floor_index(text: str) -> int | None:
    """A floor counted from the street, 1 at its level: 负二楼 −2, 吊一层 −1, 平街层 1, 二十三楼 23; None: unclear."""
    below = text.startswith(("负", "地下", "-", "B", "吊"))
    digits = re.sub(r"[^0-9一二三四五六七八九十百两]", "", text)
    if not digits:
        return 1 if text.startswith("平街") else None
    value = int(digits) if re.fullmatch(rf"{_DIGIT}+", digits) else _numeral(digits)
    return -value if below else value


def _take_district(rest: str, parts: dict[str, str | int | None]) -> str:
    found = _DISTRICT.match(rest)
    if found:
        parts["district"] = f"{found[1]}区"
        return rest[found.end() :]
    short = _DISTRICT_SHORT.match(rest)
    if short:
        parts["district"] = "渝中区"
        return rest[short.end() :]
    return rest


def _cut(
    pattern: re.Pattern[str], rest: str, parts: dict[str, str | int | None], name: str, at_start: bool = False
) -> str:
    """Store what the pattern finds under `name` and return the text without it."""
    found = pattern.match(rest) if at_start else pattern.search(rest)
    if found is None:
        return rest
    parts[name] = found[1]
    return rest[: found.start()] + rest[found.end() :]


def _level(parts: dict[str, str | int | None]) -> GeocodeLevel:
    if parts.get("road"):
        return GeocodeLevel.DOOR if parts.get("number") or parts.get("building") else GeocodeLevel.ROAD
    if parts.get("landmark"):
        return GeocodeLevel.LANDMARK
    if parts.get("street_office"):
        return GeocodeLevel.STREET_OFFICE
    return GeocodeLevel.DISTRICT if parts.get("district") else GeocodeLevel.NONE


def _floor_of_room(room: str | int | None) -> int | None:
    """Chongqing's doors are numbered floor-door: 12-3 is door 3 on floor 12."""
    found = re.fullmatch(r"([0-9]{1,2})[-—][0-9]{1,2}(?:号房|室|号)?", str(room or ""))
    return int(found[1]) if found else None


def _numeral(text: str) -> int:
    """一 … 九百九十九 as a number."""
    digits = {han: value for value, han in enumerate("零一二三四五六七八九")} | {"两": 2}
    total, digit = 0, 0
    for han in text:
        if han in ("十", "百"):
            total += (digit or 1) * (10 if han == "十" else 100)
            digit = 0
        else:
            digit = digits[han]
    return total + digit
