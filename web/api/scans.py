"""Scans from outlets and couriers: `POST /scans:batch` (interfaces.md, courier.md §7)."""

import random
from typing import Any, Final

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field, ValidationError

from domain.devices import DEVICE_ID
from domain.model import Frozen
from parcels.batch_parsing import NotJson, parse_batch
from parcels.scan_batch import Scanner
from parcels.scan_intake import MAX_EVENTS, BatchAnswer, ScanIntake, ScanSecrets
from parcels.scan_parsing import ScanOnWire
from runtime.container import handover_keys, label_keys
from storage.parcels.legs import CourierRow
from storage.people.users import LoggedIn
from web.answers.bodies import body_of
from web.foundation.context import Context, Ctx
from web.foundation.problems import problem
from web.security.devices import scans_for
from web.security.objects import check_courier, serves_hall
from web.security.session import OutletStaff

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
_AT_ONCE: Final = 8  # threads of their own: a hundred devices that reconnect must not stop a clerk's page
_MAY_WAIT: Final = 64

router = APIRouter(prefix="/api/v1", tags=["寄递"])
_limiter = CapacityLimiter(_AT_ONCE)


class _Body(Frozen):
    """The outside of a batch; each event is read and judged alone."""

    deviceId: str = Field(pattern=DEVICE_ID)
    events: list[Any] = Field(max_length=MAX_EVENTS)


class ScansSent(Frozen):
    """`POST /scans:batch` as it should be; an event out of form is refused alone."""

    deviceId: str = Field(max_length=64)
    events: list[ScanOnWire] = Field(max_length=MAX_EVENTS)


@router.post("/scans:batch", operation_id="postScans", response_model=BatchAnswer, openapi_extra=body_of(ScansSent))
async def post_scans(request: Request, person: OutletStaff, ctx: Ctx) -> Response:
    """Up to 200 scans of one device, each `accepted`, `duplicate`, `conflict` or `rejected`.

    Sending a batch again is harmless. `watermark` is the highest sequence up to which everything of the device is
    stored; it may forget no more than that. 429: come again after `Retry-After` seconds. An enrolled device signs each
    batch (headers `Kuayu-Device-Time`, `Kuayu-Device-Signature`); where DEVICES says so, no other is heard. Refused as
    a whole: 400 JSON; 403 OTHER_COURIER (the device is another courier's), DEVICE_UNKNOWN, DEVICE_REVOKED,
    DEVICE_SIGNATURE, DEVICE_OTHER; 409 DEVICE_CLOCK (sign again by `serverTime`); 413 BATCH_TOO_LARGE (2 MB); 422
    INVALID.
    """
    if _limiter.statistics().tasks_waiting >= _MAY_WAIT:
        return _busy()
    raw = await _body(request)
    if raw is None:
        return problem(413, f"一次最多上传 {MAX_EVENTS} 条扫描", code="BATCH_TOO_LARGE")
    try:
        batch = _Body.model_validate(parse_batch(raw))
    except NotJson:
        return problem(400, "内容不是合法的 JSON", code="JSON")
    except ValidationError as fault:
        field = str(next(iter(fault.errors()[0]["loc"]), "body"))
        detail = f"一次最多上传 {MAX_EVENTS} 条扫描" if field == "events" else "设备编号不对"
        return problem(422, detail, code="INVALID", errors=[{"field": field, "detail": detail}])
    answer = await anyio.to_thread.run_sync(_taken, ctx, request, person, batch, raw, limiter=_limiter)
    return JSONResponse(answer.model_dump(mode="json"))


def _taken(ctx: Context, request: Request, person: LoggedIn, batch: _Body, raw: bytes) -> BatchAnswer:
    """A scan is a fact in the hand of who scans, whosever parcel it is; said it is in his own name alone."""
    enrolled = scans_for(request, ctx, person, batch.deviceId, raw)
    if not enrolled and person.courier_id not in (None, batch.deviceId):
        with ctx.database.read() as session:
            if session.get(CourierRow, batch.deviceId) is not None:
                check_courier(person, batch.deviceId)
    secrets = ScanSecrets(handover=handover_keys(ctx.settings, ctx.sealer), labels=label_keys(ctx.settings))
    intake = ScanIntake(ctx.database, ctx.now, ctx.notify, secrets)
    scanner = Scanner(
        username=person.username,
        role=person.role,
        courier_id=person.courier_id,
        serves_hall=serves_hall(person),
        enrolled=enrolled,
    )
    return intake.take(batch.deviceId, batch.events, scanner)


def _busy() -> Response:
    """With jitter, so that those who were sent away don't all come back in the same second."""
    answer = problem(429, "上传的设备较多，请稍后自动重试", code="BUSY")
    answer.headers["Retry-After"] = str(random.randint(1, 5))
    return answer


async def _body(request: Request) -> bytes | None:
    """The whole body, or None as soon as it is larger than allowed."""
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > MAX_BODY_BYTES:
            return None
    return bytes(collected)
