"""One line of a list that is being read; every fault is named by file, row and column (逐行校验)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from catalog.regions import find as find_region
from catalog.tables import Table
from domain.model import Frozen
from domain.terms import Scheme

_Enum = TypeVar("_Enum", bound=StrEnum)


_OUTSIDE = frozenset({Scheme.CHUANYU, Scheme.SOUTHWEST, Scheme.INTERPROVINCIAL})
ANY = "*"
"""Stands in a cell for "all of them"."""


class RowError(Frozen):
    """A fault in a list. `row` counts from 1 with the header as row 1, as a spreadsheet shows it; 0: no rows there.

    `message`: a sentence in Chinese for the importer; as text all of it is one line.
    """

    file: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        row = f"第{self.row}行 " if self.row else ""
        return f"{self.file} {row}{self.column}：{self.message}"


class Row:
    """One line that is being read; faults are noted in `errors`, not raised, so that all of them are reported.

    Each reader takes a column and gives a value of its kind also where the cell is wrong; check `sound` before use.
    """

    def __init__(self, file: str, number: int, cells: Mapping[str, str], errors: list[RowError]) -> None:
        self._file, self.number, self._cells, self._errors = file, number, cells, errors
        self._before = len(errors)

    @property
    def sound(self) -> bool:
        """Whether no fault was noted since this row was begun."""
        return len(self._errors) == self._before

    def fault(self, column: str, message: str) -> None:
        """Note a fault of this row."""
        self._errors.append(RowError(file=self._file, row=self.number, column=column, message=message))

    def text(self, column: str, *, limit: int = 200, empty: bool = False) -> str:
        """A text without blanks around it.

        A fault: longer than `limit`, empty unless `empty`, begun like a formula, or with invisible characters.
        """
        value = self._cells.get(column, "").strip()
        if not value and not empty:
            self.fault(column, "不能为空")
        if len(value) > limit:
            self.fault(column, f"最多{limit}个字，现在是{len(value)}个")
        if value[:1] in {"=", "+", "-", "@"}:
            self.fault(column, "不能以=、+、-或@开头（不接受公式）")
        if re.search(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", value):
            self.fault(column, "含有看不见的控制字符")
        return value

    def whole(self, column: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`; `low` where the cell is none."""
        value = self._cells.get(column, "").strip()
        if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
            self.fault(column, f"应为{low}到{high}的整数，现在是“{value}”")
            return low
        return int(value)

    def money(self, column: str) -> Decimal:
        """An amount in yuan with at most two decimals; 0 where the cell is none."""
        value = self._cells.get(column, "").strip()
        if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2})?", value):
            self.fault(column, f"应为金额（元），现在是“{value}”")
            return Decimal(0)
        return Decimal(value)

    def flag(self, column: str) -> bool:
        """True for `yes`, False for `no`; anything else is a fault and False."""
        value = self._cells.get(column, "").strip()
        if value not in {"yes", "no"}:
            self.fault(column, f"应为yes或no，现在是“{value}”")
        return value == "yes"

    def choice(self, column: str, kind: type[_Enum]) -> _Enum:
        """One of an enum; its first member where the cell is none of them."""
        value = self._cells.get(column, "").strip()
        try:
            return kind(value)
        except ValueError:
            self.fault(column, f"应为{'、'.join(kind)}之一，现在是“{value}”")
            return next(iter(kind))

    def choice_or_any(self, column: str, kind: type[_Enum]) -> _Enum | None:
        """One of an enum, or None for `*`."""
        return None if self._cells.get(column, "").strip() == ANY else self.choice(column, kind)

    def some(self, column: str, kind: type[_Enum]) -> tuple[_Enum, ...]:
        """Several of an enum, parted by `;`, each once; none for an empty cell."""
        names = self._parts(column)
        known = {str(member): member for member in kind}
        if unknown := [name for name in names if name not in known]:
            self.fault(column, f"应为{'、'.join(kind)}，现在有“{'、'.join(unknown)}”")
        if len(set(names)) != len(names):
            self.fault(column, "有重复")
        return tuple(known[name] for name in dict.fromkeys(names) if name in known)

    def day(self, column: str) -> date | None:
        """`2022-09-28`, or None for an empty cell; a spreadsheet's own date is taken too."""
        value = self._cells.get(column, "").strip().removesuffix(" 00:00:00")
        try:
            if value and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                raise ValueError(value)
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.fault(column, f"应为日期，例如2022-09-28，现在是“{value}”")
            return None

    def list_or_any(self, column: str) -> frozenset[str] | None:
        """Several words parted by `;`, at least one; None for `*`."""
        words = self._parts(column)
        if not words:
            self.fault(column, "不能为空，全部请写*")
        return None if words == [ANY] else frozenset(words)

    def some_or_any(self, column: str, kind: type[_Enum]) -> frozenset[_Enum] | None:
        """Several of an enum, at least one; None for `*`."""
        words = self.list_or_any(column)
        return None if words is None else frozenset(self.some(column, kind))

    def region(self, column: str) -> str:
        """A 6-digit GB/T 2260 code of the table; an unknown one is a fault and given as it is."""
        value = self._cells.get(column, "").strip()
        if find_region(value) is None:
            self.fault(column, f"应为行政区划代码，现在是“{value}”")
        return value

    def region_or_any(self, column: str) -> str | None:
        """A known GB/T 2260 code, or None for `*`."""
        return None if self._cells.get(column, "").strip() == ANY else self.region(column)

    def provinces(self, column: str) -> tuple[str, ...]:
        """Codes of provinces, parted by `;`; none for an empty cell."""
        codes = self._parts(column)
        if wrong := [code for code in codes if not code.endswith("0000") or find_region(code) is None]:
            self.fault(column, f"应为省级行政区划代码，现在有“{'、'.join(wrong)}”")
        return tuple(codes)

    def words(self, column: str) -> tuple[str, ...]:
        """Several words parted by `;`; none for an empty cell. What `text` refuses is a fault here too."""
        self.text(column, limit=1000, empty=True)
        return tuple(self._parts(column))

    def _parts(self, column: str) -> list[str]:
        cell = self._cells.get(column, "").replace("；", ";")
        return [part.strip() for part in cell.split(";") if part.strip()]

    def schemes(self, column: str) -> tuple[Scheme, ...]:
        """Networks parted by `;`, each once, in the order of `Scheme`.

        One of them at least must reach beyond the city.
        """
        names = [name.strip() for name in self._cells.get(column, "").split(";")]
        known = {str(scheme): scheme for scheme in Scheme}
        if unknown := [name for name in names if name not in known]:
            self.fault(column, f"没有这个通办网络：“{'、'.join(unknown)}”")
        if len(set(names)) != len(names):
            self.fault(column, "通办网络重复")
        listed = tuple(scheme for scheme in Scheme if scheme in names)
        if not unknown and not _OUTSIDE.intersection(listed):
            self.fault(column, "至少要有chuanyu、southwest、interprovincial之一")
        return listed


def read_rows(table: Table, columns: Sequence[str], errors: list[RowError]) -> Iterator[Row]:
    """The rows of one list that are not blank, one by one; none when its header is wrong.

    `columns`: those that the header must have, in any order. Faults of header and width go into `errors`.
    """
    before = len(errors)
    for column in columns:
        if table.header.count(column) != 1:
            text = "这一列出现了不止一次" if column in table.header else "缺少这一列"
            errors.append(RowError(file=table.file, row=1, column=column, message=text))
    for column in table.header:
        if column not in columns:
            errors.append(RowError(file=table.file, row=1, column=column, message="多出的列"))
    if len(errors) > before:
        return
    for number, cells in enumerate(table.rows, start=2):
        if any(cell.strip() for cell in cells):
            if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                errors.append(RowError(file=table.file, row=number, column="", message="单元格比列多"))
            yield Row(table.file, number, dict(zip(table.header, cells, strict=False)), errors)
