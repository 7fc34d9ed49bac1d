"""`/handlings`: the officer who decides in-city matters, through the same events as any authority (decisions.md 7)."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.joint_results import plans_in
from catalog.forms.model import MAX_FEN
from domain.errors import NotFound
from domain.inbound import EventPayload, InboundMessage, IntakeOutcome, ResultPaper
from domain.terms import CaseStatus, ResultForm, WireEvent
from domain.wire import MAY_FOLLOW, Verdict
from storage.cases.rows import CaseRow, HandlingRow, lock_handling
from storage.documents.uploads import bind
from storage.keyset import AnyRow, AnySelect, read_page
from storage.work_lists import officer_list
from web.answers.handlings import DecisionTaken, HandlingList
from web.api.material_files import check_file
from web.foundation.context import Ctx
from web.foundation.paging import After, mark_of, token_of
from web.foundation.problems import Unprocessable
from web.foundation.request_schemas import DecisionRequest, RequestSchema
from web.security.session import Officer
from web.views.joint import given_to
from web.views.sentences import REFUSED, Refused, refusal

router = APIRouter(prefix="/api/v1/handlings", tags=["审批"])


class ResultRequest(RequestSchema):
    """The result of an APPROVED. `sha256`: its electronic file, uploaded before. `amountFen`: where it is money."""

    name: str = Field(min_length=1, max_length=80)
    form: ResultForm
    document_no: str = Field(default="", max_length=80)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    amount_fen: int | None = Field(default=None, ge=0, le=MAX_FEN, strict=True)


class PayloadRequest(RequestSchema):
    """The payload of one event, members as in contracts.md A; which are needed depends on the event."""

    round: int | None = Field(default=None, ge=1, le=99)
    reason: str | None = Field(default=None, min_length=1, max_length=500)
    materials: list[str] = Field(default_factory=list, max_length=60)
    deadline_workdays: int | None = Field(default=None, ge=1, le=90)
    extended_workdays: int | None = Field(default=None, ge=1, le=90)
    procedure: str | None = Field(default=None, max_length=80)
    legal_basis: str | None = Field(default=None, max_length=200)
    result: ResultRequest | None = None
    tracking_no: str | None = Field(default=None, max_length=40)


_NEEDED = {
    WireEvent.NEED_SUPPLEMENT: ("reason", "materials", "deadline_workdays"),
    WireEvent.SUSPENDED: ("procedure", "reason"),
    WireEvent.APPROVED: ("result",),
    WireEvent.NOT_ACCEPTED: ("reason", "legal_basis"),
    WireEvent.REJECTED: ("reason", "legal_basis"),
}


@router.get("", operation_id="listHandlings", response_model=HandlingList)
def queue(
    _officer: Officer,
    ctx: Ctx,
    mine: bool = False,
    after: After = None,
    size: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """In-city handlings that wait for an officer, oldest first: the undecided, then what is to be dispatched.

    `mine`: undecided ones only. `next`: the page after this one. Refused: 422 CURSOR.
    """
    with ctx.database.read() as session:
        page = read_page(session, WITH_ITEM, officer_list(undecided_only=mine), size=size, after=mark_of(after))
        return {"handlings": [handling_shown(session, row) for row in page.rows], "next": token_of(page.next)}


WITH_ITEM: AnySelect = select(HandlingRow, CaseRow.item_name, CaseRow.start).join(CaseRow)


def handling_shown(session: Session, row: AnyRow) -> dict[str, Any]:
    """A row of `WITH_ITEM` as JSON; `next`: the events that may be said of it now."""
    handling: HandlingRow = row.HandlingRow
    truth = handling.progress
    plan = plans_in(row.start).get(handling.handling_no)
    return {
        "handlingNo": handling.handling_no,
        "caseNo": handling.case_no,
        "itemName": row.item_name,
        "step": plan.step if plan else None,
        "given": given_to(session, handling) if plan and plan.after else [],
        "region": handling.region,
        "status": handling.status,
        "statusLabel": CaseStatus(handling.status).label,
        "round": truth.round,
        "withdrawalAsked": truth.withdrawal_asked,
        "resultTravels": handling.result_travels or handling.originals_travel,
        "next": _next(handling),
    }


def _next(handling: HandlingRow) -> list[WireEvent]:
    """What may be said now: one notice of supplement, a withdrawal only if asked, a dispatch only of something."""
    truth = handling.progress
    ruled_out = {
        WireEvent.NEED_SUPPLEMENT: truth.round >= 1,
        WireEvent.WITHDRAWN: not truth.withdrawal_asked,
        WireEvent.RESULT_SENT: not (handling.result_travels or handling.originals_travel),
    }
    return [event for event in WireEvent if event in MAY_FOLLOW[truth.state] and not ruled_out.get(event, False)]


@router.post("/{handling_no}/decisions", status_code=202, operation_id="decideHandling", response_model=DecisionTaken)
def decide(
    handling_no: str,
    decision: DecisionRequest,
    officer: Officer,
    ctx: Ctx,
    key: Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)],
) -> dict[str, Any]:
    """One event about an in-city handling, said by its officer; it counts as an authority's of any network does.

    Again with the same key: no second effect. Refused: 404 HANDLING_UNKNOWN; 409 TRANSITION; 422 EVENT_UNKNOWN,
    INVALID, SUPPLEMENT_TWICE, DOCUMENT_UNKNOWN, IDEMPOTENCY_KEY_REUSED.
    """
    event, payload = _checked(decision)
    now = ctx.now()
    with ctx.database.write() as session:
        handling = lock_handling(session, handling_no)
        if handling is None or handling.partner is not None:
            raise NotFound("没有这个待审批的办理", code="HANDLING_UNKNOWN")
        if event is WireEvent.NEED_SUPPLEMENT:
            if handling.round >= 1:  # 行政许可法 §32: one notice lists everything
                raise Unprocessable(REFUSED[Refused.SUPPLEMENT_TWICE], code=Refused.SUPPLEMENT_TWICE, field="event")
            payload = payload.model_copy(update={"round": handling.round + 1})
        bind(session, handling.case_no, _result_file(session, payload, officer.username, now), now)
        message = InboundMessage(
            partner=None,
            message_id=f"{handling_no}-{key}",
            content=decision.model_dump_json().encode(),
            handling_no=handling_no,
            partner_no="",
            event_name=event,
            event=event,
            seq=None,
            occurred_at=now,
            actor_org=officer.username,
            payload=payload,
        )
        taken = ctx.inbox.take(session, message, raw=message.content, now=now)
    if taken.outcome is IntakeOutcome.CONFLICT:
        raise Unprocessable("同一个幂等键不能用于不同的内容", code="IDEMPOTENCY_KEY_REUSED")
    if taken.verdict in (Verdict.REFUSED, Verdict.CONTRADICTION):
        raise refusal(Refused.TRANSITION)
    ctx.notify()
    return {"handlingNo": handling_no, "event": event, "receivedAt": taken.received_at.isoformat()}


def _result_file(session: Session, payload: EventPayload, officer: str, now: datetime) -> list[str]:
    sha256 = payload.result.sha256 if payload.result is not None else None
    return check_file(session, sha256, "结果文件", "payload.result.sha256", uploader=officer, now=now)


def _checked(decision: DecisionRequest) -> tuple[WireEvent, EventPayload]:
    if decision.event not in WireEvent.__members__:
        raise Unprocessable("没有这个办理环节", code="EVENT_UNKNOWN", field="event")
    event = WireEvent(decision.event)
    try:
        shape = PayloadRequest.model_validate(decision.payload)
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Unprocessable("内容未填对，请检查", code="INVALID", field=f"payload.{field}") from error
    extends = event is WireEvent.REVIEWING and shape.extended_workdays is not None  # 行政许可法 §42: with the reason
    for field in ("reason",) if extends else _NEEDED.get(event, ()):
        if not getattr(shape, field):
            raise Unprocessable("请把内容填完整", code="INVALID", field=f"payload.{field}")
    values = shape.model_dump()
    values["result"] = ResultPaper(**shape.result.model_dump()) if shape.result else None
    values["materials"] = tuple(shape.materials)
    values["extended_workdays"] = shape.extended_workdays if extends else None
    return event, EventPayload(**values)
