"""Where papers are taken in (收件渠道) and from which day that counts."""

from datetime import date, datetime
from enum import StrEnum

from catalog.workdays import WorkdayCalendar, local_day


class IntakeChannel(StrEnum):
    """The channel that a case came in by; recorded on the case."""

    WINDOW = "window"  # 区政务服务大厅综窗
    STREET = "street"  # 街道、社区便民服务中心
    BANK = "bank"  # 银行网点政务服务代办点
    KIOSK = "kiosk"  # 自助服务终端
    ONLINE = "online"  # 渝快办网上申请

    @property
    def label(self) -> str:
        """Its name in Chinese."""
        return _LABELS[self]


_LABELS = {
    IntakeChannel.WINDOW: "政务大厅综窗",
    IntakeChannel.STREET: "街道便民服务中心",
    IntakeChannel.BANK: "银行代办点",
    IntakeChannel.KIOSK: "自助终端",
    IntakeChannel.ONLINE: "网上申请",
}


def first_counted_day(taken_at: datetime, calendar: WorkdayCalendar) -> date:
    """The first day of every limit that begins with this intake: the next working day, for every channel.

    A weekend intake at a bank, a kiosk or online therefore counts from Monday, and the clerk says so.
    """
    day, _ = calendar.add_workdays(local_day(taken_at), 1)
    return day
