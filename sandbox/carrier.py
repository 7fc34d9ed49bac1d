"""The authority orders the parcel that brings the result back: waybill numbers come from the carrier's program."""

import threading
from dataclasses import dataclass, field

import requests

_TIMEOUT_S = 5.0
_HALL = "500103"


class CarrierAway(Exception):
    """The carrier's program did not answer; asked again later."""


@dataclass
class Carrier:
    """Client of the carrier's program. Without a `url` it makes S10 numbers itself, for tests of one network."""

    url: str | None = None
    key: str = "courier-sandbox-key"
    _made: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def waybill(self, handling_no: str, from_region: str) -> str:
        """Tracking number (邮件号) of the BACK leg; the same for the same handling. Raises CarrierAway."""
        order_key = f"{handling_no}-BACK-1"
        if self.url is None:
            with self._lock:
                return self._made.setdefault(order_key, _s10(len(self._made) + 1))
        order = {"orderKey": order_key, "leg": "BACK", "fromRegion": from_region, "toRegion": _HALL}
        try:
            answer = requests.post(
                f"{self.url}/carrier/v1/waybills",
                json=order,
                headers={"Authorization": f"Bearer {self.key}"},
                timeout=_TIMEOUT_S,
            )
            answer.raise_for_status()
            return str(answer.json()["trackingNo"])
        except (requests.RequestException, ValueError, KeyError) as fault:
            raise CarrierAway("the carrier did not give a waybill number") from fault


def _s10(serial: int) -> str:
    """UPU S10: two letters, eight digits, weighted check digit, country."""
    digits = f"{serial:08d}"
    total = sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return f"EB{digits}{check}CN"
