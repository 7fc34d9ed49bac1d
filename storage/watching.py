"""What a supervisor watches: cases that end soon, promises at risk, stops as planned, queues. Each from its own index.

Conditions that an index has stand as text in the query too (see `storage.work_lists`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, aliased

from domain.terms import DOOR_LEGS, Leg, Partner, Role
from storage.cases.rows import CaseRow, HandlingRow
from storage.cases.tallies import Tally, tallies
from storage.keyset import AnyRow, Condition, Segment, partial_index
from storage.parcels.legs import LegRow
from storage.quarter_rows import DOOR_LEG
from storage.tasks.rows import TaskRow

_OPEN_CASE: Final = "closed_at IS NULL"
_DUE: Final = "closed_at IS NULL AND due_at IS NOT NULL"
_DOORS: Final = f"leg IN ('{Leg.PICKUP}', '{Leg.DELIVERY}')"
_STOP: Final = f"ended_at IS NULL AND {_DOORS}"
_AWAITED: Final = f"ended_at IS NULL AND arrived_at IS NULL AND {_DOORS}"

partial_index("ix_leg_stop", LegRow.planned_arrival_at, LegRow.leg_id, where=_STOP)
partial_index("ix_leg_awaited", LegRow.verdict, LegRow.deadline_at, LegRow.leg_id, where=_AWAITED)
partial_index("ix_case_file_clerk", CaseRow.clerk, CaseRow.due_at, where=_OPEN_CASE)


_own = aliased(CaseRow, name="own")


class RoleQueue(NamedTuple):
    """Open tasks of a role: how many, and since when the oldest waits."""

    role: Role
    tasks: int
    oldest_at: datetime


class ClerkQueue(NamedTuple):
    """Open cases that a clerk has registered: how many, how many of them late, and when the next one ends."""

    clerk: str
    cases: int
    late: int
    next_due_at: datetime | None


def due_within(after: datetime | None, until: datetime, *, latest_first: bool = False) -> tuple[Segment, ...]:
    """Open cases of which a clock ends after `after` and by `until`; the soonest first."""
    fits: list[Condition] = [text(_DUE), CaseRow.due_at <= until]
    if after is not None:
        fits.append(CaseRow.due_at > after)
    return (Segment(where=tuple(fits), at=CaseRow.due_at, id=CaseRow.case_no, descending=latest_first),)


def waiting_since(before: datetime) -> tuple[Segment, ...]:
    """Open cases that wait for a network which has not answered since before this time, by number."""
    stuck = select(HandlingRow.case_no).where(text("waiting_since IS NOT NULL"), HandlingRow.waiting_since <= before)
    return (Segment(where=(text(_OPEN_CASE), CaseRow.case_no.in_(stuck)), id=CaseRow.case_no),)


def in_danger(session: Session, verdicts: Sequence[str], limit: int) -> list[LegRow]:
    """Door legs at which nobody has arrived and whose promise is one of `verdicts`, what ends first first."""
    awaited = select(LegRow).where(text(_AWAITED), LegRow.verdict.in_(verdicts))
    return list(session.scalars(awaited.order_by(LegRow.deadline_at, LegRow.leg_id).limit(limit)))


def stops_from(session: Session, since: datetime, limit: int) -> list[AnyRow]:
    """Open door legs that are planned from `since` on, in the order of the plan.

    (leg_id, case_no, leg, courier_id, outlet_id, lat, lon, planned_arrival_at, deadline_at, verdict)
    """
    columns = (
        *(LegRow.leg_id, LegRow.case_no, LegRow.leg, LegRow.courier_id, LegRow.outlet_id, LegRow.lat, LegRow.lon),
        *(LegRow.planned_arrival_at, LegRow.deadline_at, LegRow.verdict),
    )
    planned = select(*columns).where(text(_STOP), LegRow.planned_arrival_at >= since, LegRow.lat.is_not(None))
    return list(session.execute(planned.order_by(LegRow.planned_arrival_at, LegRow.leg_id).limit(limit)).all())


def promises_since(session: Session, since: datetime) -> Iterator[tuple[str | None, str, int]]:
    """(outlet, verdict, how many) of the door legs with a promise that were ordered from `since` on."""
    counted = select(LegRow.outlet_id, LegRow.verdict, func.count()).where(
        DOOR_LEG, LegRow.leg.in_(DOOR_LEGS), LegRow.ordered_at >= since, LegRow.verdict.is_not(None)
    )
    for outlet_id, verdict, count in session.execute(counted.group_by(LegRow.outlet_id, LegRow.verdict)):
        yield outlet_id, str(verdict), count


def promised_legs(outlet_id: str, verdicts: Sequence[str], since: datetime) -> tuple[Segment, ...]:
    """The door legs behind a number of `promises_since`, the latest first."""
    fits = (LegRow.outlet_id == outlet_id, LegRow.ordered_at >= since, LegRow.verdict.in_(verdicts))
    return (
        Segment(
            where=(DOOR_LEG, LegRow.leg.in_(DOOR_LEGS), *fits), at=LegRow.ordered_at, id=LegRow.leg_id, descending=True
        ),
    )


def role_queues(session: Session) -> list[RoleQueue]:
    """The open tasks of each role that has some; the role whose oldest waits longest first."""
    counted = tallies(session, Tally.TASK)[Tally.TASK]
    found = [RoleQueue(Role(owner), count, at) for owner, count in counted.items() if (at := _oldest(session, owner))]
    return sorted(found, key=lambda queue: queue.oldest_at)


def _oldest(session: Session, owner: str) -> datetime | None:
    """When the open task of this role was opened that waits longest: the first in their index."""
    waiting = select(TaskRow.opened_at).where(text("resolved_at IS NULL"), TaskRow.owner == owner)
    return session.scalar(waiting.order_by(TaskRow.opened_at, TaskRow.id).limit(1))


def waiting_for(session: Session, partners: Collection[Partner]) -> dict[Partner, datetime]:
    """Those of `partners` that a handling waits for, and since when the first one does."""
    first = {
        partner: session.scalar(
            select(HandlingRow.waiting_since)
            .where(text("waiting_since IS NOT NULL"), HandlingRow.partner == partner)
            .order_by(HandlingRow.waiting_since)
            .limit(1)
        )
        for partner in partners
    }
    return {partner: since for partner, since in first.items() if since is not None}


def clerk_queues(session: Session, now: datetime) -> list[ClerkQueue]:
    """The open cases of each clerk; who has most that are late first."""
    each = select(CaseRow.clerk, func.count().label("cases")).where(text(_OPEN_CASE)).group_by(CaseRow.clerk).subquery()
    own = (text("own.closed_at IS NULL"), _own.clerk == each.c.clerk)
    late = select(func.count()).where(*own, _own.due_at <= now).scalar_subquery()
    coming = select(func.min(_own.due_at)).where(*own, _own.due_at > now).scalar_subquery()
    found = [ClerkQueue(*row) for row in session.execute(select(each.c.clerk, each.c.cases, late, coming))]
    return sorted(found, key=lambda queue: (-queue.late, -queue.cases, queue.clerk))
