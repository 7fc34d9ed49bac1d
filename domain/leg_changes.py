"""What may be changed about a door order (上门订单变更) while nobody holds its papers: the words of it, no values."""

from enum import StrEnum
from typing import Final


class ChangeKind(StrEnum):
    """What somebody wants changed about one visit."""

    ADDRESS = "ADDRESS"  # 改地址
    WINDOW = "WINDOW"  # 改时间, an appointment of half an hour
    CONTACT = "CONTACT"  # 改联系人, who is at the door
    CANCEL = "CANCEL"  # 取消上门, of this leg only


class Halt(StrEnum):
    """Why nobody goes to a door although its leg is not over."""

    CANCELLED = "CANCELLED"  # somebody has cancelled the visit; the leg ends with it
    WITHDRAWAL = "WITHDRAWAL"  # asked for and not answered; where it is refused somebody goes again


APPLICANT: Final = "applicant"
"""Who has changed it, where it was nobody with a login."""

CHANGED: Final = {
    ChangeKind.ADDRESS: "VISIT_ADDRESS_CHANGED",
    ChangeKind.WINDOW: "VISIT_TIME_CHANGED",
    ChangeKind.CONTACT: "VISIT_CONTACT_CHANGED",
    ChangeKind.CANCEL: "VISIT_CANCELLED",
}
"""Kind of change → kind of the line in the case's history."""
