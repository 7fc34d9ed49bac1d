"""One HTTP attempt with limits that hold: total time, size after decompression, no redirects, no environment.

A read timeout alone does not stop a peer that sends one byte per second, so a watch shuts the socket at the
deadline (contracts.md "Outbound calls": connect 3 s, read 10 s, 15 s in total, 60 s with files).
"""

import socket
import threading
import zlib
from collections.abc import Iterable
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, NamedTuple, Self

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.exceptions import MaxRetryError as Exhausted
from urllib3.exceptions import NewConnectionError as NotConnected
from urllib3.poolmanager import PoolManager

from domain.errors import AnswerLost, PartnerUnavailable

CONNECT_S = 3.0
READ_S = 10.0
TOTAL_S = 15.0
TOTAL_WITH_FILE_S = 60.0
ANSWER_BYTES = 2 * 1024 * 1024
_CHUNK = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Answer(NamedTuple):
    """What came back. `body` is decompressed."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes


class _Session(requests.Session):
    """Follows no redirect and does not look at one either: that would read its body without our limit."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Attempts:
    """Makes attempts over one pool of connections; safe to use from several threads."""

    def __init__(self, *, connections: int = 8) -> None:
        self._session = _Session()
        self._session.trust_env = False  # no proxies or passwords from the environment
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _WatchedAdapter(pool_connections=2, pool_maxsize=connections)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

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
        """One attempt, nothing repeated.

        Raises PartnerUnavailable when nothing was sent, AnswerLost when the effect is unknown: the answer did
        not come in time, was cut short, is larger than `max_bytes`, or has an encoding we did not ask for.
        """
        asked = {"Accept-Encoding": "identity", **headers}
        with _Watch(total_s) as watch:
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
                raise _classified(fault) from fault
            if watch.expired:  # an answer without a length looks complete when its socket is shut
                raise AnswerLost("对方系统在规定时间内没有答复", code="TIMEOUT")
            return Answer(response.status_code, response.headers, received)

    def close(self) -> None:
        self._session.close()


def _classified(fault: Exception) -> PartnerUnavailable | AnswerLost:
    cause = fault.args[0] if isinstance(fault, requests.ConnectionError) and fault.args else None
    reason = cause.reason if isinstance(cause, Exhausted) else cause
    if isinstance(fault, requests.ConnectTimeout) or isinstance(reason, NotConnected):
        return PartnerUnavailable("对方系统暂时无法连接", code="UNREACHABLE")
    return AnswerLost("对方系统的答复没有收到", code="ANSWER_LOST")


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


class _Watch:
    """Shuts the attempt's socket when its time is up, whatever the thread is blocked on."""

    def __init__(self, total_s: float) -> None:
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(total_s, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _here.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None
        _here.watch = None

    def over(self, connected: socket.socket | None) -> None:
        with self._lock:
            self._socket = connected
            if self.expired:
                self._shut()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is None:
            return
        try:
            # Not the method of a TLS socket: it would drop its state under the reading thread.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # already closed


class _Here(threading.local):
    watch: _Watch | None = None


_here = _Here()


def _watch(connected: socket.socket | None) -> None:
    if _here.watch is not None:
        _here.watch.over(connected)


def _pieces(data: Any) -> Iterable[Any]:
    """A socket's timeout bounds one whole sendall, so a file goes out piece by piece."""
    if not isinstance(data, bytes) or len(data) <= _CHUNK:
        return (data,)
    return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))


def _reading_pace(connected: socket.socket | None) -> None:
    """Once connected, a stalled peer has the read timeout, not the connect timeout."""
    if connected is not None:
        connected.settimeout(READ_S)


class _WatchedConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        for piece in _pieces(data):
            super().send(piece)
            _reading_pace(self.sock)


class _WatchedSecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        for piece in _pieces(data):
            super().send(piece)
            _reading_pace(self.sock)


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedSecurePool(HTTPSConnectionPool):
    ConnectionCls = _WatchedSecureConnection


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedPool, "https": _WatchedSecurePool}
