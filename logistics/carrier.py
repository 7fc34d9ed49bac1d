"""Our client of the postal carrier's program (邮政寄递接口): waybill numbers, cancellations, traces.

The interface of a real carrier is not public; this one has the shape of EMS's open API (create, cancel, track;
courier.md §3). One attempt per call: who calls retries. A booking carries our order key, so that repeating it
after a lost answer makes no second waybill.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import requests
from pydantic import Field, ValidationError
from urllib3.exceptions import HTTPError

from domain.errors import CarrierRefused, CarrierUnavailable
from domain.model import Frozen
from domain.terms import Leg
from outbound.deadline import Deadline, bounded_session

Now = Callable[[], datetime]
"""The wall clock; returns an aware datetime."""

CHINA = timezone(timedelta(hours=8))
"""A time without an offset is Asia/Shanghai, which has had no daylight saving time since 1991."""

MAX_ANSWER_BYTES = 2 * 1024 * 1024
CLOCK_TOLERANCE = timedelta(minutes=2)
_CHUNK = 64 * 1024
_BUSY = frozenset({408, 425, 429})


class CarrierTimeouts(Frozen):
    """Seconds for one call, contracts.md "Outbound calls"."""

    connect_s: float = Field(default=3, gt=0)
    read_s: float = Field(default=10, gt=0)
    total_s: float = Field(default=15, gt=0)


class CarrierOp(Frozen):
    """One line of a trace (邮件轨迹).

    op_code       the carrier's own code, never translated here (`logistics.opcodes` knows what it means)
    occurrence    1 for the first line of this code at this place, 2 for the next …: with the two the line's
                  natural key; the carrier sends no id and repeats lines with other times
    at            aware; `tz_assumed` when the carrier sent no offset
    clock_suspect more than 2 minutes ahead of our clock
    """

    op_code: str
    org: str
    at: datetime
    text: str
    occurrence: int = 1
    tz_assumed: bool = False
    clock_suspect: bool = False


class _Booked(Frozen):
    tracking_no: str = Field(alias="trackingNo", pattern=r"^[0-9A-Z]{8,32}\z")


class _Line(Frozen):
    op_code: str = Field(alias="opCode", min_length=1, max_length=16)
    op_time: datetime = Field(alias="opTime")
    op_org: str = Field(alias="opOrg", default="", max_length=120)
    op_desc: str = Field(alias="opDesc", default="", max_length=500)


class _Trace(Frozen):
    ops: tuple[_Line, ...] = Field(max_length=1000)


class CarrierClient:
    """Waybills of the postal carrier. Thread-safe: every call has a connection of its own."""

    def __init__(self, base_url: str, key: str, now: Now, timeouts: CarrierTimeouts | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._now = now
        self._timeouts = timeouts or CarrierTimeouts()

    def book(self, order_key: str, leg: Leg, from_region: str, to_region: str) -> str:
        """The tracking number of a new waybill; the same one again for the same `order_key`.

        Regions: GB/T 2260, 6 digits. Raises CarrierUnavailable, CarrierRefused.
        """
        body = {"orderKey": order_key, "leg": leg.value, "fromRegion": from_region, "toRegion": to_region}
        return self._booked(self._call("POST", "/carrier/v1/waybills", body=body))

    def cancel(self, order_key: str) -> None:
        """Cancel the waybill of an order; done already or never booked is fine too.

        Raises CarrierRefused (code `IN_CUSTODY`) once the parcel is on its way, CarrierUnavailable.
        """
        try:
            found = self._call("GET", "/carrier/v1/waybills", query={"orderKey": order_key})
            tracking_no = self._booked(found)
            self._call("DELETE", f"/carrier/v1/waybills/{quote(tracking_no, safe='')}")
        except CarrierRefused as refusal:
            if refusal.code != "NOT_FOUND":
                raise

    def trace(self, tracking_no: str) -> tuple[CarrierOp, ...]:
        """Every line so far, in the carrier's order (its seconds are too coarse to sort by).

        Raises CarrierRefused (code `NOT_FOUND`) for a number that the carrier does not know, CarrierUnavailable.
        """
        answer = self._call("GET", f"/carrier/v1/waybills/{quote(tracking_no, safe='')}/trace")
        try:
            lines = _Trace.model_validate(answer).ops
        except ValidationError as fault:
            raise _unreadable() from fault
        seen: Counter[tuple[str, str]] = Counter()
        ops = []
        for line in lines:
            seen[line.op_code, line.op_org] += 1
            ops.append(self._op(line, seen[line.op_code, line.op_org]))
        return tuple(ops)

    def _op(self, line: _Line, occurrence: int) -> CarrierOp:
        assumed = line.op_time.tzinfo is None
        at = line.op_time.replace(tzinfo=CHINA) if assumed else line.op_time
        return CarrierOp(
            op_code=line.op_code,
            org=line.op_org,
            at=at,
            text=line.op_desc,
            occurrence=occurrence,
            tz_assumed=assumed,
            clock_suspect=at > self._now() + CLOCK_TOLERANCE,
        )

    @staticmethod
    def _booked(answer: Any) -> str:
        try:
            return _Booked.model_validate(answer).tracking_no
        except ValidationError as fault:
            raise _unreadable() from fault

    def _call(
        self, method: str, path: str, *, body: dict[str, str] | None = None, query: dict[str, str] | None = None
    ) -> Any:
        """One request; the parsed answer of a 2xx (None where it has no body)."""
        limits = self._timeouts
        with Deadline(limits.total_s, limits.read_s) as deadline, bounded_session() as session:
            try:
                with session.request(
                    method,
                    self._base_url + path,
                    json=body,
                    params=query,
                    headers={"Authorization": f"Bearer {self._key}", "Accept-Encoding": "identity"},
                    timeout=(limits.connect_s, limits.read_s),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = _read(response)
            except (requests.RequestException, HTTPError, OSError) as fault:
                if deadline.expired:
                    raise _late() from fault
                raise CarrierUnavailable("邮政系统暂时联系不上，系统会自动重试。", code=type(fault).__name__) from fault
            if deadline.expired:
                raise _late()
        return _judge(response.status_code, content)


def _late() -> CarrierUnavailable:
    return CarrierUnavailable("邮政系统响应过慢，系统会自动重试。", code="TIMEOUT")


def _read(response: requests.Response) -> bytes:
    """The body (never compressed), at most 2 MB."""
    content = bytearray()
    while chunk := response.raw.read(_CHUNK):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise CarrierUnavailable("邮政系统的答复过大，无法读取。", code="TOO_LARGE")
    return bytes(content)


def _judge(status: int, content: bytes) -> Any:
    if 200 <= status < 300:
        if not content:
            return None
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as fault:
            raise _unreadable() from fault
    if status in _BUSY or status >= 500:
        raise CarrierUnavailable("邮政系统繁忙，系统会自动重试。", code=str(status))
    raise CarrierRefused("邮政系统没有受理，请人工核对。", code=_code(content) or str(status))


def _code(content: bytes) -> str:
    """The carrier's own word for a refusal, if it said one."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, str) and code.isascii() and len(code) <= 40 else ""


def _unreadable() -> CarrierUnavailable:
    return CarrierUnavailable("邮政系统的答复无法读取，系统会自动重试。", code="UNREADABLE")
