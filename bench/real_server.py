"""A real Temporal server on PostgreSQL: all four services in one process, as a district's cluster has them in several.

Server and schema tool come from their Go module, built once for this machine into the cache where the embedded
server is kept too. Both databases are made anew in a PostgreSQL that is there; the server listens on free ports of
this machine and has the limits of the embedded one (`runtime.embedded.DYNAMIC_CONFIG`). All else is the server's
default; four history shards suit two cores, and are fixed once the databases are there.
"""

import asyncio
import json
import os
import random
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from temporalio.client import Client
from temporalio.service import TLSConfig

from domain.errors import Misconfigured
from runtime import child
from runtime.embedded import DYNAMIC_CONFIG
from runtime.fetching import Patience, Say, cache_dir, fetch_program, fetching_alone
from runtime.ports import free_port

SERVER_VERSION = "1.29.1"
MAIN, VISIBILITY = "temporal", "temporal_visibility"
_PACKAGES = {"server": "go.temporal.io/server/cmd/server", "sql": "go.temporal.io/server/cmd/tools/sql"}
_SHARDS = 4
_PATIENCE = Patience(total_s=1800)
_SCHEMA_WITHIN_S = 60
_READY_S = 60.0
_STOP_S = 10.0
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class ServerTls:
    """Files in PEM form: the server's certificate for `name`, its key, and the authority of all certificates.

    Who calls has to show a certificate of that authority.
    """

    cert: Path
    key: Path
    authority: Path
    name: str


@dataclass(frozen=True)
class Programs:
    """Where the server and its schema tool are."""

    server: Path
    sql: Path


def programs(say: Say) -> Programs:
    """Both programs, built with Go if this machine has not got them.

    Raises:
        Misconfigured: there is no Go, or the build fails.
    """
    return Programs(**{name: _program(name, say) for name in _PACKAGES})


def _program(name: str, say: Say) -> Path:
    target = cache_dir() / f"temporal-{name}-{SERVER_VERSION}"
    if target.is_file():
        return target
    if not (go := shutil.which("go")):
        raise Misconfigured(f"The Temporal {name} has to be built: install Go (https://go.dev/dl)")
    with fetching_alone(say):
        if target.is_file():  # another process brought it while we waited
            return target
        say(f"building the Temporal {name} with Go: some minutes, once for this machine")
        argv = [go, "install", "-ldflags", "-s -w", f"{_PACKAGES[name]}@v{SERVER_VERSION}"]
        fault = fetch_program(
            lambda draft: (argv, {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(draft)}),
            target,
            patience=_PATIENCE,
            label=f"building the Temporal {name}",
            say=say,
        )
    if fault:
        raise Misconfigured(f"The Temporal {name} could not be built: {fault}")
    return target


@asynccontextmanager
async def real_server(folder: Path, postgresql: str, say: Say, tls: ServerTls | None = None) -> AsyncIterator[str]:
    """Run one while the block runs; yields its host:port. No namespace is there yet.

    `postgresql`: the URL of a maintenance database whose user may create databases. `tls`: None for none.

    Raises:
        Misconfigured: it can't be built, or does not come up within a minute.
    """
    found = await asyncio.to_thread(programs, say)
    await asyncio.to_thread(_make_databases, found.sql, postgresql)
    ports = {name: free_port() for name in ("frontend", "history", "matching", "worker")}
    _write_config(folder, ports, postgresql, tls)
    log = folder / "server.log"
    argv = [str(found.server), "--root", str(folder), "--config", "config", "--env", "bench", "--allow-no-auth"]
    process = await child.launch([*argv, "start"], env={}, log=log)
    try:
        address = f"127.0.0.1:{ports['frontend']}"
        await _until_serving(address, process, log, tls)
        yield address
    finally:
        await child.stop(process, _STOP_S)


def _make_databases(tool: Path, postgresql: str) -> None:
    where = urlsplit(postgresql)
    said = ["--ep", str(where.hostname), "-p", str(where.port), "-u", str(where.username), "--pl", "postgres12_pgx"]
    for database, schema in ((MAIN, "temporal"), (VISIBILITY, "visibility")):
        for step in (
            ["create-database"],
            ["setup-schema", "-v", "0.0"],
            ["update-schema", "--schema-name", f"postgresql/v12/{schema}"],
        ):
            argv = [str(tool), *said, "--db", database, *step]
            done = subprocess.run(argv, capture_output=True, text=True, timeout=_SCHEMA_WITHIN_S, check=False)
            if done.returncode != 0:
                raise Misconfigured(f"{step[0]} of {database} failed: {done.stdout[-500:]}{done.stderr[-500:]}")


def _write_config(folder: Path, ports: dict[str, int], postgresql: str, tls: ServerTls | None) -> None:
    config = folder / "config"
    config.mkdir(parents=True)
    # Both are read as YAML, of which JSON is a part.
    said = _config(ports, postgresql, config)
    if tls is not None:
        said["global"]["tls"] = _tls(tls)
    (config / "bench.yaml").write_text(json.dumps(said), "utf-8")
    limits = {name: [{"value": json.loads(value)}] for name, value in DYNAMIC_CONFIG.items()}
    (config / "limits.yaml").write_text(json.dumps(limits), "utf-8")


def _config(ports: dict[str, int], postgresql: str, folder: Path) -> dict[str, Any]:
    address = f"127.0.0.1:{ports['frontend']}"
    itself = {"enabled": True, "initialFailoverVersion": 1, "rpcName": "frontend", "rpcAddress": address}
    return {
        "log": {"stdout": True, "level": "warn"},
        "persistence": {
            "defaultStore": MAIN,
            "visibilityStore": VISIBILITY,
            "numHistoryShards": _SHARDS,
            "datastores": {
                MAIN: {"sql": _store(postgresql, MAIN, 20)},
                VISIBILITY: {"sql": _store(postgresql, VISIBILITY, 5)},
            },
        },
        "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1"}},
        "services": {
            name: {"rpc": {"grpcPort": port, "membershipPort": _low_port(), "bindOnLocalHost": True}}
            for name, port in ports.items()
        },
        "clusterMetadata": {
            "enableGlobalNamespace": False,
            "failoverVersionIncrement": 10,
            "masterClusterName": "active",
            "currentClusterName": "active",
            "clusterInformation": {"active": itself},
        },
        "dcRedirectionPolicy": {"policy": "noop"},
        "dynamicConfigClient": {"filepath": str(folder / "limits.yaml"), "pollInterval": "10s"},
    }


def _tls(tls: ServerTls) -> dict[str, Any]:
    """Whoever calls the frontend shows a certificate; the server's own services and workers do too."""
    own = {"certFile": str(tls.cert), "keyFile": str(tls.key)}
    known = {"serverName": tls.name, "rootCaFiles": [str(tls.authority)]}
    server = {**own, "requireClientAuth": True, "clientCaFiles": [str(tls.authority)]}
    return {
        "internode": {"server": server, "client": known},
        "frontend": {"server": server, "client": known},
        "systemWorker": {**own, "client": known},
    }


def _low_port() -> int:
    """The server keeps its membership ports in a column of two bytes with a sign: one below 32768 that nobody has."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    taken = {int(line.split()[1].rpartition(":")[2], 16) for line in lines}
    return random.choice(sorted(set(range(20_000, 32_000)) - taken))


def _store(postgresql: str, database: str, connections: int) -> dict[str, Any]:
    where = urlsplit(postgresql)
    return {
        "pluginName": "postgres12_pgx",
        "databaseName": database,
        "connectAddr": f"{where.hostname}:{where.port}",
        "connectProtocol": "tcp",
        "user": where.username,
        "password": where.password or "",
        "maxConns": connections,
        "maxIdleConns": connections,
        "maxConnLifetime": "1h",
    }


async def _until_serving(address: str, process: asyncio.subprocess.Process, log: Path, tls: ServerTls | None) -> None:
    try:
        async with asyncio.timeout(_READY_S):
            while process.returncode is None and not await _is_serving(address, tls):  # noqa: ASYNC110 – nothing tells us
                await asyncio.sleep(_LOOK_EVERY_S)
    except TimeoutError:
        pass
    else:
        if process.returncode is None:
            return
    raise Misconfigured("The Temporal server did not come up; its last lines:\n" + "\n".join(child.tail(log, 10)))


async def _is_serving(address: str, tls: ServerTls | None) -> bool:
    """A namespace is not asked for: none is there."""
    shown: TLSConfig | bool = False
    if tls is not None:
        files = (file.read_bytes() for file in (tls.authority, tls.cert, tls.key))
        authority, cert, key = files
        shown = TLSConfig(server_root_ca_cert=authority, domain=tls.name, client_cert=cert, client_private_key=key)
    try:
        client = await Client.connect(address, tls=shown)
        return await client.service_client.check_health()
    except RuntimeError:  # the SDK raises it where nothing listens
        return False
