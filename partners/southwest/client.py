"""Calls to the exchange hub: one attempt each, signed, every way to fail an error of its own (contracts.md B)."""

import base64
import json
import secrets
from typing import Any, Final

from pydantic import ConfigDict, ValidationError

from domain.errors import AnswerLost, PartnerRefused, PartnerUnavailable
from domain.model import Frozen
from partners.attempt import ANSWER_BYTES, TOTAL_S, TOTAL_WITH_FILE_S, Answer, Attempts
from partners.base import Now
from partners.signed_text import tell
from partners.southwest.codes import INNER_OK, Code, fault_of
from partners.southwest.settings import SouthwestSettings
from partners.southwest.signing import Signer, request_text
from partners.southwest.stamps import business_id, compact
from partners.standards import NotStrictJson, parse_json_object

SEND_BATCH: Final = "exch0001"
LIST_BATCHES: Final = "exch0002"
DOWNLOAD: Final = "exch0003"
SEND_RECEIPT: Final = "exch0004"
LIST_RECEIPTS: Final = "exch0005"
SEND_FILE: Final = "exch0006"
FETCH_FILE: Final = "exch0007"

_BATCH_BYTES: Final = 16 * 1024 * 1024
_FILE_BYTES: Final = 28 * 1024 * 1024
_PAGE: Final = "50"


class ListedBatch(Frozen):
    """One line of exch0002. The cursor is opaque; asked from it, the hub lists what comes after this batch."""

    model_config = ConfigDict(strict=True)

    cd_batch: str
    cursor: str


class HubClient:
    """Calls to the hub, one attempt each.

    Outer answers are unsigned; what they carry is verified by whoever reads it. Every call raises PartnerUnavailable
    (busy, HTTP 5xx), AnswerLost (UNREADABLE and those of `partners.attempt`) or PartnerRefused (another code).
    """

    def __init__(self, settings: SouthwestSettings, now: Now, attempts: Attempts | None = None) -> None:
        self._settings = settings
        self._now = now
        self._signer = Signer(settings)
        self._attempts = attempts or Attempts()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._attempts.close()

    def send_batch(self, batch: dict[str, Any]) -> str:
        """exch0001. The inner code: `00`, or why the batch was not taken. Raises PartnerError."""
        return str(self._call(SEND_BATCH, batch, trace=batch["manifest"]["cd_batch"])["code"])

    def list_batches(self, cursor: str, limit: int) -> list[ListedBatch]:
        """exch0002: at most `limit` batches for us behind `cursor` ("": from the first). Raises PartnerError."""
        answer = self._succeed(LIST_BATCHES, {"cursor": cursor, "limit": limit})
        try:
            return [ListedBatch.model_validate(line) for line in _list(answer, "batches")]
        except ValidationError as fault:
            raise _unreadable() from fault

    def download(self, cd_batch: str) -> dict[str, Any]:
        """exch0003: `{"code","manifest","rowsGzB64"}`, whatever the code. Raises PartnerError."""
        return self._call(DOWNLOAD, {"cd_batch": cd_batch}, max_bytes=_BATCH_BYTES)

    def send_receipt(self, receipt: dict[str, Any]) -> None:
        """exch0004: a receipt as `BatchReceipt.wire` gives it. Raises PartnerError."""
        self._succeed(SEND_RECEIPT, {"receipt": receipt})

    def list_receipts(self, cursor: str, limit: int) -> list[dict[str, Any]]:
        """exch0005: receipts not yet verified, at most `limit` behind `cursor`, each with its own `cursor`.

        Raises PartnerError.
        """
        answer = self._succeed(LIST_RECEIPTS, {"cursor": cursor, "limit": limit})
        receipts = _list(answer, "receipts")
        if not all(isinstance(line, dict) and isinstance(line.get("cursor"), str) for line in receipts):
            raise _unreadable()
        return receipts

    def send_file(self, sha256: str, data: bytes) -> None:
        """exch0006: a file by its SHA-256 in lower-case hex; again is harmless. Raises PartnerError."""
        content = {"sha256": sha256, "dataB64": base64.b64encode(data).decode("ascii")}
        self._succeed(SEND_FILE, content, total_s=TOTAL_WITH_FILE_S)

    def fetch_file(self, sha256: str) -> str:
        """exch0007: the file in base64. Raises PartnerError; PartnerRefused (SW200201) where there is none."""
        answer = self._call(FETCH_FILE, {"sha256": sha256}, max_bytes=_FILE_BYTES, total_s=TOTAL_WITH_FILE_S)
        _check_inner(answer)
        data = answer.get("dataB64")
        if not isinstance(data, str):
            raise _unreadable()
        return data

    def _succeed(self, operation: str, content: dict[str, Any], *, total_s: float = TOTAL_S) -> dict[str, Any]:
        answer = self._call(operation, content, total_s=total_s)
        _check_inner(answer)
        return answer

    def _call(
        self,
        operation: str,
        content: dict[str, Any],
        *,
        trace: str | None = None,
        max_bytes: int = ANSWER_BYTES,
        total_s: float = TOTAL_S,
    ) -> dict[str, Any]:
        """The inner answer, with a text in `code`. With a `trace` of its own a retry has the same body."""
        common = self._common(trace or secrets.token_hex(16))
        body = json.dumps(
            {"txnCommCom": common, "txnBodyCom": content}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        answer = self._attempts.make(
            "POST",
            f"{self._settings.hub_url}/swx/api/{operation}",
            headers=self._headers(operation, body),
            body=body,
            total_s=total_s,
            max_bytes=max_bytes,
        )
        return _inner(answer)

    def _common(self, trace: str) -> dict[str, str]:
        return {
            "txnIttChnlId": self._settings.channel,
            "tStsTraceId": trace,
            "tRecInPage": _PAGE,
            "tPageJump": "1",
        }

    def _headers(self, operation: str, body: bytes) -> dict[str, str]:
        now, settings = self._now(), self._settings
        serial, stamp, business = self._signer.serial(now), compact(now), business_id(now)
        text = request_text(operation, settings.app_id, settings.tenancy, business, stamp, body)
        signed = {
            "C-App-Id": settings.app_id,
            "C-Tenancy-Id": settings.tenancy,
            "C-Business-Id": business,
            "C-Timestamp": stamp,
            "C-Sign-Cert": serial,
            "C-Sign": self._signer.sign(text, serial),
        }
        tell(text, "SM2-SM3", signed)
        return {"Content-Type": "application/json"} | signed


def _inner(answer: Answer) -> dict[str, Any]:
    if answer.status in (408, 409, 425, 429) or answer.status >= 500:
        raise PartnerUnavailable("西南交换中心暂时不可用", code=f"HTTP_{answer.status}")
    if answer.status != 200:
        raise PartnerRefused("西南交换中心的答复不合约定", code=f"HTTP_{answer.status}")
    outer = _parsed(answer.body)
    code = outer.get("C-Response-Code")
    if not isinstance(code, str):
        raise _unreadable()
    if code != Code.OK:
        raise fault_of(code)
    inner_text = outer.get("C-Response-Body")
    if not isinstance(inner_text, str):
        raise _unreadable()
    inner = _parsed(inner_text.encode("utf-8", "surrogatepass"))
    if not isinstance(inner.get("code"), str):
        raise _unreadable()
    return inner


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        return parse_json_object(raw)
    except NotStrictJson as fault:
        raise _unreadable() from fault


def _check_inner(answer: dict[str, Any]) -> None:
    if answer["code"] != INNER_OK:
        raise fault_of(answer["code"])


def _list(answer: dict[str, Any], member: str) -> list[Any]:
    found = answer.get(member)
    if not isinstance(found, list):
        raise _unreadable()
    return found


def _unreadable() -> AnswerLost:
    return AnswerLost("西南交换中心的答复无法识别", code="UNREADABLE")
