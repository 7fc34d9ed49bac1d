"""HTTP callers of the demo: people of the hall over the public interface, and the sandbox's own control side."""

import sys
import threading
import time
import uuid
from http import HTTPStatus
from typing import Any

import requests

_TIMEOUT_S = (3, 20)
_TRIES = 4


class Caller:
    """One logged-in person, or nobody. A session per thread. Who was idle for too long logs in again.

    Who finds the line cut, or is told to come again (503), does so under the same key, and it is said on the terminal.
    """

    def __init__(self, base: str, username: str | None = None) -> None:
        self._base = base
        self._local = threading.local()
        self._username = username
        self._token: str | None = None
        if username is not None:
            self._log_in(username)

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        return self._call("POST", path, body, key)

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body)

    def upload(self, data: bytes) -> str:
        """The name of the document that is kept now: its SHA-256."""
        return str(self._call("POST", "/api/v1/documents", data=data)["sha256"])

    def _call(self, method: str, path: str, body: Any = None, key: str | None = None, data: bytes | None = None) -> Any:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex} if method == "POST" else {}
        more: dict[str, Any] = {"json": body, "data": data, "headers": headers, "timeout": _TIMEOUT_S}
        answer = self._answered(method, path, more)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._username is not None and self._token is not None:
            self._log_in(self._username)
            answer = self._answered(method, path, more)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def _answered(self, method: str, path: str, more: dict[str, Any], tries_left: int = _TRIES) -> requests.Response:
        try:
            answer = self._session().request(method, self._base + path, **more)
        except requests.ConnectionError as cut:
            if tries_left == 1:
                raise
            self._local.session = None
            why, pause_s = type(cut).__name__, 0.0
        else:
            if tries_left == 1 or answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                return answer
            why, pause_s = answer.text[:200], float(answer.headers.get("Retry-After", 1))
        print(f"  again: {method} {path}: {why}", file=sys.stderr, flush=True)
        time.sleep(pause_s)
        return self._answered(method, path, more, tries_left - 1)

    def _log_in(self, username: str) -> None:
        self._token = None
        self._local = threading.local()
        self._token = str(self.post("/api/v1/login", {"username": username, "password": "demo"})["token"])
        self._local = threading.local()  # a program: from now on its token, never the cookie

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            if self._token is not None:
                session.headers["Authorization"] = f"Bearer {self._token}"
            self._local.session = session
        return session
