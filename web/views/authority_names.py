"""How an authority is called in a sentence (办理机关): by its own name where it said one, else by place and trade.

What a network says of itself, or a login of ours, is no authority's name: it must name the place.
"""

from typing import Final

from catalog import regions

_WHOLE: Final = frozenset({"残联", "海关", "人民银行", "工会"})
"""Departments of the catalogue whose name needs nothing after it."""


def authority_name(department: str, region: str, org: str | None = None) -> str:
    """南宁青秀区残联, 成都锦江区公安部门; `org`: what the authority calls itself, None where it has not said."""
    if org and names_place(org, region):
        return org
    return f"{short_place(region)}{department}{'' if department in _WHOLE or not department else '部门'}"


def names_place(org: str, region: str) -> bool:
    """Whether the county is in the name, with or without its last character: 锦江区医保局, 锦江社保中心."""
    found = regions.find(region)
    return found is not None and (found.name in org or (len(found.name) > 2 and found.name[:-1] in org))


def short_place(code: str) -> str:
    """南宁青秀区, 重庆渝北区: as people say it; a county under no city by itself, an unknown code as it is."""
    found = regions.find(code)
    if found is None:
        return code
    above = (regions.find(outer) for outer in regions.outwards(code)[1:])
    city = next((one for one in above if one is not None and one.name.endswith("市")), None)
    return f"{city.name.removesuffix('市')}{found.name}" if city is not None else found.name
