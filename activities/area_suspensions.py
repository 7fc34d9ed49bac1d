"""Suspensions of areas (暂停服务), from their rows into the values that the promise is judged by."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from logistics.outlets import load_district, load_outlets
from logistics.promise_model import AreaSuspension
from storage.parcels.suspensions import SuspensionRow


def suspensions(session: Session) -> tuple[AreaSuspension, ...]:
    """Every suspension as far as it counts, over or not; one without an outlet covers the whole district.

    What one person's word is not enough for counts from when a second person has confirmed it, and is known from then.
    """
    return tuple(value for row in session.scalars(select(SuspensionRow)) for value in _parts(row))


def _parts(row: SuspensionRow) -> Iterator[AreaSuspension]:
    alone = row.to_at if row.alone_until is None else row.alone_until
    if alone > row.from_at:
        yield _part(row, str(row.id), row.from_at, alone, row.declared_at, row.by)
    if alone < row.to_at and row.confirmed_at is not None and row.confirmed_by is not None:
        yield _part(row, f"{row.id}+", alone, row.to_at, row.confirmed_at, row.confirmed_by)


def _part(
    row: SuspensionRow, part_id: str, start: datetime, end: datetime, declared_at: datetime, by: str
) -> AreaSuspension:
    everywhere = row.outlet_id is None
    return AreaSuspension(
        id=part_id,
        start=start,
        end=end,
        declared_at=declared_at,
        declared_by=by,
        source_no=row.source_no or row.reason,
        outlets=frozenset(o.id for o in load_outlets()) if everywhere else frozenset({row.outlet_id or ""}),
        outline=load_district().outline if everywhere else (),
        datum=load_district().datum,
        ended_at=row.ended_at,
        withdrawn=row.withdrawn,
    )
