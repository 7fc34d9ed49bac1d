"""The table of partner networks: which module wires which, loaded only where the adapter is there.

A network joins by its folder under `partners/`, its wiring module and its line here; taking its folder away leaves the
others as they are.
"""

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

from domain.terms import Partner
from exchange.circuit_breaker import Breaker, BreakerAdapter, probe_interval
from exchange.reconciliation import BatchBooks
from partners.base import PartnerAdapter
from runtime.container import Container, now
from runtime.network import Network

_WIRING = {
    Partner.SICHUAN: "runtime.sichuan_wire",
    Partner.SOUTHWEST: "runtime.southwest_wire",
    Partner.INTERPROVINCIAL: "runtime.interprovincial_wire",
}


def is_connected(partner: Partner) -> bool:
    """Whether this installation has the adapter of a network."""
    return find_spec(f"partners.{partner}") is not None


def networks_of(container: Container) -> dict[Partner, Network]:
    """Every connected network, its adapter behind its breaker.

    Raises:
        Misconfigured: a setting is no key; the sentence names the variable.
    """
    return {partner: _guarded(import_module(_WIRING[partner]).network(container), container) for partner in connected()}


def connected() -> tuple[Partner, ...]:
    """The networks whose adapters are here."""
    return tuple(partner for partner in Partner if is_connected(partner))


def adapters_of(networks: dict[Partner, Network]) -> dict[Partner, PartnerAdapter]:
    """Network → its adapter."""
    return {partner: network.adapter for partner, network in networks.items()}


def books_of(networks: dict[Partner, Network]) -> dict[Partner, BatchBooks]:
    """Network → how its books are compared, for those without a query (B)."""
    return {partner: network.books for partner, network in networks.items() if network.books is not None}


def _guarded(network: Network, container: Container) -> Network:
    adapter = network.adapter
    breaker = Breaker(container.database, adapter.partner, now, probe_interval(container.settings.time_scale))
    return replace(network, adapter=BreakerAdapter(adapter, breaker, container.database, container.sealer, now))
