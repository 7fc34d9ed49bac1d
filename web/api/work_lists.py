"""Work lists: an outlet's open stops as planned, the hall's papers to check, and word of each change."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Contact
from domain.terms import Datum, ParcelStage
from domain.units import HALL
from logistics.masking import mask_name
from parcels.outlets import outlet_now
from storage.cases.within import bags_within, legs_within
from storage.keyset import Segment, narrowed, read_page
from storage.parcels.code_checks import asks_code
from storage.parcels.legs import LegRow
from storage.work_lists import papers_to_check, stops_of
from web.answers.outlets import WorkList, WorkVersionShown
from web.foundation.context import Context, Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.work_version import LOOK_S
from web.security.session import Post, PostDevice
from web.views.bags import coming_to, to_bag
from web.views.leg_changes import to_tell, window_of

router = APIRouter(prefix="/api/v1", tags=["寄递"])


@router.get("/outlets/{outlet_id}/worklist", operation_id="getWorklist", response_model=WorkList)
def worklist(
    outlet_id: str,
    person: PostDevice,
    ctx: Ctx,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 500,
) -> dict[str, Any]:
    """Open stops of an outlet's couriers as planned, or at `hall` the papers that wait to be checked.

    A courier sees his own stops alone, a window the papers of its unit's cases. `next`: the page after this one.
    Refused: 403 OTHER_OUTLET, OTHER_HALL; 404 OUTLET_UNKNOWN; 422 CURSOR.
    """
    with ctx.database.read() as session:
        theirs = legs_within(person)
        listed = narrowed(jobs_of(session, outlet_id, ctx.now()), theirs)
        page = read_page(session, select(LegRow), listed, size=size, after=mark_of(after))
        jobs = [job_shown(ctx, row.LegRow) for row in page.rows]
        first = after is None
        coming = coming_to(session, outlet_id, bags_within(person)) if first else []
        going = to_bag(session, outlet_id, theirs) if first else []
        changes = to_tell(session, outlet_id, ctx.now(), person.courier_id) if first else []
    return {
        "outletId": outlet_id,
        "serverTime": ctx.now().isoformat(),
        "timeScale": ctx.settings.time_scale,
        "jobs": jobs,
        "next": token_of(page.next),
        "bags": coming,
        "toBag": going,
        "changes": changes,
    }


@router.get("/worklists/changes", operation_id="awaitWorkListChange", response_model=WorkVersionShown)
async def await_change(
    request: Request,
    _post: Post,
    ctx: Ctx,
    known: Annotated[str, Query(max_length=64, description="the `version` of the last answer")] = "",
    wait: Annotated[int, Query(ge=0, le=25, description="seconds to wait for another one")] = 0,
) -> dict[str, str]:
    """Answered as soon as any work list is no longer as in the version that is `known`, at the latest after `wait`.

    So a device hears of a new stop within half a second, and asks for its list only then (long poll).
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        version = await asyncio.to_thread(ctx.work_version)
        if version != known or loop.time() >= until or await _is_over(request):
            return {"version": version}
        await asyncio.sleep(LOOK_S)


async def _is_over(request: Request) -> bool:
    """Nobody listens any more, or this process is to end."""
    return bool(request.app.state.is_stopping()) or await request.is_disconnected()


def jobs_of(session: Session, outlet_id: str, now: datetime) -> tuple[Segment, ...]:
    """The segments of an outlet's work list, or of the hall's (`HALL`).

    Raises:
        NotFound: no such outlet (`OUTLET_UNKNOWN`).
    """
    if outlet_id == HALL:
        return papers_to_check(ParcelStage.DELIVERED)
    outlet_now(session, outlet_id)
    return stops_of(outlet_id, now)


def job_shown(ctx: Context, leg: LegRow) -> dict[str, Any]:
    """A stop as the courier sees it, as JSON: the address in full, the person masked."""
    contact = contact_of(ctx, leg)
    return {
        "legId": leg.leg_id,
        "leg": leg.leg,
        "caseNo": leg.case_no,
        "trackingNo": leg.tracking_no,
        "epoch": leg.epoch,
        "stage": leg.stage,
        "courierId": leg.courier_id,
        "orderedAt": leg.ordered_at.isoformat(),
        "plannedArrivalAt": leg.planned_arrival_at.isoformat() if leg.planned_arrival_at else None,
        "deadlineAt": leg.deadline_at.isoformat() if leg.deadline_at else None,
        "arrived": leg.arrived_at is not None,
        "window": window_of(leg, ctx.now()),
        "address": {
            "text": contact.address if contact else None,
            "lat": leg.lat,
            "lon": leg.lon,
            "datum": Datum.WGS84,
        },
        "contact": {
            "nameMasked": mask_name(contact.contact_name) if contact else None,
            "phoneTail": contact.contact_phone[-4:] if contact else None,
        },
        "papers": leg.manifest,
        "sealNo": leg.seal_no,
        "signSelf": leg.sign_self,
        "asksCode": asks_code(leg),
    }


def contact_of(ctx: Context, leg: LegRow) -> Contact | None:
    """Whom to ask for and where, opened; None for a leg that has no door of its own."""
    if leg.contact is None:
        return None
    return Contact.model_validate_json(ctx.sealer.open(leg.contact, f"leg/{leg.leg_id}"))
