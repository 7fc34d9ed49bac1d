"""Logging in by a certificate, for the program that talks to the USB key (UKey middleware)."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from domain.model import Strict
from web.answers.factors import CertificateQuestion
from web.answers.sessions import LoggedInAs
from web.foundation.context import Ctx
from web.security.certificates import answer, ask
from web.security.session import keep_cookie

router = APIRouter(prefix="/api/v1/login", tags=["登录"])


class CertificateAsked(Strict):
    """Whose key is to sign."""

    username: str = Field(min_length=1, max_length=64)


class CertificateAnswered(Strict):
    """`certificate`: PEM, or DER in base64. `signature`: of the question's message, DER in base64 (GB/T 35276)."""

    challenge: str = Field(max_length=1024)
    certificate: str = Field(max_length=16_384)
    signature: str = Field(max_length=256)


@router.post("/certificate:ask", operation_id="askCertificate", response_model=CertificateQuestion)
def ask_certificate(asked: CertificateAsked, ctx: Ctx) -> dict[str, Any]:
    """What the key of an account signs; good for five minutes and one answer. Refused: 409 NO_CERTIFICATES."""
    question = ask(ctx, asked.username)
    return {"challenge": question.challenge, "message": question.message, "until": question.until.isoformat()}


@router.post("/certificate", operation_id="answerCertificate", response_model=LoggedInAs)
async def answer_certificate(
    said: CertificateAnswered, request: Request, response: Response, ctx: Ctx
) -> dict[str, Any]:
    """A session for whose key has signed. Refused: 401 CERTIFICATE; 409 NO_CERTIFICATES; 429 BUSY."""
    opened = await answer(ctx, request, said.challenge, said.certificate, said.signature)
    keep_cookie(request, ctx, response, opened.token)
    return {"token": opened.token, "role": opened.role, "stage": opened.stage}
