"""Agreements per region and network (合作协议): who has agreed to carry what for whom, and since when.

No list of the 346 agreements is public. Unknown ones are seeded province-wide and marked unconfirmed;
no contact is invented (decisions.md 14). Membership is dated: Guangxi joined the southwest network on 2022-05-25.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import Field

from catalog.regions import find as find_region
from catalog.tables import Table, read_csv
from domain.errors import BadInput
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
    """One agreement. `region` is a province, a prefecture or a county; it covers all that lies in it."""

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
        chain = dict.fromkeys([region, region[:4] + "00", region[:2] + "0000"])
        return [agreement for code in chain for agreement in self._places.get((scheme, code), ())]

    def find(self, scheme: Scheme, region: str, item_code: str, day: date, mode: Mode) -> Agreement | None:
        """The nearest agreement that covers the item in that mode on that day, or None."""
        return next((a for a in self.at(scheme, region) if a.covers(item_code, day, mode)), None)

    @property
    def recorded(self) -> int:
        """How many confirmed agreements are recorded, beside the 346 declared."""
        return sum(agreement.confirmed for agreement in self.all)

    @property
    def summary(self) -> str:
        """What the directory says about itself."""
        return f"公开复函称已签订{DECLARED}份，本系统已登记确认{self.recorded}份，其余按省级范围暂列、待确认。"


COLUMNS = (
    *("scheme", "region", "scope", "modes", "contact", "postal_address"),
    *("valid_from", "valid_to", "delegated", "confirmed"),
)


def parse_agreements(table: Table) -> Agreements:
    """The district's list of agreements. `*` in `scope` or `modes` means all; lists are parted by `;`.

    Raises BadInput naming file, row and column of the first fault.
    """
    if table.header != COLUMNS:
        raise BadInput(f"{table.file} 第1行：表头应为{'、'.join(COLUMNS)}。", field="file")
    return Agreements(_agreement(table.file, row, cells) for row, cells in enumerate(table.rows, start=2))


def _agreement(file: str, row: int, cells: tuple[str, ...]) -> Agreement:
    if len(cells) != len(COLUMNS):
        raise BadInput(f"{file} 第{row}行：应有{len(COLUMNS)}列，现在是{len(cells)}列。", field="file")
    values = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    return Agreement(
        scheme=_read(file, row, values, "scheme", Scheme),
        region=_read(file, row, values, "region", _known_region),
        items=_read(file, row, values, "scope", _all_or_some),
        modes=_read(file, row, values, "modes", _modes),
        contact=values["contact"] or None,
        postal_address=values["postal_address"] or None,
        valid_from=_read(file, row, values, "valid_from", _day),
        valid_to=_read(file, row, values, "valid_to", _day),
        delegated=_read(file, row, values, "delegated", lambda text: frozenset(map(DelegatedPower, _list(text)))),
        confirmed=_read(file, row, values, "confirmed", {"yes": True, "no": False}.__getitem__),
    )


_Value = TypeVar("_Value")


def _read(file: str, row: int, values: dict[str, str], column: str, read: Callable[[str], _Value]) -> _Value:
    try:
        return read(values[column])
    except (ValueError, KeyError):
        message = f"{file} 第{row}行 {column}：不能是“{values[column]}”。"
        raise BadInput(message, field="file") from None


def _list(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;；]", text) if part.strip()]


def _all_or_some(text: str) -> frozenset[str] | None:
    codes = frozenset(_list(text))
    if not codes:
        raise ValueError("an empty scope covers nothing")
    return None if codes == {"*"} else codes


def _modes(text: str) -> frozenset[Mode] | None:
    names = _all_or_some(text)
    return None if names is None else frozenset(map(Mode, names))


def _known_region(text: str) -> str:
    if find_region(text) is None:
        raise ValueError("unknown region")
    return text


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def seeded() -> Agreements:
    """The bundled agreements, province-wide and unconfirmed; the district's own replace them."""
    data = (resources.files("catalog") / "data" / "agreements.csv").read_bytes()
    return parse_agreements(read_csv("agreements.csv", data))
