"""`POST /callbacks/sms`: what the short-message gateway says became of a message (送达回执)."""

import asyncio
from typing import Final

import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from messaging import receipts
from messaging.signing import SIGNATURE, TIMESTAMP, is_signed
from web.answers.bodies import body_of
from web.foundation.context import Context, Ctx

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
    await anyio.to_thread.run_sync(_take, ctx, receipt)
    return Response(status_code=204)


def _take(ctx: Context, receipt: receipts.SmsReceipt) -> None:
    with ctx.database.write() as session:
        receipts.take(session, ctx.sealer, receipt, ctx.now())


async def _body(request: Request) -> bytes | None:
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > _MAX_BYTES:
            return None
    return bytes(collected)
