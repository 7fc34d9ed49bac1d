"""Numbers to dial (拨打电话): shown to who calls in a matter of theirs, and each time written down."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.dossier import Dossier
from domain.errors import Conflict, NotFound
from domain.phone_views import OF_A_CASE, OF_A_STOP, Whose
from domain.terms import Leg, Role
from logistics.masking import mask_name
from storage.cases.phone_views import PhoneViewRow
from storage.cases.rows import read_dossier
from storage.cases.within import by_case_within
from storage.people.users import LoggedIn
from web.answers.messages import PhoneShown, PhoneViewList
from web.api.parcels import leg_of
from web.api.work_lists import contact_of
from web.foundation.context import Context, Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import Overseer, only
from web.security.unmasking import looking
from web.views.cases import find_case
from web.views.erased import refuse_erased

router = APIRouter(prefix="/api/v1", tags=["提醒"])

CaseCaller = Annotated[LoggedIn, Depends(only(*OF_A_CASE))]
StopCaller = Annotated[LoggedIn, Depends(only(*OF_A_STOP))]
_OVERSEERS = (Role.SUPERVISOR, Role.AUDITOR)
"""Who reads who has seen a number."""

_WHOSE = {Leg.PICKUP: Whose.PICKUP, Leg.DELIVERY: Whose.DELIVERY}
_A_PAGE, _LAST = 50, 10


class StopCallRequest(RequestSchema):
    """`POST /parcels/{tracking_no}/phone`. `reason`: why somebody has to be called."""

    reason: str = Field(min_length=2, max_length=200)


class CallRequest(StopCallRequest):
    """`POST /cases/{case_no}/phone`."""

    whose: Whose = Whose.APPLICANT


@router.post("/cases/{case_no}/phone", operation_id="showPhone", response_model=PhoneShown)
def show_phone(case_no: str, wanted: CallRequest, person: CaseCaller, ctx: Ctx, response: Response) -> dict[str, Any]:
    """The number of the applicant, the agent or who is named at a door; who saw it and why is written down.

    Refused: 404 CASE_UNKNOWN, PHONE_UNKNOWN; 410 PERSONAL_ERASED; 429 UNMASK_LIMIT.
    """
    with looking(ctx, person) as session:
        dossier = read_dossier(find_case(session, case_no), ctx.sealer)
        refuse_erased(dossier)
        found = _named(dossier, wanted.whose)
        if found is None:
            raise NotFound("这个办件没有这位联系人", code="PHONE_UNKNOWN")
        _note(session, ctx, person, case_no, wanted.whose, wanted.reason)
    return _shown(response, wanted.whose, *found)


@router.post("/parcels/{tracking_no}/phone", operation_id="showPhoneAtDoor", response_model=PhoneShown)
def show_phone_at_door(
    tracking_no: str, wanted: StopCallRequest, person: StopCaller, ctx: Ctx, response: Response
) -> dict[str, Any]:
    """The number of who is named at the door of a parcel that is under way; who saw it and why is written down.

    Refused: 404 PARCEL_UNKNOWN, PHONE_UNKNOWN (no door); 409 LEG_OVER; 429 UNMASK_LIMIT.
    """
    with looking(ctx, person) as session:
        leg = leg_of(session, tracking_no)
        contact = contact_of(ctx, leg)
        whose = _WHOSE.get(Leg(leg.leg))
        if contact is None or whose is None:
            raise NotFound("这件邮件没有上门联系人", code="PHONE_UNKNOWN")
        if leg.ended_at is not None:
            raise Conflict("这段寄递已结束，不能再查看电话", code="LEG_OVER")
        _note(session, ctx, person, leg.case_no, whose, wanted.reason, leg.leg_id)
    return _shown(response, whose, contact.contact_name, contact.contact_phone)


@router.get("/phone-views", operation_id="listPhoneViews", response_model=PhoneViewList)
def phone_views(
    overseer: Overseer,
    ctx: Ctx,
    case_no: Annotated[str | None, Query(alias="caseNo", max_length=21)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> dict[str, Any]:
    """Who was shown whose number, when, about which case and why; the newest first."""
    theirs = by_case_within(overseer, PhoneViewRow.case_no)
    wanted = select(PhoneViewRow).where(*theirs).order_by(PhoneViewRow.id.desc()).limit(_A_PAGE + 1)
    if case_no is not None:
        wanted = wanted.filter_by(case_no=case_no)
    if before is not None:
        wanted = wanted.where(PhoneViewRow.id < before)
    with ctx.database.read() as session:
        rows = list(session.scalars(wanted))
    page = rows[:_A_PAGE]
    return {"views": [view_shown(row) for row in page], "next": page[-1].id if len(rows) > _A_PAGE else None}


def views_of(session: Session, person: LoggedIn, case_no: str | None = None) -> list[dict[str, Any]]:
    """Who was last shown a number, of a case or of all, the newest first; nothing for who does not oversee it."""
    if person.role not in _OVERSEERS:
        return []
    theirs = by_case_within(person, PhoneViewRow.case_no)
    wanted = select(PhoneViewRow).where(*theirs).order_by(PhoneViewRow.id.desc()).limit(_A_PAGE if case_no else _LAST)
    wanted = wanted.filter_by(case_no=case_no) if case_no is not None else wanted
    return [view_shown(row) for row in session.scalars(wanted)]


def view_shown(row: PhoneViewRow) -> dict[str, Any]:
    """One look at a number, as JSON."""
    return {
        "caseNo": row.case_no,
        "legId": row.leg_id,
        "whose": row.whose,
        "label": Whose(row.whose).label,
        "by": row.by,
        "role": row.role,
        "reason": row.reason,
        "at": row.at.isoformat(),
    }


def _named(dossier: Dossier, whose: Whose) -> tuple[str, str] | None:
    """Name and number; None where the case has nobody of this kind."""
    person = {Whose.APPLICANT: dossier.applicant, Whose.AGENT: dossier.agent}.get(whose)
    if person is not None:
        return person.name, person.phone
    door = {Whose.PICKUP: dossier.pickup, Whose.DELIVERY: dossier.delivery}.get(whose)
    return (door.contact_name, door.contact_phone) if door is not None else None


def _note(
    session: Session,
    ctx: Context,
    person: LoggedIn,
    case_no: str,
    whose: Whose,
    reason: str,
    leg_id: str | None = None,
) -> None:
    """Written before the number leaves: no answer without its line."""
    session.add(
        PhoneViewRow(
            case_no=case_no,
            leg_id=leg_id,
            whose=whose,
            by=person.username,
            role=person.role,
            reason=reason,
            at=ctx.now(),
        )
    )


def _shown(response: Response, whose: Whose, name: str, phone: str) -> dict[str, Any]:
    response.headers["Cache-Control"] = "no-store"
    return {"whose": whose, "label": whose.label, "name": mask_name(name), "phone": phone}
