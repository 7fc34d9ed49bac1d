"""`/cases`: the clerk's start, the work list, one case, its history, live; supplements, withdrawal, rating."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from catalog.model import ItemSnapshot
from domain.case import Action, may
from domain.dossier import DossierMaterial, SupplementBrought
from domain.errors import NotFound
from domain.messages import SupplementGiven, WithdrawalAsked
from domain.naming import case_workflow_id
from domain.terms import CaseStatus, Provided, Scheme
from domain.wire import may_supplement
from storage.cases import (
    CaseRow,
    HandlingRow,
    add_event,
    handlings_of,
    lock_handling,
    read_dossier,
    write_dossier,
)
from storage.idempotency import first_answer, keep_answer
from storage.people import LoggedIn
from storage.updates import queue_update
from web.agents import acting
from web.brought import check_documents, form_of, keeps_papers
from web.casebook import find_case, full, history, list_cases
from web.context import Context, Ctx
from web.registration import register
from web.sentences import Refused, refusal
from web.session import CaseReader, Clerk
from web.shapes import CaseShape, MaterialShape, SupplementShape, WithdrawShape

router = APIRouter(prefix="/api/v1/cases", tags=["办件"])

IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=128)]

_STREAM_LOOK_S = 0.5


@router.post("", status_code=201, operation_id="startCase")
def start_case(wanted: CaseShape, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """Register a case (登记). The same key and body again gives the first answer and no second case."""
    body = wanted.model_dump_json().encode()
    with ctx.database.write() as session:
        answer = first_answer(session, clerk.username, key, body)
        if answer is None:
            answer = register(session, ctx, wanted, clerk.username)
            keep_answer(session, clerk.username, key, body, answer, ctx.now())
    ctx.kick()
    return answer


@router.get("", operation_id="listCases")
def cases(
    _reader: CaseReader,
    ctx: Ctx,
    status: CaseStatus | None = None,
    scheme: Scheme | None = None,
    due: AwareDatetime | None = None,
    q: Annotated[str | None, Query(max_length=60)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The work list, most urgent first."""
    with ctx.database.read() as session:
        return list_cases(session, status=status, scheme=scheme, due=due, q=q, page=page, size=size)


@router.get("/{case_no}", operation_id="getCase")
def case(case_no: str, _reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """One case with its handlings, parcels and deadlines."""
    with ctx.database.read() as session:
        return full(session, ctx, find_case(session, case_no))


@router.get("/{case_no}/events", operation_id="getCaseEvents")
def events(case_no: str, _reader: CaseReader, ctx: Ctx) -> dict[str, Any]:
    """The history of a case."""
    with ctx.database.read() as session:
        find_case(session, case_no)
        return {"events": history(session, case_no)}


@router.get("/{case_no}/stream", operation_id="streamCase")
async def stream(case_no: str, request: Request, _reader: CaseReader, ctx: Ctx) -> StreamingResponse:
    """The history, live (server-sent events); ends when the case is closed."""
    await asyncio.to_thread(_exists, ctx, case_no)
    seen = request.headers.get("last-event-id", "")
    since = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else 0
    return StreamingResponse(_follow(request, ctx, case_no, since), media_type="text/event-stream")


def _exists(ctx: Context, case_no: str) -> None:
    with ctx.database.read() as session:
        find_case(session, case_no)


async def _follow(request: Request, ctx: Context, case_no: str, since: int) -> AsyncIterator[str]:
    while not await request.is_disconnected():
        fresh, closed = await asyncio.to_thread(_news, ctx, case_no, since)
        for event in fresh:
            since = event["id"]
            yield f"id: {since}\nevent: case\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
        if closed and not fresh:
            yield "event: closed\ndata: {}\n\n"
            return
        await asyncio.sleep(_STREAM_LOOK_S)


def _news(ctx: Context, case_no: str, since: int) -> tuple[list[dict[str, Any]], bool]:
    with ctx.database.read() as session:
        return history(session, case_no, since), find_case(session, case_no).closed_at is not None


@router.post("/{case_no}/supplements", status_code=202, operation_id="supplementCase")
def supplement(case_no: str, given: SupplementShape, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """The applicant has brought what was missing (补正)."""
    body = case_no.encode() + given.model_dump_json().encode()
    with ctx.database.write() as session:
        answer = first_answer(session, clerk.username, key, body)
        if answer is None:
            answer = _supplement(session, ctx, case_no, given, clerk, key)
            keep_answer(session, clerk.username, key, body, answer, ctx.now())
    ctx.kick()
    return answer


def _supplement(
    session: Session, ctx: Context, case_no: str, given: SupplementShape, clerk: LoggedIn, key: str
) -> dict[str, Any]:
    case = find_case(session, case_no)
    handling = _open_handling(session, case_no, given)
    now = ctx.now()
    item = ItemSnapshot.model_validate(case.item)
    materials = _supplied(item, given.materials)
    check_documents(session, materials)
    originals = handling.originals_travel and any(m.provided is Provided.ORIGINAL for m in materials)
    kept = keeps_papers(materials) and not originals
    dossier = read_dossier(case, ctx.sealer)
    if dossier.brought(handling.handling_no, given.round) is not None:
        raise refusal(Refused.SUPPLEMENT_DONE)
    acts = acting(ctx, dossier, by_self=given.by_self, now=now)
    brought = SupplementBrought(
        handling_no=handling.handling_no, round=given.round, materials=materials, originals=originals, at=now
    )
    changed = dossier.model_copy(update={"supplements": (*dossier.supplements, brought)})
    write_dossier(case, ctx.sealer, changed)
    queue_update(
        session,
        update_id=f"{handling.handling_no}-supplement-{given.round}",
        workflow_id=case_workflow_id(case_no),
        name="supplement",
        argument=SupplementGiven(
            handling_no=handling.handling_no, round=given.round, originals=originals, papers_kept=kept
        ),
        now=now,
    )
    add_event(
        session,
        case_no=case_no,
        key=f"brought/{key}",
        kind="SUPPLEMENT_BROUGHT",
        at=now,
        now=now,
        actor=clerk.username,
        handling_no=handling.handling_no,
        data=acts,
    )
    return {"caseNo": case_no, "handlingNo": handling.handling_no, "round": given.round, "receivedAt": now.isoformat()}


def _open_handling(session: Session, case_no: str, given: SupplementShape) -> HandlingRow:
    """The handling whose round is open; named, or the only one."""
    waiting = [h for h in handlings_of(session, case_no) if given.handling_no in (None, h.handling_no)]
    waiting = [h for h in waiting if may_supplement(h.truth, given.round)]
    if not waiting:
        raise refusal(Refused.SUPPLEMENT_NOT_OPEN)
    handling = lock_handling(session, waiting[0].handling_no)
    if handling is None or not may_supplement(handling.truth, given.round):
        raise refusal(Refused.SUPPLEMENT_NOT_OPEN)
    return handling


def _supplied(item: ItemSnapshot, shapes: list[MaterialShape]) -> tuple[DossierMaterial, ...]:
    """Supplements may go beyond the item's list: the authority asked for them."""
    known = {m.seq: m for m in item.materials}
    return tuple(
        DossierMaterial(
            seq=shape.seq,
            name=known[shape.seq].name if shape.seq in known else f"补正材料{shape.seq}",
            form=form_of(shape.provided, known[shape.seq].form if shape.seq in known else None),
            provided=shape.provided,
            pages=shape.pages,
            sha256=shape.sha256,
        )
        for shape in shapes
    )


@router.post("/{case_no}/withdraw", status_code=202, operation_id="withdrawCase")
def withdraw(case_no: str, asked: WithdrawShape, clerk: Clerk, ctx: Ctx, key: IdempotencyKey) -> dict[str, Any]:
    """The applicant asks to stop (撤回): at once before submission, else when the authority has answered."""
    now = ctx.now()
    body = case_no.encode() + asked.model_dump_json().encode()
    with ctx.database.write() as session:
        answer = first_answer(session, clerk.username, key, body)
        if answer is None:
            case = session.get(CaseRow, case_no, with_for_update=True)
            if case is None:
                raise NotFound("没有这个办件", code="CASE_UNKNOWN")
            if not may(CaseStatus(case.status), Action.WITHDRAW):
                raise refusal(Refused.WITHDRAWAL_TOO_LATE)
            if case.withdrawal_pending:
                raise refusal(Refused.WITHDRAWAL_PENDING)
            dossier = read_dossier(case, ctx.sealer)
            acts = acting(ctx, dossier, by_self=asked.by_self, now=now)
            write_dossier(case, ctx.sealer, dossier.model_copy(update={"withdrawal_reason": asked.reason}))
            case.withdrawal_pending = True
            queue_update(
                session,
                update_id=f"{case_no}-withdraw",
                workflow_id=case_workflow_id(case_no),
                name="withdraw",
                argument=WithdrawalAsked(request_id=key),
                now=now,
            )
            add_event(
                session,
                case_no=case_no,
                key=f"withdraw/{key}",
                kind="WITHDRAWAL_ASKED",
                at=now,
                now=now,
                actor=clerk.username,
                data=acts,
            )
            answer = {"caseNo": case_no, "withdrawalPending": True, "receivedAt": now.isoformat()}
            keep_answer(session, clerk.username, key, body, answer, now)
    ctx.kick()
    return answer
