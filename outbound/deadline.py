"""HTTP over `requests` whose time in all is bounded, however the other side dribbles.

A read timeout does not stop a peer that sends one byte per second: it begins anew with each byte. So a timer shuts
the socket when the time is up, whatever the calling thread is blocked on: connecting, head, chunk sizes or body.
"""

import socket
import threading
from collections.abc import Iterable
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

_PIECE = 64 * 1024


class _Session(requests.Session):
    """Follows no redirect and does not look at one either: that would read its body without a limit."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def bounded_session(*, connections: int = 1) -> requests.Session:
    """A session that takes nothing from the environment, keeps no cookie, and heeds the `Deadline` of its thread.

    Up to `connections` per host are kept open for the next call.
    """
    session = _Session()
    session.trust_env = False  # no proxies or passwords from the environment
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(pool_connections=2, pool_maxsize=connections)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class Deadline:
    """For one call, made within `with` by this thread: after `total_s` seconds its socket is shut.

    `read_s`: seconds that a connected peer may stay silent. `expired`: afterwards, whether the time was up; an answer
    without a length looks complete when its socket is shut.
    """

    def __init__(self, total_s: float, read_s: float) -> None:
        self.expired = False
        self._read_s = read_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(total_s, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _here.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._socket = None
        _here.deadline = None

    def over(self, connected: socket.socket | None) -> None:
        """The call goes over this connection."""
        with self._lock:
            self._socket = connected
            if self.expired:
                self._shut()

    def reading_pace(self, connected: socket.socket | None) -> None:
        """Once connected, a stalled peer has the read timeout, not the connect timeout."""
        if connected is not None:
            connected.settimeout(self._read_s)

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
    deadline: Deadline | None = None


_here = _Here()


def _heed(connected: socket.socket | None) -> None:
    if _here.deadline is not None:
        _here.deadline.over(connected)


def _at_reading_pace(connected: socket.socket | None) -> None:
    if _here.deadline is not None:
        _here.deadline.reading_pace(connected)


def _pieces(data: Any) -> Iterable[Any]:
    """A socket's timeout bounds one whole sendall, so a file goes out piece by piece."""
    if not isinstance(data, bytes) or len(data) <= _PIECE:
        return (data,)
    return (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _heed(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _heed(self.sock)
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        for piece in _pieces(data):
            super().send(piece)
            _at_reading_pace(self.sock)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
