"""What we ourselves say about a parcel, in the same log as the scans: so that a late scan is judged against it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.terms import ParcelStage, ScanSource
from logistics.parcels import ParcelState
from parcels.projection import OWN_DEVICE, project
from parcels.scan_parsing import content_hash
from storage.parcels import scans as log
from storage.parcels.legs import LegRow


def say(session: Session, leg: LegRow, stage: ParcelStage, at: datetime, now: datetime) -> ParcelState:
    """Put a stage into the log of a leg that the caller has locked, once per attempt; returns the leg's new state.

    `at`: when it happened; `now`: when it is recorded.
    """
    source, device_id, said_id = ScanSource.OWN, f"{OWN_DEVICE}-{leg.leg_id}", f"own-{leg.leg_id}-{leg.epoch}-{stage}"
    if said_id not in log.stored_hashes(session, source, device_id, [said_id]):
        said = select(func.count()).select_from(log.ScanEventRow).filter_by(source=source, device_id=device_id)
        payload = {
            "eventId": said_id,
            "deviceSeq": (session.scalar(said) or 0) + 1,
            "occurredAt": at.isoformat(),
            "kind": stage.value,
            "code": leg.tracking_no or leg.leg_id,
            "epoch": leg.epoch,
        }
        row = {
            "event_id": log.log_id(source, device_id, said_id),
            "source": source,
            "device_id": device_id,
            "said_id": said_id,
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
