"""The promise of a door leg: made once, looked at again and again, kept with the leg for everybody to see."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from activities.area_suspensions import suspensions
from activities.courier_dispatch import door_of, is_for_later
from domain.matters import End, ending_by
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, Datum, Leg, ParcelStage
from domain.troubles import Subject
from logistics.geo import Point, haversine_m
from logistics.outlets import Outlet, in_district
from logistics.promise import OfferObstacle, PromiseOffer, evaluate, offer
from logistics.promise_facts import address_pauses, facts_of, pauses_of
from logistics.promise_model import (
    Appointment,
    PlannedArrival,
    PromiseOrder,
    PromiseState,
    PromiseTerms,
    PromiseVerdict,
    VersionCause,
)
from logistics.promise_rules import LegPromise, PromiseRules, appended, renewed, state_kept
from logistics.service_calendar import ServiceCalendar, after_counted_s
from parcels.case_entries import leg_task, settle_tasks
from parcels.device_watermark import synced_through
from parcels.outlets import outlets_now
from parcels.projection import state_of
from parcels.visit_addresses import corrections_of, placing_of
from storage.base import Database
from storage.parcels.legs import LegRow, lock_leg
from storage.parcels.scans import ScanEventRow
from storage.row_isolation import RowIsolation
from storage.tasks.rows import settle_task, task_of

PROMISE = "promise"
"""A leg is promised once, however often somebody goes: one key for all its attempts."""
_LATE_UPLOADS = timedelta(days=7)
"""How long after its end a leg's promise may still be put right by a device that comes back."""


class DoorPromises:
    """The promises of door legs by the district's rules.

    `holidays`: the year's exceptions in force, date → is it a working day.
    """

    def __init__(self, rules: PromiseRules, holidays: Callable[[], Mapping[date, bool]]) -> None:
        self._rules = rules
        self._holidays = holidays

    def look(self, session: Session, leg: LegRow, now: datetime) -> PromiseState | None:
        """Evaluate the leg's promise and keep it with the leg; returns it, None where nothing is promised.

        At the first look with a point and a plan it is decided whether anything is.
        """
        made = LegPromise.of(leg.promise)
        if leg.lat is None and (made is None or not made.promised):
            unplaced = {"promised": False, "obstacle": OfferObstacle.NEEDS_PERSON}
            leg.promise = (made or LegPromise(promised=False)).model_copy(update=unplaced).kept()
            leg.deadline_at = None
            return None
        if made is None or made.obstacle is OfferObstacle.NEEDS_PERSON:
            made = self._make(session, leg, made, now)
        if not made.promised or made.terms is None:
            leg.promise, leg.deadline_at = made.kept(), None
            return None
        state = self._evaluated(session, leg, made, made.terms, now)
        leg.deadline_at = None if state.awaits_address else state.deadline
        leg.promise = made.model_copy(update={"evaluated_at": now, "earlier": ()}).kept(state)
        self._settle(session, leg, state, now)
        return state

    def later(self, session: Session, leg: LegRow, at: datetime, minutes: int) -> datetime:
        """When so many business minutes after `at` have passed, by the hours of the outlet at the leg's door."""
        if leg.time_scale != 1:
            return at + timedelta(minutes=minutes) / leg.time_scale
        return after_counted_s(self._calendar(_area(session, leg)), at, minutes * 60)

    def needs_plan(self, leg: LegRow) -> bool:
        """Whether it is still open if anything is promised: that depends on the plan (decisions.md 12)."""
        made = LegPromise.of(leg.promise)
        return made is None or made.obstacle is OfferObstacle.NEEDS_PERSON

    def renew(self, session: Session, leg: LegRow, cause: VersionCause, now: datetime) -> None:
        """The order is about to be changed: the next `look` promises it anew from now on.

        What was kept or broken before stays so.
        """
        made = LegPromise.of(leg.promise)
        if made is not None and made.promised:
            self.look(session, leg, now)  # as it stood up to the change
        leg.promise = renewed(leg.promise, cause, now) or leg.promise

    def offered(self, session: Session, leg: LegRow, now: datetime, appointment: Appointment | None) -> PromiseOffer:
        """What would be promised if the order were changed now; without a plan, which follows from the change.

        The last known door counts; a kind for which nothing is promised says so.
        """
        area = _area(session, leg)
        terms = self._rules.terms(Leg(leg.leg), leg.time_scale)
        made = LegPromise(promised=False, accepted_at=now, area=area.id, appointment=appointment)
        door = door_of(leg)
        found = offer(
            _order(leg, made),
            terms or PromiseTerms(time_scale=leg.time_scale),
            self._calendar(area),
            in_district=door is None or in_district(door),
            suspensions=suspensions(session),
        )
        return found if terms else found.model_copy(update={"obstacle": OfferObstacle.SWITCHED_OFF})

    def calendar_of(self, session: Session, leg: LegRow) -> ServiceCalendar:
        """The service hours at the leg's door, over the year's holidays."""
        return self._calendar(_area(session, leg))

    def _make(self, session: Session, leg: LegRow, before: LegPromise | None, now: datetime) -> LegPromise:
        area = _area(session, leg)
        asked_at = before.renewed_at if before is not None and before.renewed_at is not None else leg.ordered_at
        accepted_at = max(asked_at, _placed_at(session, leg) or asked_at)
        terms = self._rules.terms(Leg(leg.leg), leg.time_scale)
        made = (before or LegPromise(promised=False)).model_copy(
            update={"terms": terms, "accepted_at": accepted_at, "area": area.id, "appointment": appointment_of(leg)}
        )
        if terms is None:
            return made.model_copy(update={"obstacle": OfferObstacle.SWITCHED_OFF})
        door = door_of(leg)
        found = offer(
            _order(leg, made),
            terms,
            self._calendar(area),
            in_district=None if door is None else in_district(door),
            suspensions=suspensions(session),
            plan=planned(leg, now),
        )
        obstacle = found.obstacle
        if obstacle is None and leg.courier_id is None and not is_for_later(leg, now):
            obstacle = OfferObstacle.PLAN_TOO_LATE  # there is nobody who could go
        return made.model_copy(update={"promised": obstacle is None, "obstacle": obstacle})

    def _evaluated(
        self, session: Session, leg: LegRow, made: LegPromise, terms: PromiseTerms, now: datetime
    ) -> PromiseState:
        parcel = state_of(session, leg)
        area = next((outlet for outlet in outlets_now(session) if outlet.id == made.area), None)
        found = evaluate(
            _order(leg, made),
            terms,
            self._calendar(area or _area(session, leg)),
            now,
            facts=facts_of(parcel, synced_through(session, leg, now)),
            pauses=(*pauses_of(parcel), *address_pauses(parcel, corrections_of(session, leg, parcel))),
            suspensions=suspensions(session),
            plan=planned(leg, now),
        )
        before = state_kept(leg.promise)
        return appended(before.versions if before else made.earlier, found, now)

    def _calendar(self, area: Outlet) -> ServiceCalendar:
        return area.calendar(self._holidays())

    def _settle(self, session: Session, leg: LegRow, state: PromiseState, now: datetime) -> None:
        """In time again, or kept after all: nobody needs to look at it any more. The verdict itself stays in the books.

        What was called broken and is not yet, because the minutes did not count, is a risk again.
        """
        if state.verdict is PromiseVerdict.AT_RISK:
            settle_task(session, leg_task(leg, TaskKind.PROMISE_BROKEN, PROMISE), now, End.PROMISE_GOOD)
        elif state.verdict is not PromiseVerdict.BREACHED:
            settle_tasks(session, leg, ending_by(End.PROMISE_GOOD), now, End.PROMISE_GOOD)


class LateUploads:
    """Judges the promise of legs that are over again when scans came afterwards (courier.md §4)."""

    def __init__(self, database: Database, promises: DoorPromises, now: Callable[[], datetime]) -> None:
        self._database = database
        self._promises = promises
        self._now = now

    def look(self) -> int:
        """Judge again what is due; returns how many legs. Harmless when repeated.

        Raises an ExceptionGroup of RowFailed at the end where some could not be.
        """
        now = self._now()
        judged, rows = 0, RowIsolation()
        for leg_id, kept, recorded_at in self._over(now):
            with rows.each(Subject(key=leg_id, leg_id=leg_id)):
                if _is_due(kept, recorded_at):
                    judged += self._judge(leg_id, now)
        rows.report()
        return judged

    def _judge(self, leg_id: str, now: datetime) -> bool:
        with self._database.write() as session:
            leg = lock_leg(session, leg_id)
            if leg is not None:
                self._promises.look(session, leg, now)
            return leg is not None

    def _over(self, now: datetime) -> list[tuple[str, dict[str, Any] | None, datetime | None]]:
        """Legs that may have to be judged again, with the promise kept for them and their last scan's time."""
        last = select(func.max(ScanEventRow.recorded_at)).where(ScanEventRow.leg_id == LegRow.leg_id).scalar_subquery()
        over = select(LegRow.leg_id, LegRow.promise, last).where(
            LegRow.leg.in_(DOOR_LEGS),
            LegRow.ended_at > now - _LATE_UPLOADS,
            or_(last > LegRow.ended_at, LegRow.promise["provisional"].as_boolean()),
        )
        with self._database.read() as session:
            return [(leg_id, kept, recorded_at) for leg_id, kept, recorded_at in session.execute(over)]


def _is_due(kept: dict[str, Any] | None, recorded_at: datetime | None) -> bool:
    made = LegPromise.of(kept)
    if made is None or not made.promised:
        return False
    unseen = recorded_at is not None and made.evaluated_at is not None and recorded_at > made.evaluated_at
    return unseen or bool((kept or {}).get("provisional"))


def is_home(leg: LegRow) -> bool:
    """Whether nobody can hurry any more: the leg is over, or the parcel is with who may sign, or back."""
    home = leg.state.get("complete") or leg.stage == ParcelStage.RETURNED
    return leg.ended_at is not None or bool(home)


def _order(leg: LegRow, made: LegPromise) -> PromiseOrder:
    return PromiseOrder(
        leg=Leg(leg.leg),
        accepted_at=made.accepted_at or leg.ordered_at,
        appointment=made.appointment,
        cause=made.cause,
        point=door_of(leg),
        outlet_id=made.area,
    )


def appointment_of(leg: LegRow) -> Appointment | None:
    """The window in which somebody is to come; None without one."""
    if leg.window_from is None or leg.window_to is None:
        return None
    return Appointment(start=leg.window_from, end=leg.window_to)


def planned(leg: LegRow, now: datetime) -> PlannedArrival | None:
    """When the plan has somebody at the door; a delivery is two rides, by way of the hall. None: not planned."""
    plan = leg.planned_arrival_at
    if plan is None or plan <= now:
        return None
    return PlannedArrival.estimated(plan, now, rides=2 if leg.leg == Leg.DELIVERY else 1)


def _placed_at(session: Session, leg: LegRow) -> datetime | None:
    """When a person had placed the address: not before then was the order one that couriers can serve."""
    task = task_of(session, leg_task(leg, TaskKind.PLACE_ADDRESS, placing_of(session, leg)))
    return task.resolved_at if task is not None and not task.settled else None


def _area(session: Session, leg: LegRow) -> Outlet:
    """The outlet whose circle the door is in or next to, open today or not."""
    door = door_of(leg) or Point(lat=0, lon=0, datum=Datum.WGS84)
    return min(outlets_now(session), key=lambda o: (haversine_m(door, o.point.to(Datum.WGS84)), o.id))
