"""Personal data as it may be shown on paper that many hands touch (脱敏), GB/T 41833-2022."""

from logistics.address import parse

_STARS = 3
_SHORT = 6


def mask_name(name: str) -> str:
    """张三丰 → 张**; a single character is hidden altogether, a long name does not tell how long it is."""
    return name[:1] + "*" * min(len(name) - 1, _STARS) if len(name) > 1 else "*" * len(name)


def mask_firm(name: str) -> str:
    """重庆市渝中区山城小面有限公司 → 重庆市***公司; a name of up to 6 characters as a person's."""
    return f"{name[:3]}{'*' * _STARS}{name[-2:]}" if len(name) > _SHORT else mask_name(name)


def mask_id(number: str) -> str:
    """The first six and the last four characters; a short number is hidden altogether."""
    return number[:6] + "*" * max(len(number) - 10, 0) + number[-4:] if len(number) > 10 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """13800000001 → 138****0001; numbers of fewer than 8 digits keep the last two."""
    if len(phone) < 8:
        return "*" * max(len(phone) - 2, 0) + phone[-2:]
    return phone[:3] + "*" * (len(phone) - 7) + phone[-4:]


def mask_address(text: str) -> str:
    """Down to the road: 渝中区中山三路131号3栋2-1 → 渝中区中山三路***; what is not understood is hidden altogether."""
    parts = parse(text)
    known = (parts.district or "") + (parts.road or parts.street_office or "")
    return f"{known}***"
