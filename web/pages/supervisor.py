"""Those who watch (督办): what will be late and who can help, how the measures stand, where everybody is.

Who supervises a unit below the district sees what concerns his unit: tasks, claims, suspensions, looks at numbers.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from storage.cases.within import by_case_within
from storage.keyset import count_up_to, narrowed
from storage.parcels.claims import ClaimRow, open_claims
from storage.people.units import unit_of
from storage.people.users import LoggedIn
from storage.watching import clerk_queues, role_queues
from web.api import phones
from web.api.dashboard import figures
from web.api.measures import wanted_month
from web.foundation.context import Context, Ctx
from web.foundation.paging import COUNTED_TO
from web.pages.rendering import render, waited
from web.pages.visitors import DistrictSupervising, Supervising
from web.pages.work_lists import task_part
from web.views.district_map import district_map
from web.views.measures import measures, month_at, months_to, said
from web.views.promise_board import LABELS, Standing, promise_board
from web.views.quarter_figures import quarter
from web.views.quarter_preview import quarter_preview
from web.views.risks import counted, risks
from web.views.suspensions import outlets_of, suspensions_shown

router = APIRouter(include_in_schema=False)


@router.get("/supervisor")
def supervisor(
    request: Request, person: Supervising, ctx: Ctx, month: Annotated[str | None, Query(max_length=7)] = None
) -> HTMLResponse:
    """Today's risks by name, the five measures, tasks, queues, promises, the district; of a unit what concerns it."""
    if not person.reach.whole:
        return _of_a_unit(ctx, request, person)
    now, wanted = ctx.now(), wanted_month(ctx, month)
    with ctx.database.read_one_moment() as session:
        values: dict[str, Any] = {
            "risks": risks(session, ctx),
            "measures": measures(session, wanted, now),
            "figures": figures(session, now),
            "tasks": task_part(session, ctx, request, person),
            "roles": role_queues(session),
            "clerks": clerk_queues(session, now),
            "board": promise_board(session, now),
            "map": district_map(session, now),
            "views": phones.views_of(session, person),
            "claims": count_up_to(session, open_claims(), COUNTED_TO + 1),
            "suspensions": suspensions_shown(session, now),
            "outlets": outlets_of(session, person),
        }
    this = month_at(now)
    before = months_to(wanted, 2)[0]
    after = months_to(this, 1)[0] if wanted.start < this.start else None
    return render(
        ctx,
        "supervisor/today.html",
        person,
        **values,
        month=wanted,
        before=before,
        this_month=after,
        quarter=f"{wanted.start.year}Q{(wanted.start.month + 2) // 3}",
        standings=Standing,
        standing_labels=LABELS,
        counted=counted,
        said=said,
        since=waited,
        missed=sum(one.met is False for one in values["measures"]),
        in_danger=sum(row.counts[Standing.AT_RISK] for row in values["board"]),
        broken=sum(row.counts[Standing.BROKEN] for row in values["board"]),
        agreements=ctx.agreements.summary,
    )


def _of_a_unit(ctx: Context, request: Request, person: LoggedIn) -> HTMLResponse:
    with ctx.database.read() as session:
        claims = narrowed(open_claims(), by_case_within(person, ClaimRow.case_no))
        values: dict[str, Any] = {
            "tasks": task_part(session, ctx, request, person),
            "views": phones.views_of(session, person),
            "claims": count_up_to(session, claims, COUNTED_TO + 1),
            "suspensions": suspensions_shown(session, ctx.now()),
            "outlets": outlets_of(session, person),
            "unit": unit_of(session, person.reach.unit or ""),
        }
    return render(ctx, "supervisor/unit.html", person, **values, counted=counted)


@router.get("/supervisor/reports/{period}")
def quarter_page(period: str, person: DistrictSupervising, ctx: Ctx) -> HTMLResponse:
    """The quarter in the form of the reply, to be read, printed and taken away. Refused: 422 PERIOD."""
    wanted = quarter(period)
    with ctx.database.read_one_moment() as session:
        shown = quarter_preview(session, wanted, ctx.now())
    return render(ctx, "supervisor/quarter.html", person, report=shown)
