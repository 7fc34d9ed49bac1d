"""What people work off: which rows each list has, in which order, and the indexes that serve exactly that.

An index holds only the rows of its list, so what is done with makes no list slower. Conditions that an index has stand
as text in the query too: neither database matches a bound parameter with the condition of an index.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, SQLColumnExpression, func, or_, select, text
from sqlalchemy.orm import Session

from domain.tasks import TaskKind
from domain.terms import Leg, ParcelStage, Partner, Role
from storage.cases.rows import HandlingRow
from storage.exchange.exchange_log import EMPTY, ExchangeRow
from storage.exchange.inbox_row import InboxRow
from storage.exchange.outbox import CommandRow
from storage.keyset import Condition, Segment, partial_index
from storage.parcels.legs import LegRow
from storage.tasks.rows import TaskRow


class TaskOrder(StrEnum):
    """NEW: what was opened last comes first. DUE: what is due first; without a deadline since it was opened."""

    NEW = "new"
    DUE = "due"


_TASK_OPEN: Final = "resolved_at IS NULL"
_TASK_RESOLVED: Final = "resolved_at IS NOT NULL"
_TASK_DUE: Final[ColumnElement[datetime]] = func.coalesce(TaskRow.deadline_at, TaskRow.opened_at)

for _name, _of in (("all", ()), ("owner", (TaskRow.owner,)), ("kind", (TaskRow.kind,))):
    partial_index(f"ix_task_open_{_name}_new", *_of, TaskRow.opened_at, TaskRow.id, where=_TASK_OPEN)
    partial_index(f"ix_task_open_{_name}_due", *_of, _TASK_DUE, TaskRow.id, where=_TASK_OPEN)
    partial_index(f"ix_task_resolved_{_name}", *_of, TaskRow.resolved_at, TaskRow.id, where=_TASK_RESOLVED)


def task_list(
    order: TaskOrder,
    *,
    owner: Role | None = None,
    kind: TaskKind | None = None,
    case_no: str | None = None,
    resolved: bool = False,
) -> tuple[Segment, ...]:
    """Open tasks in `order`, or with `resolved` those that are done, latest first; None: any owner, kind or case."""
    # A case has few tasks and its number finds them: as an expression, the owner leads to no index of everybody's.
    owned = TaskRow.owner if case_no is None else TaskRow.owner.concat("")
    asked: tuple[tuple[SQLColumnExpression[Any], str | None], ...] = (
        (owned, owner),
        (TaskRow.kind, kind),
        (TaskRow.case_no, case_no),
    )
    fits: tuple[Condition, ...] = tuple(column == value for column, value in asked if value is not None)
    if resolved:
        done = (text(_TASK_RESOLVED), *fits)
        return (Segment(where=done, at=TaskRow.resolved_at, id=TaskRow.id, descending=True),)
    waiting = (text(_TASK_OPEN), *fits)
    if order is TaskOrder.DUE:
        return (Segment(where=waiting, at=_TASK_DUE, id=TaskRow.id),)
    return (Segment(where=waiting, at=TaskRow.opened_at, id=TaskRow.id, descending=True),)


partial_index("ix_handling_of_partner", HandlingRow.partner, where="partner IS NOT NULL")
partial_index("ix_handling_waiting", HandlingRow.partner, HandlingRow.waiting_since, where="waiting_since IS NOT NULL")


_LEG_OPEN: Final = "ended_at IS NULL"
_LEG_TURN: Final[ColumnElement[datetime]] = func.coalesce(LegRow.planned_arrival_at, LegRow.ordered_at)

TO_BAG: Final = f"ended_at IS NULL AND tracking_no IS NOT NULL AND leg = '{Leg.PICKUP}'"
"""Of a leg: papers that are fetched and not at the hall yet, if their stage says so too (SQL)."""
partial_index("ix_leg_to_bag", LegRow.outlet_id, LegRow.stage, where=TO_BAG)
partial_index("ix_leg_work_outlet", LegRow.outlet_id, _LEG_TURN, LegRow.leg_id, where=_LEG_OPEN)
partial_index("ix_leg_work_stage", LegRow.stage, _LEG_TURN, LegRow.leg_id, where=_LEG_OPEN)


def stops_of(outlet_id: str, now: datetime) -> tuple[Segment, ...]:
    """Open pickups and deliveries of an outlet by their planned arrival; one without a plan counts from its order.

    Without those to which nobody goes, or before their window nobody yet.
    """
    due = or_(LegRow.window_from.is_(None), LegRow.window_from <= now, LegRow.courier_id.is_not(None))
    going = (LegRow.halted.is_(None), due)
    return _legs(LegRow.outlet_id == outlet_id, LegRow.leg.in_((Leg.PICKUP, Leg.DELIVERY)), *going)


def papers_to_check(stage: str) -> tuple[Segment, ...]:
    """Open legs to our hall in this `stage`: papers that wait for a clerk to check them."""
    return _legs(LegRow.stage == stage, LegRow.leg.in_((Leg.PICKUP, Leg.BACK)))


def _legs(*fits: Condition) -> tuple[Segment, ...]:
    return (Segment(where=(text(_LEG_OPEN), *fits), at=_LEG_TURN, id=LegRow.leg_id),)


_SHOWN_OF_A_STOP: Final = (
    *(LegRow.leg_id, LegRow.stage, LegRow.epoch, LegRow.outlet_id, LegRow.courier_id, LegRow.tracking_no),
    *(LegRow.planned_arrival_at, LegRow.deadline_at, LegRow.arrived_at, LegRow.contact, LegRow.changes, LegRow.halted),
)


def version_of_stops(session: Session) -> str:
    """A word that is another once a stop, or papers to check, have come, changed or gone (hex SHA-256)."""
    listed = or_(LegRow.leg.in_((Leg.PICKUP, Leg.DELIVERY)), LegRow.stage == ParcelStage.DELIVERED)
    rows = session.execute(select(*_SHOWN_OF_A_STOP).where(text(_LEG_OPEN), listed).order_by(LegRow.leg_id))
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


_NOT_EMPTY: Final = f"verdict <> '{EMPTY}'"

Index("ix_inbox_sender_id", InboxRow.sender, InboxRow.id)
Index("ix_command_partner_rendered", CommandRow.partner, CommandRow.rendered_at, CommandRow.key)
Index("ix_exchange_partner_id", ExchangeRow.partner, ExchangeRow.id)
partial_index("ix_exchange_said", ExchangeRow.partner, ExchangeRow.id, where=_NOT_EMPTY)


def inbox_list(partner: Partner) -> tuple[Segment, ...]:
    """Rows of the inbox of a network, latest first."""
    return (Segment(where=(InboxRow.sender == partner,), id=InboxRow.id, descending=True, numbered=True),)


def command_list(partner: Partner) -> tuple[Segment, ...]:
    """Commands to a network, latest rendered first."""
    ours = (CommandRow.partner == partner,)
    return (Segment(where=ours, at=CommandRow.rendered_at, id=CommandRow.key, descending=True),)


def exchange_list(partner: Partner, *, polls: bool) -> tuple[Segment, ...]:
    """Lines of the exchange log of a network, latest first; `polls`: with those that brought nothing."""
    said: Iterable[Condition] = () if polls else (text(_NOT_EMPTY),)
    return (Segment(where=(ExchangeRow.partner == partner, *said), id=ExchangeRow.id, descending=True, numbered=True),)
