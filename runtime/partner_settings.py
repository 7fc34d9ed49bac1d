"""One settings model per partner network and one for the carrier, and what the sandbox plays them with.

Base URLs, ids, keys, windows and poll intervals are settings because contracts.md is a composite: when an
official document arrives, an adapter changes and nothing else does.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    StringConstraints,
    model_validator,
)

from runtime.keys import Certificates, DatedKeys


def _base_url(url: str) -> str:
    HttpUrl(url)
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]
Seconds = Annotated[float, Field(gt=0)]
Unit = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}\z")]
Text = Annotated[str, StringConstraints(min_length=1)]


class SignAlgorithm(StrEnum):
    """Agreed signature algorithm (签名算法), contracts.md A `X-CY-Sign-Alg`."""

    HMAC_SHA256 = "HMAC-SHA256"
    HMAC_SM3 = "HMAC-SM3"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Network(_Group):
    per_second: float = Field(
        50, gt=0, description="activities a second for this network, over all workers: commands, files, polls"
    )


class SichuanSettings(_Network):
    """Variables SICHUAN_… for 川渝通办, contracts.md A."""

    base_url: BaseUrl = Field(description="Sichuan's gateway; the commands' paths /cy/v1/… are added")
    our_app: Text = Field(description="our X-CY-App-Id")
    partner_app: Text = Field(description="the partner's X-CY-App-Id")
    our_keys: DatedKeys = Field(description="keys that sign our side: text[@from/to], comma between two")
    partner_keys: DatedKeys = Field(description="keys that sign the partner's side, written alike")
    alg: SignAlgorithm = Field(SignAlgorithm.HMAC_SHA256, description="HMAC-SHA256 or HMAC-SM3")
    window_s: Seconds = Field(90, description="how far a timestamp may be off, seconds")


class SouthwestSettings(_Network):
    """Variables SOUTHWEST_… for 跨西南五省通办, contracts.md B."""

    hub_url: BaseUrl = Field(description="the exchange hub; /swx/api/{operation} is added")
    app_id: Text = Field(description="our C-App-Id")
    tenancy: Unit = Field(description="our 12-digit region, C-Tenancy-Id")
    our_certs: Certificates = Field(
        description="our certificates: serial:SM2 private key in hex[@from/to], comma between two; the newest signs"
    )
    partner_keys: Certificates = Field(
        description="the provinces' certificates: serial:SM2 public key in hex[@from/to], comma between; give one "
        "that is revoked an end in the past"
    )
    poll_s: Seconds = Field(60, description="seconds between polls (±20 %) while something comes")
    poll_max_s: Seconds = Field(600, description="seconds between polls when nothing comes")
    poll_quiet_s: Seconds | None = Field(
        None, description="the same after five minutes in which we have sent nothing either; empty: as POLL_MAX_S"
    )
    empty_polls_days: float = Field(7, gt=0, description="days that the log keeps polls which brought nothing")


class InterprovincialSettings(_Network):
    """Variables INTERPROVINCIAL_… for 跨省通办, contracts.md C."""

    gateway_url: BaseUrl = Field(description="the national gateway; /kstb and /auth/refreshSecret are added")
    paasid: Text = Field(description="x-tif-paasid")
    token: DatedKeys = Field(
        description="secret token of the gateway headers: text[@from/to], comma between two; the newest signs"
    )
    sid: Text = Field(description="gjgxjhpt_sid")
    rid: Text = Field(description="gjgxjhpt_rid")
    app_key: DatedKeys = Field(
        description="keys that sign the request for a fresh secret: text[@from/to], comma between two"
    )
    sqzcm: Text = Field(description="our registration code (授权注册码)")
    fsdw: Unit = Field(description="our 12-digit region, FSDW")
    poll_s: Seconds = Field(60, description="seconds between FetchNotices while something comes")
    poll_max_s: Seconds = Field(600, description="seconds between FetchNotices when nothing comes")
    poll_quiet_s: Seconds | None = Field(
        None, description="the same after five minutes in which we have sent nothing either; empty: as POLL_MAX_S"
    )
    empty_polls_days: float = Field(7, gt=0, description="days that the log keeps polls which brought nothing")
    renew_before_s: Seconds = Field(180, description="a secret is renewed so many seconds before its end")
    window_s: Seconds = Field(600, description="how far the time of an answer (FSSJ) may be off, seconds")


class CourierSettings(_Group):
    """Variables COURIER_… for the postal carrier's interface (邮政寄递), postal.md."""

    base_url: BaseUrl = Field(description="the carrier's interface")
    key: SecretStr = Field(description="key shared with the carrier")


class LicencesSettings(_Group):
    """Variables LICENCES_… for the check of electronic licences (电子证照核验), licences.md."""

    base_url: BaseUrl | None = Field(
        None, description="the office that answers for electronic licences; empty: clerks look at them themselves"
    )
    app: str = Field("", description="our X-Licence-App")
    key: SecretStr = Field(SecretStr(""), description="key shared with the office, which signs both sides")

    @model_validator(mode="after")
    def _whole(self) -> "LicencesSettings":
        if self.base_url is not None and not (self.app and self.key.get_secret_value()):
            raise ValueError("LICENCES_BASE_URL needs LICENCES_APP and LICENCES_KEY")
        return self


class ReaderSettings(_Group):
    """Variables READER_… for the card readers of the windows (读卡器), reader.md."""

    agent_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+(/[^\s]*[^\s/])?)?$",
        description="the agent that reads identity cards, {client} for the window's own address, "
        "e.g. http://{client}:19196; empty: there are no readers",
    )


# The public test keys of the contracts' vectors; a real peer never has them. Strings, as they would be written.
_SM2_EXAMPLE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
_SM2_EXAMPLE_PUBLIC = (
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)


def sandbox_defaults(partners_port: int, couriers_port: int) -> dict[str, dict[str, Any]]:
    """Group → member → value for SANDBOX=1 where nothing else is said: addresses on this machine, public test keys.

    A real peer never has these keys.
    """
    partners = f"http://127.0.0.1:{partners_port}"
    return {
        "sichuan": {
            "base_url": partners,
            "our_app": "cq-yuzhong-01",
            "partner_app": "sc-adapter-01",
            "our_keys": "fedcba9876543210fedcba9876543210",
            "partner_keys": "0123456789abcdef0123456789abcdef",
        },
        "southwest": {
            "hub_url": partners,
            "app_id": "cqyz-exch",
            "tenancy": "500103000000",
            "our_certs": f"5001030000000001:{_SM2_EXAMPLE}",
            "partner_keys": f"5300000000000001:{_SM2_EXAMPLE_PUBLIC}",
            "poll_s": "1",
            "poll_max_s": "3",
            "poll_quiet_s": "30",
            "empty_polls_days": "0.1",
        },
        "interprovincial": {
            "gateway_url": partners,
            "paasid": "cqyz",
            "token": "TOKEN",
            "sid": "s_1",
            "rid": "r_1",
            "app_key": "fedcba9876543210fedcba9876543210",
            "sqzcm": "CQYZ0001",
            "fsdw": "500103000000",
            "poll_s": "1",
            "poll_max_s": "3",
            "poll_quiet_s": "30",
            "empty_polls_days": "0.1",
        },
        "courier": {
            "base_url": f"http://127.0.0.1:{couriers_port}",
            "key": "courier-sandbox-key",
        },
        "sms": {
            "base_url": f"http://127.0.0.1:{couriers_port}/sms/v1",
            "account": "cqyz",
            "key": "sms-sandbox-key",
            "receipt_key": "sms-receipt-sandbox-key",
            "every_s": "1",
        },
        "licences": {"base_url": partners, "app": "cq-yuzhong-01", "key": "licences-sandbox-key"},
        "reader": {"agent_url": partners},
    }
