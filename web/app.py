"""The web process: routes, pages, and the relay that delivers to workflows what was committed."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles

from domain.naming import CASES_QUEUE
from exchange.buckets import Buckets
from exchange.reconciliation import Reconciliation
from exchange.traffic import Traffic
from relay.loop import RelayLoop
from relay.relay import Relay
from runtime.condition import engine_of
from runtime.container import audit_trail, container_of, now
from runtime.networks import adapters_of, books_of, networks_of
from runtime.printed_passwords import refuse_printed_passwords
from runtime.settings import Settings
from runtime.signs_of_life import goes_on
from runtime.telemetry import configure_logging
from runtime.temporal import connect
from storage.cases.serials import SerialPool
from web import openapi
from web.api import (
    account,
    accounts,
    agents,
    agreements,
    bulk,
    callbacks,
    case_check,
    case_papers,
    cases,
    catalogue,
    certificates,
    claim_papers,
    claims,
    couriers,
    dashboard,
    deferred,
    devices,
    district,
    document_pages,
    documents,
    drafts,
    factors,
    fees,
    hall_counter,
    handlings,
    helping,
    holdings,
    labels,
    leg_changes,
    licences,
    measures,
    message_receipts,
    messages,
    operations,
    outlet_report,
    outlets,
    papers,
    parcels,
    partners,
    personal,
    phones,
    proposals,
    ratings,
    reader,
    reports,
    results,
    same_matter,
    scan_desk,
    scans,
    second_step,
    streams,
    suspensions,
    task_proposals,
    tasks,
    track,
    units,
    unmasking,
    work_lists,
)
from web.edge.front import Front
from web.edge.sockets import MAX_HEAD_BYTES, bounded, enough_files
from web.foundation import problems
from web.foundation.auditing import AuditedRequests, Auditor
from web.foundation.context import Context
from web.foundation.reference_data import ReferenceData
from web.foundation.work_version import WorkVersion
from web.pages import faults, rendering
from web.pages.routers import PAGES
from web.security import session
from web.security.certificates import certificates_of
from web.security.guards import Guards
from web.security.headers import SecurityHeaders
from web.security.unified import provider_of

ROUTERS = (
    session.router,
    second_step.router,
    certificates.router,
    factors.router,
    account.router,
    accounts.router,
    units.router,
    catalogue.router,
    agreements.router,
    documents.router,
    document_pages.router,
    cases.router,
    case_check.router,
    drafts.router,
    reader.router,
    bulk.router,
    same_matter.router,
    licences.router,
    streams.router,
    case_papers.router,
    deferred.router,
    fees.router,
    agents.router,
    ratings.router,
    papers.router,
    handlings.router,
    holdings.router,
    proposals.router,
    tasks.router,
    task_proposals.router,
    helping.router,
    leg_changes.router,
    messages.router,
    phones.router,
    unmasking.router,
    personal.router,
    message_receipts.router,
    track.router,
    results.router,
    outlet_report.router,
    outlets.router,
    suspensions.router,
    couriers.router,
    work_lists.router,
    parcels.router,
    labels.router,
    claims.router,
    claim_papers.router,
    district.router,
    hall_counter.router,
    partners.router,
    operations.router,
    dashboard.router,
    reports.router,
    measures.router,
    devices.router,
    scan_desk.router,
    scans.router,
    *PAGES,
)


def build_app(settings: Settings, accounts: Buckets | None = None) -> FastAPI:
    """The application for these settings; Temporal is connected to lazily, so cases are registered while it is away.

    `accounts`: how often each may ask; None: as often as it likes.

    Raises:
        Misconfigured: a key in the settings of a network is none.
    """
    container = container_of(settings)
    networks = networks_of(container)
    asked = (container.database, container.inbox, adapters_of(networks), now)
    relay_loop: list[RelayLoop] = []

    def notify() -> None:
        for loop in relay_loop:
            loop.notify()

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        client = await connect(settings, lazy=True)
        relay = Relay(client, container.database, now, patience_s=1.0)
        loop = RelayLoop([relay.start_cases, relay.deliver], settings.worker.relay_poll_s)
        relay_loop.append(loop)
        engine = app.state.context.engine
        looks = engine.watch(lambda: goes_on(client, CASES_QUEUE, now), now)
        tasks = [asyncio.create_task(each) for each in (loop.run(), looks)]
        yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await relay.close()
        container.database.close()

    strangers = Traffic(
        container.database,
        "web",
        signed_per_s=0,
        unsigned_per_hour=settings.edge.unsigned_per_hour,
        codes=frozenset(),
    )
    auditor = Auditor(container.database, audit_trail(settings), now, strangers)
    app = FastAPI(title="跨域 Kuayu", version="1", lifespan=running, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.context = Context(
        settings=settings,
        database=container.database,
        sealer=container.sealer,
        documents=container.documents,
        inbox=container.inbox,
        reference_data=ReferenceData(container.database, now),
        now=now,
        notify=notify,
        serials=SerialPool(container.database),
        work_version=WorkVersion(container.database),
        receipts=message_receipts.together(container.database, container.sealer, now),
        auditor=auditor,
        reconcile=Reconciliation(*asked, books=books_of(networks)).reconcile,
        accounts=accounts or Buckets(0),
        provider=provider_of(settings, now),
        certificates=certificates_of(settings),
    )
    app.state.engine = lambda: engine_of(settings)
    app.state.is_stopping = lambda: False  # whoever serves it knows better
    problems.install(app)
    faults.install(app)
    rendering.install(app)
    openapi.install(app)
    for router in ROUTERS:
        _take(app, router)
    for partner, network in networks.items():
        if network.callbacks is not None:
            _take(app, callbacks.router(partner, network.callbacks, notify))
    app.mount("/static", StaticFiles(packages=[("web", "static")]), name="static")
    app.add_middleware(AuditedRequests, refused=auditor.refused, now=now)
    app.add_middleware(Guards)
    app.add_middleware(SecurityHeaders)
    return app


def _take(app: FastAPI, router: APIRouter) -> None:
    """Give the app a router's routes as they are; they have their prefixes and dependencies already.

    `include_router` would work every route out a second time when the first request comes, which then waits for it.
    """
    app.router.routes.extend(router.routes)


def serve(settings: Settings) -> None:
    """Serve on HOST and PORT until SIGINT or SIGTERM; requests that run get 5 s to end, those that wait end at once.

    Raises:
        Misconfigured: outside the sandbox an account has a password that we have printed.
        SystemExit: it could not start, e.g. because the port is taken.
    """
    configure_logging("web", settings.log_level)
    asked = container_of(settings).database
    refuse_printed_passwords(settings, asked)
    asked.close()
    app = build_app(settings, Buckets(settings.edge.account_per_s))
    settle()
    enough_files(settings.edge)
    config = uvicorn.Config(
        Front(app, settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        http=bounded(settings.edge),  # on h11: the quicker parser refuses two lengths without the contract's code
        ws="none",
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        proxy_headers=False,  # uvicorn believes every caller on this machine
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    app.state.is_stopping = lambda: server.should_exit
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)


def settle() -> None:
    """Take what has been loaded out of the collector's sight: else every long report walks through all of it."""
    gc.collect()
    gc.freeze()
