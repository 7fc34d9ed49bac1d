"""No test touches what its session did not start: a system that runs beside the tests keeps its ports to itself.

Watched are the Python sockets of this process, the clients of the Temporal SDK (whose own sockets no patch sees), and
`kuayu` programs that a test starts: those have to be told each port. Ours is a port that the kernel has chosen for us,
or one that we listen on. What is refused is an error of the network to the program, and fails the test whatever the
program makes of it.
"""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from temporalio.service import ConnectConfig, ServiceClient

_TOLD = ("PORT", "TEMPORAL_UI_PORT", "SANDBOX_PARTNERS_PORT", "SANDBOX_COURIERS_PORT")
_ENGINE = ("TEMPORAL_PORT", "TEMPORAL_ADDRESS")

_ours: set[int] = set()
_held: list[socket.socket] = []
_crossed: list[str] = []
_starting = False
_real_bind, _real_listen = socket.socket.bind, socket.socket.listen
_real_connect, _real_connect_ex = socket.socket.connect, socket.socket.connect_ex
_real_engine = ServiceClient.connect


class Crossed(ConnectionRefusedError):
    """Something was asked for that this session has not started."""


def guard() -> None:
    """Watch from now on; once per process."""
    socket.socket.bind = _bind
    socket.socket.listen = _listen
    socket.socket.connect = _connect
    socket.socket.connect_ex = _connect_ex
    ServiceClient.connect = staticmethod(_engine)
    sys.addaudithook(_program)


def crossed() -> list[str]:
    """What was refused since the last time this was asked."""
    found = _crossed[:]
    _crossed.clear()
    return found


@contextmanager
def engines_of_our_own() -> Iterator[None]:
    """Within, the SDK starts a server by itself, on a port that it alone knows: its client's port is ours."""
    global _starting
    _starting = True
    try:
        yield
    finally:
        _starting = False


def nowhere() -> int:
    """A port of this machine on which nobody answers: ours, and never listened on."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    _held.append(held)
    return int(held.getsockname()[1])


def nobodys_ports() -> dict[str, int]:
    """Settings for a process that shall find neither an engine nor played networks."""
    names = ("temporal_port", "temporal_ui_port", "sandbox_partners_port", "sandbox_couriers_port")
    return {name: nowhere() for name in names}


def _bind(self: socket.socket, address: Any) -> None:
    if self.family == socket.AF_UNIX or not isinstance(address, tuple):
        return _real_bind(self, address)
    if address[1] != 0 and address[1] not in _ours:
        raise _refused(f"bind to {address[0]}:{address[1]}")
    _real_bind(self, address)
    _ours.add(self.getsockname()[1])
    return None


def _listen(self: socket.socket, *backlog: int) -> None:
    _real_listen(self, *backlog)
    if self.family != socket.AF_UNIX:
        _ours.add(self.getsockname()[1])


def _connect(self: socket.socket, address: Any) -> None:
    _check(self, address)
    _real_connect(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _check(self, address)
    return _real_connect_ex(self, address)


def _check(self: socket.socket, address: Any) -> None:
    if self.family != socket.AF_UNIX and isinstance(address, tuple) and not _is_ours(str(address[0]), address[1]):
        raise _refused(f"connection to {address[0]}:{address[1]}")


async def _engine(config: ConnectConfig) -> ServiceClient:
    host, _, port = config.target_host.rpartition(":")
    if _starting and _is_loopback(host):
        _ours.add(int(port))
    if not _is_ours(host, int(port)):
        raise _refused(f"Temporal client of {config.target_host}") from None
    return await _real_engine(config)


def _program(event: str, args: tuple[Any, ...]) -> None:
    """A hook for all that the interpreter does; what matters here is who is started with which environment."""
    if event != "subprocess.Popen":
        return
    _, command, _, env = args
    words = [os.fsdecode(word) for word in command] if isinstance(command, Sequence) else []
    if not words or Path(words[0]).name != "kuayu":
        return
    known = _names(env)
    missing = [name for name in _TOLD if name not in known]
    if missing or not known.intersection(_ENGINE):
        raise _refused(f"kuayu {' '.join(words[1:])} without {', '.join(missing) or _ENGINE[0]}")


def _names(env: Any) -> set[str]:
    """Of an environment as the caller gave it, or already packed as `NAME=value`."""
    if env is None:
        return set(os.environ)
    if isinstance(env, Mapping):
        return {os.fsdecode(name) for name in env}
    return {os.fsdecode(pair).partition("=")[0] for pair in env}


def _is_ours(host: str, port: int) -> bool:
    return port in _ours and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


def _refused(what: str) -> Crossed:
    _crossed.append(what)
    return Crossed(f"{what}: not started by this test session")
