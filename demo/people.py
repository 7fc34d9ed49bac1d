"""Applicants of the demo: realistic and nobody: their ID numbers use a region code that was never given out."""

from typing import Any

_NAMES = (
    "王秀兰 李建国 张敏 刘洋 陈静 杨帆 赵丽 黄磊 周婷 吴昊 徐慧 孙涛 胡雪 "
    "朱强 高飞 林霞 何军 郭颖 马超 罗娟 古丽·买买提 𬭸明 宋瑶 唐亮 许文"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"

DOORS = (
    ("重庆市渝中区民权路28号英利国际3楼", 29.5573, 106.5762),
    ("渝中区解放碑街道邹容路68号大都会东方广场12层", 29.5581, 106.5779),
    ("重庆市渝中区中山三路131号希尔顿商务中心8楼", 29.5541, 106.5498),
    ("重庆市渝中区大坪正街19号英利大融城", 29.5402, 106.5183),
    ("渝中区七星岗街道民生路235号", 29.5578, 106.5651),
    ("重庆市渝中区上清寺路9号负二楼平街层", 29.5622, 106.5436),
)


def applicant(number: int, kind: str, id_type: str | None = None) -> dict[str, Any]:
    """The n-th applicant."""
    names = _NAMES.split()
    phone = f"138000{number:05d}"
    if kind == "enterprise":
        return {
            "type": "enterprise",
            "name": f"重庆渝中{names[number % len(names)][0]}记贸易有限公司",
            "idType": "统一社会信用代码",
            "idNumber": _credit_code(number),
            "phone": phone,
            "householdRegion": None,
        }
    return {
        "type": "personal",
        "name": names[number % len(names)],
        "idType": id_type or "居民身份证",
        "idNumber": _id_number(number),
        "phone": phone,
        "householdRegion": None,
    }


def door(number: int, name: str) -> dict[str, Any]:
    address, lat, lon = DOORS[number % len(DOORS)]
    return {
        "address": address,
        "lat": lat,
        "lon": lon,
        "datum": "WGS-84",
        "contactName": name,
        "contactPhone": f"138000{number:05d}",
    }


def _id_number(number: int) -> str:
    """GB 11643 with a right check digit."""
    body = f"500199{1960 + number % 40}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _credit_code(number: int) -> str:
    """GB 32100 with a right check digit."""
    body = f"91500103MA{number:07d}"
    total = sum(_USCC.index(char) * 3**place for place, char in enumerate(body))
    return body + _USCC[(31 - total % 31) % 31]
