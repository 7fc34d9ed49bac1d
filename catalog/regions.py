"""GB/T 2260 administrative divisions to county level, dated (行政区划代码).

Source and date of the table: catalog/data/PROVENANCE.md. Year granularity: `since` and `until` are the first
and last year whose year-end table holds the code.
"""

import csv
import io
from enum import IntEnum
from functools import cache
from importlib import resources

from domain.model import Frozen

HALL_REGION = "500103"
"""渝中区: where our hall stands."""

# Neighbours first: those are what a clerk in Yuzhong means by a short query.
_NEAR = ("50", "51", "52", "53", "54", "45")


class Level(IntEnum):
    """省级、地级、县级."""

    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3


class Region(Frozen):
    """One division. `full_name` is what is written on papers: 四川省成都市锦江区.

    `since`, `until`: first and last year whose table holds the code; None: the first table has it, or the newest.
    `successor`: the code that followed it. `pinyin`: syllables parted by blanks.
    """

    code: str
    name: str
    full_name: str
    level: Level
    since: int | None
    until: int | None
    successor: str | None
    pinyin: str

    @property
    def in_force(self) -> bool:
        """Whether the newest table still holds the code."""
        return self.until is None

    @property
    def initials(self) -> str:
        """拼音首字母."""
        return "".join(syllable[0] for syllable in self.pinyin.split())


def _level(code: str) -> Level:
    if code.endswith("0000"):
        return Level.PROVINCE
    return Level.PREFECTURE if code.endswith("00") else Level.COUNTY


@cache
def _table() -> dict[str, Region]:
    text = (resources.files("catalog") / "data" / "regions.csv").read_text("utf-8")
    rows = {row["code"]: row for row in csv.DictReader(io.StringIO(text))}
    regions = {}
    for code, row in rows.items():
        # A county directly under its province has no prefecture row; then the province alone leads its name.
        full_name = "".join(rows[part]["name"] for part in reversed(outwards(code)) if part in rows)
        regions[code] = Region(
            code=code,
            name=row["name"],
            full_name=full_name,
            level=_level(code),
            since=int(row["since"]) if row["since"] else None,
            until=int(row["until"]) if row["until"] else None,
            successor=row["successor"] or None,
            pinyin=row["pinyin"],
        )
    return regions


def find(code: str) -> Region | None:
    """The division with this 6-digit code, or None."""
    return _table().get(code)


def outwards(code: str) -> tuple[str, ...]:
    """A code, its prefecture's and its province's: `511602` → `511602`, `511600`, `510000`."""
    return tuple(dict.fromkeys([code, code[:4] + "00", code[:2] + "0000"]))


def search(q: str, limit: int = 20) -> list[Region]:
    """Divisions for a code, a name, full pinyin or its initials; the best first (区划检索).

    Divisions no longer in force come only for their own code or name, and last.
    """
    query = "".join(q.split()).lower()
    if not query:
        return []
    hits = [(rank, region) for region in _table().values() if (rank := _rank(region, query)) is not None]
    hits.sort(key=lambda hit: (not hit[1].in_force, hit[0], _nearness(hit[1]), hit[1].level, hit[1].code))
    return [region for _, region in hits[:limit]]


def _nearness(region: Region) -> int:
    return _NEAR.index(region.code[:2]) if region.code[:2] in _NEAR else len(_NEAR)


def _rank(region: Region, query: str) -> int | None:
    """How well a division fits, 0 best; None for not at all."""
    if query in (region.code, region.name, region.full_name, region.code + "000000"):
        return 0
    if not region.in_force:
        return None
    joined = region.pinyin.replace(" ", "")
    fits = (
        region.name.startswith(query),
        query.isdigit() and region.code.startswith(query),
        region.initials == query or joined == query,
        region.initials.startswith(query) or joined.startswith(query),
        query in region.full_name,
    )
    return next((place for place, fit in enumerate(fits, start=1) if fit), None)
