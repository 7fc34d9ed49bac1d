"""The composition root: settings become the parts that the worker, the web process and the commands share."""

import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.terms import Partner
from logistics.carrier import CarrierClient
from logistics.promise_rules import PromiseRules
from partners import sichuan, southwest
from partners.base import PartnerAdapter
from relay.guarded import Breaker, GuardedAdapter, probe_interval
from relay.intake_interprovincial import InterprovincialIntake
from relay.intake_southwest import SouthwestIntake
from relay.southwest_streams import SouthwestStreams
from runtime.interprovincial_wire import interprovincial_adapter
from runtime.keys import DatedKey, KeyRing, active_keys
from runtime.settings import Settings
from runtime.southwest_wire import southwest_settings
from storage.base import Database
from storage.documents import Documents
from storage.inbox import GAP_PATIENCE, Inbox
from storage.sealing import Sealer


def now() -> datetime:
    """The wall clock of this process."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Parts:
    """What every process has."""

    settings: Settings
    database: Database
    sealer: Sealer
    documents: Documents
    inbox: Inbox


def parts_of(settings: Settings) -> Parts:
    sealer = Sealer(_ring(settings.seal_keys))
    return Parts(
        settings=settings,
        database=Database(settings.database_url),
        sealer=sealer,
        documents=Documents(settings.data_dir / "documents", sealer),
        inbox=Inbox(sealer, gap_patience(settings)),
    )


def gap_patience(settings: Settings) -> timedelta:
    """How long a gap in a sequence may stay open before the authority is asked."""
    return GAP_PATIENCE / settings.time_scale


@dataclass(frozen=True)
class Networks:
    """The three adapters, each behind its breaker, and the intakes of the two that are polled."""

    adapters: dict[Partner, PartnerAdapter]
    southwest_intake: SouthwestIntake
    interprovincial_intake: InterprovincialIntake


def networks_of(parts: Parts) -> Networks:
    streams = SouthwestStreams(parts.database, parts.sealer)
    south = southwest.SouthwestAdapter(southwest_settings(parts.settings.southwest), streams, now)
    inter = interprovincial_adapter(parts.settings.interprovincial, parts.database, parts.sealer, now)
    plain: tuple[PartnerAdapter, ...] = (sichuan.SichuanAdapter(sichuan_settings(parts.settings), now), south, inter)
    return Networks(
        adapters={adapter.partner: _guarded(adapter, parts) for adapter in plain},
        southwest_intake=SouthwestIntake(parts.database, parts.sealer, parts.inbox, south, streams, now),
        interprovincial_intake=InterprovincialIntake(parts.database, parts.inbox, inter, now),
    )


def _guarded(adapter: PartnerAdapter, parts: Parts) -> PartnerAdapter:
    probe_every = probe_interval(parts.settings.time_scale)
    breaker = Breaker(parts.database, adapter.partner, now, probe_every)
    return GuardedAdapter(adapter, breaker, parts.database, now)


def carrier_of(settings: Settings) -> CarrierClient:
    return CarrierClient(settings.courier.base_url, settings.courier.key.get_secret_value(), now)


def promise_rules(settings: Settings) -> PromiseRules:
    """What is promised at doors."""
    given = settings.promise
    return PromiseRules(
        pickup_minutes=given.pickup_minutes,
        delivery_minutes=given.delivery_minutes,
        warn_minutes=given.warn_minutes,
        pause_cap_minutes=given.pause_cap_minutes,
    )


def label_key(settings: Settings) -> bytes:
    """The secret of the square codes on labels."""
    if settings.label_key is not None:
        return settings.label_key.current.secret.get_secret_value()
    oldest = settings.seal_keys.keys[-1].secret.get_secret_value()
    return hmac.digest(oldest, b"kuayu label codes", "sha256")


def sichuan_settings(settings: Settings) -> sichuan.SichuanSettings:
    given = settings.sichuan
    return sichuan.SichuanSettings(
        base_url=str(given.base_url),
        our_app=given.our_app,
        partner_app=given.partner_app,
        our_keys=_keys_on(given.our_keys),
        partner_keys=_keys_on(given.partner_keys),
        alg=sichuan.SignAlgorithm(given.alg.value),
        window_s=given.window_s,
    )


def _keys_on(keys: tuple[DatedKey, ...]) -> sichuan.KeysOn:
    def on(day: date) -> tuple[str, ...]:
        return active_keys(keys, day)

    return on


def _ring(ring: KeyRing) -> dict[str, bytes]:
    return {key.kid: key.secret.get_secret_value() for key in ring.keys}
