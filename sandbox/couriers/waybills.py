"""What a carrier knows by heart: tracking numbers, operation codes, and how a parcel moves by itself.

S10 is UPU standard S10 (item identifier); the 13-digit domestic form has no public check digit.
Operation codes are those seen in real payloads of China Post (courier.md §3).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
INTERREGIONAL = frozenset({"FORWARD", "BACK"})

HOPS = ("203", "305", "954", "989", "306", "702", "704")
"""收寄 → 发运 → 到达处理中心 → 离开处理中心 → 解车 → 下段 → 妥投, each `pace_s` after the one before."""

_CODE_TEXTS = {
    "203": "已收寄",
    "305": "揽投发运/封车",
    "954": "到达处理中心",
    "989": "离开处理中心",
    "306": "揽投解车",
    "702": "投递邮件接收-下段",
    "704": "妥投：单位收发章签收【政务服务中心】",
    "705": "未妥投：收件单位休息，次日再投",
}
_AT_SENDER = frozenset({"203", "305"})
_PROVINCES = {
    "50": "重庆", "51": "四川", "52": "贵州", "53": "云南", "54": "西藏", "45": "广西", "11": "北京",
    "31": "上海", "33": "浙江", "44": "广东", "61": "陕西",
}  # fmt: skip


def s10(serial: int, prefix: str = "EA", country: str = "CN") -> str:
    """An S10 number of an 8-digit serial with its check digit."""
    digits = f"{serial % 10**8:08d}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=True)) % 11
    check = {10: 0, 11: 5}.get(11 - rest, 11 - rest)
    return f"{prefix}{digits}{check}{country}"


def domestic(serial: int) -> str:
    """A 13-digit domestic number; 12 is the prefix of the ones seen."""
    return f"12{serial % 10**11:011d}"


def number_for(leg: str, serial: int) -> str:
    """Interregional parcels get an S10 number, in-city ones a domestic number."""
    return s10(serial) if leg in INTERREGIONAL else domestic(serial)


@dataclass(frozen=True)
class Waybill:
    """One booked waybill. `pace_s` and the oddities are fixed at booking, so a restart changes nothing."""

    tracking_no: str
    order_key: str
    leg: str
    from_region: str
    to_region: str
    booked_at: float  # epoch seconds
    pace_s: float
    cancelled_at: float | None = None
    stall_after: str | None = None  # the last code that appears: a parcel that is stuck or lost on the way
    unknown_code: str | None = None  # a code that no table has, said once between 954 and 989
    fails_first: bool = False  # 705 before 704
    resent: bool = False  # 954 said again with another time, as real carriers do

    def in_custody(self, now: float) -> bool:
        """Whether the carrier has the parcel already: then it can't be cancelled any more."""
        return bool(self.trace(now))

    def trace(self, now: float) -> list[dict[str, str]]:
        """Every line up to `now` (epoch seconds): a pure function of the clock. In-city legs have none."""
        if self.leg not in INTERREGIONAL:
            return []
        until = now if self.cancelled_at is None else min(now, self.cancelled_at)
        lines: list[dict[str, str]] = []
        for place, code in enumerate(self._codes(), start=1):
            at = self.booked_at + place * self.pace_s
            if at > until:
                break
            lines.append(self._line(code, at))
            if self.resent and code == "954":
                lines.append(self._line(code, at - 3600))
            if code == self.stall_after:
                break
        return lines

    def _codes(self) -> list[str]:
        codes = list(HOPS)
        if self.unknown_code:
            codes.insert(codes.index("989"), self.unknown_code)
        if self.fails_first:
            codes[-1:-1] = ["705", "702"]
        return codes

    def _line(self, code: str, at: float) -> dict[str, str]:
        region = self.from_region if code in _AT_SENDER else self.to_region
        place = _PROVINCES.get(region[:2], region[:2])
        kind = "邮件处理中心" if code in ("954", "989") else "揽投部"
        # The real trace has whole seconds and no offset.
        moment = datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S")
        text = _CODE_TEXTS.get(code, "其他")
        return {"opCode": code, "opTime": moment, "opOrg": f"{place}{kind}（{region}）", "opDesc": text}
