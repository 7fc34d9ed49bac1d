"""The promise of a door leg: made once, looked at again and again, kept with the leg for everybody to see."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from activities.dispatching import door_of
from activities.suspending import suspensions
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, Datum, Leg
from logistics.geo import Point, haversine_m
from logistics.outlets import Outlet, in_district
from logistics.promise import OfferObstacle, evaluate, offer
from logistics.promise_facts import facts_of, pauses_of
from logistics.promise_model import PlannedArrival, PromiseOrder, PromiseState, PromiseTerms, PromiseVerdict
from logistics.promise_rules import LegPromise, PromiseRules, appended, state_kept
from logistics.service_calendar import ServiceCalendar, after_counted_s
from relay.device_sync import synced_through
from relay.outlet_book import outlets_now
from relay.parcels import state_of
from storage.base import Database
from storage.legs import LegRow, lock_leg
from storage.scans import ScanEventRow
from storage.tasks import TaskRow, settle_task

_KEPT = (PromiseVerdict.KEPT, PromiseVerdict.KEPT_LATE_UPLOAD)
_LATE_UPLOADS = timedelta(days=7)
"""How long after its end a leg's promise may still be put right by a device that comes back."""


class Promises:
    """The district's rules over its outlets and its calendar. `holidays` gives the year's exceptions in force."""

    def __init__(self, rules: PromiseRules, holidays: Callable[[], Mapping[date, bool]]) -> None:
        self._rules = rules
        self._holidays = holidays

    def look(self, session: Session, leg: LegRow, now: datetime) -> PromiseState | None:
        """The promise as it stands, kept with the leg; None where nothing is promised.

        At the first look with a point and a plan it is decided whether anything is.
        """
        made = LegPromise.of(leg.promise)
        if leg.lat is None and (made is None or not made.promised):
            leg.promise = LegPromise(promised=False, obstacle=OfferObstacle.NEEDS_PERSON).kept()
            return None
        if made is None or made.obstacle is OfferObstacle.NEEDS_PERSON:
            made = self._make(session, leg, now)
        if not made.promised or made.terms is None:
            leg.promise, leg.deadline_at = made.kept(), None
            return None
        state = self._evaluated(session, leg, made, made.terms, now)
        leg.deadline_at = state.deadline
        leg.promise = made.model_copy(update={"evaluated_at": now}).kept(state)
        self._settle(session, leg, state, now)
        return state

    def later(self, session: Session, leg: LegRow, at: datetime, minutes: int) -> datetime:
        """The instant by which so many business minutes have passed where the leg's door is."""
        if leg.time_scale != 1:
            return at + timedelta(minutes=minutes) / leg.time_scale
        return after_counted_s(self._calendar(_area(session, leg)), at, minutes * 60)

    def needs_plan(self, leg: LegRow) -> bool:
        """Whether it is still to be decided if anything is promised: what the plan can hold decides it."""
        made = LegPromise.of(leg.promise)
        return made is None or made.obstacle is OfferObstacle.NEEDS_PERSON

    def _make(self, session: Session, leg: LegRow, now: datetime) -> LegPromise:
        area = _area(session, leg)
        accepted_at = _placed_at(session, leg) or leg.ordered_at
        terms = self._rules.terms(Leg(leg.leg), leg.time_scale)
        made = LegPromise(promised=False, terms=terms, accepted_at=accepted_at, area=area.id)
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
        if obstacle is None and leg.courier_id is None:
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
            pauses=pauses_of(parcel),
            suspensions=suspensions(session),
            plan=planned(leg, now),
        )
        before = state_kept(leg.promise)
        return appended(before.versions if before else (), found, now)

    def _calendar(self, area: Outlet) -> ServiceCalendar:
        return area.calendar(self._holidays())

    def _settle(self, session: Session, leg: LegRow, state: PromiseState, now: datetime) -> None:
        """Kept after all: nobody needs to look at it any more."""
        if state.verdict in _KEPT:
            for epoch in range(1, leg.epoch + 1):
                settle_task(session, promise_task(leg, TaskKind.PROMISE_AT_RISK, epoch), now)
                settle_task(session, promise_task(leg, TaskKind.PROMISE_BROKEN, epoch), now)


class LateUploads:
    """Legs that are over and whose scans came afterwards: their promise is judged again."""

    def __init__(self, database: Database, promises: Promises, now: Callable[[], datetime]) -> None:
        self._database = database
        self._promises = promises
        self._now = now

    def look(self) -> int:
        """How many were judged again. Harmless when repeated."""
        now = self._now()
        with self._database.read() as session:
            due = self._due(session, now)
        for leg_id in due:
            with self._database.write() as session:
                leg = lock_leg(session, leg_id)
                if leg is not None:
                    self._promises.look(session, leg, now)
        return len(due)

    def _due(self, session: Session, now: datetime) -> list[str]:
        last = select(func.max(ScanEventRow.recorded_at)).where(ScanEventRow.leg_id == LegRow.leg_id).scalar_subquery()
        over = select(LegRow.leg_id, LegRow.promise, last).where(
            LegRow.leg.in_(DOOR_LEGS),
            LegRow.ended_at > now - _LATE_UPLOADS,
            or_(last > LegRow.ended_at, LegRow.promise["provisional"].as_boolean()),
        )
        found = []
        for leg_id, kept, recorded_at in session.execute(over):
            made = LegPromise.of(kept)
            if made is None or not made.promised:
                continue
            unseen = recorded_at is not None and made.evaluated_at is not None and recorded_at > made.evaluated_at
            if unseen or (kept or {}).get("provisional"):
                found.append(leg_id)
        return found


def promise_task(leg: LegRow, kind: TaskKind, epoch: int) -> str:
    """The key of a task about an attempt's promise."""
    return f"{leg.leg_id}/{kind}/{epoch}"


def _order(leg: LegRow, made: LegPromise) -> PromiseOrder:
    return PromiseOrder(
        leg=Leg(leg.leg), accepted_at=made.accepted_at or leg.ordered_at, point=door_of(leg), outlet_id=made.area
    )


def planned(leg: LegRow, now: datetime) -> PlannedArrival | None:
    """When the plan has somebody at the door; a delivery is two rides, by way of the hall. None: not planned."""
    plan = leg.planned_arrival_at
    if plan is None or plan <= now:
        return None
    return PlannedArrival.estimated(plan, now, rides=2 if leg.leg == Leg.DELIVERY else 1)


def _placed_at(session: Session, leg: LegRow) -> datetime | None:
    """When a person had placed the address: not before then was the order one that couriers can serve."""
    key = f"{leg.leg_id}/{TaskKind.PLACE_ADDRESS}/1"
    return session.scalar(select(TaskRow.resolved_at).filter_by(key=key))


def _area(session: Session, leg: LegRow) -> Outlet:
    """The outlet whose circle the door is in or next to, open today or not."""
    door = door_of(leg) or Point(lat=0, lon=0, datum=Datum.WGS84)
    return min(outlets_now(session), key=lambda o: (haversine_m(door, o.point.to(Datum.WGS84)), o.id))
