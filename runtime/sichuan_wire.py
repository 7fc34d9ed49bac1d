"""川渝通办 as it is wired here: settings of the environment → adapter and callbacks; keys are looked up by day."""

from datetime import date

from partners.sichuan import KeysOn, SichuanAdapter, SichuanSettings, SignAlgorithm
from relay.intake_sichuan import SichuanIntake
from runtime import partner_settings
from runtime.components import Parts, now
from runtime.keys import DatedKey, active_keys
from runtime.network import Network


def network(parts: Parts) -> Network:
    given = parts.settings.sichuan
    settings = sichuan_settings(given)
    return Network(
        adapter=SichuanAdapter(settings, now),
        per_second=given.per_second,
        callbacks=SichuanIntake(parts.database, parts.inbox, settings, now),
    )


def sichuan_settings(given: partner_settings.SichuanSettings) -> SichuanSettings:
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
