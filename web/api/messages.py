"""`/cases/{case_no}/messages`: what the applicant was told, in which words; sent once more by a person."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.applicant_messages import SIGN, MessageKind, MessageState
from domain.applicant_messages import message_id as message_number
from domain.errors import Conflict, NotFound
from domain.terms import Role
from papers import render
from papers.letter import letter
from storage.cases.applicant_messages import MessageRow, enqueue
from storage.cases.rows import CaseRow, add_event, read_dossier, write_dossier
from storage.people.users import LoggedIn
from web.answers.messages import MessageCounts, MessageList, MessageShown
from web.api.cases import IdempotencyKey
from web.foundation.context import Context, Ctx
from web.foundation.request_schemas import RequestSchema
from web.security.session import CaseReader, DistrictOverseer, only
from web.views.cases import find_case
from web.views.erased import refuse_erased
from web.views.messages import counts_since, days_back, may_resend, message_shown, messages_of

router = APIRouter(prefix="/api/v1", tags=["提醒"])

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "PDF"}}
Teller = Annotated[LoggedIn, Depends(only(Role.CLERK, Role.SUPERVISOR))]


@router.get("/cases/{case_no}/messages", operation_id="listMessages", response_model=MessageList)
def messages(case_no: str, _reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """What the applicant was told, when, in which words and what became of it. Refused: 404 CASE_UNKNOWN."""
    with ctx.database.read() as session:
        return told(session, ctx, find_case(session, case_no))


def told(session: Session, ctx: Context, case: CaseRow) -> dict[str, Any]:
    """The answer of `GET /cases/{case_no}/messages`."""
    consent = read_dossier(case, ctx.sealer).consent.messages
    return {"consent": consent, "messages": messages_of(session, ctx, case)}


class ChoiceRequest(RequestSchema):
    """`POST …/messages/choice`. `messages`: whether the applicant wants short messages from now on."""

    messages: bool


@router.post("/cases/{case_no}/messages/choice", operation_id="chooseMessages", response_model=MessageList)
def choose_messages(case_no: str, chosen: ChoiceRequest, person: Teller, ctx: Ctx) -> dict[str, Any]:
    """The applicant has changed their mind about short messages; it holds for what is not sent yet.

    Refused: 404 CASE_UNKNOWN.
    """
    with ctx.database.write() as session:
        case = find_case(session, case_no)
        session.refresh(case, with_for_update=True)
        dossier = read_dossier(case, ctx.sealer)
        if dossier.consent.messages is not chosen.messages:
            consent = dossier.consent.model_copy(update={"messages": chosen.messages})
            write_dossier(case, ctx.sealer, dossier.model_copy(update={"consent": consent}))
            kind = "MESSAGES_WANTED" if chosen.messages else "MESSAGES_UNWANTED"
            at = ctx.now()
            key = f"{kind}/{at.isoformat()}"
            add_event(session, case_no=case_no, key=key, kind=kind, at=at, now=at, actor=person.username)
        return told(session, ctx, case)


@router.get("/cases/{case_no}/letter.pdf", operation_id="getLetter", response_class=Response, responses=_PDF)
def get_letter(case_no: str, person: Teller, ctx: Ctx) -> Response:
    """Everything that the applicant has to be told on paper, as one letter.

    Refused: 404 CASE_UNKNOWN, NO_LETTER; 410 PERSONAL_ERASED.
    """
    with ctx.database.read() as session:
        case = find_case(session, case_no)
        rows = [one for one in messages_of(session, ctx, case) if one["state"] == MessageState.LETTER]
        dossier = read_dossier(case, ctx.sealer)
        refuse_erased(dossier)
        name = dossier.applicant.name
    if not rows:
        raise NotFound("这个办件没有要打印的信件", code="NO_LETTER")
    words = tuple(dict.fromkeys(one["words"].removeprefix(SIGN) for one in rows))
    paper = letter(
        case_no=case_no, applicant=name, item=case.item_name, told=words, at=ctx.now(), clerk=person.username
    )
    headers = {"Content-Disposition": f'inline; filename="{case_no}-letter.pdf"', "Cache-Control": "no-store"}
    return Response(render(paper), media_type="application/pdf", headers=headers)


class ResendRequest(RequestSchema):
    """`POST …/resend`. `reason`: why, kept with the new message."""

    reason: str = Field(min_length=2, max_length=200)


@router.post(
    "/cases/{case_no}/messages/{message_id}/resend",
    status_code=201,
    operation_id="resendMessage",
    response_model=MessageShown,
)
def resend(
    case_no: str, message_id: str, wanted: ResendRequest, person: Teller, ctx: Ctx, key: IdempotencyKey
) -> dict[str, Any]:
    """Have a message sent once more, as a message of its own; the same key again sends no further one.

    Refused: 404 CASE_UNKNOWN, MESSAGE_UNKNOWN; 409 MESSAGE_HOLDS (not over, or it says nothing any more).
    """
    with ctx.database.write() as session:
        case = find_case(session, case_no)
        row = session.get(MessageRow, message_id)
        if row is None or row.case_no != case_no:
            raise NotFound("没有这条提醒", code="MESSAGE_UNKNOWN")
        again = send_again(session, row, key, now=ctx.now(), by=person.username, reason=wanted.reason)
        return message_shown(ctx, case, again)


def send_again(session: Session, row: MessageRow, key: str, *, now: datetime, by: str, reason: str) -> MessageRow:
    """Have what `row` says sent once more; the same key again sends no further one. Returns the new message.

    Raises:
        Conflict: it is not over, or says nothing any more (`MESSAGE_HOLDS`).
    """
    again = f"again/{row.id}/{key}"
    before = session.scalar(select(MessageRow).filter_by(case_no=row.case_no, key=again))
    if before is None and not may_resend(row):
        raise Conflict("这条提醒还在发送，或已过时，不能再发", code="MESSAGE_HOLDS")
    enqueue(
        session,
        case_no=row.case_no,
        key=again,
        kind=MessageKind(row.kind),
        now=now,
        values=row.said,
        handling_no=row.handling_no,
        leg_id=row.leg_id,
        asked_by=by,
        ask_reason=reason,
    )
    return session.get_one(MessageRow, message_number(row.case_no, again))


@router.get("/messages/counts", operation_id="countMessages", response_model=MessageCounts)
def message_counts(
    _overseer: DistrictOverseer, ctx: Ctx, days: Annotated[int, Query(ge=1, le=92)] = 7
) -> dict[str, Any]:
    """How many messages of each kind were queued on each of the last days, and where they stand."""
    with ctx.database.read() as session:
        return {"counts": counts_since(session, days_back(ctx.now(), days - 1))}
