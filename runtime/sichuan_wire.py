"""川渝通办 as it is wired here: settings of the environment → adapter and callbacks; keys are looked up by day."""

from datetime import date

from domain.terms import Partner
from exchange.sichuan.intake import UNSIGNED, SichuanIntake
from exchange.traffic import Traffic
from partners.sichuan import KeysOn, SichuanAdapter, SichuanSettings, SignAlgorithm
from runtime import partner_settings
from runtime.container import Container, now
from runtime.keys import DatedKey, active_keys
from runtime.network import Network


def network(container: Container) -> Network:
    """川渝通办 for this process: adapter and what takes its callbacks, no polls (contracts.md A)."""
    given, edge = container.settings.sichuan, container.settings.edge
    settings = sichuan_settings(given)
    traffic = Traffic(
        container.database,
        Partner.SICHUAN.value,
        signed_per_s=edge.partner_per_s,
        unsigned_per_hour=edge.unsigned_per_hour,
        codes=UNSIGNED,
    )
    return Network(
        adapter=SichuanAdapter(settings, now),
        per_second=given.per_second,
        callbacks=SichuanIntake(container.database, container.inbox, settings, now, traffic),
    )


def sichuan_settings(given: partner_settings.SichuanSettings) -> SichuanSettings:
    """The settings as the adapter takes them; both sides' keys are looked up by the day of a call."""
    return SichuanSettings(
        base_url=str(given.base_url),
        our_app=given.our_app,
        partner_app=given.partner_app,
        our_keys=_keys_on(given.our_keys),
        partner_keys=_keys_on(given.partner_keys),
        alg=SignAlgorithm(given.alg.value),
        window_s=given.window_s,
    )


def _keys_on(keys: tuple[DatedKey, ...]) -> KeysOn:
    def on(day: date) -> tuple[str, ...]:
        return active_keys(keys, day)

    return on
