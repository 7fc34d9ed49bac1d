"""Legs: booked with the carrier, promised at the door, looked after at every boundary."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.booking import contact_of, manifest_of, seal_no_of
from activities.dispatching import NO_VISIT, decide, lock_dispatch
from activities.promising import Promises, planned, promise_task
from activities.watching import START_PATIENCE, in_bag, is_silent, last_word, start_due, word_due
from domain.messages import LegBooked, LegLook, LegLookOrder, LegPlan, LookReason
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, INTERREGIONAL_LEGS, Leg, ParcelStage
from logistics.carrier import CarrierClient
from logistics.expectations import expected
from logistics.outlets import nearest
from logistics.promise_model import PromiseState, PromiseVerdict
from logistics.scans import FailureReason, PaperLine
from logistics.sign_policy import must_sign_self
from logistics.wording import failure_of
from relay.leg_notes import note, raise_task, settle_tasks
from relay.outlet_book import outlets_now
from relay.parcels import state_of
from storage.base import Database
from storage.cases import CaseRow, HandlingRow, read_dossier
from storage.legs import CourierRow, LegRow, lock_leg
from storage.owing import still_owed
from storage.sealing import Sealer
from storage.tasks import settle_task

OUR_REGION = "500103"
MAX_ATTEMPTS = 3
_IDLE_LOOK = timedelta(hours=8)
_HALL_PATIENCE_MINUTES = 120
"""Business minutes without a scan after which papers on their way to our hall are looked for."""


class Carrying:
    """Everything that a leg's workflow asks of the world."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        carrier: CarrierClient,
        promises: Promises,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._carrier = carrier
        self._promises = promises
        self._now = now

    @activity.defn
    def book_leg(self, plan: LegPlan) -> LegBooked:
        """A waybill number and a row for the leg; the carrier makes one waybill per leg id however often asked."""
        with self._database.read() as session:
            known = session.get(LegRow, plan.leg_id)
            if known is not None:
                return _booked(known)
            handling = session.get_one(HandlingRow, plan.handling_no)
            if plan.leg is Leg.DELIVERY and still_owed(session, plan.case_no):
                raise ApplicationError("deferred materials are still owed", type="DEFERRED_OPEN")  # tried again
        ends = (handling.region, OUR_REGION) if plan.leg is Leg.BACK else (OUR_REGION, handling.region)
        if plan.leg in DOOR_LEGS:
            ends = (OUR_REGION, OUR_REGION)
        number = plan.inbound_tracking_no or self._carrier.book(plan.leg_id, plan.leg, *ends)
        with self._database.write() as session:
            known = session.get(LegRow, plan.leg_id)
            row = known or self._new_leg(session, plan, handling, number)
            return _booked(row)

    def _new_leg(self, session: Session, plan: LegPlan, handling: HandlingRow, number: str) -> LegRow:
        case = session.get_one(CaseRow, plan.case_no)
        dossier = read_dossier(case, self._sealer)
        contact = contact_of(dossier, plan.leg)
        now = self._now()
        papers = manifest_of(session, plan, dossier, case, handling)
        row = LegRow(
            leg_id=plan.leg_id,
            case_no=plan.case_no,
            handling_no=plan.handling_no,
            leg=plan.leg,
            region=handling.region if plan.leg in INTERREGIONAL_LEGS else OUR_REGION,
            tracking_no=number,
            seal_no=seal_no_of(session, plan),
            stage=ParcelStage.ORDERED,
            epoch=1,
            state={},
            manifest=papers,
            assignment_version=0,
            time_scale=plan.time_scale,
            ordered_at=now,
            sign_self=plan.leg is Leg.DELIVERY and must_sign_self(map(PaperLine.model_validate, papers)),
        )
        if contact is not None:
            row.contact = self._sealer.seal(contact.sealed, f"leg/{plan.leg_id}")
            if contact.point is not None:
                row.lat, row.lon = contact.point.lat, contact.point.lon
                for best in nearest(contact.point, 1, outlets_now(session)):
                    row.outlet_id, row.distance_m = best.outlet.id, best.distance_m
        if plan.leg in INTERREGIONAL_LEGS:
            row.deadline_at = expected(plan.leg, handling.region, now, plan.time_scale).alarm_at
        session.add(row)
        session.flush()
        note(session, row, "LEG_BOOKED", now)
        return row

    @activity.defn
    def look_after(self, order: LegLookOrder) -> LegLook:
        """Compute the promise, plan or plan again, raise what a person must see; say when to look again."""
        now = self._now()
        with self._database.write() as session:
            lock_dispatch(session)
            leg = lock_leg(session, order.leg_id)
            if leg is None:
                raise LookupError("a leg's workflow runs without its row")
            if Leg(leg.leg) in INTERREGIONAL_LEGS:
                return self._look_between_halls(session, leg, now)
            if leg.lat is None:
                return self._ask_for_place(session, leg, now)
            return self._look_at_door(session, leg, order.reason, now)

    def _look_at_door(self, session: Session, leg: LegRow, reason: LookReason, now: datetime) -> LegLook:
        if ParcelStage(leg.stage) in NO_VISIT:
            leg.planned_arrival_at = None
        hands_due = self._look_at_hands(session, leg, reason, now)
        if reason is LookReason.ATTEMPT_FAILED and not self._another_attempt(session, leg, now):
            reason = LookReason.MOVED  # nobody goes unasked; the promise is looked at all the same
        new = self._promises.needs_plan(leg)
        jobs = decide(session, now, reason) if new else []
        promise = self._promises.look(session, leg, now)
        silent = self._silent(session, leg, promise, now)
        again = leg.courier_id is None or reason is not LookReason.MOVED or _at_risk(promise)
        if silent or (again and not new):
            jobs = decide(session, now, "SILENT" if silent else reason, silent)
            promise = self._promises.look(session, leg, now)
        if jobs:
            self._look_at_others(session, [job for job in jobs if job is not leg], now)
        boundary = None
        if promise is not None:
            self._raise_promise(session, leg, promise, now)
            boundary = promise.next_boundary(now)
        soonest = now + START_PATIENCE / leg.time_scale  # still not on the way, or still nothing said: look again
        awaited = [max(due, soonest) for due in (start_due(session, leg),) if due is not None]
        awaited += [due if due > now else soonest for due in (word_due(session, leg),) if due is not None]
        looks = [now + _IDLE_LOOK / leg.time_scale, boundary, hands_due, *awaited]
        return LegLook(next_look_at=min(at for at in looks if at is not None))

    def _silent(self, session: Session, leg: LegRow, promise: PromiseState | None, now: datetime) -> list[str]:
        """The leg's courier, if he has to be given up: another one goes, or fetches what is in his bag."""
        if leg.courier_id is None:
            return []
        late = _at_risk(promise) or (promise is not None and promise.verdict is PromiseVerdict.BREACHED)
        patience = START_PATIENCE / leg.time_scale
        due = start_due(session, leg)
        if due is not None and (late or now >= due) and is_silent(session, leg, now, patience):
            return [leg.courier_id]
        due = word_due(session, leg)
        if due is None or now < (due if late else due + patience):
            return []
        if in_bag(leg):
            self._take_over(session, leg, now, f"{leg.epoch}-{leg.courier_id}-{due.isoformat()}")
        return [leg.courier_id]

    def _look_at_others(self, session: Session, jobs: list[LegRow], now: datetime) -> None:
        """A plan that has just made another job late is said at once, not when that job's own timer rings."""
        for leg in jobs:
            plan = planned(leg, now)
            if plan is None or leg.deadline_at is None or plan.eta_p90 <= leg.deadline_at:
                continue
            promise = self._promises.look(session, leg, now)
            if promise is not None:
                self._raise_promise(session, leg, promise, now)

    def _raise_promise(self, session: Session, leg: LegRow, promise: PromiseState, now: datetime) -> None:
        kind = {
            PromiseVerdict.AT_RISK: TaskKind.PROMISE_AT_RISK,
            PromiseVerdict.BREACHED: TaskKind.PROMISE_BROKEN,
        }.get(promise.verdict)
        if kind is not None:
            raise_task(session, leg, kind, now, f"{leg.epoch}", promise_task(leg, kind, leg.epoch))

    def _another_attempt(self, session: Session, leg: LegRow, now: datetime) -> bool:
        """After a failed attempt the leg is planned again, where another visit can help; else a person decides."""
        leg.courier_id, leg.planned_arrival_at = None, None
        failure = failure_of(state_of(session, leg))
        if failure is FailureReason.WRONG_ADDRESS:
            raise_task(session, leg, TaskKind.PLACE_ADDRESS, now, f"{leg.epoch}")
            return False
        if failure is not FailureReason.REFUSED and leg.epoch <= MAX_ATTEMPTS:
            note(session, leg, "ATTEMPT_FAILED", now)
            return True
        raise_task(session, leg, TaskKind.DELIVERY_FAILED, now, f"{leg.epoch}")
        return False

    def _ask_for_place(self, session: Session, leg: LegRow, now: datetime) -> LegLook:
        """Without a point nothing is promised: a person places the address first."""
        self._promises.look(session, leg, now)
        raise_task(session, leg, TaskKind.PLACE_ADDRESS, now, "1")
        return LegLook(next_look_at=now + _IDLE_LOOK / leg.time_scale)

    def _look_between_halls(self, session: Session, leg: LegRow, now: datetime) -> LegLook:
        """An interregional leg has a stated expectation, and an alarm when it is overdue."""
        alarm_at = leg.deadline_at or now + _IDLE_LOOK / leg.time_scale
        arrived = (ParcelStage(leg.stage).rank or 0) >= (ParcelStage.DELIVERED.rank or 0)
        if now < alarm_at:
            return LegLook(next_look_at=alarm_at)
        if arrived:
            settle_task(session, f"{leg.leg_id}/{TaskKind.LEG_OVERDUE}/{alarm_at.isoformat()}", now)
        else:
            raise_task(session, leg, TaskKind.LEG_OVERDUE, now, alarm_at.isoformat())
        return LegLook(next_look_at=now + timedelta(days=1) / leg.time_scale)

    def _look_at_hands(self, session: Session, leg: LegRow, reason: LookReason, now: datetime) -> datetime | None:
        """What an ill courier has in his bag, or what is not heard of, has to be fetched: no plan can do that.

        Returns when to look again.
        """
        holder = session.get(CourierRow, str(leg.state.get("holder")))
        if holder is not None and holder.off_since is not None and not leg.state.get("terminal"):
            self._take_over(session, leg, now, f"{leg.epoch}-{holder.courier_id}")
        elif reason is LookReason.MOVED:  # heard of again
            settle_tasks(session, leg, {TaskKind.TAKE_OVER}, now)
        word = last_word(session, leg)
        if word is None:
            return None
        due = self._promises.later(session, leg, word, _HALL_PATIENCE_MINUTES)
        if now < due:
            return due
        self._take_over(session, leg, now, f"{leg.epoch}-{word.isoformat()}")
        return None

    def _take_over(self, session: Session, leg: LegRow, now: datetime, what: str) -> None:
        leg.planned_arrival_at = None  # nobody knows when he will be there
        raise_task(session, leg, TaskKind.TAKE_OVER, now, what)


def _at_risk(promise: PromiseState | None) -> bool:
    return promise is not None and promise.verdict is PromiseVerdict.AT_RISK


def _booked(leg: LegRow) -> LegBooked:
    placed = Leg(leg.leg) not in DOOR_LEGS or leg.lat is not None
    return LegBooked(tracking_no=leg.tracking_no, placed=placed, expected_at=leg.deadline_at)
