"""One's own second factors (第二因素): an app with one-time codes, security keys, codes on paper."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, JsonValue, StringConstraints

from domain.model import Strict
from domain.one_time import in_base32, otpauth
from web.answers.factors import AppBegun, FactorGained, FactorsHeld, KeyQuestion, RecoveryCodesMade
from web.foundation.context import Context, Ctx
from web.security import enrolling
from web.security.enrolling import Enroller, Gained, enroller
from web.security.factor_rules import must_have
from web.security.passkeys import NAME, ours
from web.security.session import Oneself, keep_cookie

router = APIRouter(prefix="/api/v1/account/factors", tags=["登录"])

Enrolling = Annotated[Enroller, Depends(enroller)]
KeyName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f]+\z")
]


class FactorWanted(Strict):
    """`app`: one-time codes (TOTP), the one kind that is begun before it is confirmed."""

    kind: Literal["app"]


class AppCode(Strict):
    """`code`: what the app shows."""

    code: str = Field(min_length=1, max_length=32)


class KeyWanted(Strict):
    """`name`: what its owner calls the key."""

    name: KeyName


class KeyMade(KeyWanted):
    """`credential`: the PublicKeyCredential as JSON, bytes in base64url."""

    credential: dict[str, JsonValue]


class CodesWanted(Strict):
    """`recovery`: codes on paper."""

    kind: Literal["recovery"]


@router.get("", operation_id="listFactors", response_model=FactorsHeld)
def list_factors(person: Oneself, ctx: Ctx) -> dict[str, Any]:
    """What one's own account has besides its password."""
    held = enrolling.listed(ctx, person.username)
    return {
        "app": held.app,
        "keys": [
            {"id": key.key_id, "name": key.name, "addedAt": key.added_at.isoformat(), "usedAt": _said(key.used_at)}
            for key in held.keys
        ],
        "recoveryCodesLeft": held.codes_left,
        "required": must_have(ctx.settings, person.role),
        "keysHere": ours(ctx.settings) is not None,
    }


@router.post("", operation_id="beginFactor", response_model=AppBegun)
def begin(wanted: FactorWanted, who: Enrolling, ctx: Ctx) -> dict[str, Any]:
    """A secret for an app; it counts once `confirmFactor` had a right code. One that was never confirmed is replaced.

    For open sessions, and for logins in the stage SECOND_FACTOR of who has none. Refused: 401 LOGIN, LOGIN_STEP;
    409 APP_THERE, LOGIN_AGAIN.
    """
    secret = enrolling.begin_app(ctx, who)
    return {"secret": in_base32(secret), "address": otpauth(secret, NAME, who.username)}


@router.post("/app/confirm", operation_id="confirmFactor", response_model=FactorGained)
def confirm(typed: AppCode, who: Enrolling, request: Request, response: Response, ctx: Ctx) -> dict[str, Any]:
    """Let the app count. Refused: 401 LOGIN, LOGIN_STEP, SECOND_FACTOR; 409 LOGIN_AGAIN; 429 FACTOR_LOCKED."""
    return _told(request, response, ctx, enrolling.confirm_app(ctx, request, who, typed.code))


@router.delete("/app", operation_id="removeApp", status_code=204)
def remove_app(person: Oneself, request: Request, ctx: Ctx) -> None:
    """Take the app away. Refused: 404; 409 LAST_FACTOR, LOGIN_AGAIN."""
    enrolling.remove_app(ctx, enroller(request, ctx))


@router.post("/keys:ask", operation_id="askNewKey", response_model=KeyQuestion)
def ask_new_key(wanted: KeyWanted, who: Enrolling, ctx: Ctx) -> dict[str, Any]:
    """What a browser makes a new security key for; good for five minutes and one answer. Refused: 409 NO_KEYS."""
    return {"publicKey": enrolling.ask_new_key(ctx, who)}


@router.post("/keys", operation_id="addKey", response_model=FactorGained)
def add_key(made: KeyMade, who: Enrolling, request: Request, response: Response, ctx: Ctx) -> dict[str, Any]:
    """Let a security key count. Refused: 401 SECOND_FACTOR; 409 KEYS_FULL, NO_KEYS, LOGIN_AGAIN."""
    gained = enrolling.add_new_key(ctx, request, who, made.name, made.credential)
    return _told(request, response, ctx, gained)


@router.delete("/keys/{key_id}", operation_id="removeKey", status_code=204)
def remove_key(key_id: str, person: Oneself, request: Request, ctx: Ctx) -> None:
    """Take a security key away. Refused: 404; 409 LAST_FACTOR, LOGIN_AGAIN."""
    enrolling.remove_one_key(ctx, enroller(request, ctx), key_id)


@router.post("/codes", operation_id="renewRecoveryCodes", response_model=RecoveryCodesMade)
def renew_codes(wanted: CodesWanted, person: Oneself, request: Request, ctx: Ctx) -> dict[str, Any]:
    """Ten new recovery codes; those of before count no more. Refused: 409 NO_FACTOR, LOGIN_AGAIN."""
    return {"recoveryCodes": enrolling.renew_codes(ctx, enroller(request, ctx))}


def _told(request: Request, response: Response, ctx: Context, gained: Gained) -> dict[str, Any]:
    if gained.opened is not None:
        keep_cookie(request, ctx, response, gained.opened.token)
    token = gained.opened.token if gained.opened is not None else None
    stage = gained.opened.stage if gained.opened is not None else None
    return {"recoveryCodes": gained.codes, "token": token, "stage": stage}


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
