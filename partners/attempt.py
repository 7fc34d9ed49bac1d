"""One HTTP attempt with limits that hold: total time, size after decompression, no redirects, no environment.

contracts.md "Outbound calls": connect 3 s, read 10 s, 15 s in total, 60 s with files.
"""

import zlib
from pathlib import Path
from typing import NamedTuple

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError
from urllib3.exceptions import MaxRetryError as Exhausted
from urllib3.exceptions import NewConnectionError as NotConnected

from domain.errors import AnswerLost, PartnerUnavailable
from outbound.deadline import Deadline, bounded_session

CONNECT_S = 3.0
READ_S = 10.0
TOTAL_S = 15.0
TOTAL_WITH_FILE_S = 60.0
ANSWER_BYTES = 2 * 1024 * 1024
_CHUNK = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Answer(NamedTuple):
    """What came back: HTTP status, headers in any case, `body` decompressed. Nothing of it is verified yet."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes


class Attempts:
    """One HTTP attempt a call, over one pool of connections; safe to use from several threads.

    `ca`: file of the authority whose certificates count; None: those that requests knows.
    """

    def __init__(self, *, connections: int = 8, ca: Path | None = None) -> None:
        self._session = bounded_session(connections=connections)
        if ca is not None:
            self._session.verify = str(ca)

    def make(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: bytes = b"",
        total_s: float = TOTAL_S,
        max_bytes: int = ANSWER_BYTES,
    ) -> Answer:
        """One attempt, nothing repeated; any HTTP status is an answer. `total_s`: seconds for all of it.

        Raises:
            PartnerUnavailable: nothing was sent, code UNREACHABLE.
            AnswerLost: the effect is unknown: the answer did not come in time (TIMEOUT), was cut short (ANSWER_LOST),
                is larger than `max_bytes` (TOO_LARGE), or has an encoding that we did not ask for (ENCODING).
        """
        asked = {"Accept-Encoding": "identity", **headers}
        with Deadline(total_s, READ_S) as deadline:
            try:
                with self._session.request(
                    method,
                    url,
                    headers=asked,
                    data=body,
                    timeout=(CONNECT_S, READ_S),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    received = _read(response, max_bytes)
            except (requests.RequestException, HTTPError, OSError) as fault:
                raise _classified(fault, deadline) from fault
            if deadline.expired:
                raise _late()
            return Answer(response.status_code, response.headers, received)

    def close(self) -> None:
        """Close the connections that are kept open; the next attempt opens new ones."""
        self._session.close()


def _classified(fault: Exception, deadline: Deadline) -> PartnerUnavailable | AnswerLost:
    cause = fault.args[0] if isinstance(fault, requests.ConnectionError) and fault.args else None
    reason = cause.reason if isinstance(cause, Exhausted) else cause
    if isinstance(fault, requests.ConnectTimeout) or isinstance(reason, NotConnected):
        return PartnerUnavailable("对方系统暂时无法连接", code="UNREACHABLE")
    return _late() if deadline.expired else AnswerLost("对方系统的答复没有收到", code="ANSWER_LOST")


def _late() -> AnswerLost:
    return AnswerLost("对方系统在规定时间内没有答复", code="TIMEOUT")


def _read(response: requests.Response, max_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise AnswerLost("对方系统的答复编码不可识别", code="ENCODING")
    unpack = zlib.decompressobj(_GZIP) if encoding == "gzip" else None
    received = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        try:
            received += chunk if unpack is None else unpack.decompress(chunk, max_bytes + 1 - len(received))
        except zlib.error as fault:
            raise AnswerLost("对方系统的答复已损坏", code="ENCODING") from fault
        if len(received) > max_bytes:
            raise AnswerLost("对方系统的答复过大", code="TOO_LARGE")
    if unpack is not None and not unpack.eof:
        raise AnswerLost("对方系统的答复不完整", code="ENCODING")
    return bytes(received)
