"""Roles of the authorities in joint handling (多地联办角色), by what the item moves.

The roles follow from the item's name, because the working catalogue has no column for them; an item
without a rule names no roles and the clerk adds authorities freely.
"""

from enum import StrEnum

from catalog.model import ServiceItem
from domain.terms import Mode


class JointRole(StrEnum):
    """What one authority is in a joint case."""

    MOVE_IN = "迁入地"
    MOVE_OUT = "迁出地"
    TRANSFER_IN = "转入地"
    TRANSFER_OUT = "转出地"
    ISSUING = "核发地"
    HOUSEHOLD = "户籍地"


_MOVE = (JointRole.MOVE_IN, JointRole.MOVE_OUT)
_TRANSFER = (JointRole.TRANSFER_IN, JointRole.TRANSFER_OUT)
_BY_WORDING: tuple[tuple[str, tuple[JointRole, ...]], ...] = (
    ("户口迁移", _MOVE),
    ("落户", _MOVE),
    ("跨省迁移", _MOVE),
    ("残疾人证迁移", _MOVE),
    ("转移接续", _TRANSFER),
    ("互转", _TRANSFER),
    ("关系转移", _TRANSFER),
    ("转移审批", _TRANSFER),
    ("转学", _TRANSFER),
    ("转考", _TRANSFER),
    ("转入换证", _TRANSFER),
    ("转籍过户", _TRANSFER),
    ("转递", _TRANSFER),
    ("调转", _TRANSFER),
    ("异地交易", _TRANSFER),
    ("变更执业机构", _TRANSFER),
    ("入户", (JointRole.HOUSEHOLD, JointRole.ISSUING)),
)


def roles(item: ServiceItem) -> tuple[JointRole, ...]:
    """The roles a joint item asks for, the deciding authority first; empty for other modes."""
    if item.mode is not Mode.JOINT:
        return ()
    return next((named for wording, named in _BY_WORDING if wording in item.name), ())
