"""From where a request comes, as it is counted; and what may be read from here without a login."""

import re
from ipaddress import IPv6Address, ip_address
from typing import Final

from fastapi import Request

from runtime.edge_settings import is_within, networks
from runtime.settings import Settings

FORWARDED: Final = "kuayu.forwarded"
"""Set in the scope where somebody whom we don't trust says that he asks for another: he may be a proxy."""

_BROWSERS: Final = tuple(
    (name, re.compile(mark + r"(\d{1,4})"))
    for name, mark in (
        ("Edge", "Edg/"),
        ("微信", "MicroMessenger/"),
        ("Firefox", "Firefox/"),
        ("Chrome", "Chrome/"),
        ("Safari", "Version/"),
    )
)
_SYSTEMS: Final = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAM: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,30}")


def network_of(request: Request) -> str:
    """The caller's address as it is counted; empty where there is none."""
    return counted_as(request.client.host if request.client is not None else "")


def counted_as(host: str) -> str:
    """An address; of IPv6 the network, as one household has 2^64 of them. What is no address stays."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or f"{int(address) >> 64:x}::/64")
    return host


def agent_of(request: Request) -> str:
    """The browser and its system in a few words, e.g. "Chrome 140 · Windows"; of a program its own name.

    Empty where nothing is said. Only words of a list and digits, or letters of a program's name: it is shown to people.
    """
    said = request.headers.get("user-agent", "")
    browser = next((f"{name} {found[1]}" for name, mark in _BROWSERS if (found := mark.search(said))), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    if browser or system:
        return " · ".join(filter(None, (browser, system)))
    program = _PROGRAM.match(said)
    return program[0] if program is not None else ""


def comes_from_operations(request: Request, settings: Settings) -> bool:
    """Whether EDGE_OPERATIONS_FROM has the caller's address, and he speaks for himself.

    One who has no address comes through a socket of this machine.
    """
    host = request.client.host if request.client is not None else ""
    if request.scope.get(FORWARDED):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return is_within(host, networks(settings.edge.operations_from))
