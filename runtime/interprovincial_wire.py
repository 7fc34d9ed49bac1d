"""跨省通办 as it is wired here: adapter with its memory, polls; app keys are looked up by day."""

from datetime import datetime, timedelta

from pydantic import SecretBytes

from domain.jobs import Job
from exchange.interprovincial.intake import InterprovincialIntake
from jobs.interprovincial_poll import InterprovincialJob
from partners.base import Now
from partners.interprovincial import InterprovincialAdapter, InterprovincialSettings
from partners.interprovincial.secret import Secret
from runtime import partner_settings
from runtime.container import Container, now
from runtime.keys import active_keys
from runtime.network import Network
from storage.base import Database
from storage.exchange.interprovincial import NoticeTimesInDatabase, SecretsInDatabase, SerialsInDatabase
from storage.sealing import Sealer


def network(container: Container) -> Network:
    """跨省通办 for this process: adapter, the poll for notices, no callbacks (contracts.md C)."""
    given = container.settings.interprovincial
    adapter = interprovincial_adapter(given, container.database, container.sealer, now)
    intake = InterprovincialIntake(container.database, container.inbox, adapter, now)
    return Network(
        adapter=adapter,
        per_second=given.per_second,
        polls=lambda relay: {Job.POLL_INTERPROVINCIAL: InterprovincialJob(intake, relay).poll},
    )


def interprovincial_wire(settings: partner_settings.InterprovincialSettings) -> InterprovincialSettings:
    """The settings as the adapter takes them; token and app keys are looked up by the day of a call."""
    return InterprovincialSettings(
        gateway_url=settings.gateway_url,
        paasid=settings.paasid,
        tokens=lambda day: active_keys(settings.token, day),
        sid=settings.sid,
        rid=settings.rid,
        app_keys=lambda day: active_keys(settings.app_key, day),
        registration_code=settings.sqzcm,
        unit=settings.fsdw,
        renew_before_s=settings.renew_before_s,
        poll_s=settings.poll_s,
        poll_max_s=settings.poll_max_s,
        poll_quiet_s=settings.poll_quiet_s,
        empty_polls_kept=timedelta(days=settings.empty_polls_days),
        answer_window_s=settings.window_s,
    )


def interprovincial_adapter(
    settings: partner_settings.InterprovincialSettings, database: Database, sealer: Sealer, clock: Now
) -> InterprovincialAdapter:
    """One per process; serials, secret and notice times are shared by all processes through the database."""
    return InterprovincialAdapter(
        interprovincial_wire(settings),
        clock,
        secrets=SecretsInDatabase(database, sealer, clock, make=_secret, key_of=_key),
        serials=SerialsInDatabase(database, clock),
        notice_times=NoticeTimesInDatabase(database),
    )


def _secret(key: bytes, ends_at: datetime) -> Secret:
    return Secret(key=SecretBytes(key), ends_at=ends_at)


def _key(secret: Secret) -> bytes:
    return secret.key.get_secret_value()
