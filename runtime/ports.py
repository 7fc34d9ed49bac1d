"""Whether the ports that we need are free, asked before anything is started."""

import asyncio
import socket
from collections.abc import Sequence

from domain.errors import Misconfigured
from runtime.settings import Settings

_LOOK_EVERY_S = 0.1


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port on this machine that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def settle_ports(settings: Settings, *, patience_s: float = 3) -> Settings:
    """The settings with ports that are all free.

    An inner port that nobody has named gives way to a free one. A killed system needs a moment to let go of its
    ports: `patience_s` seconds.

    Raises:
        Misconfigured: PORT, or a port that was named, is taken; the sentence names the variable.
    """
    moved = {}
    for name in _needed(settings):
        host = settings.host if name == "port" else "127.0.0.1"
        if await _becomes_free(host, getattr(settings, name), patience_s):
            continue
        if name == "port" or name in settings.model_fields_set:
            raise Misconfigured(
                f"Port {getattr(settings, name)} on {host} is taken by another program: stop that program, "
                f"or set {name.upper()} to another port"
            )
        moved[name] = free_port()
    return settings.model_copy(update=moved)


def _needed(settings: Settings) -> Sequence[str]:
    names = ["port"]
    if settings.embedded:
        names += ["temporal_port", "temporal_ui_port"]
    if settings.sandbox:
        names += ["sandbox_partners_port", "sandbox_couriers_port"]
    return names


async def _becomes_free(host: str, port: int, patience_s: float) -> bool:
    deadline = asyncio.get_running_loop().time() + patience_s
    while not is_free(host, port):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)
    return True
