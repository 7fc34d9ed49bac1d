"""`POST /callbacks/sichuan`: the one address of ours that a partner network calls (contracts.md A)."""

from collections.abc import Callable

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from partners.sichuan.inbound import MAX_CALLBACK_BYTES, RawCallback
from relay.intake_sichuan import SichuanIntake


def router(intake: SichuanIntake, kick: Callable[[], None]) -> APIRouter:
    """The route. `kick` wakes the relay after something was committed."""
    routes = APIRouter()
    limiter = CapacityLimiter(intake.at_once)  # first come, first served; a slow page takes none of these threads

    @routes.post("/callbacks/sichuan", include_in_schema=True, summary="川渝通办回调")
    async def sichuan_callback(request: Request) -> Response:
        """Signed, strict JSON, at most 256 kB; answered after the commit. Errors: `application/problem+json`."""
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        raw = RawCallback(
            method=request.method,
            path=_path_on_the_wire(request),
            query=request.scope["query_string"].decode("latin-1"),
            headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]],
            body=body,
        )
        answer = await anyio.to_thread.run_sync(intake.take, raw, limiter=limiter)
        kick()
        headers = {**answer.headers}
        if body is None:
            headers["Connection"] = "close"  # what follows of the body is not read
        return Response(answer.body, answer.status, headers)

    return routes


async def _body(request: Request) -> bytes | None:
    """The whole body, or None as soon as it is larger than allowed."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > MAX_CALLBACK_BYTES:
        return None
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > MAX_CALLBACK_BYTES:
            return None
    return bytes(collected)


def _path_on_the_wire(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")
