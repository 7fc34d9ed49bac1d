"""The adapter of an HTTP short-message gateway (短信网关), as messages.md has its wire. One attempt per call."""

import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from domain.errors import ChannelRefused, ChannelUnavailable
from messaging.signing import ACCOUNT, SIGNATURE, TIMESTAMP, signature
from outbound.deadline import Deadline, bounded_session

_CONNECT_S, _READ_S, _TOTAL_S = 3.0, 10.0, 15.0
_MAX_ANSWER_BYTES = 64 * 1024
_BUSY = frozenset({408, 425, 429})


class SmsGateway:
    """`POST {base_url}/messages`, signed. Thread-safe: every call has a connection of its own."""

    name = "sms"

    def __init__(self, base_url: str, account: str, key: str, now: Callable[[], datetime]) -> None:
        self._url = f"{base_url.rstrip('/')}/messages"
        self._account = account
        self._key = key.encode()
        self._now = now

    def send(self, message_id: str, to: str, text: str) -> None:
        """As `messaging.channel.Channel.send`; the gateway knows a message by its id."""
        body = json.dumps({"id": message_id, "to": to, "text": text}, ensure_ascii=False).encode()
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            ACCOUNT: self._account,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self._key, urlsplit(self._url).path, timestamp, body),
        }
        with Deadline(_TOTAL_S, _READ_S) as deadline, bounded_session() as session:
            try:
                with session.post(
                    self._url,
                    data=body,
                    headers=headers,
                    timeout=(_CONNECT_S, _READ_S),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    status, answer = response.status_code, response.raw.read(_MAX_ANSWER_BYTES)
            except (requests.RequestException, HTTPError, OSError) as fault:
                raise ChannelUnavailable("短信网关暂时联系不上，系统会自动重试。", code=type(fault).__name__) from fault
            if deadline.expired:
                raise ChannelUnavailable("短信网关响应过慢，系统会自动重试。", code="TIMEOUT")
        _judge(status, answer)


def _judge(status: int, answer: bytes) -> None:
    if 200 <= status < 300:
        return
    if status in _BUSY or status >= 500:
        raise ChannelUnavailable("短信网关繁忙，系统会自动重试。", code=str(status))
    raise ChannelRefused("短信网关没有受理。", code=_code(answer) or str(status))


def _code(answer: bytes) -> str:
    """The gateway's own word for a refusal, if it said one."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    code = said.get("code") if isinstance(said, dict) else None
    return code if isinstance(code, str) and code.isascii() and code.isidentifier() and len(code) <= 32 else ""
