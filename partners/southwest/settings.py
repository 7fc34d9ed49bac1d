"""What must be agreed with the exchange hub before a single byte travels (contracts.md B)."""

from datetime import date, datetime, timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from domain.model import Frozen
from partners.sm2 import PrivateKey, PublicKey
from partners.standards import CHINA


class SigningCertificate(Frozen):
    """A certificate of ours and the days (Asia/Shanghai, both included) on which it signs."""

    serial: str = Field(min_length=1, max_length=64)
    private_key_hex: SecretStr
    not_before: date = date.min
    not_after: date = date.max

    @model_validator(mode="after")
    def _check(self) -> Self:
        PrivateKey(self.private_key_hex.get_secret_value())
        return self


class PeerCertificate(Frozen):
    """A certificate of the hub or a province. A point off the curve is refused here, not when it is used."""

    serial: str = Field(min_length=1, max_length=64)
    public_key_hex: str
    not_before: date = date.min
    not_after: date = date.max
    revoked_on: date | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        PublicKey(self.public_key_hex)
        return self

    def ended(self, day: date) -> bool:
        """Whether it does not count on `day`: not yet valid, expired or revoked (SW100203)."""
        revoked = self.revoked_on is not None and day >= self.revoked_on
        return revoked or not self.not_before <= day <= self.not_after


class SouthwestSettings(Frozen):
    """Addresses, ids and certificates of 西南五省通办. All settings: the contract is a composite."""

    hub_url: str = Field(description="without a slash at its end; /swx/api/{operation} is added")
    app_id: str = Field(min_length=1, max_length=128, description="our C-App-Id")
    tenancy: str = Field(pattern=r"^[0-9]{12}\z", description="our 12-digit region, C-Tenancy-Id")
    channel: str = Field(default="99", description="txnIttChnlId")
    own: tuple[SigningCertificate, ...] = Field(min_length=1, description="at most two count on one day")
    peers: tuple[PeerCertificate, ...] = Field(min_length=1)
    provinces: frozenset[str] = Field(
        default=frozenset({"450000", "510000", "520000", "530000", "540000"}),
        description="whose streams we take: 桂川黔滇藏 (decisions.md 14)",
    )
    poll_s: float = Field(default=60, gt=0, description="between polls while something comes, ± 20 %")
    poll_max_s: float = Field(default=600, gt=0, description="between polls while nothing comes")
    poll_quiet_s: float | None = Field(default=None, gt=0, description="instead, where nobody has said anything lately")
    empty_polls_kept: timedelta = Field(default=timedelta(days=7), description="their lines in the exchange log")
    rows_per_batch: int = Field(default=500, ge=1)

    @property
    def region(self) -> str:
        """Our 6-digit region: `from` of what we send, `to` of what we take."""
        return self.tenancy[:6]

    def signing(self, now: datetime) -> SigningCertificate | None:
        """Our newest certificate that counts on that day of Asia/Shanghai; None: none does."""
        today = now.astimezone(CHINA).date()
        counting = [c for c in self.own if c.not_before <= today <= c.not_after]
        return max(counting, key=lambda c: c.not_before, default=None)

    def peer(self, serial: str) -> PeerCertificate | None:
        """The certificate of the hub or a province with this serial; None: unknown here. It may have ended."""
        return next((c for c in self.peers if c.serial == serial), None)
