"""Who goes where: one decision at a time under a lock, from rows and back into rows (decisions.md 11).

Nothing is lost with a process: the Dispatcher is rebuilt from the legs, couriers and assignments that stand.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, or_, select, text
from sqlalchemy.orm import Session

from activities.under_way import under_way
from domain.messages import TaskOutcome
from domain.tasks import TaskKind
from domain.terms import DOOR_LEGS, Datum, Leg, ParcelStage
from logistics.dispatch import CourierStanding, DispatchCourier, Dispatcher, DispatchJob, DispatchStanding, JobStanding
from logistics.geo import Point, geodesic_m, plane_m
from logistics.outlets import Outlet
from parcels.outlets import may_be_sent, outlets_now
from parcels.telling import tell_visits
from storage.cases.rows import add_event
from storage.parcels.legs import AssignmentRow, CourierRow, LegRow
from storage.tasks.rows import TaskRow

HALL = Point(lat=29.5527, lon=106.5684, datum=Datum.WGS84)
"""Our service hall; where door deliveries start. Approximate, like the outlets."""

_SPEED_M_PER_S = 12_000 / 3600
_DETOUR = 1.3
_DOOR_S = 180.0
_LOCK = 0x4B59  # advisory lock of the one dispatcher, PostgreSQL
NO_VISIT = frozenset(
    {
        ParcelStage.LOST,
        ParcelStage.AWAITING_COLLECTION,
        ParcelStage.CANCELLED,
        ParcelStage.RETURNING,
        ParcelStage.RETURNED,
    }
)
"""Nobody is to go to this door now: planning it would make others late."""
_A_PERSON_FIRST = frozenset({TaskKind.DELIVERY_FAILED, TaskKind.PLACE_ADDRESS, TaskKind.TAKE_OVER})
_AT_DOOR_DONE = {
    Leg.PICKUP: ParcelStage.PICKED_UP,
    Leg.DELIVERY: ParcelStage.DELIVERED,
}


Places = Mapping[str, tuple[float, float]]
"""Courier → metres on the plane, where last seen."""


def lock_dispatch(session: Session) -> None:
    """Hold the lock of the one dispatcher to the end of the transaction.

    An advisory lock on PostgreSQL; on SQLite the writing transaction is the lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def decide(session: Session, now: datetime, reason: str, silent: Sequence[str] = ()) -> list[LegRow]:
    """Plan every open door job anew and write what changed; returns the open jobs. To be called under `lock_dispatch`.

    `reason`: kept with each new assignment. `silent`: ids of couriers who did not start in time; they get nothing more
    until they are heard of again.
    """
    jobs = _open_legs(session, now)
    outlets = {outlet.id: outlet for outlet in outlets_now(session)}
    everybody = list(session.scalars(select(CourierRow).order_by(CourierRow.courier_id)))
    couriers = [courier for courier in everybody if may_be_sent(courier, outlets)]
    for courier in couriers:
        _hear_of(courier, now, courier.courier_id in silent)
    if not any(courier.on_duty for courier in couriers):
        for courier in couriers:  # late is better than never: somebody must go
            courier.on_duty = True
    scale = max((leg.time_scale for leg in jobs), default=1.0)
    places = {courier.courier_id: place_of(courier) for courier in everybody}
    serving = {courier.courier_id for courier in couriers if courier.on_duty}
    # What is in a bag stays there, also when its outlet has closed; not with who is ill or says nothing.
    able = {courier.courier_id for courier in everybody if courier.off_since is None and courier.silent_since is None}
    dispatcher = _rebuilt(jobs, under_way(session, jobs), couriers, places, now, scale)
    unserved = [leg for leg in jobs if leg.courier_id not in serving]
    for leg in unserved:
        dispatcher.request(_seconds(now, scale), _job(leg, scale, places))
    if not unserved:
        dispatcher.replan(_seconds(now, scale))
    for leg in jobs:
        holder = leg.state.get("holder")
        _assign(session, leg, dispatcher, now, scale, reason, outlets, serving, holder if holder in able else None)
    tell_visits(session, jobs, now)
    return jobs


def _hear_of(courier: CourierRow, now: datetime, silent: bool) -> None:
    """Off duty from the moment a courier is taken for silent, back when there is any scan of his."""
    if silent:
        courier.on_duty, courier.silent_since = False, now
    elif courier.silent_since is not None and courier.seen_at is not None and courier.seen_at > courier.silent_since:
        courier.on_duty, courier.silent_since = True, None


def door_of(leg: LegRow) -> Point | None:
    """The leg's door in WGS-84; None where a person has still to place the address."""
    if leg.lat is None or leg.lon is None:
        return None
    return Point(lat=leg.lat, lon=leg.lon, datum=Datum.WGS84)


def is_for_later(leg: LegRow, now: datetime) -> bool:
    """Whether it is a job only when its window begins: whoever came before would stand at a closed door."""
    return leg.window_from is not None and leg.window_from > now


def _open_legs(session: Session, now: datetime) -> list[LegRow]:
    """Door jobs that have a visit to make now, and for which no person has to decide or has given up."""
    waits = and_(TaskRow.kind.in_(_A_PERSON_FIRST), TaskRow.resolved_at.is_(None))
    given_up = TaskRow.outcome == TaskOutcome.CLOSE_AS_FAILED  # its workflow may not have heard of it yet
    asked = select(TaskRow.leg_id).where(or_(waits, given_up), TaskRow.leg_id.is_not(None))
    legs = session.scalars(
        select(LegRow)
        .where(LegRow.ended_at.is_(None), LegRow.leg.in_(DOOR_LEGS), LegRow.lat.is_not(None))
        .where(LegRow.halted.is_(None), or_(LegRow.window_from.is_(None), LegRow.window_from <= now))
        .where(LegRow.leg_id.not_in(asked))
        .order_by(LegRow.ordered_at, LegRow.leg_id)
    )
    asked_again = set(session.scalars(select(TaskRow.leg_id).filter_by(outcome=TaskOutcome.REDELIVER)))
    return [leg for leg in legs if not _visited(leg, leg.leg_id in asked_again)]


def _visited(leg: LegRow, asked_again: bool) -> bool:
    """Whether nobody is to go. `asked_again`: a person has what waits to be collected brought all the same."""
    stage = ParcelStage(leg.stage)
    if stage in NO_VISIT:
        return not (stage is ParcelStage.AWAITING_COLLECTION and asked_again)
    rank = ParcelStage(leg.stage).rank
    done = _AT_DOOR_DONE[Leg(leg.leg)].rank
    return rank is not None and done is not None and rank >= done


def _rebuilt(
    jobs: list[LegRow], gone: set[str], couriers: list[CourierRow], places: Places, now: datetime, scale: float
) -> Dispatcher:
    """The dispatcher as it stood: who is where, what is planned on whom, what is under way."""
    active: dict[str, LegRow] = {}
    for leg in jobs:
        if leg.courier_id is not None and leg.leg_id in gone:
            active.setdefault(leg.courier_id, leg)
    on_duty = {courier.courier_id for courier in couriers if courier.on_duty}
    standings = [_courier_standing(courier, active.get(courier.courier_id), now, scale) for courier in couriers]
    turns: dict[str, int] = {}
    job_rows = []
    for leg in sorted(jobs, key=lambda leg: leg.planned_arrival_at or now):
        owner = leg.courier_id if leg.courier_id in on_duty else None
        started = owner is not None and active.get(owner) is leg
        if owner is None:
            continue  # asked for anew by the caller
        turn = turns.get(owner, 0)
        turns[owner] = turn if started else turn + 1
        job_rows.append(JobStanding(_job(leg, scale, places), owner, turn, max(leg.assignment_version - 1, 0)))
    standing = DispatchStanding(tuple(standings), tuple(job_rows))
    return Dispatcher.resume(standing, travel_s, _seconds(now, scale))


def _courier_standing(courier: CourierRow, leg: LegRow | None, now: datetime, scale: float) -> CourierStanding:
    x, y = place_of(courier)
    seen = _seconds(courier.seen_at or now, scale)
    return CourierStanding(
        DispatchCourier(courier.courier_id, x, y),
        leg.leg_id if leg else None,
        seen if leg else None,
        _seconds(leg.arrived_at, scale) if leg and leg.arrived_at else None,
        courier.on_duty,
    )


def place_of(row: CourierRow | LegRow) -> tuple[float, float]:
    """Metres on the plane: where a courier was last seen, or a leg's door.

    Raises:
        ValueError: the leg has no point yet.
    """
    if row.lat is None or row.lon is None:
        raise ValueError("a leg without a point cannot be dispatched")
    return plane_m(Point(lat=row.lat, lon=row.lon, datum=Datum.WGS84))


def _origin(leg: LegRow, places: Places) -> tuple[float, float] | None:
    """Where a delivery's parcel lies: with whoever holds it, else in our hall."""
    if leg.leg != Leg.DELIVERY:
        return None
    return places.get(str(leg.state.get("holder"))) or plane_m(HALL)


def _job(leg: LegRow, scale: float, places: Places) -> DispatchJob:
    x, y = place_of(leg)
    deadline = leg.deadline_at or leg.ordered_at + timedelta(hours=1) / scale
    if leg.window_to is not None:  # within the window, where it can be, although later would still be in time
        deadline = leg.window_to
    return DispatchJob(
        id=leg.leg_id,
        x=x,
        y=y,
        released=_seconds(leg.ordered_at, scale),
        deadline=_seconds(deadline, scale),
        service_s=_DOOR_S,
        origin=_origin(leg, places),
    )


def _assign(
    session: Session,
    leg: LegRow,
    dispatcher: Dispatcher,
    now: datetime,
    scale: float,
    reason: str,
    outlets: Mapping[str, Outlet],
    serving: Collection[str],
    holder: str | None,
) -> None:
    """Write the plan for one leg; a new version only where the courier changed. `holder` has it in his bag."""
    courier_id = holder or dispatcher.planned_courier(leg.leg_id)
    arrival = dispatcher.planned_arrival(leg.leg_id, _seconds(now, scale))
    if courier_id is None or arrival is None:
        if leg.courier_id not in serving:  # nobody can go now: better said than kept on one who won't come
            take_away(session, leg)
        return
    leg.planned_arrival_at = datetime.fromtimestamp(arrival / scale, UTC)
    if courier_id == leg.courier_id:
        return
    courier = session.get_one(CourierRow, str(courier_id))
    leg.courier_id, leg.outlet_id = courier.courier_id, courier.outlet_id
    outlet = outlets.get(courier.outlet_id)
    door = door_of(leg)
    if outlet is not None and door is not None:
        leg.distance_m = round(geodesic_m(outlet.point, door), 1)
    leg.assignment_version += 1
    if leg.assignment_version > 1:
        add_event(
            session,
            case_no=leg.case_no,
            key=f"{leg.leg_id}/REDISPATCHED/{leg.assignment_version}",
            kind="REDISPATCHED",
            at=now,
            now=now,
            actor="workflow",
            handling_no=leg.handling_no,
            data={"leg": leg.leg, "legId": leg.leg_id, "courierId": courier.courier_id, "reason": reason},
        )
    _retire(session, leg)
    session.add(
        AssignmentRow(
            leg_id=leg.leg_id,
            version=leg.assignment_version,
            courier_id=courier.courier_id,
            outlet_id=courier.outlet_id,
            planned_arrival_at=leg.planned_arrival_at,
            reason=reason,
            at=now,
        )
    )


def take_away(session: Session, leg: LegRow) -> None:
    """Nobody is to go there any more; to be called under `lock_dispatch`."""
    leg.courier_id, leg.planned_arrival_at = None, None
    _retire(session, leg)


def _retire(session: Session, leg: LegRow) -> None:
    for earlier in session.scalars(select(AssignmentRow).filter_by(leg_id=leg.leg_id, active=True)):
        earlier.active = False


def travel_s(x0: float, y0: float, x1: float, y1: float) -> float:
    """Expected business seconds between two places in metres on the plane, detour included."""
    distance_m = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    return float(distance_m * _DETOUR / _SPEED_M_PER_S)


def _seconds(at: datetime, scale: float) -> float:
    """The dispatcher thinks in business seconds: its notice and patience are minutes of a courier's day."""
    return at.timestamp() * scale
