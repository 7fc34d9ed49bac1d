"""What we ourselves say about a parcel, in the same log as the scans: so that a late scan is judged against it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.terms import ParcelStage
from logistics.parcels import ParcelState
from relay.parcels import OWN_DEVICE, project
from relay.scan_reading import content_hash
from storage import scans as log
from storage.legs import LegRow


def say(session: Session, leg: LegRow, stage: ParcelStage, at: datetime, now: datetime) -> ParcelState:
    """Put a stage into the log of a leg that the caller has locked, once per attempt, and bring the leg up to it."""
    event_id = f"own-{leg.leg_id}-{leg.epoch}-{stage}"
    if event_id not in log.stored_hashes(session, [event_id]):
        device_id = f"{OWN_DEVICE}-{leg.leg_id}"
        said = select(func.count()).select_from(log.ScanEventRow).filter_by(device_id=device_id)
        payload = {
            "eventId": event_id,
            "deviceSeq": (session.scalar(said) or 0) + 1,
            "occurredAt": at.isoformat(),
            "kind": stage.value,
            "code": leg.tracking_no or leg.leg_id,
            "epoch": leg.epoch,
        }
        row = {
            "event_id": event_id,
            "device_id": device_id,
            "device_seq": payload["deviceSeq"],
            "leg_id": leg.leg_id,
            "code": payload["code"],
            "kind": stage.value,
            "actor": OWN_DEVICE,
            "occurred_at": at,
            "corrected_at": at,
            "recorded_at": now,
            "clock_suspect": False,
            "second_approval": False,
            "natural_key": None,
            "payload": payload,
            "payload_sha256": content_hash(device_id, payload),
        }
        log.append(session, [row], [])
    return project(session, leg, now)
