"""Settings of the environment → the interprovincial adapter with its memory; app keys are looked up by day."""

from datetime import datetime

from pydantic import SecretBytes

from partners.base import Now
from partners.interprovincial import InterprovincialAdapter, InterprovincialSettings
from partners.interprovincial.secret import Secret
from runtime import partner_settings
from runtime.keys import active_keys
from storage.base import Database
from storage.interprovincial import NoticeTimesInDatabase, SecretsInDatabase, SerialsInDatabase
from storage.sealing import Sealer


def interprovincial_wire(settings: partner_settings.InterprovincialSettings) -> InterprovincialSettings:
    return InterprovincialSettings(
        gateway_url=settings.gateway_url,
        paasid=settings.paasid,
        token=settings.token,
        sid=settings.sid,
        rid=settings.rid,
        app_keys=lambda day: active_keys(settings.app_key, day),
        registration_code=settings.sqzcm,
        unit=settings.fsdw,
        renew_before_s=settings.renew_before_s,
        poll_s=settings.poll_s,
        poll_max_s=settings.poll_max_s,
        answer_window_s=settings.window_s,
    )


def interprovincial_adapter(
    settings: partner_settings.InterprovincialSettings, database: Database, sealer: Sealer, now: Now
) -> InterprovincialAdapter:
    """One per process; serials, secret and notice times are shared by all processes through the database."""
    return InterprovincialAdapter(
        interprovincial_wire(settings),
        now,
        secrets=SecretsInDatabase(database, sealer, now, make=_secret, key_of=_key),
        serials=SerialsInDatabase(database, now),
        notice_times=NoticeTimesInDatabase(database),
    )


def _secret(key: bytes, ends_at: datetime) -> Secret:
    return Secret(key=SecretBytes(key), ends_at=ends_at)


def _key(secret: Secret) -> bytes:
    return secret.key.get_secret_value()
