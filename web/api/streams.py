"""Histories live, as server-sent events: of one case, or of all that the tabs of one browser follow."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from sqlalchemy import select

from storage.cases.rows import CaseRow
from storage.people.sessions import login_id
from storage.people.users import LoggedIn
from web.foundation.context import Context, Ctx
from web.foundation.live_feed import LISTS, Follower
from web.foundation.problems import Unprocessable
from web.security.objects import CASES, unknown_among
from web.security.session import CaseReader, token_of
from web.views.cases import history

router = APIRouter(prefix="/api/v1", tags=["办件"])

MAX_CASES: Final = 200
_SIGN_OF_LIFE_S: Final = 15.0
_OVER = format_sse_event(event="over", data_str="{}")

CaseNo = Annotated[str, Query(max_length=21)]
EventId = Annotated[int, Query(ge=0, lt=10**15)]


@router.get("/cases/{case_no}/stream", operation_id="streamCase", response_class=StreamingResponse)
async def stream_case(case_no: str, request: Request, reader: CaseReader, ctx: Ctx) -> EventSourceResponse:
    """The history, live (server-sent events); ends when the case is closed, or with the login (`over`).

    `Last-Event-ID`: goes on behind this event. Refused: 404 CASE_UNKNOWN.
    """
    seen = request.headers.get("last-event-id", "")
    since = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else 0
    return await _streaming(request, reader, ctx, {case_no: since}, numbered=True)


@router.get("/stream", operation_id="streamCases", response_class=StreamingResponse)
async def stream_cases(
    request: Request,
    reader: CaseReader,
    ctx: Ctx,
    case: Annotated[list[CaseNo], Query(max_length=MAX_CASES, description="numbers of the cases")] = [],  # noqa: B006
    since: Annotated[
        list[EventId], Query(max_length=MAX_CASES, description="for each case, the last event that is known; 0: none")
    ] = [],  # noqa: B006 — read by the framework, never changed
    lists: Annotated[bool, Query(description="also `lists`, whenever a list of cases or tasks may be new")] = False,
) -> EventSourceResponse:
    """The histories of several cases over one connection: `case` for each event, `closed` once per case.

    A reader that comes back says in `since` how far it was with each case, so events carry no id of the protocol.
    Refused: 404 CASE_UNKNOWN; 422 SINCE, CASE (neither a case nor `lists`).
    """
    if not case and not lists:
        raise Unprocessable("请说明要看哪些办件", code="CASE", field="case")
    if since and len(since) != len(case):
        raise Unprocessable("since 的个数应与 case 相同", code="SINCE", field="since")
    wanted = dict(zip(case, since or [0] * len(case), strict=True))
    return await _streaming(request, reader, ctx, wanted, lists=lists)


async def _streaming(
    request: Request,
    reader: LoggedIn,
    ctx: Context,
    since: dict[str, int],
    *,
    numbered: bool = False,
    lists: bool = False,
) -> EventSourceResponse:
    await asyncio.to_thread(_all_exist, ctx, reader, since)
    followed = [*since, LISTS] if lists else since
    follower = Follower(login_id(token_of(request) or ""), reader.role, followed)
    return EventSourceResponse(_follow(request, ctx, follower, since, numbered))


def _all_exist(ctx: Context, reader: LoggedIn, cases: Collection[str]) -> None:
    """For who follows them: another unit's are not there."""
    with ctx.database.read() as session:
        if unknown_among(session, reader, cases):
            raise CASES.unknown()


async def _follow(
    request: Request, ctx: Context, follower: Follower, since: dict[str, int], numbered: bool
) -> AsyncIterator[bytes]:
    sent: set[int] = set()
    changed: set[str] | None = set(since)
    async with ctx.feeds.here(ctx.database, ctx.now).followed_by(follower):
        while not await request.is_disconnected():
            if changed is None:
                yield _OVER
                return
            asked = {case_no: since[case_no] for case_no in changed & follower.cases & since.keys()}
            fresh, closed = await asyncio.to_thread(_news, ctx, asked, sent) if asked else ([], set())
            for event in fresh:
                sent.add(event["id"])
                yield _event("case", event, event["id"] if numbered else None)
            for case_no in closed:
                yield _event("closed", {} if numbered else {"caseNo": case_no})
            if LISTS in changed:
                yield _event(LISTS, {})
            follower.cases -= closed
            if not follower.cases:
                return
            if not fresh:
                yield KEEPALIVE_COMMENT
            changed = await follower.news(_SIGN_OF_LIFE_S)


def _news(ctx: Context, since: dict[str, int], sent: set[int]) -> tuple[list[dict[str, Any]], set[str]]:
    """What was not sent yet of these cases, in order, and which of them are closed."""
    with ctx.database.read() as session:
        query = select(CaseRow.case_no).where(CaseRow.case_no.in_(since), CaseRow.closed_at.is_not(None))
        closed = set(session.scalars(query))  # first: with the closing comes everything before it
        events = [
            event | {"caseNo": case_no}
            for case_no, known in since.items()
            for event in history(session, case_no, known)
            if event["id"] not in sent
        ]
    return sorted(events, key=lambda event: int(event["id"])), closed


def _event(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    written = json.dumps(data, ensure_ascii=False)
    return format_sse_event(event=name, data_str=written, id=None if number is None else str(number))
