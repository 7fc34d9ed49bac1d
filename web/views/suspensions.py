"""Suspensions as people see them: what is stopped, by whom, until when it counts, and what is to be done."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from domain.terms import Role
from parcels.outlets import outlets_now
from storage.parcels.suspensions import SuspensionRow, suspensions_at
from storage.people.users import LoggedIn


def suspensions_shown(session: Session, now: datetime, *, over: bool = False) -> list[dict[str, Any]]:
    """The suspensions that are not over, or those that are, as JSON."""
    names = names_of(session)
    return [suspension_shown(row, names) for row in suspensions_at(session, now, over=over)]


def names_of(session: Session) -> dict[str, str]:
    """Outlet id → its name now."""
    return {outlet.id: outlet.name for outlet in outlets_now(session)}


def outlets_of(session: Session, person: LoggedIn) -> dict[str, str]:
    """Id → name of the outlets whose service this person may suspend: all, one's own, or none."""
    names = names_of(session)
    if person.role not in (Role.SUPERVISOR, Role.OUTLET):
        return {}
    return {each: name for each, name in names.items() if person.reach.whole or each in person.reach.outlets}


def suspension_shown(row: SuspensionRow, names: dict[str, str]) -> dict[str, Any]:
    """One suspension as JSON."""
    return {
        "id": row.id,
        "outletId": row.outlet_id,
        "outletName": names.get(row.outlet_id or ""),
        "fromAt": row.from_at.isoformat(),
        "toAt": row.to_at.isoformat(),
        "reason": row.reason,
        "sourceNo": row.source_no,
        "by": row.by,
        "declaredAt": row.declared_at.isoformat(),
        "countsUntil": row.counts_until.isoformat(),
        "needsSecond": row.needs_second,
        "confirmedBy": row.confirmed_by,
        "confirmedAt": _text(row.confirmed_at),
        "endedBy": row.ended_by,
        "endedAt": _text(row.ended_at),
        "endReason": row.end_reason,
        "withdrawn": row.withdrawn,
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
