"""The played Sichuan network (川渝通办): contracts.md A from the other side of the wire."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from sandbox.engine import Engine
from sandbox.partners.sichuan.crypto import Identity, answer_headers
from sandbox.partners.sichuan.desk import Desk, Done
from sandbox.partners.sichuan.guard import Checked, Problem, check
from sandbox.partners.sichuan.pusher import Pusher


def setup(engine: Engine, kuayu_url: str, who: Identity | None = None) -> APIRouter:
    """Register the transport and return the routes. `who`: other ids and keys than the published test ones."""
    identity = who or Identity()
    engine.register("sichuan", Pusher(engine, identity, kuayu_url))
    return _routes(engine, Desk(engine), identity)


def _routes(engine: Engine, desk: Desk, who: Identity) -> APIRouter:
    router = APIRouter(prefix="/cy/v1")

    async def answer(request: Request, act: Callable[[Checked], Done]) -> Response:
        try:
            checked = await check(request, who, engine.store)
            done = await run_in_threadpool(act, checked)
        except Problem as problem:
            return problem.answer()
        headers = answer_headers(who, done.status, checked.nonce, done.content)
        return Response(done.content, done.status, headers, media_type=done.media_type)

    @router.post("/cases")
    async def submit(request: Request) -> Response:
        return await answer(request, desk.submit)

    @router.post("/cases/{case_no}/supplements")
    async def supplement(case_no: str, request: Request) -> Response:
        return await answer(request, lambda checked: desk.supplement(case_no, checked))

    @router.post("/cases/{case_no}/withdraw")
    async def withdraw(case_no: str, request: Request) -> Response:
        return await answer(request, lambda checked: desk.withdraw(case_no, checked))

    @router.post("/cases/{case_no}/notices")
    async def notice(case_no: str, request: Request) -> Response:
        return await answer(request, lambda checked: desk.notice(case_no, checked))

    @router.get("/cases/{case_no}")
    async def query(case_no: str, request: Request) -> Response:
        return await answer(request, lambda _: desk.query(case_no))

    @router.put("/files/{sha256}")
    async def put_file(sha256: str, request: Request) -> Response:
        return await answer(request, lambda checked: desk.put_file(sha256, checked))

    @router.get("/files/{sha256}")
    async def get_file(sha256: str, request: Request) -> Response:
        return await answer(request, lambda _: desk.get_file(sha256))

    return router
