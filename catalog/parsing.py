"""Rows of text → items, with every fault named by file, row and column (事项清单校验).

One reader for the bundled CSV and for what a district imports, so both obey the same rules.
"""

import hashlib
import re

from catalog.forms.reading import read_forms
from catalog.joint_steps import joint_steps
from catalog.model import (
    Alias,
    Applicants,
    Catalogue,
    Listed,
    Material,
    Requirement,
    ServiceItem,
    ServiceType,
    Synonym,
)
from catalog.rows import Row, RowError, read_rows
from catalog.standing import eligibility, memberships, roles
from catalog.synonyms import synonyms
from catalog.tables import COLUMNS, Table, Tables
from domain.terms import ItemKind, MaterialForm, Mode, ResultForm

_MAX_DAYS = 366


def _item(row: Row) -> ServiceItem:
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
        source=row.text("source", limit=2000),
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


def parse(tables: Tables, *, expected_items: int | None = None) -> tuple[Catalogue | None, list[RowError]]:
    """Read a whole list: the catalogue, or None and every fault found (all or nothing).

    `expected_items`: another number of items is a fault too.
    """
    errors: list[RowError] = []
    items: dict[str, ServiceItem] = {}
    names: dict[str, int] = {}
    for row in read_rows(tables.items, COLUMNS["items"], errors):
        item = _item(row)
        if item.code in items:
            row.fault("code", f"编码重复：{item.code}")
        if item.name in names:
            row.fault("name_zh", f"名称与第{names[item.name]}行重复")
        items[item.code], names[item.name] = item, row.number
    materials = _materials(tables.materials, items, errors)
    aliases = _aliases(tables.aliases, items, errors)
    placed = memberships(tables.memberships, items, errors)
    asked = roles(tables.roles, items, errors)
    ordered = joint_steps(tables.joint_steps, items, asked, errors)
    conditions = eligibility(tables.eligibility, items, errors)
    forms = read_forms(tables.forms, {code: _numbers(rows) for code, rows in materials.items()}, errors)
    said = synonyms(tables.synonyms, items.values(), aliases, errors)
    if expected_items is not None and len(items) != expected_items:
        message = f"应有{expected_items}项，现在是{len(items)}项"
        errors.append(RowError(file=tables.items.file, row=1, column="code", message=message))
    if errors:
        return None, errors
    whole = tuple(
        item.model_copy(
            update={
                "materials": materials[code],
                "memberships": placed.get(code, ()),
                "roles": asked.get(code, ()),
                "joint_steps": ordered.get(code, ()),
                "eligibility": conditions.get(code),
                "form": forms.get(code),
            }
        )
        for code, item in items.items()
    )
    return Catalogue(version=_version(whole, aliases, said), items=whole, aliases=aliases, synonyms=said), []


def _numbers(materials: tuple[Material, ...]) -> tuple[list[int], list[int]]:
    """All numbers of an item's list, and those that are needed."""
    return [m.seq for m in materials], [m.seq for m in materials if m.required is not Requirement.NO]


def _materials(table: Table, items: dict[str, ServiceItem], errors: list[RowError]) -> dict[str, tuple[Material, ...]]:
    found: dict[str, list[Material]] = {code: [] for code in items}
    for row in read_rows(table, COLUMNS["materials"], errors):
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
    for row in read_rows(table, COLUMNS["aliases"], errors):
        alias = Alias(**{column: row.text(column) for column in COLUMNS["aliases"]})
        item = items.get(alias.item_code)
        if item is None:
            row.fault("item_code", f"事项清单中没有这个编码：{alias.item_code}")
        elif item.name != alias.item_name:
            row.fault("item_name", f"与事项名称不一致，应为“{item.name}”")
        aliases.append(alias)
    return tuple(aliases)


def _version(items: tuple[ServiceItem, ...], aliases: tuple[Alias, ...], said: tuple[Synonym, ...]) -> str:
    """Twelve hex characters that change with any content of the list (版本号)."""
    digest = hashlib.sha256()
    for value in (*items, *aliases, *said):
        digest.update(value.model_dump_json().encode() + b"\n")
    return digest.hexdigest()[:12]
