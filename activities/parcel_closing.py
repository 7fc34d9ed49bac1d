"""How a leg ends: given up by a person, over, its waybill cancelled where nobody has used it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio import activity

from activities.door_promises import DoorPromises
from domain.errors import CarrierRefused
from domain.leg_changes import Halt
from domain.matters import End, ending_by
from domain.messages import LegClosing, LegEnd, LegOutcome, LegResult
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, INTERREGIONAL_LEGS, Leg, ParcelStage
from logistics.carrier import CarrierClient
from parcels.case_entries import note, raise_task, settle_tasks
from parcels.own_entries import say
from parcels.paper_differences import await_at_hall
from parcels.projection import effects_of, state_of
from storage.base import Database
from storage.parcels.legs import CourierRow, LegRow, lock_leg
from storage.tasks.rows import TaskRow, open_task

_NOBODY_TOOK_IT = frozenset({LegOutcome.CANCELLED, LegOutcome.ABANDONED})
"""Said in the log, so that a scan which was made before and comes after means: it must go back."""


class ParcelClosing:
    """The activities of a leg's workflow at its end; harmless when repeated."""

    def __init__(
        self, database: Database, carrier: CarrierClient, promises: DoorPromises, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._promises = promises
        self._now = now

    @activity.defn
    def close_leg(self, leg_id: str) -> LegClosing:
        """A person gives up bringing it: LOST where the log calls it lost, ABANDONED where nobody has taken it.

        No outcome where somebody holds the parcel: it goes back first (退回), and the leg with it.

        Raises:
            LookupError: there is no row of this leg.
        """
        now = self._now()
        with self._database.write() as session:
            leg = lock_leg(session, leg_id)
            if leg is None:
                raise LookupError("a leg's workflow runs without its row")
            state = state_of(session, leg)
            if state.status is ParcelStage.LOST:
                return LegClosing(outcome=LegOutcome.LOST)
            if state.picked_up is None:
                return LegClosing(outcome=LegOutcome.ABANDONED)
            leg.planned_arrival_at = None
            if session.get(CourierRow, str(state.holder)) is not None:
                leg.courier_id = state.holder  # who has it brings it back
            say(session, leg, ParcelStage.RETURNING, now, now)
            return LegClosing()

    @activity.defn
    def is_damage_open(self, leg_id: str) -> bool:
        """Whether a person has still to look at what was in the damaged parcel."""
        with self._database.read() as session:
            damage = select(TaskRow.id).filter_by(leg_id=leg_id, kind=TaskKind.PARCEL_DAMAGED, resolved_at=None)
            return session.scalar(damage.limit(1)) is not None

    @activity.defn
    def end_leg(self, end: LegEnd) -> None:
        """Record the leg's end and settle its tasks; a waybill that nobody has used is cancelled with the carrier.

        An interregional leg that was not delivered opens a task about its papers.

        Raises:
            LookupError: there is no row of this leg.
            CarrierUnavailable: the waybill could not be cancelled yet.
        """
        with self._database.write() as session:
            leg = lock_leg(session, end.leg_id)
            if leg is None:
                raise LookupError("a leg's workflow runs without its row")
            if leg.ended_at is None:
                leg.ended_at, leg.outcome = end.at, end.outcome
                note(session, leg, f"LEG_{end.outcome}", self._now())
                if end.outcome in _NOBODY_TOOK_IT:
                    say(session, leg, ParcelStage.CANCELLED, end.at, self._now())
                if leg.leg == Leg.PICKUP and leg.halted == Halt.CANCELLED and end.outcome is LegOutcome.CANCELLED:
                    await_at_hall(session, leg, self._now())
                if Leg(leg.leg) in DOOR_LEGS and leg.lat is not None:
                    self._promises.look(session, leg, self._now())
            if Leg(leg.leg) in INTERREGIONAL_LEGS and end.outcome is not LegOutcome.DELIVERED:
                self._ask_about_papers(session, leg)
            settle_tasks(session, leg, ending_by(End.LEG_ENDED), self._now(), End.LEG_ENDED)
            ours = Leg(leg.leg) is not Leg.BACK  # else the number is the sender's
        if end.outcome in _NOBODY_TOOK_IT and ours:
            self._cancel_waybill(end.leg_id)

    @activity.defn
    def result_of(self, leg_id: str) -> LegResult | None:
        """How a leg has ended, from its row; None while it is not over."""
        with self._database.read() as session:
            leg = session.get(LegRow, leg_id)
            if leg is None or leg.ended_at is None or leg.outcome is None:
                return None
            delivered = state_of(session, leg).delivered
            return LegResult(
                leg_id=leg_id,
                leg=Leg(leg.leg),
                outcome=LegOutcome(leg.outcome),
                tracking_no=leg.tracking_no,
                delivered_at=delivered.at if delivered is not None else None,
                called_off=leg.outcome == LegOutcome.CANCELLED and leg.halted == Halt.CANCELLED,
                differs=any(
                    effect.stage is ParcelStage.HALL_CHECKED and effect.discrepancy
                    for effect in effects_of(session, leg)
                ),
            )

    def _ask_about_papers(self, session: Session, leg: LegRow) -> None:
        """Papers or result will not come by this leg: what follows is the case's matter, not the leg's."""
        here = leg.leg == Leg.FORWARD and leg.outcome != LegOutcome.LOST
        kind = TaskKind.PAPERS_CAME_BACK if here else TaskKind.PAPERS_NOT_ARRIVED
        open_task(
            session,
            key=f"{leg.leg_id}/{kind}",
            kind=kind,
            case_no=leg.case_no,
            handling_no=leg.handling_no,
            now=self._now(),
            data={"leg": leg.leg, "legId": leg.leg_id, "outcome": leg.outcome},
        )

    def _cancel_waybill(self, leg_id: str) -> None:
        """What the carrier holds already can't be cancelled: it must come back, and a person sees to it."""
        try:
            self._carrier.cancel(leg_id)
        except CarrierRefused:
            with self._database.write() as session:
                leg = lock_leg(session, leg_id)
                if leg is not None:
                    raise_task(session, leg, TaskKind.RETURN_REQUIRED, self._now(), "carrier")
