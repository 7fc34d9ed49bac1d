"""Settings of the edge: who speaks for others, under which names we answer, and how much and how fast one may ask."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from runtime.partner_settings import Seconds

Network = IPv4Network | IPv6Network
NOBODY = "off"
ANY_HOST = "any"
_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[?[0-9a-f:.]+\]?")


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a comma list of addresses and networks (`10.0.0.0/8`); none for `off` and for nothing.

    Raises:
        ValueError: a word that is neither.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    return () if words == [NOBODY] else tuple(ip_network(word) for word in words)


def is_within(host: str, known: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of the networks; no address lies in none."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in known)


def hosts(text: str) -> tuple[str, ...]:
    """The names of a comma list in lower case.

    Raises:
        ValueError: a word that is no name of a host.
    """
    words = tuple(word.strip().lower() for word in text.split(",") if word.strip())
    if strange := [word for word in words if not _HOST.fullmatch(word)]:
        raise ValueError(f"no name of a host, without port and https://: {', '.join(strange)}")
    return words


def _networks_checked(text: str) -> str:
    networks(text)
    return text


def _hosts_checked(text: str) -> str:
    hosts(text)
    return text


class EdgeSettings(BaseModel):
    """What holds for every request before it is looked at."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    trusted_proxies: Annotated[str, AfterValidator(_networks_checked)] = Field(
        "",
        description="addresses or networks of our own proxies, with commas: their X-Forwarded-For, -Proto and -Host "
        "count, nobody else's do",
    )
    hosts: Annotated[str, AfterValidator(_hosts_checked)] = Field(
        "",
        description="names under which we answer, with commas, *.example for all below; any: every name; empty: that "
        "of PUBLIC_URL and this machine's own, and every name where HOST is not this machine alone and PUBLIC_URL "
        "is empty",
    )
    hsts_s: int = Field(
        31_536_000, ge=0, description="seconds for which a browser that came over https uses nothing else; 0: not said"
    )
    operations_from: Annotated[str, AfterValidator(_networks_checked)] = Field(
        "127.0.0.0/8,::1",
        description="addresses or networks from which /metrics, /readyz and /docs are read without a login, with "
        "commas; off: from nowhere. Set it to off where a proxy on this machine is not among EDGE_TRUSTED_PROXIES",
    )
    head_s: Seconds = Field(10, description="seconds that a caller has for the head of a request")
    body_s: Seconds = Field(20, description="seconds after which a body must have come at EDGE_BODY_BYTES_PER_S")
    body_bytes_per_s: int = Field(4096, ge=1, description="least average speed of a body that takes longer than that")
    send_s: Seconds = Field(30, description="seconds after which a caller that takes no answer is given up")
    connections: int = Field(1000, ge=10, description="connections at once, all together; more are sent away")
    connections_per_address: int = Field(
        200, ge=1, description="connections at once from one address; proxies of ours may have all"
    )
    address_per_s: int = Field(
        200, ge=0, description="requests a second from one address, ten times as many at once; 0: no limit"
    )
    account_per_s: int = Field(
        100, ge=0, description="requests a second of one account, ten times as many at once; 0: no limit"
    )
    partner_per_s: int = Field(
        200, ge=0, description="signed callbacks a second of one network, ten times as many at once; 0: no limit"
    )
    unsigned_per_hour: int = Field(
        100,
        ge=1,
        description="unsigned callbacks an hour, and refusals of strangers, that are written down one by one; more are "
        "counted only",
    )
