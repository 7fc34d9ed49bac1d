"""Answers about second factors (第二因素): what an account has, what a new one brings, what a key is asked."""

from pydantic import Field, JsonValue

from domain.people import SessionStage
from web.answers.base import Answer, Moment


class AppBegun(Answer):
    """`secret`: in base 32, to be typed; `address`: `otpauth://…`, what the square code says. Neither is told again."""

    secret: str
    address: str


class FactorGained(Answer):
    """`recoveryCodes`: with the first factor, each good once, told only here. `token`, `stage`: where it was enrolled
    in the middle of a login, the session that goes on; None in an open session."""

    recovery_codes: tuple[str, ...]
    token: str | None
    stage: SessionStage | None


class RecoveryCodesMade(Answer):
    """Ten, each good once, told only here; those of before count no more."""

    recovery_codes: tuple[str, ...]


class KeyHeld(Answer):
    """A security key by the name that its owner gave it. `usedAt` None: never since it was added."""

    id: str
    name: str
    added_at: Moment
    used_at: Moment | None


class FactorsHeld(Answer):
    """What an account has. `required`: its role may not be without. `keysHere`: keys can be used at this address."""

    app: bool
    keys: tuple[KeyHeld, ...]
    recovery_codes_left: int
    required: bool
    keys_here: bool


class KeyQuestion(Answer):
    """`publicKey`: as `navigator.credentials.create` or `.get` takes it (WebAuthn), bytes in base64url."""

    public_key: dict[str, JsonValue] = Field(
        description="PublicKeyCredentialCreationOptions or …RequestOptions as JSON"
    )


class CertificateQuestion(Answer):
    """`challenge`: to be sent back; `message`: what the key signs (SM2 over SM3, GB/T 35276), in UTF-8."""

    challenge: str
    message: str
    until: Moment
