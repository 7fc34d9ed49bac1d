"""The program: the carrier's server and the couriers' threads around one store."""

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
import uvicorn
from fastapi import FastAPI

from sandbox.couriers.carrier import Carrier, Refusal
from sandbox.couriers.devices import Uploader
from sandbox.couriers.hall import HallClerk
from sandbox.couriers.kuayu import Kuayu, Refused
from sandbox.couriers.outage import Outage
from sandbox.couriers.player import Manners, Player
from sandbox.couriers.routes import book_routes, carrier_routes, refused, script_routes
from sandbox.couriers.store import Store
from sandbox.phones import Phones, phone_routes

log = logging.getLogger(__name__)
STEP_S = 0.05
AWAY_S = 1.0
RECEIPTS_S = 0.5


@dataclass(frozen=True)
class Options:
    """How the program is started. `kuayu_url` None: only the carrier is played, no couriers."""

    port: int
    key: str
    kuayu_url: str | None = None
    host: str = "127.0.0.1"
    state: Path | None = None
    pace_s: float = 2.0
    poll_s: float = 0.5
    play_hall: bool = True
    sms_key: str = "sms-sandbox-key"
    sms_receipt_key: str = "sms-receipt-sandbox-key"


def build(options: Options) -> Outage:
    """The ASGI application; its couriers work from start-up to shut-down."""
    store = Store(options.state)
    carrier = Carrier(store, options.pace_s)
    kuayu = Kuayu(options.kuayu_url or "")
    manners = Manners()
    player = Player(store, kuayu, manners)
    clerk = HallClerk(store, kuayu, manners.hall) if options.play_hall else None
    uploader = Uploader(store, kuayu)
    phones = Phones(store, options.sms_key, options.sms_receipt_key, options.kuayu_url)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = threading.Event()
        threads = [] if options.kuayu_url is None else _threads(stop, options, store, kuayu, player, clerk, uploader)
        if options.kuayu_url is not None:
            threads.append(threading.Thread(target=_receipts, args=(stop, phones), name="phones", daemon=True))
        for thread in threads:
            thread.start()
        yield
        stop.set()
        for thread in threads:
            thread.join()
        uploader.close()
        store.close()

    app = FastAPI(title="Played postal carrier", lifespan=lifespan, docs_url=None, redoc_url=None)
    outage = Outage(app)
    app.include_router(carrier_routes(carrier, options.key))
    app.include_router(script_routes(store, outage))
    app.include_router(book_routes(store, carrier))
    app.include_router(phone_routes(phones))
    app.add_exception_handler(Refusal, refused)
    app.add_api_route("/healthz", lambda: {"status": "ok"})
    return outage


def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.run(build(options), host=options.host, port=options.port, log_level="warning", access_log=False)


def _threads(
    stop: threading.Event,
    options: Options,
    store: Store,
    kuayu: Kuayu,
    player: Player,
    clerk: HallClerk | None,
    uploader: Uploader,
) -> list[threading.Thread]:
    known, news, jobs, stirred = "", threading.Event(), 0, threading.Event()

    def hear() -> float:
        nonlocal known
        known = kuayu.await_change(known)
        news.set()
        return 0.0

    def look() -> float:
        """The lists are read when there is news; whoever has become free sets out without any."""
        nonlocal jobs
        if news.wait(options.poll_s if jobs else AWAY_S):
            news.clear()
            try:
                jobs = player.read() + (clerk.look() if clerk else 0)
            except Exception:
                news.set()  # not read yet
                raise
        player.look()
        stirred.set()
        return 0.0

    def work() -> float:
        player.advance()
        if clerk:
            clerk.advance()
        uploader.flush()
        if store.has_work():
            return STEP_S
        stirred.wait(AWAY_S)
        stirred.clear()
        return 0.0

    return [
        threading.Thread(target=_repeat, args=(stop, hear), name="couriers-hear", daemon=True),
        threading.Thread(target=_repeat, args=(stop, look), name="couriers-look", daemon=True),
        threading.Thread(target=_repeat, args=(stop, work), name="couriers-work", daemon=True),
    ]


def _receipts(stop: threading.Event, phones: Phones) -> None:
    while not stop.wait(RECEIPTS_S):
        phones.send_receipts()


def _repeat(stop: threading.Event, task: Callable[[], float]) -> None:
    """Again and again; Kuayu being away for a while is part of the world and only delays the couriers."""
    pause = 0.0
    while not stop.wait(pause):
        try:
            pause = task()
        except (requests.RequestException, Refused, KeyError, ValueError) as fault:
            log.warning("couriers wait for Kuayu: %s", fault)
            pause = AWAY_S
