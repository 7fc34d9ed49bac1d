"""Builds events for the tests: golden traces of courier.md §3 and §9."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from domain.terms import Datum, Leg, ParcelStage, SignerKind
from logistics.geo import Point
from logistics.scans import GpsFix, LegPolicy, ScanEvent, Void

S = ParcelStage
TEN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # 10:00 in Chongqing
DOOR = Point(lat=29.5575, lon=106.5770, datum=Datum.WGS84)
AT_DOOR = GpsFix(point=DOOR, accuracy_m=20)
FAR = GpsFix(point=Point(lat=29.5600, lon=106.5830, datum=Datum.WGS84), accuracy_m=20)

PICKUP = LegPolicy.of(Leg.PICKUP, DOOR)
DELIVERY = LegPolicy.of(Leg.DELIVERY, DOOR)
FORWARD = LegPolicy.of(Leg.FORWARD)


class Trace:
    """Adds events at minutes after ten o'clock; each is uploaded at once unless told otherwise."""

    def __init__(self, leg: Leg = Leg.PICKUP) -> None:
        self.leg = leg
        self.events: list[ScanEvent] = []
        self._seq = count(1)

    def add(self, minute: float, kind: ParcelStage | Void, *, uploaded: float | None = None, **fields: Any) -> "Trace":
        seq = next(self._seq)
        at = TEN + timedelta(minutes=minute)
        values = {
            "event_id": f"e{seq}",
            "leg": self.leg,
            "kind": kind,
            "device_id": "d1",
            "device_seq": seq,
            "occurred_at": at,
            "recorded_at": TEN + timedelta(minutes=minute if uploaded is None else uploaded),
            "actor": "c1",
        } | fields
        self.events.append(ScanEvent.model_validate(values))
        return self


def door_pickup() -> Trace:
    """The main line of a pickup, to the hall's check."""
    return (
        Trace()
        .add(0, S.ORDERED)
        .add(1, S.ACCEPTED)
        .add(2, S.ASSIGNED)
        .add(5, S.EN_ROUTE)
        .add(25, S.ARRIVED_DOOR, gps=AT_DOOR)
        .add(28, S.PICKED_UP, seal_no="YZ0000001")
        .add(60, S.DELIVERED, signer_kind=SignerKind.HALL, actor="hall")
        .add(70, S.HALL_CHECKED, actor="hall")
    )


def two_attempts() -> Trace:
    """Nobody home, then delivered; no device says which attempt it is."""
    return (
        Trace(Leg.DELIVERY)
        .add(0, S.ORDERED)
        .add(1, S.ACCEPTED)
        .add(10, S.PICKED_UP)
        .add(12, S.OUT_FOR_DELIVERY)
        .add(30, S.ARRIVED_DOOR, gps=AT_DOOR)
        .add(33, S.DELIVERY_FAILED)
        .add(300, S.OUT_FOR_DELIVERY)
        .add(320, S.DELIVERED, signer_kind=SignerKind.SELF)
    )


def delivered_before_out() -> Trace:
    """delivery-tracker#50: delivered is stamped 5 minutes before out-for-delivery."""
    return (
        Trace(Leg.FORWARD)
        .add(0, S.PICKED_UP)
        .add(100, S.AT_DEST_OUTLET)
        .add(115, S.DELIVERED, signer_kind=SignerKind.HALL)
        .add(120, S.OUT_FOR_DELIVERY)
    )


def lost_and_found() -> Trace:
    return (
        Trace(Leg.FORWARD)
        .add(0, S.PICKED_UP)
        .add(60, S.IN_TRANSIT)
        .add(2000, S.LOST, actor="desk")
        .add(3000, S.AT_OUTLET, actor="outlet-7")
        .add(3100, S.IN_TRANSIT)
    )


def corrected() -> Trace:
    """A failed delivery scanned by mistake, taken back; a void of a void; a double scan."""
    return (
        Trace(Leg.DELIVERY)
        .add(0, S.PICKED_UP)
        .add(5, S.OUT_FOR_DELIVERY)
        .add(5.5, S.OUT_FOR_DELIVERY)
        .add(20, S.DELIVERY_FAILED)
        .add(21, Void.VOID, voids="e4", void_reason="did_not_occur")
        .add(22, Void.VOID, voids="e2")
        .add(23, Void.VOID, voids="e6")
        .add(30, S.DELIVERED, signer_kind=SignerKind.SELF)
    )


def carrier_trace() -> Trace:
    """A carrier re-sends a line with another time; 989 comes one second after 954; the pickup is missing."""
    second = 1 / 60
    return (
        Trace(Leg.FORWARD)
        .add(0, S.IN_TRANSIT, natural_key="w|303|a|1")
        .add(423, S.IN_TRANSIT, natural_key="w|954|b|1", uploaded=430)
        .add(363, S.IN_TRANSIT, natural_key="w|954|b|1", uploaded=500)
        .add(423 + second, S.IN_TRANSIT, natural_key="w|989|b|1", uploaded=430)
        .add(900, S.AT_DEST_OUTLET, natural_key="w|306|c|1")
    )


def materials_rejected() -> Trace:
    return door_pickup().add(100, S.RETURNING).add(200, S.RETURNED, from_party="c9", to_party="applicant")


def cancelled_offline() -> Trace:
    """courier.md §3: cancelled 10:05, picked up 10:03, uploaded 10:30."""
    return (
        Trace()
        .add(0, S.ACCEPTED)
        .add(1, S.ASSIGNED)
        .add(5, S.CANCELLED, actor="desk", device_id="server", device_seq=1)
        .add(3, S.PICKED_UP, uploaded=30)
    )


GOLDEN = {
    "door_pickup": (PICKUP, door_pickup),
    "two_attempts": (DELIVERY, two_attempts),
    "delivered_before_out": (FORWARD, delivered_before_out),
    "lost_and_found": (FORWARD, lost_and_found),
    "corrected": (DELIVERY, corrected),
    "carrier_trace": (FORWARD, carrier_trace),
    "materials_rejected": (PICKUP, materials_rejected),
    "cancelled_offline": (PICKUP, cancelled_offline),
}
