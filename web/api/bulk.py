"""One action on many cases (批量办理): each for itself; what cannot be done of one is said and stops no other."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import BadInput, Conflict
from domain.terms import Role
from storage.cases.applicant_messages import MessageRow
from storage.cases.rows import CaseRow, add_event, read_dossier
from storage.people.units import version_of_units
from storage.people.users import LoggedIn, UserRow
from web.answers.bulk import BulkDone
from web.api.cases import IdempotencyKey
from web.api.messages import Teller, send_again
from web.foundation.auditing import about
from web.foundation.context import Context, Ctx
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import RequestSchema
from web.security.objects import CASES, unknown_among
from web.views.cases import find_case

router = APIRouter(prefix="/api/v1", tags=["办件"])

MOST: Final = 200
CaseNo = Annotated[str, Field(min_length=1, max_length=21)]


class RemindRequest(RequestSchema):
    """`POST /cases:remind`. `reason`: why, kept with each message."""

    cases: list[CaseNo] = Field(min_length=1, max_length=MOST)
    reason: str = Field(min_length=2, max_length=200)


class Assigned(RequestSchema):
    """One case. `to`: the clerk who is to look after it; `seen`: who did when the page was read."""

    case_no: CaseNo
    to: str = Field(min_length=1, max_length=64)
    seen: str | None = Field(max_length=64)


class AssignRequest(RequestSchema):
    """`POST /cases:assign`."""

    rows: list[Assigned] = Field(min_length=1, max_length=MOST)


@router.post("/cases:remind", operation_id="remindCases", response_model=BulkDone)
def remind_cases(wanted: RemindRequest, person: Teller, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """Have the newest message of each case sent to its applicant once more; the same key again sends no further one.

    Per line: CASE_UNKNOWN, NO_MESSAGE, NO_CONSENT (a letter is printed instead), MESSAGE_HOLDS (not over yet).
    """

    def remind(session: Session, number: str) -> None:
        _remind(session, ctx, find_case(session, number), key, person, wanted.reason)

    return _each(ctx, person, dict.fromkeys(wanted.cases), remind)


@router.post("/cases:assign", operation_id="assignCases", response_model=BulkDone)
def assign_cases(wanted: AssignRequest, person: Teller, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """Give cases to another clerk to look after; nothing of the case's own course changes.

    Per line: CASE_UNKNOWN, CASE_CLOSED, MOVED (somebody else than `seen` has it by now), CLERK_UNKNOWN (nobody of the
    unit whose case it is). Refused: 422 TWICE.
    """
    rows = {row.case_no: row for row in wanted.rows}
    if len(rows) < len(wanted.rows):
        raise Unprocessable("同一办件只能选一次", code="TWICE", field="rows")

    def assign(session: Session, number: str) -> str | None:
        return _assign(session, ctx, rows[number], key, person)

    return _each(ctx, person, rows, assign)


def _each(
    ctx: Context, person: LoggedIn, numbers: dict[str, Any], act: Callable[[Session, str], str | None]
) -> dict[str, Any]:
    """Do it to each, in the order of their numbers, so that two who do it at once do not wait for each other.

    What is not his is not there.
    """
    lines: dict[str, dict[str, Any]] = {}
    with ctx.database.write() as session:
        unknown = unknown_among(session, person, numbers)
        for number in sorted(numbers):
            try:
                with session.begin_nested():
                    if number in unknown:
                        raise CASES.unknown()
                    lines[number] = _line(number, before=act(session, number))
                about(number)
            except BadInput as refusal:
                lines[number] = _line(number, refusal)
    ctx.notify()
    failed = sum(not line["ok"] for line in lines.values())
    return {"done": len(lines) - failed, "failed": failed, "lines": [lines[number] for number in numbers]}


def _line(number: str, refusal: BadInput | None = None, before: str | None = None) -> dict[str, Any]:
    return {
        "caseNo": number,
        "ok": refusal is None,
        "code": refusal.code if refusal else None,
        "detail": refusal.sentence if refusal else None,
        "before": before,
    }


def _remind(session: Session, ctx: Context, case: CaseRow, key: str, person: LoggedIn, reason: str) -> None:
    newest = select(MessageRow).filter_by(case_no=case.case_no).where(~MessageRow.key.endswith(f"/{key}"))
    row = session.scalar(newest.order_by(MessageRow.queued_at.desc(), MessageRow.key.desc()).limit(1))
    if row is None:
        raise Conflict("还没有给申请人发过提醒", code="NO_MESSAGE")
    if not read_dossier(case, ctx.sealer).consent.messages:
        raise Conflict("申请人没有同意短信，请打印信件", code="NO_CONSENT")
    send_again(session, row, key, now=ctx.now(), by=person.username, reason=reason)


def _may_keep(session: Session, ctx: Context, username: str, case: CaseRow) -> bool:
    """Whether somebody is a clerk whose unit covers that of the case."""
    to = session.get(UserRow, username)
    if to is None or not to.active or to.role != Role.CLERK:
        return False
    return case.unit_id in ctx.units.reach(session, to.unit_id, session.scalar(select(version_of_units()))).units


def _assign(session: Session, ctx: Context, wanted: Assigned, key: str, person: LoggedIn) -> str | None:
    case = find_case(session, wanted.case_no)
    session.refresh(case, with_for_update=True)
    before = case.keeper
    if case.closed_at is not None:
        raise Conflict("已经办结，不用转交", code="CASE_CLOSED")
    if before == wanted.to:
        return wanted.seen
    if before != wanted.seen:
        raise Conflict(f"刚刚已由 {before} 接手，没有改动", code="MOVED")
    if not _may_keep(session, ctx, wanted.to, case):
        raise Conflict("没有这位窗口人员", code="CLERK_UNKNOWN")
    case.keeper = wanted.to
    add_event(
        session,
        case_no=case.case_no,
        key=f"assigned/{key}",
        kind="ASSIGNED",
        at=ctx.now(),
        now=ctx.now(),
        actor=person.username,
        data={"from": before, "to": wanted.to},
    )
    return before
