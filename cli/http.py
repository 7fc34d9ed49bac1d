"""The commands that act for a person go through the public HTTP interface, like everybody else."""

import os
from typing import Any

import requests
import typer

from runtime.settings import load_settings

TIMEOUT_S = (3, 15)


class Kuayu:
    """A logged-in caller of the public HTTP interface at KUAYU_URL, or at this machine's own web process.

    User and password from KUAYU_USER and KUAYU_PASSWORD (a demo user by default). Raises as `call` does.
    """

    def __init__(self, default_user: str = "clerk") -> None:
        self._base = os.environ.get("KUAYU_URL") or load_settings(sandbox="1").web_url
        self._session = requests.Session()
        self._session.trust_env = False
        username = os.environ.get("KUAYU_USER", default_user)
        answer = self.call(
            "POST", "/api/v1/login", {"username": username, "password": os.environ.get("KUAYU_PASSWORD", "demo")}
        )
        self._session.headers["Authorization"] = f"Bearer {answer['token']}"

    def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The answer's JSON; {} for an answer without a body. `key`: the Idempotency-Key header.

        Raises:
            typer.Exit: 1, after the problem was printed: refused, or the web process is away.
        """
        answer = self._answer(method, path, body, {"Idempotency-Key": key} if key else {})
        result: dict[str, Any] = answer.json() if answer.content else {}
        return result

    def upload(self, data: bytes) -> dict[str, Any]:
        """Keep one file; the answer of `POST /documents`. Raises as `call` does."""
        answer: dict[str, Any] = self._answer("POST", "/api/v1/documents", None, {}, data).json()
        return answer

    def download(self, path: str) -> bytes:
        """A file, as its bytes. Raises as `call` does."""
        return self._answer("GET", path, None, {}).content

    def _answer(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str],
        data: bytes | None = None,
    ) -> requests.Response:
        url = self._base + path
        try:
            answer = self._session.request(method, url, json=body, data=data, headers=headers, timeout=TIMEOUT_S)
        except requests.RequestException as failure:
            typer.echo(f"连不上 {self._base}，请先启动系统（make run）", err=True)
            raise typer.Exit(1) from failure
        if answer.status_code >= 400:
            typer.echo(answer.json().get("detail", answer.text), err=True)
            raise typer.Exit(1)
        return answer
