"""The lists on people's pages: one page of each at a time, with what has just come beside the first."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.naming import case_workflow_id, delivery_workflow_id
from domain.tasks import TaskKind
from domain.terms import Partner, Role
from storage.cases.case_list import read_cases
from storage.cases.within import tasks_within
from storage.keyset import Mark, Page, Segment, narrowed, read_page
from storage.parcels.legs import LegRow
from storage.people.users import LoggedIn
from storage.tasks.rows import TaskRow
from storage.work_lists import TaskOrder, task_list
from web.api.partners import exchange_segments, exchanged
from web.api.tasks import owned_by
from web.api.work_lists import contact_of
from web.foundation.context import Context
from web.foundation.paging import Part, turned, with_newest
from web.views.cases import brief
from web.views.tasks import shown_tasks

_SIZE: Final = 50
_NEWEST: Final = 10


def task_part(
    session: Session,
    ctx: Context,
    request: Request,
    person: LoggedIn,
    *,
    case_no: str | None = None,
    kind: TaskKind | None = None,
) -> Part:
    """Open tasks that this person sees, what is due first; whether they may act is in `mine`."""
    segments = _open(person, TaskOrder.DUE, case_no, kind)

    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_page(session, select(TaskRow), segments, size=size, after=after)
        return Page(rows=_acted_on(session, ctx, person, [row.TaskRow for row in page.rows]), next=page.next)

    def newest() -> Sequence[dict[str, Any]]:
        page = read_page(session, select(TaskRow), _open(person, TaskOrder.NEW, case_no, kind), size=_NEWEST)
        return _acted_on(session, ctx, person, [row.TaskRow for row in page.rows])

    return with_newest(turned(session, request, "tasks", segments, read, size=_SIZE), "id", newest)


def case_part(session: Session, request: Request, segments: tuple[Segment, ...]) -> Part:
    """Cases in the order of `segments`; a page of 50."""

    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_cases(session, segments, size=size, after=after)
        return Page(rows=[brief(line) for line in page.rows], next=page.next)

    return turned(session, request, "cases", segments, read, size=_SIZE)


def exchange_part(session: Session, request: Request, partner: Partner, name: str) -> Part:
    """One of `web.api.partners.EXCHANGED` for a network, latest first; a page of 50."""

    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        return exchanged(session, partner, name, size, after)

    return turned(session, request, name, exchange_segments(partner, name), read, size=_SIZE)


def _open(person: LoggedIn, order: TaskOrder, case_no: str | None, kind: TaskKind | None) -> tuple[Segment, ...]:
    return narrowed(task_list(order, owner=owned_by(person), case_no=case_no, kind=kind), tasks_within(person))


def _acted_on(session: Session, ctx: Context, person: LoggedIn, rows: Sequence[TaskRow]) -> list[dict[str, Any]]:
    addresses = _addresses(session, ctx, rows)
    return [
        task
        | {"mine": person.role in (task["owner"], Role.SUPERVISOR), "address": addresses.get(task["id"])}
        | {"workflow": _workflow(ctx, task) if person.role is Role.OPERATOR else None}
        for task in shown_tasks(session, ctx, person, rows)
    ]


def _workflow(ctx: Context, task: dict[str, Any]) -> str | None:
    """Where an operator sees what a task is about, without the case; None where only the cluster's operator knows."""
    pages, leg_id, case_no = ctx.settings.temporal_ui_url, task["legId"], task["caseNo"]
    named = delivery_workflow_id(leg_id) if leg_id else case_workflow_id(case_no) if case_no else None
    if not pages or named is None:
        return None
    return f"{pages}/namespaces/{ctx.settings.temporal_namespace}/workflows/{named}"


def _addresses(session: Session, ctx: Context, rows: Sequence[TaskRow]) -> dict[str, str]:
    """Addresses that nobody could find on the map: who places them has to read them."""
    asked = {row.leg_id: row.id for row in rows if row.kind == TaskKind.PLACE_ADDRESS and row.leg_id is not None}
    if not asked:
        return {}
    legs = session.scalars(select(LegRow).where(LegRow.leg_id.in_(asked)))
    found = {asked[leg.leg_id]: contact_of(ctx, leg) for leg in legs}
    return {task_id: contact.address for task_id, contact in found.items() if contact is not None}
