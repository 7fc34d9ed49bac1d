"""Rows of text → items, with every fault named by file, row and column (事项清单校验).

One reader for the bundled CSV and for what a district imports, so both obey the same rules.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from catalog.model import (
    Alias,
    Applicants,
    Catalogue,
    Listed,
    Material,
    Requirement,
    ServiceItem,
    ServiceType,
)
from catalog.tables import Table, Tables
from domain.model import Frozen
from domain.terms import ItemKind, MaterialForm, Mode, ResultForm, Scheme

ITEM_COLUMNS = [
    "code",
    "name_zh",
    "department_zh",
    "service_type",
    "applicant",
    "schemes",
    "mode",
    "kind",
    "statutory_days",
    "promised_days",
    "inbound_courier",
    "outbound_courier",
    "result_zh",
    "result_form",
    "fee_yuan",
    "listed",
    "source",
]
MATERIAL_COLUMNS = ["item_code", "seq", "name_zh", "form", "copies", "required", "e_licence", "commitment"]
ALIAS_COLUMNS = ["source_name", "item_code", "item_name", "relation"]

# 国办发〔2022〕34号 was issued on 2022-09-28: rows that rest on it are gated by that day (decisions.md 14).
_GATES = {"国办发〔2022〕34号": date(2022, 9, 28)}
_OUTSIDE = frozenset({Scheme.CHUANYU, Scheme.SOUTHWEST, Scheme.INTERPROVINCIAL})
_MAX_DAYS = 366
_Enum = TypeVar("_Enum", bound=StrEnum)


class RowError(Frozen):
    """A fault in a list: `row` counts from 1 with the header as row 1, as a spreadsheet shows it."""

    file: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.file} 第{self.row}行 {self.column}：{self.message}"


class Row:
    """One line that is being read; faults are noted, not raised, so that all of them are reported."""

    def __init__(self, file: str, number: int, cells: Mapping[str, str], errors: list[RowError]) -> None:
        self._file, self.number, self._cells, self._errors = file, number, cells, errors
        self._before = len(errors)

    @property
    def sound(self) -> bool:
        """Whether no fault was noted since this row was begun."""
        return len(self._errors) == self._before

    def fault(self, column: str, message: str) -> None:
        self._errors.append(RowError(file=self._file, row=self.number, column=column, message=message))

    def text(self, column: str, *, limit: int = 200, empty: bool = False) -> str:
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
        value = self._cells.get(column, "").strip()
        if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
            self.fault(column, f"应为{low}到{high}的整数，现在是“{value}”")
            return low
        return int(value)

    def money(self, column: str) -> Decimal:
        value = self._cells.get(column, "").strip()
        if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,2})?", value):
            self.fault(column, f"应为金额（元），现在是“{value}”")
            return Decimal(0)
        return Decimal(value)

    def flag(self, column: str) -> bool:
        value = self._cells.get(column, "").strip()
        if value not in {"yes", "no"}:
            self.fault(column, f"应为yes或no，现在是“{value}”")
        return value == "yes"

    def choice(self, column: str, kind: type[_Enum]) -> _Enum:
        value = self._cells.get(column, "").strip()
        try:
            return kind(value)
        except ValueError:
            self.fault(column, f"应为{'、'.join(kind)}之一，现在是“{value}”")
            return next(iter(kind))

    def schemes(self, column: str) -> tuple[Scheme, ...]:
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


def _item(row: Row) -> ServiceItem:
    source = row.text("source", limit=2000)
    item = ServiceItem(
        code=row.text("code", limit=40),
        name=row.text("name_zh", limit=80),
        department=row.text("department_zh", limit=40),
        service_type=row.choice("service_type", ServiceType),
        applicant=row.choice("applicant", Applicants),
        schemes=row.schemes("schemes"),
        mode=row.choice("mode", Mode),
        kind=row.choice("kind", ItemKind),
        statutory_days=row.whole("statutory_days", 0, _MAX_DAYS),
        promised_days=row.whole("promised_days", 0, _MAX_DAYS),
        inbound_courier=row.flag("inbound_courier"),
        outbound_courier=row.flag("outbound_courier"),
        result=row.text("result_zh"),
        result_form=row.choice("result_form", ResultForm),
        fee_yuan=row.money("fee_yuan"),
        listed=row.choice("listed", Listed),
        source=source,
        valid_from=max((day for name, day in _GATES.items() if name in source), default=None),
    )
    if row.sound:
        _check_item(row, item)
    return item


def _check_item(row: Row, item: ServiceItem) -> None:
    """Rules between the columns of one item."""
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{2,39}", item.code):
        row.fault("code", "编码只能用大写字母、数字和连字符，3到40位")
    if item.promised_days > item.statutory_days:
        row.fault("promised_days", f"承诺时限{item.promised_days}天超过法定时限{item.statutory_days}天")
    immediate = item.kind is ItemKind.IMMEDIATE
    if immediate != (item.statutory_days == 0) or immediate != (item.promised_days == 0):
        row.fault("statutory_days", "即办件的时限应为0，承诺件的时限应大于0")
    if item.inbound_courier and item.mode is Mode.ONLINE:
        row.fault("inbound_courier", "全程网办事项没有纸质原件需要寄送")
    if item.outbound_courier and item.result_form is ResultForm.ELECTRONIC:
        row.fault("outbound_courier", "电子结果无需寄回")


def _material(row: Row) -> Material:
    return Material(
        seq=row.whole("seq", 1, 99),
        name=row.text("name_zh"),
        form=row.choice("form", MaterialForm),
        copies=row.whole("copies", 1, 99),
        required=row.choice("required", Requirement),
        e_licence=row.text("e_licence", limit=60, empty=True) or None,
        commitment=row.flag("commitment"),
    )


def _rows(table: Table, columns: list[str], errors: list[RowError]) -> Iterator[Row]:
    """Rows of one list that are not blank, or none when its header is wrong."""
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


def parse(tables: Tables, *, expected_items: int | None = None) -> tuple[Catalogue | None, list[RowError]]:
    """Read a whole list: the catalogue, or None and every fault found (all or nothing)."""
    errors: list[RowError] = []
    items: dict[str, ServiceItem] = {}
    names: dict[str, int] = {}
    for row in _rows(tables.items, ITEM_COLUMNS, errors):
        item = _item(row)
        if item.code in items:
            row.fault("code", f"编码重复：{item.code}")
        if item.name in names:
            row.fault("name_zh", f"名称与第{names[item.name]}行重复")
        items[item.code], names[item.name] = item, row.number
    materials = _materials(tables.materials, items, errors)
    aliases = _aliases(tables.aliases, items, errors)
    if expected_items is not None and len(items) != expected_items:
        message = f"应有{expected_items}项，现在是{len(items)}项"
        errors.append(RowError(file=tables.items.file, row=1, column="code", message=message))
    if errors:
        return None, errors
    whole = tuple(item.model_copy(update={"materials": materials[item.code]}) for item in items.values())
    return Catalogue(version=_version(whole, aliases), items=whole, aliases=aliases), []


def _materials(table: Table, items: dict[str, ServiceItem], errors: list[RowError]) -> dict[str, tuple[Material, ...]]:
    found: dict[str, list[Material]] = {code: [] for code in items}
    for row in _rows(table, MATERIAL_COLUMNS, errors):
        code, material = row.text("item_code", limit=40), _material(row)
        if code not in found:
            row.fault("item_code", f"事项清单中没有这个编码：{code}")
        elif material.seq != len(found[code]) + 1:
            row.fault("seq", f"序号应为{len(found[code]) + 1}，现在是{material.seq}")
        found.setdefault(code, []).append(material)
    for code in (code for code in items if not found[code]):
        errors.append(RowError(file=table.file, row=1, column="item_code", message=f"{code}没有材料"))
    return {code: tuple(materials) for code, materials in found.items()}


def _aliases(table: Table, items: dict[str, ServiceItem], errors: list[RowError]) -> tuple[Alias, ...]:
    aliases = []
    for row in _rows(table, ALIAS_COLUMNS, errors):
        alias = Alias(**{column: row.text(column) for column in ALIAS_COLUMNS})
        item = items.get(alias.item_code)
        if item is None:
            row.fault("item_code", f"事项清单中没有这个编码：{alias.item_code}")
        elif item.name != alias.item_name:
            row.fault("item_name", f"与事项名称不一致，应为“{item.name}”")
        aliases.append(alias)
    return tuple(aliases)


def _version(items: tuple[ServiceItem, ...], aliases: tuple[Alias, ...]) -> str:
    """Twelve hex characters that change with any content of the list (版本号)."""
    digest = hashlib.sha256()
    for value in (*items, *aliases):
        digest.update(value.model_dump_json().encode() + b"\n")
    return digest.hexdigest()[:12]
