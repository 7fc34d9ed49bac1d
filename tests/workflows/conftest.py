"""Two servers: the real one for what comes from outside, the time-skipping one for the clocks."""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client

from runtime.embedded import embedded_server
from runtime.keys import KeyRing
from runtime.ports import free_port
from runtime.server_binary import find_server
from runtime.settings import load_settings, variables
from runtime.temporal import connect
from storage.base import Database
from storage.migrating import migrate
from tests.borders import engines_of_our_own
from tests.sealing import SEALER
from tests.time_skipping import time_skipping_environment
from tests.workflows.clockwork import Skipping
from tests.workflows.hall import CaseDesk, Hall, open_case, open_hall
from tests.workflows.rows import House

OpenCase = Callable[..., Awaitable[CaseDesk]]


def say(line: str) -> None:
    print(line, file=sys.stderr)


def server(patch: pytest.MonkeyPatch) -> Path:
    """The server's program; while `patch` lasts, no setting of this machine's own counts."""
    named = os.environ.get("TEMPORAL_BIN")
    for name, _ in variables():
        patch.delenv(name, raising=False)
    return find_server(Path(named) if named else None, say)


@pytest.fixture(scope="session")
async def dev_client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of an embedded server of our own."""
    with pytest.MonkeyPatch.context() as patch:
        binary = server(patch)
        ports = {name: free_port() for name in ("port", "temporal_port", "temporal_ui_port")}
        settings = load_settings(None, sandbox="1", data_dir=tmp_path_factory.mktemp("temporal"), **ports)
    async with embedded_server(settings, say, binary):
        yield await connect(settings)


@pytest.fixture(scope="session")
async def hall(dev_client: Client) -> AsyncIterator[Hall]:
    async with open_hall(dev_client) as opened:
        yield opened


@pytest.fixture
def register(dev_client: Client, hall: Hall) -> OpenCase:
    """Start a case on the real server."""
    return partial(open_case, dev_client, hall)


@pytest.fixture
async def skipping() -> AsyncIterator[Skipping]:
    """A server whose clock jumps, one for each test.

    Its clock is one for all that runs on it, and it has been seen to stand still for good in a jump over many cases.
    """
    ring = KeyRing.model_validate("k:" + "A" * 43 + "=")
    with engines_of_our_own():
        environment = await time_skipping_environment(ring, say)
    try:
        async with open_hall(environment.client) as opened:
            yield Skipping(environment, opened)
    finally:
        await environment.shutdown()


@pytest.fixture
def house(tmp_path: Path, dev_client: Client, hall: Hall) -> Iterator[House]:
    database = Database(f"sqlite:///{tmp_path / 'kuayu.db'}", SEALER)
    migrate(database.engine)
    yield House(database, dev_client, hall)
    database.close()
