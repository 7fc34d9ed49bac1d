"""Agreements per region and network (合作协议): who has agreed to carry what for whom, and since when.

No list of the 346 agreements is public. Unknown ones are seeded province-wide and marked unconfirmed;
no contact is invented (decisions.md 14). Membership is dated: Guangxi joined the southwest network on 2022-05-25.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from pydantic import Field

from domain.model import Frozen
from domain.terms import Scheme

DECLARED = 346
"""What the district's reply of 2022-05-19 declares (与四川省等346区签订合作协议)."""


class DelegatedPower(StrEnum):
    """Powers that partners may grant each other (互相授权); off unless an agreement says so: 收件≠受理."""

    ACCEPT = "收件受理权"
    NOTIFY = "一次性告知权"
    VERIFY_ORIGINALS = "原件核验权"
    DELIVER = "审批结果送达权"


class Agreement(Frozen):
    """One agreement. `region` is a province, a prefecture or a county; it covers all that lies in it."""

    scheme: Scheme
    region: str = Field(pattern=r"^[1-9][0-9]{5}$")
    items: frozenset[str] | None = Field(default=None, description="item codes in scope; None: every item")
    contact: str | None = None
    postal_address: str | None = None
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="last day")
    delegated: frozenset[DelegatedPower] = frozenset()
    confirmed: bool = False

    def covers(self, item_code: str, day: date) -> bool:
        """Whether it carries the item on that day (both ends included)."""
        return (
            (self.items is None or item_code in self.items)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


class Agreements:
    """The agreements of all networks, looked up from the county outwards. Immutable."""

    def __init__(self, agreements: Iterable[Agreement]) -> None:
        self.all = tuple(agreements)
        places: dict[tuple[Scheme, str], list[Agreement]] = defaultdict(list)
        for agreement in self.all:
            places[agreement.scheme, agreement.region].append(agreement)
        self._places = dict(places)

    def at(self, scheme: Scheme, region: str) -> list[Agreement]:
        """What was agreed for a region: its county's own agreements first, then prefecture, then province."""
        chain = dict.fromkeys([region, region[:4] + "00", region[:2] + "0000"])
        return [agreement for code in chain for agreement in self._places.get((scheme, code), ())]

    def find(self, scheme: Scheme, region: str, item_code: str, day: date) -> Agreement | None:
        """The nearest agreement that covers the item on that day, or None."""
        return next((a for a in self.at(scheme, region) if a.covers(item_code, day)), None)

    @property
    def recorded(self) -> int:
        """How many confirmed agreements are recorded, beside the 346 declared."""
        return sum(agreement.confirmed for agreement in self.all)

    @property
    def summary(self) -> str:
        """What the directory says about itself."""
        return f"公开复函称已签订{DECLARED}份，本系统已登记确认{self.recorded}份，其余按省级范围暂列、待确认。"


def _list(text: str) -> list[str]:
    return [part for part in re.split(r"[;；]", text) if part]


@cache
def seeded() -> Agreements:
    """The bundled agreements, province-wide and unconfirmed; the district's own replace them."""
    text = (resources.files("catalog") / "data" / "agreements.csv").read_text("utf-8")
    return Agreements(
        Agreement(
            scheme=Scheme(row["scheme"]),
            region=row["region"],
            items=None if row["scope"] == "*" else frozenset(_list(row["scope"])),
            contact=row["contact"] or None,
            postal_address=row["postal_address"] or None,
            valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            delegated=frozenset(DelegatedPower(power) for power in _list(row["delegated"])),
            confirmed=row["confirmed"] == "yes",
        )
        for row in csv.DictReader(io.StringIO(text))
    )
