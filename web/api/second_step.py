"""The second step of a login, for programs and for pages with scripts."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field, JsonValue

from domain.model import Strict
from storage.people.sessions import Opened
from web.answers.factors import KeyQuestion
from web.answers.sessions import LoggedInAs
from web.foundation.context import Context, Ctx
from web.security.second_step import answer_code, answer_key, ask_key
from web.security.session import keep_cookie

router = APIRouter(prefix="/api/v1/login/second", tags=["登录"])


class CodeTyped(Strict):
    """`code`: six digits of the app, or a recovery code."""

    code: str = Field(min_length=1, max_length=32)


class KeyAsked(Strict):
    """Any key of the account may answer."""

    kind: Literal["key"]


class KeyAnswered(Strict):
    """`credential`: the PublicKeyCredential as JSON, bytes in base64url."""

    credential: dict[str, JsonValue]


@router.post("", operation_id="answerSecondStep", response_model=LoggedInAs)
def answer(typed: CodeTyped, request: Request, response: Response, ctx: Ctx) -> dict[str, Any]:
    """Go on with a login that `login` has answered with the stage SECOND_FACTOR; its token is exchanged for another.

    Refused: 401 LOGIN, SECOND_FACTOR; 429 FACTOR_LOCKED.
    """
    return _gone_on(request, response, ctx, answer_code(ctx, request, typed.code))


@router.post("/key:ask", operation_id="askKey", response_model=KeyQuestion)
def ask(asked: KeyAsked, request: Request, ctx: Ctx) -> dict[str, Any]:
    """What a key signs for this login; good for five minutes and one answer. Refused: 401 LOGIN, 409 NO_KEYS."""
    return {"publicKey": ask_key(ctx, request)}


@router.post("/key", operation_id="answerKey", response_model=LoggedInAs)
def answer_by_key(said: KeyAnswered, request: Request, response: Response, ctx: Ctx) -> dict[str, Any]:
    """Go on with a login by a security key. Refused: 401 LOGIN, SECOND_FACTOR; 409 NO_KEYS."""
    return _gone_on(request, response, ctx, answer_key(ctx, request, said.credential))


def _gone_on(request: Request, response: Response, ctx: Context, opened: Opened) -> dict[str, Any]:
    keep_cookie(request, ctx, response, opened.token)
    return {"token": opened.token, "role": opened.role, "stage": opened.stage}
