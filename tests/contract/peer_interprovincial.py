"""The interprovincial network for the contract suite: notices are fetched and confirmed, secrets are renewed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pydantic import SecretBytes

from domain.inbound import InboundMessage
from domain.terms import Partner
from partners.attempt import Answer, Attempts
from partners.interprovincial import InterprovincialAdapter, InterprovincialSettings
from partners.interprovincial.secret import Secret, SecretMemory
from sandbox.main import SandboxSettings, build_app
from tests.contract.peers import Peer
from tests.contract.serving import served
from tests.in_memory import NoticeTimesInMemory, SecretsInMemory, SerialsInMemory

APP_KEY = "fedcba9876543210" * 2


def now() -> datetime:
    return datetime.now(UTC)


def settings(gateway_url: str, *app_keys: str, **changes: str) -> InterprovincialSettings:
    keys = app_keys or (APP_KEY,)
    agreed = {"paasid": "cqyz", "sid": "s_1", "rid": "r_1", "registration_code": "CQYZ0001"}
    return InterprovincialSettings(
        gateway_url=gateway_url,
        app_keys=lambda _: keys,
        tokens=lambda _: ("TOKEN",),
        unit="500103000000",
        **{**agreed, **changes},
    )


class OtherSeals(Attempts):
    """Answers arrive with a seal of somebody else."""

    def make(self, method: str, url: str, **given) -> Answer:
        answer = super().make(method, url, **given)
        return answer._replace(body=re.sub(rb"seal>[0-9a-f]{64}<", b"seal>" + b"0" * 64 + b"<", answer.body))


def wrong_secret() -> SecretMemory:
    memory = SecretsInMemory()
    ends_at = now() + timedelta(hours=1)
    memory.renew(None, 1, lambda: Secret(key=SecretBytes(b"not the gateway's"), ends_at=ends_at))
    return memory


def adapter(
    agreed: InterprovincialSettings,
    secrets: SecretMemory | None = None,
    attempts: Attempts | None = None,
    first_serial: int = 100_000_000_000,
) -> InterprovincialAdapter:
    return InterprovincialAdapter(
        agreed,
        now,
        secrets=secrets or SecretsInMemory(),
        serials=SerialsInMemory(first_serial),
        notice_times=NoticeTimesInMemory(),
        attempts=attempts,
    )


def collected(using: InterprovincialAdapter) -> list[InboundMessage]:
    fetched = using.fetch_notices()
    assert fetched.unreadable == ()
    messages = [notice.message for notice in fetched.notices]
    if messages:
        using.confirm_notices(tuple(message.message_id for message in messages))
    return messages


@contextmanager
def peer() -> Iterator[Peer]:
    app = build_app(SandboxSettings(pace_s=0.02), ("interprovincial",))
    with served(app) as theirs:
        ours = adapter(settings(theirs))
        yield Peer(
            partner=Partner.INTERPROVINCIAL,
            sandbox=theirs,
            region="440103",
            adapter=ours,
            collect=lambda: collected(ours),
            with_bad_keys=adapter(settings(theirs), wrong_secret()),
            distrusting=adapter(settings(theirs), attempts=OtherSeals()),
        )
