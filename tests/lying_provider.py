"""A provider of a test that says whatever it is told to say: what no honest one would."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws
from joserfc.jwk import JWKRegistry

ACCESS = "an access token"


class Liar:
    """`claims`: what the next ID token says beside what is right; `sign`: how; `keys`: what it publishes."""

    def __init__(self) -> None:
        self.issuer = ""
        self.now = 0
        self.nonce = ""
        self.claims: dict[str, Any] = {"roles": ["统一窗口岗"]}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.token_error: tuple[int, dict[str, Any]] | None = None
        self.asked: list[str] = []
        self.forms: list[dict[str, list[str]]] = []
        self.rotate()

    def rotate(self) -> None:
        """From now on it signs with another key."""
        self.key = JWKRegistry.generate_key("RSA", 2048, {"use": "sig"}, auto_kid=True)
        self.published = [self.key.as_dict(private=False)]

    def begin(self, address: str) -> dict[str, str]:
        """Somebody is led here: the parameters of his request."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.nonce = asked["nonce"]
        return asked

    def signed(self, said: dict[str, Any]) -> str:
        """A token of its own."""
        head = {"alg": "RS256", "kid": self.key.kid}
        return jws.serialize_compact(head, json.dumps(said), self.key, algorithms=["RS256"])

    def id_token(self) -> str:
        """Right but for `claims`."""
        digest = hashlib.sha256(ACCESS.encode()).digest()[:16]
        said = {
            "iss": self.issuer,
            "aud": "kuayu",
            "sub": "zhang",
            "nonce": self.nonce,
            "iat": self.now,
            "exp": self.now + 300,
            "at_hash": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        } | self.claims
        return self.signed({name: value for name, value in said.items() if value is not None})

    def answer(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            places = {
                "authorization_endpoint": "auth",
                "token_endpoint": "token",
                "jwks_uri": "keys",
                "userinfo_endpoint": "me",
            }
            said = {"issuer": self.issuer} | {name: f"{self.issuer}/{place}" for name, place in places.items()}
            return 200, said | self.metadata
        if path == "/keys":
            return 200, {"keys": self.published}
        if path == "/token":
            return self.token_error or (200, {"id_token": self.id_token(), "access_token": ACCESS})
        if path == "/me":
            return 200, {"sub": "zhang"} | self.userinfo
        return 404, {}


@contextmanager
def lying_provider() -> Iterator[Liar]:
    """Run one while the block runs."""
    liar = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            liar.forms.append(parse_qs(self.rfile.read(length).decode()))
            self._answer()

        def _answer(self) -> None:
            status, said = liar.answer(urlsplit(self.path).path)
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
