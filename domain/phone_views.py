"""Whose phone number a person of ours may be shown, and who is shown any (查看电话)."""

from enum import StrEnum

from domain.terms import Role


class Whose(StrEnum):
    """Whose number it is."""

    APPLICANT = "applicant"
    AGENT = "agent"
    PICKUP = "pickup"  # who is named at the door where papers are fetched
    DELIVERY = "delivery"  # who is named at the door to which the result is brought

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return _LABELS[self]


_LABELS = {Whose.APPLICANT: "申请人", Whose.AGENT: "代办人", Whose.PICKUP: "取件联系人", Whose.DELIVERY: "收件联系人"}

OF_A_CASE = (Role.CLERK, Role.SUPERVISOR)
"""Who calls in the matter of a case: its window, and whoever looks after what went wrong."""

OF_A_STOP = (Role.OUTLET, Role.COURIER, Role.CLERK, Role.SUPERVISOR)
"""Who calls in the matter of a parcel at a door, while it is under way."""
