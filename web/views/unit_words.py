"""Units in words: what one stands for, and what people there have in hand."""

from collections.abc import Mapping
from typing import Final

from domain.units import UnitKind
from storage.in_hand import Holder, InHand

STANDS_FOR: Final[Mapping[UnitKind, str]] = {
    UnitKind.DEPARTMENT: "写事项目录里的部门名称，例如 人力资源社会保障。",
    UnitKind.OUTLET: "写网点编号，例如 daping。",
    UnitKind.PARTNER: "写协作网络的编号，例如 sichuan。",
}
"""What to write for the kinds whose unit stands for something (`domain.units.NAMES_SOMETHING`)."""


def holder_said(one: Holder) -> str:
    """What one person has in hand."""
    return _said(one.cases, one.handlings, one.parcels)


def left_said(left: InHand) -> str:
    """What all of them have in hand, and what no courier has yet; empty for nothing."""
    return _said(sum(one.cases for one in left.holders), sum(one.handlings for one in left.holders), left.parcels)


def _said(cases: int, handlings: int, parcels: int) -> str:
    counts = {"办件": cases, "审批": handlings, "邮件": parcels}
    return "、".join(f"{what} {count} 件" for what, count in counts.items() if count)
