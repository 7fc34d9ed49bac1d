"""Both sides on both servers: the whole system as `make run` starts it, and the bare engine beside it.

Embedded: each has a server of its own with a SQLite file. Real: one server on PostgreSQL carries both, and our own
tables are in the same PostgreSQL; whoever is at rest is subtracted as what the other uses at rest.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from bench import counters
from bench.bare import BareEngine, bare_engine, embedded
from bench.dbos_peer import Peer, dbos
from bench.figures import SHORT
from bench.ours import Ours
from bench.processor import processor_ms
from bench.real_server import MAIN, VISIBILITY, real_server
from demo.__main__ import stage_of
from demo.play import Stage
from demo.system import System, running
from runtime.settings import load_settings
from runtime.temporal import prepare_namespace
from storage.base import Database
from tests.postgresql import fresh_database, server

TIME_SCALE = 4000.0 if SHORT else 400.0
EVENT_S = 0.05
HOP_S = 0.1
Count = Callable[[], Counter[str]]


@dataclass(frozen=True)
class House:
    """Where both sides live. `engine` and `bare_engine`: clients of their servers, to ask about histories."""

    system: System
    ours: Ours
    engine: Client
    bare: BareEngine
    bare_engine: Client
    used_by_ours: Count
    used_by_bare: Count
    peer: Peer | None = None
    """DBOS, where there is a PostgreSQL; it uses what the bare engine does, and less of it."""


@asynccontextmanager
async def embedded_house(folder: Path) -> AsyncIterator[House]:
    """Two embedded servers, SQLite."""
    async with AsyncExitStack() as stack:
        system = stack.enter_context(running(TIME_SCALE, print))
        address = await stack.enter_async_context(embedded(folder))
        bare = await stack.enter_async_context(bare_engine(address))
        database = Database(f"sqlite:///{system.data_dir / 'kuayu.db'}")
        stack.callback(database.close)
        whole = system.process.pid
        yield House(
            system,
            Ours(_staged(system), database),
            await Client.connect(f"127.0.0.1:{system.environment['TEMPORAL_PORT']}"),
            bare,
            await Client.connect(address),
            used_by_ours=lambda: processor_ms(whole),
            used_by_bare=lambda: processor_ms(os.getpid(), without=whole),
        )


@asynccontextmanager
async def real_house(folder: Path) -> AsyncIterator[House]:
    """One real server and all tables in one PostgreSQL that keeps what it is told."""
    async with AsyncExitStack() as stack:
        postgresql = stack.enter_context(server(counters.OPTIONS))
        address = await stack.enter_async_context(real_server(folder / "server", postgresql, print))
        looker, tables = counters.prepare(postgresql), fresh_database(postgresql)
        told = {"TEMPORAL_ADDRESS": address, "DATABASE_URL": tables}
        system = stack.enter_context(running(TIME_SCALE, print, told))
        settings = load_settings(None, sandbox="1", data_dir=folder, temporal_address=address)
        await prepare_namespace(settings)
        bare = await stack.enter_async_context(bare_engine(address))
        peers = fresh_database(postgresql)
        peer = stack.enter_context(dbos(peers, print))
        database = Database(counters.as_looker(tables))
        stack.callback(database.close)
        names = {MAIN: "engine", VISIBILITY: "visibility", _name(tables): "own", _name(peers): "dbos"}
        counted = counters.Counters(looker, names)
        whole, client = system.process.pid, await Client.connect(address)
        shared = lambda: processor_ms(os.getpid(), without=whole)  # noqa: E731
        yield House(
            system,
            Ours(_staged(system), database),
            client,
            bare,
            client,
            used_by_ours=lambda: processor_ms(whole) + _only(shared(), "engine", "database") + counted(),
            used_by_bare=lambda: shared() + counted(),
            peer=peer,
        )


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _only(used: Counter[str], *parts: str) -> Counter[str]:
    return Counter({part: used[part] for part in parts})


def _staged(system: System) -> Stage:
    stage = stage_of(system)
    stage.partners.put("/control/default", {"pace_s": EVENT_S})
    stage.couriers.put("/control/default", {"pace_s": HOP_S})
    return stage
