"""HTTP callers of the demo: people of the hall over the public interface, and the sandbox's own control side."""

import threading
import uuid
from typing import Any

import requests

_TIMEOUT_S = (3, 20)


class Caller:
    """One logged-in person, or nobody. A session per thread."""

    def __init__(self, base: str, username: str | None = None) -> None:
        self._base = base
        self._local = threading.local()
        self._token: str | None = None
        if username is not None:
            self._token = str(self.post("/api/v1/login", {"username": username, "password": "demo"})["token"])
            self._local = threading.local()  # a program: from now on its token, never the cookie

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
        answer = self._session().request(
            method, self._base + path, json=body, data=data, headers=headers, timeout=_TIMEOUT_S
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            if self._token is not None:
                session.headers["Authorization"] = f"Bearer {self._token}"
            self._local.session = session
        return session
