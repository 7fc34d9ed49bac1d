"""What must be agreed with the national gateway before a single byte travels (contracts.md C)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from domain.errors import Misconfigured
from domain.model import Frozen
from partners.standards import CHINA

KeysOn = Callable[[date], tuple[str, ...]]
"""The key texts (ASCII) that count on a day of Asia/Shanghai, newest first, at most two."""


def _no_slash_at_end(url: str) -> str:
    return url.rstrip("/")


class InterprovincialSettings(Frozen):
    """Addresses, ids and keys of 跨省通办. Everything here is a setting: the contract is a composite."""

    gateway_url: Annotated[str, AfterValidator(_no_slash_at_end)] = Field(
        description="the national gateway; /kstb and /auth/refreshSecret are added"
    )
    paasid: str = Field(min_length=1, description="x-tif-paasid")
    tokens: KeysOn = Field(description="the gateway's token by day, never on the wire; the newest signs")
    sid: str = Field(min_length=1, description="gjgxjhpt_sid")
    rid: str = Field(min_length=1, description="gjgxjhpt_rid")
    app_keys: KeysOn
    registration_code: str = Field(min_length=1, description="sqzcm 授权注册码")
    unit: str = Field(pattern=r"^[0-9]{12}\z", description="our 12-digit region, FSDW")
    renew_before_s: float = Field(default=180, gt=0, description="a secret is renewed so long before its end")
    poll_s: float = Field(default=60, gt=0, description="between two FetchNotices while something comes")
    poll_max_s: float = Field(default=600, gt=0, description="at most, while nothing comes")
    poll_quiet_s: float | None = Field(default=None, gt=0, description="instead, where nobody has said anything lately")
    empty_polls_kept: timedelta = Field(default=timedelta(days=7), description="their lines in the exchange log")
    answer_window_s: float = Field(default=600, gt=0, description="how far an answer's FSSJ may be off")

    def token_at(self, now: datetime) -> str:
        """The gateway's newest token that counts on that day of Asia/Shanghai.

        Raises:
            Misconfigured: none does.
        """
        counting = self.tokens(now.astimezone(CHINA).date())
        if not counting:
            raise Misconfigured("INTERPROVINCIAL_TOKEN：今天没有可用的网关令牌")
        return counting[0]

    def app_keys_at(self, now: datetime) -> tuple[bytes, ...]:
        """Our app keys that count on that day of Asia/Shanghai, newest first; () when none does."""
        return tuple(key.encode("ascii") for key in self.app_keys(now.astimezone(CHINA).date()))
