"""Whether the ports that we need are free, asked before anything is started, and ours from then on.

Between the asking and the listening somebody else could take a port. So a port that is chosen stays bound here, without
listening (`free_port`), and one that is named or usual is claimed against other systems of ours (`claimed`).
"""

import asyncio
import socket
from collections.abc import Sequence
from typing import Final

from domain.errors import Misconfigured
from runtime.settings import Settings

_LOOK_EVERY_S = 0.1
_held: Final[list[socket.socket]] = []
_claims: Final[dict[int, socket.socket]] = {}


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
    """A port on this machine that nobody listens on, and that nobody else is given while this process lives.

    Linux gives a port that is bound neither to who asks for any port nor to a connection that goes out; a server that
    names it and sets SO_REUSEADDR, as all of ours do, may listen on it all the same.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _held.append(held)
    return int(held.getsockname()[1])


def claimed(port: int) -> bool:
    """Whether a port is ours to start on: no other system of this machine has claimed it and not yet listened.

    A name in Linux's abstract namespace, which has one owner and is gone with him, however he ends.
    """
    if port in _claims:
        return True
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0kuayu-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True


async def settle_ports(settings: Settings, *, patience_s: float = 3) -> Settings:
    """The settings with ports that are all free.

    An inner port that nobody has named gives way to a free one. A killed system needs a moment to let go of its
    ports: `patience_s` seconds. Two systems that are started at once settle on different ones.

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
    while not (is_free(host, port) and claimed(port)):
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_LOOK_EVERY_S)
    return True
