"""跨西南五省通办 as it is wired here: adapter, polls and books; dated certificates, checked when the process starts."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from pydantic import ValidationError

from domain.errors import Misconfigured
from domain.jobs import Job
from exchange.southwest.intake import SouthwestIntake
from exchange.southwest.reconciliation import southwest_books
from exchange.southwest.streams import SouthwestStreams
from jobs.southwest_poll import SouthwestJob
from partners.southwest import PeerCertificate, SigningCertificate, SouthwestAdapter, SouthwestSettings
from runtime.container import Container, now
from runtime.keys import DatedCertificate
from runtime.network import Network
from runtime.partner_settings import SouthwestSettings as Given

Certificate = TypeVar("Certificate")


def network(container: Container) -> Network:
    """跨西南五省通办 for this process: adapter, the poll and how its books are compared (contracts.md B).

    Raises:
        Misconfigured: a certificate's key is none; the sentence names the variable.
    """
    given = container.settings.southwest
    streams = SouthwestStreams(container.database, container.sealer)
    adapter = SouthwestAdapter(southwest_settings(given), streams, now)
    intake = SouthwestIntake(container.database, container.sealer, container.inbox, adapter, streams, now)
    return Network(
        adapter=adapter,
        per_second=given.per_second,
        polls=lambda relay: {Job.POLL_SOUTHWEST: SouthwestJob(container.database, intake, relay, now).poll},
        books=southwest_books,
    )


def southwest_settings(given: Given) -> SouthwestSettings:
    """The settings as the adapter takes them.

    Raises:
        Misconfigured: a certificate's key is no SM2 key in hex; the sentence names the variable.
    """
    return SouthwestSettings(
        hub_url=given.hub_url,
        app_id=given.app_id,
        tenancy=given.tenancy,
        own=_each(_own, given.our_certs, "SOUTHWEST_OUR_CERTS"),
        peers=_each(_peer, given.partner_keys, "SOUTHWEST_PARTNER_KEYS"),
        poll_s=given.poll_s,
        poll_max_s=given.poll_max_s,
        poll_quiet_s=given.poll_quiet_s,
        empty_polls_kept=timedelta(days=given.empty_polls_days),
    )


def _each(
    make: Callable[[DatedCertificate], Certificate], given: Iterable[DatedCertificate], name: str
) -> tuple[Certificate, ...]:
    made = []
    for one in given:
        try:
            made.append(make(one))
        except ValidationError:
            raise Misconfigured(f"{name}: the key of certificate {one.serial} is no SM2 key in hex") from None
    return tuple(made)


def _own(one: DatedCertificate) -> SigningCertificate:
    return SigningCertificate(
        serial=one.serial, private_key_hex=one.text, not_before=one.not_before, not_after=one.not_after
    )


def _peer(one: DatedCertificate) -> PeerCertificate:
    key = one.text.get_secret_value()
    return PeerCertificate(serial=one.serial, public_key_hex=key, not_before=one.not_before, not_after=one.not_after)
