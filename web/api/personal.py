"""A person's rights about the data of a case: a copy, a consent withdrawn; and what holds their erasing."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from domain.errors import Conflict
from domain.personal import Consented, ExportReason, HoldKind, RequestKind
from domain.terms import Role
from logistics.service_calendar import CHINA
from storage.cases.rows import CaseRow, read_dossier
from storage.people.users import LoggedIn
from storage.personal.holds import hold_of, lift_hold, set_hold
from storage.personal.person_requests import PersonRequestRow
from web.answers.bodies import file_of
from web.answers.personal import ConsentWithdrawn, HoldShown
from web.foundation.context import Context, Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import Supervisor, only
from web.views.cases import find_case
from web.views.consents import withdraw_consent
from web.views.erased import refuse_erased
from web.views.personal_data import Made, as_archive, personal_data

router = APIRouter(prefix="/api/v1/cases", tags=["个人信息"])

Window = Annotated[LoggedIn, Depends(only(Role.CLERK))]
_ZIP: dict[int | str, dict[str, Any]] = {200: {"description": "zip", **file_of("application/zip")}}


@router.get("/{case_no}/personal-data", operation_id="exportPersonalData", response_class=Response, responses=_ZIP)
def personal_data_of(
    case_no: str, clerk: Window, ctx: Ctx, reason: Annotated[ExportReason, Query()] = ExportReason.SUBJECT
) -> Response:
    """A copy of what is held of the applicant, who got it and until when (PIPL 45), for the applicant at the window.

    Each copy is written down. Refused: 404 CASE_UNKNOWN; 410 PERSONAL_ERASED.
    """
    with ctx.database.write() as session:
        case = find_case(session, case_no)
        made = Made(clerk.username, ctx.now(), masked=False)
        archive = copy_of(session, ctx, case, made, channel="window", by=clerk.username, reason=reason)
    return archive_answer(case_no, archive)


def copy_of(
    session: Session, ctx: Context, case: CaseRow, made: Made, *, channel: str, by: str, reason: str = ""
) -> bytes:
    """The copy as a zip, written down in the caller's transaction. Raises Gone where there is nothing any more."""
    dossier = read_dossier(case, ctx.sealer)
    refuse_erased(dossier)
    archive = as_archive(personal_data(session, ctx, case, made), made)
    version = dossier.consent.version[:32]
    session.add(
        PersonRequestRow(
            case_no=case.case_no,
            kind=RequestKind.EXPORT,
            what="zip",
            reason=reason,
            channel=channel,
            by=by,
            text_version=version,
            at=made.at,
        )
    )
    return archive


def archive_answer(case_no: str, archive: bytes) -> Response:
    """The zip as a file to be saved."""
    headers = {
        "Content-Disposition": f'attachment; filename="{case_no}-personal-data.zip"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(archive, media_type="application/zip", headers=headers)


class WithdrawConsentRequest(RequestSchema):
    """`about`: what the consent was given for."""

    about: Consented


@router.post("/{case_no}/consent/withdraw", operation_id="withdrawConsent", response_model=ConsentWithdrawn)
def withdraw(case_no: str, wanted: WithdrawConsentRequest, clerk: Window, ctx: Ctx) -> dict[str, Any]:
    """The applicant withdraws a consent at the window; again without effect. Refused: 404 CASE_UNKNOWN; 410.

    Visits that nobody has begun are called off with that for doors.
    """
    with ctx.database.write() as session:
        found = withdraw_consent(session, ctx, case_no, wanted.about, channel="window", by=clerk.username)
    ctx.notify()
    return {"caseNo": case_no, "withdrawn": sorted(found.withdrawn), "sentence": found.said}


class HoldRequest(RequestSchema):
    """`kind` null: what holds it is lifted. `until`: the last day, null: until it is lifted."""

    kind: HoldKind | None
    until: date | None = None


@router.post("/{case_no}/retention-hold", operation_id="holdPersonalData", response_model=HoldShown)
def hold(case_no: str, wanted: HoldRequest, supervisor: Supervisor, ctx: Ctx) -> dict[str, Any]:
    """Hold the erasing of a case's personal data while something about it is open, or lift the hold.

    Refused: 404 CASE_UNKNOWN; 409 HOLD_OVER, the day is past.
    """
    ends = datetime.combine(wanted.until + timedelta(days=1), time(), CHINA) if wanted.until is not None else None
    if ends is not None and ends <= ctx.now():
        raise Conflict("暂缓到的日期已经过去", code="HOLD_OVER", field="until")
    with ctx.database.write() as session:
        find_case(session, case_no)
        if wanted.kind is None:
            lift_hold(session, case_no, supervisor.username, ctx.now())
        else:
            set_hold(session, case_no, wanted.kind, supervisor.username, ctx.now(), ends)
        row = hold_of(session, case_no, ctx.now())
    kind = HoldKind(row.kind) if row is not None else None
    return {
        "caseNo": case_no,
        "kind": kind,
        "label": kind.label if kind is not None else "不暂缓",
        "until": row.until.isoformat() if row is not None and row.until is not None else None,
        "setBy": row.set_by if row is not None else None,
    }
