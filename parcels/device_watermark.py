"""Up to when the devices concerned have uploaded everything (上传进度): before that a breach is provisional.

Source: courier.md §4.
"""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from domain.terms import ScanSource
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from storage.parcels.scans import ScanDeviceRow, ScanEventRow


def synced_through(session: Session, leg: LegRow, now: datetime) -> datetime | None:
    """Up to when the devices of everybody who was ever to go to this door have uploaded everything: the earliest.

    None: one of them was never heard of. A device that was heard of has uploaded all it had by then, unless its
    sequence has a gap: then only what came before the gap is known to be complete. With nobody sent it is `now`.
    """
    sent = set(session.scalars(select(AssignmentRow.courier_id).filter_by(leg_id=leg.leg_id)))
    if leg.courier_id is not None:
        sent.add(leg.courier_id)
    times = []
    for courier_id in sent:
        devices = list(session.scalars(_devices_of(courier_id, leg.leg_id)))
        if not devices:
            return None
        times.append(min(_complete_through(session, device) for device in devices))
    return min(times, default=now)


def heard_at(session: Session, courier: CourierRow, leg_id: str) -> datetime | None:
    """When a courier was last heard of, by his own device or one used in his name for this leg; None: never."""
    times = [device.seen_at for device in session.scalars(_devices_of(courier.courier_id, leg_id))]
    return max([*times, courier.seen_at] if courier.seen_at is not None else times, default=None)


def _devices_of(courier_id: str, leg_id: str) -> Select[ScanDeviceRow]:
    """The courier's own, and whatever was used for this parcel in the courier's name."""
    used = (
        select(ScanEventRow.device_id).filter_by(leg_id=leg_id, actor=courier_id, source=ScanSource.DEVICE).distinct()
    )
    return select(ScanDeviceRow).where(or_(ScanDeviceRow.device_id == courier_id, ScanDeviceRow.device_id.in_(used)))


def _complete_through(session: Session, device: ScanDeviceRow) -> datetime:
    its = {"source": ScanSource.DEVICE, "device_id": device.device_id}
    above = select(func.count()).select_from(ScanEventRow).filter_by(**its)
    if not session.scalar(above.where(ScanEventRow.device_seq > device.watermark)):
        return device.seen_at
    last = select(ScanEventRow.corrected_at).filter_by(**its, device_seq=device.watermark)
    first = select(func.min(ScanEventRow.corrected_at)).filter_by(**its)
    known = session.scalar(last) or session.scalar(first)
    return min(known, device.seen_at) if known is not None else device.seen_at
