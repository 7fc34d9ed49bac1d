"""Our client of the licence office: one question, one signed answer (licences.md).

One attempt per call: who calls retries. A question carries its own key, so that asking again after a lost answer gives
the first one. What is not signed by the office was not said by it.
"""

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime

import requests
from pydantic import AwareDatetime, Field, ValidationError
from urllib3.exceptions import HTTPError

from domain.errors import LicenceOfficeAway
from domain.licences import LicenceEvidence, LicenceQuestion, OfficeWord
from domain.model import Frozen
from outbound.deadline import Deadline, bounded_session
from partners.licence_office import signing

PATH = "/licences/v1/checks"
MAX_ANSWER_BYTES = 64 * 1024
_CHUNK = 16 * 1024


class Timeouts(Frozen):
    """Seconds for one question; the applicant may still be at the window."""

    connect_s: float = Field(default=2, gt=0)
    read_s: float = Field(default=4, gt=0)
    total_s: float = Field(default=5, gt=0)


class _Answer(Frozen):
    check_id: str = Field(alias="checkId", pattern=r"^[A-Za-z0-9_-]{1,64}\z")
    result: OfficeWord
    checked_at: AwareDatetime = Field(alias="checkedAt")


class LicenceOffice:
    """The office at `base_url`. `app`, `key`: as agreed with it. Thread-safe: every call has its own connection."""

    def __init__(
        self, base_url: str, app: str, key: str, now: Callable[[], datetime], timeouts: Timeouts | None = None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._app = app
        self._key = key
        self._now = now
        self._timeouts = timeouts or Timeouts()

    def check(self, question: LicenceQuestion, round_: int) -> LicenceEvidence:
        """What the office says of this licence; the same answer for the same `question.key`.

        Raises:
            LicenceOfficeAway: no answer, a refusal, or one that is unreadable or not signed; `code` says which.
        """
        content = self._ask(_body_of(question))
        try:
            answer = _Answer.model_validate_json(content)
        except ValidationError as fault:
            raise _away("UNREADABLE") from fault
        return LicenceEvidence(
            check_id=answer.check_id,
            round=round_,
            word=answer.result,
            checked_at=answer.checked_at,
            answer_sha256=hashlib.sha256(content).hexdigest(),
        )

    def _ask(self, body: bytes) -> bytes:
        """The body of a 200 that the office has signed for this very request."""
        limits, nonce = self._timeouts, secrets.token_hex(16)
        with Deadline(limits.total_s, limits.read_s) as deadline, bounded_session() as session:
            try:
                with session.request(
                    "POST",
                    self._base_url + PATH,
                    data=body,
                    headers=self._headers(nonce, body),
                    timeout=(limits.connect_s, limits.read_s),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    content = _read(response)
            except (requests.RequestException, HTTPError, OSError) as fault:
                raise _away("TIMEOUT" if deadline.expired else type(fault).__name__) from fault
            if deadline.expired:
                raise _away("TIMEOUT")
        signed = signing.sign_answer(self._key, response.status_code, nonce, content)
        if not signing.same(signed, response.headers.get(signing.SIGNATURE, "")):
            raise _away("UNSIGNED" if response.status_code == 200 else str(response.status_code))
        if response.status_code != 200:
            raise _away(str(response.status_code))
        return content

    def _headers(self, nonce: str, body: bytes) -> dict[str, str]:
        time = str(int(self._now().timestamp()))
        return {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            signing.APP: self._app,
            signing.TIME: time,
            signing.NONCE: nonce,
            signing.SIGNATURE: signing.sign_request(self._key, "POST", PATH, self._app, time, nonce, body),
        }


def _body_of(question: LicenceQuestion) -> bytes:
    licence, applicant = question.licence, question.applicant
    holder = {"name": applicant.name, "idType": applicant.id_type, "idNumber": applicant.id_number}
    said = {
        "checkKey": question.key,
        "licence": {"type": licence.type, "number": licence.number, "issuer": licence.issuer},
        "holder": holder if licence.holder is None else {"name": licence.holder},
        "purpose": question.purpose,
        "consentedAt": licence.consented_at.isoformat(),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _read(response: requests.Response) -> bytes:
    content = bytearray()
    while chunk := response.raw.read(_CHUNK):
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise _away("TOO_LARGE")
    return bytes(content)


def _away(code: str) -> LicenceOfficeAway:
    return LicenceOfficeAway("电子证照系统暂时没有可信的答复，系统会再试，不成则由窗口自行核对。", code=code)
