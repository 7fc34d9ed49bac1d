"""Words about personal data (个人信息): what is shown in clear and why, what is asked for, what stops erasing."""

import re
from enum import StrEnum
from typing import Final

_PERSONAL: Final = re.compile(r"[0-9]{7,}|[0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}|[\w.+-]+@[\w-]+\.\w+", re.ASCII)


class UnmaskField(StrEnum):
    """What of a person is shown in clear (查看明文); the value is the member of the request."""

    NAME = "name"
    ID_NUMBER = "idNumber"
    PHONE = "phone"
    ADDRESS = "address"

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return _FIELDS[self]


class UnmaskReason(StrEnum):
    """Why somebody looks."""

    IDENTITY = "IDENTITY"
    CONTACT = "CONTACT"
    PAPERS = "PAPERS"
    CORRECTION = "CORRECTION"
    POSTAL = "POSTAL"
    COMPLAINT = "COMPLAINT"
    OTHER = "OTHER"  # said in words

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return _REASONS[self]


class RequestKind(StrEnum):
    """What a person has asked for (行使权利)."""

    EXPORT = "EXPORT"  # PIPL 45
    CONSENT_WITHDRAWN = "WITHDRAWN"  # PIPL 15


class ExportReason(StrEnum):
    """At whose request a person's data are given out."""

    SUBJECT = "SUBJECT"
    AGENT = "AGENT"
    GUARDIAN = "GUARDIAN"


class Consented(StrEnum):
    """What rests on a consent of its own, so that it can be withdrawn."""

    MESSAGES = "messages"
    DELIVERY = "delivery"

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return {Consented.MESSAGES: "短信提醒", Consented.DELIVERY: "上门取件和送达"}[self]


class HoldKind(StrEnum):
    """What stops the erasing of a case's personal data until it is over (暂缓删除)."""

    CLAIM = "CLAIM"
    COMPLAINT = "COMPLAINT"
    RECONSIDERATION = "RECONSIDERATION"
    LITIGATION = "LITIGATION"
    AUDIT = "AUDIT"

    @property
    def label(self) -> str:
        """In Chinese, as people read it."""
        return _HOLDS[self]


class EraseReason(StrEnum):
    """Why the personal data of a case were erased."""

    TERM = "TERM"  # its time was over
    REQUEST = "REQUEST"  # the person has asked, and may (PIPL 47)
    MISTAKE = "MISTAKE"  # should not have been collected
    ORDER = "ORDER"  # a court or an authority says so


_FIELDS: Final = {
    UnmaskField.NAME: "姓名",
    UnmaskField.ID_NUMBER: "证件号码",
    UnmaskField.PHONE: "电话",
    UnmaskField.ADDRESS: "地址",
}
_REASONS: Final = {
    UnmaskReason.IDENTITY: "核对身份",
    UnmaskReason.CONTACT: "联系申请人",
    UnmaskReason.PAPERS: "制作文书",
    UnmaskReason.CORRECTION: "更正信息",
    UnmaskReason.POSTAL: "处理寄递",
    UnmaskReason.COMPLAINT: "处理投诉",
    UnmaskReason.OTHER: "其他（请说明）",
}
_HOLDS: Final = {
    HoldKind.CLAIM: "邮政赔偿未了结",
    HoldKind.COMPLAINT: "投诉未了结",
    HoldKind.RECONSIDERATION: "行政复议未了结",
    HoldKind.LITIGATION: "诉讼未了结",
    HoldKind.AUDIT: "审计或检查需要",
}


def looks_personal(text: str) -> bool:
    """Whether a reason tells of a person: a number as long as a telephone's or a document's, or an address of mail."""
    return _PERSONAL.search(text) is not None
