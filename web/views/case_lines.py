"""Cases as lines of a list (办件列表): who, what, where, where it stands, who has it, by when; no dossier is opened."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clocks import days_left
from catalog.regions import find as find_region
from domain.messages import Responsible
from domain.terms import Role
from storage.cases.case_list import CaseLine
from storage.cases.faces import faces_of
from storage.cases.rows import HandlingRow
from web.foundation.context import Context
from web.views.cases import brief
from web.views.wording import RESPONSIBLE, ROLES


def lines_shown(session: Session, ctx: Context, lines: Sequence[CaseLine]) -> list[dict[str, Any]]:
    """The lines as JSON, in their order; three statements, however many there are."""
    numbers = [line.case_no for line in lines]
    faces, places = faces_of(session, ctx.sealer, numbers), _places(session, numbers)
    with ctx.reference_data.one_calendar():
        return [
            brief(line)
            | {
                "who": faces.get(line.case_no, ""),
                "where": _where(places.get(line.case_no, [])),
                "holder": _holder(line),
                "keeper": line.keeper,
                "workdaysLeft": _workdays_left(ctx, line),
            }
            for line in lines
        ]


def place_name(code: str) -> str:
    """成都市锦江区: a county with what it belongs to, without the province where a city comes between."""
    region = find_region(code)
    if region is None:
        return code
    city = find_region(f"{code[:4]}00")
    return f"{city.name}{region.name}" if city is not None and city.code != code else region.full_name


def _places(session: Session, numbers: Collection[str]) -> dict[str, list[str]]:
    """Case number → the regions of its handlings, in their order."""
    found: dict[str, list[str]] = defaultdict(list)
    if numbers:
        rows = select(HandlingRow.case_no, HandlingRow.region).where(HandlingRow.case_no.in_(numbers))
        for case_no, region in session.execute(rows.order_by(HandlingRow.place)):
            found[case_no].append(region)
    return found


def _where(regions: Sequence[str]) -> str:
    if not regions:
        return ""
    first = place_name(regions[0])
    return first if len(regions) == 1 else f"{first}等 {len(regions)} 地"


def _holder(line: CaseLine) -> str:
    """Who must act now; the clerk who looks after it where no clock says anybody else."""
    if line.closed_at is not None:
        return ""
    if line.on_hold:
        return ROLES[Role.SUPERVISOR]
    if line.awaits is not None and line.awaits != Responsible.WINDOW:
        return RESPONSIBLE[Responsible(line.awaits)]
    return f"窗口 {line.keeper}" if line.keeper else RESPONSIBLE[Responsible.WINDOW]


def _workdays_left(ctx: Context, line: CaseLine) -> int | None:
    """None where business time runs faster, or nothing runs."""
    if line.due_at is None or line.closed_at is not None or line.time_scale != 1:
        return None
    return days_left(line.due_at, ctx.now(), ctx.calendar)
