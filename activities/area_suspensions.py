"""Suspensions of areas (暂停服务), from their rows into the values that the promise is judged by."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from logistics.outlets import load_district, load_outlets
from logistics.promise_model import AreaSuspension
from storage.parcels.legs import SuspensionRow


def suspensions(session: Session) -> tuple[AreaSuspension, ...]:
    """Every suspension that was declared, over or not; one without an outlet covers the whole district."""
    return tuple(_suspension(row) for row in session.scalars(select(SuspensionRow)))


def _suspension(row: SuspensionRow) -> AreaSuspension:
    everywhere = row.outlet_id is None
    return AreaSuspension(
        id=str(row.id),
        start=row.from_at,
        end=row.to_at,
        declared_at=row.declared_at,
        declared_by=row.by,
        source_no=row.reason,
        outlets=frozenset(o.id for o in load_outlets()) if everywhere else frozenset({row.outlet_id or ""}),
        outline=load_district().outline if everywhere else (),
        datum=load_district().datum,
    )
