"""How a leg ends: given up by a person, over, its waybill cancelled where nobody has used it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.promising import Promises
from domain.errors import CarrierRefused
from domain.messages import LegClosing, LegEnd, LegOutcome
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, INTERREGIONAL_LEGS, Leg, ParcelStage
from logistics.carrier import CarrierClient
from relay.leg_notes import note, raise_task
from relay.own_scans import say
from relay.parcels import state_of
from storage.base import Database
from storage.legs import CourierRow, LegRow, lock_leg
from storage.tasks import open_task

_NOBODY_TOOK_IT = frozenset({LegOutcome.CANCELLED, LegOutcome.ABANDONED})
"""Said in the log, so that a scan which was made before and comes after means: it must go back."""


class Ending:
    """The last things that a leg's workflow asks of the world."""

    def __init__(
        self, database: Database, carrier: CarrierClient, promises: Promises, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._promises = promises
        self._now = now

    @activity.defn
    def close_leg(self, leg_id: str) -> LegClosing:
        """A person gives up bringing it. Papers are never lost by that: what somebody holds goes back (退回).

        Only a parcel that the log calls lost is given up as lost.
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
    def end_leg(self, end: LegEnd) -> None:
        """The leg is over; a waybill that nobody has used is cancelled with the carrier."""
        with self._database.write() as session:
            leg = lock_leg(session, end.leg_id)
            if leg is None:
                raise LookupError("a leg's workflow runs without its row")
            if leg.ended_at is None:
                leg.ended_at, leg.outcome = end.at, end.outcome
                note(session, leg, f"LEG_{end.outcome}", self._now())
                if end.outcome in _NOBODY_TOOK_IT:
                    say(session, leg, ParcelStage.CANCELLED, end.at, self._now())
                if Leg(leg.leg) in DOOR_LEGS and leg.lat is not None:
                    self._promises.look(session, leg, self._now())
            if Leg(leg.leg) in INTERREGIONAL_LEGS and end.outcome is not LegOutcome.DELIVERED:
                self._ask_about_papers(session, leg)
            ours = Leg(leg.leg) is not Leg.BACK  # else the number is the sender's
        if end.outcome in _NOBODY_TOOK_IT and ours:
            self._cancel_waybill(end.leg_id)

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
