"""Changes of a visit (上门变更): what may be changed and what would follow, and the change, by clerk or applicant."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header
from sqlalchemy.orm import Session

from activities.courier_dispatch import lock_dispatch
from activities.door_promises import appointment_of
from domain.errors import NotFound
from domain.leg_changes import APPLICANT, ChangeKind
from logistics.change_wording import CHANGES, done_sentence
from logistics.geo import Point
from logistics.leg_changes import WantedChange
from storage.idempotency import first_answer, keep_answer
from storage.parcels.leg_changes import last_change
from storage.parcels.legs import LegRow, lock_leg
from web.answers.leg_changes import LegChanged, LegChangesShown
from web.foundation.context import Context, Ctx
from web.foundation.problems import Overtaken, Unprocessable
from web.foundation.request_schemas import LegChangeRequest
from web.security.session import Clerk
from web.views.leg_changes import change_shown, changes_shown, desk_of
from web.views.legs import promised
from web.views.spoken_times import iso

router = APIRouter(prefix="/api/v1/cases", tags=["寄递"])

_PATH: Final = "/{case_no}/legs/{leg_id}/changes"
_NEEDED: Final = {
    ChangeKind.ADDRESS: (("address", "请填写新的地址"),),
    ChangeKind.WINDOW: (("windowFrom", "请选择上门时段"),),
    ChangeKind.CONTACT: (("contactName", "请填写联系人"), ("contactPhone", "请填写联系电话")),
    ChangeKind.CANCEL: (),
}


@router.get(_PATH, operation_id="getLegChanges", response_model=LegChangesShown)
def leg_changes(case_no: str, leg_id: str, _clerk: Clerk, ctx: Ctx) -> dict[str, Any]:
    """What may be changed about a visit now, what would follow from each, and what was changed before.

    Refused: 404 LEG_UNKNOWN.
    """
    with ctx.database.read() as session:
        leg = session.get(LegRow, leg_id)
        return changes_shown(session, ctx, _own(leg, case_no))


@router.post(_PATH, operation_id="changeLeg", response_model=LegChanged)
def change_leg(
    case_no: str,
    leg_id: str,
    wanted: LegChangeRequest,
    clerk: Clerk,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """Change one thing about a visit: planned again at once, promised anew from now on, told to who was to go.

    Refused: 404 LEG_UNKNOWN; 409 LEG_CHANGED (another change came between, with both values), LEG_OVER, NO_VISIT,
    NOBODY_COMES, VISIT_CANCELLED, WITHDRAWAL_PENDING, PAPERS_HELD, AT_THE_DOOR; 422 WINDOW, POINT, UNCHANGED,
    IDEMPOTENCY_KEY_REUSED, or INVALID with the member that lacks.
    """
    with ctx.database.write() as session:
        answer = changed(session, ctx, (case_no, leg_id), wanted, clerk.username, key)
    ctx.notify()
    return answer


def changed(
    session: Session, ctx: Context, whose: tuple[str, str], wanted: LegChangeRequest, by: str, key: str
) -> dict[str, Any]:
    """The change in the caller's transaction, once per key; what `change_leg` answers. `whose`: case number and leg id.

    Raises:
        BadInput: as the route says.
    """
    case_no, leg_id = whose
    actor = f"{APPLICANT}/{case_no}" if by == APPLICANT else by
    body = f"{case_no}/{leg_id}/{wanted.model_dump_json()}".encode()
    answer = first_answer(session, actor, key, body)
    if answer is not None:
        return answer
    asked = _asked(wanted)
    lock_dispatch(session)
    leg = _own(lock_leg(session, leg_id), case_no)
    if wanted.version != leg.changes:
        raise _overtaken(session, ctx, leg, by)
    row = desk_of(ctx).change(session, leg, asked, by)
    answer = {
        "caseNo": case_no,
        "legId": leg_id,
        "version": row.version,
        "kind": asked.kind,
        "sentence": done_sentence(asked.kind, promised(leg, ctx.now()), appointment_of(leg), ctx.now()),
        "deadlineAt": iso(row.promised_after),
    }
    keep_answer(session, actor, key, body, answer, ctx.now())
    return answer


def _own(leg: LegRow | None, case_no: str) -> LegRow:
    if leg is None or leg.case_no != case_no:
        raise NotFound("没有这段寄递", code="LEG_UNKNOWN")
    return leg


def _asked(wanted: LegChangeRequest) -> WantedChange:
    given = wanted.model_dump(by_alias=True)
    for member, sentence in _NEEDED[wanted.kind]:
        if given[member] is None:
            raise Unprocessable(sentence, code="INVALID", field=member)
    if (wanted.lat is None) != (wanted.lon is None):
        raise Unprocessable("请同时填写纬度和经度，或者都不填", code="POINT", field="lat")
    point = None
    if wanted.lat is not None and wanted.lon is not None:
        point = Point(lat=wanted.lat, lon=wanted.lon, datum=wanted.datum)
    return WantedChange(
        kind=wanted.kind,
        address=wanted.address,
        point=point,
        window_start=wanted.window_from,
        contact_name=wanted.contact_name,
        contact_phone=wanted.contact_phone,
    )


def _overtaken(session: Session, ctx: Context, leg: LegRow, by: str) -> Overtaken:
    """What has come between, so that both values can be seen; an applicant is told of the window, not of a login."""
    row = last_change(session, leg.leg_id)
    if row is None:
        return Overtaken("这次上门的安排有变化，请看过再改", code="LEG_CHANGED", by="系统", at=None, what="", why=None)
    theirs = change_shown(desk_of(ctx), row, ctx.now())
    who = "申请人" if row.by == APPLICANT else "窗口" if by == APPLICANT else row.by
    return Overtaken(
        "这次上门刚有人改过，请看过再改",
        code="LEG_CHANGED",
        by="您" if row.by == by == APPLICANT else who,
        at=theirs["at"],
        what=CHANGES[ChangeKind(row.kind)],
        why=theirs["after"],
    )
