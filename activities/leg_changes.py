"""Changes of a door order (上门订单变更): judged, made and planned anew in one transaction, told to who was to go.

What may be changed, and what would follow, comes from the same judgement as the doing (`logistics.leg_changes`).
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.courier_dispatch import decide, take_away
from activities.door_promises import DoorPromises, appointment_of
from domain.dossier import Contact
from domain.errors import BadInput, Conflict
from domain.leg_changes import CHANGED, ChangeKind, Halt
from domain.matters import End
from domain.messages import DeadlineKind, VisitCancelled
from domain.naming import LegUpdate, delivery_workflow_id
from domain.tasks import TaskKind
from domain.terms import Datum, Leg, ParcelStage
from logistics.address import place
from logistics.appointments import fault_of, window_from, windows
from logistics.change_wording import OBSTACLES, UNCHANGED, WINDOW_FAULTS, consequence
from logistics.leg_changes import ChangeObstacle, OrderStanding, WantedChange, obstacle_to
from logistics.promise_model import Appointment, PromiseVerdict, VersionCause
from logistics.promise_rules import state_kept
from parcels.case_entries import raise_task, settle_tasks
from parcels.outlets import ask_to_look, put_at
from parcels.visit_addresses import placing_of
from storage.cases.rows import CaseRow, add_event
from storage.parcels.leg_changes import LegChangeRow, sealed_as
from storage.parcels.legs import LegRow
from storage.pending_updates import queue_update
from storage.sealing import Sealer
from storage.tasks.rows import TaskRow

FIELDS = {
    ChangeKind.ADDRESS: "address",
    ChangeKind.WINDOW: "windowFrom",
    ChangeKind.CONTACT: "contactName",
    ChangeKind.CANCEL: None,
}
"""The member of a request at which a kind's values stand."""

LastDay = Callable[[CaseRow, DeadlineKind], str]
"""Case and clock → its last day as people say it, if it began now."""


class ChangeOption(NamedTuple):
    """One thing that may be wanted: what would follow, or why it can't be."""

    kind: ChangeKind
    obstacle: ChangeObstacle | None
    consequence: str


class LegChanges:
    """Judges and makes changes. Sessions are the caller's; for `change` it holds the dispatch lock, then the leg's."""

    def __init__(self, sealer: Sealer, promises: DoorPromises, last_day: LastDay, now: Callable[[], datetime]) -> None:
        self._sealer = sealer
        self._promises = promises
        self._last_day = last_day
        self._now = now

    def options(self, session: Session, leg: LegRow) -> tuple[ChangeOption, ...]:
        """What may be changed about a door leg now, each with what would follow."""
        now, state = self._now(), state_kept(leg.promise)
        offered = self._promises.offered(session, leg, now, appointment_of(leg))
        broken = state is not None and state.verdict is PromiseVerdict.BREACHED
        by = self.last_day(session, leg)
        return tuple(
            ChangeOption(kind, self._obstacle(session, leg, kind),
                         consequence(kind, Leg(leg.leg), offered, now, broken=broken, by=by))
            for kind in ChangeKind
        )  # fmt: skip

    def last_day(self, session: Session, leg: LegRow) -> str | None:
        """Until when papers are to be brought, or a result fetched, if nobody comes any more; as people say it."""
        clock = DeadlineKind.MISSING_PAPER if leg.leg == Leg.PICKUP else DeadlineKind.COLLECTION
        case = session.get(CaseRow, leg.case_no)
        return self._last_day(case, clock) if case is not None else None

    def windows(self, session: Session, leg: LegRow) -> tuple[Appointment, ...]:
        """The appointments that may be chosen now."""
        return windows(self._promises.calendar_of(session, leg), self._now(), leg.time_scale)

    def change(self, session: Session, leg: LegRow, wanted: WantedChange, by: str) -> LegChangeRow:
        """Make it: the order, its promise and its plan, a row, a line in the case's history, word to its workflow.

        `by`: a login, or `APPLICANT`.

        Raises:
            Conflict: nothing of this kind can be changed now; the code is a ChangeObstacle.
            BadInput: UNCHANGED, or WINDOW, one that can't be taken.
        """
        obstacle = self._obstacle(session, leg, wanted.kind)
        if obstacle is not None:
            raise Conflict(OBSTACLES[obstacle], code=obstacle)
        return self._made(session, leg, wanted, by)

    def obstacle_to_calling_off(self, session: Session, leg: LegRow) -> ChangeObstacle | None:
        """Why a visit can't be called off although nobody may come any more; None where it can: nobody has the papers.

        Unlike a cancelling, it may be called off at the door, and while a withdrawal waits for its answer.
        """
        if leg.contact is None:
            return ChangeObstacle.NO_VISIT
        standing = standing_of(session, leg)
        if standing.halted is Halt.WITHDRAWAL:
            standing = standing.model_copy(update={"halted": None})
        obstacle = obstacle_to(ChangeKind.CANCEL, standing)
        return None if obstacle is ChangeObstacle.AT_THE_DOOR else obstacle

    def call_off(self, session: Session, leg: LegRow, by: str) -> bool:
        """Cancel the visit as `change` does, unless `obstacle_to_calling_off` says why not; whether it was."""
        if self.obstacle_to_calling_off(session, leg) is not None:
            return False
        self._made(session, leg, WantedChange(kind=ChangeKind.CANCEL), by)
        return True

    def _made(self, session: Session, leg: LegRow, wanted: WantedChange, by: str) -> LegChangeRow:
        now, kind = self._now(), wanted.kind
        before, promised, told = self._values(leg, kind), leg.deadline_at, (leg.outlet_id, leg.courier_id)
        after = self._wanted_values(session, leg, wanted)
        if kind is not ChangeKind.CANCEL and before == after:
            raise BadInput(UNCHANGED, code="UNCHANGED", field=FIELDS[kind])
        leg.changes += 1
        row = LegChangeRow(
            leg_id=leg.leg_id, case_no=leg.case_no, version=leg.changes, kind=kind, by=by, at=now,
            before=self._sealed(leg, before), after=self._sealed(leg, after), promised_before=promised,
            outlet_id=told[0], courier_id=told[1],
        )  # fmt: skip
        session.add(row)
        session.flush()
        self._carry_out(session, leg, wanted, now)
        row.promised_after = leg.deadline_at if kind is not ChangeKind.CANCEL else None
        self._tell(session, leg, row)
        return row

    def values_of(self, row: LegChangeRow) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """What stood and what stands since, opened; None where there was nothing."""
        place_kept = sealed_as(row.leg_id, row.version)
        before, after = (
            json.loads(self._sealer.open(sealed, place_kept)) if sealed is not None else None
            for sealed in (row.before, row.after)
        )
        return before, after

    # --- judged ---

    def _obstacle(self, session: Session, leg: LegRow, kind: ChangeKind) -> ChangeObstacle | None:
        if leg.contact is None:
            return ChangeObstacle.NO_VISIT
        return obstacle_to(kind, standing_of(session, leg))

    def _values(self, leg: LegRow, kind: ChangeKind) -> dict[str, Any] | None:
        """What stands now of a kind, as it is kept with a change."""
        contact = self._contact(leg)
        match kind:
            case ChangeKind.ADDRESS:
                return {"address": contact.address, "lat": contact.lat, "lon": contact.lon, "datum": contact.datum}
            case ChangeKind.CONTACT:
                return {"name": contact.contact_name, "phone": contact.contact_phone}
            case ChangeKind.WINDOW:
                window = appointment_of(leg)
                return window.model_dump(mode="json") if window is not None else None
        return None

    def _wanted_values(self, session: Session, leg: LegRow, wanted: WantedChange) -> dict[str, Any] | None:
        match wanted.kind:
            case ChangeKind.ADDRESS:
                where = wanted.point
                if where is None and wanted.address == self._contact(leg).address:
                    return self._values(leg, wanted.kind)
                lat, lon = (where.lat, where.lon) if where is not None else (None, None)
                datum = where.datum if where is not None else Datum.WGS84
                return {"address": wanted.address, "lat": lat, "lon": lon, "datum": datum}
            case ChangeKind.CONTACT:
                return {"name": wanted.contact_name, "phone": wanted.contact_phone}
            case ChangeKind.WINDOW if wanted.window_start is not None:
                calendar = self._promises.calendar_of(session, leg)
                fault = fault_of(wanted.window_start, calendar, self._now(), leg.time_scale)
                if fault is not None:
                    raise BadInput(WINDOW_FAULTS[fault], code="WINDOW", field="windowFrom")
                return window_from(wanted.window_start, leg.time_scale).model_dump(mode="json")
        return None

    # --- made ---

    def _carry_out(self, session: Session, leg: LegRow, wanted: WantedChange, now: datetime) -> None:
        match wanted.kind:
            case ChangeKind.ADDRESS:
                self._move_door(session, leg, wanted, now)
            case ChangeKind.WINDOW if wanted.window_start is not None:
                window = window_from(wanted.window_start, leg.time_scale)
                self._promises.renew(session, leg, VersionCause.APPOINTMENT, now)
                leg.window_from, leg.window_to = window.start, window.end
                take_away(session, leg)
            case ChangeKind.CONTACT:
                named = {"contact_name": wanted.contact_name, "contact_phone": wanted.contact_phone}
                self._keep(leg, self._contact(leg).model_copy(update=named))
                return
            case ChangeKind.CANCEL:
                leg.halted = Halt.CANCELLED
                take_away(session, leg)
        session.flush()
        decide(session, now, "CHANGED")
        if wanted.kind is not ChangeKind.CANCEL:
            self._promises.look(session, leg, now)

    def _move_door(self, session: Session, leg: LegRow, wanted: WantedChange, now: datetime) -> None:
        """Another door: placed as it came, or by a person where it has no point, says too little or lies elsewhere."""
        address, held, outlet_id = wanted.address or "", is_held(leg), leg.outlet_id
        placed = place(address, wanted.point)
        self._promises.renew(session, leg, VersionCause.ADDRESS, now)
        moved: dict[str, Any] = {"address": address, "lat": None, "lon": None}
        if wanted.point is not None:
            moved |= {"lat": wanted.point.lat, "lon": wanted.point.lon, "datum": wanted.point.datum}
        self._keep(leg, self._contact(leg).model_copy(update=moved))
        put_at(session, leg, None if placed.needs_person or not placed.in_district else wanted.point)
        if held:
            leg.outlet_id = leg.outlet_id or outlet_id  # who has the parcel keeps it on his list
        else:
            take_away(session, leg)
        if leg.window_to is not None and leg.window_to <= now:
            leg.window_from = leg.window_to = None
        settle_tasks(session, leg, {TaskKind.PLACE_ADDRESS}, now, End.CORRECTED)
        if leg.lat is None:
            raise_task(session, leg, TaskKind.PLACE_ADDRESS, now, placing_of(session, leg))

    def _tell(self, session: Session, leg: LegRow, row: LegChangeRow) -> None:
        """The history says who has changed what, without the values; the leg's workflow goes on from it."""
        add_event(
            session, case_no=leg.case_no, key=f"{leg.leg_id}/changed/{row.version}", kind=CHANGED[ChangeKind(row.kind)],
            at=row.at, now=row.at, actor=row.by, handling_no=leg.handling_no,
            data={"leg": leg.leg, "legId": leg.leg_id, "version": row.version},
        )  # fmt: skip
        if row.kind != ChangeKind.CANCEL:
            ask_to_look(session, leg, f"changed-{row.version}", row.at)
            return
        queue_update(
            session,
            update_id=f"{leg.leg_id}-cancelled-{row.version}",
            workflow_id=delivery_workflow_id(leg.leg_id),
            name=LegUpdate.CALL_OFF,
            argument=VisitCancelled(version=row.version),
            now=row.at,
        )

    # --- sealed ---

    def _contact(self, leg: LegRow) -> Contact:
        return Contact.model_validate_json(self._sealer.open(leg.contact or b"", f"leg/{leg.leg_id}"))

    def _keep(self, leg: LegRow, contact: Contact) -> None:
        leg.contact = self._sealer.seal(contact.model_dump_json().encode(), f"leg/{leg.leg_id}")

    def _sealed(self, leg: LegRow, values: dict[str, Any] | None) -> bytes | None:
        if values is None:
            return None
        return self._sealer.seal(json.dumps(values, ensure_ascii=False).encode(), sealed_as(leg.leg_id, leg.changes))


def standing_of(session: Session, leg: LegRow) -> OrderStanding:
    """How a leg stands, as `obstacle_to` wants it."""
    asked = select(TaskRow.id).filter_by(leg_id=leg.leg_id, kind=TaskKind.PLACE_ADDRESS, resolved_at=None)
    return OrderStanding(
        leg=Leg(leg.leg),
        stage=ParcelStage(leg.stage),
        ended=leg.ended_at is not None,
        held=is_held(leg),
        no_such_door=session.scalar(asked.limit(1)) is not None,
        halted=Halt(leg.halted) if leg.halted else None,
    )


def is_held(leg: LegRow) -> bool:
    """Whether somebody has taken the papers over, and has not given them back."""
    return leg.state.get("picked_up") is not None
