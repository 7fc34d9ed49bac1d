"""The web process: routes, pages, and the relay that tells the workflows what was committed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from relay.loop import RelayLoop
from relay.reconciliation import Reconciliation
from relay.relay import Relay
from runtime.components import now, parts_of
from runtime.networks import adapters_of, books_of, networks_of
from runtime.settings import Settings
from runtime.telemetry import configure_logging
from runtime.temporal import connect, is_serving
from web import (
    agents,
    agreements,
    apidocs,
    callbacks,
    cases,
    catalogue,
    dashboard,
    documents,
    handlings,
    ops,
    outlet_report,
    outlets,
    owing,
    pages,
    papers,
    parcels,
    partners,
    problems,
    ratings,
    rendering,
    reports,
    scans,
    tasks,
    track,
)
from web import session as sessions
from web.context import Context
from web.guards import Guards
from web.headers import SecurityHeaders
from web.lists import Lists

ROUTERS = (
    sessions.router,
    catalogue.router,
    agreements.router,
    documents.router,
    cases.router,
    owing.router,
    agents.router,
    ratings.router,
    papers.router,
    handlings.router,
    tasks.router,
    track.router,
    outlet_report.router,
    outlets.router,
    parcels.router,
    partners.router,
    ops.router,
    dashboard.router,
    reports.router,
    scans.router,
    pages.router,
    apidocs.router,
)


def build_app(settings: Settings) -> FastAPI:
    """The application; connects to Temporal lazily, so that cases are registered while it is away."""
    parts = parts_of(settings)
    networks = networks_of(parts)
    asked = (parts.database, parts.inbox, adapters_of(networks), now)
    relay_loop: list[RelayLoop] = []

    def kick() -> None:
        for loop in relay_loop:
            loop.kick()

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        client = await connect(settings, lazy=True)
        relay = Relay(client, parts.database, now, patience_s=1.0)
        loop = RelayLoop([relay.run_once], settings.worker.relay_poll_s)
        relay_loop.append(loop)
        task = asyncio.create_task(loop.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await relay.close()
        parts.database.close()

    app = FastAPI(title="跨域 Kuayu", version="1", lifespan=running, docs_url=None, redoc_url=None)
    app.state.context = Context(
        settings=settings,
        database=parts.database,
        sealer=parts.sealer,
        documents=parts.documents,
        inbox=parts.inbox,
        lists=Lists(parts.database, now),
        now=now,
        kick=kick,
        reconcile=Reconciliation(*asked, books=books_of(networks)).reconcile,
    )
    app.state.temporal_serving = lambda: is_serving(settings)
    problems.install(app)
    rendering.install(app)
    for router in ROUTERS:
        app.include_router(router)
    for partner, network in networks.items():
        if network.callbacks is not None:
            app.include_router(callbacks.router(partner, network.callbacks, kick))
    app.mount("/static", StaticFiles(packages=[("web", "static")]), name="static")
    app.add_middleware(Guards)
    app.add_middleware(SecurityHeaders)
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    configure_logging("web", settings.log_level)
    uvicorn.run(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
