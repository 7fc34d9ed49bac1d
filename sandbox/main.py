"""The played networks, licence office and card reader as one program: `python -m sandbox.main --port 8010 --kuayu-url http://…`.

Shares no code with our adapters (decisions.md 17): a common mistake must not hide.
"""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from sandbox import control, licences, reader
from sandbox.carrier import Carrier
from sandbox.case import PartnerName
from sandbox.engine import Engine
from sandbox.outage import OutageMiddleware
from sandbox.partners import ALL_NETWORKS, set_up
from sandbox.store import Store


@dataclass(frozen=True)
class SandboxSettings:
    """Where the others are, and where this program keeps what it must not forget."""

    kuayu_url: str = "http://127.0.0.1:8000"
    carrier_url: str | None = None
    carrier_key: str = "courier-sandbox-key"
    state: Path | None = None
    pace_s: float = 0.5


def build_app(settings: SandboxSettings, networks: tuple[PartnerName, ...] = ALL_NETWORKS) -> FastAPI:
    """The whole sandbox as one ASGI application; the engine plays while the application lives."""
    engine = Engine(Store(settings.state), Carrier(settings.carrier_url, settings.carrier_key), settings.pace_s)
    routers = set_up(engine, settings.kuayu_url, networks)

    @asynccontextmanager
    async def playing(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        yield
        engine.stop()
        engine.store.close()

    app = FastAPI(title="Kuayu partner sandbox", lifespan=playing, docs_url=None, redoc_url=None)
    app.state.engine = engine
    app.include_router(control.router)
    app.include_router(licences.setup(engine))
    app.include_router(reader.setup(engine))
    for router in routers:
        app.include_router(router)
    app.add_middleware(OutageMiddleware, outages=engine.outages)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def run(
    port: int,
    kuayu_url: str,
    carrier_url: str | None,
    carrier_key: str = "courier-sandbox-key",
    state: Path | None = None,
    pace_s: float = 0.5,
    host: str = "127.0.0.1",
) -> None:
    """Serve until SIGINT or SIGTERM."""
    settings = SandboxSettings(kuayu_url.rstrip("/"), carrier_url, carrier_key, state, pace_s)
    uvicorn.run(build_app(settings), host=host, port=port, log_level="critical", access_log=False)


def main() -> None:
    os.umask(0o077)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--kuayu-url", default="http://127.0.0.1:8000")
    parser.add_argument("--carrier-url", default=None)
    parser.add_argument("--carrier-key", default="courier-sandbox-key")
    parser.add_argument("--state", type=Path, default=None, help="file that survives a kill; memory without it")
    parser.add_argument("--pace-s", type=float, default=0.5, help="seconds between events without an own pause")
    given = parser.parse_args()
    run(given.port, given.kuayu_url, given.carrier_url, given.carrier_key, given.state, given.pace_s)


if __name__ == "__main__":
    main()
