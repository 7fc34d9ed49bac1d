"""Roles of the authorities in joint handling (多地联办角色)."""

from enum import StrEnum


class JointRole(StrEnum):
    """What one authority is in a joint case. An item names those it asks for, the deciding authority first."""

    MOVE_IN = "迁入地"
    MOVE_OUT = "迁出地"
    TRANSFER_IN = "转入地"
    TRANSFER_OUT = "转出地"
    ISSUING = "核发地"
    HOUSEHOLD = "户籍地"
