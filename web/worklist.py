"""What an outlet or a courier sees of a job: where to, what to fetch or bring, until when; nothing more personal."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Contact
from domain.terms import DOOR_LEGS, Datum
from storage.legs import LegRow
from storage.sealing import Sealer
from web.casebook import mask_name


def jobs_of(session: Session, sealer: Sealer, outlet_id: str) -> list[dict[str, Any]]:
    """Open door legs of an outlet, by planned arrival."""
    query = select(LegRow).where(LegRow.outlet_id == outlet_id, LegRow.leg.in_(DOOR_LEGS), LegRow.ended_at.is_(None))
    rows = session.scalars(
        query.order_by(LegRow.planned_arrival_at.is_(None), LegRow.planned_arrival_at, LegRow.leg_id)
    )
    return [_job(row, sealer) for row in rows]


def _job(row: LegRow, sealer: Sealer) -> dict[str, Any]:
    contact = _contact(row, sealer)
    return {
        "legId": row.leg_id,
        "leg": row.leg,
        "caseNo": row.case_no,
        "trackingNo": row.tracking_no,
        "epoch": row.epoch,
        "stage": row.stage,
        "courierId": row.courier_id,
        "orderedAt": _iso(row.ordered_at),
        "plannedArrivalAt": _iso(row.planned_arrival_at),
        "deadlineAt": _iso(row.deadline_at),
        "address": {
            "text": contact.address if contact else "",
            "lat": row.lat,
            "lon": row.lon,
            "datum": Datum.WGS84,
        },
        "contact": {
            "nameMasked": mask_name(contact.contact_name) if contact else "",
            "phoneTail": contact.contact_phone[-4:] if contact else "",
        },
        "papers": row.manifest,
        "sealNo": row.seal_no,
    }


def _contact(row: LegRow, sealer: Sealer) -> Contact | None:
    if row.contact is None:
        return None
    return Contact.model_validate_json(sealer.open(row.contact, f"leg/{row.leg_id}"))


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
