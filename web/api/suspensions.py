"""`/suspensions`: service stopped in an area (暂停服务): declared, confirmed by a second person, ended, withdrawn.

Until when one person's word counts: logistics/suspension_limits.py; why: decision 60.
"""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.orm import Session

from domain.errors import Conflict, NotFound
from domain.terms import Role
from logistics.suspension_limits import (
    AHEAD,
    BACKDATED,
    LONGEST,
    SpokenAlone,
    SuspensionFault,
    alone_until,
    fault_of,
)
from parcels import outlets as book
from parcels.outlets import outlet_now, outlets_now
from storage.parcels.suspensions import SuspensionRow, lock_suspension, unconfirmed_by
from storage.people.users import LoggedIn, UserRow
from web.answers.suspensions import SuspensionList, SuspensionShown
from web.foundation.auditing import about
from web.foundation.context import Context, Ctx
from web.foundation.problems import Forbidden, Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.objects import check_outlet
from web.security.session import OutletKeeper, Supervisor, SuspensionReader
from web.views.suspensions import names_of, suspension_shown, suspensions_shown

router = APIRouter(prefix="/api/v1/suspensions", tags=["寄递"])

_SENTENCES = {
    SuspensionFault.BACKWARD: ("toAt", "结束时间要晚于开始时间"),
    SuspensionFault.BACKDATED: ("fromAt", f"开始时间最多早于现在 {BACKDATED.seconds // 60} 分钟"),
    SuspensionFault.TOO_FAR: ("fromAt", f"最多提前 {AHEAD.days} 天登记"),
    SuspensionFault.TOO_LONG: ("toAt", f"一次最多 {LONGEST.days} 天，到期前可以再登记"),
}


class SuspensionRequest(RequestSchema):
    """`POST /suspensions`. `outlet_id`: None for the whole district; times with a zone.

    `source_no`: number of the warning or notice it rests on (预警编号): without one there is no force majeure.
    """

    outlet_id: str | None = Field(default=None, max_length=32)
    from_at: datetime
    to_at: datetime
    reason: str = Field(min_length=1, max_length=200)
    source_no: str = Field(min_length=2, max_length=64, pattern=r"\S")


class EndRequest(RequestSchema):
    """`POST /suspensions/{id}:end` and `:withdraw`. `reason`: why, for whoever looks into it later."""

    reason: str = Field(min_length=1, max_length=200)


@router.get("", operation_id="listSuspensions", response_model=SuspensionList)
def suspensions(_reader: SuspensionReader, ctx: Ctx, over: bool = False) -> dict[str, Any]:
    """Suspensions that are not over, or with `over` the latest 200 that are."""
    with ctx.database.read() as session:
        return {"suspensions": suspensions_shown(session, ctx.now(), over=over)}


@router.post("", status_code=201, operation_id="suspendService", response_model=SuspensionShown)
def suspend(wanted: SuspensionRequest, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Declare a suspension of an outlet's area: the promise's clock stands still there meanwhile.

    One person's word stops one outlet for 24 hours within seven days; the rest, the whole district, and more than half
    of the outlets at once count when a second person has confirmed it. Refused: 403 SUSPENSION_DISTRICT, OTHER_OUTLET;
    404 OUTLET_UNKNOWN; 422 SUSPENSION, SUSPENSION_BACKDATED, SUSPENSION_AHEAD, SUSPENSION_LONG.
    """
    now = ctx.now()
    _check_times(wanted, now)
    with ctx.database.write() as session:
        _check_place(session, keeper, wanted.outlet_id)
        row = SuspensionRow(
            **wanted.model_dump(),
            declared_at=now,
            by=keeper.username,
            alone_until=_alone(session, keeper, wanted),
        )
        session.add(row)
        session.flush()
        return _told(session, ctx, row, "declared", subject=str(row.id))


def _check_times(wanted: SuspensionRequest, now: datetime) -> None:
    if wanted.from_at.tzinfo is None or wanted.to_at.tzinfo is None:
        raise Unprocessable("起止时间要带时区", code="SUSPENSION", field="toAt")
    fault = fault_of(wanted.from_at, wanted.to_at, now)
    if fault is not None:
        field, sentence = _SENTENCES[fault]
        raise Unprocessable(sentence, code=fault, field=field)


def _check_place(session: Session, keeper: LoggedIn, outlet_id: str | None) -> None:
    """Of one outlet its own people and who supervises it; of all outlets who supervises the post or the district."""
    if outlet_id is None:
        if keeper.role is not Role.SUPERVISOR or not keeper.reach.post:
            raise Forbidden("全区暂停由督办人员登记，网点只能登记本网点的暂停", code="SUSPENSION_DISTRICT")
        return
    outlet_now(session, outlet_id)
    check_outlet(keeper, outlet_id)


def _alone(session: Session, keeper: LoggedIn, wanted: SuspensionRequest) -> datetime:
    """Until when it counts by the keeper's word; his row is locked, so that two requests at once are added up."""
    session.get(UserRow, keeper.username, with_for_update=True)
    spoken = [
        SpokenAlone(outlet_id=row.outlet_id, start=row.from_at, end=row.counts_until)
        for row in unconfirmed_by(session, keeper.username, wanted.from_at, LONGEST + AHEAD)
        if row.outlet_id is not None
    ]
    return alone_until(wanted.outlet_id, wanted.from_at, wanted.to_at, spoken, len(outlets_now(session)))


@router.post("/{suspension_id}:confirm", operation_id="confirmSuspension", response_model=SuspensionShown)
def confirm(suspension_id: int, supervisor: Supervisor, ctx: Ctx) -> dict[str, Any]:
    """A second person agrees: from now on all of it counts. Again by the same one: no second effect.

    Refused: 403 SUSPENSION_DISTRICT, OTHER_OUTLET; 404 SUSPENSION_UNKNOWN; 409 SAME_PERSON, SUSPENSION_OVER,
    SUSPENSION_WHOLE (nothing of it waits).
    """
    now = ctx.now()
    with ctx.database.write() as session:
        row = _locked(session, suspension_id)
        _check_place(session, supervisor, row.outlet_id)
        if row.by == supervisor.username:
            raise Conflict("这项暂停是您自己登记的，须由另一名督办人员确认", code="SAME_PERSON")
        if row.confirmed_by == supervisor.username:
            return suspension_shown(row, names_of(session))
        _check_going_on(row, now)
        if not row.needs_second:
            raise Conflict("这项暂停已全部生效，不需要再确认", code="SUSPENSION_WHOLE")
        row.confirmed_by, row.confirmed_at = supervisor.username, now
        return _told(session, ctx, row, "confirmed")


@router.post("/{suspension_id}:end", operation_id="endSuspension", response_model=SuspensionShown)
def end(suspension_id: int, given: EndRequest, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """Service goes on now, before its time. Again by the same person: no second effect.

    Refused: 403 SUSPENSION_DISTRICT, OTHER_OUTLET; 404 SUSPENSION_UNKNOWN; 409 SUSPENSION_OVER.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        row = _locked(session, suspension_id)
        _check_place(session, keeper, row.outlet_id)
        if row.ended_by == keeper.username and not row.withdrawn:
            return suspension_shown(row, names_of(session))
        _check_going_on(row, now)
        row.ended_by, row.ended_at, row.end_reason = keeper.username, now, given.reason
        return _told(session, ctx, row, "ended")


@router.post("/{suspension_id}:withdraw", operation_id="withdrawSuspension", response_model=SuspensionShown)
def withdraw(suspension_id: int, given: EndRequest, keeper: OutletKeeper, ctx: Ctx) -> dict[str, Any]:
    """It had been declared wrongly: it excuses nothing from now on, and all who look later see that it was wrong.

    What it has excused by now stays on record, with the version of the promise that it had caused. Also of one that is
    over. Again: no second effect. Refused: 403 SUSPENSION_DISTRICT, OTHER_OUTLET; 404 SUSPENSION_UNKNOWN.
    """
    now = ctx.now()
    with ctx.database.write() as session:
        row = _locked(session, suspension_id)
        _check_place(session, keeper, row.outlet_id)
        if row.withdrawn:
            return suspension_shown(row, names_of(session))
        row.withdrawn, row.ended_by, row.end_reason = True, keeper.username, given.reason
        row.ended_at = row.ended_at or now
        return _told(session, ctx, row, "withdrawn")


def _locked(session: Session, suspension_id: int) -> SuspensionRow:
    row = lock_suspension(session, suspension_id)
    if row is None:
        raise NotFound("没有这项暂停", code="SUSPENSION_UNKNOWN")
    return row


def _check_going_on(row: SuspensionRow, now: datetime) -> None:
    if row.is_over(now):
        who = f"，由 {row.ended_by} 结束" if row.ended_by else ""
        raise Conflict(f"这项暂停已经结束{who}", code="SUSPENSION_OVER")


def _told(session: Session, ctx: Context, row: SuspensionRow, what: str, *, subject: str = "") -> dict[str, Any]:
    """Promises that run are judged again at once; who did it is on the audit trail."""
    if subject:
        about(subject)
    book.ask_for_dispatch(session, f"suspension-{row.id}-{what}", ctx.now())
    ctx.notify()
    return suspension_shown(row, names_of(session))
