"""Who calls, over which scheme and under which name: from our own proxies as they say it, from all others as it is.

Headers that anybody could have written (`X-Forwarded-…` of a stranger) change nothing.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from starlette.types import Scope

from runtime.edge_settings import Network, is_within
from web.security.callers import FORWARDED

RawHeaders = Sequence[tuple[bytes, bytes]]

_FOR: Final = b"x-forwarded-for"
_PROTO: Final = b"x-forwarded-proto"
_HOST: Final = b"x-forwarded-host"
_SAID: Final = frozenset({_FOR, _PROTO, _HOST, b"x-real-ip", b"forwarded", b"via"})
_SCHEMES: Final = frozenset({"http", "https"})


def resolve(scope: Scope, trusted: tuple[Network, ...]) -> None:
    """Set `client`, `scheme` and the `host` header of a request to what a trusted proxy says of them."""
    said = [header for header in scope["headers"] if header[0] in _SAID]
    if not said:
        return
    peer = scope["client"][0] if scope.get("client") else ""
    if not is_within(peer, trusted):
        scope[FORWARDED] = True
        return
    told = {name: _last(said, name) for name in (_FOR, _PROTO, _HOST)}
    caller = _first_stranger(_joined(said, _FOR), trusted)
    if caller is not None:
        scope["client"] = (caller, 0)
    if told[_PROTO] in _SCHEMES:
        scope["scheme"] = told[_PROTO]
    if told[_HOST]:
        kept = [header for header in scope["headers"] if header[0] != b"host"]
        scope["headers"] = [(b"host", told[_HOST].encode("latin-1")), *kept]


def _joined(said: RawHeaders, name: bytes) -> str:
    return ",".join(value.decode("latin-1") for header, value in said if header == name)


def _last(said: RawHeaders, name: bytes) -> str:
    """What the proxy next to us said; those before it may be anybody's words."""
    return _joined(said, name).rpartition(",")[2].strip().lower()


def _first_stranger(chain: str, trusted: tuple[Network, ...]) -> str | None:
    """The nearest address that is none of our proxies; None where the chain says nothing that is an address."""
    found = None
    for word in reversed(chain.split(",")):
        address = _address(word.strip())
        if address is None:
            break
        found = address
        if not is_within(address, trusted):
            break
    return found


def _address(word: str) -> str | None:
    """Some proxies add a port: `203.0.113.9:51234`, `[2001:db8::1]:443`."""
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        return str(ip_address(word))
    except ValueError:
        return None
