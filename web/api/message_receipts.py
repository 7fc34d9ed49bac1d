"""`POST /callbacks/sms`: what the short-message gateway says became of a message (送达回执)."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from messaging import receipts
from messaging.signing import SIGNATURE, TIMESTAMP, is_signed
from relay.group_commit import GroupCommit
from storage.base import Database
from storage.sealing import Sealer
from web.answers.bodies import body_of
from web.foundation.context import Ctx

PATH: Final = "/callbacks/sms"
_MAX_BYTES: Final = 4096
_BODY_S: Final = 10.0

router = APIRouter()


@router.post(
    PATH,
    operation_id="smsReceipt",
    summary="短信回执",
    status_code=204,
    openapi_extra=body_of(receipts.SmsReceipt),
)
async def take_receipt(request: Request, ctx: Ctx) -> Response:
    """Signed with SMS_RECEIPT_KEY (messages.md); 204 also for one that changes nothing any more.

    Refused: 401 not signed, 413 too large, 422 unreadable; without a body.
    """
    try:
        async with asyncio.timeout(_BODY_S):
            body = await _body(request)
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408, headers={"Connection": "close"})
    if body is None:
        return Response(status_code=413, headers={"Connection": "close"})
    headers = request.headers
    key = ctx.settings.sms.receipt_key.get_secret_value().encode()
    given = headers.get(TIMESTAMP, ""), body, headers.get(SIGNATURE, "")
    if not key or not is_signed(key, PATH, *given, ctx.now()):
        return Response(status_code=401)
    try:
        receipt = receipts.SmsReceipt.model_validate_json(body)
    except ValidationError:
        return Response(status_code=422)
    await ctx.receipts.add(receipt)
    return Response(status_code=204)


def together(database: Database, sealer: Sealer, now: Callable[[], datetime]) -> GroupCommit[receipts.SmsReceipt, bool]:
    """Receipts that come at the same time are noted in one transaction; each is answered when it is committed."""

    def write(some: Sequence[receipts.SmsReceipt]) -> list[bool]:
        with database.write() as session:
            # In the order of their ids: two who want the same wait for each other only.
            noted = {one: receipts.take(session, sealer, one, now()) for one in sorted(some, key=lambda one: one.id)}
        return [noted[one] for one in some]

    return GroupCommit(write)


async def _body(request: Request) -> bytes | None:
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > _MAX_BYTES:
            return None
    return bytes(collected)
