"""Settings of the environment → what the Sichuan adapter is made of; keys are looked up by day, so they rotate."""

from partners.sichuan import SichuanSettings, SignAlgorithm
from runtime import partner_settings
from runtime.keys import active_keys


def sichuan_wire(settings: partner_settings.SichuanSettings) -> SichuanSettings:
    """One mapping for the worker's adapter and the web process's callbacks."""
    return SichuanSettings(
        base_url=settings.base_url,
        our_app=settings.our_app,
        partner_app=settings.partner_app,
        our_keys=lambda day: active_keys(settings.our_keys, day),
        partner_keys=lambda day: active_keys(settings.partner_keys, day),
        alg=SignAlgorithm(settings.alg.value),
        window_s=settings.window_s,
    )
