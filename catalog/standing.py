"""Where an item stands in its networks and who may have it: the lists beside the items (入网、联办角色、办理条件)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from catalog.eligibility import Eligibility
from catalog.joint import JointRole
from catalog.model import Membership, ServiceItem
from catalog.rows import Row, RowError, read_rows
from catalog.tables import COLUMNS, Table
from domain.terms import IdType, Mode, Scheme

_Items = Mapping[str, ServiceItem]


def memberships(table: Table, items: _Items, errors: list[RowError]) -> dict[str, tuple[Membership, ...]]:
    """入网: item code → its rows, each with dates and mode for one network and region.

    Several rows of one place must follow each other in time. Faults go into `errors`, as in all functions here.
    """
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in read_rows(table, COLUMNS["memberships"], errors):
        item = _item_of(row, items)
        membership = Membership(
            scheme=row.choice("scheme", Scheme),
            region=row.region_or_any("region"),
            mode=row.choice_or_any("mode", Mode),
            valid_from=row.day("valid_from"),
            valid_to=row.day("valid_to"),
            source=row.text("source", limit=2000, empty=True),
        )
        if not row.sound or item is None:
            continue
        if membership.scheme not in item.schemes:
            row.fault("scheme", f"事项清单中{item.code}没有列入{membership.scheme}")
        _check_dates(row, membership, found[item.code])
        found[item.code].append(membership)
    return {code: tuple(rows) for code, rows in found.items()}


def _check_dates(row: Row, added: Membership, before: list[Membership]) -> None:
    if added.valid_from and added.valid_to and added.valid_to < added.valid_from:
        row.fault("valid_to", f"停止日期{added.valid_to}早于开通日期{added.valid_from}")
    same = [m for m in before if (m.scheme, m.region) == (added.scheme, added.region)]
    spans = sorted((m.valid_from or date.min, m.valid_to or date.max) for m in [*same, added])
    if any(earlier[1] >= later[0] for earlier, later in pairwise(spans)):
        row.fault("valid_from", "与同一事项、网络、地区的另一行日期重叠")


def roles(table: Table, items: _Items, errors: list[RowError]) -> dict[str, tuple[JointRole, ...]]:
    """联办角色: item code → roles, for items handled jointly; the deciding authority first."""
    found: dict[str, tuple[JointRole, ...]] = {}
    for row in read_rows(table, COLUMNS["roles"], errors):
        item, named = _item_of(row, items), row.some("roles", JointRole)
        if item is None:
            continue
        if item.mode is not Mode.JOINT:
            row.fault("item_code", f"{item.code}不是多地联办事项，没有联办角色")
        _once(row, item.code in found)
        found[item.code] = named
    return found


def eligibility(table: Table, items: _Items, errors: list[RowError]) -> dict[str, Eligibility]:
    """办理条件: item code → id types that are good, households that are excluded, and what those can do instead."""
    found: dict[str, Eligibility] = {}
    for row in read_rows(table, COLUMNS["eligibility"], errors):
        item = _item_of(row, items)
        excluded = row.provinces("excluded_households")
        rule = Eligibility(
            id_types=row.some("id_types", IdType),
            excluded_households=excluded,
            reason=row.text("reason", empty=not excluded),
            instead=row.text("instead", empty=not excluded),
        )
        if item is None:
            continue
        if item.name != row.text("item_name", limit=80):
            row.fault("item_name", f"与事项名称不一致，应为“{item.name}”")
        _once(row, item.code in found)
        found[item.code] = rule
    return found


def _item_of(row: Row, items: _Items) -> ServiceItem | None:
    code = row.text("item_code", limit=40)
    if code and code not in items:
        row.fault("item_code", f"事项清单中没有这个编码：{code}")
    return items.get(code)


def _once(row: Row, known: bool) -> None:
    if known:
        row.fault("item_code", "这个事项已有一行")
