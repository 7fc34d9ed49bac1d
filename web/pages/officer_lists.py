"""The officer's queue as a page shows it: by the law's deadlines, with what has just come beside the first page."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from storage.cases.faces import faces_of
from storage.cases.rows import HandlingRow
from storage.cases.within import handlings_within
from storage.keyset import AnyRow, Mark, Page, narrowed, read_page
from storage.officer_queue import QueueFilter, newest_list, officer_list
from storage.people.users import LoggedIn
from web.foundation.context import Context
from web.foundation.paging import Part, turned, with_newest
from web.views.handlings import WITH_ITEM, handling_shown
from web.views.officer_case import awaited

_SIZE: Final = 50
_NEWEST: Final = 10


def officer_part(session: Session, ctx: Context, request: Request, person: LoggedIn, wanted: QueueFilter) -> Part:
    """Handlings about which this officer may say something, as `wanted`; a page of 50."""
    theirs = handlings_within(person)
    segments = narrowed(officer_list(wanted, now=ctx.now()), theirs)

    def read(size: int, after: Mark | None) -> Page[dict[str, Any]]:
        page = read_page(session, WITH_ITEM, segments, size=size, after=after)
        return Page(rows=_lines(session, ctx, page.rows), next=page.next)

    def newest() -> Sequence[dict[str, Any]]:
        return _lines(session, ctx, read_page(session, WITH_ITEM, narrowed(newest_list(), theirs), size=_NEWEST).rows)

    part = turned(session, request, "handlings", segments, read, size=_SIZE)
    return part if wanted != QueueFilter() else with_newest(part, "handlingNo", newest)


def _lines(session: Session, ctx: Context, rows: Sequence[AnyRow]) -> list[dict[str, Any]]:
    names = faces_of(session, ctx.sealer, {row.HandlingRow.case_no for row in rows})
    with ctx.reference_data.one_calendar():
        shown = [(handling_shown(session, ctx, row), row.HandlingRow) for row in rows]
    return [
        line | {"who": names.get(handling.case_no, ""), "awaited": awaited(line, handling.wire_state)}
        for line, handling in shown
    ]


def following(session: Session, person: LoggedIn, handling_no: str) -> str | None:
    """The number of the most urgent other handling that this officer has or nobody; None: there is none."""
    for segment in narrowed(officer_list(undecided_only=True), handlings_within(person)):
        free = or_(HandlingRow.held_by.is_(None), HandlingRow.held_by == person.username)
        query = select(HandlingRow.handling_no).where(*segment.where, free, HandlingRow.handling_no != handling_no)
        found = session.scalar(query.where(text("proposal_id IS NULL")).order_by(*segment.order).limit(1))
        if found is not None:
            return found
    return None
