"""Legs: booked with the carrier, promised at the door, looked after at every boundary."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.courier_dispatch import NO_VISIT, decide, is_for_later, lock_dispatch
from activities.courier_silence import START_PATIENCE, in_bag, is_silent, last_word, start_due, word_due
from activities.door_promises import PROMISE, DoorPromises, is_home, planned
from activities.parcel_contents import contact_of, manifest_of, seal_no_of
from domain.leg_changes import Halt
from domain.matters import End, ending_by
from domain.messages import LegBegun, LegBooked, LegEffect, LegLook, LegLookOrder, LegPlan, LookReason
from domain.personal import Consented
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, INTERREGIONAL_LEGS, Leg, ParcelStage
from logistics.carrier import CarrierClient
from logistics.expectations import expected
from logistics.promise_model import PromiseState, PromiseVerdict
from logistics.scans import FailureReason, PaperLine
from logistics.sign_policy import must_sign_self
from logistics.wording import failure_of
from parcels.case_entries import note, raise_task, settle_tasks
from parcels.outlets import put_at
from parcels.projection import effects_of, state_of
from parcels.visit_addresses import ask_for_door, placing_of
from storage.base import Database
from storage.cases.deferred_materials import still_owed
from storage.cases.rows import CaseRow, HandlingRow, read_dossier
from storage.exchange.inbox import Inbox
from storage.exchange.papers_back import papers_said_back
from storage.parcels.legs import CourierRow, LegRow, legs_by_number, lock_leg
from storage.personal.person_requests import withdrawn
from storage.sealing import Sealer

OUR_REGION = "500103"
MAX_ATTEMPTS = 3
_IDLE_LOOK = timedelta(hours=8)
_HALL_PATIENCE_MINUTES = 120
"""Business minutes without a scan after which papers on their way to our hall are looked for."""


class ParcelBooking:
    """The activities of a leg's workflow while the leg goes on; idempotent by the leg id."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        carrier: CarrierClient,
        promises: DoorPromises,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._carrier = carrier
        self._promises = promises
        self._now = now

    @activity.defn
    def book_leg(self, plan: LegPlan) -> LegBooked:
        """Book a leg: a waybill number and a row. The carrier makes one waybill per leg id however often asked.

        A BACK leg takes the number that the authority gave. `effects` of the answer: only for a plan that is `resumed`.

        Raises:
            ApplicationError: DEFERRED_OPEN, benign: a delivery waits for materials that are owed.
            CarrierUnavailable, CarrierRefused: of the carrier.
        """
        with self._database.read() as session:
            known = session.get(LegRow, plan.leg_id)
            if known is not None:
                return _booked(known, effects_of(session, known) if plan.resumed else ())
            handling = session.get_one(HandlingRow, plan.handling_no)
            if plan.leg is Leg.DELIVERY and still_owed(session, plan.case_no):
                still = ApplicationErrorCategory.BENIGN  # tried again until they are there
                raise ApplicationError("deferred materials are still owed", type="DEFERRED_OPEN", category=still)
        ends = (handling.region, OUR_REGION) if plan.leg is Leg.BACK else (OUR_REGION, handling.region)
        if plan.leg in DOOR_LEGS:
            ends = (OUR_REGION, OUR_REGION)
        number = plan.inbound_tracking_no or self._carrier.book(plan.leg_id, plan.leg, *ends)
        with self._database.write() as session:
            known = session.get(LegRow, plan.leg_id)
            row = known or self._new_leg(session, plan, handling, number)
            return _booked(row)

    @activity.defn
    def begin_leg(self, plan: LegPlan) -> LegBegun:
        """`book_leg` and the first `look_after`, one after the other; again from its start where it broke off.

        Raises:
            ApplicationError, CarrierUnavailable, CarrierRefused: as `book_leg`.
        """
        booked = self.book_leg(plan)
        look = self.look_after(LegLookOrder(leg_id=plan.leg_id, reason=LookReason.ORDERED, at=self._now()))
        return LegBegun(**booked.model_dump(), next_look_at=look.next_look_at)

    def _new_leg(self, session: Session, plan: LegPlan, handling: HandlingRow, number: str) -> LegRow:
        at_door = plan.leg in DOOR_LEGS
        # Locked, so that a consent is withdrawn before it, and is seen, or after it, and calls it off.
        case = session.get_one(CaseRow, plan.case_no, with_for_update=at_door or None)
        unwanted = at_door and Consented.DELIVERY in withdrawn(session, plan.case_no)
        dossier = read_dossier(case, self._sealer)
        contact = contact_of(dossier, plan.leg) if not unwanted else None
        now = self._now()
        said = papers_said_back(session, Inbox(self._sealer), plan.handling_no) if plan.leg is Leg.BACK else None
        papers = manifest_of(session, plan, dossier, case, handling, said, now)
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
        if unwanted:
            row.halted = Halt.CANCELLED  # nobody goes: it ends at once, and papers or result are at the hall
        if contact is not None:
            row.contact = self._sealer.seal(contact.sealed, f"leg/{plan.leg_id}")
            put_at(session, row, contact.point)
        if plan.leg in INTERREGIONAL_LEGS:
            row.deadline_at = expected(plan.leg, handling.region, now, plan.time_scale).alarm_at
        taken = legs_by_number(session, {number}).get(number)
        session.add(row)
        session.flush()
        note(session, row, "LEG_BOOKED", now)
        if taken is not None:  # an authority's word only: its scans and its trace stay with the parcel that has it
            known = {"trackingNo": number, "otherLegId": taken.leg_id}
            raise_task(session, row, TaskKind.NUMBER_SHARED, now, "number", data=known)
        return row

    @activity.defn
    def look_after(self, order: LegLookOrder) -> LegLook:
        """Judge the promise, plan or plan again, open the tasks that are due; returns when to look again.

        Raises:
            LookupError: there is no row of this leg.
        """
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
            return self._look_at_door(session, leg, order, now)

    def _look_at_door(self, session: Session, leg: LegRow, order: LegLookOrder, now: datetime) -> LegLook:
        reason = order.reason
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
        soonest = now + _rarer(order.quiet_looks) / leg.time_scale  # still not on the way, or still nothing said
        awaited = [max(due, soonest) for due in (start_due(session, leg),) if due is not None]
        awaited += [due if due > now else soonest for due in (word_due(session, leg),) if due is not None]
        window = leg.window_from if is_for_later(leg, now) else None
        looks = [now + _IDLE_LOOK / leg.time_scale, boundary, hands_due, window, *awaited]
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
        """While somebody can still do something about it: one task a promise, whatever the attempt."""
        if is_home(leg) or leg.halted is not None:
            return
        kind = {
            PromiseVerdict.AT_RISK: TaskKind.PROMISE_AT_RISK,
            PromiseVerdict.BREACHED: TaskKind.PROMISE_BROKEN,
        }.get(promise.verdict)
        if kind is not None:
            raise_task(session, leg, kind, now, PROMISE)

    def _another_attempt(self, session: Session, leg: LegRow, now: datetime) -> bool:
        """After a failed attempt the leg is planned again, where another visit can help; else a person decides."""
        leg.courier_id, leg.planned_arrival_at = None, None
        failure = failure_of(state_of(session, leg))
        if failure is FailureReason.WRONG_ADDRESS:
            return not ask_for_door(session, leg, leg.epoch - 1, now)
        if failure is not FailureReason.REFUSED and leg.epoch <= MAX_ATTEMPTS:
            note(session, leg, "ATTEMPT_FAILED", now)
            return True
        raise_task(session, leg, TaskKind.DELIVERY_FAILED, now, f"{leg.epoch}")
        return False

    def _ask_for_place(self, session: Session, leg: LegRow, now: datetime) -> LegLook:
        """Without a point nothing is promised: a person places the address first."""
        self._promises.look(session, leg, now)
        if leg.halted is None:
            raise_task(session, leg, TaskKind.PLACE_ADDRESS, now, placing_of(session, leg))
        return LegLook(next_look_at=now + _IDLE_LOOK / leg.time_scale)

    def _look_between_halls(self, session: Session, leg: LegRow, now: datetime) -> LegLook:
        """An interregional leg has a stated expectation, and an alarm when it is overdue."""
        alarm_at = leg.deadline_at or now + _IDLE_LOOK / leg.time_scale
        arrived = (ParcelStage(leg.stage).rank or 0) >= (ParcelStage.DELIVERED.rank or 0)
        if now < alarm_at:
            return LegLook(next_look_at=alarm_at)
        if arrived:
            settle_tasks(session, leg, ending_by(End.ARRIVED), now, End.ARRIVED)
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
            settle_tasks(session, leg, {TaskKind.TAKE_OVER}, now, End.MOVED_ON)
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


def _rarer(quiet_looks: int) -> timedelta:
    """Until the next look where nothing happens: 5 min, then twice as long each time, to 8 h."""
    return min(START_PATIENCE * float(1 << min(quiet_looks, 10)), _IDLE_LOOK)


def _at_risk(promise: PromiseState | None) -> bool:
    return promise is not None and promise.verdict is PromiseVerdict.AT_RISK


def _booked(leg: LegRow, effects: tuple[LegEffect, ...] = ()) -> LegBooked:
    placed = Leg(leg.leg) not in DOOR_LEGS or leg.lat is not None
    return LegBooked(
        tracking_no=leg.tracking_no,
        placed=placed,
        expected_at=leg.deadline_at,
        effects=effects,
        called_off=leg.halted == Halt.CANCELLED,
    )
