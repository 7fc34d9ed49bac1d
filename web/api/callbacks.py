"""`POST /callbacks/{partner}`: the addresses of ours that partner networks call (contracts.md: A does)."""

import asyncio
from collections.abc import Callable
from typing import Final

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from domain.terms import Partner
from partners.callbacks import CallbackIntake, RawCallback
from web.answers.bodies import body_of
from web.answers.callbacks import CallbackSent, CallbackTaken

BODY_S: Final = 15.0
"""A sender has so long for its body; one that dribbles holds no place for longer."""


def router(partner: Partner, intake: CallbackIntake, notify: Callable[[], None]) -> APIRouter:
    """The route of one network that calls us. `intake`: checks and takes its calls; `notify`: wakes the relay.

    At most `intake.at_once` calls are taken at the same time; others wait their turn.
    """
    routes = APIRouter()
    limiter = CapacityLimiter(intake.at_once)  # first come, first served; a slow page takes none of these threads

    @routes.post(
        f"/callbacks/{partner}",
        operation_id=f"{partner}Callback",
        summary="合作方回调",
        response_model=CallbackTaken,
        openapi_extra=body_of(CallbackSent),
    )
    async def callback(request: Request) -> Response:
        """Signed; answered after the commit, as docs/partners has it for this network."""
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(request, intake.max_bytes)
        except TimeoutError:
            return Response(status_code=408, headers={"Connection": "close"})  # again: nothing was taken
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
        notify()
        headers = {**answer.headers}
        if body is None or {"content-length", "transfer-encoding"} <= set(request.headers):
            headers["Connection"] = "close"  # what follows is not read: it may be a body, or a request within a body
        return Response(answer.body, answer.status, headers)

    return routes


async def _body(request: Request, max_bytes: int) -> bytes | None:
    """The whole body, or None as soon as it is larger than allowed."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced) > max_bytes:
        return None
    collected = bytearray()
    async for chunk in request.stream():
        collected += chunk
        if len(collected) > max_bytes:
            return None
    return bytes(collected)


def _path_on_the_wire(request: Request) -> str:
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1")
