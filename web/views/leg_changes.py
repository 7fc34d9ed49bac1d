"""Changes of visits as people read them: what may be changed, what was, and what a courier has to hear of."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from activities.door_promises import DoorPromises, appointment_of
from activities.leg_changes import LegChanges
from catalog.clocks import compute_deadline
from domain.dossier import Contact
from domain.leg_changes import ChangeKind
from domain.messages import DeadlineKind, ItemBrief
from domain.terms import DOOR_LEGS, Leg
from logistics.change_wording import CHANGES, OBSTACLES, told_to_courier, window_said
from logistics.masking import mask_name
from logistics.promise_model import Appointment
from runtime.container import promise_rules
from storage.cases.rows import CaseRow
from storage.parcels.leg_changes import LegChangeRow, changes_of, untold
from storage.parcels.legs import LegRow
from web.foundation.context import Context
from web.views.next_steps import day_said
from web.views.spoken_times import iso


def desk_of(ctx: Context) -> LegChanges:
    """What judges and makes changes, wired for this application."""
    promises = DoorPromises(promise_rules(ctx.settings), lambda: ctx.calendar.exceptions)

    def last_day(case: CaseRow, kind: DeadlineKind) -> str:
        now, item = ctx.now(), ItemBrief.model_validate(case.start["item"])
        clock = compute_deadline(kind, now, item, calendar=ctx.calendar, time_scale=case.time_scale)
        return day_said(clock.due_at, now)

    return LegChanges(ctx.sealer, promises, last_day, ctx.now)


def is_changeable(leg: LegRow) -> bool:
    """Whether a visit is to come of which anything may be asked at all."""
    return Leg(leg.leg) in DOOR_LEGS and leg.ended_at is None and leg.contact is not None


def visits_shown(session: Session, ctx: Context, legs: Iterable[LegRow]) -> dict[str, dict[str, Any]]:
    """Leg id → what may be changed about it, of those that are changeable."""
    return {leg.leg_id: changes_shown(session, ctx, leg) for leg in legs if is_changeable(leg)}


def changes_shown(session: Session, ctx: Context, leg: LegRow) -> dict[str, Any]:
    """What may be changed about a visit now, what would follow, and what was changed before, as JSON."""
    desk, now = desk_of(ctx), ctx.now()
    contact = _contact(ctx, leg)
    return {
        "caseNo": leg.case_no,
        "legId": leg.leg_id,
        "leg": leg.leg,
        "version": leg.changes,
        "address": contact.address if contact else None,
        "contact": _person(contact.contact_name, contact.contact_phone) if contact else None,
        "window": window_of(leg, now),
        "options": [
            {
                "kind": option.kind,
                "label": CHANGES[option.kind],
                "allowed": option.obstacle is None,
                "why": OBSTACLES[option.obstacle] if option.obstacle is not None else None,
                "consequence": option.consequence,
            }
            for option in desk.options(session, leg)
        ],
        "windows": [
            {"fromAt": one.start.isoformat(), "toAt": one.end.isoformat(), "label": window_said(one, now)}
            for one in desk.windows(session, leg)
        ],
        "changes": [change_shown(desk, row, now) for row in changes_of(session, leg.leg_id)],
    }


def change_shown(desk: LegChanges, row: LegChangeRow, now: datetime) -> dict[str, Any]:
    """One change as JSON (`ChangeMade`)."""
    before, after = desk.values_of(row)
    kind = ChangeKind(row.kind)
    return {
        "version": row.version,
        "kind": kind,
        "label": CHANGES[kind],
        "by": row.by,
        "at": row.at.isoformat(),
        "before": value_said(kind, before, now),
        "after": value_said(kind, after, now),
        "promisedBefore": iso(row.promised_before),
        "promisedAfter": iso(row.promised_after),
    }


def value_said(kind: ChangeKind, values: Mapping[str, Any] | None, now: datetime) -> str | None:
    """The value of a change in words; who is at the door is masked."""
    if values is None:
        return None
    match kind:
        case ChangeKind.ADDRESS:
            return str(values["address"])
        case ChangeKind.CONTACT:
            return _person(values["name"], values["phone"])
        case ChangeKind.WINDOW:
            return window_said(Appointment.model_validate(values), now)
    return None


def window_of(leg: LegRow, now: datetime) -> str | None:
    """The appointment that stands, in words; None without one."""
    window = appointment_of(leg)
    return window_said(window, now) if window is not None else None


def to_tell(session: Session, outlet_id: str, now: datetime, courier_id: str | None = None) -> list[dict[str, Any]]:
    """Changes of which this outlet's couriers may not have heard, as JSON (`ChangeTold`); the last of each visit.

    `courier_id`: of this one only.
    """
    rows = untold(session, outlet_id, now)
    last = {row.leg_id: row for row in rows if courier_id in (None, row.courier_id)}
    shown = []
    for row in last.values():
        leg = session.get_one(LegRow, row.leg_id)
        kind = ChangeKind(row.kind)
        shown.append(
            {
                "legId": leg.leg_id,
                "trackingNo": leg.tracking_no,
                "courierId": row.courier_id,
                "kind": kind,
                "said": told_to_courier(kind, appointment_of(leg), now),
                "at": row.at.isoformat(),
            }
        )
    return shown


def _contact(ctx: Context, leg: LegRow) -> Contact | None:
    if leg.contact is None:
        return None
    return Contact.model_validate_json(ctx.sealer.open(leg.contact, f"leg/{leg.leg_id}"))


def _person(name: str, phone: str) -> str:
    return f"{mask_name(name)} 尾号{phone[-4:]}"
