"""Agreements per region and network (合作协议): who has agreed to carry what for whom, and since when.

No list of the 346 agreements is public. Unknown ones are seeded province-wide and marked unconfirmed;
no contact is invented (decisions.md 14). Membership is dated: Guangxi joined the southwest network on 2022-05-25.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import Field

from catalog.regions import outwards
from domain.model import Frozen
from domain.terms import Mode, Scheme

DECLARED = 346
"""What the district's reply of 2022-05-19 declares (与四川省等346区签订合作协议)."""


class DelegatedPower(StrEnum):
    """Powers that partners may grant each other (互相授权); off unless an agreement says so: 收件≠受理."""

    ACCEPT = "收件受理权"
    NOTIFY = "一次性告知权"
    VERIFY_ORIGINALS = "原件核验权"
    DELIVER = "审批结果送达权"


class Agreement(Frozen):
    """One agreement (合作协议). `region`: a province, prefecture or county; it covers all that lies in it.

    `confirmed` False: seeded and not yet confirmed by the district (decisions.md 14).
    """

    scheme: Scheme
    region: str = Field(pattern=r"^[1-9][0-9]{5}$")
    items: frozenset[str] | None = Field(default=None, description="item codes in scope; None: every item")
    modes: frozenset[Mode] | None = Field(default=None, description="how that region works; None: every mode")
    contact: str | None = None
    postal_address: str | None = None
    valid_from: date | None = None
    valid_to: date | None = Field(default=None, description="last day")
    delegated: frozenset[DelegatedPower] = frozenset()
    confirmed: bool = False

    def covers(self, item_code: str, day: date, mode: Mode) -> bool:
        """Whether it carries the item in that mode on that day (both ends included)."""
        return (
            (self.items is None or item_code in self.items)
            and (self.modes is None or mode in self.modes)
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
        return [agreement for code in outwards(region) for agreement in self._places.get((scheme, code), ())]

    def find(self, scheme: Scheme, region: str, item_code: str, day: date, mode: Mode) -> Agreement | None:
        """The nearest agreement that covers the item in that mode on that day, or None."""
        return next((a for a in self.at(scheme, region) if a.covers(item_code, day, mode)), None)

    @property
    def recorded(self) -> int:
        """How many confirmed agreements are recorded, beside the 346 declared."""
        return sum(agreement.confirmed for agreement in self.all)

    @property
    def summary(self) -> str:
        """One sentence in Chinese: how many are declared and how many of them are recorded here."""
        return f"公开复函称已签订{DECLARED}份，本系统已登记确认{self.recorded}份，其余按省级范围暂列、待确认。"
