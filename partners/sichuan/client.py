"""One attempt to say something to Sichuan: signed, bounded, its answer checked (contracts.md A).

2xx answers must be signed with our nonce; an unsigned or wrongly signed one counts as an answer that was lost.
"""

import re
import secrets
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from domain.errors import AnswerLost, PartnerError, PartnerRefused, PartnerUnavailable, PartnerUntrusted
from partners.attempt import ANSWER_BYTES, TOTAL_S, TOTAL_WITH_FILE_S, Answer, Attempts
from partners.base import Now
from partners.sichuan.codes import REFUSED, SENTENCES, Meaning, meaning_of_status
from partners.sichuan.settings import SichuanSettings
from partners.sichuan.signing import answer_text, request_text, sign, verify
from partners.signed_text import tell
from partners.standards import NotStrictJson, parse_json_object

FILE_ANSWER_BYTES: Final = 20 * 1024 * 1024
_UNTRUSTED: Final = "对方系统的答复未按约定签名，已按未收到处理。"


class Signed(NamedTuple):
    """A 2xx answer whose signature was checked."""

    status: int
    body: bytes


class SichuanClient:
    """Signs, sends once, checks the answer's signature. Safe to use from several threads."""

    def __init__(self, settings: SichuanSettings, now: Now, attempts: Attempts | None = None) -> None:
        self._settings = settings
        self._now = now
        self._attempts = attempts or Attempts()

    def call(self, method: str, path: str, message_id: str, body: bytes = b"") -> Signed:
        """A command or a query; `path` below the gateway's address, `message_id` 8 to 64 of `[A-Za-z0-9_-]`.

        Raises:
            PartnerUnavailable: 408, 409, 425, 429, 503, or nothing was sent.
            AnswerLost: another 5xx, or no answer in time; PartnerUntrusted for a 2xx that is not signed as agreed.
            PartnerRefused: any other status; `code` is the problem's CY code, else `HTTP` and the status.
        """
        return self._call(method, path, message_id, body, "application/json", TOTAL_S, ANSWER_BYTES)

    def put_file(self, path: str, message_id: str, data: bytes) -> Signed:
        """PUT raw bytes; 60 s in total. Raises as `call`."""
        return self._call("PUT", path, message_id, data, "application/octet-stream", TOTAL_WITH_FILE_S, ANSWER_BYTES)

    def get_file(self, path: str, message_id: str) -> Signed:
        """GET raw bytes, at most 20 MB; 60 s in total. Raises as `call`."""
        return self._call("GET", path, message_id, b"", None, TOTAL_WITH_FILE_S, FILE_ANSWER_BYTES)

    def _call(
        self,
        method: str,
        path: str,
        message_id: str,
        body: bytes,
        media_type: str | None,
        total_s: float,
        max_bytes: int,
    ) -> Signed:
        url = self._settings.base_url + path
        nonce = secrets.token_hex(16)
        headers = self._headers(method, url, message_id, nonce, body)
        if media_type:
            headers["Content-Type"] = media_type
        answer = self._attempts.make(method, url, headers=headers, body=body, total_s=total_s, max_bytes=max_bytes)
        meaning = meaning_of_status(answer.status)
        if meaning is not Meaning.TAKEN:
            raise _fault(meaning, answer)
        self._check(answer, nonce)
        return Signed(answer.status, answer.body)

    def _headers(self, method: str, url: str, message_id: str, nonce: str, body: bytes) -> dict[str, str]:
        settings, now = self._settings, self._now()
        timestamp, parts = str(int(now.timestamp())), urlsplit(url)
        text = request_text(method, parts.path, parts.query, settings.our_app, timestamp, nonce, message_id, body)
        headers = {
            "X-CY-App-Id": settings.our_app,
            "X-CY-Timestamp": timestamp,
            "X-CY-Nonce": nonce,
            "X-CY-Msg-Id": message_id,
            "X-CY-Sign-Alg": settings.alg.value,
            "X-CY-Signature": sign(settings.alg, settings.our_keys_at(now), text),
        }
        tell(text, settings.alg.value, headers)
        return headers

    def _check(self, answer: Answer, nonce: str) -> None:
        now, said = self._now(), answer.headers
        timestamp = said.get("X-CY-Timestamp", "")
        text = answer_text(answer.status, nonce, timestamp, answer.body) if timestamp.isascii() else b""
        trusted = (
            re.fullmatch(r"[0-9]{10}", timestamp) is not None
            and said.get("X-CY-Nonce") == nonce
            and said.get("X-CY-Sign-Alg") == self._settings.alg.value
            and _within(timestamp, now, self._settings.window_s)
            and verify(
                self._settings.alg,
                self._settings.partner_keys_at(now),
                text,
                said.get("X-CY-Signature", ""),
            )
        )
        if not trusted:
            raise PartnerUntrusted(_UNTRUSTED, code="UNSIGNED_ANSWER")


def _within(timestamp: str, now: datetime, window_s: float) -> bool:
    return abs(int(now.timestamp()) - int(timestamp)) <= window_s


def _fault(meaning: Meaning, answer: Answer) -> PartnerError:
    code = _code(answer)
    retry_after_s = _retry_after_s(answer)
    match meaning:
        case Meaning.AGAIN:
            return PartnerUnavailable("对方系统繁忙，稍后自动重试。", code=code, retry_after_s=retry_after_s)
        case Meaning.LOST:
            return AnswerLost("对方系统出错，稍后自动重试。", code=code, retry_after_s=retry_after_s)
        case _:
            return PartnerRefused(SENTENCES.get(code, REFUSED), code=code)


def _code(answer: Answer) -> str:
    """The problem's code if it has one of the contract's form, else the HTTP status: theirs is untrusted text."""
    try:
        code = parse_json_object(answer.body).get("code")
    except NotStrictJson:
        code = None
    known = isinstance(code, str) and re.fullmatch(r"CY[0-9]{4}", code)
    return str(code) if known else f"HTTP{answer.status}"


def _retry_after_s(answer: Answer) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"[0-9]{1,5}", text) else None
