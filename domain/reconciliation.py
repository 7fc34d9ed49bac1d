"""What a reconciliation (对账) of one network and day found: where our books and theirs differ."""

from datetime import date, datetime
from enum import StrEnum

from domain.model import Frozen
from domain.terms import Partner


class DifferenceKind(StrEnum):
    """How the books differ (差异类型)."""

    THEY_ARE_AHEAD = "THEY_ARE_AHEAD"  # an event has not reached us: repaired by taking their status
    WE_ARE_AHEAD = "WE_ARE_AHEAD"  # they know less than they have said to us
    OTHER_EVENT = "OTHER_EVENT"  # the same place in the sequence, another event
    CONTRADICTION = "CONTRADICTION"  # another final decision than the one taken: a person looks at it
    NO_EFFECT = "NO_EFFECT"  # acknowledged by us, and the case does not show it
    NO_RECEIPT = "NO_RECEIPT"  # B from here on: no receipt for a batch of ours after 24 h
    OPEN_ROW = "OPEN_ROW"  # a row of ours that has not left after 24 h
    REFUSED_ROW = "REFUSED_ROW"
    RECEIPT_NOT_SENT = "RECEIPT_NOT_SENT"  # ours, for a batch that came
    PARKED_ROW = "PARKED_ROW"  # waits for its case
    CHAIN_OUT = "CHAIN_OUT"  # a batch is missing in a stream of ours
    CHAIN_IN = "CHAIN_IN"  # a batch is missing in a stream of theirs


REPAIR: dict[DifferenceKind, str] = {
    DifferenceKind.THEY_ARE_AHEAD: "对方进度在前，系统已按对方现状补齐",
    DifferenceKind.WE_ARE_AHEAD: "对方记录落后于其曾告知的进度，请联系对方核对",
    DifferenceKind.OTHER_EVENT: "同一序号双方环节不同，请联系对方核对",
    DifferenceKind.CONTRADICTION: "双方结论不同，请主管核实",
    DifferenceKind.NO_EFFECT: "已应答的消息没有在办件上生效，请在消息列表重放",
    DifferenceKind.NO_RECEIPT: "对方未回执，系统会原样重发批次",
    DifferenceKind.OPEN_ROW: "数据行尚未发出，请检查交换中心连接",
    DifferenceKind.REFUSED_ROW: "对方拒收，请在待办中重发或终止",
    DifferenceKind.RECEIPT_NOT_SENT: "回执尚未送达交换中心，系统会重发",
    DifferenceKind.PARKED_ROW: "对方数据先于办件到达，等待办件登记",
    DifferenceKind.CHAIN_OUT: "发出批次的链不连续，请联系对方核对",
    DifferenceKind.CHAIN_IN: "收到批次不连续，请联系对方补发",
}
"""kind → what is done about it, or who does it."""


class Difference(Frozen):
    """One handling (B: also a batch or a row) over which the books differ. No personal data."""

    subject: str
    kind: DifferenceKind
    ours: str = ""
    theirs: str = ""
    repaired: bool = False


class ReconciliationReport(Frozen):
    """One network, one day of Asia/Shanghai. `unanswered`: handlings that the network could not be asked about."""

    partner: Partner
    day: date
    made_at: datetime
    compared: int
    differences: tuple[Difference, ...] = ()
    unanswered: int = 0

    @property
    def clean(self) -> bool:
        """All was compared, and what differed is repaired."""
        return self.unanswered == 0 and all(difference.repaired for difference in self.differences)
