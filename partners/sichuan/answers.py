"""What we answer to a callback, in Sichuan's words: a signed acknowledgement or a problem (contracts.md A)."""

import json
from datetime import datetime

from partners.callbacks import CallbackAnswer
from partners.sichuan.codes import Code
from partners.sichuan.settings import SichuanSettings
from partners.sichuan.signing import answer_text, sign
from partners.standards import format_instant, sm3_hex


def acknowledgement(
    settings: SichuanSettings,
    now: datetime,
    *,
    nonce: str,
    message_id: str,
    callback: bytes,
    received_at: datetime,
    duplicate: bool,
) -> CallbackAnswer:
    """200, signed over status, `nonce` (the request's), timestamp and body (contracts.md A "Signed text").

    `callback`: the body being acknowledged; `received_at`: when it was first committed; `duplicate`: it was known.
    """
    content = {
        "code": Code.OK.value,
        "msgId": message_id,
        "receivedAt": format_instant(received_at),
        "bodySm3": sm3_hex(callback),
        "duplicate": duplicate,
    }
    body = json.dumps(content, separators=(",", ":")).encode()
    timestamp = str(int(now.timestamp()))
    text = answer_text(Code.OK.status, nonce, timestamp, body)
    headers = {
        "Content-Type": "application/json",
        "X-CY-Timestamp": timestamp,
        "X-CY-Nonce": nonce,
        "X-CY-Sign-Alg": settings.alg.value,
        "X-CY-Signature": sign(settings.alg, settings.our_keys_at(now), text),
    }
    return CallbackAnswer(Code.OK, Code.OK.status, headers, body)


def problem(code: Code, *, server_time: int | None = None, retry_after_s: int | None = None) -> CallbackAnswer:
    """`application/problem+json` with `code`; unsigned. CY4013 carries our clock in epoch seconds."""
    content: dict[str, str | int] = {
        "type": "about:blank",
        "title": code.words,
        "status": code.status,
        "code": code.value,
    }
    if server_time is not None:
        content["serverTime"] = server_time
    headers = {"Content-Type": "application/problem+json"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return CallbackAnswer(code, code.status, headers, json.dumps(content, separators=(",", ":")).encode())
